"""Who does what, in a sentence and in the lines of the report that it rests on.

Every name may be the report's and the sentence false: « Petit préside » for « Durand préside ». What stands
beside each name is compared, and the part that it takes in its clause.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import combinations, pairwise

from ra_assistant.claim_reading import NAME, WORD, Item, Reading, gap, is_cut
from ra_assistant.french.words import fold

AROUND = 2
"""Words that are heard on each side of a name."""
_CUT_COST = 8
"""Words that a comma counts for between a name and what is said of it."""
_SAYS = re.compile(r"(?<!\w)(?:selon|d'apres) ?(?:le |la |les |l')?$")
"""What comes before whoever a report quotes, which goes with nothing else."""
_LINK = re.compile(r"(?<!\w)(?:avec|par|chez|contre|selon)(?!\w)|\(")
_BY = re.compile(r"(?<!\w)par(?!\w)")
_AND = re.compile(r"(?:,? et|,? ou)[ \u00a0](?:(?:le|la|les|de|du|des|a|au|aux|avec) |l'|d')?")
"""What joins two names of which the same thing is said."""
_DONE = re.compile(r"(?<!\w)(?:a|ont|avait|avaient) ete(?!\w)")
_ANNOUNCES = re.compile(r":|(?<!\w)(?:est|sont|etait|etaient|notamment|figurent) (?!\w+(?:ee?s?|is?|us?) )")
_PASSIVE = re.compile(r"(?<!\w)(?:ete|est|sont|etre)(?!\w)|,")
_PREPOSITIONS = "selon|d'apres|par|avec|chez|contre|a|au|aux|en|dans|sur|vers|pour|entre|de|du|des|d'"
_PART = re.compile(rf"(?<!\w)({_PREPOSITIONS})[ ']*(?:(?:le|la|les|un|une|sa|son|ses) |l')?$")
"""What announces a name: the part that it takes; nothing for a subject or an object."""
_PARTS = {"d'apres": "selon"} | dict.fromkeys(("a", "au", "aux", "en", "dans", "sur", "vers", "chez"), "a")
"""Prepositions that announce the same part."""
_TELLING = frozenset({"a", "par", "selon"})
"""Parts that two names do not exchange without another thing being said."""


def misnamed(claim: Reading, lines: Sequence[Reading], publishers: Collection[str] = ()) -> str:
    """Return the name that does something else in the report than in `claim`; empty when none does.

    Args:
        claim: a sentence to check.
        lines: the sentences of the passages that it cites.
        publishers: folded names of whose reports these are, who did what is said to be done by nobody.
    """
    for name in claim.of(NAME):
        if _SAYS.search(fold(claim.text[: name.start])):
            continue
        verdicts = {_does_the_same(claim, name, line) for line in lines if _named(line, name)}
        is_publisher = any({*name.key.split()} <= {*publisher.split()} for publisher in publishers)
        told = _attributed(lines) if is_publisher else lines
        if True not in verdicts and (False in verdicts or _belongs_to_another(claim, name, told)):
            return f"name {name.key}"
        if not is_publisher and _is_from_elsewhere(claim, name, lines):
            return f"place of {name.key}"
        if any(_is_reversed(claim, name, line) for line in lines):
            return f"order of {name.key}"
    for left, right in _linked(claim):
        if not _go_together(claim, left, right, lines):
            return f"names {left.key}"
    for left, right in combinations(claim.of(NAME), 2):
        if left.key != right.key and any(_are_exchanged(claim, left, right, line) for line in lines):
            return f"exchange of {left.key}"
    return ""


def _named(line: Reading, name: Item) -> list[Item]:
    """Return where a line says a name, in whole or in part."""
    parts = set(name.key.split())
    return [
        item for item in line.of(NAME) if parts <= set(item.key.split()) or parts >= set(item.key.split())
    ]


def _linked(claim: Reading) -> list[tuple[Item, Item]]:
    """Return the names that a claim puts together: « CiTHERA, avec Annelise Bennaceur »."""
    return [
        (left, right)
        for left, right in pairwise(claim.of(NAME))
        if gap(left, right) <= AROUND + 1 and _LINK.search(fold(claim.text[left.end : right.start]))
    ]


def _go_together(claim: Reading, left: Item, right: Item, lines: Sequence[Reading]) -> bool:
    """Tell whether no name foreign to the claim stands between two names where the report says both."""
    rows = [(line, _named(line, left), _named(line, right)) for line in lines]
    both = [(line, first[0], second[0]) for line, first, second in rows if first and second]
    return not both or any(
        not [
            item
            for item in line.of(NAME)
            if min(one.place, two.place) < item.place < max(one.place, two.place)
            and not _is_aside(line.text, item.start)
            and not _named(claim, item)
        ]
        for line, one, two in both
    )


def _is_aside(text: str, place: int) -> bool:
    """Tell whether a place stands between brackets."""
    return text.rfind("(", 0, place) > text.rfind(")", 0, place)


def _does_the_same(claim: Reading, name: Item, line: Reading) -> bool | None:
    """Tell whether what is said beside a name is said beside it in a line; None when the line does not tell."""
    if any(_SAYS.search(fold(line.text[: one.start])) for one in _named(line, name)):
        return True
    known = [(word, item) for word in _beside(claim, name) for item in line.near(word.key)]
    if not known:
        return None
    if len({item.key for item in line.of(NAME)}) < 2:
        return True
    own = [other for one in _named(line, name) for other in _joined(line, one)]
    return any(
        _is_nearest(line, own, item)
        or _shares(claim, name, line, item, word)
        or _is_announced(line, item, own[0])
        for word, item in known
    )


def _joined(line: Reading, name: Item) -> list[Item]:
    """Return a name with those of which the same thing is said: « Généthon et Genopole »."""
    names = line.of(NAME)
    rank = names.index(name)
    low = high = rank
    while high + 1 < len(names) and _are_joined(line.text, names[high], names[high + 1]):
        high += 1
    while low and _are_joined(line.text, names[low - 1], names[low]):
        low -= 1
    return names[low : high + 1]


def _are_joined(text: str, left: Item, right: Item) -> bool:
    return _AND.fullmatch(fold(text[left.end : right.start])) is not None


def _beside(claim: Reading, name: Item) -> list[Item]:
    """Return the words next to a name, in its clause, the nearest first."""
    beside = [item for item in claim.of(WORD) if gap(item, name) <= AROUND + 2]
    own_clause = [item for item in beside if not is_cut(claim.text, *sorted((item.start, name.start)))]
    return sorted(own_clause, key=lambda item: gap(item, name))[: AROUND + 1]


def _is_from_elsewhere(claim: Reading, name: Item, lines: Sequence[Reading]) -> bool:
    """Tell whether the lines most like a claim lack one of its names, and those that have it tell nothing more."""
    likeness = [(sum(line.holds(word) for word in claim.of(WORD)), line) for line in lines]
    best = max((like for like, _ in likeness), default=0)
    main = [line for like, line in likeness if like == best]
    own = [line for line in lines if _named(line, name)]
    if best < 2 or not own or any(line in main for line in own):
        return False
    beside = _beside(claim, name)
    told = [sum(bool(line.near(word.key)) for word in beside or claim.of(WORD)) for line in own]
    return max(told) < (1 if beside else AROUND)


def _attributed(lines: Sequence[Reading]) -> list[Reading]:
    """Leave out the lines that say of something that it was done, and not by whom."""
    return [line for line in lines if _BY.search(line.folded) or not _DONE.search(line.folded)]


def _belongs_to_another(claim: Reading, name: Item, lines: Sequence[Reading]) -> bool:
    """Tell whether the words next to a name are said of others alone: « Petit préside » for « Durand préside »."""
    held = [word for word in _beside(claim, name) if any(line.near(word.key) for line in lines)]
    own = [line for line in lines if _named(line, name)]
    if not own or not held or any(line.near(word.key) for line in own for word in held):
        return False
    word = held[0]
    others = [
        other
        for line in lines
        for item in line.near(word.key)
        for other in line.of(NAME)
        if gap(other, item) <= AROUND + 2
    ]
    near = [one for other in others for one in _named(claim, other)]
    return bool(others) and not any(gap(one, word) <= gap(name, word) + 1 for one in near)


def _is_announced(reading: Reading, word: Item, name: Item) -> bool:
    """Tell whether a name belongs to a list that a word announces: « cinq marchés : l'Australie… »."""
    return _ANNOUNCES.search(fold(reading.text[word.end : name.start])) is not None


