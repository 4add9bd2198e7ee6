"""
Measures what rules hold back over recent answers. Owns which answers, and when a figure is old.

In the default worker, aside: an answer of 500 characters takes a millisecond or two a rule.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from chatapp.conversations.models import Message, MessageRole
from chatapp.core.aside import run_aside
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.publishing.selectors import ruleset_rules
from chatapp.review.holds.measuring import hold_of, is_measurable
from chatapp.review.holds.models import RuleHold

RECENT_DAYS = 30
MAX_TEXTS = 200
# Enough for a 99th percentile; no more, however long the answers are.
_MAX_CHARS = 100_000
_OLD_AFTER = timedelta(days=1)

logger = structlog.get_logger(__name__)


def rule_holds_measure(*, now: datetime) -> int:
    """Measure each rule in force whose figure is missing, of another revision, or a day old. Returns how many."""
    rules = {rule.id: rule for rule in ruleset_rules() if is_measurable(rule)}
    RuleHold.objects.exclude(rule_slug__in=rules).delete()
    fresh = RuleHold.objects.filter(measured_at__gt=now - _OLD_AFTER).values_list("rule_slug", "rule_revision")
    up_to_date = set(fresh)
    due = [rule for rule in rules.values() if (rule.id, rule.revision) not in up_to_date]
    texts = _recent_answers(now) if due else []
    if not texts:
        return 0
    for rule in due:
        _measure(rule, texts, now)
    logger.info("rule_holds_measured", num_rules=len(due), num_texts=len(texts))
    return len(due)


def _measure(rule: Rule, texts: Sequence[str], now: datetime) -> None:
    hold = run_aside(partial(hold_of, rule, texts))
    if hold is None:
        return
    figures = {"rule_revision": rule.revision, "num_texts": len(texts), "measured_at": now, **hold._asdict()}
    RuleHold.objects.update_or_create(rule_slug=rule.id, defaults=figures)


def _recent_answers(now: datetime) -> list[str]:
    """As people have them, the newest; the last of them as far as the number of characters goes."""
    answers = Message.objects.filter(role=MessageRole.ASSISTANT, created_at__gte=now - timedelta(days=RECENT_DAYS))
    newest = answers.exclude(text=None).exclude(text="").order_by("-id").values_list("text", flat=True)[:MAX_TEXTS]
    texts, num_left = [], _MAX_CHARS
    for text in newest:
        if num_left <= 0:
            break
        texts.append((text or "")[:num_left])
        num_left -= len(texts[-1])
    return texts
