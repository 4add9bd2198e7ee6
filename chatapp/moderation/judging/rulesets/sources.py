"""
The detectors of the rules that look at one stage: everything that finds but the automaton of keywords as written.

Owns which rule goes to which detector. Detectors are built once for the rules that look, and shared by all texts.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from chatapp.moderation.judging.channels.components import compile_components
from chatapp.moderation.judging.channels.emoji import compile_emoji
from chatapp.moderation.judging.channels.encoded import compile_encoded
from chatapp.moderation.judging.channels.fuzzy import compile_fuzzy
from chatapp.moderation.judging.channels.initials import compile_initials
from chatapp.moderation.judging.channels.leet import compile_leet
from chatapp.moderation.judging.channels.pinyin import compile_pinyin
from chatapp.moderation.judging.channels.skip import compile_skip
from chatapp.moderation.judging.classifiers.detector import ClassifierSource
from chatapp.moderation.judging.classifiers.offer import Offer
from chatapp.moderation.judging.detecting import DetectorSource, Found, Keyword
from chatapp.moderation.judging.kinds import KINDS, Kinds, Picked
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import Channel, RuleKind

_STREAM_CHANNELS: dict[Channel, Callable[[Sequence[Keyword]], DetectorSource]] = {
    Channel.SKIP: compile_skip,
    Channel.LEET: compile_leet,
    Channel.PINYIN: compile_pinyin,
}
_WHOLE_TEXT_CHANNELS: dict[Channel, Callable[[Sequence[Keyword]], "Finder"]] = {
    Channel.FUZZY: compile_fuzzy,
    Channel.COMPONENTS: compile_components,
    Channel.INITIALS: compile_initials,
    Channel.EMOJI: compile_emoji,
    Channel.ENCODED: compile_encoded,
}


class Finder(Protocol):
    """A compiled channel that sees whole texts only."""

    def find(self, text: str) -> list[Found]: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """streaming, classifiers: read along with a text, the latter knowing what it answers. finders: see it whole."""

    streaming: tuple[DetectorSource, ...] = ()
    finders: tuple[Finder, ...] = ()
    classifiers: tuple[ClassifierSource, ...] = ()

    @property
    def any(self) -> bool:
        """Whether a text without a keyword may still have a match."""
        return bool(self.streaming or self.finders or self.classifiers)


def compile_sources(
    rules: Sequence[Rule], *, looking: Collection[int], holding: Collection[int], offer: Offer, kinds: Kinds = KINDS
) -> Sources:
    """looking: numbers of the rules that count at this stage; holding: those of them that take text away."""
    picked = [Picked(number, rules[number], number in holding) for number in sorted(looking)]
    keywords = {channel: _keywords(picked, channel) for channel in (*_STREAM_CHANNELS, *_WHOLE_TEXT_CHANNELS)}
    channels = [compile_(keywords[channel]) for channel, compile_ in _STREAM_CHANNELS.items() if keywords[channel]]
    finders = [compile_(keywords[channel]) for channel, compile_ in _WHOLE_TEXT_CHANNELS.items() if keywords[channel]]
    by_kind = list(_compiled(picked, offer, kinds))
    classifiers = tuple(source for source in by_kind if isinstance(source, ClassifierSource))
    streaming = (source for source in by_kind if not isinstance(source, ClassifierSource))
    return Sources((*channels, *streaming), tuple(finders), classifiers)


def _keywords(picked: Sequence[Picked], channel: Channel) -> list[Keyword]:
    return [
        Keyword(word, number, holds)
        for number, rule, holds in picked
        if rule.kind is RuleKind.KEYWORD and channel in rule.channels
        for word in rule.words
    ]


def _compiled(picked: Sequence[Picked], offer: Offer, kinds: Kinds) -> Iterator[DetectorSource]:
    """One source for each detector that a rule asks something of."""
    for detection in dict.fromkeys(kind.detection for kind in kinds.values()):
        mine = [one for one in picked if kinds[one.rule.kind].detection is detection]
        asked = [asked for one in mine for asked in kinds[one.rule.kind].asks(one, offer)]
        if detection and asked:
            yield detection.compile(asked)


class GivenDetector:
    """
    Reports what was found in the whole text beforehand, each span at its last character. See detecting.Detector.

    found: in order of their ends. holding: rules that take text away.
    """

    def __init__(self, found: Sequence[Found], *, holding: Collection[int]) -> None:
        self._found = sorted(found, key=lambda one: (one.end, one.start, one.rule_number))
        self._holding = holding
        self._num_reported = 0
        self._num_chars = 0

    def read(self, char: str) -> Sequence[Found]:  # noqa: ARG002  # what it is was looked at before
        self._num_chars += 1
        first = self._num_reported
        while self._num_reported < len(self._found) and self._found[self._num_reported].end <= self._num_chars:
            self._num_reported += 1
        return self._found[first : self._num_reported]

    def end(self) -> Sequence[Found]:
        return ()

    @property
    def alive_from(self) -> int | None:
        open_ = self._found[self._num_reported :]
        return min((one.start for one in open_ if one.rule_number in self._holding), default=None)

    def copy(self) -> "GivenDetector":
        twin = GivenDetector(self._found, holding=self._holding)
        twin._num_reported, twin._num_chars = self._num_reported, self._num_chars
        return twin
