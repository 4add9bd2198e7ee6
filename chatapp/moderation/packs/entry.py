"""
One entry of a pack as any file gives it: fields in, an entry or what is wrong with it out. Knows no file format.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple, TypeVar

from chatapp.moderation.judging.rulesets.rule import MAX_WORD_SYMBOLS, MIN_BLOCK_SYMBOLS, SEVERITIES
from chatapp.moderation.judging.text.normalise import WORD_END, WORD_START, pattern_symbols
from chatapp.moderation.judging.verdict import Action, Category, Channel, Language, Stage
from chatapp.moderation.packs.pack import PACK_ACTIONS, PackEntry

FIELDS = (
    "phrase", "category", "severity", "action", "language", "stages", "channels", "allow", "tags", "source", "licence",
)  # fmt: skip
# A phrase may hold spaces; these lists hold words.
WORD_LISTS = frozenset({"stages", "channels", "tags"})

_SEVERITY_BY_DIGIT = {str(severity): severity for severity in SEVERITIES}
_MAX_SHOWN_CHARS = 80

# By code: what to do about it. Pages translate by code; this is for people who read a file's problems in English.
ADVICE = {
    "text_unreadable": "Remove control characters and broken characters.",
    "phrase_blank": "Give a phrase with at least one visible character.",
    "phrase_too_long": f"Shorten the phrase to {MAX_WORD_SYMBOLS} characters: the stream waits for it to end.",
    "phrase_too_short_to_block": "Use a longer phrase or flag: one character would end harmless messages.",
    "phrase_repeated": "Remove it, or keep only this one: the same phrase stands in an earlier line.",
    "category_unknown": f"Use one of: {', '.join(Category)}.",
    "severity_unknown": f"Use a whole number from {SEVERITIES[0]} to {SEVERITIES[-1]}.",
    "action_unknown": f"Use one of: {', '.join(sorted(PACK_ACTIONS))}.",
    "language_unknown": f"Use one of: {', '.join(Language)}.",
    "stage_unknown": f"Use any of: {', '.join(Stage)}.",
    "channel_unknown": f"Use any of: {', '.join(Channel)}.",
    "allow_cancels_phrase": "Make the allow phrase longer than the phrase, or the phrase never counts.",
    "allow_without_phrase": "Put the phrase itself into the allow phrase, or remove it.",
    "field_unknown": f"Use these fields: {', '.join(FIELDS)}.",
    "entry_unreadable": "Write an entry as an object with a phrase, a category, a severity and an action.",
    "header_unreadable": "Write name, version, language, licence and source as text, notices by category and language.",
    "name_unusable": "Name the pack with letters, digits and hyphens, at most 14 of them.",
    "json_unreadable": "Mend the JSON at this line; a comma or a quote may be missing.",
    "csv_unreadable": "Mend the quotes at this line.",
    "cells_too_many": "Give as many cells as there are column names; put quotes around a cell with a comma.",
    "columns_missing": "Begin with a line of column names; “phrase” must be one of them.",
}


class PackProblem(NamedTuple):
    """Why a line of a file, counted from 1, is left out. text: what it is about; advice: what to do."""

    line: int
    code: str
    text: str = ""

    @property
    def advice(self) -> str:
        return ADVICE[self.code]


class EntryInvalid(ValueError):
    """An entry that cannot be read."""

    def __init__(self, code: str, text: str = "") -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


_Word = TypeVar("_Word", bound=StrEnum)


def read_entry(fields: Mapping[str, object]) -> PackEntry:
    """
    fields: text, or for lists a list of text. A phrase's white space is made one space.

    :raises EntryInvalid: with the first problem.
    """
    for name in fields:
        if name not in FIELDS:
            raise EntryInvalid("field_unknown", shown(name))
    entry = PackEntry(
        phrase=one_line(fields.get("phrase", "")),
        category=_word(Category, fields.get("category"), "category_unknown"),
        severity=_severity(fields.get("severity")),
        action=_action(fields.get("action")),
        language=_word(Language, language, "language_unknown") if (language := fields.get("language")) else None,
        stages=_words(Stage, fields.get("stages"), "stage_unknown"),
        channels=_words(Channel, fields.get("channels"), "channel_unknown"),
        allow=tuple(dict.fromkeys(_texts(fields.get("allow")))),
        tags=tuple(dict.fromkeys(tag for text in _texts(fields.get("tags")) for tag in text.split())),
        source=one_line(fields.get("source", "")),
        licence=one_line(fields.get("licence", "")),
    )
    _check_phrase(entry)
    _check_allow(entry)
    return entry


def one_line(text: object) -> str:
    """:raises EntryInvalid: for anything but text, and for characters that no database or file keeps."""
    if not isinstance(text, str):
        raise EntryInvalid("entry_unreadable", shown(text))
    line = " ".join(text.split())
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in line):
        raise EntryInvalid("text_unreadable", shown(line))
    return line


def shown(value: object) -> str:
    """What a problem is about, as text that every file and page can hold."""
    return str(value)[:_MAX_SHOWN_CHARS].encode("utf-8", "replace").decode()


def _check_phrase(entry: PackEntry) -> None:
    length = sum(symbol not in (WORD_START, WORD_END) for symbol in pattern_symbols(entry.phrase))
    if not length:
        raise EntryInvalid("phrase_blank", entry.phrase)
    if length > MAX_WORD_SYMBOLS:
        raise EntryInvalid("phrase_too_long", entry.phrase)
    if length < MIN_BLOCK_SYMBOLS and entry.action is Action.BLOCK:
        raise EntryInvalid("phrase_too_short_to_block", entry.phrase)


def _check_allow(entry: PackEntry) -> None:
    phrase = pattern_symbols(entry.phrase)
    for allowed in entry.allow:
        symbols = pattern_symbols(allowed)
        if symbols == phrase:
            raise EntryInvalid("allow_cancels_phrase", allowed)
        if not _contains(symbols, phrase):
            raise EntryInvalid("allow_without_phrase", allowed)


def _contains(symbols: Sequence[int], part: Sequence[int]) -> bool:
    return any(symbols[start : start + len(part)] == part for start in range(len(symbols) - len(part) + 1))


def _texts(listed: object) -> Iterator[str]:
    if listed is None:
        return
    if not isinstance(listed, list | tuple):
        raise EntryInvalid("entry_unreadable", shown(listed))
    for text in listed:
        if line := one_line(text):
            yield line


def _words(words: type[_Word], listed: object, code: str) -> tuple[_Word, ...]:
    """In the order of their definition, each once: the order means nothing."""
    chosen = {_word(words, text, code) for text in _texts(listed)}
    return tuple(word for word in words if word in chosen)


def _word(words: type[_Word], text: object, code: str) -> _Word:
    if isinstance(text, str) and (word := text.strip().lower()) in set(words):
        return words(word)
    raise EntryInvalid(code, "" if text is None else shown(text))


def _action(text: object) -> Action:
    action = _word(Action, text, "action_unknown")
    if action not in PACK_ACTIONS:
        raise EntryInvalid("action_unknown", action)
    return action


def _severity(number: object) -> int:
    """A number, or a digit as tables give it."""
    severity = _SEVERITY_BY_DIGIT.get(number.strip()) if isinstance(number, str) else number
    if isinstance(severity, bool) or not isinstance(severity, int) or severity not in SEVERITIES:
        raise EntryInvalid("severity_unknown", "" if number is None else shown(number))
    return severity
