"""
The channel `skip`: keywords with other separators between their letters than their own ("k*i*l*l", "傻 逼").

Owns which separators hide a word and which belong to honest text; knows no rule and no action. A span begins and ends
with a letter and holds up to three separators between any two; none ends a sentence or a line. A keyword exactly as
written is the strict channel's.

Inside a Latin word either every two letters are parted ("s h i t"), or no separator parts words by itself ("sh*it",
"sh-it"): so "an Al-Qaeda" holds no "anal" and "he'll" no "hell", and "sh it" is missed. Measured on 2.5 MB of English
manuals and licences with 274 listed words: 2 spans ("x.x.x"); with any gap allowed, 6,694 ordinary words would be found
1,188 times across spaces and 297 times across apostrophes. Between two words, and inside a keyword of two Chinese
characters, punctuation parts clauses ("改日，你…"): on 4,868 turns of everyday Chinese 3,613 words of two characters
that never occur there gave 18 spans across such punctuation and 3 across any other ("色·戒"), 12,812 longer words none.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chatapp.moderation.judging.detecting import Found, Keyword
from chatapp.moderation.judging.text.normalise import is_word_symbol
from chatapp.moderation.judging.text.separators import STEPS_BY_CHAR, Separates, Separator
from chatapp.moderation.judging.verdict import Channel

MAX_SKIPPED_CHARS = 3
# Two Latin letters apart are initials ("e. g.") in any text; three are a word spelled out.
MIN_LATIN_LETTERS = 3
# Most Chinese insults have two characters, and two apart by no clause were never found by chance (above).
MIN_LETTERS = 2
# "1, 2, 3" is a list.
MIN_DIGITS = 4

# What stands between two letters of a keyword: nothing inside a Latin word; a gap that clauses end; any gap.
_INNER, _CLOSE, _FREE = _JOINTS = range(3)
# How a Latin word may be spelled, as bits: every letter apart, or parted by marks only.
_APART, _MARKED = 1, 2
_ANY_SPELLING = _APART | _MARKED

# Markdown decodes these to a blank or to nothing, so what is written between letters is one separator.
_BLANK_NAMES = ("nbsp", "ensp", "emsp", "thinsp", "shy", "zwj", "zwnj", "lrm", "rlm", "zerowidthspace", "nobreak")
_BLANK_CODES = (0x20, 0xA0, 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)
_BLANK_ENTITIES = frozenset(
    f"&{name};"
    for name in (*_BLANK_NAMES, *(f"#{code}" for code in _BLANK_CODES), *(f"#x{code:x}" for code in _BLANK_CODES))
)
_ENTITY_BEGINNINGS = frozenset(entity[:length] for entity in _BLANK_ENTITIES for length in range(1, len(entity)))
_BLANK = Separator(int(Separates.WORDS), " ")


class _Ending:
    """
    What ends in a node for one rule.

    own_gaps: as its keywords of these letters are written, wherever they end: so strict finds them.
    """

    __slots__ = ("holds", "own_gaps", "rule_number")

    def __init__(self, rule_number: int, own_gaps: set[tuple[str, ...]]) -> None:
        self.rule_number = rule_number
        self.holds = False
        self.own_gaps = own_gaps


class _Node:
    """A keyword's beginning. By joint: the nodes one letter on, and whether a keyword that holds lies there."""

    __slots__ = ("endings", "following", "holding")

    def __init__(self) -> None:
        self.following: tuple[dict[str, _Node], ...] = ({}, {}, {})
        self.holding = [False, False, False]
        self.endings: dict[int, _Ending] = {}


class SkipSource:
    """Keywords by their letters; not changed once compiled."""

    def __init__(self, keywords: Sequence[Keyword]) -> None:
        self.beginnings: dict[str, _Node] = {}
        own_gaps: dict[tuple[int, str], set[tuple[str, ...]]] = {}
        for keyword in keywords:
            letters, gaps = _spelled(keyword.phrase)
            if _long_enough(letters):
                own = own_gaps.setdefault((keyword.rule_number, letters), set())
                own.add(gaps)
                self._insert(keyword, letters, gaps, own)

    def start(self) -> "SkipDetector":
        return SkipDetector(self)

    def shortest_letters(self) -> Iterator[str]:
        """The keywords' letters; of keywords that begin with another the other's."""
        waiting = list(self.beginnings.items())
        while waiting:
            letters, node = waiting.pop()
            if node.endings:
                yield letters
                continue
            waiting += [(letters + letter, on) for joint in node.following for letter, on in joint.items()]

    def _insert(self, keyword: Keyword, letters: str, gaps: tuple[str, ...], own_gaps: set[tuple[str, ...]]) -> None:
        node = self.beginnings.setdefault(letters[0], _Node())
        for number, gap in enumerate(gaps):
            joint = _joint(letters, number, gap)
            node.holding[joint] |= keyword.holds
            node = node.following[joint].setdefault(letters[number + 1], _Node())
        ending = node.endings.setdefault(keyword.rule_number, _Ending(keyword.rule_number, own_gaps))
        ending.holds |= keyword.holds


