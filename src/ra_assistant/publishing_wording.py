"""Every French sentence of publishing: commands, checks, builds."""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import Any

# ── Checks and builds ────────────────────────────────────────────────────────────────────────
REJECTED: dict[str, str] = {
    "crashed": "La préparation du nouvel index s’est arrêtée brusquement ; l’ancien reste en service. "
    "Relancez « ra-assistant publish » ; si cela recommence, retirez le dernier fichier ajouté.",
    "no_space": "Il ne reste plus assez de place sur le disque : libérez-en, puis relancez. "
    "L’ancien index reste en service.",
    "os": "Le nouvel index n’a pas pu être écrit ({cause}) : libérez de la place ou vérifiez les droits du "
    "dossier de l’index. L’ancien index reste en service.",
}
"""Why the work on a candidate broke off, by `BuildRejected`'s reason."""
SYSTEM: dict[int, str] = {
    errno.EACCES: "accès refusé",
    errno.EDQUOT: "la part du disque qui vous est réservée est pleine",
    errno.EEXIST: "un fichier du même nom est déjà là",
    errno.EIO: "le disque ne répond pas comme il devrait",
    errno.EISDIR: "c’est un dossier",
    errno.EMFILE: "trop de fichiers ouverts",
    errno.ENAMETOOLONG: "le nom est trop long",
    errno.ENOENT: "fichier ou dossier introuvable",
    errno.ENOSPC: "il ne reste plus de place sur le disque",
    errno.ENOTDIR: "ce n’est pas un dossier",
    errno.EPERM: "accès refusé",
    errno.EROFS: "le disque est en lecture seule",
}
"""What the system says when a file or a directory cannot be used, by its number."""
CHECK_REFUSED: dict[str, str] = {
    "files": "des fichiers du nouvel index sont abîmés : relancez la publication",
    "count": "le nouvel index contient {stored} passages au lieu de {expected} : relancez la publication",
    "own_vector": "{lost} passages sur {passages} ne se retrouvent pas eux-mêmes : relancez la publication",
    "recall": "la recherche par vecteurs s’écarte de la recherche exacte (rappel de {recall}) : "
    "relancez la publication",
    "fall": "il ne reste que {passages} passages contre {former} dans l’index en service. Si c’est voulu, "
    "relancez avec l’option --force",
    "lost": "des rapports en service ne peuvent plus être lus : {files}. Remplacez-les, retirez-les, ou "
    "relancez avec l’option --force",
    "book": "des questions du fichier de questions ne reçoivent plus la bonne réponse : {lost}. Corrigez le "
    "rapport ou la question, ou relancez avec l’option --force",
}
"""Why a check refuses a build, by `Check.code`; lists are joined."""
CHECK_PASSED: dict[str, str] = {
    "files": "Fichiers intacts : {files}",
    "count": "Passages attendus et présents : {expected}",
    "own_vector": "Passages retrouvés par leur propre texte : {passages} sur {passages}",
    "recall": "Passages proches trouvés comme par une recherche exhaustive (rappel : {recall})",
    "fall": "Passages : {passages} (index précédent : {former})",
    "lost": "Aucun rapport en service n’a été perdu",
    "book": "Questions justes : {right} sur {questions}",
}
CHECKS_REFUSED = "Le nouvel index n’est pas mis en service, l’ancien reste en place : {reasons}."
NO_SUCH_BUILD: dict[str, str] = {
    "none": "Il n’y a pas d’index précédent auquel revenir.",
    "unknown": "L’index « {build} » n’existe pas : « ra-assistant builds » donne la liste.",
    "unchecked": "L’index « {build} » n’a pas été vérifié : il ne peut pas être mis en service.",
}
REPORT_UNKNOWN: dict[str, str] = {
    "unknown": "Aucun rapport ne s’appelle « {name} » : « ra-assistant status » donne la liste.",
    "several": "Plusieurs rapports s’appellent « {name} » : donnez le nom du fichier.",
}
BUILD_STATES: dict[str, str] = {
    "current": "en service",
    "former": "ancien, prêt à reprendre du service",
    "waiting": "préparé, pas encore en service",
    "damaged": "abîmé",
}


