"""
A classifier behind HTTP: one POST a text, JSON both ways. Owns the wire form, its limits and how a call fails.

Request: {"text": …, "context": {"asked": …, "before": …}}. Answer: 200 with {"scores": {label: number in [0, 1]}}.
No redirect is followed and no proxy is used: text that is judged goes to the named address or nowhere.
"""

import json
import math
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from chatapp.moderation.judging.classifiers.types import (
    NO_CONTEXT,
    ClassifierAnswerInvalid,
    ClassifierError,
    ClassifierTimedOut,
    ClassifierUnreachable,
    Context,
    Labels,
)

MAX_ANSWER_BYTES = 64 * 1024
MAX_LABELS = 256
REST_S = 5.0
_OK = 200


class RemoteAddressInvalid(ValueError):
    """No http or https URL with a host, or one that holds a password."""


@dataclass(frozen=True, slots=True)
class RemoteClassifier:
    """
    Asks a service. Each call opens a connection of its own, so any number of threads may call.

    url: http or https. headers: sent with each request (an API key). timeout_s: for the whole call, from connecting
    to the last byte; looking up the host's name is the system's and not counted. max_window_chars: what one call holds.
    """

    url: str
    timeout_s: float = 2.0
    max_window_chars: int = 2000
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    _failed_at_s: list[float] = field(default_factory=list, repr=False, compare=False, init=False)

    def __post_init__(self) -> None:
        """:raises RemoteAddressInvalid: see there."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise RemoteAddressInvalid("a remote classifier needs an http or https URL without a password")

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
        """
        :raises ClassifierTimedOut, ClassifierUnreachable, ClassifierAnswerInvalid: instead of an answer.

        For REST_S after a failure nobody is asked: a long text has hundreds of sentences, and each would wait.
        """
        if self._failed_at_s and time.monotonic() - self._failed_at_s[0] < REST_S:
            raise ClassifierUnreachable(f"{self._host} failed a moment ago and is left alone for {REST_S:g} s")
        body = json.dumps({"text": text, "context": context._asdict()}).encode()
        try:
            return parse_answer(self._call(body))
        except ClassifierError:
            self._failed_at_s[:] = [time.monotonic()]
            raise

    def _call(self, body: bytes) -> bytes:
        connection = self._connection()
        is_late = threading.Event()
        deadline = threading.Timer(self.timeout_s, _cut, (connection, is_late))
        deadline.daemon = True
        deadline.start()
        try:
            connection.connect()
            # The deadline cuts what is connected; if it passed before, it found nothing to cut.
            content = b"" if is_late.is_set() else self._exchange(connection, body)
        except (OSError, HTTPException, ValueError) as error:  # a header or host that HTTP cannot carry
            if is_late.is_set() or isinstance(error, TimeoutError):
                raise self._timed_out() from error
            raise ClassifierUnreachable(f"{self._host} cannot be asked: {type(error).__name__}: {error}") from error
        finally:
            deadline.cancel()
            connection.close()
        if is_late.is_set():  # what was read until then is only a part, and need not look like one
            raise self._timed_out()
        return content

    def _exchange(self, connection: HTTPConnection, body: bytes) -> bytes:
        parts = urlsplit(self.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"Accept": "application/json", **self.headers, "Content-Type": "application/json"}
        connection.request("POST", target, body, headers)
        answer = connection.getresponse()
        if answer.status != _OK:
            raise ClassifierUnreachable(f"{self._host} answered with status {answer.status}")
        content = answer.read(MAX_ANSWER_BYTES + 1)
        if len(content) > MAX_ANSWER_BYTES:
            raise ClassifierAnswerInvalid(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
        return content

    def _connection(self) -> HTTPConnection:
        parts = urlsplit(self.url)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return HTTPSConnection(self._host, parts.port, timeout=self.timeout_s, context=context)
        return HTTPConnection(self._host, parts.port, timeout=self.timeout_s)

    def _timed_out(self) -> ClassifierTimedOut:
        return ClassifierTimedOut(f"no answer from {self._host} in {self.timeout_s} s")

    @property
    def _host(self) -> str:
        return urlsplit(self.url).hostname or ""


def _cut(connection: HTTPConnection, is_late: threading.Event) -> None:
    """Wake whoever waits for this connection: a socket's own limit begins anew with each byte that comes."""
    is_late.set()
    with suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)


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
