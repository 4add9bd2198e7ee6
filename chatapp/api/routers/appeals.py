"""`/messages/{id}/appeal` and `/decisions/{id}/appeal`: a person asks for review, and sees how it stands."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status

from chatapp.api.people import person
from chatapp.api.schemas import AppealIn
from chatapp.core import clock
from chatapp.feed.events import AppealView
from chatapp.review.cases.appeals import decision_appeal, message_appeal
from chatapp.review.selectors import appeal_get_case
from chatapp.review.telling import appeal_view

router = Router(tags=["review"])


@router.post("/messages/{uuid:message_id}/appeal", response={201: AppealView})
def messages_appeal(request: HttpRequest, message_id: UUID, body: AppealIn) -> Status[AppealView]:
    case = message_appeal(owner_id=person(request).id, message_id=message_id, words=body.words, now=clock.now())
    return Status(201, appeal_view(case))


@router.post("/decisions/{uuid:decision_id}/appeal", response={201: AppealView})
def decisions_appeal(request: HttpRequest, decision_id: UUID, body: AppealIn) -> Status[AppealView]:
    case = decision_appeal(owner_id=person(request).id, decision_id=decision_id, words=body.words, now=clock.now())
    return Status(201, appeal_view(case))


@router.get("/decisions/{uuid:decision_id}/appeal", response=AppealView)
def decisions_appeal_get(request: HttpRequest, decision_id: UUID) -> AppealView:
    return appeal_view(appeal_get_case(owner_id=person(request).id, decision_id=decision_id))
