"""
What an administrator may write: regular expressions, and phrases with gaps. Owns the syntax and every refusal; knows
no text.

Python's own parser reads the pattern; only what one pass over a text can decide is taken: characters, sets, groups,
alternatives, repetition, ^ and $ (the text's begin and end), \\b, (?i), (?s). RE2 must take the pattern too: it stands
for what rule writers of other systems know, and its memory limit is a second opinion on the size.
Lazy quantifiers mean the same as greedy ones here, and groups capture nothing.
"""

import re
import warnings
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from re import _parser as sre  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Any, NamedTuple

import re2

from chatapp.moderation.judging.expressions.char_sets import (
    ANYTHING,
    NEWLINE,
    SPACE,
    WORD,
    CharSet,
    digits,
    ignoring_case,
    light_fold,
    range_as_read,
)
from chatapp.moderation.judging.expressions.nfa import ACCEPT, Assertion, Nfa, NfaBuilder, NfaTooLarge

# No match is longer, so no pattern holds back more of a stream than this.
MAX_MATCH_CHARS = 256
MAX_PATTERN_CHARS = 1000
# Each nested one takes six calls here and in the parser; what the stack holds must not decide whether a rule is taken.
MAX_PARENTHESES = 50
MAX_GAP_CHARS = 50
_RE2_MAX_BYTES = 1 << 20
_FLAGS_TAKEN = re.IGNORECASE | re.DOTALL | re.UNICODE


class RefusalCode(StrEnum):
    SYNTAX = "regex_syntax"
    LOOK_AROUND = "regex_look_around"
    BACK_REFERENCE = "regex_back_reference"
    ATOMIC = "regex_atomic"  # possessive quantifiers too
    FLAG = "regex_flag"
    AMBIGUOUS_SET = "regex_ambiguous_set"  # [[:alpha:]] and the like: RE2 and Python read different things
    INVISIBLE_CHARACTER = "regex_invisible_character"
    MATCHES_EMPTY = "regex_matches_empty"
    NEVER_MATCHES = "regex_never_matches"
    TOO_LONG = "regex_too_long"  # its shortest match, or the pattern itself
    TOO_LARGE = "regex_too_large"
    REFUSED_BY_RE2 = "regex_refused_by_re2"
    PHRASE_EMPTY = "gapped_phrase_empty"
    PHRASE_GAP = "gapped_phrase_gap"


class RegexRefused(ValueError):
    """A pattern that cannot be a rule. code: stable. part: the piece of it that is to blame, else all of it."""

    def __init__(self, code: RefusalCode, part: str) -> None:
        super().__init__(f"{code}: {part!r}")
        self.code = code
        self.part = part


class GappedPhrase(NamedTuple):
    """Words in this order, in any case, with at most so many characters of any kind between two of them."""

    words: tuple[str, ...]
    max_gap_chars: int


# How the pieces look in the pattern. What is refused is known from the parse tree; this only finds it for the message.
_LOOKS = {
    RefusalCode.LOOK_AROUND: re.compile(r"\(\?<?[=!]"),
    RefusalCode.BACK_REFERENCE: re.compile(r"\\[1-9]\d?|\(\?P=\w+\)|\(\?\(\w+\)"),
    RefusalCode.ATOMIC: re.compile(r"\(\?>|[*+?}]\+"),
    RefusalCode.FLAG: re.compile(r"\(\?[is]*[a-hj-rt-zA-Z][a-zA-Z-]*[:)]"),
}
_REFUSED_OPERATORS = {
    "ASSERT": RefusalCode.LOOK_AROUND,
    "ASSERT_NOT": RefusalCode.LOOK_AROUND,
    "FAILURE": RefusalCode.LOOK_AROUND,  # (?!)
    "GROUPREF": RefusalCode.BACK_REFERENCE,
    "GROUPREF_EXISTS": RefusalCode.BACK_REFERENCE,
    "ATOMIC_GROUP": RefusalCode.ATOMIC,
    "POSSESSIVE_REPEAT": RefusalCode.ATOMIC,
}
_ASSERTIONS = {
    "AT_BEGINNING": Assertion.TEXT_START,
    "AT_BEGINNING_STRING": Assertion.TEXT_START,
    "AT_END": Assertion.TEXT_END,
    "AT_END_STRING": Assertion.TEXT_END,
    "AT_BOUNDARY": Assertion.BOUNDARY,
    "AT_NON_BOUNDARY": Assertion.NO_BOUNDARY,
}


