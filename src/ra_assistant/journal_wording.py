"""Every French sentence of the journal of use: its page « Tableau de bord », its command, its refusals."""

from __future__ import annotations

from datetime import date

REASONS: dict[str, str] = {
    "missing": "Le journal «\u00a0{path}\u00a0» n’existe pas encore\u00a0: il commence à la première question "
    "posée au serveur.",
    "closed": "Le journal «\u00a0{path}\u00a0» ne peut pas être écrit ({detail})\u00a0: vérifiez les droits "
    "du fichier et de son "
    "dossier, ou donnez un autre fichier dans RA_JOURNAL.",
    "full": "Le journal «\u00a0{path}\u00a0» ne peut pas être écrit\u00a0: il ne reste plus de place sur le "
    "disque.",
    "busy": "Le journal «\u00a0{path}\u00a0» est occupé par un autre programme\u00a0: réessayez dans quelques "
    "instants.",
    "damaged": "Le journal «\u00a0{path}\u00a0» est abîmé\u00a0: mettez-le de côté sous un autre nom, un "
    "nouveau sera commencé.",
    "foreign": "«\u00a0{path}\u00a0» n’est pas un journal de l’assistant\u00a0: donnez un autre fichier dans "
    "RA_JOURNAL.",
    "newer": "Le journal «\u00a0{path}\u00a0» vient d’une version plus récente de l’assistant\u00a0: mettez "
    "l’assistant à jour.",
    "failed": "Le journal «\u00a0{path}\u00a0» ne peut pas être utilisé ({detail}).",
    "off": "Il n’y a pas de journal\u00a0: RA_JOURNAL vaut «\u00a0off\u00a0».",
    "exists": "«\u00a0{path}\u00a0» existe déjà\u00a0: donnez un autre nom à la copie.",
    "copy": "La copie «\u00a0{path}\u00a0» n’a pas pu être écrite ({detail})\u00a0: vérifiez la place et les "
    "droits du dossier.",
}
"""Why the journal cannot be used, by the reason of the error."""
NOT_KEPT = "{sentence} L’assistant répond quand même."
"""What the server says, once, when it cannot write."""
OUTCOMES: dict[str, str] = {
    "answered": "répondue",
    "not_in_report": "sans réponse",
    "small_talk": "politesse",
}
KINDS: dict[str, str] = {
    "quantity": "Un nombre",
    "date": "Une date",
    "person": "Une personne",
    "place": "Un lieu",
    "reason": "Une raison",
    "manner": "Une manière de faire",
    "list": "Une liste",
    "definition": "Une définition",
    "yes_no": "Oui ou non",
    "comparison": "Une comparaison",
    "thing": "Autre chose",
}
"""What a question asks for, by `AnswerKind`."""
VERDICTS: dict[str, str] = {"up": "Utile", "down": "Pas utile"}
FEEDBACK_REASONS: dict[str, str] = {
    "wrong_figure": "Chiffre faux",
    "missing_sources": "Manque de sources",
    "too_long": "Trop long",
    "off_topic": "Hors sujet",
    "report_error": "Signaler une erreur",
}
CSV: dict[str, tuple[str, ...]] = {
    "questions": (
        "Jour",
        "Résultat",
        "Sorte",
        "Probabilité",
        "Index",
        "Millisecondes",
        "Rapports cités",
        "Question",
    ),
    "avis": ("Jour", "Avis", "Motif", "Commentaire", "Question", "Réponse", "Index"),
    "jours": ("Jour", "Répondues", "Sans réponse", "Politesses"),
}
"""The first line of each file that can be downloaded, by its name."""
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
PRIVACY_KEPT = (
    "Vos questions sont gardées {days}, sans votre nom ni votre adresse, pour améliorer l’assistant. La "
    "conversation "
    "reste dans ce navigateur."
)
"""What the chat says below the box when questions are kept."""