def compile_skip(keywords: Sequence[Keyword]) -> SkipSource:
    """Keywords too short for this channel are left to the strict one."""
    return SkipSource(keywords)


def _spelled(phrase: str) -> tuple[str, tuple[str, ...]]:
    """A keyword's letters, and what it has itself between each two."""
    letters, gaps, gap = "", [], ""
    for char in phrase:
        for step in STEPS_BY_CHAR[char]:
            if isinstance(step, Separator):
                gap += step.symbols
                continue
            if letters:
                gaps.append(gap)
            letters, gap = letters + step, ""
    return letters, tuple(gaps)


def _long_enough(letters: str) -> bool:
    if letters.isdecimal():
        return len(letters) >= MIN_DIGITS
    return len(letters) >= (MIN_LATIN_LETTERS if all(map(is_word_symbol, letters)) else MIN_LETTERS)


def _joint(letters: str, number: int, gap: str) -> int:
    in_words = is_word_symbol(letters[number]) and is_word_symbol(letters[number + 1])
    if in_words and not gap:
        return _INNER
    return _CLOSE if in_words or len(letters) == MIN_LETTERS else _FREE


class _Thread(NamedTuple):
    """A keyword under way. spellings: how its present Latin word may be spelled; parted: some Latin word of it was."""

    start: int
    node: _Node
    spellings: int = _ANY_SPELLING
    parted: bool = False
    gaps: tuple[str, ...] = ()


class _Waiting(NamedTuple):
    """A span that ends with a Latin letter: final if the word is over."""

    found: Found
    holds: bool


class _Reading:
    """One way to read the text: the keywords under way, all at the latest letter, and the gap since then."""

    __slots__ = ("gap", "last", "num_skipped", "separates", "threads", "waiting")

    def __init__(self, threads: list[_Thread]) -> None:
        self.threads = threads
        self.waiting: list[_Waiting] = []
        self.last = -1  # the character of the latest letter
        self.gap = ""
        self.num_skipped = 0
        self.separates = 0

    def copy(self) -> "_Reading":
        twin = _Reading(self.threads.copy())
        twin.waiting, twin.last = self.waiting.copy(), self.last
        twin.gap, twin.num_skipped, twin.separates = self.gap, self.num_skipped, self.separates
        return twin

    def skip(self, separator: Separator) -> list[Found]:
        """A word that stood open is over."""
        settled = self.settle()
        if not self.threads:
            return settled
        self.gap += separator.symbols
        self.num_skipped += 1
        self.separates |= separator.separates
        if self.num_skipped > MAX_SKIPPED_CHARS or self.separates & Separates.SENTENCES:
            self.threads = []
        else:
            self.threads = [thread for thread in self.threads if self._goes_on(thread)]
        return settled

    def settle(self) -> list[Found]:
        settled = [waiting.found for waiting in self.waiting]
        self.waiting = []
        return settled

    def letter(self, symbol: str, position: int, *, beginning: _Node | None) -> list[Found]:
        """beginning: of the keywords that may begin with this letter here."""
        if beginning is None and not (self.threads or self.waiting):
            return []  # most of any text
        is_word = is_word_symbol(symbol)
        settled = [] if is_word else self.settle()
        self.waiting = []
        threads = [follower for thread in self.threads for follower in self._followers(thread, symbol)]
        for thread in threads:
            for ending in thread.node.endings.values():
                if thread.gaps in ending.own_gaps:
                    continue
                found = Found(ending.rule_number, thread.start, position + 1, Channel.SKIP)
                if is_word:
                    self.waiting.append(_Waiting(found, ending.holds))
                else:
                    settled.append(found)
        if beginning is not None:
            threads.append(_Thread(position, beginning))
        self.threads = threads
        self.gap, self.num_skipped, self.separates = "", 0, 0
        return settled

    def alive_from(self) -> int | None:
        """Threads stand in the order of their starts."""
        starts = [waiting.found.start for waiting in self.waiting if waiting.holds]
        for thread in self.threads:
            if any(thread.node.holding[joint] and self._passes(thread, joint) for joint in _JOINTS):
                starts.append(thread.start)
                break
        return min(starts, default=None)

    def _followers(self, thread: _Thread, symbol: str) -> Iterator[_Thread]:
        for joint in _JOINTS:
            node = thread.node.following[joint].get(symbol)
            if node is None or not self._passes(thread, joint):
                continue
            spellings = thread.spellings & self._spellings() if joint == _INNER else _ANY_SPELLING
            if spellings:
                parted = thread.parted or (joint == _INNER and self.num_skipped > 0)
                yield _Thread(thread.start, node, spellings, parted, (*thread.gaps, self.gap))

    def _goes_on(self, thread: _Thread) -> bool:
        return any(thread.node.following[joint] and self._passes(thread, joint) for joint in _JOINTS)

    def _passes(self, thread: _Thread, joint: int) -> bool:
        """Whether the gap so far, or what it may yet become, leads over this joint."""
        if not self.num_skipped or joint == _FREE:
            return True
        if joint == _INNER:
            return thread.spellings & self._spellings() > 0
        return thread.parted or not self.separates & Separates.CLAUSES

    def _spellings(self) -> int:
        if not self.num_skipped:
            return _MARKED
        return _APART if self.separates & (Separates.WORDS | Separates.PARTS) else _ANY_SPELLING


