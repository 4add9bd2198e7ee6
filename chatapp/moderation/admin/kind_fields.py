"""
Which fields of the rule form each kind of rule needs, and what to write into them.

The form shows the rest only where no script runs. Owns sentences and names of fields; decides nothing about rules.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from chatapp.moderation.choices import CHANNEL_LABELS, STAGE_LABELS
from chatapp.moderation.judging.verdict import Action, Channel, RuleKind, Stage
from chatapp.moderation.offer import offer_current

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ENTRY_HELP = {
    RuleKind.KEYWORD: _(
        "One word or phrase a line. Case, accents, full width, invisible characters, look-alikes and traditional "
        "Chinese do not matter; a Latin word counts only where it stands alone."
    ),
    RuleKind.PHRASE: _("One phrase a line, … between its words: how to make … bomb, 教我…炸弹."),
    RuleKind.REGEX: _(
        "One expression a line, in RE2's syntax: no look-around and no references back. Upper and lower case count; "
        "with (?i) in front they do not."
    ),
    RuleKind.PERSONAL_DATA: _("One a line of: email, phone, cn_id, bank_card, iban, ip, us_ssn, api_key."),
    RuleKind.URL: _("One domain a line, subdomains included: example.org. Or * for all but the exceptions."),
    RuleKind.SIMILARITY: _(
        "One example a line, as people would write it: at most 200, each of at most 500 characters. A text counts by "
        "how close it comes to the closest of them."
    ),
    RuleKind.JUDGE: _(
        "One principle a line, at most 9: a sentence of at most 500 characters that says what must not be, such as "
        "“Nobody is helped to hurt somebody.” The chat model is asked which of them a text breaks."
    ),
}
_CLASSIFIER_HELP = {
    RuleKind.CLASSIFIER: _(
        "“ngrams” comes along and reads Chinese only; others are services and models that the settings name."
    ),
    RuleKind.SIMILARITY: _(
        "The embedding model that compares. There is none until the setting MODERATION_MODELS names one."
    ),
}
_THRESHOLD_HELP = {
    RuleKind.CLASSIFIER: _("A score between 0 and 1."),
    RuleKind.SIMILARITY: _(
        "A similarity between 0 and 1. Models differ: with some even strangers have 0.7, so try texts first."
    ),
    RuleKind.JUDGE: _("How probable, between 0 and 1, the judge finds it that a principle is broken. Try texts first."),
}
_ALLOWED_DOMAINS_HELP = _("Domains that are not meant, one a line.")
_ALLOW_HELP = _("One a line. A match inside such a phrase does not count: 路口交通 for a rule with 口交.")
# Shares of texts, by bench/moderation/evasion.py: 4,868 turns of everyday Chinese, 1,165 harmless English sentences.
CHANNEL_HINTS: "dict[str, StrOrPromise]" = {
    Channel.STRICT: _("always on"),
    Channel.SKIP: _("k i l l, 傻·逼. False alarms: fewer than 1 text in 1,000"),
    Channel.LEET: _("k1ll, a$$. False alarms: none in 6,000 texts"),
    Channel.PINYIN: _("wo cao ni ma, from 3 syllables. False alarms: 1 text in 1,000 for 300 keywords, 30 for 5,000"),
    Channel.FUZZY: _("kidnpa, klil. False alarms: none in 4,900 texts, English plurals apart. Whole texts only"),
    Channel.COMPONENTS: _("女表子. False alarms: none in 4,900 texts. Whole texts only, and slow"),
    Channel.INITIALS: _("nmsl. False alarms: 1 text in 1,000. Whole texts only: a hint, so flag"),
    Channel.EMOJI: _("草泥🐴. False alarms: none in 4,900 texts. Whole texts only, and slow"),
    Channel.ENCODED: _("a2lsbA==, %6Bill, up to twice. False alarms: none in 6,000 texts. Whole texts only"),
}
# Of a stage that does not do what its name promises.
STAGE_HINTS: "dict[str, StrOrPromise]" = {Stage.ATTACHMENT: _("judges nothing yet: messages have no attachments")}


def kinds_by_field() -> dict[str, list[RuleKind]]:
    """In the order of the table of kinds."""
    kinds = offer_current().kinds
    names = dict.fromkeys(name for kind in kinds.values() for name in kind.fields)
    return {name: [word for word, kind in kinds.items() if name in kind.fields] for name in names}


def conditional_fields() -> dict[str, str]:
    """
    By field, the condition under which the form shows it, for unfold's script.

    Who may only look has no chooser of kinds, so for them everything is shown.
    """
    return {
        **{field: _one_of("kind", kinds) for field, kinds in kinds_by_field().items()},
        "replacement": _one_of("action", [Action.REPLACE]),
        "safe_completion_en": _one_of("action", [Action.SAFE_COMPLETION]),
        "safe_completion_zh_hans": _one_of("action", [Action.SAFE_COMPLETION]),
    }


def _one_of(field: str, values: Collection[str]) -> str:
    listed = ", ".join(f"'{value}'" for value in map(str, values))
    return f"typeof {field} === 'undefined' || [{listed}].includes({field})"


def entry_help() -> SafeString:
    """What to write, for the chosen kind; for every kind where no script runs."""
    return _by_kind(ENTRY_HELP)


def classifier_help() -> SafeString:
    return _by_kind(_CLASSIFIER_HELP)


def threshold_help() -> SafeString:
    return _by_kind(_THRESHOLD_HELP)


def _by_kind(sentences: Mapping[RuleKind, "StrOrPromise"]) -> SafeString:
    return format_html_join(
        "",
        '<span class="block" x-show="kind === \'{}\'">{}</span>',
        ((kind.value, sentence) for kind, sentence in sentences.items()),
    )


def classifier_choices() -> "list[tuple[StrOrPromise, list[tuple[str, str]]]]":
    """What scores texts, by what it is: a rule of similarity takes an embedding model, a classifier rule the others."""
    offer = offer_current()
    groups = ((_("Classifiers"), list(offer.classifiers)), (_("Embedding models"), offer.embedding_models))
    return [(title, [(name, name) for name in names]) for title, names in groups if names]


def allow_help() -> SafeString:
    url = RuleKind.URL
    return format_html(
        '<span class="block" x-show="kind !== \'{}\'">{}</span><span class="block" x-show="kind === \'{}\'">{}</span>',
        url.value,
        _ALLOW_HELP,
        url.value,
        _ALLOWED_DOMAINS_HELP,
    )


def stage_choices() -> list[tuple[str, str]]:
    """Each stage, with what must be known of it."""
    return [
        (str(stage), f"{label} · {STAGE_HINTS[stage]}" if stage in STAGE_HINTS else str(label))
        for stage, label in STAGE_LABELS.items()
    ]


def channel_choices() -> list[tuple[str, str]]:
    """Each channel with what it sees and what it costs, in a line."""
    return [(str(channel), f"{label} · {CHANNEL_HINTS[channel]}") for channel, label in CHANNEL_LABELS.items()]
