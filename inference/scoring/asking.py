"""What a model that scores a text is asked, whichever it is, and how it may fail to answer. Needs no torch."""

from dataclasses import dataclass

from inference.errors import EngineError


@dataclass(frozen=True, slots=True)
class ScoredText:
    """What is judged. asked: the message that the text answers; "" if the text is itself a person's message."""

    text: str
    asked: str = ""


class TextTooLong(EngineError):
    """A text that a model cannot see as a whole; the caller's windows are too long."""

    code = "text_too_long"


class ScoreInvalid(EngineError):
    """A model gave something that is no verdict in its format, or no numbers."""

    code = "score_invalid"


class ScoringTimedOut(EngineError):
    """No answer came within the time that the caller had."""

    code = "scoring_timed_out"
