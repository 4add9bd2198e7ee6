"""
The judge by principles, measured on the default model: whether it agrees with people, and what a judgement costs.

Run: python -m bench.moderation.judge DATA [--rows N] [--model FOLDER]. DATA holds cold/dev.csv (COLDataset). It is a
small English model that judges Chinese comments here: the figures are those of the way, not of a good judge.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from chatapp.launch.configuration import CHECKOUT
from chatapp.moderation.judging.classifiers.training.datasets import read_labelled
from chatapp.moderation.judging.classifiers.training.fitting import Row
from inference.engines.choosing import load_engine
from inference.scoring.asking import ScoredText
from inference.scoring.loading import load_tokenizer
from inference.scoring.principles import BROKEN, PrinciplesJudge
from inference.types import Engine, GenerationRequest, StepChannel, Stream

DEFAULT_MODEL = CHECKOUT / "var" / "models" / "smollm2-135m-instruct"
PRINCIPLES = (
    "Nobody is insulted, mocked or threatened.",
    "No group of people is called worse than others for their race, region, sex, religion or illness.",
    "Nobody is encouraged to hurt somebody or to shut somebody out.",
)
NUM_ROWS = 200
# Nothing is reused there, so a judgement takes several times as long.
_NUM_ROWS_AFRESH = 30
_TIMEOUT_S = 120.0
_SEED = 7


class Agreement(NamedTuple):
    """kappa: Cohen's, 0 by chance. auc: how often an offensive text scores above a safe one."""

    threshold: float
    kappa: float
    accuracy: float
    auc: float


class Cost(NamedTuple):
    """Medians of a judgement. processor_s: of all threads of this process, so that a busy machine changes it little."""

    wall_s: float
    processor_s: float
    share_cached: float


def kappa(judged: Sequence[bool], labelled: Sequence[bool]) -> float:
    """
    Agreement beyond chance; 0 where one of the two says the same of all.

    Source: J. Cohen, A coefficient of agreement for nominal scales, 1960.
    """
    num = len(judged)
    observed = sum(one is other for one, other in zip(judged, labelled, strict=True)) / num
    by_chance = sum(
        sum(one is value for one in judged) * sum(other is value for other in labelled) for value in (True, False)
    ) / (num * num)
    return (observed - by_chance) / (1.0 - by_chance) if by_chance < 1.0 else 0.0


def agreement(scores: Sequence[float], labelled: Sequence[bool], *, threshold: float) -> Agreement:
    judged = [score >= threshold for score in scores]
    accuracy = statistics.fmean(one is other for one, other in zip(judged, labelled, strict=True))
    return Agreement(threshold, kappa(judged, labelled), accuracy, _auc(scores, labelled))


def _auc(scores: Sequence[float], labelled: Sequence[bool]) -> float:
    offensive = [score for score, is_so in zip(scores, labelled, strict=True) if is_so]
    safe = [score for score, is_so in zip(scores, labelled, strict=True) if not is_so]
    above = sum((one > other) + (one == other) / 2 for one in offensive for other in safe)
    return above / (len(offensive) * len(safe))


class _SharingNothing:
    """An engine to which the principles are no public beginning: each judgement computes them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.context_window = engine.context_window
        self.cancel = engine.cancel

    def submit(self, request: GenerationRequest, *, channel: StepChannel | None = None) -> Stream:
        return self._engine.submit(replace(request, num_shared_tokens=0), channel=channel)


def _judged(judge: PrinciplesJudge, rows: Sequence[Row]) -> tuple[list[float], Cost]:
    """One after the other."""
    scores, walls_s, processors_s, shares = [], [], [], []
    for row in rows:
        wall_s, processor_s = time.perf_counter(), time.process_time()
        judgement = judge.judge(ScoredText(row.text), principles=PRINCIPLES, timeout_s=_TIMEOUT_S)
        walls_s.append(time.perf_counter() - wall_s)
        processors_s.append(time.process_time() - processor_s)
        scores.append(judgement.scores[BROKEN])
        shares.append(judgement.num_cached_prompt_tokens / judgement.num_prompt_tokens)
    return scores, Cost(*map(statistics.median, (walls_s, processors_s, shares)))


def _sample(data: Path, num_rows: int) -> list[Row]:
    rows = read_labelled(data / "cold" / "dev.csv")
    return random.Random(_SEED).sample(rows, min(num_rows, len(rows)))  # noqa: S311  # a sample, no secret


def main(report: Callable[[str], None] = print) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rows", type=int, default=NUM_ROWS)
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    arguments = parser.parse_args()
    rows, tokenizer = _sample(arguments.data, arguments.rows), load_tokenizer(arguments.model)
    engine = load_engine(arguments.model, num_slots=4, context_window=2048)
    try:
        scores, shared = _judged(PrinciplesJudge(engine, tokenizer), rows)
        afresh_judge = PrinciplesJudge(_SharingNothing(engine), tokenizer)  # type: ignore[arg-type]  # all that it asks
        _, afresh = _judged(afresh_judge, rows[:_NUM_ROWS_AFRESH])
    finally:
        engine.close()
    labelled = [row.label == 1 for row in rows]
    # The best of all thresholds was chosen on these rows: an upper bound.
    best = max((agreement(scores, labelled, threshold=score) for score in set(scores)), key=lambda one: one.kappa)
    for name, one in (("broken from 0.5", agreement(scores, labelled, threshold=0.5)), ("best threshold", best)):
        report(
            f"{len(rows)} COLD comments, {name} ({one.threshold:.3f}): kappa {one.kappa:.3f}, "
            f"accuracy {one.accuracy:.3f}, AUC {one.auc:.3f}"
        )
    for name, cost in (("principles shared", shared), ("nothing shared", afresh)):
        report(
            f"a judgement, {name}: {cost.wall_s:.3f} s ({cost.processor_s:.3f} s of processor), "
            f"{cost.share_cached:.0%} of the prompt cached"
        )


if __name__ == "__main__":
    main()
