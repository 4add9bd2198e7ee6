"""
Everything under `/api/` answers as REST does: also what never reaches a router.

Owns two things: a refusal that Django or ninja wrote in its own words becomes ours, and HEAD is GET without its body.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from chatapp.api.errors import AddressUnknown, BodyTooLarge, Faulty, MethodNotAllowed, refusal_answer, unreadable
from chatapp.core.errors import DomainError

API_PREFIX = "/api/"
KEPT_HEADERS = ("Allow", "Retry-After")


class ApiAnswersMiddleware:
    """See the module."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(API_PREFIX):
            return self._get_response(request)
        if request.method != "HEAD":
            return _in_our_shape(self._get_response(request))
        request.method = "GET"
        answer = _in_our_shape(self._get_response(request))
        request.method = "HEAD"
        return _without_body(answer)


def _in_our_shape(answer: HttpResponseBase) -> HttpResponseBase:
    if answer.status_code < HTTPStatus.BAD_REQUEST or answer.headers.get("Content-Type", "").startswith(
        "application/json"
    ):
        return answer
    shaped = refusal_answer(_refusal(answer.status_code))
    for name in KEPT_HEADERS:
        if name in answer.headers:
            shaped.headers[name] = answer.headers[name]
    return shaped


def _refusal(status: int) -> DomainError:
    """What no router could say; anything else below 500 is a request that nobody could read."""
    match status:
        case HTTPStatus.NOT_FOUND:
            return AddressUnknown.of()
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return MethodNotAllowed.of()
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return BodyTooLarge.of()
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Faulty.of()
        case _:
            return unreadable()


def _without_body(answer: HttpResponseBase) -> HttpResponse:
    headed = HttpResponse(status=answer.status_code)
    length = len(answer.content) if isinstance(answer, HttpResponse) else None
    for name, value in answer.headers.items():
        headed.headers[name] = value
    if length is not None:
        headed.headers["Content-Length"] = str(length)
    answer.close()
    return headed
