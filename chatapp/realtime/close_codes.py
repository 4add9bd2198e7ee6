"""
The close codes that no refusal carries, and how a code reaches the wire.

Lets a consumer close with the codes that RFC 6455 §7.4.1 names for its own reasons (1003, 1009, 1011, 1013).

Daphne closes through autobahn's `sendClose`, which takes only 1000 and 3000–4999 and raises on the others; the frame
itself can carry any. Seen with Daphne 4.2 and autobahn 25.
"""

from daphne.ws_protocol import WebSocketProtocol

READER_TOO_SLOW = 4408
TOO_MANY_FRAMES = 4420


def close_codes_allow() -> None:
    """Have Daphne send the close frame as the consumer asked. Called once, by the ASGI entry."""
    WebSocketProtocol.serverClose = _server_close


def _server_close(protocol: WebSocketProtocol, code: int | None = None) -> None:
    protocol.sendCloseFrame(code=1000 if code is None else code, isReply=False)
