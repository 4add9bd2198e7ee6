"""How a title is asked for and what is kept of the answer. Pure."""

import re
from collections.abc import Sequence

from chatapp.generations.prompting.context import PromptMessage

MAX_QUOTED_CHARS = 600
MAX_TITLE_WORDS = 8
MAX_MODEL_TITLE_CHARS = 60

# What a model puts around a title, and before it, in either language.
# The last three never open what a cut left open.
_QUOTES = (
    ('"', '"'),
    ("“", "”"),
    ("「", "」"),
    ("『", "』"),
    ("《", "》"),
    ("«", "»"),
    ("'", "'"),
    ("‘", "’"),
    ("*", "*"),
)
_CUT_QUOTES = _QUOTES[:6]
_ENDS = ".。,，;；:：、 \t"
_REASONING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_LABEL = re.compile(
    r"^(?:(?:the |conversation |suggested |chat )*title|"
    r"(?:[对對][话話]|聊天|会话)?(?:[标標][题題]|[题題]目|主[题題]))\s*[:：]\s*",
    re.IGNORECASE,
)
_MARKER = re.compile(r"^(?:#{1,6}|[-*+•>])\s+")
# Not the stars between numbers and letters: 2**3.
_STRONG = re.compile(r"(?<![A-Za-z0-9])\*\*(?=\S)(.*?\S)\*\*(?![A-Za-z0-9])|`([^`]+)`")
_INSTRUCTION = (
    "Write a title of three to six words for this conversation, in its language. Answer with the title only, "
    "without quotation marks."
)


def title_prompt(branch: Sequence[PromptMessage]) -> list[PromptMessage]:
    """Ask for a title of the first question and its answer."""
    quoted = "\n\n".join(f"{message.role}: {message.text[:MAX_QUOTED_CHARS]}" for message in branch[:2] if message.text)
    return [PromptMessage(None, "system", _INSTRUCTION), PromptMessage(None, "user", f"{quoted}\n\nTitle:")]


def title_clean(text: str) -> str:
    """
    The first line that says something, without reasoning, labels, Markdown, quotes and the final full stop.

    Cut at a word; "" where nothing is left. What belongs to a name stays: C#, .NET, C++, Don't.
    """
    lines = map(_bare, _REASONING.sub("\n", text).splitlines())
    words = next(filter(None, lines), "").split()
    return _bare(_cut(" ".join(words[:MAX_TITLE_WORDS])))


def _cut(title: str) -> str:
    if len(title) <= MAX_MODEL_TITLE_CHARS:
        return title
    # One character more, so that a word that just fits stays; a line without spaces is cut where it must be.
    return title[: MAX_MODEL_TITLE_CHARS + 1].rpartition(" ")[0] or title[:MAX_MODEL_TITLE_CHARS]


def _bare(line: str) -> str:
    """Take off one wrapping after the other until none is left: a label may stand in bold, a quotation behind it."""
    before = None
    while line != before:
        before = line
        line = _STRONG.sub(lambda found: found[1] or found[2], line.strip())
        line = _LABEL.sub("", _MARKER.sub("", line))
        line = _unquoted(line).rstrip(_ENDS)
    return line


def _unquoted(line: str) -> str:
    inner = line[1:-1]
    for opening, closing in _QUOTES:
        if len(line) > 1 and (line[0], line[-1]) == (opening, closing) and not {opening, closing} & set(inner):
            return inner.strip()
    for opening, closing in _CUT_QUOTES:
        if line.startswith(opening) and closing not in line[1:]:
            return line[1:]
    return line
