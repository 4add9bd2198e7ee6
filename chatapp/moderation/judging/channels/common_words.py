"""
English words and names that are what they seem to be and no slip: "where" is not a misspelt insult.

Source of common_words.txt: words of four to eight letters in the vocabulary of the SmolLM2 tokenizer (Apache License
2.0), most of its fragments left out; near neighbours of insults and words of two or three letters were added by hand.
A plural is not listed beside its singular. Longer words are seldom one letter from another, so they are left out.

short_words.txt goes further for two and three letters: what people write there, words, names, units, codes, is one
letter from a longer word more often than not. Two letters are listed where neither is a vowel. Written by hand for this
project, over the same vocabulary's commoner beginnings of words.
"""

from functools import cache
from pathlib import Path

_WORDS = Path(__file__).with_suffix(".txt")
_SHORT_WORDS = Path(__file__).with_name("short_words.txt")


def is_common_word(word: str) -> bool:
    """word: lower case."""
    words = _common_words()
    return word in words or (word.endswith("s") and word[:-1] in words)


def is_short_word(word: str) -> bool:
    """Whether two or three letters, lower case, stand for themselves."""
    return word in _short_words()


@cache
def _common_words() -> frozenset[str]:
    return frozenset(_WORDS.read_text(encoding="ascii").split())


@cache
def _short_words() -> frozenset[str]:
    return frozenset(_SHORT_WORDS.read_text(encoding="ascii").split())
