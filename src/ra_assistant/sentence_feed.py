"""Sentences of a text that arrives in pieces, each as soon as it is complete, its markers with it."""

from __future__ import annotations

import re

from ra_assistant.french.sentences import sentence_spans

MAX_HELD_CHARS = 1200
"""A sentence that has no end after that is handed over as it is."""
_MARKERS = re.compile(r"^(?:\s*\[[\d\s,;-]+\])+[.!…]?")
_UNFINISHED_MARKER = re.compile(r"^\s*\[[\d\s,;-]*$")
_ENDED = re.compile(r"\][.!…]$")


class SentenceFeed:
    """Takes pieces, gives sentences."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> list[str]:
        """Return the sentences that are complete now."""
        self._held += text
        *lines, tail = self._held.split("\n")
        done = [sentence for line in lines for sentence in split(line)]
        parts = split(tail)
        if parts and (_ENDED.search(tail.rstrip()) or len(tail) > MAX_HELD_CHARS):
            done, tail = [*done, *parts], ""
        elif len(parts) > 1 and not _UNFINISHED_MARKER.match(parts[-1]):
            done, tail = [*done, *parts[:-1]], parts[-1] + tail[len(tail.rstrip()) :]
        self._held = tail
        return done

    def end(self) -> list[str]:
        """Return what is left when nothing more comes."""
        held, self._held = self._held, ""
        return split(held)


def split(line: str) -> list[str]:
    """Return the sentences of one line; markers after a full stop belong to the sentence before them."""
    found: list[str] = []
    for span in sentence_spans(line):
        sentence = line[span.start : span.end]
        markers = _MARKERS.match(sentence)
        if markers and found:
            found[-1] += " " + markers.group().strip()
            sentence = sentence[markers.end() :].strip()
        if sentence:
            found.append(sentence)
    return found