DASHBOARD: dict[str, str] = {
    "title": "Tableau de bord",
    "door_notice": "Cette page est réservée aux personnes qui publient les rapports.",
    "ways": "Pages de publication",
    "see_chat": "Voir l’assistant",
    "publish": "Publier un rapport",
    "see_dashboard": "Tableau de bord",
    "leave": "Fermer la session",
    "period": "Période",
    "last_days": "{days} derniers jours",
    "since": "Du {first} au {last}.",
    "trouble": "Les dernières questions ne sont pas dans ce tableau. {sentence}",
    # Nothing yet.
    "empty_ever": "Aucune question pour l’instant",
    "empty_ever_notice": "Dès qu’un visiteur posera une question, dans le chat, le widget ou un autre logiciel, "
    "elle "
    "sera comptée ici.",
    "empty_period": "Aucune question pendant ces jours-là",
    "empty_period_notice": "Choisissez une période plus longue.",
    # Key figures.
    "figures": "En bref",
    "asked": "Questions posées",
    "small_talk": "sans compter {number}",
    "answered": "Répondues",
    "refused": "Sans réponse",
    "opinions": "Avis utiles",
    "of_opinions": "sur {number}",
    "no_opinion": "aucun avis",
    "time": "Temps de réponse",
    "time_value": "{milliseconds}\u00a0ms",
    "time_note": "temps médian",
    # Days.
    "days_title": "Questions par jour",
    "chart": "Diagramme en barres des questions par jour\u00a0: {asked} en {days}. Le jour le plus chargé est "
    "le {day}, "
    "avec {most}. Le tableau qui suit donne chaque jour.",
    "bar": "{day}\u00a0: {asked}, dont {refused} sans réponse",
    "as_table": "Voir les nombres dans un tableau",
    "day": "Jour",
    # Questions without an answer.
    "unanswered_title": "Questions sans réponse",
    "unanswered_notice": "Les questions qui se ressemblent sont rassemblées. Une question souvent posée et "
    "restée "
    "sans réponse est une information à ajouter au rapport, ou à dire autrement.",
    "none_unanswered": "Toutes les questions ont reçu une réponse.",
    "by_kind": "Ce que demandaient les questions sans réponse",
    "kind": "La question demandait",
    "number": "Nombre",
    "question": "Question",
    "last_time": "Dernière fois",
    "variants": "Autres manières de le demander",
    "more_groups": "Les autres sont dans le fichier des questions.",
    "not_kept_title": "Les mots des questions ne sont pas gardés",
    "not_kept": "Pour lire ici les questions restées sans réponse, la personne qui tient le serveur le "
    "relance avec "
    "le réglage RA_KEEP_QUESTIONS=1. Les adresses, les numéros et les noms annoncés en sont retirés, et "
    "elles disparaissent au bout de {days}. Les visiteurs en sont prévenus sous la zone de saisie.",
    # Words and documents.
    "words_title": "Mots les plus demandés",
    "words_notice": "Avec le nombre de questions où chacun se trouve.",
    "no_words": "Aucun mot ne revient pour l’instant.",
    "documents_title": "Rapports les plus cités",
    "document": "Rapport",
    "citing": "Réponses",
    "no_documents": "Aucune réponse n’a encore cité de rapport.",
    # Opinions.
    "feedback_title": "Avis des visiteurs",
    "no_feedback": "Aucun avis pour l’instant\u00a0: les visiteurs en donnent un sous une réponse.",
    "reasons_title": "Motif",
    "comment": "Commentaire",
    "answer": "Réponse",
    "more_opinions": "Les avis plus anciens sont dans le fichier des avis.",
    # Files.
    "files_title": "Télécharger",
    "files_notice": "Fichiers CSV, à ouvrir dans un tableur\u00a0: tout ce qui est gardé, quelle que soit la "
    "période "
    "choisie.",
    "file_questions": "Les questions",
    "file_avis": "Les avis",
    "file_jours": "Les nombres par jour",
    # What is kept.
    "kept_title": "Ce qui est gardé",
    "retention": "Chaque ligne disparaît d’elle-même au bout de {days}. Rien n’est gardé d’un visiteur\u00a0: "
    "ni adresse, "
    "ni compte, ni identifiant.",
    "texts_kept": "Les mots des questions sont gardés, sans adresse, numéro ni nom annoncé.",
    "texts_left": "Les mots des questions ne sont pas gardés\u00a0: seuls leur nombre, leur sorte et leur "
    "résultat le "
    "sont. Le commentaire d’un avis l’est, sans adresse, numéro ni nom annoncé.",
    "erase": "Effacer tout",
    "erase_confirm": "Je veux effacer toutes les questions et tous les avis. Ce geste ne peut pas être annulé.",
    "erase_button": "Effacer tout définitivement",
    "erase_unconfirmed": "Cochez la case pour confirmer\u00a0: rien n’a été effacé.",
    "erased": "Tout est effacé.",
    "failed": "Une erreur est survenue\u00a0: rechargez la page.",
}

COMMANDS: dict[str, str] = {
    "help": "Le journal\u00a0: ce que l’usage apprend, sans rien garder des visiteurs.",
    "show": "Dire combien de questions ont été posées, répondues ou non, et les avis reçus.",
    "purge": "Effacer ce qui a dépassé la durée de conservation.",
    "backup": "Copier le journal dans un fichier, même pendant que le serveur tourne.",
    "file_argument": "Fichier de la copie\u00a0; il ne doit pas exister.",
    "index_option": "Dossier de l’index, à côté duquel se trouve le journal.",
    "days_option": "Nombre de jours, aujourd’hui compris\u00a0; tout ce qui est gardé par défaut.",
    "where": "Journal\u00a0: {path}",
    "period": "Du {first} au {last}\u00a0: {questions}.",
    "outcome_row": "  {label}\u00a0: {number} ({share})",
    "opinions": "Avis\u00a0: {useful} sur {opinions}.",
    "reason_row": "  {label}\u00a0: {number}",
    "documents": "Rapports les plus cités\u00a0:",
    "document_row": "  {label}\u00a0: {number}",
    "unanswered": "Questions sans réponse\u00a0:",
    "unanswered_row": "  {number}\u00a0× {question}",
    "empty": "Aucune question n’a été posée pendant ces jours-là.",
    "retention": "Chaque ligne disparaît au bout de {days}.",
    "purged": "{rows} de plus de {days}\u00a0: c’est effacé.",
    "nothing_purged": "Rien n’a dépassé {days}\u00a0: il n’y a rien à effacer.",
    "saved": "Le journal est copié dans «\u00a0{path}\u00a0».",
}


def day_of(day: date, *, with_year: bool = True) -> str:
    """Return a day as it is written in French: « 1ᵉʳ mai 2026 »."""
    number = "1ᵉʳ" if day.day == 1 else str(day.day)
    written = f"{number} {MONTHS[day.month - 1]}"
    return f"{written} {day.year}" if with_year else written


def days_in_words(days: int) -> str:
    """Return a number of days with its noun."""
    return f"{days} jour" if days == 1 else f"{days} jours"
