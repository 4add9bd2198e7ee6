"""
The classifier that works out of the box: logistic regression over n-grams, read from plain arrays. No numpy, no pickle.

Owns the format of its files and how a score is made of them; `training` makes them. A text without a Chinese character
scores 0: the training set holds nothing else, so it could only guess.
"""

import json
import math
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Self

from chatapp.moderation.judging.classifiers.ngrams import has_han, ngrams_of
from chatapp.moderation.judging.classifiers.types import NO_CONTEXT, Context, Labels, WeightsUnusable

OFFENSIVE = "offensive"
BUNDLED_WEIGHTS = Path(__file__).parent / "weights"
CARD_FILE = "card.json"
NGRAMS_FILE = "ngrams.bin"  # UTF-8, one n-gram a line; φ leaves no line break, so none is in an n-gram
WEIGHTS_FILE = "weights.bin"  # int16, little-endian, in the order of the n-grams
FORMAT = 1
# Trained on comments of 48 characters on average, so a whole answer at once would be of another kind. The window is
# scored at each sentence too: with 120 a stream's sentence costs 0.09 ms, with 240 twice that.
MAX_WINDOW_CHARS = 120


@dataclass(frozen=True, slots=True)
class Thresholds:
    """
    Where the training set's folds put the limits of this classifier's verdicts.

    controversial: the best F1 that leaves harmless turns alone. unsafe: the first with nearly no false alarm.
    """

    controversial: float
    unsafe: float


@dataclass(frozen=True, slots=True)
class LinearClassifier:
    """
    score = σ(bias + scale · Σ weights / √count) over the text's known n-grams.

    Whole numbers, so that the sum does not depend on the order of a set.
    """

    weights: Mapping[str, int]
    scale: float
    bias: float

    @property
    def max_window_chars(self) -> int:
        return MAX_WINDOW_CHARS

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:  # noqa: ARG002 - comments stand alone
        return Labels({OFFENSIVE: self.score(text)})

    def score(self, text: str) -> float:
        if not has_han(text):
            return 0.0
        known = [weight for weight in map(self.weights.get, ngrams_of(text)) if weight is not None]
        evidence = sum(known) / math.sqrt(len(known)) if known else 0.0
        return _logistic(self.bias + self.scale * evidence)

    @classmethod
    def load(cls, folder: Path = BUNDLED_WEIGHTS) -> Self:
        """:raises WeightsUnusable: if a file is missing, is not what its card says, or has another format."""
        card = read_card(folder)
        try:
            files = {name: (folder / name).read_bytes() for name in (NGRAMS_FILE, WEIGHTS_FILE)}
            for name, content in files.items():
                if sha256(content).hexdigest() != card["files"][name]["sha256"]:
                    raise WeightsUnusable(f"{folder / name} is not the file that {CARD_FILE} describes")
            ngrams = files[NGRAMS_FILE].decode().split("\n")
            weights = _int16s(files[WEIGHTS_FILE])
            return cls(dict(zip(ngrams, weights, strict=True)), float(card["scale"]), float(card["bias"]))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise WeightsUnusable(f"the weights in {folder} cannot be read: {error!r}") from error


@cache
def bundled_classifier() -> LinearClassifier:
    """
    The classifier of the repository, read once a process: 0.05 s, about 9 MB.

    :raises WeightsUnusable: see LinearClassifier.load.
    """
    return LinearClassifier.load()


def bundled_thresholds() -> Thresholds:
    """:raises WeightsUnusable: if the card cannot be read."""
    try:
        chosen = read_card(BUNDLED_WEIGHTS)["thresholds"]
        return Thresholds(float(chosen["controversial"]), float(chosen["unsafe"]))
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsUnusable(f"the card names no thresholds: {error!r}") from error


def read_card(folder: Path) -> dict[str, Any]:
    """:raises WeightsUnusable: if there is no card of this format."""
    try:
        card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsUnusable(f"{folder / CARD_FILE} cannot be read: {error!r}") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise WeightsUnusable(f"{folder / CARD_FILE} is no card of format {FORMAT}; train again")
    return card


def write_arrays(folder: Path, *, ngrams: Sequence[str], weights: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Write both files; what the card says about them. One n-gram a weight, each weight in [-32768, 32767]."""
    values = array("h", weights)
    if sys.byteorder == "big":
        values.byteswap()
    contents = {NGRAMS_FILE: "\n".join(ngrams).encode(), WEIGHTS_FILE: values.tobytes()}
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {
        name: {"sha256": sha256(content).hexdigest(), "size_bytes": len(content)} for name, content in contents.items()
    }


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    text = json.dumps({"format": FORMAT, **card}, ensure_ascii=False, indent=2)
    (folder / CARD_FILE).write_text(text + "\n", encoding="utf-8")


def _int16s(content: bytes) -> "array[int]":
    values = array("h")
    values.frombytes(content)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _logistic(z: float) -> float:
    # exp overflows beyond 709; 60 is 1.0 to the last digit already.
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, z))))
