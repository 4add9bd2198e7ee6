"""
Bounds what a request and a socket may bring before anything of it is kept.

Daphne reads every body to its end, into a temporary file, before Django learns that there is a request, and puts every
frame into a queue without an end for the consumer: a stranger could fill the disk, a flood of frames the memory. So the
bounds stand where the bytes come in. Seen with Daphne 4.2, Twisted 25 and autobahn 25.
"""

import re
import time
from io import BytesIO
from typing import Any

from daphne import http_protocol
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from django.conf import settings

from chatapp.realtime.close_codes import TOO_MANY_FRAMES
from chatapp.realtime.frame_rate import FrameRate

# Of who shows no session at all: a sign-in form has a few hundred bytes.
MAX_ANONYMOUS_BODY_BYTES = 64 * 1024
# Of anybody else: a pack of rules as a file. What REST takes is bounded again where it is read (2.5 MB, Django's own).
MAX_BODY_BYTES = 32 * 1024 * 1024
# Of a body that is too large and already on its way, this much is let pass unread, so that the answer is read.
MAX_DISCARDED_BYTES = 1024 * 1024
_SESSION_COOKIE = re.compile(rb"(?:^|;\s*)" + re.escape(settings.SESSION_COOKIE_NAME.encode()) + rb"=[^;\s]")
_BODY = b'{"error": {"code": "body_too_large", "message": "This is too large to send.", "details": {}}}'
_ANSWER = (
    b"HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
)


class BoundedRequest(http_protocol.WebRequest):  # type: ignore[misc]  # daphne has no types
    """Daphne's request, which refuses a body with 413 at its announced length or at the byte that is too many."""

    num_body_bytes = 0
    is_refused = False

    def gotLength(self, length: int | None) -> None:  # noqa: N802  # twisted's name
        if length is not None and length > self._limit():
            self.content = BytesIO()
            self._refuse()
            self.channel.loseConnection()
        else:
            super().gotLength(length)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802  # twisted's name
        self.num_body_bytes += len(data)
        if not self.is_refused and self.num_body_bytes <= self._limit():
            super().handleContentChunk(data)
        elif not self.is_refused:
            self._refuse()
        elif self.num_body_bytes > self._limit() + MAX_DISCARDED_BYTES:
            self.channel.loseConnection()

    def process(self) -> Any:
        if self.is_refused:
            self.channel.loseConnection()
            return None
        return super().process()

    def _limit(self) -> int:
        cookies = self.requestHeaders.getRawHeaders(b"cookie") or []
        return MAX_BODY_BYTES if any(map(_SESSION_COOKIE.search, cookies)) else MAX_ANONYMOUS_BODY_BYTES

    def _refuse(self) -> None:
        self.is_refused = True
        self.channel.transport.write(_ANSWER)


class BoundedSocket(WebSocketProtocol):  # type: ignore[misc]  # daphne has no types
    """Daphne's socket, which closes with 4420 at the frame that is too many and reads nothing after it."""

    frame_rate: FrameRate | None = None
    is_flooded = False

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: FBT001, N802, N803  # autobahn's names
        now_s = time.monotonic()
        if self.is_flooded:
            return
        self.frame_rate = self.frame_rate or FrameRate(now_s=now_s)
        if self.frame_rate.takes(now_s=now_s):
            super().onMessage(payload, isBinary)
        else:
            self.is_flooded = True
            self.serverClose(code=TOO_MANY_FRAMES)


def incoming_bound() -> None:
    """Have Daphne make requests and sockets that are bounded. Called once, by the ASGI entry, before it listens."""
    http_protocol.WebRequest = BoundedRequest
    WebSocketFactory.protocol = BoundedSocket
