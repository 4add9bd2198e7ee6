"""What pages say of packs and their entries, in the reader's language. Finds no problem itself: `packs.entry` does."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatapp.moderation.judging.rulesets.rule import MAX_WORD_SYMBOLS, SEVERITIES
from chatapp.moderation.judging.verdict import Category, Channel, Language, Stage
from chatapp.moderation.packs.entry import FIELDS, PackProblem
from chatapp.moderation.packs.pack import MAX_PACK_NAME_CHARS, PACK_ACTIONS

# By problem code; in English the words of `packs.entry.ADVICE`, which a test holds together.
_SENTENCES = {
    "text_unreadable": _("Remove control characters and broken characters."),
    "phrase_blank": _("Give a phrase with at least one visible character."),
    "phrase_too_long": _("Shorten the phrase to %(limit)s characters: the stream waits for it to end."),
    "phrase_too_short_to_block": _("Use a longer phrase or flag: one character would end harmless messages."),
    "phrase_repeated": _("Remove it, or keep only this one: the same phrase stands in an earlier line."),
    "category_unknown": _("Use one of: %(words)s."),
    "severity_unknown": _("Use a whole number from %(first)s to %(last)s."),
    "action_unknown": _("Use one of: %(words)s."),
    "language_unknown": _("Use one of: %(words)s."),
    "stage_unknown": _("Use any of: %(words)s."),
    "channel_unknown": _("Use any of: %(words)s."),
    "allow_cancels_phrase": _("Make the allow phrase longer than the phrase, or the phrase never counts."),
    "allow_without_phrase": _("Put the phrase itself into the allow phrase, or remove it."),
    "field_unknown": _("Use these fields: %(words)s."),
    "entry_unreadable": _("Write an entry as an object with a phrase, a category, a severity and an action."),
    "header_unreadable": _(
        "Write name, version, language, licence and source as text, notices by category and language."
    ),
    "name_unusable": _("Name the pack with letters, digits and hyphens, at most %(limit)s of them."),
    "json_unreadable": _("Mend the JSON at this line; a comma or a quote may be missing."),
    "csv_unreadable": _("Mend the quotes at this line."),
    "cells_too_many": _("Give as many cells as there are column names; put quotes around a cell with a comma."),
    "columns_missing": _("Begin with a line of column names; “phrase” must be one of them."),
}
_WORDS: Mapping[str, Iterable[str]] = {
    "category_unknown": Category,
    "action_unknown": sorted(PACK_ACTIONS),
    "language_unknown": Language,
    "stage_unknown": Stage,
    "channel_unknown": Channel,
    "field_unknown": FIELDS,
}
_LIMITS = {"phrase_too_long": MAX_WORD_SYMBOLS, "name_unusable": MAX_PACK_NAME_CHARS}


def pack_advice(problem: PackProblem) -> str:
    """What the person should do about the line."""
    return str(_SENTENCES[problem.code]) % {
        "words": ", ".join(_WORDS.get(problem.code, ())),
        "limit": _LIMITS.get(problem.code, ""),
        "first": SEVERITIES[0],
        "last": SEVERITIES[-1],
    }


def entries_text(num_entries: int) -> str:
    return gettext("1 entry") if num_entries == 1 else gettext("%(number)d entries") % {"number": num_entries}
