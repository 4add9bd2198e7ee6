"""
What judging costs in one thread: many words over many texts, a token of a stream, a long input.

Reads houbb's list, LDNOOBW and KdConv from the folder; words are made up beyond those, so that there are 108,000.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.moderation import corpora
from bench.moderation.default_pack import default_answers, default_ruleset
from bench.moderation.figure_table import Figure, percentile
from bench.moderation.publish import made_up_words
from chatapp.moderation.judging.batch import BatchJudge
from chatapp.moderation.judging.gate import OutputGate, judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.rule import MAX_WORD_SYMBOLS, Rule
from chatapp.moderation.judging.text.normalise import pattern_symbols
from chatapp.moderation.judging.verdict import Action, RuleKind, RuleState, Stage
from tests.moderation.judging.making import BUNDLED_ALONE

NUM_WORDS = 108_000
NUM_RUNS = 5
NUM_PASSES = 4  # of everyday turns, 0.3 MB, in one run
NUM_JUDGED_TURNS = 1_200  # without the prefilter; all would take a minute
TOKEN_CHARS = 3
NUM_STREAMED_CHARS = 60_000
INPUT_CHARS = 4_000
NUM_INPUTS = 20
REGEXES = (
    r"sk-[A-Za-z0-9]{20,}",
    r"\b\d{3}-\d{2}-\d{4}\b",
    r"(?i)\bignore (all )?previous instructions\b",
    r"1[3-9]\d{9}",
    r"\b(\d{1,3}\.){3}\d{1,3}\b",
    r"https?://[^\s/]{1,60}\.onion",
)


def measure(data: Path) -> list[Figure]:
    return [*_batch(data), *_stream(data), *_input(data)]


def _batch(data: Path) -> list[Figure]:
    ruleset = CompiledRuleset(1, (_rule("words", RuleKind.KEYWORD, _words(data), Action.FLAG),), BUNDLED_ALONE)
    built_s = _runs(lambda: CompiledRuleset(1, ruleset.rules, BUNDLED_ALONE).compiled(Stage.INPUT))
    batch = BatchJudge(ruleset, Stage.INPUT)
    turns, english = corpora.turns(data), default_answers()
    share = sum(map(batch.may_match, turns)) / len(turns)
    return [
        Figure(f"{NUM_WORDS:,} words: compiled for a stream", "s", built_s),
        _rate("normalised and matched, Chinese turns", batch.may_match, turns * NUM_PASSES, at_least=5.0),
        _rate("normalised and matched, English answers", batch.may_match, english * NUM_PASSES, at_least=5.0),
        Figure("Chinese turns that hold a word of these lists", "", (share,)),
        _rate("verdicts in a batch, Chinese turns", batch.judge, turns),
        _rate("verdicts in a batch, English answers", batch.judge, english),
        _rate(
            "verdicts one by one, Chinese turns",
            lambda text: judge(ruleset, text, Stage.INPUT),
            turns[:NUM_JUDGED_TURNS],
        ),
    ]


def _words(data: Path) -> tuple[str, ...]:
    """Of the lists, each once after φ, and made-up ones."""
    lists = (data / "houbb-dict" / "dict_v20240407.txt", data / "ldnoobw" / "en", data / "ldnoobw" / "zh")
    written = [line.strip() for path in lists for line in path.read_text(encoding="utf-8").splitlines()]
    by_symbols = {symbols: word for word in written if 1 < len(symbols := pattern_symbols(word)) <= MAX_WORD_SYMBOLS}
    for word in made_up_words():
        if len(by_symbols) >= NUM_WORDS:
            break
        by_symbols.setdefault(pattern_symbols(word), word)
    return tuple(by_symbols.values())


def _rate(what: str, judge_one: Callable[[str], object], texts: Sequence[str], **asked: float) -> Figure:
    num_mb = sum(len(text.encode()) for text in texts) / 1e6

    def judge_all() -> None:
        for text in texts:
            judge_one(text)

    judge_all()  # characters are folded at their first use
    rates = tuple(num_mb / took_s for took_s in _runs(judge_all))
    return Figure(f"{NUM_WORDS:,} words: {what}", "MB/s", rates, **asked)


def _stream(data: Path) -> list[Figure]:
    enforced = tuple(rule for rule in default_ruleset().rules if rule.enforced)
    with_regexes = (*enforced, _rule("regexes", RuleKind.REGEX, REGEXES, Action.REDACT))
    ruleset = CompiledRuleset(1, with_regexes, BUNDLED_ALONE)
    texts = {
        "Chinese turns": "\n".join(corpora.turns(data)),
        "the default model's answers": "\n".join(default_answers()),
    }
    figures = []
    for name, text in texts.items():
        runs = [_token_costs_us(ruleset, text[:NUM_STREAMED_CHARS]) for _ in range(NUM_RUNS)]
        for share, at_most in ((0.5, 30.0), (0.99, 200.0)):
            readings = tuple(percentile(costs, share) for costs in runs)
            what = f"a token of {TOKEN_CHARS} characters, default pack and 6 regexes, {name}, p{share * 100:.0f}"
            figures.append(Figure(what, "µs", readings, at_most=at_most))
    return figures


def _token_costs_us(ruleset: CompiledRuleset, text: str) -> list[float]:
    gate, costs = OutputGate(ruleset), []
    for start in range(0, len(text), TOKEN_CHARS):
        token = text[start : start + TOKEN_CHARS]
        began = time.perf_counter_ns()
        gate.feed(token)
        costs.append((time.perf_counter_ns() - began) / 1000)
    return sorted(costs)


def _input(data: Path) -> list[Figure]:
    ruleset = default_ruleset()
    texts = {"Chinese": "\n".join(corpora.turns(data)), "English": "\n".join(default_answers())}
    figures = []
    for name, text in texts.items():
        inputs = [text[number * INPUT_CHARS :][:INPUT_CHARS] for number in range(NUM_INPUTS)]
        judge(ruleset, inputs[0], Stage.INPUT)
        costs = sorted(_took_s(partial(judge, ruleset, given, Stage.INPUT)) * 1000 for given in inputs)
        what = f"an input of {INPUT_CHARS:,} characters, default pack, {name}, worst of {NUM_INPUTS}"
        figures.append(Figure(what, "ms", (costs[-1],), at_most=5.0))
        batch = BatchJudge(ruleset, Stage.INPUT)
        batch.judge(inputs[0])
        costs = sorted(_took_s(partial(batch.judge, given)) * 1000 for given in inputs)
        figures.append(Figure(f"the same in a batch, {name}", "ms", (costs[-1],)))
    return figures


def _rule(rule_id: str, kind: RuleKind, entries: Sequence[str], action: Action) -> Rule:
    return Rule(
        id=rule_id,
        revision=1,
        category="bench",
        severity=2,
        action=action,
        state=RuleState.ENFORCING,
        stages=frozenset(Stage),
        words=tuple(entries),
        kind=kind,
    )


def _runs(work: Callable[[], object]) -> tuple[float, ...]:
    return tuple(_took_s(work) for _ in range(NUM_RUNS))


def _took_s(work: Callable[[], object]) -> float:
    """In processor time: what is asked is asked of one core, and others share this machine."""
    began_s = time.process_time()
    work()
    return time.process_time() - began_s
