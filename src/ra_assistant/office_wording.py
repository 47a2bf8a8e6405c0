"""Every French sentence of the back office « Publier »."""

from __future__ import annotations

from typing import Any

from ra_assistant.errors import RaError
from ra_assistant.publishing_wording import check_sentence

OTHERS = ("autre", "autres")
OFFICE: dict[str, str] = {
    "title": "Publier un rapport",
    "document_title": "Publier · Assistant du rapport d’activité",
    "loading": "La page s’ouvre…",
    "loading_notice": "Quelques secondes, le temps de charger les outils de publication.",
    # The door.
    "door_title": "Publier un rapport",
    "door_notice": "Cette page est réservée aux personnes qui publient les rapports.",
    "secret_label": "Mot de passe de publication",
    "enter": "Entrer",
    "wrong": "Ce mot de passe n’est pas le bon.",
    "too_many": "Trop d’essais\u00a0: attendez dix minutes avant de recommencer.",
    "elsewhere": "Cette demande vient d’un autre site\u00a0: elle est refusée.",
    "session_over": "Votre session est terminée\u00a0: entrez de nouveau le mot de passe. Ce qui était en cours "
    "continue.",
    "enter_again": "Entrer de nouveau",
    "no_script": "Cette page a besoin de JavaScript.",
    # What is in service.
    "in_service": "En service",
    "in_service_row": "{documents}, {passages}\u00a0; index du {date}",
    "title_of_year": "{title} ({year})",
    "other_titles": "et {others}",
    "nothing_in_service": "Aucun rapport n’est en service pour l’instant.",
    # Step 1.
    "step_read": "Choisir le rapport",
    "step_read_notice": "Rien n’est publié avant la troisième étape\u00a0: vous pouvez essayer sans crainte.",
    "file_label": "Fichier du rapport",
    "file_notice": "PDF, Word (.docx), OpenDocument (.odt), HTML, Markdown ou texte, 200\u00a0Mo au plus.",
    "address_label": "Ou l’adresse du rapport sur Internet",
    "address_placeholder": "https://www.exemple.fr/rapport-2024",
    "site_label": "Lire aussi les pages qui se trouvent sous cette adresse",
    "site_info": "Pour un rapport publié en plusieurs pages. Une page par seconde, 200\u00a0pages au plus.",
    "address_button": "Lire cette adresse",
    "no_address": "Collez d’abord l’adresse d’une page ou d’un document.",
    "stop_button": "Arrêter la lecture",
    "stopped": "La lecture est arrêtée\u00a0: rien n’a changé.",
    "found_label": "Documents trouvés sur ces pages",
    "found_info": "Chacun peut être lu à la place de ces pages.",
    "found_button": "Lire ce document",
    "no_found": "Choisissez d’abord l’un des documents.",
    "ocr_label": "Reconnaître le texte des pages numérisées",
    "ocr_info": "À cocher avant de choisir un PDF scanné. Comptez quelques secondes par page.",
    "recognised": "Le texte des pages numérisées a été reconnu automatiquement\u00a0: relisez-le, les chiffres "
    "surtout.",
    "file_too_large": "«\u00a0{name}\u00a0» dépasse 200\u00a0Mo\u00a0: allégez ses images ou découpez-le.",
    "reading": "Lecture de «\u00a0{name}\u00a0»…",
    "read": "Le rapport est lu. Vérifiez que le texte est bien celui du document.",
    "read_with_warnings": "Le rapport est lu. {points} à regarder avant de continuer.",
    "one_point": "Un point est",
    "points": "{number} points sont",
    "full_report": "Ouvrir le compte rendu de lecture complet",
    "full_report_images": "Ouvrir le compte rendu complet, avec l’image de chaque page",
    "new_tab": "nouvel onglet",
    "pages_title": "Ce qui a été lu, page par page",
    "one_to_see": "1\u00a0point à regarder",
    "to_see": "{number}\u00a0points à regarder",
    "page_nothing": "Rien n’a été lu sur cette page.",
    "page_headings": "Titres\u00a0: {items}",
    "page_figures": "Chiffres clés\u00a0: {items}",
    "page_cut": "La suite de cette page est dans le compte rendu complet.",
    "pages_cut": "Les autres pages ({pages}) sont dans le compte rendu complet.",
    "another_file": "Choisir un autre rapport",
    # Step 2.
    "step_check": "Préparer et vérifier",
    "step_check_notice": "Le nouvel index est construit à côté de l’ancien, puis mis à l’épreuve. Les visiteurs "
    "ne voient rien.",
    "title_label": "Titre du rapport",
    "year_label": "Année",
    "publisher_label": "Organisme",
    "guessed": "Lu dans le document ou deviné\u00a0: corrigez si besoin.",
    "check_button": "Préparer et vérifier",
    "check_again": "Préparer de nouveau",
    "bad_year": "Écrivez l’année en quatre chiffres, par exemple 2024.",
    "known": "Ce rapport est déjà dans le dossier, à l’identique.",
    "replaces": "Ce rapport prendra la place de «\u00a0{path}\u00a0», qui sera gardé de côté.",
    "checking": "Préparation…",
    "counted": "{stage}\u00a0: {done} sur {total}",
    "checked": "Toutes les vérifications sont passées.",
    "contents": "Le nouvel index contient {documents} et {passages}.",
    "check_failed": "Le nouvel index n’a pas passé toutes les vérifications. L’index en service n’a pas changé.",
    "passed": "Vérifié",
    "failed": "À corriger",
    "missed_title": "Questions du fichier de contrôle restées sans bonne réponse",
    "unread_title": "Autres fichiers du dossier qui ne peuvent pas être lus",
    # Step 3.
    "step_live": "Mettre en service",
    "step_live_notice": "Les visiteurs recevront les nouvelles réponses en une seconde environ\u00a0; une "
    "réponse commencée se "
    "termine sur l’ancien index.",
    "force": "Mettre en service malgré ces avertissements",
    "force_needed": "Cochez la case pour mettre en service malgré ces avertissements, ou abandonnez.",
    "not_forcible": "Cet index ne peut pas être mis en service\u00a0: préparez-le de nouveau, ou abandonnez.",
    "live_button": "Mettre en service",
    "abandon_button": "Abandonner",
    "going_live": "Mise en service…",
    "live": "C’est fait\u00a0: «\u00a0{title}\u00a0» est en service. Posez vos questions à l’assistant pour "
    "voir les réponses.",
    "abandoned": "Le rapport est abandonné\u00a0: rien n’a changé pour les visiteurs, ni dans le dossier des "
    "rapports.",
    # One step back.
    "back_title": "Revenir en arrière",
    "back_notice": "Le bouton remet aussitôt en service l’index du {date}\u00a0: {documents}, {passages}. Un "
    "second appui "
    "annule ce retour.",
    "no_back": "Il n’y a pas encore d’index précédent auquel revenir.",
    "back_button": "Revenir au rapport précédent",
    "going_back": "Retour à l’index précédent…",
    "went_back": "L’index du {date} est de nouveau en service.",
    "files_label": "Remettre aussi le dossier des rapports comme il était",
    "files_info": "Sinon, la prochaine publication, ou le prochain démarrage de l’assistant, remettra en service les "
    "fichiers d’aujourd’hui.",
    "files_stay": "Les fichiers du dossier des rapports n’ont pas changé\u00a0: la prochaine publication, ou le "
    "prochain démarrage, les reprendra tous.",
    "files_not_back": "Le dossier des rapports, lui, n’a pas pu être remis comme il était\u00a0: la prochaine "
    "publication reprendra les fichiers d’aujourd’hui.",
    "kept": "Index gardés",
    "kept_row": "Index du {date}",
    # What goes wrong.
    "busy": "Une autre publication est en cours\u00a0: attendez qu’elle se termine.",
    "stale": "Cette page n’était plus à jour\u00a0: une autre fenêtre a changé la publication. Voici où elle en est.",
    "not_written": "Le disque ne peut pas être écrit ({reason})\u00a0: libérez de la place, ou vérifiez les "
    "droits des dossiers.",
    "upload_failed": "Le fichier n’est pas arrivé\u00a0: choisissez-le de nouveau.",
    "cut_off": "La connexion est coupée. La publication continue sur le serveur\u00a0: rechargez la page pour "
    "la suivre.",
    "failed_call": "Une erreur est survenue\u00a0: rechargez la page pour voir où en est la publication.",
    "progress": "Avancement",
}
READ: dict[str, str] = {
    "title_guessed": "Le titre n’a pas été trouvé\u00a0; «\u00a0{detail}\u00a0» a été retenu. S’il ne convient "
    "pas, corrigez-le à l’étape suivante.",
    "year_unknown": "L’année du rapport n’a pas été trouvée. Indiquez-la à l’étape suivante.",
}
"""What is said here of a file that was read, by `Notice.code`, in the place of `wording.NOTICES`."""
HARVESTED: dict[str, str] = {
    "arrival": "Dans le dossier des rapports\u00a0: {parts}.",
    "one_new": "page nouvelle",
    "several_new": "pages nouvelles",
    "one_replaced": "page qui en remplace une autre, gardée de côté",
    "several_replaced": "pages qui en remplacent d’autres, gardées de côté",
    "one_known": "page déjà là à l’identique",
    "several_known": "pages déjà là à l’identique",
    "more_left": "Autres adresses laissées de côté\u00a0: {number}.",
    "repeated": "Pages en double, laissées de côté\u00a0: {number}.",
    "stopped_pages": "La lecture s’est arrêtée à 200\u00a0pages\u00a0: donnez l’adresse d’une partie du site.",
    "stopped_bytes": "La lecture s’est arrêtée à 500\u00a0Mo\u00a0: donnez l’adresse d’une partie du site.",
    "stopped_seconds": "La lecture s’est arrêtée au bout d’une heure\u00a0: donnez l’adresse d’une partie du site.",
    "stopped_failures": "La lecture s’est arrêtée\u00a0: le site ne répond plus. Ce qui a été lu est ci-dessous.",
}
"""What is said of pages read from the web."""
STATES: dict[str, str] = {
    "current": "en service",
    "former": "prêt à reprendre du service",
    "damaged": "abîmé",
}
"""What is said of a build that is kept, by `BuildRow.state`."""
UPLOAD: dict[str, str] = {
    "upload_text.drop_file": "Déposez le fichier ici",
    "upload_text.click_to_upload": "Choisissez-le sur votre ordinateur",
    "common.or": "ou",
}
"""French strings that Gradio has in other words, by its own keys."""
GRADIO: dict[str, str] = {
    "Click to upload or drop files": "Choisir le fichier du rapport, ou le déposer ici",
    "File upload": "Fichier du rapport",
    "- ou -": "ou",
    "Connection errored out.": OFFICE["cut_off"],
    "Connection to the server was lost. Attempting reconnection...": OFFICE["cut_off"],
    "An Unexpected Error Occurred!": OFFICE["failed_call"],
}
"""English that Gradio writes into the page whatever the language, and what replaces it here."""
ERRORS: dict[str, str] = {
    "publishing_busy": OFFICE["busy"],
    "index_damaged": "L’index choisi est abîmé\u00a0: il n’est pas mis en service. Préparez de nouveau le rapport.",
    "index_missing": "Aucun rapport n’est en service pour l’instant.",
    "empty_corpus": "Aucun rapport du dossier ne contient de texte lisible.",
    "says_otherwise": "Le fichier dit de lui-même «\u00a0{found}\u00a0», et non «\u00a0{wanted}\u00a0»\u00a0: "
    "gardez ce qu’il dit, ou "
    "corrigez son en-tête.",
}
"""What the office says of an error in another way than the command line, by its code."""
REASONS: dict[str, str] = {
    "crashed": "La préparation s’est arrêtée brusquement\u00a0; l’index en service n’a pas changé. "
    "Recommencez\u00a0; si cela "
    "recommence, exportez de nouveau le rapport.",
    "no_space": "Il ne reste plus assez de place sur le disque\u00a0: libérez-en, puis recommencez. L’index en "
    "service n’a pas "
    "changé.",
    "scanned": "«\u00a0{path}\u00a0» ne contient que des images\u00a0: cochez «\u00a0Reconnaître le texte des pages "
    "numérisées\u00a0», puis choisissez-le de nouveau.",
    "unchecked": "Le nouvel index n’est plus là\u00a0: préparez-le de nouveau.",
    "unknown": "Cet index n’est plus là.",
    "none": OFFICE["no_back"],
    "overtaken": "Une autre publication a eu lieu depuis la vérification\u00a0: préparez de nouveau le rapport.",
}
"""The same by the error's reason, which says more than its code."""
CHECKS: dict[str, str] = {
    "files": "Des fichiers du nouvel index sont abîmés\u00a0: préparez-le de nouveau.",
    "count": "Le nouvel index contient {stored} passages au lieu de {expected}\u00a0: préparez-le de nouveau.",
    "own_vector": "{lost} passages sur {passages} ne se retrouvent pas eux-mêmes\u00a0: préparez de nouveau.",
    "recall": "La recherche par vecteurs s’écarte de la recherche exacte (rappel de {recall})\u00a0: préparez "
    "de nouveau.",
    "fall": "Il ne reste que {passages} passages contre {former} dans l’index en service. Si ce n’est pas "
    "voulu, vérifiez le "
    "fichier.",
    "lost": "Des rapports en service ne peuvent plus être lus\u00a0: {files}. Remplacez-les, ou demandez qu’ils "
    "soient retirés.",
    "book": "Des questions du fichier de contrôle ne reçoivent plus la bonne réponse\u00a0: {lost}. Vérifiez le "
    "rapport.",
}
"""What a check that fails says here, by `Check.code`."""


def office_sentence(error: RaError, otherwise: str) -> str:
    """Return what the office says of an error; `otherwise` is what the command line says."""
    reason = str(error.details.get("reason", ""))
    if error.code in {"build_rejected", "no_such_build", "unreadable_document"} and reason in REASONS:
        return REASONS[reason].format(**error.details)
    return ERRORS[error.code].format(**error.details) if error.code in ERRORS else otherwise


def office_check(code: str, details: dict[str, Any], *, passed: bool) -> str:
    """Return what a check found, in words that name no command."""
    return check_sentence(code, details, passed=passed, refused=CHECKS)
