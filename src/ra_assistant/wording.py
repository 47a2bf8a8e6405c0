"""Every French sentence that a user can read, in one place.

Templates are filled with `str.format`; each key of `ERRORS` is the `code` of an error class.
"""

from __future__ import annotations

from ra_assistant import harvest_wording, journal_wording
from ra_assistant.errors import RaError
from ra_assistant.figures_wording import number as number_in_french
from ra_assistant.publishing_wording import NO_SUCH_BUILD, RECOGNITION, REPORT_UNKNOWN, rejection
from ra_assistant.types import Citation, DocumentKind

# ── Errors ───────────────────────────────────────────────────────────────────────────────────
ERRORS: dict[str, str] = {
    "error": "Une erreur est survenue.",
    "settings": "Le réglage {name} ne peut pas valoir « {value} » : corrigez-le, "
    "ou supprimez-le pour reprendre la valeur par défaut.",
    "site_unusable": "Le fichier «\u00a0{path}\u00a0» ne peut pas être utilisé\u00a0: {why}",
    "corpus": "Le dossier des rapports ne peut pas être utilisé.",
    "unreadable_document": "{path} : ce fichier ne peut pas être lu.",
    "empty_corpus": "Aucun rapport lisible dans « {path} » : déposez-y au moins un rapport "
    "(PDF, Word, OpenDocument, HTML, Markdown ou texte), puis relancez « ra-assistant index ».",
    "report_unknown": "Ce rapport n’est pas dans le dossier.",
    "says_otherwise": "Le fichier dit de lui-même « {found} », et non « {wanted} » : corrigez son "
    "en-tête, ou n’indiquez pas cette valeur.",
    "store": "L’index ne peut pas être utilisé : relancez « ra-assistant index ».",
    "index_missing": "Aucun index n’est en service : lancez « ra-assistant index ».",
    "index_outdated": "L’index a été construit avec une autre version ou un autre modèle d’embedding : "
    "relancez « ra-assistant index ».",
    "index_damaged": "L’index est abîmé (fichier « {path} ») : relancez « ra-assistant index ».",
    "build_rejected": "Le nouvel index n’a pas passé les vérifications et n’est pas mis en service ; "
    "l’ancien reste en place. Relancez la commande.",
    "publishing_busy": "Une autre publication est en cours : attendez qu’elle se termine, puis relancez.",
    "chroma_away": "Le serveur Chroma « {address} » (RA_CHROMA_URL) ne répond pas : rien n’est changé. "
    "Relancez-le avec « chroma run », ou vérifiez l’adresse.",
    "chroma_unopened": "Le dossier « {path} » ne peut pas être ouvert par Chroma : le disque est sans doute "
    "plein ou en lecture seule. Libérez de la place, ou vérifiez les droits.",
    "no_such_build": "Cet index n’existe pas.",
    "question_refused": "Votre question ne peut pas être traitée.",
    "download_failed": "Le modèle n’a pas pu être téléchargé.",
    "recognition_failed": "Le texte de « {path} » n’a pas pu être reconnu.",
    "page_refused": "« {url} » ne peut pas être lu.",
    "book_unreadable": "Le fichier de questions ne peut pas être utilisé.",
    "journal_unusable": journal_wording.REASONS["failed"],
    "missing_extra": "Il manque un composant : installez-le avec « pip install {package} ».",
    "model_unavailable": "Le modèle de langage ne répond pas\u00a0: l’assistant répond avec les mots du rapport.",
    "server_unavailable": "Le port {port} est déjà utilisé : fermez l’autre programme, ou choisissez un "
    "autre port avec « RA_PORT={suggestion} make serve ».",
}
DOWNLOADS: dict[str, str] = {
    "name": "« {name} » n’est pas un nom de modèle : il s’écrit « propriétaire/modèle ».",
    "missing": "Le modèle « {name} » n’existe pas, ou demande une autorisation.",
    "network": "Le modèle « {name} » n’a pas pu être téléchargé : vérifiez l’accès au réseau, "
    "puis relancez. L’assistant continue avec le modèle livré.",
    "unsafe": "Le modèle « {name} » n’a pas de poids au format safetensors : il n’est pas utilisé.",
}
BOOKS: dict[str, str] = {
    "format": "Le fichier de questions « {path} » ne peut pas être lu : il faut une question par "
    "ligne en JSON, ou une liste en YAML.",
    "empty": "Le fichier de questions « {path} » ne contient aucune question.",
    "question": "Dans « {path} », la question n° {number} est incomplète : il faut « question », "
    "et « attendu » ou « refuser : oui ».",
}
SETTINGS: dict[str, str] = {
    "secret": "Le réglage {name} doit compter de 12 à 200 caractères\u00a0: choisissez un mot de passe plus "
    "difficile à "
    "deviner, ou retirez ce réglage pour n’avoir pas de page «\u00a0Publier\u00a0».",
    "model": "Le modèle «\u00a0{value}\u00a0» ({name}) n’est pas sur cette machine\u00a0: donnez le dossier "
    "qui le contient, ou retirez ce réglage pour reprendre le modèle livré.",
    "reranker": "Le modèle «\u00a0{value}\u00a0» ({name}) ne peut pas remettre les passages en ordre\u00a0: donnez un "
    "cross-encoder à une seule note qui soit sur cette machine, ou retirez ce réglage pour vous en passer.",
}
QUESTION_REFUSED: dict[str, str] = {
    "empty": "Je n’ai pas vu de question : écrivez-la en quelques mots.",
    "too_long": "Votre message est trop long : posez votre question en moins de {limit} caractères.",
}


