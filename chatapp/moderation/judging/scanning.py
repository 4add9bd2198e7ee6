"""
Finding rules in a text that arrives in pieces. Owns when a match is settled and what is still alive; releases nothing.

Keywords as written are found by one automaton here; disguised ones and the other kinds of rule by detectors that read
along.

A match is settled when no allow phrase of its rule can cover it any more, or when the text ends; it is cancelled when
one did. Why the hold is exact: a match that will cover character i starts at or before i and is alive now. Why it is
minimal: every alive start begins a keyword that some continuation completes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chatapp.moderation.judging.allowing import AllowedSpans
from chatapp.moderation.judging.automata.automaton import SYMBOL_BITS
from chatapp.moderation.judging.detecting import Detector, Found, RulesUnanswered
from chatapp.moderation.judging.rulesets.compiled import CompiledRules, Sources
from chatapp.moderation.judging.rulesets.dictionary import Pattern
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.text.normalise import FOLDED_BY_CHAR, WORD_END
from chatapp.moderation.judging.verdict import Action, Match

_NEVER = 1 << 62  # a place that no text reaches
# A rule this grave that cannot judge takes the text away; a lesser one lets it pass and says so.
MIN_FAIL_CLOSED_SEVERITY = 3


@dataclass(frozen=True, slots=True)
class _Candidate:
    """
    A match whose rule may still be overruled by an allow phrase.

    place: where it starts: for a keyword as written its first symbol, for what a detector found its first character.
    """

    rule_number: int
    place: int
    is_symbol: bool
    match: Match


class Scanner:
    """Reads one text, piece by piece, and yields its matches as they settle."""

    __slots__ = (
        "_allowed",
        "_automaton",
        "_candidates",
        "_compiled",
        "_detectors",
        "_in_word",
        "_num_dropped",
        "_positions",
        "_state",
        "num_chars",
    )

    def __init__(
        self,
        compiled: CompiledRules,
        *,
        sources: Sources | None = None,
        besides: Sequence[Detector] = (),
        asked: str = "",
        patience_s: float | None = None,
    ) -> None:
        """
        sources: what reads along, where it is not all that the rules have. besides: detectors of this text alone.

        asked: what the text answers. patience_s: for answers of classifiers.
        """
        self.num_chars = 0
        self._compiled = compiled
        self._automaton = compiled.dictionary.automaton
        self._state = 0
        self._in_word = False
        self._positions: list[int] = []  # character by symbol, of the symbols that may still be part of a match
        self._num_dropped = 0  # symbols before those
        self._candidates: list[_Candidate] = []
        sources = compiled.sources if sources is None else sources
        along = [one.source for one in sources.streaming]
        asking = [source.answering(asked, patience_s=patience_s) for source in sources.classifiers]
        self._detectors = [*(source.start() for source in (*along, *asking)), *besides]
        self._allowed = AllowedSpans()

    def copy(self) -> "Scanner":
        """A scanner that stands where this one does and goes its own way."""
        twin = Scanner(self._compiled)
        twin.num_chars, twin._state, twin._in_word = self.num_chars, self._state, self._in_word
        twin._positions, twin._num_dropped = self._positions.copy(), self._num_dropped
        twin._candidates = self._candidates.copy()
        twin._detectors = [detector.copy() for detector in self._detectors]
        twin._allowed = self._allowed.copy()
        return twin

    @property
    def held_from(self) -> int:
        """The first character that may yet be withheld: all before it are decided."""
        depth = self._compiled.held_depth[self._state]
        alive_from = self._positions[-depth] if depth else self.num_chars
        if self._detectors:
            starts = [start for detector in self._detectors if (start := detector.alive_from) is not None]
            alive_from = min([alive_from, *starts])
        if not self._candidates:
            return alive_from
        return min([alive_from, *(c.match.start for c in self._candidates if c.match.withholds)])

    def read(self, text: str) -> Iterator[tuple[Match, ...]]:  # noqa: C901  # a call for each character would cost more
        """
        Yield the matches that settle, after each character that settles some.

        The scanner stands at that character then; who stops iterating leaves the rest of the text unread.
        """
        automaton, detectors = self._automaton, self._detectors
        following, fail, report = automaton.edges.get, automaton.fail, automaton.report
        state, in_word, positions = self._state, self._in_word, self._positions
        num_chars_after = self.num_chars + len(text)
        for position, char in enumerate(text, self.num_chars):
            folded = FOLDED_BY_CHAR[char]
            if folded is not None:
                for symbol in folded.after_word if in_word else folded.after_gap:
                    positions.append(position)
                    entered = following(state << SYMBOL_BITS | symbol)
                    while entered is None and state:
                        state = fail[state]
                        entered = following(state << SYMBOL_BITS | symbol)
                    if entered is not None:
                        state = entered
                        if report[state]:
                            self._collect(state)
                in_word = folded.ends_in_word
            for detector in detectors:
                if found := self._ask(detector.read, char):
                    self._take_found(found)
            if self._candidates:
                self.num_chars, self._state, self._in_word = position + 1, state, in_word
                if settled := self._settle():
                    yield settled
        self.num_chars, self._state, self._in_word = num_chars_after, state, in_word
        self._forget_dead_symbols()

    def end(self) -> tuple[Match, ...]:
        """The text is over: a last word ends here, nothing is alive any more, what is left settles."""
        automaton = self._automaton
        if self._in_word:
            self._positions.append(self.num_chars)
            for suffix in automaton.suffixes(
                self._state
            ):  # no pattern begins with a word's end: the root needs no look
                if entered := automaton.edges.get(suffix << SYMBOL_BITS | WORD_END):
                    self._collect(entered)
                    break
        self._state, self._in_word, self._positions = 0, False, []
        for detector in self._detectors:
            self._take_found(self._ask(detector.end))
        self._detectors = []
        return self._settle()

    def _ask(self, step: Callable[..., Sequence[Found]], *char: str) -> Sequence[Found]:
        """What a detector found; what rules that could not judge leave unjudged becomes a candidate here."""
        try:
            return step(*char)
        except RulesUnanswered as unanswered:
            for number, start, end, failure in unanswered.unanswered:
                match = _failure_match(self._compiled.rules[number], start, end, code=failure.code)
                self._candidates.append(_Candidate(number, match.start, is_symbol=False, match=match))
            return unanswered.found

    def _take_found(self, found: Sequence[Found]) -> None:
        for one in found:
            if not self._allowed.covers(one):
                rule = self._compiled.rules[one.rule_number]
                match = _match(rule, one.start, one.end, found=one)
                self._candidates.append(_Candidate(one.rule_number, one.start, is_symbol=False, match=match))

    def _collect(self, entered: int) -> None:
        """Take in the patterns that end at the newest symbol; keywords first, as an allow phrase may end with one."""
        compiled = self._compiled
        patterns = [compiled.dictionary.pattern(number) for number in self._automaton.patterns_ending(entered)]
        num_symbols = self._num_dropped + len(self._positions)
        for pattern in patterns:
            start, end = self._span_of(pattern)
            for rule_number in pattern.denied_by:
                if rule_number in compiled.looking:
                    match = _match(compiled.rules[rule_number], start, end)
                    place = num_symbols - pattern.length
                    self._candidates.append(_Candidate(rule_number, place, is_symbol=True, match=match))
        for pattern in patterns:
            if pattern.allowed_by:
                self._cancel(pattern, from_symbol=num_symbols - pattern.length)

    def _span_of(self, pattern: Pattern) -> tuple[int, int]:
        """Characters of a pattern that ends at the newest symbol."""
        return self._positions[-pattern.length], self._positions[-1 - pattern.num_trailing_boundaries] + 1

    def _cancel(self, allowing: Pattern, *, from_symbol: int) -> None:
        """
        An allow phrase ends at the newest symbol.

        Keywords as written end there or before, so their start alone says whether it covers them; what detectors find
        they find when they find it, so the phrase is remembered.
        """
        start, end = self._span_of(allowing)
        self._candidates = [
            candidate
            for candidate in self._candidates
            if candidate.rule_number not in allowing.allowed_by
            or (
                candidate.place < from_symbol
                if candidate.is_symbol
                else candidate.place < start or candidate.match.end > end
            )
        ]
        if self._detectors:
            self._allowed.add(allowing.allowed_by, start=start, end=end)

    def _settle(self) -> tuple[Match, ...]:
        """Take out the candidates that nothing alive can cover, in the order in which their last characters came."""
        covered_from = self._covered_from()
        settled = [c for c in self._candidates if self._is_settled(c, covered_from)]
        if settled:
            self._candidates = [c for c in self._candidates if not self._is_settled(c, covered_from)]
        return tuple(candidate.match for candidate in settled)

    def _is_settled(self, candidate: _Candidate, covered_from: Mapping[int, int]) -> bool:
        first = covered_from.get(candidate.rule_number, _NEVER)
        if first is not _NEVER and not candidate.is_symbol:
            first = self._positions[first - self._num_dropped]
        return candidate.place < first

    def _covered_from(self) -> dict[int, int]:
        """By rule: the symbol where its longest allow phrase under way began; it may cover all from there on."""
        automaton, alive = self._automaton, self._compiled.dictionary.allowed_by_alive
        num_symbols = self._num_dropped + len(self._positions)
        first: dict[int, int] = {}
        for suffix in automaton.suffixes(self._state):
            for rule_number in alive.get(suffix, ()):
                first.setdefault(rule_number, num_symbols - automaton.depth[suffix])
        return first

    def _forget_dead_symbols(self) -> None:
        num_dead = len(self._positions) - self._automaton.depth[self._state]
        if num_dead:
            self._num_dropped += num_dead
            del self._positions[:num_dead]


def _match(rule: Rule, start: int, end: int, *, found: Found | None = None) -> Match:
    match = Match(rule.id, rule.revision, rule.category, rule.severity, rule.action, rule.enforced, start, end)
    if found is None:
        return match
    return replace(match, channel=found.channel, score=found.score, principle=found.principle)


def _failure_match(rule: Rule, start: int, end: int, *, code: str) -> Match:
    """Fail closed for a grave rule: as if it had hit. Fail open for a lesser one: a flag says that it did not judge."""
    match = _match(rule, start, end)
    if rule.severity >= MIN_FAIL_CLOSED_SEVERITY:
        return replace(match, error=code)
    return replace(match, action=Action.FLAG, error=code)
