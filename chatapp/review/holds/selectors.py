"""Reads what rules hold back."""

from django.db.models import OuterRef, QuerySet, Subquery

from chatapp.moderation.models import Rule
from chatapp.review.holds.models import RuleHold


def rules_with_holds(rules: QuerySet[Rule]) -> QuerySet[Rule]:
    """Each rule with `held_p50_chars`, `held_p99_chars` and `held_num_texts`; None where it was not measured."""
    hold = RuleHold.objects.filter(rule_slug=OuterRef("slug"))
    return rules.annotate(
        held_p50_chars=Subquery(hold.values("p50_chars")),
        held_p99_chars=Subquery(hold.values("p99_chars")),
        held_num_texts=Subquery(hold.values("num_texts")),
    )
