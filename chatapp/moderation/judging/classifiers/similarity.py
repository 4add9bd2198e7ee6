"""
A classifier by examples: how close a text comes to the closest of them. Owns the comparison; knows no model.
"""

import math
import threading
from collections.abc import Sequence
from operator import mul

from chatapp.moderation.judging.classifiers.types import NO_CONTEXT, ClassifierAnswerInvalid, Context, Embedder, Labels

SIMILARITY = "similarity"
# Two sentences: in a longer text what resembles an example weighs too little to be seen.
MAX_WINDOW_CHARS = 400
# All of 200 at once may take longer than one answer may, and would then never be there.
EXAMPLES_AT_ONCE = 16

Vector = Sequence[float]


class SimilarityClassifier:
    """
    Implements `Classifier` with one label, `similarity`: the greatest cosine, 0 where it is negative.

    The examples are embedded once, when the first text comes; if that fails, the next text goes on where it failed.
    """

    max_window_chars = MAX_WINDOW_CHARS

    def __init__(self, embedder: Embedder, examples: Sequence[str]) -> None:
        self._embedder = embedder
        self._examples = tuple(examples)
        self._vectors: list[Vector] = []
        self._lock = threading.Lock()  # many texts may be the first

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:  # noqa: ARG002  # examples answer nothing
        """:raises ClassifierError: as `Embedder.embed`, or if what it gave are no vectors."""
        examples = self._example_vectors()
        [vector] = _embedded(self._embedder, [text])
        if any(len(example) != len(vector) for example in examples):
            raise ClassifierAnswerInvalid("the embedding model gave vectors of different lengths")
        closest = max((sum(map(mul, vector, example)) for example in examples), default=0.0)
        return Labels({SIMILARITY: min(1.0, max(0.0, closest))})

    def _example_vectors(self) -> Sequence[Vector]:
        with self._lock:
            while rest := self._examples[len(self._vectors) :]:
                self._vectors += _embedded(self._embedder, rest[:EXAMPLES_AT_ONCE])
            return self._vectors


def _embedded(embedder: Embedder, texts: Sequence[str]) -> Sequence[Vector]:
    """:raises ClassifierAnswerInvalid: if there is not one vector of numbers for each text."""
    vectors = embedder.embed(texts)
    if len(vectors) != len(texts) or not all(math.isfinite(value) for vector in vectors for value in vector):
        raise ClassifierAnswerInvalid(f"the embedding model gave no {len(texts)} vectors of numbers")
    return vectors
