"""Every French sentence of reading a site: what cannot be read and why, what was found, how far it is."""

from __future__ import annotations

REFUSED: dict[str, str] = {
    "address": "« {url} » n’est pas une adresse de page : elle s’écrit « https://www.exemple.fr/rapport », "
    "sans nom d’utilisateur ni mot de passe.",
    "broken": "« {url} » : la connexion a été coupée avant la fin. Réessayez.",
    "busy": "« {url} » : le site demande d’attendre. Réessayez plus tard.",
    "coding": "« {url} » est compressé d’une manière qui n’est pas prise en charge, ou abîmé. Enregistrez la page "
    "depuis un navigateur, puis ajoutez le fichier.",
    "empty": "« {url} » ne contient pas de texte, ou ne l’affiche qu’avec des scripts. Enregistrez la page "
    "depuis un navigateur, puis ajoutez le fichier.",
    "forbidden": "« {url} » demande une autorisation. Enregistrez la page depuis un navigateur, puis ajoutez le "
    "fichier.",
    "missing": "« {url} » n’existe pas : vérifiez l’adresse.",
    "private": "« {url} » mène à une machine d’un réseau privé ou réservé : seules les adresses publiques "
    "d’Internet sont lues. Pour une page interne, enregistrez-la depuis un navigateur, puis ajoutez le fichier.",
    "redirects": "« {url} » renvoie sans fin vers d’autres adresses : vérifiez l’adresse.",
    "robots": "Le site demande que « {url} » ne soit pas lu par un programme (robots.txt). Demandez son accord, ou "
    "enregistrez la page depuis un navigateur, puis ajoutez le fichier.",
    "robots_away": "« {url} » : le site ne dit pas ce qui peut être lu (robots.txt ne répond pas). "
    "Réessayez plus tard.",
    "scheme": "« {url} » : seules les adresses qui commencent par « https:// » ou « http:// » sont lues.",
    "slow": "« {url} » n’a pas répondu à temps. Réessayez plus tard.",
    "status": "« {url} » : le site a répondu par une erreur ({status}). Réessayez plus tard.",
    "tls": "« {url} » : le certificat de ce site n’est pas valable. Prévenez celui qui le tient.",
    "too_large": "« {url} » est trop gros pour être lu (plus de 10 Mo pour une page, plus de 200 Mo pour un document, "
    "ou au-delà de la limite de la récolte).",
    "type": "« {url} » n’est ni une page, ni un document PDF, Word (.docx), OpenDocument (.odt) ou texte.",
    "unknown_host": "« {url} » : ce nom de site n’existe pas, ou le réseau n’est pas accessible. Vérifiez l’adresse.",
    "unreachable": "« {url} » : le site ne répond pas. Vérifiez l’adresse, ou réessayez plus tard.",
}
"""Why an address was not read, by `PageRefused.reason`."""

STOPPED: dict[str, str] = {
    "pages": "La récolte s’arrête à {pages} pages : relancez avec « --max-pages » pour en lire davantage.",
    "bytes": "La récolte s’arrête à {megabytes} Mo : relancez sur une partie du site.",
    "seconds": "La récolte s’arrête après {minutes} minutes : relancez sur une partie du site.",
    "failures": "La récolte s’arrête : le site ne répond plus. Ce qui a été lu est gardé ; relancez plus tard.",
}
"""Why a harvest ended before the site did."""

HARVEST: dict[str, str] = {
    "site_option": "Lire aussi les pages qui se trouvent sous l’adresse.",
    "documents_option": "Prendre aussi les documents (PDF, Word, OpenDocument) vers lesquels mènent les pages.",
    "max_pages_option": "Nombre de pages à lire au plus, avec --site.",
    "delay_option": "Secondes entre deux demandes au même site, avec --site.",
    "only_addresses": "Les options --site et --documents ne valent que pour une adresse « https://… ».",
    "one_page_only": "Avec --site, le titre et le rapport remplacé ne peuvent pas être donnés : chaque page a le sien.",
    "progress": "Lecture de la page {done} (encore {waiting} connues) : {url}",
    "read": "Lu : {pages}{left}.",
    "left_out": ", {number} laissées de côté",
    "left_one": ", 1 laissée de côté",
    "repeated": "Pages en double, laissées de côté : {number}.",
    "documents": "Documents trouvés en chemin, à ajouter si vous le voulez :",
    "document": "  ra-assistant add {url}",
}
