"""The other moderation benchmarks' own results as figures of one table, and what is asked of each."""

from collections.abc import Callable, Iterator
from pathlib import Path

from bench.moderation import classifier, default_pack, evasion, leaks, personal_data, publish, speed
from bench.moderation.figure_table import Figure, one
from bench.moderation.personal_data import measure_hold_back
from chatapp.moderation.judging.verdict import Stage

HARMLESS_FLAGGED = 0.001
SAFE_BLOCKED = 0.01
MIN_NOTHING_HELD, MAX_HELD_P99 = 0.65, 6.0
MIN_PERSONAL_DATA_F1 = 0.99
# By the disguise's beginning, in the order of the table of what each channel buys; the first that fits.
RECALLS = (
    ("HateCheck spell_leet", 0.98),
    ("HateCheck spell_space", 1.0),
    ("HateCheck spell_char_swap", 1.0),
    ("HateCheck spell_char_del", 0.99),
    ("full width", 1.0),
    ("traditional", 1.0),
    ("homophones", 0.95),
    ("pinyin joined", 1.0),
)
BUILD_S = 2.0

Section = Callable[[Path, int], list[Figure]]


def _speed(data: Path, num_streams: int) -> list[Figure]:
    del num_streams
    return speed.measure(data)


def _leaks(data: Path, num_streams: int) -> list[Figure]:
    del data
    return leaks.measure(num_streams=num_streams)


def _default_pack(data: Path, num_streams: int) -> list[Figure]:
    del num_streams
    return [figure for row in default_pack.measure(data) for figure in _of_default_pack(row)]


def _of_default_pack(row: default_pack.Harm | default_pack.HoldBack | default_pack.ChannelHits) -> Iterator[Figure]:
    match row:
        case default_pack.Harm(corpus, stage, _, flagged, masked, blocked, _):
            limit = HARMLESS_FLAGGED if corpus == "everyday Chinese turns" else None
            yield one(f"{corpus}, {stage}: flagged or more", flagged + masked + blocked, at_most=limit)
            if corpus == "safe questions" and stage is Stage.INPUT:
                yield one(f"{corpus}, {stage}: blocked", blocked, at_most=SAFE_BLOCKED)
        case default_pack.HoldBack(corpus, _, nothing, _, _, p99, most):
            yield one(f"{corpus}, stream: places that hold nothing", nothing, at_least=MIN_NOTHING_HELD)
            yield one(f"{corpus}, stream: held, p99", p99, "characters", at_most=MAX_HELD_P99)
            yield one(f"{corpus}, stream: held, most", most, "characters")
        case default_pack.ChannelHits(corpus, channel, num_texts, num_hit):
            yield one(f"{corpus}: hit by channel {channel}, were all rules to use it", num_hit / num_texts)


def _evasion(data: Path, num_streams: int) -> list[Figure]:
    del num_streams
    return [_of_evasion(row) for row in evasion.measure(data)]


def _of_evasion(row: evasion.Recall | evasion.FalseFinds | evasion.Cost) -> Figure:
    match row:
        case evasion.Recall(disguise, channel, _, raw, with_channel):
            asked = next((share for begin, share in RECALLS if disguise.startswith(begin)), None)
            return one(f"{disguise}: seen by {channel} (without: {raw:.2f})", with_channel, at_least=asked)
        case evasion.FalseFinds(texts, channel, num_keywords, num_texts, num_hit):
            return one(f"{texts} ({num_keywords}): hit by {channel}", num_hit / num_texts)
        case evasion.Cost(channel, texts, _, us_per_char, _):
            return one(f"{texts}, a character by {channel}", us_per_char, "µs")


def _personal_data(data: Path, num_streams: int) -> list[Figure]:
    del num_streams
    found = [
        one(f"{row.set_name}, {row.entity}: F1", row.f1, at_least=_asked_f1(row.set_name, row.entity))
        for row in personal_data.measure(data)
    ]
    chinese = (data / "kdconv-benign" / "messages.txt").read_text(encoding="utf-8")
    held = [
        one(f"Chinese turns, {row.entities}: a character", row.microseconds_per_char, "µs")
        for row in measure_hold_back("Chinese", chinese)
    ]
    return [*found, *held]


def _asked_f1(set_name: str, entity: str) -> float | None:
    if entity == "phone" and set_name == "presidio":
        return 0.9
    return MIN_PERSONAL_DATA_F1 if set_name == "made-up, held-out templates" else None


def _classifier(data: Path, num_streams: int) -> list[Figure]:
    del num_streams
    return [_of_classifier(*row) for row in classifier.measure(data)]


def _of_classifier(name: str, value: float, unit: str, target: str) -> Figure:
    sign, _, bound = target.partition(" ")
    at_least, at_most = (float(bound) if sign == wanted else None for wanted in (">=", "<="))
    return one(name, value, unit.replace("us", "µs"), at_least=at_least, at_most=at_most)


def _publish(data: Path, num_streams: int) -> list[Figure]:
    del num_streams
    took = publish.measure(data / "houbb-dict")
    words = f"{took['num_words']:,} words"
    steps = ("step_ms", "step_ms_while_building", "step_ms_while_loading")
    return [
        one(f"{words}: from the publish to the stored build", took["stored_after_s"], "s"),
        one(
            f"{words}: from the publish until a decoding worker judges by it",
            took["loaded_after_s"],
            "s",
            at_most=BUILD_S,
        ),
        *(
            one(f"{words}: {name.replace('_', ' ')}, longest", took[name]["max"], "ms")
            for name in steps
            if took[name]["number"]
        ),
    ]


# `publish` starts a worker and a model on a Redis of their own, so it is last.
SECTIONS: dict[str, Section] = {
    "speed": _speed,
    "pack": _default_pack,
    "leaks": _leaks,
    "evasion": _evasion,
    "personal-data": _personal_data,
    "classifier": _classifier,
    "publish": _publish,
}