class SkipDetector:
    """Stands at one place in one text."""

    __slots__ = ("_beside", "_blanked", "_entity", "_in_word", "_main", "_num_chars", "_source")

    def __init__(self, source: SkipSource) -> None:
        self._source = source
        self._num_chars = 0
        self._in_word = False
        self._main = _Reading([])
        self._beside: list[_Reading] = []  # in which an entity was a blank; they begin no keyword
        self._entity = ""  # "&nb": what may become an entity
        self._blanked: list[_Reading] = []  # the readings before it, the entity taken as a blank

    def copy(self) -> "SkipDetector":
        twin = SkipDetector(self._source)
        twin._num_chars, twin._in_word, twin._entity = self._num_chars, self._in_word, self._entity
        twin._main = self._main.copy()
        twin._beside = [reading.copy() for reading in self._beside]
        twin._blanked = [reading.copy() for reading in self._blanked]
        return twin

    def read(self, char: str) -> Sequence[Found]:
        blanked = self._readings_blanked(char) if char == "&" or self._entity else []
        found: list[Found] = []
        for step in STEPS_BY_CHAR[char]:
            found += self._take(step)
        self._num_chars += 1
        if blanked or self._beside:
            self._beside = [reading for reading in [*self._beside, *blanked] if reading.threads or reading.waiting]
        return _in_order(found) if found else ()

    def end(self) -> Sequence[Found]:
        settled = [found for reading in self._readings() for found in reading.settle()]
        self._main, self._beside, self._blanked, self._entity = _Reading([]), [], [], ""
        return _in_order(settled)

    @property
    def alive_from(self) -> int | None:
        if not (self._main.threads or self._main.waiting or self._beside or self._blanked):
            return None
        alive = [reading.alive_from() for reading in (*self._readings(), *self._blanked)]
        return min((start for start in alive if start is not None), default=None)

    def _readings(self) -> tuple[_Reading, ...]:
        return (self._main, *self._beside)

    def _take(self, step: str | Separator) -> list[Found]:
        found: list[Found] = []
        if isinstance(step, Separator):
            for reading in self._readings():
                found += reading.skip(step)
            self._in_word = False
            return found
        is_word = is_word_symbol(step)
        beginning = None if is_word and self._in_word else self._source.beginnings.get(step)
        found += self._main.letter(step, self._num_chars, beginning=beginning)
        for reading in self._beside:
            found += reading.letter(step, self._num_chars, beginning=None)
        self._in_word = is_word
        return found

    def _readings_blanked(self, char: str) -> list[_Reading]:
        """The readings in which the entity that ends with this character, if one does, was one blank."""
        if char == "&":
            self._entity, self._blanked = "&", [reading.copy() for reading in self._readings()]
            for reading in self._blanked:
                reading.skip(_BLANK)  # what it settles, the reading it was copied from settles too
            return []
        self._entity += char.lower()
        if self._entity in _ENTITY_BEGINNINGS:
            return []
        blanked = self._blanked if self._entity in _BLANK_ENTITIES else []
        self._entity, self._blanked = "", []
        return blanked


def _in_order(found: list[Found]) -> list[Found]:
    """By their ends, then starts; two ways to read one span are one."""
    return sorted(set(found), key=lambda each: (each.end, each.start, each.rule_number))
