"""
How well personal data is found: by entity, on a labelled set and on made-up sentences with look-alikes.

A span counts only if entity, start and end are right. `python -m bench.moderation.personal_data DATA`, where DATA may
hold `presidio-pii/synth_dataset_v2.json`; without it the made-up sets alone are measured.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.moderation.made_up_data import Sentence, sentences
from chatapp.moderation.judging.personal_data.detector import Entity, PersonalDataRule, compile_personal_data

_LABELLED = "presidio-pii/synth_dataset_v2.json"
_CHINESE = "kdconv-benign/messages.txt"
_MAX_PROSE_CHARS = 20_000
_ENTITY_BY_LABEL = {
    "PHONE_NUMBER": Entity.PHONE,
    "CREDIT_CARD": Entity.BANK_CARD,
    "EMAIL_ADDRESS": Entity.EMAIL,
    "IBAN_CODE": Entity.IBAN,
    "IP_ADDRESS": Entity.IP,
    "US_SSN": Entity.US_SSN,
}
_ENTITIES = tuple(Entity)
_RULES = compile_personal_data(
    [PersonalDataRule(number, holds=True, entities=frozenset({entity})) for number, entity in enumerate(_ENTITIES)]
)
_NUM_MADE_UP = 4_000
_SEED = 20251125
_NUM_READINGS = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """One entity in one set. f1 is 0 where nothing is right."""

    set_name: str
    entity: str
    num_right: int
    num_wrong: int
    num_missed: int

    @property
    def f1(self) -> float:
        return 2 * self.num_right / max(1, 2 * self.num_right + self.num_wrong + self.num_missed)


@dataclass(frozen=True, slots=True)
class HoldBack:
    """What a stream of a text holds, character by character, and what reading one costs where little is found."""

    set_name: str
    entities: str
    share_held: float
    mean_held_chars: float
    max_held_chars: int
    microseconds_per_char: float


def measure(data: Path) -> list[Measured]:
    """data: the folder of labelled sets. Deterministic."""
    sets = {
        "made-up, seen templates": sentences(seed=_SEED, count=_NUM_MADE_UP, held_out=False),
        "made-up, held-out templates": sentences(seed=_SEED + 1, count=_NUM_MADE_UP, held_out=True),
    }
    if (data / _LABELLED).exists():
        sets = {"presidio": _labelled(data / _LABELLED), **sets}
    return [measured for name, found in sets.items() for measured in _measure_set(name, found)]


def mistakes(texts: Sequence[Sentence]) -> list[tuple[str, str, str]]:
    """(wrong or missed, entity and value, text), to look at."""
    return [
        (kind, f"{entity} {text.text[start:end]!r}", text.text)
        for text in texts
        for kind, spans in (
            ("wrong", _found(text.text) - set(text.spans)),
            ("missed", set(text.spans) - _found(text.text)),
        )
        for entity, start, end in spans
    ]


def measure_hold_back(name: str, text: str) -> list[HoldBack]:
    """For all entities, and for those alone that are made of digits."""
    text = text[:_MAX_PROSE_CHARS]
    digits = frozenset({Entity.PHONE, Entity.CN_ID, Entity.BANK_CARD, Entity.US_SSN})
    return [
        _hold_back(name, "all", text, frozenset(Entity)),
        _hold_back(name, "all but email", text, frozenset(Entity) - {Entity.EMAIL}),
        _hold_back(name, "numbers", text, digits),
    ]


def _hold_back(name: str, entities_name: str, text: str, entities: frozenset[Entity]) -> HoldBack:
    rules = compile_personal_data([PersonalDataRule(0, holds=True, entities=entities)])
    detector, held = rules.start(), Counter[int]()
    for num_chars, char in enumerate(text, 1):
        detector.read(char)
        held[0 if detector.alive_from is None else num_chars - detector.alive_from] += 1
    seconds = []
    for _ in range(_NUM_READINGS):
        detector, started_at = rules.start(), time.process_time()
        for char in text:
            detector.read(char)
        seconds.append(time.process_time() - started_at)
    total = sum(length * times for length, times in held.items())
    return HoldBack(
        name, entities_name, 1 - held[0] / len(text), total / len(text), max(held), min(seconds) / len(text) * 1e6
    )


def _labelled(path: Path) -> list[Sentence]:
    return [
        Sentence(
            row["full_text"],
            tuple(
                (_ENTITY_BY_LABEL[span["entity_type"]].value, span["start_position"], span["end_position"])
                for span in row["spans"]
                if span["entity_type"] in _ENTITY_BY_LABEL
            ),
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def _found(text: str) -> set[tuple[str, int, int]]:
    detector = _RULES.start()
    found = [hit for char in text for hit in detector.read(char)] + list(detector.end())
    return {(_ENTITIES[hit.rule_number].value, hit.start, hit.end) for hit in found}


def _measure_set(name: str, texts: Sequence[Sentence]) -> list[Measured]:
    right, wrong, missed = Counter[str](), Counter[str](), Counter[str]()
    for text in texts:
        found, expected = _found(text.text), set(text.spans)
        right.update(entity for entity, _, _ in found & expected)
        wrong.update(entity for entity, _, _ in found - expected)
        missed.update(entity for entity, _, _ in expected - found)
    entities = [entity.value for entity in Entity if right[entity] + missed[entity] + wrong[entity]]
    return [Measured(name, entity, right[entity], wrong[entity], missed[entity]) for entity in entities]


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else Path()
    for measured in measure(data):
        print(json.dumps({**asdict(measured), "f1": round(measured.f1, 4)}))
    if data.joinpath(_LABELLED).exists():
        english = " ".join(row.text for row in _labelled(data / _LABELLED) if not row.spans)
        chinese = (data / _CHINESE).read_text(encoding="utf-8")
        for held in (*measure_hold_back("English", english), *measure_hold_back("Chinese", chinese)):
            print(json.dumps(asdict(held)))


if __name__ == "__main__":
    main()
