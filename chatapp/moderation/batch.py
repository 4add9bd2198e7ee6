"""
Judges many whole texts with one ruleset, as a dry run does. Owns which texts need a closer look; decides none itself.

A text in which no keyword stands needs no judge: its verdict is known. Only texts in which one may, and all texts of a
stage at which detectors read along, go to `gate.judge`, so a verdict here is the gate's by construction. Finding is
the PyPI package ahocorasick-rs (Apache-2.0), which cannot tell a stream what is alive, and so serves whole texts alone.
"""

from ahocorasick_rs import AhoCorasick

from chatapp.moderation.gate import find_matches, judge
from chatapp.moderation.normalise import fold, is_word_symbol
from chatapp.moderation.rule import Rule
from chatapp.moderation.ruleset import Ruleset
from chatapp.moderation.verdict import Action, Match, RuleKind, Stage, Verdict

_SURROGATES = range(0xD800, 0xE000)  # no UTF-8 holds one, so the automaton reads another character in its place
_REPLACEMENT = "\ufffd"
_MAX_REMEMBERED_CHARS = 1 << 16


class _SpelledByCode(dict[int, str]):
    """φ as `str.translate` asks for it, computed at a character's first use."""

    def __missing__(self, code: int) -> str:
        spelled = "".join(map(_spelled, map(ord, fold(chr(code)))))
        if len(self) < _MAX_REMEMBERED_CHARS:
            self[code] = spelled
        return spelled


def _spelled(symbol: int) -> str:
    return _REPLACEMENT if symbol in _SURROGATES else chr(symbol)


_SPELLED_BY_CODE = _SpelledByCode()


class BatchJudge:
    """One ruleset at one stage. Immutable once made; one for many texts."""

    __slots__ = ("_automaton", "_reads_all", "ruleset", "stage")

    def __init__(self, ruleset: Ruleset, stage: Stage | str) -> None:
        self.ruleset, self.stage = ruleset, Stage(stage)
        compiled = ruleset.compiled(self.stage)
        self._reads_all = bool(compiled.sources.any)
        keywords = {keyword for number in compiled.looking for keyword in _keywords(ruleset.rules[number])}
        self._automaton = AhoCorasick(sorted(keywords)) if keywords else None

    def judge(self, text: str) -> Verdict:
        """What `gate.judge` says of it."""
        if self.may_match(text):
            return judge(self.ruleset, text, self.stage)
        return Verdict(Action.ALLOW, (), text, self.ruleset.version)

    def find_matches(self, text: str) -> tuple[Match, ...]:
        """What `gate.find_matches` finds in it."""
        return find_matches(self.ruleset, text, self.stage) if self.may_match(text) else ()

    def may_match(self, text: str) -> bool:
        """False only where no rule that looks can have a match."""
        return self._reads_all or self.holds_keyword(text)

    def holds_keyword(self, text: str) -> bool:
        """Whether a keyword of a rule that looks stands in the text as written, be it under an allow phrase."""
        if self._automaton is None:
            return False
        spelled = text.translate(_SPELLED_BY_CODE)
        places = self._automaton.find_matches_as_indexes(spelled, overlapping=True)
        return any(_stands_alone(spelled, start, end) for _, start, end in places)


def _keywords(rule: Rule) -> set[str]:
    if rule.kind is not RuleKind.KEYWORD:
        return set()
    return {word.strip().translate(_SPELLED_BY_CODE) for word in rule.words}


def _stands_alone(spelled: str, start: int, end: int) -> bool:
    """Whether a word begins and ends with symbols [start, end) wherever these begin or end with a word's symbol."""
    return not (
        (start and is_word_symbol(spelled[start]) and is_word_symbol(spelled[start - 1]))
        or (end < len(spelled) and is_word_symbol(spelled[end]) and is_word_symbol(spelled[end - 1]))
    )
