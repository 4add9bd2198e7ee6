"""
A classifier behind HTTP: one POST a text, JSON both ways. Owns the wire form, and what follows a failure.

Request: {"text": …, "context": {"asked": …, "before": …}}. Answer: 200 with {"scores": {label: number in [0, 1]}}.
"""

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chatapp.moderation.judging.classifiers.posting import Address
from chatapp.moderation.judging.classifiers.types import (
    NO_CONTEXT,
    ClassifierAnswerInvalid,
    ClassifierError,
    ClassifierUnreachable,
    Context,
    Labels,
)

MAX_LABELS = 256
REST_S = 5.0


@dataclass(frozen=True, slots=True)
class RemoteClassifier:
    """
    Asks a service. Any number of threads may call; connections are kept and used again.

    url: http or https. headers: sent with each request (an API key). timeout_s: for the whole call, to the last byte;
    only looking up the host's name cannot be cut short. max_window_chars: what one call holds.
    """

    url: str
    timeout_s: float = 2.0
    max_window_chars: int = 2000
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    _address: Address = field(repr=False, compare=False, init=False)
    _failed_at_s: list[float] = field(default_factory=list, repr=False, compare=False, init=False)

    def __post_init__(self) -> None:
        """:raises RemoteAddressInvalid: see there."""
        object.__setattr__(self, "_address", Address(self.url))

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
        """
        :raises ClassifierTimedOut, ClassifierUnreachable, ClassifierAnswerInvalid: instead of an answer.

        For REST_S after a failure nobody is asked: a long text has hundreds of sentences, and each would wait.
        """
        if self._failed_at_s and time.monotonic() - self._failed_at_s[0] < REST_S:
            host = self._address.host
            raise ClassifierUnreachable(f"{host} failed a moment ago and is left alone for {REST_S:g} s")
        body = json.dumps({"text": text, "context": context._asdict()}).encode()
        headers = {"Accept": "application/json", **self.headers, "Content-Type": "application/json"}
        try:
            return parse_answer(self._address.post(body, headers=headers, timeout_s=self.timeout_s))
        except ClassifierError:
            self._failed_at_s[:] = [time.monotonic()]
            raise


def parse_answer(content: bytes) -> Labels:
    """:raises ClassifierAnswerInvalid: if this is not scores by label, each a number in [0, 1]."""
    try:
        answer: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ClassifierAnswerInvalid(f"the answer is no JSON: {error}") from error
    scores = answer.get("scores") if isinstance(answer, dict) else None
    if not isinstance(scores, dict) or not 0 < len(scores) <= MAX_LABELS:
        raise ClassifierAnswerInvalid(f"the answer needs scores, 1 to {MAX_LABELS} of them, by label")
    return Labels({str(label): _checked_score(label, score) for label, score in scores.items()})


def _checked_score(label: str, score: object) -> float:
    is_number = isinstance(score, int | float) and not isinstance(score, bool)
    if not is_number or not math.isfinite(value := float(str(score))) or not 0.0 <= value <= 1.0:
        raise ClassifierAnswerInvalid(f"the score of {label!r} is no number in [0, 1]")
    return value
