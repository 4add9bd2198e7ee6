"""
What stands before the consumer: which sockets come in at all.

Owns the hosts that a socket may be opened under, the pages that may open one, and the answer to a socket at an address
that has none. Knows no person: whether somebody is signed in is asked later.
"""

from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Any, Any, Any], Awaitable[None]]


def origin_is_ours(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """
    A browser names the page that opens a socket; only our own may. Programs without a browser name none.

    Source: RFC 6455 §10.2; without it any site could speak in the name of whoever visits it.
    """
    found = dict(headers)
    origin = found.get(b"origin")
    if origin is None:
        return True
    host = urlsplit(origin.decode("latin-1"))
    if host.hostname is None:
        return False
    asked = found.get(b"host", b"").decode("latin-1")
    return host.netloc == asked or (
        "*" not in settings.ALLOWED_HOSTS
        and validate_host(host.hostname, settings.ALLOWED_HOSTS)
        and origin.decode("latin-1") in settings.CSRF_TRUSTED_ORIGINS
    )


def host_allowed(application: Application) -> Application:
    """A socket is opened under the names that pages are: `ALLOWED_HOSTS`. Another one is refused with 403."""

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        named = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        host, _port = split_domain_port(named)
        if host and validate_host(host, settings.ALLOWED_HOSTS):
            await application(scope, receive, send)
        else:
            await no_socket(scope, receive, send)

    return checked


async def no_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Where no socket is: closed before it opens, which a client sees as 403."""
    del scope
    await receive()
    await send({"type": "websocket.close"})
