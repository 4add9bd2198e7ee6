"""The page on which people try a text: verdict, marked text, and by which rule and channel each match was seen."""

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from chatapp.moderation import models
from chatapp.moderation.admin.forms import TryForm
from chatapp.moderation.admin.marking import pieces, visible
from chatapp.moderation.admin.page import page, permitted
from chatapp.moderation.choices import ACTION_LABELS, CATEGORY_LABELS, CHANNEL_LABELS, KIND_LABELS
from chatapp.moderation.colours import ACTION_COLOURS
from chatapp.moderation.judging.gate import find_matches, judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, Part
from chatapp.moderation.judging.supposing import judge_supposing
from chatapp.moderation.judging.text.normalise import fold_text
from chatapp.moderation.judging.verdict import Action, Match, RuleKind, RuleState, Verdict
from chatapp.moderation.offer import offer_current
from chatapp.moderation.publishing.loading import ruleset_current
from chatapp.moderation.publishing.selectors import ruleset_edited

_MAX_SEEN_CHARS = 60


def try_view(request: HttpRequest, model_admin: ModelAdmin) -> HttpResponse:
    """A text box; with a text in it, the verdict and the marked text. Stores nothing."""
    permitted(request, "moderation.view_rule")
    form = TryForm(request.POST or None)
    judged = _judged(form) if request.method == "POST" and form.is_valid() else {}
    return page(request, model_admin, "moderation/try", {"title": _("Try it"), "form": form, **judged})


def _judged(form: TryForm) -> dict[str, Any]:
    text, stage = form.cleaned_data["text"], form.cleaned_data["stage"]
    ruleset = _ruleset(form.cleaned_data["rules"])
    # Compiles what is not compiled yet, so the time below is judging.
    matches = find_matches(ruleset, text, stage, part=Part.AT_ONCE)
    began_s = perf_counter()
    verdict = judge(ruleset, text, stage, part=Part.AT_ONCE)
    duration_ms = (perf_counter() - began_s) * 1000
    return {
        **_outcome(verdict, text),
        "would": _would(ruleset, matches, text, stage),
        "left_out": [rule.id for rule in ruleset.rules if ruleset.asks_model(rule.id) and stage in rule.stages],
        "duration_ms": round(duration_ms, 1),
        "matches": _matches_table(text, matches, ruleset),
        "pieces": pieces(text, matches),
    }


def _ruleset(rules: str) -> CompiledRuleset:
    if rules == TryForm.PUBLISHED:
        return ruleset_current()
    return CompiledRuleset.of(ruleset_edited(), offer=offer_current())


def _outcome(verdict: Verdict, text: str) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "verdict_label": ACTION_LABELS.get(verdict.action, _("nothing to do")),
        "verdict_colour": ACTION_COLOURS.get(verdict.action, "success"),
        "decisive": verdict.decisive,
        "is_unchanged": verdict.action is not Action.BLOCK and verdict.released_text == text,
    }


def _would(ruleset: CompiledRuleset, matches: Sequence[Match], text: str, stage: str) -> dict[str, Any] | None:
    """What would be done if drafts and shadow rules acted; None where none of them hits."""
    if all(match.enforced for match in matches):
        return None
    supposed = judge_supposing(
        ruleset, text, stage, matches=matches, state=lambda _rule: RuleState.ENFORCING, part=Part.AT_ONCE
    )
    return _outcome(supposed, text)


def _matches_table(text: str, matches: Sequence[Match], ruleset: CompiledRuleset) -> dict[str, Any]:
    addresses = _addresses({match.rule_id for match in matches})
    return {
        "headers": [
            _("rule"), _("kind"), _("seen"), _("characters"), _("text as rules see it"), _("category"), _("action"),
            _("severity"), _("enforced"), _("score"),
        ],
        "rows": [_row(text, match, ruleset.rule(match.rule_id).kind, addresses) for match in matches],
    }  # fmt: skip


def _row(text: str, match: Match, kind: RuleKind, addresses: Mapping[str, str]) -> list[object]:
    return [
        format_html('<a class="underline" href="{}">{}</a>', addresses.get(match.rule_id, "#"), match.rule_id),
        KIND_LABELS[kind],
        CHANNEL_LABELS[match.channel],
        f"{match.start}–{match.end}",
        _seen(text[match.start : match.end]),
        CATEGORY_LABELS.get(match.category, match.category),
        ACTION_LABELS[match.action],
        match.severity,
        _("yes") if match.enforced else _("no, shadow"),
        _score(match),
    ]


def _addresses(rule_ids: set[str]) -> dict[str, str]:
    rows = models.Rule.objects.filter(slug__in=rule_ids).values_list("slug", "id")
    return {slug: reverse("admin:moderation_rule_change", args=[rule_id]) for slug, rule_id in rows}


def _seen(text: str) -> str:
    """Of what rules do not see at all: what is there."""
    seen = fold_text(text) or visible(text)
    return seen if len(seen) <= _MAX_SEEN_CHARS else f"{seen[:_MAX_SEEN_CHARS]}…"


def _score(match: Match) -> str:
    if match.error:
        return _("could not judge: %(code)s") % {"code": match.error}
    return "–" if match.score is None else f"{match.score:.2f}"
