"""Chinese keywords by their sound."""

import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise, product
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.channels.pinyin import compile_pinyin
from chatapp.moderation.judging.channels.pinyin_keywords import MIN_SYLLABLES
from chatapp.moderation.judging.channels.pinyin_word import MAX_WORD_LETTERS
from chatapp.moderation.judging.detecting import Keyword
from chatapp.moderation.judging.text.normalise import is_word_symbol
from chatapp.moderation.judging.text.separators import STEPS_BY_CHAR, Separates, Separator
from chatapp.moderation.judging.text.syllables import SYLLABLES, reading_of, readings_in, readings_of, syllable_of
from chatapp.moderation.judging.verdict import Channel
from tests.moderation.judging.channels.keywords import holding, keywords, spans
from tests.moderation.judging.detector_laws import (
    alive_after,
    demand_exact_hold,
    demand_independent_copies,
    found_in,
    many,
    spans_in,
)

phrases = st.text("西安先八行", min_size=2, max_size=4)
keyword_sets = st.lists(st.builds(Keyword, phrases, st.integers(0, 2), st.booleans()), min_size=1, max_size=5)
pieces = [*"西安先八行航仙巴犀", *["xi", "an", "xian", "ba", "8", "hang", "xing"] * 2, *"xng 1ü'-,。яあ"]
texts = st.lists(st.sampled_from(pieces), max_size=9).map("".join)

SOUNDS = {"西": ["xi", "犀"], "安": ["an"], "先": ["xian", "仙"], "八": ["8", "ba", "巴"], "行": ["xing", "hang", "航"]}


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Keyword], str]:
    """Keywords, and a text with some of them in it, disguised or nearly."""
    words = draw(keyword_sets)
    text = ""
    for word in draw(st.lists(st.sampled_from(words), max_size=2)):
        for char in word.phrase:
            text += draw(st.sampled_from([char, *SOUNDS[char], *SOUNDS[char]]))
            text += draw(st.sampled_from(["", "", "", " ", "'", ", "]))
        text += draw(st.sampled_from(["", " ", "x", "八", "8"]))
    return words, draw(st.one_of(st.just(text), texts.map(lambda other: text[:20] + other)))


