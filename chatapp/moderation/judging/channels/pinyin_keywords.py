"""
Chinese keywords by their sound. Owns which keywords have enough of it, and what follows each of their beginnings.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from chatapp.moderation.judging.detecting import Found, Keyword
from chatapp.moderation.judging.text.separators import STEPS_BY_CHAR
from chatapp.moderation.judging.text.syllables import readings_in, readings_of, spellings_of
from chatapp.moderation.judging.verdict import Channel

# Two syllables are two ordinary characters: of 4,868 everyday turns 59 % sound like one of 3,613 words of two that
# never occur there, 3 % like one of 5,085 words of three, 0.04 % like one of 7,727 words of four. Every reading of a
# forced keyword of two would cost more (射精 as 已经): of 280 listed words 233 turns, with the usual ones alone 91.
MIN_SYLLABLES = 3
# A keyword with more (many characters of several readings) is known by the more usual ones.
MAX_READINGS = 64


class Ending(NamedTuple):
    """A keyword that ends in a node. letters: as it is written."""

    rule_number: int
    holds: bool
    letters: str


class Node:
    """
    A keyword's beginning, by syllables.

    alive_spellings: what the next syllable of a keyword that holds may begin with, "" among it.
    """

    __slots__ = ("alive_spellings", "endings", "following")

    def __init__(self) -> None:
        self.following: dict[str, Node] = {}
        self.alive_spellings: set[str] = set()
        self.endings: list[Ending] = []


class Thread(NamedTuple):
    """A keyword under way. written: the letters so far, as they stand in the text."""

    start: int
    node: Node
    written: str = ""

    def over(self, syllable: str, written: str) -> "Thread | None":
        node = self.node.following.get(syllable)
        return Thread(self.start, node, self.written + written) if node else None

    def found(self, end: int) -> Iterator[tuple[Found, bool]]:
        """What ends here, and whether it holds. Digits alone are a number, also inside a word ("e123")."""
        if self.written.isdecimal():
            return
        for ending in self.node.endings:
            if ending.letters != self.written:
                yield Found(ending.rule_number, self.start, end, Channel.PINYIN), ending.holds


def keywords_by_sound(keywords: Sequence[Keyword], *, forced: Collection[str]) -> Node:
    """The node where all of them begin; nothing is changed afterwards."""
    root = Node()
    for keyword in keywords:
        letters = _letters(keyword.phrase)
        if letters and (_sounds_enough(letters) or keyword.phrase in forced):
            _insert(root, keyword, letters)
    return root


def _insert(root: Node, keyword: Keyword, letters: str) -> None:
    ending = Ending(keyword.rule_number, keyword.holds, letters)
    for syllables in _ways_to_read(letters):
        node = root
        for syllable in syllables:
            if keyword.holds:
                node.alive_spellings.update(_beginnings(syllable))
            node = node.following.setdefault(syllable, Node())
        node.endings.append(ending)


def _letters(phrase: str) -> str:
    return "".join(step for char in phrase for step in STEPS_BY_CHAR[char] if isinstance(step, str))


def _sounds_enough(letters: str) -> bool:
    return len(letters) >= MIN_SYLLABLES and not letters.isdecimal()


def _ways_to_read(letters: str) -> Iterator[tuple[str, ...]]:
    """None if one of the letters has no reading."""
    is_long = len(letters) >= MIN_SYLLABLES
    readings = [readings_of(letter) for letter in letters] if is_long else list(readings_in(letters))
    if not all(readings):
        return iter(())
    num_ways = 1
    for number, of_letter in enumerate(readings):
        readings[number] = of_letter[: max(1, MAX_READINGS // num_ways)]
        num_ways *= len(readings[number])
    return product(*readings)


def _beginnings(syllable: str) -> Iterator[str]:
    for spelled in spellings_of(syllable):
        yield from (spelled[:length] for length in range(len(spelled) + 1))


def in_order(found: Iterable[Found]) -> list[Found]:
    """By their ends, then starts; two ways to read one span are one."""
    return sorted(set(found), key=lambda each: (each.end, each.start, each.rule_number))
