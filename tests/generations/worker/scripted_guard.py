"""A model that judges, scripted, the rules that ask it, and what came of a turn whose texts it judged."""

import threading
from typing import cast
from uuid import UUID

from chatapp.conversations.models import Conversation, Message
from chatapp.core import clock
from chatapp.feed import log
from chatapp.generations.models import Generation
from chatapp.moderation.judging.classifiers.types import NO_CONTEXT, ClassifierTimedOut, Context, Labels
from chatapp.review.cases.appeals import message_appeal
from chatapp.review.cases.services import case_claim, case_overturn
from tests.support.factories import make_conversation, make_user, publish_rule, start_turn

GUARD = "scripted-guard"
HARMFUL = 0.99


class ScriptedGuard:
    """Finds harm where "poison" stands; waits where "slow" does until the test lets it, and never answers "mute"."""

    max_window_chars = 400

    def __init__(self) -> None:
        self.asked: list[tuple[str, Context]] = []
        self.may_answer = threading.Event()
        self.harmful_otherwise: tuple[str, ...] = ()

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
        self.asked.append((text, context))
        if "mute" in text:
            raise ClassifierTimedOut("scripted")
        if "slow" in text:
            assert self.may_answer.wait(timeout=20.0)
        return Labels(
            {
                "harm": HARMFUL if "poison" in text else 0.0,
                "other": HARMFUL if any(word in text for word in self.harmful_otherwise) else 0.0,
            }
        )


def publish_guard_rule(action="block", *, stages=("input",), severity=2, **options):
    thresholds = {"threshold_controversial": 0.5, "threshold_unsafe": 0.9}
    return publish_rule(
        action=action,
        stages=stages,
        kind="classifier",
        severity=severity,
        notice_en="Not here.",
        safe_completion_en="Call 988.",
        options={"classifier": GUARD, "label": "harm", **thresholds, **options},
    )


def asked_turn(text: str, *, conversation: Conversation | None = None) -> Generation:
    conversation = conversation or make_conversation(make_user())
    turn = start_turn(conversation, text)
    return Generation.objects.get(id=turn.generation_id)


def answer_of(generation: Generation) -> Message:
    return Message.objects.select_related("parent").get(id=cast("UUID", generation.message_id))


def question_of(generation: Generation) -> Message:
    return cast("Message", answer_of(generation).parent)


def overturn(turn: Generation) -> None:
    """A reviewer finds that the rules were wrong about the question."""
    case = message_appeal(owner_id=turn.owner_id, message_id=question_of(turn).id, words="", now=clock.now())
    reviewer = make_user(is_superuser=True)
    case_claim(case_id=case.id, reviewer=reviewer, now=clock.now())
    case_overturn(case_id=case.id, reviewer=reviewer, reason="a chemist", now=clock.now())


def shown(generation: Generation) -> str:
    live = log.live_texts([generation.id])[0]
    return live.text if live else ""