class TestPinyin:
    @pytest.mark.parametrize(
        ("keyword", "text", "heard"),
        [
            ("操你妈", "我草泥马", ["草泥马"]),
            ("操你妈", "caonima! CAO NI MA", ["caonima", "CAO NI MA"]),
            ("操你妈", "cāo nǐ mā", ["cāo nǐ mā"]),
            ("操你妈", "操ni妈, cao你ma", ["操ni妈", "cao你ma"]),
            ("操你妈", "wocaonimade", ["caonima"]),
            ("王八蛋", "王8蛋 wang8dan", ["王8蛋", "wang8dan"]),
            ("法西斯", "fa'xi'si fa-xi-si", ["fa'xi'si", "fa-xi-si"]),
            ("绿茶婊", "lǜchabiao lvchabiao", ["lǜchabiao", "lvchabiao"]),
            ("侵略者", "qinluezhe qinlvezhe", ["qinluezhe", "qinlvezhe"]),
            ("炸彈製作", "zhadanzhizuo", ["zhadanzhizuo"]),
            ("六四事件", "64shijian", ["64shijian"]),
            ("银行家", "yinhangjia yinxingjia", ["yinhangjia", "yinxingjia"]),
        ],
    )
    def test_hears(self, keyword, text, heard):
        assert spans_in(compile_pinyin(keywords(keyword)), text) == heard

    @pytest.mark.parametrize(
        ("keyword", "text"),
        [
            ("操你妈", "操你妈"),
            ("傻逼", "sha bi 沙比"),
            ("操你妈", "xcaonima caonimax"),
            ("操你妈", "cao, ni, ma"),
            ("操你妈", "草。泥马"),
            ("操你妈", "草 泥 马"),
            ("加微信", "加v信"),
            ("王八蛋", "王88蛋 王 8蛋"),
            ("西安人", "xianren"[:4]),
            ("八四三", "843"),
            ("八四三", "e843"),
            ("kill", "kill"),
        ],
    )
    def test_is_deaf_to(self, keyword, text):
        assert spans_in(compile_pinyin(keywords(keyword)), text) == []

    def test_hears_two_syllables_only_where_it_is_told_to(self):
        source = compile_pinyin(keywords("傻逼", "微信"), forced={"傻逼"})

        assert spans(source, "沙比weixin") == [(0, 0, 2)]

    def test_hears_those_as_they_are_usually_read_alone_and_in_the_phrase(self):
        source = compile_pinyin(keywords("射精", "音乐"), forced={"射精", "音乐"})

        assert spans_in(source, "已经 shejing yijing 音悦 yinle 因了") == ["shejing", "音悦", "yinle", "因了"]

    def test_cuts_endless_words_after_a_syllable(self):
        text = "wo" * (MAX_WORD_LETTERS // 2) + "caonima" + "ni" * MAX_WORD_LETTERS

        assert spans_in(compile_pinyin(keywords("操你妈")), text) == ["caonima"]

    def test_names_its_channel(self):
        (found,) = found_in(compile_pinyin(keywords("操你妈")), "caonima")

        assert found.channel is Channel.PINYIN

    @many
    @given(cases())
    def test_finds_what_a_naive_reading_finds(self, case):
        words, text = case
        forced = {word.phrase for word in words}

        assert sorted(spans(compile_pinyin(words, forced=forced), text)) == sorted(naive(words, text))


class TestHold:
    @pytest.mark.parametrize(
        ("text", "alive_from"),
        [
            ("我草", 1),
            ("我草泥", 1),
            ("我草泥马", None),
            ("我草大", None),
            ("a c", 2),
            ("a caon", 2),
            ("a caonima", 2),
            ("a caonima ", None),
            ("a caox", None),
            ("a caoni ", 2),
            ("a caoni  ", None),
            ("z", None),
        ],
    )
    def test_lasts_while_a_keyword_may_still_be_heard(self, text, alive_from):
        assert alive_after(compile_pinyin(keywords("操你妈")), text) == alive_from

    def test_is_only_for_rules_that_hold(self):
        assert alive_after(compile_pinyin(keywords("操你妈", holds=False)), "caoni") is None

    @pytest.mark.parametrize("text", ["ni" * 500, "1" * 1000, "caonima" * 200])
    def test_of_endless_words_is_bounded(self, text):
        detector = compile_pinyin(keywords("操你妈", "尼尼尼", "一一一")).start()
        longest = MAX_WORD_LETTERS + len("caonima")

        for number, char in enumerate(text, 1):
            detector.read(char)
            assert number - (number if detector.alive_from is None else detector.alive_from) <= longest

    @many
    @given(cases())
    def test_lets_no_character_of_a_later_span_go(self, case):
        words, text = case
        source = compile_pinyin(words, forced={word.phrase for word in words})

        demand_exact_hold(source, text, holding(words))

    def test_inside_a_word_is_each_copys_own(self):
        demand_independent_copies(compile_pinyin(keywords("操你妈")), "cao", "xima", "ni")

    @many
    @given(cases(), texts, st.data())
    def test_is_each_copys_own(self, case, other, data):
        words, text = case
        cut = data.draw(st.integers(0, len(text)))

        demand_independent_copies(
            compile_pinyin(words, forced={word.phrase for word in words}), text[:cut], text[cut:], other
        )


class TestReadings:
    def test_are_every_one_for_keywords_and_the_most_usual_for_texts(self):
        assert readings_of("行") == ("xing", "hang", "heng")
        assert reading_of("行") == "xing"
        assert readings_of("8") == ("ba",)

    @pytest.mark.parametrize("char", ["a", "，", "😀", "あ", "한", " "])
    def test_are_none_for_what_is_not_chinese(self, char):
        assert readings_of(char) == ()

    def test_are_spelled_as_people_type(self):
        assert (syllable_of("lv"), syllable_of("lue"), syllable_of("lve"), syllable_of("v")) == (
            "lv",
            "lve",
            "lve",
            None,
        )
        assert {"zhuang", "er", "nv", "yue"} < SYLLABLES

    def test_load_nothing_before_they_are_asked_for(self):
        program = "import sys, chatapp.moderation.judging.channels.pinyin; sys.exit('pypinyin' in sys.modules)"

        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


class Unit(NamedTuple):
    """A syllable of a text as one reading has it. word: the Latin word it is in, or its own character."""

    syllable: str
    start: int
    end: int
    written: str
    word: str
    separators: tuple[Separator, ...]


def naive(words: list[Keyword], text: str) -> set[tuple[int, int, int]]:
    """All spans of all keywords, in every way to part every Latin word."""
    found: set[tuple[int, int, int]] = set()
    for units in product(*_chunks(text)):
        flat = [unit for chunk in units for unit in chunk]
        for word in words:
            length = len(word.phrase)
            for first in range(len(flat) - length + 1):
                run = flat[first : first + length]
                if _sounds(run, word.phrase):
                    found.add((word.rule_number, run[0].start, run[-1].end))
    return found


def _sounds(run: list[Unit], phrase: str) -> bool:
    readings = readings_in(phrase) if len(phrase) < MIN_SYLLABLES else tuple(map(readings_of, phrase))
    if any(unit.syllable not in of_char for unit, of_char in zip(run, readings, strict=True)):
        return False
    written = "".join(unit.written for unit in run)
    if written == phrase or written.isdecimal():
        return False
    return all(_adjoin(left, right) for left, right in pairwise(run))


def _adjoin(left: Unit, right: Unit) -> bool:
    if not right.separators:
        return True
    (separator, *others) = right.separators
    clause = separator.separates & Separates.CLAUSES and not separator.separates & Separates.PARTS
    latin = any(unit.word.isascii() and not unit.word.isdecimal() for unit in (left, right))
    return latin and not others and not clause and not separator.separates & Separates.SENTENCES


def _chunks(text: str) -> Iterator[list[list[Unit]]]:
    """For each Chinese character and each Latin word: all its ways to be read; what has none stands in the way."""
    steps = [("v" if char == "ü" else step, place) for place, char in enumerate(text) for step in STEPS_BY_CHAR[char]]
    separators: tuple[Separator, ...] = ()
    while steps:
        step, place = steps.pop(0)
        if isinstance(step, Separator):
            separators += (step,)
            continue
        word, places = step, [place]
        while is_word_symbol(step) and steps and isinstance(letter := steps[0][0], str) and is_word_symbol(letter):
            word, places = word + letter, [*places, steps.pop(0)[1]]
        yield list(_ways(word, places, separators)) or [[Unit("?", places[0], places[-1] + 1, word, word, separators)]]
        separators = ()


def _ways(word: str, places: list[int], separators: tuple[Separator, ...]) -> Iterator[list[Unit]]:
    if word.isdecimal() and len(word) > 1:
        return
    for cuts in _partings(word):
        ends = [sum(map(len, cuts[: number + 1])) for number in range(len(cuts))]
        yield [
            Unit(
                (syllable_of(part) if part.isascii() else reading_of(part)) or "?",
                places[end - len(part)],
                places[end - 1] + 1,
                part,
                word,
                separators if end == len(part) else (),
            )
            for part, end in zip(cuts, ends, strict=True)
        ]


def _partings(word: str) -> Iterator[list[str]]:
    if not word:
        yield []
    for length in range(1, min(len(word), 6) + 1):
        part = word[:length]
        if syllable_of(part) or (not part.isascii() and length == 1 and reading_of(part)):
            yield from ([part, *rest] for rest in _partings(word[length:]))
