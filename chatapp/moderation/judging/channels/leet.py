"""
The channel `leet`: Latin keywords with digits and signs for letters ("k1ll", "a$$").

Owns which signs stand for which letters and how few letters a number may have to be read as a word; knows no rule and
no action. A span is a word of its own, or several as the keyword has them. What it holds, it holds to the word's end.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chatapp.moderation.judging.detecting import Found, Keyword
from chatapp.moderation.judging.text.normalise import fold_text, is_word_symbol
from chatapp.moderation.judging.text.separators import STEPS_BY_CHAR, Separator
from chatapp.moderation.judging.verdict import Channel

# Two letters and a digit name half of all products; keywords shorter than this are not read so.
MIN_LETTERS = 3
# By digits alone: "A55" is a telephone, "a5s" is spelled. A sign inside a word ("a$$") never is a number.
MIN_LETTERS_AMONG_DIGITS = 2

_LETTERS_BY_DIGIT = {"0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g"}
_LETTERS_BY_SIGN = {"@": "a", "$": "s", "!": "il"}
# A text without one of these holds nothing for this channel.
DISGUISING = re.compile(f"[{''.join([*_LETTERS_BY_DIGIT, *_LETTERS_BY_SIGN])}]")
# What one symbol may stand for shares a class with it, so all that share a symbol do.
_CLASS_BY_SYMBOL = {
    symbol: letters[-1] for symbol, letters in [*_LETTERS_BY_DIGIT.items(), *_LETTERS_BY_SIGN.items(), ("i", "il")]
}
_WRITTEN = "abcdefghijklmnopqrstuvwxyz0123456789@$!"


class _Node:
    """A keyword's beginning. holding: a keyword that holds goes on from here; endings: rules, and whether they hold."""

    __slots__ = ("endings", "following", "holding")

    def __init__(self) -> None:
        self.following: dict[str, _Node] = {}
        self.holding = False
        self.endings: dict[int, bool] = {}


class LeetSource:
    """Keywords by their letters; not changed once compiled."""

    def __init__(self, keywords: Sequence[Keyword]) -> None:
        self.root = _Node()
        for keyword in keywords:
            symbols = fold_text(keyword.phrase.strip())
            # Whoever writes digits for letters leaves out spaces as well: "camelfuck3r".
            for spelling in {symbols, symbols.replace(" ", "")} if _is_latin(symbols) else ():
                self._insert(keyword, spelling)
        self.beginnings = frozenset(symbol for symbol in _WRITTEN if any(_Thread(0, self.root).over(symbol)))

    def start(self) -> "LeetDetector":
        return LeetDetector(self)

    def words(self) -> Iterator[str]:
        """The keywords that this channel takes, after φ."""
        waiting = [("", self.root)]
        while waiting:
            word, node = waiting.pop()
            if node.endings:
                yield word
            waiting += [(word + symbol, following) for symbol, following in node.following.items()]

    def _insert(self, keyword: Keyword, symbols: str) -> None:
        node = self.root
        for symbol in symbols:
            node.holding |= keyword.holds
            node = node.following.setdefault(symbol, _Node())
        node.endings[keyword.rule_number] = node.endings.get(keyword.rule_number, False) or keyword.holds


def compile_leet(keywords: Sequence[Keyword]) -> LeetSource:
    """Keywords that are not Latin, begin or end with a mark, or are too short are left to other channels."""
    return LeetSource(keywords)


def letter_class(symbol: str) -> str:
    """One symbol for all that may stand for each other: what a word is written with has the classes of its letters."""
    return _CLASS_BY_SYMBOL.get(symbol, symbol)


def _is_latin(symbols: str) -> bool:
    num_letters = sum(symbol.isalpha() for symbol in symbols)
    return symbols.isascii() and num_letters >= MIN_LETTERS and symbols[0].isalnum() and symbols[-1].isalnum()


class _Thread(NamedTuple):
    """A keyword under way, and what it was written with so far."""

    start: int
    node: _Node
    num_letters: int = 0
    num_digits: int = 0  # that stood for letters
    num_signs: int = 0

    @property
    def is_disguised(self) -> bool:
        if self.num_signs:
            return self.num_letters > 0
        return self.num_digits > 0 and self.num_letters >= MIN_LETTERS_AMONG_DIGITS

    def over(self, symbol: str) -> Iterator["_Thread"]:
        """This one, one symbol on: as itself, then as what it may stand for."""
        if node := self.node.following.get(symbol):
            yield self._replace(node=node, num_letters=self.num_letters + symbol.isalpha())
        for letter in _LETTERS_BY_DIGIT.get(symbol, ""):
            if node := self.node.following.get(letter):
                yield self._replace(node=node, num_digits=self.num_digits + 1)
        for letter in _LETTERS_BY_SIGN.get(symbol, ""):
            if node := self.node.following.get(letter):
                yield self._replace(node=node, num_signs=self.num_signs + 1)


class LeetDetector:
    """Stands at one place in one text."""

    __slots__ = ("_in_word", "_num_chars", "_source", "_threads", "_waiting")

    def __init__(self, source: LeetSource) -> None:
        self._source = source
        self._num_chars = 0
        self._in_word = False
        self._threads: list[_Thread] = []  # in the order of their starts
        self._waiting: list[tuple[Found, bool]] = []  # final if the word is over; and whether the rule holds

    def copy(self) -> "LeetDetector":
        twin = LeetDetector(self._source)
        twin._num_chars, twin._in_word = self._num_chars, self._in_word
        twin._threads, twin._waiting = self._threads.copy(), self._waiting.copy()
        return twin

    def read(self, char: str) -> Sequence[Found]:
        settled: Sequence[Found] = ()
        for step in STEPS_BY_CHAR[char]:
            for symbol in step.symbols if isinstance(step, Separator) else step:
                settled = [*settled, *found] if (found := self._take(symbol)) else settled
        self._num_chars += 1
        return settled

    def end(self) -> Sequence[Found]:
        settled = self._settle()
        self._threads = []
        return settled

    @property
    def alive_from(self) -> int | None:
        if not (self._threads or self._waiting):
            return None
        starts = [found.start for found, holds in self._waiting if holds]
        starts += [thread.start for thread in self._threads if thread.node.holding][:1]
        return min(starts, default=None)

    def _take(self, symbol: str) -> list[Found]:
        in_word = is_word_symbol(symbol)
        begins = not self._in_word and symbol in self._source.beginnings
        self._in_word = in_word
        if not (begins or self._threads or self._waiting):
            return []  # most of any text
        settled = [] if in_word else self._settle()
        self._waiting = []
        if begins:
            self._threads.append(_Thread(self._num_chars, self._source.root))
        self._threads = [follower for thread in self._threads for follower in thread.over(symbol)]
        if symbol != "!":  # at a word's end it is what it looks like
            self._collect()
        return settled

    def _collect(self) -> None:
        for thread in self._threads:
            if thread.node.endings and thread.is_disguised:
                for rule_number, holds in thread.node.endings.items():
                    found = Found(rule_number, thread.start, self._num_chars + 1, Channel.LEET)
                    self._waiting.append((found, holds))

    def _settle(self) -> list[Found]:
        settled = sorted({found for found, _ in self._waiting}, key=lambda each: (each.start, each.rule_number))
        self._waiting = []
        return settled
