"""
Packs in and out of the rules that people edit. Owns what becomes of a pack here, and which rules a pack can hold.

What comes in are drafts; a rule that is there already stays as it is. Knows no file and no page.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.core.limits import MAX_REASON_CHARS
from chatapp.moderation import models
from chatapp.moderation.errors import PackEmpty, RuleReasonMissing
from chatapp.moderation.judging.text.normalise import pattern_symbols
from chatapp.moderation.judging.verdict import Category, Channel, RuleKind, RuleState
from chatapp.moderation.packs.entry import EntryInvalid, read_entry
from chatapp.moderation.packs.pack import PACK_ACTIONS, Pack, PackEntry, PackHeader, PackRule, rules_of
from chatapp.moderation.rules.published import lines
from chatapp.moderation.rules.services import rule_create

_NOTICE_FIELDS = (("en", "notice_en"), ("zh-hans", "notice_zh_hans"))


@dataclass(frozen=True, slots=True)
class PackPlan:
    """What importing a pack would do. existing: rules whose name is taken, so that nothing would become of them."""

    new: tuple[PackRule, ...]
    existing: tuple[PackRule, ...]


@dataclass(frozen=True, slots=True)
class PackExport:
    """
    A pack of the rules that a pack can hold.

    left_out_rules: the others, with a code. left_out_entries: entries that no pack could be read with, by rule.
    """

    pack: Pack
    left_out_rules: Mapping[str, str] = field(default_factory=dict)
    left_out_entries: Mapping[str, int] = field(default_factory=dict)


def pack_plan(*, pack: Pack) -> PackPlan:
    planned = rules_of(pack)
    taken = set(models.Rule.objects.filter(slug__in=[rule.slug for rule in planned]).values_list("slug", flat=True))
    return PackPlan(
        new=tuple(rule for rule in planned if rule.slug not in taken),
        existing=tuple(rule for rule in planned if rule.slug in taken),
    )


def pack_import(*, pack: Pack, author: User, reason: str) -> PackPlan:
    """
    Store the pack's new rules as drafts, each with its first revision; all of them or none. Returns what was done.

    :raises RuleReasonMissing: without a reason: it is what the rules' histories begin with.
    :raises PackEmpty: if every rule is there already, or the pack has no entry.
    """
    if not reason.strip():
        raise RuleReasonMissing(_("Say why you import these rules: their histories begin with it."))
    kept = _reason_with_origin(pack.header, reason.strip())
    with transaction.atomic():
        plan = pack_plan(pack=pack)
        if not plan.new:
            raise PackEmpty(_("There is nothing to import: no rule of this pack is new."))
        for planned in plan.new:
            rule_create(rule=_draft(planned), author=author, reason=kept)
    return plan


def _reason_with_origin(header: PackHeader, reason: str) -> str:
    """With where the words come from: rules themselves have no place for it."""
    said = {_("pack"): f"{header.name} {header.version}".strip(), _("source"): header.source}
    said[_("licence")] = header.licence
    origin = "; ".join(f"{name}: {text}" for name, text in said.items() if text)
    return f"{reason[: MAX_REASON_CHARS // 2]} ({origin})"[:MAX_REASON_CHARS]


def _draft(planned: PackRule) -> models.Rule:
    chosen = {Channel.STRICT, *planned.channels}
    return models.Rule(
        slug=planned.slug,
        kind=RuleKind.KEYWORD,
        category=planned.category.value,
        severity=planned.severity,
        action=planned.action.value,
        state=RuleState.DRAFT,
        language=planned.language.value,
        stages=[stage.value for stage in planned.stages],
        channels=[channel.value for channel in Channel if channel in chosen],
        words="\n".join(planned.words),
        allow_phrases="\n".join(planned.allow),
        notice_en=planned.notices.get("en", ""),
        notice_zh_hans=planned.notices.get("zh-hans", ""),
    )


def export_obstacle(rule: models.Rule) -> str:
    """Why a pack cannot hold the rule, as a code; empty if it can. Packs hold keywords, and no replacement texts."""
    if rule.kind != RuleKind.KEYWORD:
        return "kind_not_keyword"
    return "" if rule.action in PACK_ACTIONS else "action_not_in_packs"


def pack_export(*, rules: Iterable[models.Rule], name: str) -> PackExport:
    """
    The rules' entries as one pack. Of a phrase that two rules see alike and ask the same for, the first counts.

    :raises PackEmpty: if none of the rules can stand in a pack.
    """
    chosen = list(rules)
    obstacles = {rule.slug: code for rule in chosen if (code := export_obstacle(rule))}
    entries: dict[tuple[object, ...], PackEntry] = {}
    left_out: dict[str, int] = {}
    for rule in chosen:
        for fields in _fields_of_entries(rule) if rule.slug not in obstacles else ():
            try:
                entry = read_entry(fields)
            except EntryInvalid:
                left_out[rule.slug] = left_out.get(rule.slug, 0) + 1
                continue
            asks_for = (pattern_symbols(entry.phrase), entry.category, entry.action, entry.stages)
            entries.setdefault(asks_for, entry)
    if not entries:
        raise PackEmpty(_("None of these rules can stand in a pack: packs hold keyword lists."))
    header = PackHeader(name=name, notices=_notices(rule for rule in chosen if rule.slug not in obstacles))
    return PackExport(Pack(header, tuple(entries.values())), obstacles, left_out)


def _fields_of_entries(rule: models.Rule) -> Iterator[Mapping[str, object]]:
    allow = _allow_by_word(lines(rule.words), lines(rule.allow_phrases))
    channels = [] if rule.channels == [Channel.STRICT] else rule.channels
    shared = {
        "category": rule.category,
        "severity": rule.severity,
        "action": rule.action,
        "language": rule.language,
        "stages": rule.stages,
        "channels": channels,
    }
    for word in lines(rule.words):
        yield {**shared, "phrase": word, "allow": allow.get(pattern_symbols(word), [])}


def _allow_by_word(words: Sequence[str], allow: Sequence[str]) -> dict[tuple[int, ...], list[str]]:
    """Each allow phrase beside every word inside it. By look-up: a rule may hold 100,000 words."""
    known = {pattern_symbols(word) for word in words}
    lengths = {len(word) for word in known}
    found: dict[tuple[int, ...], list[str]] = {}
    for phrase in allow:
        symbols = pattern_symbols(phrase)
        parts = {
            symbols[start : start + length] for length in lengths for start in range(len(symbols) - length + 1)
        } - {symbols}
        for part in sorted(parts & known):
            found.setdefault(part, []).append(phrase)
    return found


def _notices(rules: Iterable[models.Rule]) -> dict[Category, dict[str, str]]:
    """A pack has one notice for each category and language: the first that a rule has."""
    notices: dict[Category, dict[str, str]] = {}
    for rule in rules:
        for language, name in _NOTICE_FIELDS:
            if text := " ".join(getattr(rule, name).split()):
                notices.setdefault(Category(rule.category), {}).setdefault(language, text)
    return notices
