"""
Packs as files: JSON, CSV and a pasted list. Owns reading and writing; stores nothing.

Reading keeps every good line and lists the others with their line, a code and what to do. What was written and read
again is written as the same bytes.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from chatapp.moderation.judging.text.normalise import pattern_symbols
from chatapp.moderation.judging.verdict import Category, Language
from chatapp.moderation.packs.entry import FIELDS, WORD_LISTS, EntryInvalid, PackProblem, one_line, read_entry, shown
from chatapp.moderation.packs.pack import MAX_PACK_NAME_CHARS, Pack, PackEntry, PackHeader

_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9-]{{0,{MAX_PACK_NAME_CHARS - 1}}}")
_NOTICE_LANGUAGES = frozenset({Language.ENGLISH, Language.SIMPLIFIED_CHINESE})
_BETWEEN_ENTRIES = re.compile(r"[,\s]*")
_COMMENT = "# "
# A spreadsheet runs a cell that begins like this. Such a cell is written with an apostrophe before it, which
# spreadsheets hide; a cell that has one already gets another, so that reading can take one off.
_FORMULA = re.compile(r"'*[=+\-@]")
_ESCAPED_FORMULA = re.compile(r"'+[=+\-@]")


class PackRead(NamedTuple):
    """The good lines as a pack, and what is wrong with the others. pack: None only if there is no usable header."""

    pack: Pack | None
    problems: tuple[PackProblem, ...]


class _Line(NamedTuple):
    """A line of a file, counted from 1, and its fields; or the problem that keeps it from having any."""

    number: int
    fields: Mapping[str, object] | None
    code: str = ""
    text: str = ""


def pack_from_json(text: str) -> PackRead:
    """An object with name, version, language, licence, source, notices and entries; others of its keys do not count."""
    try:
        raw = json.loads(text := text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        return PackRead(None, (PackProblem(error.lineno, "json_unreadable", error.msg),))
    except (ValueError, RecursionError) as error:  # a number or a nesting beyond Python's limits
        return PackRead(None, (PackProblem(1, "json_unreadable", str(error)),))
    try:
        header = _header(raw)
    except EntryInvalid as invalid:
        return PackRead(None, (PackProblem(1, invalid.code, invalid.text),))
    return _read(header, _json_lines(text, raw["entries"]))


def pack_to_json(pack: Pack) -> str:
    """One entry a line, so that a difference between two versions reads well."""
    header = pack.header
    lines = [f' "{name}": {_json(getattr(header, name))},' for name in ("name", "version", "language")]
    lines += [f' "{name}": {_json(getattr(header, name))},' for name in ("licence", "source", "notices")]
    entries = ",\n".join(f"  {_json(_written(entry))}" for entry in pack.entries)
    return "\n".join(["{", *lines, ' "entries": [', *([entries] if entries else []), " ]", "}", ""])


def pack_from_csv(text: str, *, header: PackHeader, defaults: Mapping[str, object] | None = None) -> PackRead:
    """
    A line of column names, then an entry a line; an empty cell takes its value from `defaults`.

    Allow phrases stand one a line in their cell; stages, channels and tags with spaces between.
    """
    return _read(header, _csv_lines(text.removeprefix("\ufeff"), defaults or {}))


def pack_to_csv(pack: Pack) -> str:
    """The entries; a table has no place for the header."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(FIELDS)
    for entry in pack.entries:
        written = _written(entry)
        writer.writerow([_cell(name, written.get(name, "")) for name in FIELDS])
    return table.getvalue()


def pack_from_paste(text: str, *, header: PackHeader, defaults: Mapping[str, object]) -> PackRead:
    """A phrase a line, all with the same fields. Empty lines and lines that begin with "# " do not count."""
    lines = (
        _Line(number, {**defaults, "phrase": line})
        for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1)
        if line.strip() and not line.startswith(_COMMENT)
    )
    return _read(header, lines)


def _read(header: PackHeader, lines: Iterable[_Line]) -> PackRead:
    entries: list[PackEntry] = []
    problems: list[PackProblem] = []
    seen: set[tuple[object, ...]] = set()
    for line in lines:
        try:
            entry = _entry(line)
        except EntryInvalid as invalid:
            problems.append(PackProblem(line.number, invalid.code, invalid.text))
            continue
        asks_for = (pattern_symbols(entry.phrase), entry.category, entry.action, entry.stages)
        if asks_for in seen:
            problems.append(PackProblem(line.number, "phrase_repeated", entry.phrase))
            continue
        seen.add(asks_for)
        entries.append(entry)
    return PackRead(Pack(header, tuple(entries)), tuple(problems))