def sentence_of(error: RaError) -> str:
    """Return the French sentence for an error, filled with its details."""
    details = dict(error.details)
    if error.code == "build_rejected":
        return rejection(details) or ERRORS[error.code]
    said = _BY_REASON.get(error.code, {}).get(str(details.get("reason", "")))
    return said.format(**details) if said else ERRORS[error.code].format_map(_Gaps(details))


class _Gaps(dict[str, object]):
    """Leaves out a detail that an error does not have."""

    def __missing__(self, key: str) -> str:
        return "…"


# ── Citations ────────────────────────────────────────────────────────────────────────────────
def source_of(citation: Citation) -> str:
    """Return how a citation is introduced: whose words these are, where they stand."""
    document = citation.document
    section = document.section_at(citation.start)
    parts = [document.title]
    if document.kind is DocumentKind.RESTATED:
        label = (section.source_label if section else None) or document.publisher or document.title
        parts = [f"Synthèse d’après : {label}"]
    page = document.label_at(citation.start)
    if page is not None:
        parts.append(f"p. {page}")
    if section is not None and section.path:
        parts.append(section.path[-1])
    return " · ".join(parts)


# ── Command line ─────────────────────────────────────────────────────────────────────────────
CLI: dict[str, str] = {
    "app": "Assistant sur les rapports d’activité : il répond en français, avec le passage cité.",
    "index": "Construire l’index des rapports et le mettre en service.",
    "serve": "Ouvrir le chat dans un navigateur.",
    "check": "Vérifier les réglages, les rapports et l’index, et dire ce qui ne va pas.",
    "ask": "Poser une question, ou un fichier de questions.",
    "search": "Chercher des passages, pour un fichier de questions.",
    "evaluate": "Poser un fichier de questions et mesurer les réponses.",
    "book_argument": "Fichier de questions, en JSON (une par ligne) ou en YAML.",
    "html_option": "Écrire aussi le compte rendu dans une page web.",
    "export": "Écrire les textes tels qu’ils ont été lus, avec leurs passages.",
    "corpus_option": "Dossier des rapports.",
    "index_option": "Dossier de l’index.",
    "json_option": "Écrire du JSON, une ligne par réponse.",
    "batch_option": "Fichier de questions, une par ligne, en JSON.",
    "k_option": "Nombre de passages.",
    "mode_option": "Recherche : hybrid (les deux), lexical (mots) ou dense (vecteurs).",
    "host_option": "Adresse d’écoute.",
    "port_option": "Port d’écoute.",
    "if_needed_option": "Ne rien faire si l’index est à jour.",
    "question_argument": "La question, entre guillemets.",
    "help_option": "Afficher cette aide.",
    "version_option": "Afficher la version.",
    "usage_of_app": "Utilisation\u00a0: \\1 COMMANDE [OPTIONS]",
    "usage_of_command": "Utilisation\u00a0: \\1 [OPTIONS]\\2",
    "commands": "Commandes",
    "arguments": "Arguments",
    "options": "Options",
    "no_question": "Écrivez une question entre guillemets, ou donnez un fichier avec --batch.",
    "bad_line": "Ligne {number} de {path} : ce n’est pas une question en JSON ({reason}).",
    "no_file": "Le fichier « {path} » n’existe pas ou ne peut pas être lu.",
    "no_write": "Le fichier « {path} » n’a pas pu être écrit ({reason}).",
    "no_corpus": "Le dossier « {path} » n’existe pas.",
    "no_space": "L’index n’a pas pu être écrit ({reason}) : libérez de la place ou vérifiez les droits "
    "du dossier « {path} ». L’ancien index reste en place.",
    "usage_error": "Commande mal écrite : {detail}. Essayez « {command} --help ».",
    "unknown_option": "option inconnue {name}",
    "unknown_command": "commande inconnue {name}",
    "missing_argument": "il manque {name}",
    "bad_value": "valeur refusée pour {name}",
    "too_many": "trop d’arguments",
    "built": "Index en service : {documents}, {passages} ({embedded}).",
    "up_to_date": "L’index est à jour.",
    "unread": "Fichier laissé de côté : {sentence}",
    "notice": "{path}{page} : {sentence}",
    "answer_sources": "Passages cités",
    "answer_nearest": "Passages les plus proches",
    "check_ok": "Tout va bien\u00a0: {documents}, {passages}, index «\u00a0{build}\u00a0».",
    "check_index_ok": "L’index en service est intact\u00a0: {documents}, {passages}, "
    "index «\u00a0{build}\u00a0».",
    "check_stale": "Les rapports ont changé depuis la construction de l’index : "
    "lancez « ra-assistant index ».",
    "interrupted": "Interrompu : rien n’a été changé.",
}
STAGES: dict[str, str] = {
    "fetching": "Lecture des pages du site",
    "reading": "Lecture des rapports",
    "splitting": "Découpage en passages",
    "embedding": "Calcul des vecteurs",
    "storing": "Écriture de l’index",
    "checking": "Vérification",
    "asking": "Questions de contrôle",
    "measuring": "Mesure sur les questions",
}


