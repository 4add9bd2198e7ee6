"""
Channel `encoded`: keywords in text that is written as something else, a2lsbA== for kill. Sees whole texts only.

What is decoded is read as written: no other disguise is looked for beneath. A span is what the keyword was written
with: a few escapes, or the whole block that says it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from chatapp.moderation.judging.channels.encodings import Reading, readings
from chatapp.moderation.judging.channels.whole_text import in_order, phrase_symbols, whole_text
from chatapp.moderation.judging.detecting import Found, Keyword
from chatapp.moderation.judging.verdict import Channel

_SURROGATE = re.compile("[\ud800-\udfff]")  # no UTF-8 holds one, and the automaton reads UTF-8


@dataclass(frozen=True, slots=True)
class EncodedKeywords:
    """keywords: by pattern of `automaton`."""

    automaton: AhoCorasick
    keywords: Sequence[Sequence[Keyword]]

    def find(self, text: str) -> list[Found]:
        """Keywords with something decoded in them; those written plainly are another channel's."""
        return in_order(found for reading in readings(text) for found in self._found(text, reading))

    def _found(self, written: str, reading: Reading) -> Iterator[Found]:
        whole = whole_text(reading.text)
        symbols = _SURROGATE.sub("\ufffd", whole.symbols)
        for pattern, start, end in self.automaton.find_matches_as_indexes(symbols, overlapping=True):
            first, after = whole.span(start, end)
            span = reading.places[first][0], reading.places[after - 1][1]
            was_hidden = any(reading.is_decoded[first:after]) or _goes_on(written, *span)
            if was_hidden and whole.stands_alone(start, end):
                for keyword in self.keywords[pattern]:
                    yield Found(keyword.rule_number, *span, Channel.ENCODED)


def compile_encoded(keywords: Sequence[Keyword]) -> EncodedKeywords:
    by_symbols: Mapping[str, list[Keyword]] = _by_symbols(keywords)
    return EncodedKeywords(AhoCorasick(list(by_symbols)), list(by_symbols.values()))


def find_encoded(keywords: Sequence[Keyword], text: str) -> list[Found]:
    return compile_encoded(keywords).find(text)


def _goes_on(written: str, start: int, end: int) -> bool:
    """Whether a word is not over at the span's ends before anything is decoded: `kill` in `how%20to%20kill%20`."""
    return written[start - 1 : start].isalnum() or written[end : end + 1].isalnum()


def _by_symbols(keywords: Sequence[Keyword]) -> dict[str, list[Keyword]]:
    by_symbols: dict[str, list[Keyword]] = {}
    for keyword in keywords:
        if symbols := _SURROGATE.sub("\ufffd", phrase_symbols(keyword.phrase)):
            by_symbols.setdefault(symbols, []).append(keyword)
    return by_symbols
