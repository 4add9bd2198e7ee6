"""The page that the front end lives in, and the health check. Edges: no rule of their own."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from chatapp.accounts.models import User
from chatapp.api.people import me_view
from chatapp.core.redis import redis_sync


@lru_cache(maxsize=1)
def _entry() -> dict[str, Any]:
    """The front end's entry as Vite's manifest names it: file, css and what it imports eagerly."""
    manifest = json.loads(Path(settings.FRONTEND_DIST, ".vite", "manifest.json").read_text())
    entry = next(item for item in manifest.values() if item.get("isEntry"))
    imported = [manifest[key] for key in entry.get("imports", [])]
    styles = [*entry.get("css", []), *(css for item in imported for css in item.get("css", []))]
    return {"file": entry["file"], "styles": styles, "imports": [item["file"] for item in imported]}


@require_safe
@login_required
@ensure_csrf_cookie
def shell(request: HttpRequest, conversation_id: UUID | None = None) -> HttpResponse:
    """The same page for every conversation. Ownership is checked where data is read."""
    del conversation_id
    # login_required let nobody else in
    me = me_view(cast("User", request.user))
    context = {"entry": _entry(), "boot": me.model_dump(mode="json"), "language": translation.get_language()}
    response = render(request, "shell.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 when database and Redis answer, else 503 with the one that does not."""
    del request
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        redis_sync().ping()
    except DatabaseError:
        return JsonResponse({"status": "database_unavailable"}, status=503)
    except RedisError:
        return JsonResponse({"status": "event_log_unavailable"}, status=503)
    return JsonResponse({"status": "ok"})
