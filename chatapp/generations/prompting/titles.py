"""How a title is asked for and what is kept of the answer. Pure."""

from collections.abc import Sequence

from chatapp.generations.prompting.context import PromptMessage

MAX_QUOTED_CHARS = 600
MAX_TITLE_WORDS = 8
MAX_MODEL_TITLE_CHARS = 60

_QUOTES = " \t\"'“”‘’*#`"
_INSTRUCTION = (
    "Write a title of three to six words for this conversation, in its language. Answer with the title only, "
    "without quotation marks."
)


def title_prompt(branch: Sequence[PromptMessage]) -> list[PromptMessage]:
    """Ask for a title of the first question and its answer."""
    quoted = "\n\n".join(f"{message.role}: {message.text[:MAX_QUOTED_CHARS]}" for message in branch[:2] if message.text)
    return [PromptMessage(None, "system", _INSTRUCTION), PromptMessage(None, "user", f"{quoted}\n\nTitle:")]


def title_clean(text: str) -> str:
    """The first line without quotes, labels and the final full stop, cut at a word; "" where nothing is left."""
    lines = [line for line in text.splitlines() if line.strip()]
    line = lines[0].strip() if lines else ""
    if line.lower().startswith("title:"):
        line = line[len("title:") :]
    words = line.strip(_QUOTES).rstrip(_QUOTES + ".。").split()
    title = " ".join(words[:MAX_TITLE_WORDS])
    if len(title) <= MAX_MODEL_TITLE_CHARS:
        return title
    # One character more, so that a word that just fits stays; a line without spaces is cut where it must be.
    return title[: MAX_MODEL_TITLE_CHARS + 1].rpartition(" ")[0] or title[:MAX_MODEL_TITLE_CHARS]
