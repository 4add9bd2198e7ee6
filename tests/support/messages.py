"""Finds every sentence that the product asks to have translated. Reads source as text; runs nothing."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from chatapp.launch.configuration import CHECKOUT

NAMES = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
_TAG = re.compile(r"""{%\s*trans(?:late)?\s+("([^"]*)"|'([^']*)')""")
_BLOCK = re.compile(r"{%\s*blocktrans(?:late)?[^%]*%}(.*?){%\s*endblocktrans(?:late)?\s*%}", re.DOTALL)


def messages_in_source() -> set[str]:
    """The msgids of our Python code and templates."""
    found: set[str] = set()
    for path in [*(CHECKOUT / "chatapp").rglob("*.py")]:
        found |= set(messages_in_python(path))
    for folder in (CHECKOUT / "templates", CHECKOUT / "chatapp"):
        for path in folder.rglob("*.html"):
            found |= set(messages_in_template(path.read_text()))
    return found


def messages_in_python(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and _name(node.func) in NAMES:
            number = 2 if _name(node.func).startswith("n") else 1
            for argument in node.args[:number]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def messages_in_template(text: str) -> Iterator[str]:
    for found in _TAG.finditer(text):
        yield found[2] or found[3]
    for block in _BLOCK.finditer(text):
        yield re.sub(r"{{\s*([\w.]+)[^}]*}}", r"%(\1)s", block[1].strip())
