"""
Nondeterministic automata over characters. Owns their parts, how they are put together and which of their states can
still reach acceptance; knows neither the syntax of patterns nor texts.

Source: Thompson 1968, "Regular expression search algorithm", doi:10.1145/363347.363387. Automata are built from the end
to the beginning: every part is given the state that follows it. So nearly all edges lead to smaller numbers.
"""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from functools import lru_cache
from typing import assert_never

from chatapp.moderation.judging.expressions.char_sets import WORD, CharSet

ACCEPT = 0  # the number of every automaton's last state

# A live state costs about 0.15 µs a character while it is live; an e-mail address takes 10 states, a bank account 40.
MAX_NFA_STATES = 1000


class NfaTooLarge(ValueError):
    """More than MAX_NFA_STATES states, which counted repetition makes easily."""


class Side(Enum):
    """What stands beside a place in a text: its edge, a word character or another one."""

    EDGE = "edge"
    WORD = "word"
    OTHER = "other"


class Assertion(StrEnum):
    TEXT_START = "text_start"
    TEXT_END = "text_end"
    BOUNDARY = "boundary"
    NO_BOUNDARY = "no_boundary"

    def holds(self, *, before: Side, after: Side) -> bool:
        match self:
            case Assertion.TEXT_START:
                return before is Side.EDGE
            case Assertion.TEXT_END:
                return after is Side.EDGE
            case Assertion.BOUNDARY:
                return (before is Side.WORD) != (after is Side.WORD)
            case Assertion.NO_BOUNDARY:
                return (before is Side.WORD) == (after is Side.WORD)
        assert_never(self)


@dataclass(frozen=True, slots=True)
class Accept:
    """A match ends here."""


@dataclass(frozen=True, slots=True)
class Consume:
    """Takes one character of a set."""

    chars: CharSet
    then: int


@dataclass(frozen=True, slots=True)
class Require:
    """Takes nothing, and goes on where the assertion holds."""

    assertion: Assertion
    then: int


@dataclass(frozen=True, slots=True)
class Split:
    """Takes nothing, and goes on in every target."""

    targets: tuple[int, ...]


State = Accept | Consume | Require | Split

# A state, and what stands before the place in the text where it waits.
Place = tuple[int, Side]


@dataclass(frozen=True, slots=True)
class Nfa:
    """
    One pattern. States are named by number, ACCEPT is the last, a match begins in `entry`.

    live: the places from which some continuation reaches acceptance.
    """

    states: tuple[State, ...]
    entry: int
    live: frozenset[Place] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "live", _live_places(self))

    @property
    def matches_empty(self) -> bool:
        """Whether acceptance may be reached without a character, whatever its assertions ask."""
        return ACCEPT in self._closure(self.entry, lambda _: True)

    @property
    def ever_matches(self) -> bool:
        return any(_is_completed(self, (self.entry, before), self.live) for before in Side)

    def pending(self, state: int) -> frozenset[int]:
        """Where `state` leads without a character and without a look at the next one; no Split among them."""
        return self._closure(state, lambda _: False)

    def resolved(self, state: int, *, before: Side, after: Side) -> frozenset[int]:
        """Where `state` leads without a character, now that both sides are known; Accept and Consume only."""
        reached = self._closure(state, lambda assertion: assertion.holds(before=before, after=after))
        return frozenset(number for number in reached if not isinstance(self.states[number], Require))

    def _closure(self, state: int, is_passed: Callable[[Assertion], bool]) -> frozenset[int]:
        seen, waiting = {state}, [state]
        while waiting:
            for target in _free_targets(self.states[waiting.pop()], is_passed):
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return frozenset(number for number in seen if not isinstance(self.states[number], Split))


def _free_targets(state: State, is_passed: Callable[[Assertion], bool]) -> tuple[int, ...]:
    match state:
        case Split(targets):
            return targets
        case Require(assertion, then) if is_passed(assertion):
            return (then,)
        case _:
            return ()


def _live_places(nfa: Nfa) -> frozenset[Place]:
    live: set[Place] = set()
    waiting = [
        (number, before)
        for number, state in enumerate(nfa.states)
        if isinstance(state, Consume | Require)
        for before in (Side.WORD, Side.OTHER)
    ]
    num_waiting = 0
    while num_waiting != len(waiting):  # one round, and one more for each depth of loops
        num_waiting = len(waiting)
        for place in waiting:
            if _is_completed(nfa, place, live):
                live.add(place)
        waiting = [place for place in waiting if place not in live]
    return frozenset(live)


def _is_completed(nfa: Nfa, place: Place, live: Set[Place]) -> bool:
    """Whether some continuation accepts from here, if it does from the places in `live`."""
    state, before = place
    return any(
        number == ACCEPT or (isinstance(reached, Consume) and _leads_on(nfa, reached, after, live))
        for after in Side
        for number in nfa.resolved(state, before=before, after=after)
        for reached in [nfa.states[number]]
    )


def _leads_on(nfa: Nfa, state: Consume, side: Side, live: Set[Place]) -> bool:
    return has_side(state.chars, side) and any(
        target == ACCEPT or (target, side) in live for target in nfa.pending(state.then)
    )


@lru_cache(maxsize=1024)
def has_side(chars: CharSet, side: Side) -> bool:
    """Whether one of the characters is of this kind; the edge is no character."""
    match side:
        case Side.EDGE:
            return False
        case Side.WORD:
            return chars.meets(WORD)
        case Side.OTHER:
            return chars.meets(WORD.complement())
    assert_never(side)


class NfaBuilder:
    """
    Puts an automaton together from its end. Every method returns the state where the part begins.

    :raises NfaTooLarge: from every method, at the state after MAX_NFA_STATES.
    """

    def __init__(self) -> None:
        self._states: list[State] = [Accept()]

    def consume(self, chars: CharSet, then: int) -> int:
        return self._add(Consume(chars, then))

    def require(self, assertion: Assertion, then: int) -> int:
        return self._add(Require(assertion, then))

    def either(self, entries: Iterable[int]) -> int:
        return self._add(Split(tuple(entries)))

    def repeat(self, part: Callable[[int], int], *, at_least: int, at_most: int | None, then: int) -> int:
        """part: builds the repeated part before the state it is given. at_most: None for no end."""
        if at_most is None:
            entry = self._repeat_endlessly(part, at_least=min(at_least, 1), then=then)
            at_least = max(at_least - 1, 0)
        else:
            entry = self._repeat_or_leave(part, num_times=at_most - at_least, then=then)
        for _ in range(at_least):
            if (begun := part(entry)) == entry:
                break  # a part without states: ever so often is once
            entry = begun
        return entry

    def build(self, entry: int) -> Nfa:
        return Nfa(tuple(self._states), entry)

    def _repeat_endlessly(self, part: Callable[[int], int], *, at_least: int, then: int) -> int:
        """at_least: 0 or 1; the one time is a time round the loop, or nested loops would double the states."""
        loop = self.either((then,))
        begun = part(loop)
        self._states[loop] = Split((begun, then))
        return begun if at_least else loop

    def _repeat_or_leave(self, part: Callable[[int], int], *, num_times: int, then: int) -> int:
        entry = then
        for _ in range(num_times):
            if (begun := part(entry)) == entry:
                break
            entry = self.either((begun, then))
        return entry

    def _add(self, state: State) -> int:
        if len(self._states) > MAX_NFA_STATES:
            raise NfaTooLarge(f"more than {MAX_NFA_STATES} states")
        self._states.append(state)
        return len(self._states) - 1
