"""
What keeps a rule of keywords from being published, by its words, its allow phrases and its channels.
"""

from collections.abc import Iterator

from chatapp.moderation.judging.offer import RuleProblem
from chatapp.moderation.judging.rulesets.rule import MAX_WORD_SYMBOLS, MIN_BLOCK_SYMBOLS, Rule
from chatapp.moderation.judging.text.normalise import WORD_END, WORD_START, pattern_symbols
from chatapp.moderation.judging.verdict import (
    ENDING_ACTIONS,
    HOLDING_ACTIONS,
    STAGES_OF_THE_MODEL,
    STREAM_CHANNELS,
    Action,
    Channel,
)

# Their tries are built in every process; the strict automaton alone is built once for all.
MAX_WORDS_IN_CHANNELS = 5_000


def keyword_problems(rule: Rule) -> Iterator[RuleProblem]:
    yield from _word_problems(rule)
    yield from _allow_problems(rule)
    yield from _channel_problems(rule)
    yield from _replacement_problems(rule)


def _word_problems(rule: Rule) -> Iterator[RuleProblem]:
    seen: set[tuple[int, ...]] = set()
    for word in rule.words:
        symbols = pattern_symbols(word)
        length = sum(symbol not in (WORD_START, WORD_END) for symbol in symbols)
        if not length:
            yield RuleProblem("word_blank", word)
        elif length > MAX_WORD_SYMBOLS:
            yield RuleProblem("word_too_long", word)
        elif length < MIN_BLOCK_SYMBOLS and rule.action in ENDING_ACTIONS:
            yield RuleProblem("word_too_short_to_block", word)
        elif symbols in seen:
            yield RuleProblem("word_repeated", word)
        seen.add(symbols)


def _allow_problems(rule: Rule) -> Iterator[RuleProblem]:
    words = {pattern_symbols(word) for word in rule.words}
    lengths = {len(word) for word in words}  # few, however many words there are
    for phrase in rule.allow:
        symbols = pattern_symbols(phrase)
        if symbols in words:
            yield RuleProblem("allow_cancels_word", phrase)
        elif not any(part in words for length in lengths for part in _parts(symbols, length)):
            yield RuleProblem("allow_without_word", phrase)


def _channel_problems(rule: Rule) -> Iterator[RuleProblem]:
    if rule.channels - {Channel.STRICT} and len(rule.words) > MAX_WORDS_IN_CHANNELS:
        yield RuleProblem("words_too_many_for_channels", str(len(rule.words)))
    for channel in sorted(rule.channels - STREAM_CHANNELS):
        # It comes too late to take anything away from what is judged while it is written.
        if rule.stages & STAGES_OF_THE_MODEL and rule.action in HOLDING_ACTIONS:
            yield RuleProblem("channel_sees_whole_texts_only", channel)


def _replacement_problems(rule: Rule) -> Iterator[RuleProblem]:
    replacement = pattern_symbols(rule.replacement) if rule.action is Action.REPLACE else ()
    for word in rule.words if replacement else ():
        symbols = pattern_symbols(word)
        if symbols in _parts(replacement, len(symbols)):
            yield RuleProblem("replacement_contains_word", word)


def _parts(symbols: tuple[int, ...], length: int) -> Iterator[tuple[int, ...]]:
    """All parts of this length."""
    return (symbols[start : start + length] for start in range(len(symbols) - length + 1))
