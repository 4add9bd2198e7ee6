"""
A Latin word read as pinyin while it is written. Owns the ways to part it into syllables, and what is found on them.

Whether it is pinyin shows at its end only ("women" is, "womenz" is not); until then it keeps what it found.
"""

from collections.abc import Sequence
from typing import NamedTuple

from chatapp.moderation.judging.channels.pinyin_keywords import Node, Thread, in_order
from chatapp.moderation.judging.detecting import Found
from chatapp.moderation.judging.text.syllables import MAX_SYLLABLE_LETTERS, SYLLABLE_BEGINNINGS, syllable_of

# Sentences written without a space are longer: they are cut after a syllable. This bounds what one word holds.
MAX_WORD_LETTERS = 48


class _Kept(NamedTuple):
    """A span that ends at a boundary of the word: final if the rest of the word is pinyin."""

    found: Found
    holds: bool
    boundary: int


class PinyinWord:
    """
    Letters and digits between two that are neither. A digit is a syllable ("wang8dan"), alone too ("王8蛋"); a longer
    number is no word.

    A boundary is a number of letters that are whole syllables; a word without any for its latest letters is dead: no
    pinyin, whatever follows.
    """

    __slots__ = ("_is_parted", "_kept", "_letters", "_places", "_root", "_threads", "is_dead")

    def __init__(self, root: Node, threads: Sequence[Thread], *, is_parted: bool) -> None:
        """threads: that stand before it. is_parted: by a separator, which only a word with letters bridges."""
        self._root = root
        self._threads: dict[int, list[Thread]] = {0: list(threads)}  # by boundary
        self._letters = ""
        self._places: list[int] = []  # character by letter
        self._kept: list[_Kept] = []
        self._is_parted = is_parted
        self.is_dead = False

    def copy(self) -> "PinyinWord":
        twin = PinyinWord(self._root, (), is_parted=self._is_parted)
        twin._threads, twin._kept = self._threads.copy(), self._kept.copy()
        twin._letters, twin._places, twin.is_dead = self._letters, self._places.copy(), self.is_dead
        return twin

    @property
    def is_number(self) -> bool:
        return self._letters.isdecimal()

    @property
    def is_full(self) -> bool:
        return len(self._letters) == MAX_WORD_LETTERS

    def append(self, letter: str, place: int) -> None:
        if self.is_dead:
            return
        self._letters += letter
        self._places.append(place)
        self._part()
        if not any(self._letters[boundary:] in SYLLABLE_BEGINNINGS for boundary in self._latest_boundaries()):
            self.is_dead = len(self._letters) not in self._threads

    def alive_from(self) -> int | None:
        if self.is_dead:
            return None
        starts = [kept.found.start for kept in self._kept if kept.holds]
        for boundary in (*self._latest_boundaries(), len(self._letters)):
            spelled = self._letters[boundary:]
            starts += [thread.start for thread in self._from(boundary) if spelled in thread.node.alive_spellings]
        return min(starts, default=None)

    def close(self) -> tuple[list[Found], list[Thread]]:
        """The word is over: what was found in it, and the keywords that may go on behind it."""
        end = len(self._letters)
        if self.is_dead or (self.is_number and end > 1):
            return [], []
        found, threads = self._found_before(end), self._threads.get(end, [])
        if self.is_number and self._is_parted:
            found = [each for each in found if each.start == self._places[0]]
            threads = [thread for thread in threads if thread.start == self._places[0]]
        return found, threads

    def cut(self) -> tuple["PinyinWord", list[Found]]:
        """Close it after its latest syllable; what is left goes on as a word."""
        boundary = max(self._threads)
        rest = PinyinWord(self._root, self._threads[boundary], is_parted=False)
        if self.is_number:
            rest.is_dead = True
            return rest, []
        for letter, place in zip(self._letters[boundary:], self._places[boundary:], strict=True):
            rest.append(letter, place)
        return rest, self._found_before(boundary)

    def _part(self) -> None:
        """Find the syllables that end with the newest letter."""
        end = len(self._letters)
        for boundary in self._latest_boundaries():
            spelled = self._letters[boundary:]
            if syllable := syllable_of(spelled):
                threads = self._threads.setdefault(end, [])
                threads += [over for thread in self._from(boundary) if (over := thread.over(syllable, spelled))]
        for thread in self._threads.get(end, ()):
            self._kept += [_Kept(found, holds, end) for found, holds in thread.found(self._places[-1] + 1)]

    def _latest_boundaries(self) -> list[int]:
        """From which a syllable may reach the newest letter."""
        end = len(self._letters)
        return [boundary for boundary in range(max(0, end - MAX_SYLLABLE_LETTERS), end) if boundary in self._threads]

    def _from(self, boundary: int) -> list[Thread]:
        """The keywords under way at this boundary, and those that begin there."""
        if boundary == len(self._letters):
            return self._threads.get(boundary, [])
        return [*self._threads[boundary], Thread(self._places[boundary], self._root)]

    def _found_before(self, end: int) -> list[Found]:
        complete = {end} & self._threads.keys()
        for boundary in sorted(self._threads, reverse=True):
            lengths = range(1, MAX_SYLLABLE_LETTERS + 1)
            spelled = (self._letters[boundary : boundary + n] for n in lengths if boundary + n in complete)
            if any(map(syllable_of, spelled)):
                complete.add(boundary)
        return in_order(kept.found for kept in self._kept if kept.boundary in complete)