EVALUATION: dict[str, str] = {
    "title": "Évaluation de l’assistant",
    "all": "ensemble",
    "other": "autres",
    "questions": "questions",
    "right": "réponses justes",
    "rightly_refused": "refus justes",
    "needlessly_refused": "refus à tort",
    "page_right": "page juste",
    "quotes_verbatim": "citations mot pour mot",
    "figures_supported": "chiffres présents dans la citation",
    "hit@1": "passage 1ᵉʳ",
    "hit@3": "passage dans les 3",
    "hit@5": "passage dans les 5",
    "mrr@10": "rang réciproque moyen (10)",
    "words_median": "mots",
    "milliseconds_median": "temps médian (ms)",
    "milliseconds_95": "temps, 95ᵉ centile (ms)",
    "by_kind": "Réponses justes, par sorte de question",
    "calibration": "Probabilité annoncée et réponses justes",
    "calibration_help": "Chaque point rassemble les réponses de probabilité voisine : "
    "sur la diagonale, l’assistant sait ce qu’il sait.",
    "times": "Temps de réponse",
    "failures": "Questions manquées",
    "id": "n°",
    "question": "question",
    "expected": "attendu",
    "answer": "réponse",
    "must_refuse": "à refuser",
}


def percent(share: float | None) -> str:
    """Return a share as a French percentage; an empty string for None."""
    return "" if share is None else f"{100 * share:.1f}".replace(".", ",") + " %"


