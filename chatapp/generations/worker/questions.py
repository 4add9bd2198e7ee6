"""
The check of a question by the rules that ask a model: in the model worker, before the model reads it.

The other rules judged it before it was stored. What these find, they find in a message that is in the conversation: it
is marked, and where it may not be answered it is withheld. Its text stays its author's to see and to send otherwise.
"""

from dataclasses import dataclass

from django.db import transaction

from chatapp.conversations.models import Message, MessageState
from chatapp.conversations.services import question_mark
from chatapp.generations.holding import generation_is_held
from chatapp.generations.input_check import Judged, judged_by, judged_record
from chatapp.generations.models import Generation
from chatapp.generations.notices import Told, notice_of
from chatapp.generations.safe_completions import rest_of_answer
from chatapp.generations.worker.earlier import match_of
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, Part
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Action, Stage, Verdict, greatest_action
from chatapp.moderation.publishing.loading import ruleset_get
from chatapp.review.models import Decision
from chatapp.review.selectors import decisions_of_generation


@dataclass(frozen=True, slots=True)
class QuestionRefused:
    """Why the model does not answer. text: the operator's answer in its place, or "" where the question is withheld."""

    told: Told
    text: str


def question_check(
    row: Generation, *, ruleset: CompiledRuleset, language: str, is_begun: bool
) -> QuestionRefused | None:
    """
    Ask the models, put what they say on record, and mark the message. None: the model may answer.

    Waits for models, with no transaction open. What an earlier attempt put on record holds; is_begun: it had begun to
    answer, so it had asked.
    """
    question = row.question
    if question is None:
        return None
    if before := _recorded(row):
        verdict_ruleset = ruleset_get(version=before.ruleset_version)
        return _refused(before, _told(before, verdict_ruleset, language), verdict_ruleset, language)
    if is_begun or not ruleset.compiled(Stage.INPUT, Part.BY_MODEL).looking:
        return None
    judged = judged_by(ruleset, owner_id=row.owner_id, text=question.text or "", stage=Stage.INPUT, part=Part.BY_MODEL)
    told = _told(judged.verdict, ruleset, language)
    refused = _refused(judged.verdict, told, ruleset, language)
    if judged.verdict.matches:
        _settle(row, question, judged, told=told, is_withheld=refused is not None and not refused.text)
    return refused


def _recorded(row: Generation) -> Verdict | None:
    """What an earlier attempt found in the question, if it is to be told of."""
    if row.attempt == 1:
        return None
    decisions = decisions_of_generation(conversation_id=row.conversation_id, generation_id=row.id, stage=Stage.INPUT)
    by_model = [decision for decision in decisions if _asks_model(decision)]
    if not by_model:
        return None
    matches = tuple(map(match_of, by_model))
    return Verdict(greatest_action(matches), matches, "", by_model[0].ruleset_version)


def _asks_model(decision: Decision) -> bool:
    return ruleset_get(version=decision.ruleset_version).asks_model(decision.rule_slug)


def _told(verdict: Verdict, ruleset: Ruleset, language: str) -> Told | None:
    match = verdict.told
    return None if match is None else Told(match, notice_of(ruleset, match, language=language))


def _refused(verdict: Verdict, told: Told | None, ruleset: Ruleset, language: str) -> QuestionRefused | None:
    """What would be masked is withheld with its message, whose text is written once."""
    if told is None or told.match.action is Action.WARN:
        return None
    answered = verdict.safe_completion
    text = "" if answered is None else rest_of_answer(ruleset, answered, language=language, is_begun=False)
    return QuestionRefused(told, text)


@transaction.atomic
def _settle(row: Generation, question: Message, judged: Judged, *, told: Told | None, is_withheld: bool) -> None:
    """Nothing where another attempt has the row by now: this one is fenced."""
    if not generation_is_held(generation_id=row.id, attempt=row.attempt):
        return
    # An operator's answer tells of itself.
    if told is not None and judged.verdict.safe_completion is None:
        state = MessageState.WITHHELD if is_withheld else MessageState.VISIBLE
        question_mark(message=question, state=state, notice=told.notice)
    judged_record(
        judged,
        owner_id=row.owner_id,
        conversation_id=row.conversation_id,
        message_id=question.id,
        generation_id=row.id,
    )
