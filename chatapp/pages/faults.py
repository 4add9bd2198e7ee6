"""
What a person or a program reads where something broke outside every view: in a middleware, or in the view itself.

Owns that page. It asks no database and no session, because one of them may be what broke.
"""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from chatapp.api.errors import Faulty, refusal_answer
from chatapp.api.middleware import API_PREFIX
from chatapp.core.errors import StorageUnavailable

_PAGE = (
    '<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{words}</title><style>body{{font:16px/1.6 system-ui,sans-serif;max-width:32em;margin:20vh auto;"
    'padding:0 1em;color-scheme:light dark}}</style><p>{words}</p><p><a href="">{again}</a></p></html>'
)


def fault(request: HttpRequest) -> HttpResponse:
    """Django calls it while it handles what was raised: 503 where the database is away, else 500."""
    is_storage = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    error = StorageUnavailable.of() if is_storage else Faulty.of()
    answer = refusal_answer(error)
    if not request.path.startswith(API_PREFIX):
        answer.headers["Content-Type"] = "text/html; charset=utf-8"
        answer.content = _PAGE.format(
            language=get_language() or "en", words=escape(error.message), again=escape(_("Try again"))
        )
    return answer
