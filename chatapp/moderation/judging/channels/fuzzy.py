"""
Channel `fuzzy`: keywords with one slip in them. Sees whole texts only.

A slip is one letter left out, added, exchanged or swapped with the next in a word of a script with spaces (a
Damerau–Levenshtein distance of 1: Damerau 1964, doi:10.1145/363958.363994), or two Chinese characters swapped. A short
word has real words on every side, so of it only those slips count that a reader reads over: `fukc`, `fuk`, `fuuck`.
Candidates are looked up by the spellings with one letter left out (the symmetric delete index of W. Garbe, 2012), so
the cost does not grow with the number of keywords.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from chatapp.moderation.judging.channels.common_words import is_common_word, is_short_word
from chatapp.moderation.judging.channels.whole_text import (
    WholeText,
    Word,
    in_order,
    phrase_symbols,
    whole_text,
    words_of,
)
from chatapp.moderation.judging.detecting import Found, Keyword
from chatapp.moderation.judging.text.normalise import is_word_symbol
from chatapp.moderation.judging.verdict import Channel

# Four letters have a real word one letter away more often than not: any slip counts only of longer words.
MIN_LETTERS = 5
# In a phrase the other words vouch for it.
MIN_LETTERS_BESIDE_OTHERS = 4
MIN_LETTERS_OF_SHORT = 3
_VOWELS = frozenset("aeiou")
# Of shorter phrases the swapped form is often one too: 上海 and 海上.
MIN_SWAPPED_SYMBOLS = 4
MAX_SWAPPED_SYMBOLS = 12


class _Place(NamedTuple):
    """A word of a keyword that may have the slip, and the rest of the keyword around it. is_short: not any slip."""

    keyword: Keyword
    before: str
    word: str
    after: str
    is_short: bool


@dataclass(frozen=True, slots=True)
class FuzzyKeywords:
    """
    places_by_spelling: by each spelling of a word with at most one letter left out.

    swapped: by their first two characters, Chinese phrases with two characters swapped.
    plain: the keywords as they are written, by rule: another of a rule's keywords is no slip.
    """

    places_by_spelling: Mapping[str, Sequence[_Place]]
    swapped: Mapping[str, Sequence[tuple[str, Keyword]]]
    plain: frozenset[tuple[int, str]]

    def find(self, text: str) -> list[Found]:
        """Keywords with exactly one slip; those without are another channel's."""
        whole = whole_text(text)
        return in_order([*self._misspelt(whole), *self._swapped(whole)])

    def _misspelt(self, whole: WholeText) -> Iterator[Found]:
        remembered: dict[str, list[_Place]] = {}
        for word in words_of(whole.symbols):
            places = remembered.get(word.spelling)
            if places is None:
                places = remembered[word.spelling] = list(self._places(word.spelling))
            for place in places:
                start, end = word.start - len(place.before), word.end + len(place.after)
                if _stands_around(place, whole, word, start, end):
                    yield from self._found(place.keyword, whole, start, end)

    def _places(self, spelling: str) -> Iterator[_Place]:
        """Where this spelling may be a slip."""
        if not spelling.isalpha() or is_common_word(spelling) or is_short_word(spelling):
            return
        seen: set[_Place] = set()
        for shorter in _shorter_spellings(spelling):
            for place in self.places_by_spelling.get(shorter, ()):
                is_slip = is_short_slip if place.is_short else is_one_slip
                if place not in seen and is_slip(spelling, place.word):
                    seen.add(place)
                    yield place

    def _swapped(self, whole: WholeText) -> Iterator[Found]:
        symbols = whole.symbols
        for start in range(len(symbols) - 1):
            for phrase, keyword in self.swapped.get(symbols[start : start + 2], ()):
                if symbols.startswith(phrase, start):
                    yield from self._found(keyword, whole, start, start + len(phrase))

    def _found(self, keyword: Keyword, whole: WholeText, start: int, end: int) -> Iterator[Found]:
        if (keyword.rule_number, whole.symbols[start:end]) not in self.plain:
            yield Found(keyword.rule_number, *whole.span(start, end), Channel.FUZZY)


