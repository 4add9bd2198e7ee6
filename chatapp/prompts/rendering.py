"""
Fills a prompt template's variables. Pure.

`{{ name }}` stands for a value; there is nothing else to write, so a value can never be read as template text.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TypedDict

from django.utils.translation import gettext as _

from chatapp.core.text import is_blank, storable
from chatapp.prompts.errors import TemplateUnusable, TemplateVariableMissing, TemplateVariableTooLong

MAX_VALUE_CHARS = 2_000
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,39})\s*\}\}")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class Variable(TypedDict):
    """What an author declares of a variable."""

    name: str
    label: str
    required: bool
    default: str


def render(*, text: str, variables: Sequence[Variable], values: Mapping[str, str]) -> str:
    """
    Put the values, or else the defaults, in place of their names.

    :raises TemplateVariableMissing: a required variable has no value (`details.variable`).
    :raises TemplateVariableTooLong: a value is longer than 2,000 characters.
    """
    filled: dict[str, str] = {}
    for variable in variables:
        given = storable(values.get(variable["name"], ""))
        value = variable["default"] if is_blank(given) else given.strip()
        if variable["required"] and not value:
            raise TemplateVariableMissing(
                _("Fill in “%(label)s” first.") % {"label": variable["label"]}, variable=variable["name"]
            )
        if len(value) > MAX_VALUE_CHARS:
            raise TemplateVariableTooLong(
                _("“%(label)s” may have %(limit)d characters.")
                % {"label": variable["label"], "limit": MAX_VALUE_CHARS},
                variable=variable["name"],
                limit=MAX_VALUE_CHARS,
                length=len(value),
            )
        filled[variable["name"]] = value
    return _PLACEHOLDER.sub(lambda found: filled[found[1]], text)


def variables_check(*, text: str, variables: object) -> list[Variable]:
    """
    Check what an author wrote and return the variables in full.

    :raises TemplateUnusable: not a list of variables, a name twice, or one that the text uses and nobody declared.
    """
    if not isinstance(variables, list):
        raise TemplateUnusable(_("Variables must be a list."))
    declared = [_variable(entry) for entry in variables]
    names = [variable["name"] for variable in declared]
    if len(set(names)) < len(names):
        raise TemplateUnusable(_("Each variable needs a name of its own."))
    for name in _PLACEHOLDER.findall(text):
        if name not in names:
            raise TemplateUnusable(_("The text uses “%(name)s”, but no such variable is declared.") % {"name": name})
    if _PLACEHOLDER.sub("", text).count("{{"):
        raise TemplateUnusable(_("Write a variable as {{ name }}: small letters, digits and _."))
    return declared


def _variable(entry: object) -> Variable:
    if not isinstance(entry, dict) or not _NAME.fullmatch(str(entry.get("name", ""))):
        raise TemplateUnusable(_("Each variable needs a name of small letters, digits and _."))
    return Variable(
        name=entry["name"],
        label=str(entry.get("label") or entry["name"]),
        required=bool(entry.get("required", False)),
        default=str(entry.get("default", "")),
    )
