"""
Several patterns followed at once, one step a character. Owns which states are waiting and what a character does to
them; knows no position in a text: what a detector remembers by state, it moves along `Step.sources`.

A deterministic automaton built as far as texts go (the subset construction, as in Cox 2010, "Regular Expression
Matching in the Wild"): every step is worked out once and remembered under its character, so later it costs one look-up.
What is remembered is bounded; forgetting costs time only. Threads may share one: two that work out the same step come
to the same result.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from chatapp.moderation.judging.expressions.char_sets import WORD, CharSet, light_fold
from chatapp.moderation.judging.expressions.nfa import ACCEPT, Assertion, Consume, Nfa, Require, Side
from chatapp.moderation.judging.text.remembering import MAX_REMEMBERED_CHARS

# About 100 bytes each. English needs some hundreds, Chinese some ten thousands.
MAX_REMEMBERED_STEPS = 1 << 16

NEW = -1  # a source: the match that begins with this character

# A pattern, by number, and one of its states.
Item = tuple[int, int]


class Acceptance(NamedTuple):
    """A pattern matches, from each of these sources."""

    pattern: int
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """
    What a character does. A source is the place of an item before the step, or NEW.

    sources: by item after the step, its first source. more_sources: the place of an item after the step, and another
    source of it; few items have any. ended: matches up to the character before, which only this one settled. accepted:
    matches up to and with this one.
    """

    target: "LazyState"
    sources: tuple[int, ...]
    more_sources: tuple[tuple[int, int], ...]
    ended: tuple[Acceptance, ...]
    accepted: tuple[Acceptance, ...]
    leaves_something: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "leaves_something", bool(self.sources or self.ended or self.accepted))


class LazyState:
    """
    The items that are waiting, in order, and what stands before them; each of them may yet accept.

    steps: by character, None for one that nobody sees. places: by pattern, where its items stand. held_places: those of
    the patterns that hold.
    """

    __slots__ = ("before", "held_places", "items", "places", "steps", "steps_by_kind")

    def __init__(self, automaton: "LazyAutomaton", before: Side, items: tuple[Item, ...]) -> None:
        self.before = before
        self.items = items
        self.steps = _Steps(automaton, self)
        self.steps_by_kind: dict[int, Step] = {}
        places: dict[int, list[int]] = defaultdict(list)
        for place, (pattern, _) in enumerate(items):
            places[pattern].append(place)
        self.places: Mapping[int, Sequence[int]] = dict(places)
        self.held_places = tuple(place for place, (pattern, _) in enumerate(items) if pattern in automaton.holding)


class _Steps(dict[str, Step | None]):
    """The steps out of one state, worked out at their first use."""

    def __init__(self, automaton: "LazyAutomaton", state: LazyState) -> None:
        super().__init__()
        self._automaton = automaton
        self._state = state

    def __missing__(self, char: str) -> Step | None:
        self[char] = step = self._automaton.step(self._state, char)
        return step


class LazyAutomaton:
    """num_steps_built: how many steps were worked out, ever."""

    def __init__(
        self,
        nfas: Sequence[Nfa],
        *,
        holding: frozenset[int] = frozenset(),
        max_remembered_steps: int = MAX_REMEMBERED_STEPS,
    ) -> None:
        self.holding = holding
        self.num_steps_built = 0
        self.nfas = nfas
        self._max_remembered_steps = max_remembered_steps
        self._num_remembered_steps = 0
        self._states: dict[tuple[Side, tuple[Item, ...]], LazyState] = {}
        # A character's kind is the bits of the sets that it is in.
        self._sets = _char_sets(nfas)
        bit_by_set = {chars: 1 << place for place, chars in enumerate(self._sets)}
        self._bits = [
            [bit_by_set[state.chars] if isinstance(state, Consume) else 0 for state in nfa.states] for nfa in nfas
        ]
        self._word_bit = bit_by_set[WORD] if any(map(_asks_for_words, nfas)) else 0
        self._kinds: dict[str, int | None] = {}
        self._resolved_by_place: dict[tuple[Item, Side, Side], frozenset[int]] = {}
        self._reached_by_place: dict[tuple[Item, Side], tuple[int, ...]] = {}

    def start(self) -> LazyState:
        return self.state(Side.EDGE, ())

    def state(self, before: Side, items: tuple[Item, ...]) -> LazyState:
        """The one state with these items, which are in order."""
        state = self._states.get((before, items))
        if state is None:
            state = self._states.setdefault((before, items), LazyState(self, before, items))
        return state

    def step(self, state: LazyState, char: str) -> Step | None:
        """What `state.steps` remembers; ask that."""
        self._remember_one_more()
        kind = self._kind(char)
        if kind is None:
            return None
        step = state.steps_by_kind.get(kind)
        if step is None:
            state.steps_by_kind[kind] = step = self._built(state, kind)
        return step

    def ending(self, state: LazyState) -> Iterator[Acceptance]:
        """What matches if the text ends here, beside what was accepted already."""
        for pattern, places in state.places.items():
            sources = [
                place for place in places if ACCEPT in self._resolved(state.items[place], state.before, Side.EDGE)
            ]
            if sources:
                yield Acceptance(pattern, tuple(sources))

    def _built(self, state: LazyState, kind: int) -> Step:
        self.num_steps_built += 1
        after = Side.WORD if kind & self._word_bit else Side.OTHER
        ended: dict[int, list[int]] = defaultdict(list)
        arrived: dict[Item, set[int]] = defaultdict(set)
        for source, item in self._sources(state):
            pattern, _ = item
            for number in self._resolved(item, state.before, after):
                if number == ACCEPT:
                    ended[pattern].append(source)
                elif kind & self._bits[pattern][number]:
                    for target in self._reached((pattern, number), after):
                        arrived[pattern, target].add(source)
        accepted = _acceptances({pattern: arrived.pop((pattern, ACCEPT), set()) for pattern in range(len(self.nfas))})
        items = tuple(sorted(arrived))
        sources = [tuple(arrived[item]) for item in items]
        return Step(
            self.state(after, items),
            tuple(first for first, *_ in sources),
            tuple((place, source) for place, (_, *more) in enumerate(sources) for source in more),
            _acceptances(ended),
            accepted,
        )

    def _sources(self, state: LazyState) -> Iterator[tuple[int, Item]]:
        yield from enumerate(state.items)
        for pattern, nfa in enumerate(self.nfas):
            yield NEW, (pattern, nfa.entry)

    def _resolved(self, item: Item, before: Side, after: Side) -> frozenset[int]:
        resolved = self._resolved_by_place.get((item, before, after))
        if resolved is None:
            pattern, number = item
            resolved = self.nfas[pattern].resolved(number, before=before, after=after)
            self._resolved_by_place[item, before, after] = resolved
        return resolved

    def _reached(self, item: Item, side: Side) -> tuple[int, ...]:
        """Where an item waits, or accepts, once it took a character of this kind; only what may yet accept."""
        reached = self._reached_by_place.get((item, side))
        if reached is None:
            pattern, number = item
            nfa = self.nfas[pattern]
            state = nfa.states[number]
            pending = nfa.pending(state.then) if isinstance(state, Consume) else frozenset()
            reached = tuple(target for target in pending if target == ACCEPT or (target, side) in nfa.live)
            self._reached_by_place[item, side] = reached
        return reached

    def _kind(self, char: str) -> int | None:
        if char in self._kinds:
            return self._kinds[char]
        folded = light_fold(char)
        kind = sum(1 << place for place, chars in enumerate(self._sets) if ord(folded) in chars) if folded else None
        if len(self._kinds) < MAX_REMEMBERED_CHARS:
            self._kinds[char] = kind
        return kind

    def _remember_one_more(self) -> None:
        """
        Forget every state when there are too many steps.

        A detector that stands in a forgotten state leaves it for a remembered one with the next step that is missing.
        """
        self._num_remembered_steps += 1
        if self._num_remembered_steps > self._max_remembered_steps:
            self._num_remembered_steps = 1
            self._states = {}


def _acceptances(sources_by_pattern: Mapping[int, Collection[int]]) -> tuple[Acceptance, ...]:
    return tuple(Acceptance(pattern, tuple(sources)) for pattern, sources in sources_by_pattern.items() if sources)


def _char_sets(nfas: Sequence[Nfa]) -> tuple[CharSet, ...]:
    consumed = {state.chars: None for nfa in nfas for state in nfa.states if isinstance(state, Consume)}
    return tuple({WORD: None, **consumed})


def _asks_for_words(nfa: Nfa) -> bool:
    boundaries = {Assertion.BOUNDARY, Assertion.NO_BOUNDARY}
    return any(isinstance(state, Require) and state.assertion in boundaries for state in nfa.states)
