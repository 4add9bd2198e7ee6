"""Similarity to examples: the greatest cosine, of examples that are embedded once."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.classifiers.similarity import SIMILARITY, SimilarityClassifier
from chatapp.moderation.judging.classifiers.types import ClassifierAnswerInvalid, ClassifierTimedOut

DIRECTIONS = {"bomb": 0.0, "weapon": 30.0, "bread": 90.0, "peace": 180.0}  # degrees


class ByDirection:
    """Embeds a text as the direction that the test gives it, in degrees; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.failures: dict[int, Exception] = {}  # by the number of the call

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked.append(list(texts))
        if len(self.asked) in self.failures:
            raise self.failures[len(self.asked)]
        angles = [math.radians(DIRECTIONS[text]) for text in texts]
        return [[math.cos(angle), math.sin(angle)] for angle in angles]


class Giving:
    """Gives the examples one set of vectors, and then each text the other."""

    def __init__(self, *given_vectors: list[list[float]]) -> None:
        self._given = list(given_vectors)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        return self._given.pop(0)


class TestSimilarity:
    @pytest.mark.parametrize(
        ("text", "closest"), [("bomb", 1.0), ("weapon", math.cos(math.radians(30))), ("bread", 0.0), ("peace", 0.0)]
    )
    def test_is_the_cosine_and_never_below_zero(self, text, closest):
        labels = SimilarityClassifier(ByDirection(), ["bomb"]).labels(text)

        assert labels.score(SIMILARITY) == pytest.approx(closest, abs=1e-9)

    def test_is_that_of_the_closest_example(self):
        labels = SimilarityClassifier(ByDirection(), ["bread", "bomb", "peace"]).labels("weapon")

        assert labels.score(SIMILARITY) == pytest.approx(math.cos(math.radians(30)))

    @given(st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=3, max_size=3).filter(any))
    def test_of_an_example_with_itself_is_a_score(self, vector):
        length = math.hypot(*vector)
        unit = [value / length for value in vector]

        score = SimilarityClassifier(Giving([unit], [unit]), ["x"]).labels("x").score(SIMILARITY)

        assert 0.0 <= score <= 1.0
        assert score == pytest.approx(1.0)


class TestTheExamples:
    def test_are_embedded_once_and_not_before_a_text_comes(self):
        embedder = ByDirection()
        classifier = SimilarityClassifier(embedder, ["bomb", "bread"])
        assert embedder.asked == []

        for text in ("weapon", "peace"):
            classifier.labels(text)

        assert embedder.asked == [["bomb", "bread"], ["weapon"], ["peace"]]

    def test_are_asked_for_few_at_once_and_after_a_failure_only_those_that_are_missing(self):
        embedder = ByDirection()
        embedder.failures = {2: ClassifierTimedOut("late")}
        classifier = SimilarityClassifier(embedder, ["bread"] * 16 + ["peace"] * 15 + ["bomb"])
        with pytest.raises(ClassifierTimedOut):
            classifier.labels("weapon")

        score = classifier.labels("bomb").score(SIMILARITY)

        assert score == pytest.approx(1.0)
        rest = ["peace"] * 15 + ["bomb"]
        assert embedder.asked == [["bread"] * 16, rest, rest, ["bomb"]]


class TestAnEmbeddingModelThatGivesNoVectors:
    @pytest.mark.parametrize(
        "vectors",
        [
            [[[1.0, 0.0]], [[math.nan, 0.0]]],
            [[[math.inf, 0.0]], [[1.0, 0.0]]],
            [[[1.0, 0.0]], []],
            [[], [[1.0, 0.0]]],
            [[[1.0, 0.0]], [[1.0, 0.0, 0.0]]],
        ],
        ids=["text is no number", "example is no number", "no text", "no example", "lengths"],
    )
    def test_is_never_taken_for_a_low_score(self, vectors):
        with pytest.raises(ClassifierAnswerInvalid):
            SimilarityClassifier(Giving(*vectors), ["x"]).labels("x")