def is_one_slip(written: str, meant: str) -> bool:
    """Whether one edit leads from one word to the other; equal words are none."""
    if written == meant or abs(len(written) - len(meant)) > 1:
        return False
    same = next((place for place, pair in enumerate(zip(written, meant, strict=False)) if pair[0] != pair[1]), None)
    if same is None:
        return True  # the longer goes on by one letter
    left, right = written[same:], meant[same:]
    swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]


def is_short_slip(written: str, meant: str) -> bool:
    """
    Whether one edit leads from one word to the other that leaves the short word's outline: of four letters two swapped,
    an inner one left out, or one doubled; of three a vowel left out between two consonants.
    """
    if written[:1] != meant[:1] or not is_one_slip(written, meant):
        return False
    if len(written) < len(meant):
        return written[-1] == meant[-1] and (len(meant) > MIN_LETTERS_OF_SHORT or _is_vowel_between(meant))
    if len(meant) == MIN_LETTERS_OF_SHORT:
        return False
    if len(written) > len(meant):
        return _num_doubled(written) > _num_doubled(meant)
    return sorted(written) == sorted(meant)


def compile_fuzzy(keywords: Sequence[Keyword]) -> FuzzyKeywords:
    places: dict[str, list[_Place]] = {}
    swapped: dict[str, list[tuple[str, Keyword]]] = {}
    plain: set[tuple[int, str]] = set()
    for keyword in keywords:
        symbols = phrase_symbols(keyword.phrase)
        plain.add((keyword.rule_number, symbols))
        for place in _places_of(keyword, symbols):
            for shorter in _shorter_spellings(place.word):
                places.setdefault(shorter, []).append(place)
        for variant in _swapped_forms(symbols):
            swapped.setdefault(variant[:2], []).append((variant, keyword))
    return FuzzyKeywords(places, swapped, frozenset(plain))


def find_fuzzy(keywords: Sequence[Keyword], text: str) -> list[Found]:
    return compile_fuzzy(keywords).find(text)


def _is_vowel_between(word: str) -> bool:
    """In three letters, consonants around it; `de` for `die` is a word of too many languages."""
    return [letter in _VOWELS for letter in word] == [False, True, False]


def _num_doubled(word: str) -> int:
    return sum(letter == following for letter, following in pairwise(word))


def _places_of(keyword: Keyword, symbols: str) -> Iterator[_Place]:
    words = list(words_of(symbols))
    fewest = MIN_LETTERS_BESIDE_OTHERS if len(words) > 1 else MIN_LETTERS
    for word in words:
        if len(word.spelling) >= MIN_LETTERS_OF_SHORT and word.spelling.isalpha():
            is_short = len(word.spelling) < fewest
            yield _Place(keyword, symbols[: word.start], word.spelling, symbols[word.end :], is_short)


def _stands_around(place: _Place, whole: WholeText, word: Word, start: int, end: int) -> bool:
    """Whether the rest of the keyword is around the word, and the whole of it stands alone."""
    symbols = whole.symbols
    return (
        start >= 0
        and symbols[start : word.start] == place.before
        and symbols[word.end : end] == place.after
        and whole.stands_alone(start, end)
    )


def _shorter_spellings(spelling: str) -> Iterator[str]:
    """The word, and it without one letter, never the first: readers and writers both keep that one."""
    yield spelling
    for place in range(1, len(spelling)):
        yield spelling[:place] + spelling[place + 1 :]


def _swapped_forms(symbols: str) -> Iterator[str]:
    if not MIN_SWAPPED_SYMBOLS <= len(symbols) <= MAX_SWAPPED_SYMBOLS or any(map(is_word_symbol, symbols)):
        return
    for place in range(len(symbols) - 1):
        if symbols[place] != symbols[place + 1] and " " not in symbols[place : place + 2]:
            yield symbols[:place] + symbols[place + 1] + symbols[place] + symbols[place + 2 :]