def count(number: int, singular: str, plural: str) -> str:
    """Return a number with its noun: 0 and 1 take the singular in French, thousands a thin space."""
    return f"{number_in_french(number)}\u00a0{singular if number < 2 else plural}"


# ── Reading documents ────────────────────────────────────────────────────────────────────────
UNREADABLE: dict[str, str] = {
    "changing": "« {path} » a changé pendant sa lecture : attendez que la copie soit finie, puis relancez.",
    "damaged": "« {path} » est abîmé et ne peut pas être ouvert. Ouvrez-le dans le logiciel qui l’a produit, "
    "enregistrez-le de nouveau, puis remplacez-le.",
    "empty": "« {path} » ne contient aucun texte. Remplacez-le par le rapport, ou retirez-le du dossier.",
    "encrypted": "« {path} » est protégé par un mot de passe. Enregistrez-en une copie sans mot de passe et "
    "déposez cette copie.",
    "front_matter": "L’en-tête ou la fiche de « {path} » (titre, année, source…) n’est pas lisible. Corrigez "
    "la ligne fautive : un nom, deux-points, une espace, une valeur ; l’année en quatre chiffres, le genre "
    "« original » ou « restated ».",
    "image_only": "« {path} » ne contient que des images : c’est sans doute un document numérisé. Passez-le "
    "dans un logiciel de reconnaissance de caractères (OCR), puis déposez le résultat.",
    "mislabelled": "Le contenu de « {path} » n’est pas celui que son extension annonce. Redonnez-lui la bonne "
    "extension, ou exportez-le de nouveau.",
    "misnamed": "« {path} » porte un nom qui n’est pas écrit en UTF-8, comme en laissent d’anciennes archives. "
    "Renommez ce fichier.",
    "outside": "« {path} » mène hors du dossier des rapports. Copiez le fichier dans ce dossier au lieu d’y "
    "placer un lien.",
    "too_large": "« {path} » est trop gros pour être lu (plus de 200 Mo, ou plus de 300 Mo une fois "
    "décompressé). Allégez ses images ou découpez-le.",
    "unsupported": "Le format de « {path} » n’est pas pris en charge. Déposez un fichier PDF, Word (.docx), "
    "OpenDocument (.odt), HTML, Markdown ou texte.",
    "vanished": "« {path} » est introuvable ou ne peut pas être ouvert. Vérifiez qu’il est toujours dans le "
    "dossier et que vous avez le droit de le lire.",
}
"""Why a file could not be read, by `UnreadableDocument.reason`; `{path}` is the file's name."""

NOTICES: dict[str, str] = {
    "damaged_accents": "Page {page} : des lettres accentuées ou des ligatures étaient abîmées dans le fichier et "
    "ont été réparées autant que possible. Relisez cette page, ou exportez de nouveau le PDF.",
    "encoding_guessed": "Le fichier n’est pas en UTF-8 : son codage a été deviné ({detail}). Vérifiez les "
    "accents, ou enregistrez-le en UTF-8.",
    "no_heading": "Aucun titre de section n’a été reconnu : les réponses ne pourront pas dire dans quelle "
    "partie elles se trouvent. Mettez en forme les titres avec les styles « Titre 1 », « Titre 2 », etc.",
    "not_french": "La page se déclare en langue « {detail} » : l’assistant ne connaît que le français. "
    "Déposez la version française.",
    "other_language": "Le texte ne semble pas être en français : il est mis dans l’index, mais l’assistant ne "
    "connaît que le français. Déposez la version française.",
    "page_unreadable": "Page {page} : elle n’a pas pu être ouverte, son texte manque. Exportez de nouveau le PDF.",
    "page_without_text": "Page {page} : aucun texte, seulement une image. Si elle contient des mots, passez-la "
    "dans un logiciel de reconnaissance de caractères (OCR).",
    "title_guessed": "Le titre n’a pas été trouvé ; « {detail} » a été retenu. S’il ne convient pas, "
    "indiquez-le dans l’en-tête du fichier ou dans sa fiche.",
    "year_unknown": "L’année du rapport n’a pas été trouvée. Indiquez-la dans l’en-tête du fichier ou dans sa "
    "fiche, à la ligne « year ».",
}
"""What the publisher should know about a file that was read, by `Notice.code`.

Filled with the notice's `page` and `detail`.
"""


