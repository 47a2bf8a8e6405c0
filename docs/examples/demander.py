"""Pose des questions à l’assistant depuis un programme, la réponse et ses passages au fur et à mesure.

    python demander.py http://127.0.0.1:7860 "Combien de nouvelles entreprises en 2020 ?" "Et en 2021 ?"

Rien à installer : la bibliothèque de Python suffit. Chaque question suit les précédentes. L’état de sortie vaut 1
quand une question n’a pas pu être posée.
"""

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any


def demander(adresse: str, question: str, historique: list[dict[str, str]]) -> Iterator[tuple[str, Any]]:
    """Donne les événements d’une réponse : `stage`, `text`, `citations`, puis `end` ou `error`."""
    demande = urllib.request.Request(
        f"{adresse.rstrip('/')}/api/v1/ask",
        json.dumps({"question": question, "history": historique}).encode(),
        {"Content-Type": "application/json", "Accept": "text/event-stream"},
    )
    evenement = ""
    with urllib.request.urlopen(demande, timeout=60) as flux:
        for ligne in map(bytes.decode, flux):
            champ, _, valeur = ligne.rstrip("\n").partition(": ")
            if champ == "event":
                evenement = valeur
            elif champ == "data":
                yield evenement, json.loads(valeur)


def montrer(adresse: str, question: str, historique: list[dict[str, str]]) -> bool:
    """Écrit une réponse et ses passages, et l’ajoute à l’historique ; dit si la question a reçu une réponse."""
    print(f"\n> {question}", flush=True)
    for evenement, donnees in demander(adresse, question, historique):
        if evenement == "error":
            print(donnees["detail"])
            return False
        if evenement == "end":
            print(donnees["answer"])
            for citation in donnees["citations"]:
                page = f", p. {citation['page_label']}" if citation["page_label"] else ""
                titre = citation["document_title"]
                print(f"  [{citation['marker']}] {titre}{page} : « {citation['quote']} »")
            historique += [
                {"role": "user", "content": question},
                {"role": "assistant", "content": donnees["answer"]},
            ]
    return True


def main() -> int:
    """Pose les questions de la ligne de commande."""
    if len(sys.argv) < 3:
        print('usage : python demander.py ADRESSE "QUESTION" ["QUESTION"…]', file=sys.stderr)
        return 2
    historique: list[dict[str, str]] = []
    try:
        reponses = [montrer(sys.argv[1], question, historique) for question in sys.argv[2:]]
    except urllib.error.HTTPError as erreur:
        print(json.load(erreur).get("detail", erreur.reason), file=sys.stderr)
        return 1
    except OSError as erreur:
        print(f"L’assistant ne répond pas à cette adresse : {erreur}", file=sys.stderr)
        return 1
    return 0 if all(reponses) else 1


if __name__ == "__main__":
    sys.exit(main())
