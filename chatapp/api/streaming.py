"""An answer that leaves sheaf by sheaf, while the next is read."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import get_language, override

# Enough that handing it from thread to thread does not count, and read in a few milliseconds.
SHEAF_CHARS = 65_536


def streamed(request: HttpRequest, pieces: Iterator[str], *, content_type: str) -> StreamingHttpResponse:
    """Pieces may ask the database, and speak the language that was the person's when they asked."""
    spoken = _sheaves(pieces, language=get_language())
    # Django reads a plain iterator to its end before it sends the first byte, where the server is asynchronous.
    body = _unhurried(spoken) if isinstance(request, ASGIRequest) else spoken
    return StreamingHttpResponse(body, content_type=content_type)


def _sheaves(pieces: Iterator[str], *, language: str | None) -> Iterator[str]:
    """Joined until there are enough of them."""
    is_over = False
    while not is_over:
        sheaf: list[str] = []
        with override(language):
            while not is_over and sum(map(len, sheaf)) < SHEAF_CHARS:
                piece = next(pieces, None)
                is_over = piece is None
                sheaf.append(piece or "")
        yield "".join(sheaf)


async def _unhurried(sheaves: Iterator[str]) -> AsyncIterator[str]:
    """Each in the thread that may ask the database, so that others are served between two."""
    take = sync_to_async(lambda: next(sheaves, None), thread_sensitive=True)
    while (sheaf := await take()) is not None:
        yield sheaf