def system_reason(error: OSError) -> str:
    """Return why the system refuses, in French where the reason is a usual one."""
    return SYSTEM.get(error.errno or 0) or error.strerror or str(error)


def rejection(details: Mapping[str, object]) -> str:
    """Return why a build was rejected, from the error's details; empty when they do not say."""
    reason = str(details.get("reason", ""))
    if reason in REJECTED:
        return REJECTED[reason].format_map(details)
    checks = details.get("checks")
    if not isinstance(checks, list):
        return ""
    reasons = "\u00a0; ".join(check_sentence(check.code, check.details, passed=False) for check in checks)
    return CHECKS_REFUSED.format(reasons=reasons)


def check_sentence(
    code: str, details: Mapping[str, Any], *, passed: bool, refused: Mapping[str, str] = CHECK_REFUSED
) -> str:
    """Return what a check found, in French; `refused` has the sentences of those that fail."""
    shown = {name: _shown(value) for name, value in details.items()}
    return (CHECK_PASSED if passed else refused)[code].format_map(shown)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.5f}".rstrip("0").rstrip(".").replace(".", ",")
    if isinstance(value, list | tuple):
        return ", ".join(f"«\u00a0{item}\u00a0»" for item in value[:5]) + ("…" if len(value) > 5 else "")
    return f"{value:,}".replace(",", "\u202f") if isinstance(value, int) else str(value)


def date(moment: str) -> str:
    """Return an ISO date and time as it is written in French, to the minute; empty for an empty one."""
    if not moment:
        return ""
    day, _, hour = moment.partition("T")
    return f"{'/'.join(reversed(day.split('-')))} à {hour[:5].replace(':', chr(0xA0) + 'h' + chr(0xA0))} UTC"


SERVER: dict[str, str] = {
    "fallen_back": "L’index en service est abîmé : « {build} » répond à sa place. Lancez "
    "« ra-assistant publish » pour le refaire.",
    "followed": "Le chat répond maintenant avec l’index « {build} ».",
    "own_copy": "{sentence} L’assistant répond en attendant avec sa propre copie des vecteurs.",
    "server_back": "Le serveur Chroma répond de nouveau.",
    "not_followed": "Le nouvel index n’a pas pu être ouvert, l’ancien continue : {sentence}",
}
"""What the server says of the builds that it follows."""

RESTORED: dict[str, str] = {
    "same": "Le dossier des rapports est comme il était.",
    "aside": "Retiré du dossier des rapports, et gardé de côté\u00a0: {files}.",
    "back": "Remis comme il était\u00a0: {files}.",
    "lost": "La version d’alors n’a pas été gardée\u00a0: {files}. Ce qui est dans le dossier sera lu à la prochaine "
    "publication.",
}
"""What became of the files of the corpus directory when it was put back as it was."""


def restored_sentence(aside: Sequence[str], back: Sequence[str], lost: Sequence[str]) -> str:
    """Return what became of the files of the corpus directory when it was put back as it was."""
    parts = (("aside", aside), ("back", back), ("lost", lost))
    said = [RESTORED[name].format(files=_shown(files)) for name, files in parts if files]
    return " ".join(said) or RESTORED["same"]