_BY_REASON: dict[str, dict[str, str]] = {
    "question_refused": QUESTION_REFUSED,
    "settings": SETTINGS,
    "download_failed": DOWNLOADS,
    "page_refused": harvest_wording.REFUSED,
    "recognition_failed": RECOGNITION,
    "book_unreadable": BOOKS,
    "no_such_build": NO_SUCH_BUILD,
    "report_unknown": REPORT_UNKNOWN,
    "unreadable_document": UNREADABLE,
    "journal_unusable": journal_wording.REASONS,
}
"""What is said of an error with a reason, by its code; `ERRORS` otherwise."""


# ── Web chat ─────────────────────────────────────────────────────────────────────────────────
CHAT: dict[str, str] = {
    "title": "Assistant du rapport d’activité",
    "description": "Posez une question : l’assistant répond avec les mots des rapports d’activité et montre "
    "le passage cité.",
    "welcome_greeting": "Bonjour, que cherchez‑vous dans les rapports ?",
    "welcome_notice": "Je suis un assistant automatique : je réponds uniquement à partir des rapports "
    "d’activité, avec leurs propres mots, et chaque réponse montre le passage qu’elle cite. "
    "Quand les rapports ne disent rien, je vous le dis.",
    "welcome_notice_model": "Je suis un assistant automatique : un modèle de langage rédige mes réponses à partir des "
    "rapports d’activité, et chaque phrase est vérifiée dans le passage qu’elle cite. Les questions sont envoyées "
    "à ce modèle. Quand les rapports ne disent rien, je vous le dis.",
    "you": "Votre question",
    "assistant": "Réponse de l’assistant",
    "conversation": "Conversation",
    "question_label": "Votre question",
    "question_placeholder": "Posez votre question…",
    "send": "Envoyer",
    "stop": "Arrêter",
    "erase": "Effacer",
    "starters_label": "Pour commencer",
    "privacy": "Conversation gardée seulement dans ce navigateur.",
    "searching": "Je cherche dans les rapports…",
    "stopped": "Réponse interrompue.",
    "sources_title": "Passages cités",
    "nearest_title": "Passages les plus proches",
    "nearest_notice": "Ils ne répondent pas à la question, mais ce sont ceux qui s’en approchent le plus.",
    "none_title": "Aucun passage à montrer",
    "none_notice": "Ce message ne vient pas des rapports.",
    "idle_title": "Sources",
    "idle_notice": "Le passage exact sur lequel repose chaque réponse s’affichera ici.",
    "documents_title": "Documents interrogés",
    "panel_label": "Passages et sources",
    "asked": "Question",
    "marker_label": "Passage {number}",
    "see_nearest": "Voir {passages}",
    "one_nearest": "passage proche",
    "several_nearest": "passages proches",
    "back": "Revenir à la réponse",
    "page": "p. {label}",
    "physical_page": "page {page} du fichier",
    "open_source_on": "Ouvrir la source sur {host}",
    "new_tab": "nouvel onglet",
    "moved": "Ce passage n’est plus dans les rapports en service.",
    "answer_ready": "Réponse : {answer}",
    "erased": "La conversation est effacée.",
    "busy": "Trop de monde en ce moment : votre question n’est pas partie. Réessayez dans quelques instants.",
    "cut_off": "La connexion avec l’assistant est coupée. La page se rechargera dès qu’elle reviendra, "
    "avec votre question.",
    "failed": "Une erreur est survenue de notre côté. Posez de nouveau votre question ; si cela "
    "recommence, rechargez la page.",
    "upload_refused": "L’envoi de fichiers est refusé.",
    "missing_title": "Cette page n’existe pas",
    "missing_notice": "Vérifiez l’adresse, ou choisissez une page en haut.",
    "route_refused": "Cette adresse n’existe pas.",
    "body_too_large": "Votre message est trop long.",
    "loading": "Le chat s’ouvre…",
    "loading_notice": "Encore quelques secondes : la page s’affichera d’elle-même.",
    "loading_way": "Poser une question tout de suite, en version simple",
    "unavailable_title": "L’assistant n’est pas disponible pour le moment",
    "unavailable_notice": "Cette page s’affichera d’elle-même dès qu’il sera de nouveau en service.",
    "refused_title": "Cette demande n’est pas acceptée",
    "for_operator": "Pour la personne qui l’exploite",
    "no_script": "Cette page a besoin de JavaScript : activez-le dans votre navigateur, puis rechargez-la.",
    "no_script_way": "Poser une question sans JavaScript",
    "open": "Le chat est ouvert : {address} (Ctrl+C pour arrêter)",
    "waiting_for_index": "{sentence} Le chat s’ouvrira dès que l’index sera utilisable "
    "(Ctrl+C pour arrêter).",
    "closed": "Le chat est fermé.",
    "definition_starter": "Qu’est-ce que {thing} ?",
    "elided_definition_starter": "Qu’est-ce qu’{thing} ?",
    "quantity_starter": "Combien de {things} en {year} ?",
    "elided_quantity_starter": "Combien d’{things} en {year} ?",
    "date_starter": "Quand {thing} {auxiliary} {participle} ?",
    "person_starter": "Qui est {person} ?",
    "heading_starter": "Que disent les rapports de « {heading} » ?",
}
"""Every sentence of the web chat, of its waiting page and of the server."""

