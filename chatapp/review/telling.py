"""Tells a person, in their open tabs, how their question for review stands."""

from chatapp.core.ids import uuid7
from chatapp.feed.events import AppealState, AppealUpdated, AppealView
from chatapp.feed.outbox import fact_write
from chatapp.review.models import Appeal, ReviewCase, ReviewState


def appeal_state(case: ReviewCase) -> AppealState:
    """As the person sees it: who is looking, and since when, is not theirs to know."""
    match ReviewState(case.state):
        case ReviewState.WAITING | ReviewState.CLAIMED:
            return "waiting"
        case ReviewState.CONFIRMED:
            return "confirmed"
        case ReviewState.OVERTURNED:
            return "overturned"


def appeal_view(case: ReviewCase) -> AppealView:
    return AppealView(
        decision_id=case.decision_id,
        conversation_id=case.conversation_id,
        message_id=case.message_id,
        state=appeal_state(case),
    )


def appeal_tell(case: ReviewCase) -> None:
    """Write the fact, if the person asked at all. Call inside the transaction of the change."""
    if Appeal.objects.filter(case=case).exists():
        fact_write(user_id=case.owner_id, fact=AppealUpdated(id=uuid7(), appeal=appeal_view(case)))
