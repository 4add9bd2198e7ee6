"""
Channel `initials`: the first letters of a Chinese phrase's syllables, nmsl for 你妈死了. Sees whole texts only.

A few letters mean many things, so what it finds is a hint: it may flag and never withhold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product

from chatapp.moderation.judging.channels.common_words import is_common_word
from chatapp.moderation.judging.channels.whole_text import in_order, is_han, phrase_symbols, whole_text, words_of
from chatapp.moderation.judging.detecting import Found, Keyword
from chatapp.moderation.judging.verdict import Channel

# Two letters are anyone's initials in an English text ("SB"); beside Chinese they are read as Chinese.
MIN_INITIALS = 2
MIN_INITIALS_AMONG_LATIN = 4
# A longer phrase is not abbreviated like this.
MAX_INITIALS = 8
# Characters with several readings multiply; a phrase with more is read only in its first ones.
MAX_SPELLINGS = 16


@dataclass(frozen=True, slots=True)
class InitialsKeywords:
    """by_initials: keywords by their letters."""

    by_initials: Mapping[str, Sequence[Keyword]]

    def find(self, text: str) -> list[Found]:
        whole = whole_text(text)
        fewest = MIN_INITIALS if any(map(is_han, whole.symbols)) else MIN_INITIALS_AMONG_LATIN
        return in_order(
            Found(keyword.rule_number, *whole.span(word.start, word.end), Channel.INITIALS)
            for word in words_of(whole.symbols)
            if len(word.spelling) >= fewest
            for keyword in self.by_initials.get(word.spelling, ())
        )


def compile_initials(keywords: Sequence[Keyword]) -> InitialsKeywords:
    """Keywords of Chinese characters only; the others have no initials."""
    by_initials: dict[str, list[Keyword]] = {}
    for keyword in keywords:
        symbols = phrase_symbols(keyword.phrase)
        if MIN_INITIALS <= len(symbols) <= MAX_INITIALS and all(map(is_han, symbols)):
            for spelling in _spellings(symbols):
                by_initials.setdefault(spelling, []).append(keyword)
    return InitialsKeywords(by_initials)


def find_initials(keywords: Sequence[Keyword], text: str) -> list[Found]:
    return compile_initials(keywords).find(text)


def _spellings(symbols: str) -> set[str]:
    from pypinyin import Style, pinyin  # its dictionaries take 0.1 s and 30 MB: only for who compiles this channel

    letters = pinyin(list(symbols), style=Style.FIRST_LETTER, heteronym=True)
    spellings = map("".join, islice(product(*letters), MAX_SPELLINGS))
    return {spelling for spelling in spellings if spelling.isascii() and not is_common_word(spelling)}
