"""What is said of a language model and of the answers that it phrases, in French."""

from __future__ import annotations

COMPARISON: dict[str, str] = {
    "extractive": "mots du rapport",
    "model": "modèle de langage",
    "answered": "réponses données",
    "right": "réponses et refus justes",
    "rightly_refused": "refus justes",
    "needlessly_refused": "refus à tort",
    "recall": "phrases établies par leurs citations (rappel)",
    "precision": "citations utiles à leur phrase (précision)",
    "french": "réponses en français",
    "words": "mots, médiane",
    "milliseconds": "temps médian (ms)",
    "milliseconds_95": "temps, 95ᵉ centile (ms)",
    "title": "Avec le modèle de langage {model}",
    "phrased": "Réponses rédigées par le modèle\u00a0: {phrased} sur {asked}, dont {shortened} raccourcies",
    "withheld": "Phrases retenues\u00a0: {withheld} sur {said}{faults}",
    "failures": "Absences du modèle\u00a0: {failures}",
    "tokens": "Jetons\u00a0: {tokens_in} reçus, {tokens_out} rendus{cost}",
    "cost": ", soit {cost}\u00a0€",
    "first": "Première phrase vérifiée, médiane\u00a0: {milliseconds}\u00a0ms",
    "notice": "Ce qui établit une phrase est jugé par le contrôle de l’assistant\u00a0: le rappel des phrases "
    "montrées est donc un maximum\u00a0; les phrases retenues disent ce que le modèle a fait seul.",
}
"""What `evaluate --llm` prints."""
FAULTS: dict[str, str] = {
    "figure": "chiffre",
    "date": "date",
    "name": "nom",
    "pairing": "mauvais rapprochement",
    "modifier": "plus ou moins",
    "contrary": "sens contraire",
    "quote": "extrait inexact",
    "unsupported": "non établi",
    "no_marker": "sans passage cité",
    "unknown_marker": "passage inexistant",
    "marker": "numéro mal formé",
    "markup": "balise ou lien",
    "characters": "caractères",
    "leak": "consignes",
    "language": "langue",
    "question": "question",
    "too_long": "trop longue",
    "declines": "refus",
}
"""What is wrong with a sentence that is withheld."""
FAILURES: dict[str, str] = {
    "silent": "muet",
    "late": "trop lent",
    "status": "erreur du serveur",
    "connection": "connexion",
    "broken": "réponse illisible",
    "resting": "laissé en paix",
    "budget": "jetons épuisés",
    "share": "part du visiteur épuisée",
    "busy": "trop de demandes",
    "endless": "trop bavard",
    "nothing": "rien d’établi",
    "violations": "citations",
    "fault": "erreur de l’assistant",
}
"""Why the report's words took the place of the model's, or completed them."""
OPTIONS: dict[str, str] = {
    "llm": "Comparer, question par question, les mots du rapport et le modèle de langage que nomme RA_LLM.",
    "no_llm": "Aucun modèle de langage n’est réglé\u00a0: nommez-en un, par exemple "
    "«\u00a0RA_LLM=ollama:mistral-small\u00a0», puis relancez.",
    "price_in": "Prix d’un million de jetons reçus par le modèle, en euros.",
    "price_out": "Prix d’un million de jetons rendus par le modèle, en euros.",
}

MANNER: dict[str, str] = {
    "length": "Longueur de la réponse",
    "short": "Courte",
    "usual": "Habituelle",
    "long": "Détaillée",
    "plain": "En français facile",
}
"""Controls of the chat, there only when a language model phrases the answers."""

MODELS: dict[str, str] = {
    "models": "Dire quel modèle d’embedding est utilisé, et lesquels peuvent l’être.",
    "models_list": "Le modèle utilisé, ce qu’il apporte ici, et ceux qui sont connus.",
    "models_fetch": "Télécharger un modèle (avec « add https://… », la seule commande qui utilise le réseau).",
    "model_argument": "Nom du modèle : propriétaire/modèle.",
    "revision_option": "Révision à prendre ; la plus récente par défaut.",
    "model_in_use": "Modèle utilisé : {name}, version {version}, {dimension} dimensions.",
    "model_prefixes": "Préfixes : question « {query} », passage « {document} ».",
    "model_weight": "Poids des vecteurs dans l’index en service : {weight} (le reste est la recherche par mots).",
    "model_no_index": "Aucun index n’est en service : le poids de ce modèle sera mesuré à la construction.",
    "reranker_in_use": "Passages remis en ordre par : {name}, version {version}.",
    "model_gain": "Ce que les vecteurs apportent ici\u00a0: rang réciproque moyen du bon passage (1\u00a0: toujours en "
    "tête) {fused}, au lieu de {alone} avec les mots seuls ({questions}, {source}).",
    "from_headings": "les titres des rapports",
    "model_no_gain": "Ce que les vecteurs apportent ici n’a pas été mesuré\u00a0: "
    "«\u00a0ra-assistant calibrate\u00a0» le mesure.",
    "models_known": "Modèles connus pour le français (à télécharger avec « ra-assistant models fetch NOM ») :",
    "model_row": "  {name} : {millions} millions de paramètres, {dimension} dimensions, {languages}, licence "
    "{licence}",
    "fetching": "Téléchargement de {name}…",
    "fetched": "Le modèle est sur cette machine. Pour l’utiliser :\n"
    "  export RA_EMBEDDING_MODEL={directory}\n  export RA_EMBEDDING_REVISION={revision}\n  ra-assistant index",
}
"""What the commands of the embedding models say."""