# A rule's pattern is looked through when it is saved, published and read, and compiled for each stage.
_MAX_REMEMBERED_PATTERNS = 256


@lru_cache(maxsize=_MAX_REMEMBERED_PATTERNS)
def compile_regex(pattern: str) -> Nfa:
    """:raises RegexRefused: for what this module does not take."""
    if len(pattern) > MAX_PATTERN_CHARS:
        raise RegexRefused(RefusalCode.TOO_LONG, pattern[:MAX_PATTERN_CHARS])
    if pattern.count("(") > MAX_PARENTHESES:
        raise RegexRefused(RefusalCode.TOO_LARGE, pattern)
    tree = _parsed(pattern)
    if tree.getwidth()[0] > MAX_MATCH_CHARS:
        raise RegexRefused(RefusalCode.TOO_LONG, pattern)
    reader = _TreeReader(pattern)
    try:
        nfa = reader.builder.build(reader.sequence(tree, reader.flags(tree.state.flags), ACCEPT))
    except NfaTooLarge as error:
        raise RegexRefused(RefusalCode.TOO_LARGE, pattern) from error
    _demand_usable(nfa, pattern)
    _demand_re2_takes(pattern)
    return nfa


@lru_cache(maxsize=_MAX_REMEMBERED_PATTERNS)
def compile_gapped_phrase(phrase: GappedPhrase) -> Nfa:
    """
    A word that begins or ends with a Latin letter or a digit stands alone on that side, as a keyword does.

    :raises RegexRefused: for no words, a blank one, or one that could not fit in a match; for a gap out of range.
    """
    words = [[char for char in map(light_fold, word.strip()) if char] for word in phrase.words]
    if not words or not all(words):
        raise RegexRefused(RefusalCode.PHRASE_EMPTY, " ".join(phrase.words))
    if not 0 <= phrase.max_gap_chars <= MAX_GAP_CHARS:
        raise RegexRefused(RefusalCode.PHRASE_GAP, str(phrase.max_gap_chars))
    if sum(map(len, words)) + phrase.max_gap_chars * (len(words) - 1) > MAX_MATCH_CHARS:
        raise RegexRefused(RefusalCode.TOO_LONG, " ".join(phrase.words))
    builder = NfaBuilder()
    entry = _word(builder, words[-1], ACCEPT)
    for word in reversed(words[:-1]):
        gap = builder.repeat(
            lambda then: builder.consume(ANYTHING, then), at_least=0, at_most=phrase.max_gap_chars, then=entry
        )
        entry = _word(builder, word, gap)
    return builder.build(entry)


def _word(builder: NfaBuilder, chars: list[str], then: int) -> int:
    if ord(chars[-1]) in WORD:
        then = builder.require(Assertion.BOUNDARY, then)
    for char in reversed(chars):
        then = builder.consume(ignoring_case(CharSet.of_codes([ord(char)])), then)
    return builder.require(Assertion.BOUNDARY, then) if ord(chars[0]) in WORD else then


