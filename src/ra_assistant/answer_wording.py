"""The French sentences of answers that are not the report's own words."""

from __future__ import annotations

from ra_assistant.types import AnswerKind, SmallTalk

NOT_IN_REPORT = (
    "Je n’ai pas trouvé la réponse dans les rapports : voici les passages qui s’en approchent le plus."
)
NOTHING_NEAR = "Je n’ai rien trouvé dans les rapports qui s’approche de cette question."
ANOTHER_YEAR = "Les rapports en parlent pour une autre année : voici ce qu’ils en disent."
THAT_YEAR = "En {year} : {answer}"
NOT_THE_OTHERS = "Pour le reste, je n’ai pas trouvé la réponse dans les rapports."
NEAR_MISS: dict[AnswerKind, str] = {
    kind: f"Les rapports en parlent sans {lack}\u00a0: voici ce qu’ils en disent."
    for kind, lack in (
        (AnswerKind.QUANTITY, "donner ce chiffre"),
        (AnswerKind.DATE, "donner de date"),
        (AnswerKind.PERSON, "donner de nom"),
        (AnswerKind.PLACE, "dire où"),
        (AnswerKind.REASON, "dire pourquoi"),
        (AnswerKind.CONTACT, "donner d’adresse ni de numéro"),
    )
}
YES, NO = "Oui", "Non"
ORDER_REFUSED = (
    "Je réponds seulement aux questions sur les rapports, avec leurs propres mots : "
    "que voulez-vous y chercher ?"
)
SMALL_TALK: dict[SmallTalk, str] = {
    SmallTalk.GREETING: "Bonjour ! Posez-moi une question sur les rapports d’activité : "
    "je réponds avec leurs propres mots et vous montre le passage.",
    SmallTalk.THANKS: "Avec plaisir ! N’hésitez pas si vous avez une autre question sur les rapports.",
    SmallTalk.FAREWELL: "Au revoir, et à bientôt !",
    SmallTalk.ABILITIES: "Je réponds aux questions sur les rapports d’activité : un chiffre, une date, "
    "un nom, une raison, une liste, une comparaison entre deux années. Chaque réponse cite, mot pour mot, "
    "le passage du rapport sur lequel elle repose. Quand le rapport ne dit rien, je le dis aussi.",
    SmallTalk.IDENTITY: "Je suis un assistant automatique : je ne rédige rien, je retrouve dans les "
    "rapports d’activité les phrases qui répondent à votre question.",
}
SPOKEN_SMALL_TALK: dict[SmallTalk, str] = {
    SmallTalk.IDENTITY: "Je suis un assistant automatique\u00a0: un modèle de langage rédige mes réponses à partir "
    "des rapports d’activité, et chaque phrase est vérifiée dans le passage qu’elle cite.",
}
"""What is said otherwise when a language model phrases the answers."""
SHORTENED = "(Réponse raccourcie\u00a0: ce que les rapports n’établissent pas a été retiré.)"
INTERRUPTED = "(Réponse raccourcie\u00a0: le modèle de langage s’est arrêté avant la fin.)"
FULL = "(Réponse raccourcie\u00a0: le modèle de langage en disait davantage.)"
COMPLETED = "Le rapport dit\u00a0: «\u00a0{quote}\u00a0» [{marker}]"
