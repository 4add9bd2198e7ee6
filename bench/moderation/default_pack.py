"""
What the default pack does to harmless text: how much it flags and withholds, what its rules hold back on a stream,
and what the channels that see whole texts would add.

    python -m bench.moderation.default_pack DATA

DATA holds kdconv-benign/messages.txt and hatecheck-en/test_suite_cases.csv; what is missing there is left out. The
chat model's answers and the safe questions stand beside the tests.
"""

import csv
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from chatapp.moderation.judging.channels.components import compile_components
from chatapp.moderation.judging.channels.emoji import compile_emoji
from chatapp.moderation.judging.channels.fuzzy import compile_fuzzy
from chatapp.moderation.judging.channels.initials import compile_initials
from chatapp.moderation.judging.detecting import Keyword
from chatapp.moderation.judging.gate import OutputGate, judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.verdict import Action, Channel, Stage
from tests.moderation.judging.making import BUNDLED_ALONE

FIXTURES = Path(__file__).resolve().parents[2] / "tests" / "moderation" / "fixtures"


class Harm(NamedTuple):
    """Shares of a corpus of harmless texts by what became of them at one stage. by_rule: texts that each rule hit."""

    corpus: str
    stage: Stage
    num_texts: int
    flagged: float
    masked: float
    blocked: float
    by_rule: dict[str, int]


class HoldBack(NamedTuple):
    """Characters held after each character of a corpus, at the output stage. nothing: how often none was."""

    corpus: str
    num_chars: int
    nothing: float
    mean: float
    p50: int
    p99: int
    most: int


class ChannelHits(NamedTuple):
    """Harmless texts in which a channel finds a keyword of the pack, were all its rules to use it."""

    corpus: str
    channel: Channel
    num_texts: int
    num_hit: int


def measure(data: Path) -> list[Harm | HoldBack | ChannelHits]:
    ruleset = default_ruleset()
    corpora = dict(_corpora(data))
    harms = [harm(ruleset, corpus, texts, stage) for corpus, texts in corpora.items() for stage in _stages(corpus)]
    streams = ("everyday Chinese turns", "the default model's answers")
    holds = [hold_back(ruleset, corpus, corpora[corpus]) for corpus in streams if corpus in corpora]
    return [*harms, *holds, *_channel_hits(ruleset, corpora)]


def default_ruleset() -> CompiledRuleset:
    """The rules as a fresh installation publishes them."""
    migration = import_module("chatapp.moderation.migrations.0004_default_pack")
    published = migration.pack_ruleset(json.loads(migration.PACK.read_text(encoding="utf-8"))["rules"])
    return CompiledRuleset.of(published, offer=BUNDLED_ALONE)


def harm(ruleset: CompiledRuleset, corpus: str, texts: Sequence[str], stage: Stage) -> Harm:
    verdicts = [judge(ruleset, text, stage) for text in texts]
    actions = Counter(verdict.action for verdict in verdicts)
    hits = Counter(rule_id for verdict in verdicts for rule_id in {match.rule_id for match in verdict.matches})
    flagged, masked, blocked = (actions[action] / len(texts) for action in (Action.FLAG, Action.REDACT, Action.BLOCK))
    return Harm(corpus, stage, len(texts), flagged, masked, blocked, dict(hits))


def hold_back(ruleset: CompiledRuleset, corpus: str, texts: Sequence[str]) -> HoldBack:
    held: list[int] = []
    for text in texts:
        gate = OutputGate(ruleset)
        for char in text:
            gate.feed(char)
            held.append(gate.num_held_chars)
    held.sort()
    share_of_none = sum(num_chars == 0 for num_chars in held) / len(held)
    p50, p99 = held[len(held) // 2], held[int(len(held) * 0.99)]
    return HoldBack(corpus, len(held), share_of_none, sum(held) / len(held), p50, p99, held[-1])


def _channel_hits(ruleset: CompiledRuleset, corpora: Mapping[str, Sequence[str]]) -> Iterator[ChannelHits]:
    keywords = [Keyword(word, number, holds=False) for number, rule in enumerate(ruleset.rules) for word in rule.words]
    finders = {
        Channel.FUZZY: compile_fuzzy(keywords).find,
        Channel.COMPONENTS: compile_components(keywords).find,
        Channel.INITIALS: compile_initials(keywords).find,
        Channel.EMOJI: compile_emoji(keywords).find,
    }
    for channel, find in finders.items():
        for corpus, texts in corpora.items():
            yield ChannelHits(corpus, channel, len(texts), sum(bool(find(text)) for text in texts))


def _corpora(data: Path) -> Iterator[tuple[str, list[str]]]:
    if (turns := data / "kdconv-benign" / "messages.txt").exists():
        yield "everyday Chinese turns", turns.read_text(encoding="utf-8").splitlines()
    if (cases := data / "hatecheck-en" / "test_suite_cases.csv").exists():
        with cases.open(encoding="utf-8", newline="") as rows:
            yield (
                "HateCheck, not hateful",
                [r["test_case"] for r in csv.DictReader(rows) if r["label_gold"] != "hateful"],
            )
    yield "safe questions", (FIXTURES / "safe_questions.txt").read_text(encoding="utf-8").splitlines()
    yield "harmless prompts", [answer["prompt"] for answer in _answers()]
    yield "the default model's answers", default_answers()


def default_answers() -> list[str]:
    """What the default model said to harmless prompts."""
    return [answer["text"] for answer in _answers()]


def _answers() -> list[dict[str, str]]:
    lines = gzip.decompress((FIXTURES / "harmless_answers.jsonl.gz").read_bytes()).decode().splitlines()
    return [json.loads(line) for line in lines]


def _stages(corpus: str) -> tuple[Stage, ...]:
    return (Stage.OUTPUT,) if corpus.endswith("answers") else (Stage.INPUT, Stage.OUTPUT)


if __name__ == "__main__":
    for row in measure(Path(sys.argv[1])):
        print(json.dumps(row._asdict(), ensure_ascii=False))
