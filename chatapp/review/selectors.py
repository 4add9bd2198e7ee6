"""Reads decisions, and what people made of them afterwards."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, When
from django.utils.translation import gettext as _

from chatapp.feed.events import AppealState
from chatapp.moderation.judging.conduct import Hit
from chatapp.moderation.judging.verdict import HOLDING_ACTIONS, Action, Stage
from chatapp.review.errors import AppealNotFound, DecisionNotFound
from chatapp.review.evidence import chain
from chatapp.review.models import OPEN_STATES, Appeal, Decision, ReviewCase
from chatapp.review.telling import appeal_state

_ROWS_AT_A_TIME = 2000


def decision_list(
    *, conversation_id: UUID | None = None, message_id: UUID | None = None, rule_slug: str | None = None
) -> QuerySet[Decision]:
    """Decisions, newest first, narrowed by what is given."""
    wanted = {"conversation_id": conversation_id, "message_id": message_id, "rule_slug": rule_slug}
    return Decision.objects.filter(**{name: value for name, value in wanted.items() if value is not None})


def decisions_of_generation(*, conversation_id: UUID, generation_id: UUID, stage: Stage) -> QuerySet[Decision]:
    """What was decided on what one generation wrote, in the order of the decisions."""
    return Decision.objects.filter(
        conversation_id=conversation_id, generation_id=generation_id, stage=stage, is_enforced=True
    ).order_by("place")


def hits_of_person(*, owner_id: UUID, since: datetime) -> Iterator[Hit]:
    """What rules enforced on one person's conversations; pauses for it are none. One indexed query."""
    rows = Decision.objects.filter(owner_id=owner_id, created_at__gt=since, is_enforced=True)
    hits = rows.exclude(action=Action.THROTTLE).order_by().values_list("created_at", "category", "stage").distinct()
    return (Hit(*row) for row in hits)


def decision_list_broken() -> Iterator[tuple[Decision, str]]:
    """The first row of each chain that is not as it was written, with the reason. Walks every row."""
    rows = Decision.objects.order_by("conversation_id", "place")
    return chain.breaks(rows.iterator(chunk_size=_ROWS_AT_A_TIME))


def decision_get_own(*, owner_id: UUID, decision_id: UUID) -> Decision:
    """
    A decision that its person was told of.

    :raises DecisionNotFound: not there, about another person's text, or one that took nothing away.
    """
    row = Decision.objects.filter(
        id=decision_id, owner_id=owner_id, is_enforced=True, action__in=[action.value for action in HOLDING_ACTIONS]
    ).first()
    if row is None:
        raise DecisionNotFound(_("This decision is not there. Reload the page."))
    return row


def decisions_beside(decision: Decision) -> list[Decision]:
    """All decisions on the same text at the same stage, in order: the one given is among them."""
    rows = Decision.objects.filter(conversation_id=decision.conversation_id, stage=decision.stage)
    if decision.message_id is not None:
        rows = rows.filter(message_id=decision.message_id)
    elif decision.evidence_id is not None:
        rows = rows.filter(evidence_id=decision.evidence_id)
    else:
        rows = rows.filter(message_id=None, created_at=decision.created_at)
    return list(rows.order_by("place"))


def decisions_of(case: ReviewCase) -> list[Decision]:
    """What the case is about, in order."""
    return decisions_beside(Decision.objects.get(id=case.decision_id))


def review_case_list() -> QuerySet[ReviewCase]:
    """Every case: those that wait first, the gravest of them first, of equals the oldest."""
    is_resolved = Case(When(state__in=OPEN_STATES, then=0), default=1, output_field=IntegerField())
    return ReviewCase.objects.annotate(is_resolved=is_resolved).order_by("is_resolved", "-severity", "opened_at", "id")


def appeal_states(*, conversation_id: UUID) -> dict[UUID, AppealState]:
    """By message: how the person's question for review stands. Messages that nobody asked about are left out."""
    appeals = Appeal.objects.filter(case__conversation_id=conversation_id, case__message_id__isnull=False)
    return {
        appeal.case.message_id: appeal_state(appeal.case)
        for appeal in appeals.select_related("case").order_by("id")
        if appeal.case.message_id is not None
    }


def appeal_get_case(*, owner_id: UUID, decision_id: UUID) -> ReviewCase:
    """
    The case that the person asked about by this decision.

    :raises AppealNotFound: not there, or another person's.
    """
    appeal = Appeal.objects.filter(owner_id=owner_id, case__decision_id=decision_id).select_related("case").first()
    if appeal is None:
        raise AppealNotFound(_("You have not asked for review of this."))
    return appeal.case


def decisions_told(*, conversation_id: UUID) -> dict[UUID, list[Decision]]:
    """By message: the decisions that a person is told of, those that took text away, in order."""
    rows = Decision.objects.filter(
        conversation_id=conversation_id,
        message_id__isnull=False,
        is_enforced=True,
        action__in=[action.value for action in HOLDING_ACTIONS],
    ).order_by("place")
    told: dict[UUID, list[Decision]] = {}
    for row in rows:
        if row.message_id is not None:
            told.setdefault(row.message_id, []).append(row)
    return told
