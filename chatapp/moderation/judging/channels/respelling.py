"""
Keywords of which a part was written as something else: 婊 as 女表, 马 as a horse. Owns the search; what may stand for
what, its callers know.

A text then has several readings, and a keyword may mix plain and respelled symbols. So the readings are not written
out: a walk through the keywords' trie takes, at each place of the text, the symbol that stands there or what a piece
that begins there may stand for.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chatapp.moderation.judging.automata.automaton import NO_PATTERN, SYMBOL_BITS, Automaton, build_automaton
from chatapp.moderation.judging.channels.whole_text import WholeText, in_order, phrase_symbols, whole_text
from chatapp.moderation.judging.detecting import Found, Keyword
from chatapp.moderation.judging.verdict import Channel

# A keyword of one symbol, respelled, is found in every honest text: 好 in 女子.
MIN_RESPELLED_SYMBOLS = 2
# A picture alone is a picture: ❄ in talk of the weather.
MIN_WRITTEN_SYMBOLS = 2


@dataclass(frozen=True, slots=True)
class RespelledKeywords:
    """
    keywords: by pattern of `trie`. pieces: by their first symbol, what may be written and what it may stand for.

    same: symbols that count as equal, keywords and text alike.
    """

    channel: Channel
    trie: Automaton
    keywords: tuple[tuple[Keyword, ...], ...]
    pieces: Mapping[str, Sequence[tuple[str, Sequence[str]]]]
    same: Mapping[int, str]

    def find(self, text: str) -> list[Found]:
        """Keywords with at least one respelled part; those written plainly are another channel's."""
        whole = whole_text(text)
        whole = whole._replace(symbols=whole.symbols.translate(self.same))
        return in_order(
            Found(keyword.rule_number, *whole.span(start, end), self.channel)
            for pattern, start, end in self._places(whole)
            for keyword in self.keywords[pattern]
        )

    def _places(self, whole: WholeText) -> Iterator[tuple[int, int, int]]:
        """Pattern and symbols [start, end) of every respelled keyword."""
        respelled = self._respelled(whole.symbols)
        longest = max(self.trie.depth)
        # A piece stands for one symbol at least, so no start lies farther before it than a keyword is long.
        starts = {start for at in respelled for start in range(max(0, at - longest + 1), at + 1)}
        for start in starts:
            for pattern, end in self._walk(whole.symbols, respelled, start):
                if end - start >= MIN_WRITTEN_SYMBOLS and whole.stands_alone(start, end):
                    yield pattern, start, end

    def _respelled(self, symbols: str) -> dict[int, list[tuple[str, int]]]:
        """By place: what the pieces that begin there may stand for, and where they end."""
        respelled: dict[int, list[tuple[str, int]]] = {}
        if self.pieces.keys().isdisjoint(symbols):
            return respelled  # most texts, and quicker than to look at each symbol
        for at, symbol in enumerate(symbols):
            for piece, readings in self.pieces.get(symbol, ()):
                if symbols.startswith(piece, at):
                    respelled.setdefault(at, []).extend((reading, at + len(piece)) for reading in readings)
        return respelled

    def _walk(
        self, symbols: str, respelled: Mapping[int, Sequence[tuple[str, int]]], start: int
    ) -> Iterator[tuple[int, int]]:
        """Pattern and end of every keyword that begins at `start`."""
        open_ends = [(0, start, False)]  # state, place, whether a piece was used
        while open_ends:
            state, at, used = open_ends.pop()
            if used and self.trie.pattern[state] != NO_PATTERN:
                yield self.trie.pattern[state], at
            if at == len(symbols):
                continue
            if following := self._follow(state, symbols[at]):
                open_ends.append((following, at + 1, used))
            for reading, end in respelled.get(at, ()):
                if following := self._follow(state, reading):
                    open_ends.append((following, end, True))

    def _follow(self, state: int, symbols: str) -> int:
        """The state after these symbols, or 0 where no keyword goes on like that."""
        for symbol in symbols:
            following = self.trie.edges.get(state << SYMBOL_BITS | ord(symbol))
            if following is None:
                return 0
            state = following
        return state


def compile_respelled(
    keywords: Sequence[Keyword],
    *,
    channel: Channel,
    readings_by_piece: Mapping[str, Collection[str]],
    same: Mapping[int, str],
) -> RespelledKeywords:
    """readings_by_piece: what is written, φ applied, and all it may stand for; what no keyword holds is left out."""
    by_symbols: dict[str, list[Keyword]] = {}
    for keyword in keywords:
        symbols = phrase_symbols(keyword.phrase).translate(same)
        if len(symbols) >= MIN_RESPELLED_SYMBOLS:
            by_symbols.setdefault(symbols, []).append(keyword)
    held = "\n".join(by_symbols)
    pieces: dict[str, list[tuple[str, list[str]]]] = {}
    for piece, readings in readings_by_piece.items():
        if used := [reading for reading in readings if reading in held]:
            pieces.setdefault(piece[0], []).append((piece, used))
    trie = build_automaton(list(by_symbols))
    return RespelledKeywords(channel, trie, tuple(map(tuple, by_symbols.values())), pieces, same)