# ── Commands ─────────────────────────────────────────────────────────────────────────────────
COMMANDS: dict[str, str] = {
    "publish": "Préparer le nouvel index, le vérifier et le mettre en service.",
    "status": "Dire ce qui est en service, et ce qui a changé depuis.",
    "builds": "Montrer les index gardés.",
    "rollback": "Revenir à l’index précédent, ou à celui qui est nommé.",
    "force_option": "Mettre en service malgré une baisse du nombre de passages, un rapport perdu ou une question "
    "qui ne reçoit plus la bonne réponse.",
    "book_option": "Fichier de questions à ne pas perdre\u00a0; «\u00a0questions.yaml\u00a0» du dossier des rapports "
    "par défaut.",
    "build_argument": "Identifiant de l’index\u00a0; le précédent par défaut.",
    "published": "Index en service\u00a0: {documents}, {passages} ({embedded}), «\u00a0{build}\u00a0».",
    "check_line": "  ✓ {sentence}",
    "missed": "  Question sans bonne réponse\u00a0: «\u00a0{question}\u00a0»",
    "mended": "L’index en service était abîmé\u00a0: il a été refait à partir de notre copie, «\u00a0{build}\u00a0».",
    "rolled_back": "L’index «\u00a0{build}\u00a0» est de nouveau en service.",
    "files_option": "Remettre aussi le dossier des rapports comme il était pour cet index\u00a0; ce qui est venu "
    "depuis est gardé dans «\u00a0.replaced\u00a0».",
    "files_stay": "Les fichiers du dossier des rapports n’ont pas changé\u00a0: la prochaine publication, ou "
    "«\u00a0make serve\u00a0», les reprendra. Pour les remettre aussi comme ils étaient\u00a0: "
    "ra-assistant rollback {build} --files",
    "build_row": "{build}  {date}  {documents}, {passages}  ({state})",
    "no_builds": "Aucun index n’a encore été construit\u00a0: lancez «\u00a0ra-assistant publish\u00a0».",
    "in_service": "En service\u00a0: «\u00a0{build}\u00a0», du {date}\u00a0: {documents}, {passages}.",
    "report_row": "  {title} ({year}), {path}",
    "year_none": "sans année",
    "nothing_changed": "Les rapports n’ont pas changé depuis\u00a0: il n’y a rien à publier.",
    "changed": "Les rapports ont changé depuis\u00a0: «\u00a0ra-assistant publish\u00a0» les mettra en service.",
    "is_damaged": "L’index en service est abîmé\u00a0: lancez «\u00a0ra-assistant publish\u00a0» pour le refaire.",
    "calibrate": "Mesurer sur des questions le poids des vecteurs et le seuil de refus, et mettre en service l’index "
    "ainsi réglé.",
    "calibrate_argument": "Carnet de questions\u00a0; «\u00a0questions.yaml\u00a0» du dossier des rapports par défaut "
    "et, s’il n’y en a pas, les titres des rapports.",
    "measured_on_book": "Mesuré sur «\u00a0{source}\u00a0»\u00a0: {questions} dont un passage a la réponse, "
    "{refusals} à refuser.",
    "measured_on_headings": "Mesuré sur {questions}.",
    "weight_chosen": "Poids des vecteurs\u00a0: {chosen} (avant\u00a0: {former}). Rang réciproque moyen du bon "
    "passage (1\u00a0: toujours en tête)\u00a0: {fused}, au lieu de {alone} avec les mots seuls.",
    "weight_kept": "Poids des vecteurs\u00a0: {chosen} (avant\u00a0: {former}). Moins de {fewest} questions dont un "
    "passage a la réponse\u00a0: il n’a pas pu être mesuré, c’est celui du modèle.",
    "threshold_chosen": "Seuil de refus\u00a0: {chosen} (avant\u00a0: {former}). Bonnes réponses\u00a0: "
    "{right}\u00a0; refus justifiés\u00a0: {refused}.",
    "threshold_kept": "Seuil de refus\u00a0: {former}, inchangé\u00a0: il se mesure sur un carnet qui a au moins "
    "{fewest} questions avec réponse et {fewest} à refuser.",
    "overridden": "{name} est posé\u00a0: sa valeur, {value}, reste utilisée à la place.",
    "calibrated": "Index réglé et en service\u00a0: «\u00a0{build}\u00a0». Pour revenir au réglage d’avant\u00a0: "
    "ra-assistant rollback",
    "add": "Ajouter des rapports au dossier des rapports.",
    "remove": "Retirer un rapport du dossier des rapports.",
    "preview": "Montrer ce qui est lu d’un document, page par page, avant de l’ajouter.",
    "html_option": "Écrire le compte rendu dans une page web, avec l’image de chaque page d’un PDF.",
    "document_argument": "Le document.",
    "watch": "Surveiller un dossier : chaque rapport qui y est déposé est ajouté, puis publié.",
    "source_argument": "Fichiers, dossiers, ou adresses https://…",
    "title_option": "Titre du rapport.",
    "year_option": "Année du rapport.",
    "publisher_option": "Organisme qui publie le rapport.",
    "source_option": "Adresse du rapport.",
    "kind_option": "original (les mots de l’éditeur) ou restated (une synthèse).",
    "replaces_option": "Rapport dont celui-ci est la nouvelle version.",
    "publish_option": "Publier ensuite.",
    "ocr_option": "Reconnaître le texte des pages numérisées des PDF (avec OCRmyPDF, s’il est installé).",
    "recognising": "Reconnaissance du texte de « {path} » (quelques secondes par page)…",
    "recognised": "Le texte des pages numérisées a été reconnu automatiquement : relisez-le avec "
    "« preview », les chiffres surtout. L’original est gardé dans « .scanned ».",
    "report_argument": "Nom du fichier, ou titre du rapport.",
    "folder_argument": "Dossier à surveiller.",
    "every_option": "Secondes entre deux regards.",
    "ask_title": "Titre",
    "ask_year": "Année",
    "ask_publisher": "Organisme",
    "none": "aucune",
    "bad_year": "Écrivez l’année en quatre chiffres, par exemple 2024.",
    "bad_kind": "Écrivez « original » ou « restated » après --kind.",
    "no_source": "« {path} » n’existe pas.",
    "nothing_readable": "« {path} » ne contient aucun rapport lisible.",
    "one_only": "Le titre, l’année et le rapport remplacé ne peuvent être donnés que pour un seul fichier.",
    "arrival_new": "Ajouté : {title} ({year}), {path}",
    "arrival_replaces": "Nouvelle version : {title} ({year}), {path}. L’ancienne est gardée dans "
    "« .replaced ».",
    "arrival_known": "Déjà là : {path}. Il n’y a rien à faire.",
    "then_publish": "Pour mettre en service : ra-assistant publish",
    "removed": "Retiré : {path}. Il est gardé dans « .replaced ».",
    "watching": "Je surveille « {path} » (Ctrl+C pour arrêter).",
    "not_written": "Le dossier des rapports ne peut pas être modifié ({reason}) : libérez de la place, ou vérifiez "
    "les droits de « {path} ».",
}


