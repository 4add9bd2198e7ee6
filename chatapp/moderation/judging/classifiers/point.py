"""
One place in a text where classifiers are asked: the sentence that is over there, and the answer up to it.

Asks each classifier only once about the same characters, however many rules want to know, from any thread.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

from chatapp.moderation.judging.classifiers.types import Classifier, ClassifierTimedOut, Context, Labels


class Patience:
    """How long one text may wait for answers, all together; None: for ever."""

    def __init__(self, max_s: float | None) -> None:
        self._max_s = max_s
        self._waited_s = 0.0  # by several threads at once it may come out a little less

    def check(self) -> None:
        """:raises ClassifierTimedOut: when it is at its end."""
        if self._max_s is not None and self._waited_s >= self._max_s:
            raise ClassifierTimedOut(f"this text has waited {self._max_s:g} s for answers")

    def spend(self, waited_s: float) -> None:
        self._waited_s += waited_s


class Point:
    """
    Characters [start, end) are the sentence.

    asked: what the text answers. kept: the sentences before that a window may still reach, from character `kept_from`.
    starts: of those sentences.
    """

    def __init__(
        self, *, asked: str, kept: str, kept_from: int, sentence: str, starts: Sequence[int], patience: Patience
    ) -> None:
        self.start = kept_from + len(kept)
        self.end = self.start + len(sentence)
        self._starts = tuple(starts)
        self._asked = asked
        self._patience = patience
        self._text = kept + sentence
        self._text_from = kept_from
        self._lock = threading.Lock()
        self._labels: dict[tuple[int, int], Future[Labels]] = {}

    def window_start(self, *, reach: int, reported_to: int) -> int:
        """Where the answer so far begins that a classifier sees: `reach` characters, none reported already."""
        first = max(self.end - reach, reported_to)
        return next((start for start in self._starts if start >= first), self.start)

    def labels(self, classifier: Classifier, *, start: int) -> Labels:
        """:raises ClassifierError: if there is no answer about the text from `start` to this point."""
        key = (id(classifier), start)
        with self._lock:
            answer = self._labels.get(key)
            is_first = answer is None
            answer = answer or self._labels.setdefault(key, Future())
        if is_first:
            self._ask(classifier, start, answer)
        return answer.result()

    def _ask(self, classifier: Classifier, start: int, answer: "Future[Labels]") -> None:
        before, text = self._text[: start - self._text_from], self._text[start - self._text_from :]
        began_s = time.monotonic()
        try:
            self._patience.check()
            answer.set_result(classifier.labels(text, Context(self._asked, before)))
        except BaseException as error:  # noqa: BLE001  # whoever waits for this answer must not wait for ever
            answer.set_exception(error)
        finally:
            self._patience.spend(time.monotonic() - began_s)
