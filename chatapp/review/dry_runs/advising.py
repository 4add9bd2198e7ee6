"""What the newest dry run of exactly these rules says to whoever is about to publish them."""

from collections.abc import Sequence

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.publishing.advice import Advice
from chatapp.moderation.publishing.selectors import ruleset_rules
from chatapp.review.dry_runs.models import DryRunScope
from chatapp.review.dry_runs.scope import rules_digest
from chatapp.review.dry_runs.selectors import dry_run_newest_of
from chatapp.review.dry_runs.table_rows import share_text


def dry_run_advice(rules: Sequence[Rule]) -> Advice | None:
    """None where nothing would change. A hurdle where the share of withheld text is above the limit."""
    digest = rules_digest(rules)
    if digest == rules_digest(ruleset_rules()):
        return None
    run = dry_run_newest_of(rules_digest=digest)
    if run is None:
        return Advice(
            sentence=_("These rules were not run over past conversations yet."),
            address=f"{reverse('admin:review_dryrun_start')}?scope={DryRunScope.NEXT}",
            link=_("Run them"),
        )
    limit = settings.MODERATION_DRY_RUN_SHARE_LIMIT
    is_hurdle = run.withheld_share > limit
    figures = {
        "share": share_text(run.num_withheld, run.num_judged),
        "number": f"{run.num_judged:,}",
        "limit": f"{limit:.2%}",
    }
    sentence = (
        _("In a dry run over %(number)s messages they took text from %(share)s of them. The limit is %(limit)s.")
        if is_hurdle
        else _("In a dry run over %(number)s messages they took text from %(share)s of them.")
    )
    address = reverse("admin:review_dryrun_change", args=[run.id])
    return Advice(sentence=sentence % figures, address=address, link=_("See the dry run"), is_hurdle=is_hurdle)