def calibration_sentences(measured: Mapping[str, Any]) -> list[str]:
    """Return what a calibration was measured on, and what it chose; takes what `tuning.calibrate` returns."""
    chosen, former = measured["chosen"], measured["former"]
    values = {"fewest": measured["fewest"]}
    if measured["source"] == "headings":
        said = [COMMANDS["measured_on_headings"].format(questions=_many(measured["questions"], HEADINGS))]
    else:
        questions, refusals = (_many(measured[name], QUESTIONS) for name in ("questions", "to_refuse"))
        said = [
            COMMANDS["measured_on_book"].format(
                source=measured["source"], questions=questions, refusals=refusals
            )
        ]
    weights = {"chosen": number(chosen["weight"]), "former": number(former["weight"])}
    ranks = {name: rank(measured.get(name, 0.0)) for name in ("alone", "fused")}
    key = "weight_chosen" if measured["ranks"] else "weight_kept"
    said.append(COMMANDS[key].format(**weights, **ranks, **values))
    shares = {at: (right, refused) for at, right, refused in measured["shares"]}
    right, refused = (_percent(share) for share in shares.get(chosen["threshold"], (0.0, 0.0)))
    thresholds = {"chosen": number(chosen["threshold"]), "former": number(former["threshold"])}
    key = "threshold_chosen" if shares else "threshold_kept"
    said.append(COMMANDS[key].format(**thresholds, right=right, refused=refused, **values))
    return said


