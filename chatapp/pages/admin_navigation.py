"""The side navigation of the admin, by task. An entry whose page is not installed or not permitted is left out."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _


def _item(request: HttpRequest, title: str, icon: str, page: str, permission: str) -> dict[str, Any] | None:
    if not request.user.has_perm(permission):
        return None
    try:
        return {"title": title, "icon": icon, "link": reverse(f"admin:{page}")}
    except NoReverseMatch:
        return None


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    groups = [
        (
            _("Moderation"),
            [
                _item(request, _("Rules"), "rule", "moderation_rule_changelist", "moderation.view_rule"),
                _item(request, _("Try it"), "experiment", "moderation_rule_try", "moderation.view_rule"),
                _item(request, _("Dry runs"), "fast_forward", "review_dryrun_changelist", "review.view_dryrun"),
                _item(
                    request, _("Rulesets"), "inventory_2", "moderation_ruleset_changelist", "moderation.view_ruleset"
                ),
                _item(request, _("Review queue"), "inbox", "review_reviewcase_changelist", "review.view_reviewcase"),
                _item(request, _("Appeals"), "record_voice_over", "review_appeal_changelist", "review.view_appeal"),
                _item(request, _("Decisions"), "gavel", "review_decision_changelist", "review.view_decision"),
                _item(
                    request,
                    _("Evidence readings"),
                    "visibility",
                    "review_evidencereading_changelist",
                    "review.view_evidencereading",
                ),
                _item(
                    request,
                    _("Context readings"),
                    "menu_book",
                    "review_contextreading_changelist",
                    "review.view_contextreading",
                ),
                _item(
                    request,
                    _("Dry run readings"),
                    "plagiarism",
                    "review_dryrunreading_changelist",
                    "review.view_dryrunreading",
                ),
            ],
        ),
        (
            _("Conversations"),
            [
                _item(
                    request,
                    _("Generations"),
                    "bolt",
                    "generations_generation_changelist",
                    "generations.view_generation",
                ),
            ],
        ),
        (
            _("People"),
            [
                _item(request, _("People"), "person", "accounts_user_changelist", "accounts.view_user"),
                _item(request, _("Groups"), "group", "auth_group_changelist", "auth.view_group"),
            ],
        ),
        (
            _("Models and prompts"),
            [
                _item(request, _("Models"), "neurology", "catalog_chatmodel_changelist", "catalog.view_chatmodel"),
                _item(
                    request,
                    _("Prompt templates"),
                    "description",
                    "prompts_prompttemplate_changelist",
                    "prompts.view_prompttemplate",
                ),
            ],
        ),
    ]
    found = [(title, [item for item in items if item]) for title, items in groups]
    _mark_here([item for _title, items in found for item in items], request.path)
    return [{"title": title, "items": items} for title, items in found if items]


def _mark_here(items: list[dict[str, Any]], path: str) -> None:
    """The one entry that the page belongs to: where a page lies under another's, the nearer of them."""
    above = [item["link"] for item in items if path.startswith(item["link"])]
    for item in items:
        item["active"] = bool(above) and item["link"] == max(above, key=len)
