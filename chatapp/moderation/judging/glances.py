"""
Whether a whole text may hold anything for a detector, told in a pass or two of C code. Owns necessary conditions: a
glance that says no is certain, one that says yes means only that the detector must read. Finds nothing itself.

For who reads many texts (batch.py): a detector takes 0.1 to 0.5 µs a character, a glance a hundredth to a tenth of it.
"""

from collections.abc import Iterable, Iterator

from ahocorasick_rs import AhoCorasick

from chatapp.moderation.judging.channels.leet import DISGUISING, LeetSource, letter_class
from chatapp.moderation.judging.channels.pinyin import U_UMLAUT, PinyinSource
from chatapp.moderation.judging.channels.skip import SkipSource
from chatapp.moderation.judging.detecting import Glance
from chatapp.moderation.judging.personal_data.detector import PersonalDataRules
from chatapp.moderation.judging.text.normalise import fold, is_word_symbol
from chatapp.moderation.judging.text.plain_symbols import PLAIN_BY_CHAR
from chatapp.moderation.judging.text.separators import STEPS_BY_CHAR, Separates, Step
from chatapp.moderation.judging.text.spelling import spelled, spelled_by_code
from chatapp.moderation.judging.text.syllables import reading_of
from chatapp.moderation.judging.urls.defanging import plainly_written
from chatapp.moderation.judging.urls.detector import STARTER_MARKS, UrlRules
from chatapp.moderation.judging.urls.domain_spellings import URL_SYMBOLS_BY_CHAR

# Stands where nothing is read across; φ leaves no line end, so no keyword holds one.
_BARRIER = "\n"


def _never(_text: str) -> bool:
    return False


def _automaton(phrases: Iterable[str]) -> AhoCorasick | None:
    distinct = sorted({spelled(phrase) for phrase in phrases})
    return AhoCorasick(distinct) if distinct else None


def _holds_one(automaton: AhoCorasick, text: str) -> bool:
    return bool(automaton.find_matches_as_indexes(text))


# --- keywords with something between their letters: the letters must follow each other ------------------------------


def _letters(char: str) -> str:
    return "".join(map(_letter, STEPS_BY_CHAR[char]))


def _letter(step: Step) -> str:
    if isinstance(step, str):
        return spelled(step)
    return _BARRIER if step.separates & Separates.SENTENCES else ""


_LETTERS_BY_CODE = spelled_by_code(_letters)


def skip_glance(source: SkipSource) -> Glance:
    automaton = _automaton(source.shortest_letters())
    if automaton is None:
        return _never
    # An entity ("&nbsp;") is letters here and a blank there.
    return lambda text: ("&" in text and ";" in text) or _holds_one(automaton, text.translate(_LETTERS_BY_CODE))


# --- keywords in digits and signs: what each may stand for is one class with it -------------------------------------

SYMBOLS_BY_CODE = spelled_by_code(fold)


def leet_glance(source: LeetSource) -> Glance:
    automaton = _automaton("".join(map(letter_class, word)) for word in source.words())
    if automaton is None:
        return _never

    def may_find(text: str) -> bool:
        symbols = text.translate(SYMBOLS_BY_CODE)
        if not DISGUISING.search(symbols):
            return False
        classes = symbols.translate(_CLASS_BY_CODE)
        places = automaton.find_matches_as_indexes(classes, overlapping=True)
        return any(_is_disguised_word(symbols, start, end) for _, start, end in places)

    return may_find


_CLASS_BY_CODE = {code: letter_class(chr(code)) for code in range(128) if letter_class(chr(code)) != chr(code)}


def _is_disguised_word(symbols: str, start: int, end: int) -> bool:
    return bool(DISGUISING.search(symbols, start, end)) and not (
        (start and is_word_symbol(symbols[start - 1])) or (end < len(symbols) and is_word_symbol(symbols[end]))
    )


# --- keywords by their sound: its spelling in Latin letters must follow ---------------------------------------------


def _sounds(char: str) -> str:
    return "".join(_sound("v" if char in U_UMLAUT else step) for step in STEPS_BY_CHAR[char])


def _sound(step: Step) -> str:
    if not isinstance(step, str):
        clauses_only = step.separates & (Separates.CLAUSES | Separates.PARTS) == Separates.CLAUSES
        return _BARRIER if clauses_only or step.separates & Separates.SENTENCES else ""
    if is_word_symbol(step) and not step.isdecimal():
        return spelled(_one_u(step))
    return _one_u(reading_of(step) or _BARRIER)


def _one_u(spelling: str) -> str:
    """lve is written lue, and nü as nv: here they are all the same."""
    return spelling.replace("v", "u")


_SOUNDS_BY_CODE = spelled_by_code(_sounds)


def pinyin_glance(source: PinyinSource) -> Glance:
    automaton = _automaton(map(_one_u, source.shortest_spellings()))
    if automaton is None:
        return _never
    return lambda text: _holds_one(automaton, text.translate(_SOUNDS_BY_CODE))


# --- the other kinds -------------------------------------------------------------------------------------------------

_PLAIN_BY_CODE = spelled_by_code(lambda char: spelled(PLAIN_BY_CHAR[char]))
_URL_SYMBOLS_BY_CODE = spelled_by_code(lambda char: spelled(URL_SYMBOLS_BY_CHAR[char]))


def personal_data_glance(source: PersonalDataRules) -> Glance:
    needed = source.needed

    def may_find(text: str) -> bool:
        plain = text.translate(_PLAIN_BY_CODE)
        return any(one.search(plain) for one in needed)

    return may_find


def url_glance(source: UrlRules) -> Glance:
    forms = _automaton(source.lists.forms)

    def may_find(text: str) -> bool:
        return any(
            any(mark in symbols for mark in STARTER_MARKS) or (forms is not None and _holds_one(forms, symbols))
            for symbols in _as_written_and_meant(text.translate(_URL_SYMBOLS_BY_CODE))
        )

    return may_find


def _as_written_and_meant(symbols: str) -> Iterator[str]:
    yield symbols
    if (meant := plainly_written(symbols)) != symbols:
        yield meant