def number(value: float) -> str:
    """Return a number with a French comma, at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", ",")


def rank(value: float) -> str:
    """Return a mean reciprocal rank with its two decimals."""
    return f"{value:.2f}".replace(".", ",")


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\u00a0%"


def _many(count: int, noun: tuple[str, str]) -> str:
    return f"{count}\u00a0{noun[count > 1]}"


QUESTIONS = ("question", "questions")
HEADINGS = ("titre des rapports, pris comme question", "titres des rapports, pris comme questions")


# ── What was read of a document ──────────────────────────────────────────────────────────────
RECOGNITION: dict[str, str] = {
    "missing": "Pour reconnaître le texte des pages numérisées, installez OCRmyPDF et le français de Tesseract "
    "(Debian, Ubuntu\u00a0: «\u00a0sudo apt install ocrmypdf tesseract-ocr-fra\u00a0»), puis recommencez.",
    "language": "OCRmyPDF n’a pas tout ce qu’il lui faut\u00a0: installez le français de Tesseract (Debian, "
    "Ubuntu\u00a0: «\u00a0sudo apt install tesseract-ocr-fra\u00a0»), puis recommencez.",
    "slow": "La reconnaissance du texte de «\u00a0{path}\u00a0» dure plus d’une heure\u00a0: elle est abandonnée. "
    "Découpez le document.",
    "encrypted": "«\u00a0{path}\u00a0» est protégé\u00a0: son texte ne peut pas être reconnu. Enregistrez-le sans "
    "protection.",
    "failed": "Le texte de «\u00a0{path}\u00a0» n’a pas pu être reconnu\u00a0: le fichier est peut-être abîmé. "
    "Ouvrez-le et enregistrez-le de nouveau.",
}
"""Why the characters of a scanned document were not recognised, by `RecognitionFailed.reason`."""


PREVIEW: dict[str, str] = {
    "title": "Ce qui a été lu de «\u00a0{title}\u00a0»",
    "identity": "{title} · {year} · {path}",
    "summary": "{pages}, {words}, {headings}, {rows}, {figures}",
    "page": "Page {number}",
    "page_labelled": "Page {number} (imprimée {label})",
    "whole": "Document entier",
    "nothing": "Rien n’a été lu sur cette page.",
    "headings": "Titres",
    "figures": "Chiffres clés",
    "rows": "{rows} de tableau",
    "columns": "Texte en colonnes\u00a0: vérifiez que les phrases se suivent.",
    "hyphens": "{words} en fin de ligne\u00a0: vérifiez que le texte se lit sans coupure, ou exportez le PDF "
    "sans césure.",
    "damaged": "{signs}\u00a0: exportez de nouveau le PDF avec ses polices.",
    "empty": "Page presque vide\u00a0: si elle contient des mots, elle est sans doute numérisée. Passez-la dans un "
    "logiciel de reconnaissance de caractères (OCR).",
    "empty_whole": "Presque rien n’a été lu de ce document\u00a0: ses mots sont sans doute dans des images.",
    "image_alt": "Image de la page {number}",
    "to_check": "À vérifier",
    "nothing_to_check": "Rien à signaler.",
    "empty_pages": "Pages sans texte\u00a0: {pages}. Si elles contiennent des mots, elles sont sans doute "
    "numérisées\u00a0: "
    "passez le document dans un logiciel de reconnaissance de caractères (OCR).",
    "written": "Compte rendu de lecture écrit dans «\u00a0{path}\u00a0».",
}
NOUNS: dict[str, tuple[str, str]] = {
    "pages": ("page", "pages"),
    "words": ("mot", "mots"),
    "headings": ("titre", "titres"),
    "rows": ("ligne de tableau", "lignes de tableau"),
    "figures": ("chiffre clé", "chiffres clés"),
    "signs": ("signe abîmé", "signes abîmés"),
    "cut": ("mot coupé", "mots coupés"),
    "lines": ("ligne", "lignes"),
}
"""Singular and plural of what is counted."""
