"""A small report with what a careless model could get wrong, and how an assistant over it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ra_assistant import assembly
from ra_assistant.assembly import Assistant
from ra_assistant.retrieval import Fusion
from ra_assistant.settings import Settings
from tests.fakes import HashedEmbedder

# ruff: noqa: E501 - a paragraph is one line
REPORT = """---
title: Rapport d’activité 2022
year: 2022
publisher: Agence du Lac
source: https://lac.example/2022
kind: original
---
# Rapport d’activité 2022

## Les entreprises

En 2022, l’agence a accueilli 12 entreprises et 34 laboratoires. Les entreprises ont levé 41,7 M€ en 2022, contre 28,3 M€ en 2021. Plus de 500 emplois ont été créés. Aucune entreprise n’a fermé en 2022.

## La gouvernance

Marie Durand préside l’agence depuis le 12 mars 2021. Paul Petit dirige le laboratoire commun depuis 2019.

## Le siège

L’agence a inauguré son siège à Bellevue le 3 juin 2022. Marie Durand y voit « un lieu ouvert à tous les chercheurs ». Le siège abrite une plateforme de séquençage.

## L’action internationale

L’agence a signé un accord avec le cluster de Kyoto. Trois missions ont été conduites au Japon, en Italie et au Canada.
"""
OLDER = """---
title: Rapport d’activité 2021
year: 2021
publisher: Agence du Lac
source: https://lac.example/2021
kind: original
---
# Rapport d’activité 2021

## Les entreprises

En 2021, l’agence a accueilli 9 entreprises et 30 laboratoires. Le budget de l’agence s’élevait à 6 M€ en 2021.
"""


@contextmanager
def opened(index: Path, address: str = "", **settings: object) -> Iterator[Assistant]:
    """Open an index made with the fake embedding model, with the model at `address` when there is one."""
    profile = assembly.EmbeddingProfile(HashedEmbedder(), "hashed@1:64", Fusion(0.2))
    spoken = {"llm": "openai:test", "llm_base_url": address, "llm_seconds": 6, "llm_first_seconds": 3}
    values = (spoken if address else {}) | settings
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "embedding_profile", lambda settings: profile)
        assistant = assembly.open_assistant(index, Settings(**values), exact=True)
    try:
        yield assistant
    finally:
        assistant.close()
