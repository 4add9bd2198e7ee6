"""
What a person or a program reads where something broke outside every view: in a middleware, or in the view itself.

Owns that page. It asks no database and no session, because one of them may be what broke.
"""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chatapp.api.errors import RETRY_AFTER_S
from chatapp.api.middleware import API_PREFIX
from chatapp.core.errors import StorageUnavailable

_PAGE = (
    '<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{words}</title><style>body{{font:16px/1.6 system-ui,sans-serif;max-width:32em;margin:20vh auto;"
    'padding:0 1em;color-scheme:light dark}}</style><p>{words}</p><p><a href="">{again}</a></p></html>'
)


def fault(request: HttpRequest) -> HttpResponse:
    """Django calls it while it handles what was raised: 503 where the database is away, else 500."""
    raised = sys.exc_info()[1]
    if isinstance(raised, OperationalError | InterfaceError):
        away = StorageUnavailable.of()
        response = _answer(request, code=away.code, words=away.message, status=HTTPStatus.SERVICE_UNAVAILABLE)
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response
    words = _("Something went wrong here. It is on record; try again.")
    return _answer(request, code="internal_error", words=words, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _answer(request: HttpRequest, *, code: str, words: str, status: HTTPStatus) -> HttpResponse:
    if request.path.startswith(API_PREFIX):
        return JsonResponse({"error": {"code": code, "message": words, "details": {}}}, status=status)
    page = _PAGE.format(language=get_language() or "en", words=escape(words), again=escape(_("Try again")))
    return HttpResponse(page, status=status)
