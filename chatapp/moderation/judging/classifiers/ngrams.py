"""
The features of a text: which short runs of symbols it holds. Pure; the same in training and in use.

Knows φ, so a disguise that φ folds away changes no feature. Knows no weights.
"""

from operator import add

from chatapp.moderation.judging.text.normalise import fold
from chatapp.moderation.judging.text.remembering import Remembered

# Longer runs added nothing on the training set's folds (F1 at 3, 4, 5: 0.911 each) and cost time.
MAX_NGRAM_SYMBOLS = 4  # as `ngrams_of` does it
# Neither can be the outcome of φ, which drops control characters.
TEXT_START = "\x02"
TEXT_END = "\x03"

# φ as `str.translate` wants it.
_FOLDED_BY_CODE_POINT: Remembered[int, str] = Remembered(lambda code_point: fold(chr(code_point)))


def symbols_of(text: str) -> str:
    """The text under φ, white space as single spaces, between a start and an end symbol."""
    return f"{TEXT_START}{' '.join(text.translate(_FOLDED_BY_CODE_POINT).split())}{TEXT_END}"


def ngrams_of(text: str) -> set[str]:
    """Every run of 1 to 4 symbols that stands in the text, once."""
    one = symbols_of(text)
    two = list(map(add, one, one[1:]))
    three = list(map(add, two, one[2:]))
    return set(one).union(two, three, map(add, three, one[3:]))


def has_han(text: str) -> bool:
    """Whether any character is of the Chinese script's main block or its first extension."""
    return any("\u3400" <= char <= "\u9fff" for char in text)