def _is_reversed(claim: Reading, name: Item, line: Reading) -> bool:
    """Tell whether two names stand on the other sides of the same verb, in the active voice both times."""
    own = _named(line, name)
    if not own or bool(_BY.search(fold(claim.text))) != bool(_BY.search(fold(line.text))):
        return False
    for other in claim.of(NAME):
        theirs = _named(line, other) if other.key != name.key else []
        for word in claim.of(WORD):
            if not theirs or not name.place < word.place < other.place or gap(word, name) > AROUND:
                continue
            if _PASSIVE.search(fold(claim.text[name.end : word.start])):
                continue
            if any(
                theirs[0].place < item.place < own[0].place and gap(item, theirs[0]) <= AROUND
                for item in line.near(word.key)
            ):
                return True
    return False


def _shares(claim: Reading, name: Item, line: Reading, item: Item, word: Item) -> bool:
    """Tell whether the word's nearest name in the report stands beside it in the claim too: « A pilote B »."""
    nearest = min(line.of(NAME), key=lambda other: gap(other, item))
    return any(
        other.key != name.key and gap(other, word) <= gap(name, word) + 1 for other in _named(claim, nearest)
    )


def _is_nearest(line: Reading, own: Sequence[Item], item: Item) -> bool:
    rivals = [other for other in line.of(NAME) if not _SAYS.search(fold(line.text[: other.start]))]
    return min(_far(line, one, item) for one in own) <= min(
        (_far(line, other, item) for other in rivals), default=_CUT_COST
    )


