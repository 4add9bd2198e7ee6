"""
Everything under `/api/` answers as REST does: also what never reaches a router.

Owns two things: a refusal that Django or ninja wrote in its own words becomes ours, and HEAD is GET without its body.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

API_PREFIX = "/api/"
# By status: what no router could say. Anything else below 500 is a request that nobody could read.
CODES = {
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
}
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
    code, message = _words(answer.status_code)
    shaped = JsonResponse({"error": {"code": code, "message": message, "details": {}}}, status=answer.status_code)
    for name in KEPT_HEADERS:
        if name in answer.headers:
            shaped.headers[name] = answer.headers[name]
    return shaped


def _words(status: int) -> tuple[str, str]:
    match status:
        case HTTPStatus.NOT_FOUND:
            message = _("There is nothing at this address.")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            message = _("This address does not do that.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            message = _("This is too large to send.")
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return "internal_error", _("Something went wrong here. It is on record; try again.")
        case _:
            return "body_invalid", _("This request cannot be read.")
    return CODES[HTTPStatus(status)], message


def _without_body(answer: HttpResponseBase) -> HttpResponse:
    headed = HttpResponse(status=answer.status_code)
    length = len(answer.content) if isinstance(answer, HttpResponse) else None
    for name, value in answer.headers.items():
        headed.headers[name] = value
    if length is not None:
        headed.headers["Content-Length"] = str(length)
    answer.close()
    return headed
