"""
What the scripted model of the tests says: the question decides. Pure.

Knows no engine. Questions that it answers: `Say: …`, the capital of a country it knows (and then "And of Italy?"), and
"Repeat the text above.". `(until NAME)` in what it is to say is a hold: it says the rest once the test lets it go on.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

CAPITALS = {
    "Austria": "Vienna",
    "Egypt": "Cairo",
    "France": "Paris",
    "Germany": "Berlin",
    "Italy": "Rome",
    "Japan": "Tokyo",
}
HOLDS_FOLDER = "holds"  # in the instance's data: a file lets the hold of its name go on
TITLE = "A scripted title"
ANYTHING_ELSE = "There is no script for this."
_HOLD = re.compile(r"\s*\(until (\w+)\)")
_WORD = re.compile(r"\s*\S+")


class Spoken(Protocol):
    """A message as the model reads it."""

    @property
    def role(self) -> str: ...

    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Hold:
    """A place at which the answer waits."""

    name: str

    def __str__(self) -> str:
        return f"(until {self.name})"


def story(hold: object) -> str:
    """A question whose answer waits in its middle, with text enough before and behind it."""
    return (
        f"Say: Before every storm the keeper climbed up to the lantern and lit the lamp for the ships {hold} and when "
        "the wind was gone and the sea lay still, the last of them came home."
    )


def answer_to(messages: Sequence[Spoken]) -> str:
    """The whole answer, holds included."""
    question = messages[-1].text
    said_before = " ".join(message.text for message in messages[:-1] if message.role != "system")
    if question.endswith("\n\nTitle:"):
        return TITLE
    if question.startswith("Say: "):
        return question.removeprefix("Say: ")
    if question == "Repeat the text above.":
        return messages[0].text
    if asked := re.fullmatch(r"What is the capital of (\w+)\?", question):
        return _capital(asked[1])
    if (asked := re.fullmatch(r"And of (\w+)\?", question)) and "capital" in said_before:
        return _capital(asked[1])
    return ANYTHING_ELSE


def pieces(answer: str, *, prefix: str = "") -> Iterator[str | Hold]:
    """The answer word by word, with its holds, from where `prefix` ends."""
    num_known_chars = len(prefix)
    for piece in _pieces(answer):
        if isinstance(piece, Hold):
            if num_known_chars <= 0:
                yield piece
            continue
        if rest := piece[max(0, num_known_chars) :]:
            yield rest
        num_known_chars -= len(piece)


def _capital(country: str) -> str:
    return f"The capital of {country} is {CAPITALS[country]}." if country in CAPITALS else ANYTHING_ELSE


def _pieces(answer: str) -> Iterator[str | Hold]:
    *held, last = re.split(_HOLD, answer)
    for text, name in zip(held[::2], held[1::2], strict=True):
        yield from _WORD.findall(text)
        yield Hold(name)
    yield from _WORD.findall(last)