def _are_exchanged(claim: Reading, left: Item, right: Item, line: Reading) -> bool:
    """Tell whether each of two names does in a claim what the other one does in a line."""
    places = [(one, other) for one in _named(line, left) for other in _named(line, right) if one is not other]
    return bool(places) and all(
        _take_the_other_part(claim, (left, right), line, pair)
        or _do_the_other_thing(claim, (left, right), line, pair)
        for pair in places
    )


_Pair = tuple[Item, Item]


def _take_the_other_part(claim: Reading, said: _Pair, line: Reading, held: _Pair) -> bool:
    """Tell whether two names exchange the parts of agent or place: « fondée à Évry par Généthon »."""
    parts = [_part(claim.text, name) for name in said]
    return (
        parts[0] != parts[1]
        and bool(_TELLING & {*parts})
        and parts == [_part(line.text, name) for name in reversed(held)]
    )


def _do_the_other_thing(claim: Reading, said: _Pair, line: Reading, held: _Pair) -> bool:
    """Tell whether what is said of each of two names is said of the other one in a line."""
    left, right = (_said_of(claim, name, other) for name, other in (said, said[::-1]))
    return _is_said_of(line, left, held[1], held[0]) and _is_said_of(line, right, held[0], held[1])


def _part(text: str, name: Item) -> str:
    """Return the preposition before a name, those of places as one; empty for a subject or an object."""
    found = _PART.search(fold(text[: name.start]))
    return "" if found is None else _PARTS.get(found.group(1), found.group(1))


def _said_of(reading: Reading, name: Item, other: Item) -> list[Item]:
    """Return the words that follow a name, up to the other one when it comes later."""
    end = other.place if other.place > name.place else reading.items[-1].place + 1
    return [word for word in reading.of(WORD) if name.place < word.place < end]


def _is_said_of(line: Reading, words: Sequence[Item], name: Item, other: Item) -> bool:
    """Tell whether the words that a line holds all follow a name, up to the other one."""
    own = {word.place for word in _said_of(line, name, other)}
    held = [item.place for word in words for item in line.near(word.key)[:1]]
    return bool(held) and own.issuperset(held)


def _far(reading: Reading, name: Item, word: Item) -> int:
    """Return the words between a name and another word, more when a comma or another name comes between."""
    first, second = sorted((name, word), key=lambda item: item.start)
    cost = _CUT_COST if is_cut(reading.text, first.end, second.start) else 0
    return cost + gap(name, word)
