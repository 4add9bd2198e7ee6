"""
Trains the linear classifier: counts n-grams, weighs them, fits, quantises, and judges itself on rows it has not seen.

Needs numpy and, to fit, scipy (requirements-training.txt); nothing that serves imports this. Deterministic: the same
rows give the same bytes. Reads no file.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from chatapp.moderation.judging.classifiers.linear import LinearClassifier
from chatapp.moderation.judging.classifiers.ngrams import ngrams_of

Vector = NDArray[np.float64]  # (D,)

NUM_FOLDS = 5
_LARGEST_INT16 = 32_767


class Row(NamedTuple):
    """One text with its label: 1 offensive, 0 safe. weight: as how many rows it counts in the loss."""

    text: str
    label: int
    weight: float = 1.0


class RowsUnusable(ValueError):
    """Nothing can be learnt from these rows."""


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """
    min_rows: an n-gram in fewer rows is left out. inverse_penalty: C of the L2-penalised loss. tolerance: the fit is
    over when a step gains less than this share of the loss.

    Chosen on the folds of the training set. C of 1, 4, 12, 40: F1 0.901, 0.911, 0.911, 0.908. min_rows 4, 6, 9, 14:
    best F1 0.915, 0.914, 0.914, 0.913, with 119,000 n-grams down to 30,000; each costs every process memory and time.
    """

    min_rows: int = 8
    inverse_penalty: float = 6.0
    max_steps: int = 80
    tolerance: float = 1e-5


class _Occurrences(NamedTuple):
    """Which n-gram stands in which row. row, ngram: (num_occurrences,), parallel."""

    row: NDArray[np.int64]
    ngram: NDArray[np.int64]
    num_rows: int
    ngrams: list[str]


DEFAULT_SETTINGS = TrainingSettings()


def train(rows: Sequence[Row], *, settings: TrainingSettings = DEFAULT_SETTINGS) -> LinearClassifier:
    """
    Fit logistic regression on n-gram presence, each n-gram scaled by how unevenly the classes use it.

    :raises RowsUnusable: if a class has no row or no n-gram is frequent enough.
    Source: NB-weighted features, Wang & Manning 2012, "Baselines and Bigrams".
    """
    labels = np.array([row.label for row in rows], dtype=np.float64)  # (num_rows,)
    if not 0 < labels.sum() < len(labels):
        raise RowsUnusable("training needs rows of both labels")
    found = _frequent(_occurrences(rows), min_rows=settings.min_rows)
    if not found.ngrams:
        raise RowsUnusable(f"no n-gram stands in {settings.min_rows} rows")
    unevenness = _unevenness(found, labels)  # (num_ngrams,)
    num_known = np.maximum(np.bincount(found.row, minlength=found.num_rows), 1)  # (num_rows,)
    values = unevenness[found.ngram] / np.sqrt(num_known)[found.row]  # (num_occurrences,)
    row_weights = settings.inverse_penalty * np.array([row.weight for row in rows])  # (num_rows,)
    fitted = _fit(found, values, labels, row_weights, settings)
    return _quantised(found.ngrams, fitted[:-1] * unevenness, bias=float(fitted[-1]))


def held_out_scores(
    rows: Sequence[Row],
    *,
    always: Sequence[Row] = (),
    settings: TrainingSettings = DEFAULT_SETTINGS,
    report: Callable[[str], None] = lambda _: None,
) -> list[float]:
    """
    Score each row by a classifier that was trained on `always` and the other four fifths of the rows.

    A text's fold is a digest of the text, so that copies of it are never on both sides.
    """
    folds = [crc32(row.text.encode()) % NUM_FOLDS for row in rows]
    scores = [0.0] * len(rows)
    for fold in range(NUM_FOLDS):
        seen = [row for row, its_fold in zip(rows, folds, strict=True) if its_fold != fold]
        classifier = train([*always, *seen], settings=settings)
        for number, (row, its_fold) in enumerate(zip(rows, folds, strict=True)):
            if its_fold == fold:
                scores[number] = classifier.score(row.text)
        report(f"fold {fold + 1} of {NUM_FOLDS}: {len(seen)} rows seen, {len(rows) - len(seen)} scored")
    return scores


def _occurrences(rows: Sequence[Row]) -> _Occurrences:
    number_of: dict[str, int] = {}
    numbers: list[int] = []
    lengths: list[int] = []
    for row in rows:
        # Sorted, or the numbering and with it the last digits of every sum would change from run to run.
        ngrams = sorted(ngrams_of(row.text))
        numbers += [number_of.setdefault(ngram, len(number_of)) for ngram in ngrams]
        lengths.append(len(ngrams))
    row_numbers = np.repeat(np.arange(len(rows)), lengths)
    return _Occurrences(row_numbers, np.array(numbers, dtype=np.int64), len(rows), list(number_of))


def _frequent(found: _Occurrences, *, min_rows: int) -> _Occurrences:
    kept = np.bincount(found.ngram, minlength=len(found.ngrams)) >= min_rows  # (num_ngrams,)
    new_number = np.cumsum(kept) - 1
    stays = kept[found.ngram]  # (num_occurrences,)
    ngrams = [ngram for ngram, is_kept in zip(found.ngrams, kept, strict=True) if is_kept]
    return _Occurrences(found.row[stays], new_number[found.ngram[stays]], found.num_rows, ngrams)


def _unevenness(found: _Occurrences, labels: Vector) -> Vector:
    """|log of how much more often offensive rows use an n-gram than safe ones|, each count one more."""
    num_ngrams = len(found.ngrams)
    in_offensive = np.bincount(found.ngram, weights=labels[found.row], minlength=num_ngrams) + 1
    in_safe = np.bincount(found.ngram, weights=1 - labels[found.row], minlength=num_ngrams) + 1
    ratio: Vector = np.log((in_offensive / in_offensive.sum()) / (in_safe / in_safe.sum()))
    return np.abs(ratio)


def _fit(
    found: _Occurrences, values: Vector, labels: Vector, row_weights: Vector, settings: TrainingSettings
) -> Vector:
    """
    The n-grams' coefficients, and last the bias, which is not penalised: (num_ngrams + 1,).

    Source: L-BFGS-B, Byrd, Lu, Nocedal & Zhu 1995, as scipy has it.
    """
    from scipy.optimize import minimize

    signs = 2 * labels - 1
    num_ngrams = len(found.ngrams)

    def objective(point: Vector) -> tuple[float, Vector]:
        coefficients, bias = point[:-1], point[-1]
        evidence = np.bincount(found.row, weights=values * coefficients[found.ngram], minlength=found.num_rows)
        margins = signs * (evidence + bias)  # (num_rows,)
        loss = row_weights @ np.logaddexp(0, -margins) + 0.5 * (coefficients @ coefficients)
        # The derivative of log(1 + exp(-m)), without an overflow on either side.
        pulls = -row_weights * signs * 0.5 * (1 - np.tanh(margins / 2))
        slopes = np.bincount(found.ngram, weights=values * pulls[found.row], minlength=num_ngrams) + coefficients
        return float(loss), np.append(slopes, pulls.sum())

    limits = {"maxiter": settings.max_steps, "ftol": settings.tolerance}
    fitted: Vector = minimize(objective, np.zeros(num_ngrams + 1), jac=True, method="L-BFGS-B", options=limits).x
    return fitted


def _quantised(ngrams: list[str], weights: Vector, *, bias: float) -> LinearClassifier:
    """Weights as 16-bit whole numbers, in the order of the n-grams' code points."""
    scale = max(float(np.abs(weights).max()), 1e-12) / _LARGEST_INT16
    whole = np.rint(weights / scale).astype(int).tolist()
    return LinearClassifier(dict(sorted(zip(ngrams, whole, strict=True))), scale, bias)
