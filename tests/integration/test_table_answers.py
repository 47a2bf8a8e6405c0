"""What is asked of a table is answered with its unit, from its row."""

from __future__ import annotations

from pathlib import Path

from ra_assistant import assembly, building

TEXT = """---
title: Rapport d'activité
year: 2023
publisher: Musée des eaux
---
# Rapport d'activité

## Recettes par origine

| Origine | Montant 2023 (k€) |
|---|---|
| Billetterie | 4 080 |
| Mécénat et dons | 1 760 |
| Boutique et éditions | 940 |

Les ressources propres couvrent un tiers des dépenses du musée.
"""


def test_an_amount_of_a_table_is_said_with_its_unit(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "rapport.md").write_text(TEXT, encoding="utf-8")
    building.build(corpus, tmp_path / "index")
    assistant = assembly.open_assistant(tmp_path / "index")
    try:
        answer = assistant.ask("Combien a rapporté la billetterie en 2023 ?")
    finally:
        assistant.close()
    assert answer.text.startswith("4 080 (k€). «\u00a0Billetterie | 4 080\u00a0» [1]")
    (mark,) = answer.highlights
    assert answer.text[mark.start : mark.end] == "4 080 (k€)"
    assert answer.citations[0].quote == "Billetterie | 4 080"
