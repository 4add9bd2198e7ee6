"""
The gate said again, naively: all matches of all prefixes by comparing slices. Slow, and shares nothing with the gate
but the character map. What it says is what the gate must do, character by character.
"""

from dataclasses import dataclass

from chatapp.moderation.judging.gate import MASK
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.text.normalise import WORD_END, fold, is_word_symbol, pattern_symbols
from chatapp.moderation.judging.verdict import HOLDING_ACTIONS, STRENGTH, Action

WORD_START_SYMBOL, WORD_END_SYMBOL = "\x02", "\x03"


@dataclass(frozen=True)
class Hit:
    rule: Rule
    first: int  # symbol
    last: int  # symbol, one beyond
    start: int  # character
    end: int  # character, one beyond

    @property
    def withholds(self) -> bool:
        return self.rule.enforced and self.rule.action in HOLDING_ACTIONS

    @property
    def blocks(self) -> bool:
        return self.rule.enforced and self.rule.action in (Action.SAFE_COMPLETION, Action.BLOCK)


@dataclass(frozen=True)
class Outcome:
    released: str
    blocked: bool
    hits: list[tuple[str, int, int]]
    num_held_chars: int


def spell(text: str, *, over: bool) -> list[tuple[int, int]]:
    """(symbol, character) pairs; a word's end counts to the word's last character."""
    symbols: list[tuple[int, int]] = []
    in_word, last = False, 0
    for position, char in enumerate(text):
        for symbol in fold(char):
            if is_word_symbol(symbol) and not in_word:
                symbols.append((ord(WORD_START_SYMBOL), position))
            if in_word and not is_word_symbol(symbol):
                symbols.append((ord(WORD_END_SYMBOL), last))
            in_word, last = is_word_symbol(symbol), position
            symbols.append((ord(symbol), position))
    return [*symbols, (WORD_END, last)] if over and in_word else symbols


def outcome(ruleset: CompiledRuleset, text: str, *, over: bool) -> Outcome:
    """What a gate has released after exactly this text, fed in any way; `over`: and then finished."""
    for num_chars in range(1, len(text) + 1):
        so_far = _look(ruleset, text[:num_chars], over=False)
        if so_far.blocked:
            return so_far
    return _look(ruleset, text, over=over)


def _look(ruleset: CompiledRuleset, text: str, *, over: bool) -> Outcome:
    spelled = spell(text, over=over)
    codes = tuple(code for code, _ in spelled)
    hits = [
        Hit(rule, first, last, spelled[first][1], spelled[last - 1][1] + 1)
        for rule in ruleset.rules
        for word in {pattern_symbols(word) for word in rule.words}
        for first, last in _places(codes, word)
    ]
    surviving = [hit for hit in hits if not _cancelled(hit, codes)]
    decided = [hit for hit in surviving if over or not _may_be_cancelled(hit, codes)]
    blocking = [hit for hit in decided if hit.blocks]
    held_from = len(text)
    if not over:
        held_from = min([held_from, *_alive_starts(ruleset, spelled)])
    held_from = min([held_from, *(hit.start for hit in surviving if hit.withholds and hit not in decided)])
    released_to = min([held_from, *(hit.start for hit in blocking)])
    return Outcome(
        released=_render(text[:released_to], decided),
        blocked=bool(blocking),
        hits=sorted((hit.rule.id, hit.start, hit.end) for hit in decided),
        num_held_chars=0 if blocking else len(text) - released_to,
    )


def _places(codes: tuple[int, ...], word: tuple[int, ...]) -> list[tuple[int, int]]:
    return [(i, i + len(word)) for i in range(len(codes)) if codes[i : i + len(word)] == word]


def _cancelled(hit: Hit, codes: tuple[int, ...]) -> bool:
    return any(
        first <= hit.first and hit.last <= last
        for phrase in hit.rule.allow
        for first, last in _places(codes, pattern_symbols(phrase))
    )


def _may_be_cancelled(hit: Hit, codes: tuple[int, ...]) -> bool:
    return any(
        _is_unfinished(codes[first:], pattern_symbols(phrase))
        for phrase in hit.rule.allow
        for first in range(hit.first + 1)
    )


def _alive_starts(ruleset: CompiledRuleset, spelled: list[tuple[int, int]]) -> list[int]:
    codes = tuple(code for code, _ in spelled)
    words = [
        pattern_symbols(word)
        for rule in ruleset.rules
        if rule.enforced and rule.action in HOLDING_ACTIONS
        for word in rule.words
    ]
    return [spelled[i][1] for i in range(len(codes)) if any(_is_unfinished(codes[i:], word) for word in words)]


def _is_unfinished(tail: tuple[int, ...], pattern: tuple[int, ...]) -> bool:
    return 0 < len(tail) < len(pattern) and pattern[: len(tail)] == tail


def _render(text: str, hits: list[Hit]) -> str:
    shown: list[str] = []
    before: Hit | None = None
    for position, char in enumerate(text):
        over = [hit for hit in hits if hit.withholds and hit.start <= position < hit.end]
        hit = min(over, key=lambda h: (-STRENGTH[h.rule.action], h.start, -h.end, h.rule.id), default=None)
        if hit is None:
            shown.append(char)
        elif hit.rule.action is not Action.REPLACE:
            shown.append(MASK)
        elif before is None or (hit.rule, hit.start, hit.end) != (before.rule, before.start, before.end):
            shown.append(hit.rule.replacement)
        before = hit
    return "".join(shown)
