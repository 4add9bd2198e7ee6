"""
Serves static files from the ASGI process.

What the build compressed is sent as it lies there (WhiteNoise's `.br` and `.gz`); what packages bring along, the
admin's files above all, has no compressed twin on the disk and gets one in memory.
"""

import gzip
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from whitenoise.middleware import WhiteNoiseMiddleware

# Below this a packet is not shorter for it.
MIN_COMPRESSED_BYTES = 1_024
COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")
# All of the admin's files that a page asks for, several times over; together well below 2 MB.
MAX_FILES_IN_MEMORY = 128


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no types
    """
    WhiteNoise with whole bodies.

    Its own answers iterate a file synchronously, about which Django warns under ASGI for every request; our largest
    file has a few hundred kilobytes, so it is read at once.
    """

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        found = static_file.get_response(request.method, request.META)
        body = b"" if found.file is None else found.file.read()
        path = getattr(found.file, "name", None)
        if found.file is not None:
            found.file.close()
        response = HttpResponse(body, status=int(found.status))
        del response["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        if path is not None and _has_no_twin(response):
            _compress(response, request, path=Path(path))
        return response


def _has_no_twin(response: HttpResponse) -> bool:
    return (
        response.status_code == HTTPStatus.OK
        and "Content-Encoding" not in response
        and response.get("Content-Type", "").startswith(COMPRESSIBLE)
        and len(response.content) >= MIN_COMPRESSED_BYTES
    )


def _compress(response: HttpResponse, request: HttpRequest, *, path: Path) -> None:
    patch_vary_headers(response, ["Accept-Encoding"])
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return
    response.content = _gzipped(path, response["Last-Modified"])
    response["Content-Encoding"] = "gzip"
    response["Content-Length"] = str(len(response.content))


@lru_cache(MAX_FILES_IN_MEMORY)
def _gzipped(path: Path, _last_modified: str) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)
