"""
The channel `pinyin`: Chinese keywords by their sound ("wo cao ni ma", "卧槽尼玛", "王8蛋").

Owns which spans sound like a keyword; knows no rule and no action. A span is whole syllables: Chinese characters by
their most usual reading, and Latin words that are pinyin from end to end. A keyword as written is the strict channel's.
What a Latin word makes it hold, it holds to the word's end.
"""

from collections.abc import Collection, Iterator, Sequence

from chatapp.moderation.judging.channels.pinyin_keywords import Node, Thread, in_order, keywords_by_sound
from chatapp.moderation.judging.channels.pinyin_word import PinyinWord
from chatapp.moderation.judging.detecting import Found, Keyword
from chatapp.moderation.judging.text.normalise import is_word_symbol
from chatapp.moderation.judging.text.separators import STEPS_BY_CHAR, Separates, Separator
from chatapp.moderation.judging.text.syllables import reading_of

U_UMLAUT = frozenset("üǖǘǚǜÜǕǗǙǛ")  # φ makes it u, pinyin is typed with v


class PinyinSource:
    """Keywords by their syllables."""

    def __init__(self, root: Node) -> None:
        self.root = root

    def start(self) -> "PinyinDetector":
        return PinyinDetector(self)

    def shortest_spellings(self) -> Iterator[str]:
        """The keywords' syllables written together; of keywords that begin with another the other's."""
        waiting = [("", self.root)]
        while waiting:
            spelled, node = waiting.pop()
            if node.endings:
                yield spelled
                continue
            waiting += [(spelled + syllable, following) for syllable, following in node.following.items()]


def compile_pinyin(keywords: Sequence[Keyword], *, forced: Collection[str] = ()) -> PinyinSource:
    """
    Keywords that are not Chinese throughout, or too short, are left to other channels.

    forced: phrases among them that are known by two syllables or one, whatever that costs.
    """
    return PinyinSource(keywords_by_sound(keywords, forced=forced))


class PinyinDetector:
    """Stands at one place in one text."""

    __slots__ = ("_after_word", "_num_chars", "_num_skipped", "_source", "_threads", "_word")

    def __init__(self, source: PinyinSource) -> None:
        self._source = source
        self._num_chars = 0
        self._threads: list[Thread] = []  # at the latest syllable
        self._after_word = False  # that syllable was Latin
        self._num_skipped = 0  # since then
        self._word: PinyinWord | None = None  # that stands open

    def copy(self) -> "PinyinDetector":
        twin = PinyinDetector(self._source)
        twin._num_chars, twin._after_word, twin._num_skipped = self._num_chars, self._after_word, self._num_skipped
        twin._threads = self._threads.copy()
        twin._word = self._word and self._word.copy()
        return twin

    def read(self, char: str) -> Sequence[Found]:
        found: list[Found] = []
        for step in STEPS_BY_CHAR[char]:
            if isinstance(step, str) and is_word_symbol(step):
                found += self._take_latin("v" if char in U_UMLAUT else step)
                continue
            if self._word is not None:
                found += self._close_word(self._word)
            if isinstance(step, Separator):
                self._skip(step)
            else:
                found += self._take_han(step)
        self._num_chars += 1
        return found

    def end(self) -> Sequence[Found]:
        found = self._close_word(self._word) if self._word is not None else []
        self._threads = []
        return found

    @property
    def alive_from(self) -> int | None:
        if self._word is not None:
            return self._word.alive_from()
        return min((thread.start for thread in self._threads if "" in thread.node.alive_spellings), default=None)

    def _take_latin(self, symbol: str) -> list[Found]:
        found: list[Found] = []
        if self._word is None:
            is_parted = self._num_skipped > 0 and not self._after_word
            self._word = PinyinWord(self._source.root, self._threads, is_parted=is_parted)
        elif self._word.is_dead:
            return found  # most Latin words after some letters
        elif self._word.is_full:
            self._word, found = self._word.cut()
        self._word.append(symbol, self._num_chars)
        return found

    def _close_word(self, word: PinyinWord) -> list[Found]:
        found, self._threads = word.close()
        self._word, self._after_word, self._num_skipped = None, not word.is_number, 0
        return found

    def _take_han(self, letter: str) -> list[Found]:
        syllable = reading_of(letter)
        # Characters that something parts are the skip channel's.
        threads = [] if self._num_skipped and not self._after_word else self._threads
        self._after_word, self._num_skipped = False, 0
        if syllable is None:
            self._threads = []
            return []
        beginning = Thread(self._num_chars, self._source.root)
        self._threads = [follower for thread in (*threads, beginning) if (follower := thread.over(syllable, letter))]
        if not self._threads:
            return []
        return in_order(found for thread in self._threads for found, _ in thread.found(self._num_chars + 1))

    def _skip(self, separator: Separator) -> None:
        """One separator may stand beside a Latin word ("wo cao", "xi'an"), if it parts no clauses."""
        self._num_skipped += 1
        parts_clauses = separator.separates & (Separates.CLAUSES | Separates.PARTS) == Separates.CLAUSES
        if self._num_skipped > 1 or parts_clauses or separator.separates & Separates.SENTENCES:
            self._threads = []
