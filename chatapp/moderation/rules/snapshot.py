"""
A rule's content as JSON, and back: what a revision keeps. Knows no field by name but those that are not content.

A field that the model gains later comes along by itself; in older snapshots it is missing and counts as its default.
"""

from __future__ import annotations  # Django's fields are generic for the type checker only

from collections.abc import Mapping
from typing import Any

from django.db.models import Field, Model

# Who, when and which revision stand beside the snapshot, not in it.
NOT_CONTENT = frozenset({"id", "revision", "author", "updated_at"})

Snapshot = Mapping[str, Any]


def content_fields(model: type[Model]) -> list[Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if field.name not in NOT_CONTENT]  # noqa: SLF001 -- Django's public name


def rule_snapshot(row: Model) -> dict[str, Any]:
    """The content of the row, as migrations' models have it too."""
    return {field.name: field.value_from_object(row) for field in content_fields(type(row))}


def snapshot_apply(row: Model, snapshot: Snapshot) -> None:
    """Make the row what the snapshot says; what the snapshot does not know gets its default. Stores nothing."""
    for field in content_fields(type(row)):
        setattr(row, field.name, snapshot.get(field.name, field.get_default()))
