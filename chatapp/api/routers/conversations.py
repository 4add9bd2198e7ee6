"""`/conversations`: list, read, change, delete, export. Turns go over the socket."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.utils.http import content_disposition_header
from ninja import Query, Router
from ninja.responses import Status

from chatapp.api.people import person
from chatapp.api.schemas import (
    ConversationIn,
    ConversationPageOut,
    ConversationPatch,
    ConversationSnapshotOut,
    ConversationWindowOut,
    SkeletonOut,
)
from chatapp.api.snapshots import skeleton_out, snapshot_out, window_out
from chatapp.api.streaming import streamed
from chatapp.conversations import services
from chatapp.conversations.selectors import conversation_list
from chatapp.conversations.views import conversation_view
from chatapp.conversations.windows import DEFAULT_WINDOW_AFTER, DEFAULT_WINDOW_BEFORE, MAX_WINDOW
from chatapp.feed.events import ConversationView
from chatapp.feed.log import feed_cursor
from chatapp.generations.selectors import conversation_skeleton, conversation_snapshot, conversation_window
from chatapp.generations.services import conversation_remove
from chatapp.generations.turns.beginnings import conversation_begin
from chatapp.transfer.services import FileFormat, conversation_export

CONTENT_TYPES: dict[str, str] = {"json": "application/json", "markdown": "text/markdown; charset=utf-8"}

router = Router(tags=["conversations"])


@router.get("", response=ConversationPageOut)
def conversations_list(
    request: HttpRequest, query: str = "", page: str | None = None, limit: int = 30
) -> ConversationPageOut:
    owner_id = person(request).id
    feed = feed_cursor()
    found = conversation_list(owner_id=owner_id, query=query, page=page, limit=limit)
    return ConversationPageOut(
        feed=feed, items=[conversation_view(row) for row in found.rows], next_page=found.next_page
    )


@router.post("", response={201: ConversationView})
def conversations_create(request: HttpRequest, body: ConversationIn) -> Status[ConversationView]:
    template = None
    if body.template is not None:
        template = services.TemplateChoice(
            slug=body.template.slug, version=body.template.version, variables=body.template.variables
        )
    row = conversation_begin(
        owner=person(request),
        conversation_id=body.id,
        model_slug=body.model,
        temperature=body.temperature,
        template=template,
    )
    return Status(201, conversation_view(row))


@router.get("/{uuid:conversation_id}", response=ConversationSnapshotOut)
def conversations_get(request: HttpRequest, conversation_id: UUID) -> ConversationSnapshotOut:
    return snapshot_out(conversation_snapshot(owner_id=person(request).id, conversation_id=conversation_id))


@router.get("/{uuid:conversation_id}/window", response=ConversationWindowOut)
def conversations_window(
    request: HttpRequest,
    conversation_id: UUID,
    at: UUID | None = None,
    before: Annotated[int, Query(ge=0, le=MAX_WINDOW)] = DEFAULT_WINDOW_BEFORE,
    after: Annotated[int, Query(ge=0, le=MAX_WINDOW)] = DEFAULT_WINDOW_AFTER,  # its own: ninja keeps a default in it
) -> ConversationWindowOut:
    window = conversation_window(
        owner_id=person(request).id, conversation_id=conversation_id, at=at, before=before, after=after
    )
    return window_out(window)


@router.get("/{uuid:conversation_id}/skeleton", response=SkeletonOut)
def conversations_skeleton(request: HttpRequest, conversation_id: UUID, after: UUID | None = None) -> SkeletonOut:
    return skeleton_out(
        conversation_skeleton(owner_id=person(request).id, conversation_id=conversation_id, after=after)
    )


@router.patch("/{uuid:conversation_id}", response=ConversationView)
def conversations_update(request: HttpRequest, conversation_id: UUID, body: ConversationPatch) -> ConversationView:
    row = services.conversation_update(
        owner_id=person(request).id,
        conversation_id=conversation_id,
        title=body.title,
        model_slug=body.model,
        temperature=body.temperature,
        active_leaf_id=body.active_leaf_id,
    )
    return conversation_view(row)


@router.delete("/{uuid:conversation_id}", response={204: None})
def conversations_delete(request: HttpRequest, conversation_id: UUID) -> Status[None]:
    conversation_remove(owner_id=person(request).id, conversation_id=conversation_id)
    return Status(204, None)


@router.get("/{uuid:conversation_id}/export")
def conversations_export(
    request: HttpRequest,
    conversation_id: UUID,
    file_format: Annotated[FileFormat, Query(alias="format")] = "json",
) -> StreamingHttpResponse:
    name, pieces = conversation_export(
        owner_id=person(request).id, conversation_id=conversation_id, file_format=file_format
    )
    response = streamed(request, pieces, content_type=CONTENT_TYPES[file_format])
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return response
