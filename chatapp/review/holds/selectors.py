"""Reads what rules hold back."""

from collections.abc import Collection

from chatapp.review.holds.models import RuleHold


def rule_holds(*, slugs: Collection[str]) -> dict[str, RuleHold]:
    """By rule, those that were measured; in one query."""
    return RuleHold.objects.in_bulk(list(slugs))
