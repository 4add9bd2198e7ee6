"""Refuses the turns of a person whose hits are too many for a while, and puts that on record."""

from uuid import UUID

from django.utils.translation import get_language

from chatapp.core import clock
from chatapp.generations.errors import ConductThrottled
from chatapp.generations.notices import notice_of
from chatapp.moderation.judging.conduct import conduct_match, conduct_rules, longest_window, paused_until
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Action, Match, Stage, Verdict
from chatapp.moderation.publishing.loading import ruleset_current
from chatapp.review.selectors import hits_of_person
from chatapp.review.services import decisions_record


def conduct_check(*, owner_id: UUID, conversation_id: UUID) -> None:
    """
    Call with no transaction open, for a conversation that is the person's own. Without such rules it asks nothing.

    :raises ConductThrottled: after its decision is written.
    """
    ruleset, now = ruleset_current(), clock.now()
    rules = conduct_rules(ruleset.rules)
    if not rules:
        return
    hits = list(hits_of_person(owner_id=owner_id, since=now - longest_window(rules)))
    pauses = [(until, rule) for rule in rules if (until := paused_until(rule, hits, now=now))]
    matches = tuple(conduct_match(rule) for _, rule in pauses)
    _record(ruleset, matches, owner_id=owner_id, conversation_id=conversation_id)
    enforced = [(until, rule.id) for until, rule in pauses if rule.enforced]
    if enforced:
        until, rule_id = max(enforced)
        match = next(match for match in matches if match.rule_id == rule_id)
        notice = notice_of(ruleset, match, language=get_language() or "en")
        raise ConductThrottled.of(until=until, now=now, notice=notice["text"])


def _record(ruleset: Ruleset, matches: tuple[Match, ...], *, owner_id: UUID, conversation_id: UUID) -> None:
    decisions_record(
        conversation_id=conversation_id,
        owner_id=owner_id,
        message_id=None,
        generation_id=None,
        verdict=Verdict(Action.THROTTLE, matches, "", ruleset.version),
        stage=Stage.INPUT,
        withheld_text="",
        latency_us=0,
    )