GRADIO_STRINGS: dict[str, str] = {
    "chatbot.complete": "Terminer",
    "chatbot.copy_message": "Copier le message",
    "chatbot.copied_message": "Message copié",
    "chat_interface.new_chat": "Nouvelle conversation",
    "chat_interface.message_placeholder": "Écrivez votre message…",
    "chat_interface.additional_inputs": "Autres réglages",
    "chat_interface.chatbot": "Conversation",
    "chat_interface.conversation": "Conversation",
    "common.download_all": "Tout télécharger",
    "common.runs": "Exécutions",
    "common.runs_description": "Voir les exécutions gardées dans ce navigateur",
    "common.back_to_app": "Retour",
    "common.back_to_app_description": "Revenir au chat",
    "common.progress": "Avancement",
    "common.record": "Enregistrer",
    "common.stop_recording": "Arrêter l’enregistrement",
    "common.screen_studio": "Enregistrement de l’écran",
    "common.share_gradio_tab": "Partager l’onglet",
    "status.queue_position": "Dans la file : {position} sur {size}",
}
"""French strings that Gradio lacks, by its own keys."""
GRADIO_ENGLISH: dict[str, str] = {
    "chatbot conversation": "Conversation",
    "Loading response": "Réponse en cours",
    "Clear": "Effacer",
    "Close": "Fermer",
    "Connection Lost": "Connexion coupée",
    "Error": "Erreur",
    "Warning": "Attention",
    "Info": "Information",
    "Loading...": "Chargement…",
    "Scroll to bottom": "Aller au dernier message",
    "This application is currently busy. Please try again.": CHAT["busy"],
    "Connection errored out.": CHAT["cut_off"],
    "Connection to the server was lost. Attempting reconnection...": CHAT["cut_off"],
    "An Unexpected Error Occurred!": CHAT["failed"],
}
"""English that Gradio writes into the page whatever the language, and what replaces it."""