def _parsed(pattern: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return sre.parse(pattern)
    except re.error as error:
        raise RegexRefused(RefusalCode.SYNTAX, pattern[error.pos or 0 :] or pattern) from error
    except FutureWarning as error:
        raise RegexRefused(RefusalCode.AMBIGUOUS_SET, pattern) from error
    except OverflowError as error:
        raise RegexRefused(RefusalCode.TOO_LARGE, pattern) from error


def _demand_usable(nfa: Nfa, pattern: str) -> None:
    if nfa.matches_empty:
        raise RegexRefused(RefusalCode.MATCHES_EMPTY, pattern)
    if not nfa.ever_matches:
        raise RegexRefused(RefusalCode.NEVER_MATCHES, pattern)


def _demand_re2_takes(pattern: str) -> None:
    options = re2.Options()
    options.max_mem = _RE2_MAX_BYTES
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise RegexRefused(RefusalCode.REFUSED_BY_RE2, pattern) from error


class _TreeReader:
    """Turns one parse tree into states. Its operators are named constants of the standard library."""

    def __init__(self, pattern: str) -> None:
        self.builder = NfaBuilder()
        self._pattern = pattern

    def flags(self, flags: int) -> int:
        if flags & ~_FLAGS_TAKEN:
            raise self._refused(RefusalCode.FLAG)
        return flags

    def sequence(self, tree: Iterable[tuple[Any, Any]], flags: int, then: int) -> int:
        for operator, argument in reversed(list(tree)):
            then = self._part(operator.name, argument, flags, then)
        return then

    def _part(self, operator: str, argument: Any, flags: int, then: int) -> int:
        match operator:
            case "BRANCH":
                return self.builder.either([self.sequence(branch, flags, then) for branch in argument[1]])
            case "SUBPATTERN":
                _, added, removed, tree = argument
                return self.sequence(tree, self.flags(flags | added) & ~removed, then)
            case "MAX_REPEAT" | "MIN_REPEAT":
                at_least, at_most, tree = argument
                return self.builder.repeat(
                    lambda following: self.sequence(tree, flags, following),
                    at_least=at_least,
                    at_most=None if at_most is sre.MAXREPEAT else at_most,
                    then=then,
                )
            case "AT":
                return self.builder.require(_ASSERTIONS[argument.name], then)
            case _ if operator in _REFUSED_OPERATORS:
                raise self._refused(_REFUSED_OPERATORS[operator])
            case _:
                return self.builder.consume(self._chars(operator, argument, flags), then)

    def _chars(self, operator: str, argument: Any, flags: int) -> CharSet:
        match operator:
            case "ANY":
                return ANYTHING if flags & re.DOTALL else NEWLINE.complement()
            case "LITERAL":
                return self._literal(argument, flags)
            case "NOT_LITERAL":
                return self._literal(argument, flags).complement()
            case "IN":
                return self._set(argument, flags)
            case _:
                raise self._refused(RefusalCode.SYNTAX)  # an operator of a later Python

    def _literal(self, code: int, flags: int) -> CharSet:
        if not light_fold(chr(code)):
            raise RegexRefused(RefusalCode.INVISIBLE_CHARACTER, chr(code))
        return _in_case(range_as_read(code, code), flags)

    def _set(self, items: list[tuple[Any, Any]], flags: int) -> CharSet:
        is_negated = items[0][0].name == "NEGATE"
        chars = CharSet(())
        for operator, argument in items[is_negated:]:
            match operator.name:
                case "LITERAL":
                    chars |= self._literal(argument, flags)
                case "RANGE":
                    chars |= _in_case(range_as_read(*argument), flags)
                case "CATEGORY":
                    chars |= _category(argument.name)
                case _:
                    raise self._refused(RefusalCode.SYNTAX)
        return chars.complement() if is_negated else chars

    def _refused(self, code: RefusalCode) -> RegexRefused:
        found = _LOOKS[code].search(self._pattern) if code in _LOOKS else None
        return RegexRefused(code, found.group() if found else self._pattern)


def _in_case(chars: CharSet, flags: int) -> CharSet:
    return ignoring_case(chars) if flags & re.IGNORECASE else chars


def _category(name: str) -> CharSet:
    kind = name.removeprefix("CATEGORY_").removeprefix("NOT_")
    chars = {"DIGIT": digits(), "SPACE": SPACE, "WORD": WORD}[kind]
    return chars.complement() if name.startswith("CATEGORY_NOT_") else chars
