"""Groups of nouns in a French sentence, found by agreement in number: « projets de R&D labellisés »."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from ra_assistant.figures.amounts import WORDS, flat
from ra_assistant.french.lexicon import table

MAX_WORDS = 10
LINKS = frozenset({"de", "d'", "du", "des"})
_TOKEN = re.compile(r"[^\W\d_](?:[\w.&-]*\w)?['’ʼ]?|\d[\d.,]*|[^\w\s]")
_ARTICLES = frozenset({"la", "le", "les", "l'", "un", "une"})
_PLURAL = ("s", "x", "z")


class Token(NamedTuple):
    """A word, number or sign of a sentence."""

    start: int
    end: int
    form: str
    """Folded; an elided word keeps its apostrophe."""
    written: str

    @property
    def is_word(self) -> bool:
        """Tell a word from a number or sign."""
        return self.written[0].isalpha()

    @property
    def is_acronym(self) -> bool:
        """Tell a word written in capitals, or one that has no plural."""
        return self.written[:2].isupper() or self.form in WORDS["invariable"]


def tokens_of(text: str, start: int, end: int) -> list[Token]:
    """Return the tokens of a range of `text`, in order."""
    plain = flat(text)
    return [
        Token(match.start(), match.end(), plain[match.start() : match.end()], match.group())
        for match in _TOKEN.finditer(text, start, end)
    ]


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Return a pattern of `french/data/figures.toml`."""
    return re.compile(table("figures")["patterns"][name])


def written(text: str, tokens: Sequence[Token]) -> str:
    """Return the words of consecutive tokens as they are written, blanks folded."""
    if not tokens:
        return ""
    return re.sub(r"\s+", " ", text[tokens[0].start : tokens[-1].end]).strip()


def group_size(tokens: Sequence[Token], *, plural: bool, complement: bool = False) -> int:
    """Return how many of the first tokens are one group of nouns; 0 when they begin none.

    Args:
        tokens: what follows a number, or a number and « de ».
        plural: whether the first noun must be in the plural.
        complement: whether the group follows « de »: it then need not agree.
    """
    size = _Walk(tokens, plural=plural, complement=complement).size()
    following = tokens[size] if 0 < size < len(tokens) else None
    if following is not None and following.written.isdigit() and following.start - tokens[size - 1].end == 1:
        # « plan France 2030 », « laboratoires de niveau 2 »
        size += tokens[size - 1].written[0].isupper() or (size > 1 and tokens[size - 2].form in LINKS)
    return min(size, MAX_WORDS)


class _Walk:
    """Goes through tokens as long as they belong to one group."""

    def __init__(self, tokens: Sequence[Token], *, plural: bool, complement: bool) -> None:
        self._tokens = tokens[: MAX_WORDS + 4]
        self._plural = plural
        self._complement = complement
        self._after_link = complement
        self._singular = complement and not plural
        self._expects_noun = True
        self._place = self._size = 0

    def size(self) -> int:
        """Return how many tokens belong to the group."""
        while self._place < len(self._tokens) and self._tokens[self._place].is_word:
            token = self._tokens[self._place]
            if not (self._noun(token) if self._expects_noun else self._more(token)):
                break
        return self._size

    def _next(self) -> Token | None:
        following = self._place + 1
        return self._tokens[following] if following < len(self._tokens) else None

    def _take(self, count: int = 1) -> bool:
        self._size = self._place = self._place + count
        return True

    def _noun(self, token: Token) -> bool:
        if token.form in WORDS["enders"] or token.form in WORDS["months"]:
            return False
        agrees = token.form.endswith(_PLURAL) or token.is_acronym
        if self._plural and not agrees and not (self._after_link and self._place > 0):
            return False
        if token.form in _ARTICLES and self._after_link:
            self._place += 1
            return True
        following = self._next()
        if token.form in WORDS["prenominal"]:
            return following is not None and following.is_word and self._take()
        self._expects_noun = False
        self._singular = self._after_link or self._singular
        return self._take()

    def _more(self, token: Token) -> bool:
        following = self._next()
        if token.form in LINKS or (token.written in {"à", "en"} and _opens_complement(following)):
            self._expects_noun = self._after_link = True
            self._place += 1
            return True
        if token.form in {"et", "ou", "&"}:
            return self._plural and following is not None and agrees(following) and self._take(2)
        if token.form == "par" and rate(self._tokens[self._place :]):
            self._take(2)
            return False
        fits = (self._plural and agrees(token)) or token.is_acronym
        qualifies = self._after_link and _qualifies(token, singular=self._singular)
        return token.form not in WORDS["enders"] and (fits or qualifies) and self._take()


def _opens_complement(following: Token | None) -> bool:
    """Tell « hébergées en pépinière », « contrats à durée déterminée » from « en 2020 », « à la région »."""
    return (
        following is not None
        and following.written[0].islower()
        and following.form
        not in WORDS["months"] | WORDS["determiners"] | WORDS["enders"] | WORDS["adverbial_nouns"]
        and not following.form.endswith(("ant", "er", "ir"))
    )


def agrees(token: Token) -> bool:
    """Tell whether a word may go on a group in the plural."""
    if not token.is_word or token.form in WORDS["enders"] or token.form in WORDS["determiners"]:
        return False
    return token.is_acronym or (token.form.endswith(("s", "x")) and not token.form.endswith("ons"))


def _qualifies(token: Token, *, singular: bool) -> bool:
    """Tell whether a word may go on a complement: an adjective or a name, not a verb."""
    if token.form in WORDS["enders"] or token.form in WORDS["determiners"]:
        return False
    if token.written[0].isupper():
        return True
    is_verb = token.form.endswith(("ent", "ait", "ont", "ant", "er", "era")) or pattern("verb").fullmatch(
        token.form
    )
    return singular and not is_verb


def rate(tokens: Sequence[Token]) -> str:
    """Return « par habitant » when tokens begin so; empty otherwise."""
    if len(tokens) < 2 or tokens[0].form not in {"par", "/"} or tokens[1].form not in WORDS["rates"]:
        return ""
    return f"par {tokens[1].written}"


def participles(tokens: Sequence[Token]) -> int:
    """Return how many tokens are a participle that says what became of an amount: « 58 M€ levés »."""
    if not tokens or not tokens[0].is_word:
        return 0
    form = tokens[0].form
    if [token.form for token in tokens[:3]] == ["pris", "en", "charge"]:
        return 3
    if (
        form in WORDS["enders"]
        or len(form) < 5
        or not tokens[0].written.endswith(tuple(WORDS["participles"]))
    ):
        return 0
    return 2 if len(tokens) > 1 and tokens[1].written.endswith("ment") else 1


def is_participle(token: Token) -> bool:
    """Tell « attendus », « financés », which are never counted alone, from « salariés », « sociétés »."""
    if token.form in WORDS["participle_nouns"] or token.form.endswith(("tes", "tees")):
        return False
    return token.form in WORDS["participle_heads"] or (
        token.form.endswith("es") and not token.written.endswith("es")
    )


def is_adjective(token: Token) -> bool:
    """Tell a word that ends as adjectives do."""
    return token.form.endswith(tuple(WORDS["adjectives"]))


def is_noun(token: Token) -> bool:
    """Tell whether a word may be the noun of a group."""
    return token.is_word and len(token.form) > 1 and token.form not in WORDS["enders"] | WORDS["pronouns"]
