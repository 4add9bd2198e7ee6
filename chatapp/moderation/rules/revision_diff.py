"""What changed between two snapshots of a rule, field by field, for people to read. Pure; knows no field by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# A pasted list of 100,000 words is told by its numbers and its beginning.
MAX_SHOWN_ENTRIES = 50


@dataclass(frozen=True, slots=True)
class FieldChange:
    """
    One field. Lists and texts of several lines are told by the entries that came and went, others by both values.

    num_more: entries that are not shown.
    """

    field: str
    before: str = ""
    after: str = ""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    num_more: int = 0

    @property
    def is_by_entry(self) -> bool:
        return bool(self.added or self.removed)


def revision_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """
    The fields that differ, in the order of `after`.

    A field that only one of them knows is left out: the other was written before the field was there.
    """
    return tuple(
        _change(field, before[field], value)
        for field, value in after.items()
        if field in before and before[field] != value
    )


def _change(field: str, before: Any, after: Any) -> FieldChange:
    if _has_entries(before) or _has_entries(after):
        old, new = _entries(before), _entries(after)
        added, removed = _without(new, old), _without(old, new)
        if added or removed:
            shown_added, shown_removed = added[:MAX_SHOWN_ENTRIES], removed[:MAX_SHOWN_ENTRIES]
            num_more = len(added) + len(removed) - len(shown_added) - len(shown_removed)
            return FieldChange(field, added=shown_added, removed=shown_removed, num_more=num_more)
    return FieldChange(field, before=_shown(before), after=_shown(after))


def _has_entries(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, str) and "\n" in value.strip())


def _entries(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(map(str, value))
    return tuple(stripped for line in str(value).splitlines() if (stripped := line.strip()))


def _without(entries: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    known = frozenset(others)
    return tuple(entry for entry in entries if entry not in known)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