def _entry(line: _Line) -> PackEntry:
    if line.fields is None:
        raise EntryInvalid(line.code, line.text)
    return read_entry(line.fields)


def _header(raw: Any) -> PackHeader:
    if not isinstance(raw, dict) or not isinstance(raw.get("entries"), list):
        raise EntryInvalid("header_unreadable")
    texts = {}
    for name in ("name", "version", "language", "licence", "source"):
        if not isinstance(text := raw.get(name, ""), str):
            raise EntryInvalid("header_unreadable", name)
        texts[name] = one_line(text)
    if not _NAME.fullmatch(texts["name"]):
        raise EntryInvalid("name_unusable", texts["name"])
    if (language := texts.pop("language") or Language.ANY) not in set(Language):
        raise EntryInvalid("language_unknown", language)
    return PackHeader(**texts, language=Language(language), notices=_notices(raw.get("notices", {})))


def _notices(raw: object) -> dict[Category, dict[str, str]]:
    if not isinstance(raw, dict):
        raise EntryInvalid("header_unreadable", "notices")
    notices: dict[Category, dict[str, str]] = {}
    for category, sentences in raw.items():
        if (
            category not in set(Category)
            or not isinstance(sentences, dict)
            or not _NOTICE_LANGUAGES.issuperset(sentences)
        ):
            raise EntryInvalid("header_unreadable", f"notices: {shown(category)}")
        notices[Category(category)] = {language: one_line(sentence) for language, sentence in sentences.items()}
    return notices


def _json_lines(text: str, entries: list[Any]) -> Iterator[_Line]:
    for number, entry in zip(_json_line_numbers(text, entries), entries, strict=True):
        if isinstance(entry, dict):
            yield _Line(number, entry)
        else:
            yield _Line(number, None, "entry_unreadable", shown(entry))


def _json_line_numbers(text: str, entries: list[Any]) -> list[int]:
    """The line on which each entry of the array begins; 1 for all where the array cannot be told from others."""
    decoder = json.JSONDecoder()
    arrays = (found.end() for found in re.finditer(r'"entries"\s*:\s*\[', text))
    at = next((after for after in arrays if decoder.raw_decode(text, after - 1)[0] == entries), None)
    if at is None:
        return [1] * len(entries)
    numbers: list[int] = []
    line, counted = 1, 0
    for _ in entries:
        at = _BETWEEN_ENTRIES.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too
        line, counted = line + text.count("\n", counted, at), at
        numbers.append(line)
        at = decoder.raw_decode(text, at)[1]
    return numbers


def _csv_lines(text: str, defaults: Mapping[str, object]) -> Iterator[_Line]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = [name.strip().lower() for name in next(reader, [])]
    except csv.Error as error:
        yield _Line(1, None, "csv_unreadable", str(error))
        return
    if "phrase" not in columns:
        yield _Line(1, None, "columns_missing", ", ".join(columns))
        return
    for name in columns:
        if name not in FIELDS:
            yield _Line(1, None, "field_unknown", name)
    yield from _csv_entries(reader, columns, defaults)


def _csv_entries(reader: Any, columns: list[str], defaults: Mapping[str, object]) -> Iterator[_Line]:
    while True:
        number = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield _Line(number, None, "csv_unreadable", str(error))
            continue
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            if any(cell.strip() for cell in cells[len(columns) :]):
                yield _Line(number, None, "cells_too_many", shown(cells))
                continue
            fields = {name: _value(name, cell) for name, cell in zip(columns, cells, strict=False) if name in FIELDS}
            yield _Line(number, {**defaults, **{name: value for name, value in fields.items() if value}})


def _value(name: str, cell: str) -> object:
    lines = (cell[1:] if _ESCAPED_FORMULA.match(cell) else cell).splitlines()
    if name in WORD_LISTS:
        return " ".join(lines).split()
    return lines if name == "allow" else " ".join(lines)


def _cell(name: str, value: object) -> str:
    text = ("\n" if name == "allow" else " ").join(value) if isinstance(value, list) else str(value)
    return "'" + text if _FORMULA.match(text) else text


def _written(entry: PackEntry) -> dict[str, object]:
    """The fields that are not empty, as JSON knows them."""
    values = {name: getattr(entry, name) for name in FIELDS}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items() if value}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
