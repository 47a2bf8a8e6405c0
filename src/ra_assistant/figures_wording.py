"""Every French sentence of the key figures, and how a figure is written in French."""

from __future__ import annotations

from decimal import Decimal

FIGURES: dict[str, str] = {
    "title": "Chiffres clés",
    "lead": "Les chiffres des rapports, chacun avec la phrase où il se trouve.",
    "filters": "Chercher et trier",
    "search": "Chercher",
    "search_hint": "entreprises, budget, 40 000 m²…",
    "year": "Année",
    "every_year": "Toutes les années",
    "report": "Rapport",
    "every_report": "Tous les rapports",
    "sort": "Trier",
    "sort_document": "Dans l’ordre du rapport",
    "sort_libelle": "Par libellé",
    "sort_valeur": "Du plus grand au plus petit",
    "sort_annee": "Par année",
    "apply": "Afficher",
    "clear": "Effacer les filtres",
    "print": "Imprimer",
    "export": "Exporter en CSV",
    "one_figure": "chiffre",
    "several_figures": "chiffres",
    "series_title": "Au fil des années",
    "series_notice": "Ce que les rapports comptent d’une année à l’autre, quand c’est bien la même chose\u00a0: chaque "
    "point mène à son passage.",
    "series_none": "Aucune évolution n’est assez sûre pour être dessinée\u00a0: il faut la même chose comptée deux "
    "années au moins.",
    "series_one_year": "Les rapports ne parlent que d’une année\u00a0: les évolutions apparaîtront avec un autre "
    "rapport.",
    "one_more": "Voir l’autre évolution",
    "several_more": "Voir les {number} autres évolutions",
    "as_table": "En tableau",
    "column_year": "Année",
    "column_value": "Valeur",
    "column_figure": "Chiffre",
    "column_label": "Ce qu’il compte",
    "column_quote": "Dans le rapport",
    "figures_title": "Les chiffres",
    "table_caption": "{report}\u00a0: {count}",
    "read": "Lire le passage",
    "read_point": "{year}\u00a0: {value}. Lire le passage",
    "page": "p.\u00a0{label}",
    "physical_page": "{page}ᵉ page du fichier",
    "unknown_year": "sans année",
    "is_change": "variation",
    "is_target": "prévision, objectif ou cumul",
    "approximate": "valeur approchée",
    "none_title": "Aucun chiffre",
    "none": "Aucun chiffre n’a été relevé dans les rapports en service.",
    "no_match": "Aucun chiffre ne correspond à cette recherche.",
    "reading": "Lecture des chiffres",
    "reading_notice": "Les chiffres des rapports sont en train d’être relevés\u00a0: cette page se recharge "
    "d’elle-même.",
    "pages": "Pages de la liste",
    "former": "Chiffres précédents",
    "next": "Chiffres suivants",
    "place": "{first} à {last} sur {total}",
    "how": "Relevé automatique\u00a0: un chiffre dont l’objet n’est pas clair est laissé de côté. La phrase du "
    "rapport fait foi.",
    "in_answer": "Au fil des années",
    "see_all": "Tous les chiffres clés",
    "file_name": "chiffres-cles.csv",
}
CSV_COLUMNS: tuple[str, ...] = (
    "Rapport",
    "Année",
    "Ce qui est compté",
    "Valeur",
    "Unité",
    "Tel qu’écrit",
    "Approximation",
    "Nature",
    "Section",
    "Page",
    "Page imprimée",
    "Phrase",
    "Document",
    "Début",
    "Fin",
)
NATURES: dict[str, str] = {"level": "niveau", "change": "variation", "target": "prévision, objectif ou cumul"}
COMMAND: dict[str, str] = {
    "figures": "Lister les chiffres des rapports, avec la phrase où ils se trouvent.",
    "csv_option": "Écrire les chiffres dans ce fichier, pour un tableur.",
    "json_option": "Écrire du JSON, une ligne par chiffre.",
    "year_option": "Seulement les chiffres de cette année.",
    "document_option": "Seulement les chiffres de ce rapport (son chemin ou son identifiant).",
    "search_option": "Seulement les chiffres qui portent ces mots.",
    "unknown_document": "Aucun rapport en service ne s’appelle «\u00a0{name}\u00a0».",
    "written": "{figures} dans «\u00a0{path}\u00a0».",
    "none": "Aucun chiffre ne correspond.",
    "row": "{value} · {label} · {year}\n    {place}\n    «\u00a0{quote}\u00a0»",
    "series": "Au fil des années",
    "series_row": "  {label}\u00a0: {points}",
    "series_point": "{value} en {year}",
}
_MILLION = Decimal(1_000_000)
_MAX_DECIMALS = 3


def number(value: Decimal | int) -> str:
    """Return a number in French: narrow spaces between thousands, a decimal comma, no useless zero."""
    whole, _, decimals = f"{abs(value):,f}".partition(".")
    decimals = decimals.rstrip("0")
    sign = "\u2212" if value < 0 else ""
    return sign + whole.replace(",", "\u202f") + (f",{decimals}" if decimals else "")


def amount(value: Decimal, unit: str, *, is_change: bool = False) -> str:
    """Return a value with its symbol, « 58,3 M€ »; a counted noun is not repeated.

    Millions of euros are written so when that loses nothing.
    """
    plus = "+\u00a0" if is_change and value > 0 else ""
    if unit == "€" and abs(value) >= _MILLION:
        millions = (value / _MILLION).normalize()
        exponent = millions.as_tuple().exponent
        if isinstance(exponent, int) and -exponent <= _MAX_DECIMALS:
            return f"{plus}{number(millions)}\u00a0M€"
    if unit.startswith("/"):
        return f"{plus}{number(value)}\u00a0{unit}"
    return f"{plus}{number(value)}\u00a0{unit}" if is_symbol(unit) else plus + number(value)


def is_symbol(unit: str) -> bool:
    """Tell a unit that is written after its number from the noun that is counted."""
    return unit in SYMBOLS


SYMBOLS = frozenset(
    {
        "€",
        "$",
        "£",
        "%",
        "‰",
        "m",
        "m²",
        "m³",
        "km",
        "km²",
        "ha",
        "t",
        "kg",
        "g",
        "l",
        "hl",
        "mm",
        "cm",
        "t CO₂",
        "t CO₂e",
    }
    | {
        "kW",
        "MW",
        "GW",
        "Wh",
        "kWh",
        "MWh",
        "GWh",
        "TWh",
        "kWc",
        "MWc",
        "Mo",
        "Go",
        "To",
        "ETP",
        "ETPT",
        "points",
    }
    | {"t CO₂", "t CO₂e", "ans", "mois", "semaines", "jours", "heures", "minutes"}
)
"""Units that are written after their number; any other is the noun that is counted."""
