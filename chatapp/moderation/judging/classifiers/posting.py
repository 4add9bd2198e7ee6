"""
POST to one address over connections that are kept open. Owns the limits of a call: its time, its answer's size, where
it goes. Knows no classifier's wire form.

No redirect is followed and no proxy is used: text that is judged goes to the named address or nowhere.
"""

import io
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationValueError, NewConnectionError, ProtocolError
from urllib3.exceptions import TimeoutError as TimedOut

from chatapp.moderation.judging.classifiers.types import (
    ClassifierAnswerInvalid,
    ClassifierTimedOut,
    ClassifierUnreachable,
)

MAX_ANSWER_BYTES = 64 * 1024
# As many as judge at once in a model worker (judging_threads.py); who comes beside them opens one and closes it again.
MAX_KEPT_CONNECTIONS = 32
_OK = 200


class RemoteAddressInvalid(ValueError):
    """No http or https URL with a host, or one that holds a password."""


class Address:
    """Where texts are posted to. Any number of threads may call."""

    def __init__(self, url: str) -> None:
        """:raises RemoteAddressInvalid: see there."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise RemoteAddressInvalid(f"{url!r} is no URL: {error}") from error
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise RemoteAddressInvalid("an http or https URL without a password is needed")
        self.host = parts.hostname
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            self._pool = _pool(parts.scheme, self.host, port)
        except LocationValueError as error:
            raise RemoteAddressInvalid(f"{self.host!r} is no host: {error}") from error

    def post(self, body: bytes, *, headers: Mapping[str, str], timeout_s: float) -> bytes:
        """
        The body of the answer, which has status 200.

        timeout_s: from the first step to the last byte; only looking up the host's name cannot be cut short.
        :raises ClassifierTimedOut, ClassifierUnreachable, ClassifierAnswerInvalid: instead of an answer.
        """
        ends_at_s = time.monotonic() + timeout_s
        while (left_s := ends_at_s - time.monotonic()) > 0:
            try:
                return self._post(body, headers, left_s)
            except _ConnectionStale:
                continue  # it is out of the pool now, and the answer was not begun
            except (HTTPError, ValueError) as error:  # a header or host that HTTP cannot carry
                if _is_too_late(error):
                    break
                raise ClassifierUnreachable(f"{self.host} cannot be asked: {type(error).__name__}: {error}") from error
        raise ClassifierTimedOut(f"no answer from {self.host} in {timeout_s} s")

    def _post(self, body: bytes, headers: Mapping[str, str], timeout_s: float) -> bytes:
        answer = self._pool.urlopen(
            "POST",
            self._target,
            body,
            dict(headers),
            retries=False,
            redirect=False,
            timeout=Timeout(total=timeout_s),
            preload_content=False,
            decode_content=False,
        )
        try:
            return self._content(answer)
        finally:
            answer.close()  # ends the connection of an answer that was not read to its end, and of no other
            answer.release_conn()

    def _content(self, answer: BaseHTTPResponse) -> bytes:
        if answer.status != _OK:
            raise ClassifierUnreachable(f"{self.host} answered with status {answer.status}")
        content = answer.read(MAX_ANSWER_BYTES + 1)
        if len(content) > MAX_ANSWER_BYTES:
            raise ClassifierAnswerInvalid(f"the answer is longer than {MAX_ANSWER_BYTES} bytes")
        return content


def _is_too_late(error: Exception) -> bool:
    """Whether time ran out, while the answer was waited for or while the text was sent."""
    if isinstance(error, TimedOut):
        return not isinstance(error, NewConnectionError)  # which is one by its class alone
    return isinstance(error, ProtocolError) and isinstance(error.args[-1], TimeoutError)


def _pool(scheme: str, host: str, port: int | None) -> HTTPConnectionPool:
    if scheme == "http":
        pool = HTTPConnectionPool(host, port, maxsize=MAX_KEPT_CONNECTIONS)
        pool.ConnectionCls = _Connection
        return pool
    tls_pool = HTTPSConnectionPool(host, port, maxsize=MAX_KEPT_CONNECTIONS, ssl_context=ssl.create_default_context())
    tls_pool.ConnectionCls = _TlsConnection
    return tls_pool


class _ConnectionStale(Exception):
    """A connection that had carried answers before was closed by the other side before it carried one more."""


class _UntilDeadline(io.RawIOBase):
    """
    What a socket receives from now until its present limit has passed.

    A socket's own limit begins anew with each byte, so a service that drips bytes would never meet it.
    """

    def __init__(self, connected: socket.socket, received: io.RawIOBase) -> None:
        self._socket = connected
        self._received = received
        self._ends_at_s = time.monotonic() + (connected.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._ends_at_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the answer took too long")
        self._socket.settimeout(left_s)
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _Answer(HTTPResponse):
    """Headers and body come within the limit of time that the socket has when the answer is awaited."""

    def __init__(self, sock: socket.socket, *args: Any, **settings: Any) -> None:
        super().__init__(sock, *args, **settings)
        self.fp = io.BufferedReader(_UntilDeadline(sock, self.fp.detach()))


class _Connection(HTTPConnection):
    """Its `timeout`, set by the pool to what is left of a call, bounds connecting, the handshake and the answer."""

    response_class = _Answer
    _has_answered = False

    def connect(self) -> None:
        self._has_answered = False
        super().connect()

    def _new_conn(self) -> socket.socket:
        began_at_s = time.monotonic()
        connected = super()._new_conn()
        left_s = (self.timeout or 0.0) - (time.monotonic() - began_at_s)
        if left_s <= 0:
            connected.close()
            raise ConnectTimeoutError(self, "connecting took too long")
        connected.settimeout(left_s)
        return connected

    def request(self, *args: Any, **settings: Any) -> None:
        with self._stale_if_broken():
            super().request(*args, **settings)

    def getresponse(self) -> Any:
        with self._stale_if_broken():
            answer = super().getresponse()
        self._has_answered = True
        return answer

    @contextmanager
    def _stale_if_broken(self) -> Iterator[None]:
        try:
            yield
        except (ConnectionError, ssl.SSLError) as error:
            if not self._has_answered:
                raise
            raise _ConnectionStale from error


class _TlsConnection(_Connection, HTTPSConnection):
    """The same over TLS; certificate and host name are checked."""
