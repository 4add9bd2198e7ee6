"""
The check of what a person writes, before anything of it is stored.

Judges, puts a refusal on record and raises it. A refusal opens one transaction, its decision's, and no other.
"""

import time
from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from django.utils.translation import get_language

from chatapp.generations.ending import Ending
from chatapp.generations.errors import InputBlocked
from chatapp.generations.models import FinishReason
from chatapp.generations.notices import notice_of
from chatapp.generations.safe_completions import rest_of_answer
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, Part
from chatapp.moderation.judging.supposing import judge_excusing
from chatapp.moderation.judging.verdict import Stage, Verdict
from chatapp.moderation.publishing.loading import ruleset_current, ruleset_get
from chatapp.review.cases.overturned import rules_overturned
from chatapp.review.cases.services import decisive
from chatapp.review.models import Decision
from chatapp.review.services import decisions_record


@dataclass(frozen=True, slots=True)
class Judged:
    """What a person sent, and what the rules say of it."""

    text: str
    stage: Stage
    verdict: Verdict
    latency_us: int


def person_text_judge(*, owner_id: UUID, conversation_id: UUID, text: str, stage: Stage) -> Judged:
    """
    Judge a text that is no message, for a conversation that is the person's own: a refusal goes on its record.

    It cannot be answered, so a safe completion refuses it with the operator's answer as words.
    :raises InputBlocked: after its decision is written.
    """
    judged = text_judged(owner_id=owner_id, text=text, stage=stage)
    if judged.verdict.blocked or judged.verdict.safe_completion:
        judged_refuse(judged, owner_id=owner_id, conversation_id=conversation_id)
    return judged


def judged_refuse(judged: Judged, *, owner_id: UUID, conversation_id: UUID) -> NoReturn:
    """:raises InputBlocked: after its decision is written."""
    decisions = judged_record(
        judged, owner_id=owner_id, conversation_id=conversation_id, message_id=None, generation_id=None
    )
    raise _refusal(judged, decisive(decisions))


def _refusal(judged: Judged, decision: Decision) -> InputBlocked:
    """decision: by its id the person may ask for review."""
    answer, notice = safe_answer(judged), told_notice(judged) or {}
    words = answer.text if answer else notice.get("text", "")
    return InputBlocked(words, category=notice.get("category", ""), notice=words, decision_id=str(decision.id))


def text_judged(*, owner_id: UUID, text: str, stage: Stage) -> Judged:
    """
    What a person sends, before anything is stored, by the rules that need no model. Opens no transaction.

    :raises RulesetMissing: when nothing is published: then nothing may pass.
    """
    return judged_by(ruleset_current(), owner_id=owner_id, text=text, stage=stage, part=Part.AT_ONCE)


def judged_by(ruleset: CompiledRuleset, *, owner_id: UUID, text: str, stage: Stage, part: Part) -> Judged:
    """What a reviewer found wrong about exactly these words of this person is not done to them again."""
    began_ns = time.perf_counter_ns()
    verdict = judge(ruleset, text, stage, part=part)
    if any(match.withholds for match in verdict.matches):
        excused = rules_overturned(owner_id=owner_id, text=text, stage=stage)
        verdict = judge_excusing(ruleset, text, stage, rule_ids=excused, part=part) if excused else verdict
    return Judged(text, stage, verdict, (time.perf_counter_ns() - began_ns) // 1000)


def told_notice(judged: Judged) -> dict[str, str] | None:
    """What the person is told of their text, in their language."""
    match = judged.verdict.told
    if match is None:
        return None
    ruleset = ruleset_get(version=judged.verdict.ruleset_version)
    return notice_of(ruleset, match, language=get_language() or "en")


def safe_answer(judged: Judged) -> Ending | None:
    """The end of an answer that the operator wrote, where the rules ask for it instead of the model's."""
    match = judged.verdict.safe_completion
    if match is None:
        return None
    ruleset = ruleset_get(version=judged.verdict.ruleset_version)
    text = rest_of_answer(ruleset, match, language=get_language() or "en", is_begun=False)
    return Ending(finish_reason=FinishReason.CONTENT_FILTER, text=text, seq=0, notice=told_notice(judged))


def judged_record(
    judged: Judged, *, owner_id: UUID, conversation_id: UUID, message_id: UUID | None, generation_id: UUID | None
) -> list[Decision]:
    """Write the decisions on a text in the transaction that stores it: never one without the other."""
    return decisions_record(
        conversation_id=conversation_id,
        owner_id=owner_id,
        message_id=message_id,
        generation_id=generation_id,
        verdict=judged.verdict,
        stage=judged.stage,
        withheld_text=judged.text if judged.verdict.released_text != judged.text else "",
        latency_us=judged.latency_us,
    )
