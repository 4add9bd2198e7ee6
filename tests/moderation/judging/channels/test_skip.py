"""Keywords hidden by separators."""

from collections.abc import Iterator
from itertools import chain, combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.channels.skip import MAX_SKIPPED_CHARS, compile_skip
from chatapp.moderation.judging.detecting import Keyword
from chatapp.moderation.judging.text.normalise import is_word_symbol
from chatapp.moderation.judging.text.separators import STEPS_BY_CHAR, Separates, Separator
from chatapp.moderation.judging.verdict import Channel
from tests.moderation.judging.channels.keywords import holding, keywords, spans
from tests.moderation.judging.detector_laws import (
    alive_after,
    demand_exact_hold,
    demand_independent_copies,
    found_in,
    many,
    read_to_end,
    spans_in,
)

BLANK = "&nbsp;"
# Few letters, so that random keywords meet random texts.
phrases = st.text("ab口交 ", min_size=1, max_size=5).filter(lambda phrase: bool(phrase.strip()))
keyword_sets = st.lists(st.builds(Keyword, phrases, st.integers(0, 2), st.booleans()), min_size=1, max_size=5)
letters = st.sampled_from("aabb口交")
separators = st.sampled_from(
    ["", "", "", " ", "*", "**", ",", "'", "-_-", "    ", "\n", "。", "\u200b", "…", BLANK, "&", "1"]
)
texts = st.lists(st.tuples(letters, separators), max_size=10).map(lambda pairs: "".join(chain.from_iterable(pairs)))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Keyword], str]:
    """Keywords, and a text with some of them in it, disguised or nearly."""
    words = draw(keyword_sets)
    text = ""
    for word in draw(st.lists(st.sampled_from(words), max_size=3)):
        gaps = draw(st.one_of(separators.map(st.just), st.just(separators)))
        text += "".join(letter.strip() + draw(gaps) for letter in word.phrase)
        text += draw(st.sampled_from(["", "", " ", "a", "口", ", "]))
    return words, draw(st.one_of(st.just(text), texts.map(lambda other: text[:30] + other)))


class TestSkip:
    @pytest.mark.parametrize(
        ("keyword", "text", "hidden"),
        [
            ("kill", "they k i l l him", ["k i l l"]),
            ("kill", "K.I.L.L", ["K.I.L.L"]),
            ("kill", "k*ill, ki__ll", ["k*ill", "ki__ll"]),
            ("kill", "**k**ill", ["k**ill"]),
            ("kill", "a k😀i😀l😀l", ["k😀i😀l😀l"]),
            ("kill", "k&nbsp;i&nbsp;l&#8203;l", ["k&nbsp;i&nbsp;l&#8203;l"]),
            ("kill yourself", "k i l l  y o u r s e l f", ["k i l l  y o u r s e l f"]),
            ("kill yourself", "k.i.l.l, y.o.u.r.s.e.l.f", ["k.i.l.l, y.o.u.r.s.e.l.f"]),
            ("kill yourself", "kill_yourself killyourself", ["kill_yourself", "killyourself"]),
            ("炸弹", "炸 弹、炸**弹、炸😀弹", ["炸 弹", "炸**弹", "炸😀弹"]),
            ("做炸弹", "做，炸……弹", ["做，炸……弹"]),
            ("加v信", "加 v-信", ["加 v-信"]),
        ],
    )
    def test_finds(self, keyword, text, hidden):
        assert spans_in(compile_skip(keywords(keyword)), text) == hidden

    @pytest.mark.parametrize(
        ("keyword", "text"),
        [
            ("anal", "an Al-Qaeda cell"),
            ("hell", "he'll come"),
            ("shit", "push it"),
            ("shit", "sh it"),
            ("kill", "k    i    l    l"),
            ("kill", "k i l\nl"),
            ("kill", "sk*ill"),
            ("kill", "k*ills"),
            ("kill yourself", "if you kill, yourself to blame"),
            ("日你", "改日，你再来"),
            ("炸弹", "他炸。弹了"),
            ("炸弹", "他炸！弹了"),
            ("炸弹", "炸\n弹"),
        ],
    )
    def test_leaves_honest_text_alone(self, keyword, text):
        assert spans_in(compile_skip(keywords(keyword)), text) == []

    @pytest.mark.parametrize(
        ("keyword", "text"), [("kill", "kill"), ("kill him", "kill him"), ("炸弹", "炸弹炸\u200b弹")]
    )
    def test_leaves_what_is_written_as_the_keyword_to_the_strict_channel(self, keyword, text):
        assert spans_in(compile_skip(keywords(keyword)), text) == []

    @pytest.mark.parametrize(
        ("keyword", "text", "num_found"),
        [
            ("ab", "a b", 0),
            ("abc", "a b c", 1),
            ("口", "口 ", 0),
            ("口交", "口 交", 1),
            ("123", "1 2 3", 0),
            ("1234", "1 2 3 4", 1),
        ],
    )
    def test_needs_letters_enough_for_their_script(self, keyword, text, num_found):
        assert len(spans_in(compile_skip(keywords(keyword)), text)) == num_found

    def test_names_its_channel(self):
        (found,) = found_in(compile_skip(keywords("炸弹")), "炸 弹")

        assert found.channel is Channel.SKIP

    def test_takes_no_spelling_of_a_rules_own_for_another_in_disguise(self):
        several = [Keyword("aaaa", 0, holds=False), Keyword("aaa a", 0, holds=False)]

        assert spans(compile_skip(several), "aaaa") == spans(compile_skip(several), "aaa a") == []

    @many
    @given(cases())
    def test_finds_what_a_naive_reading_finds(self, case):
        words, text = case
        assert sorted(spans(compile_skip(words), text)) == sorted(naive(words, text))


class TestHold:
    @pytest.mark.parametrize(
        ("text", "alive_from"),
        [
            ("炸", 0),
            ("炸*", 0),
            ("炸****", None),
            ("炸,", None),
            ("炸弹", None),
            ("炸&nb", 0),
            ("炸&nbx", None),
            ("炸&nbsp;", 0),
            ("他炸", 1),
            ("k", 0),
            ("k i", 0),
            ("ki ", None),
            ("k*ill", 0),
            ("k*ill ", None),
            ("ak", None),
        ],
    )
    def test_lasts_while_a_span_may_still_come(self, text, alive_from):
        assert alive_after(compile_skip(keywords("炸弹", "kill")), text) == alive_from

    def test_is_only_for_rules_that_hold(self):
        assert alive_after(compile_skip(keywords("炸弹", holds=False)), "炸") is None

    @many
    @given(cases())
    def test_lets_no_character_of_a_later_span_go(self, case):
        words, text = case
        demand_exact_hold(compile_skip(words), text, holding(words))

    @many
    @given(cases())
    def test_holds_nothing_that_no_continuation_would_take(self, case):
        words, text = case
        detector = compile_skip([word for word in words if word.holds]).start()
        for char in text:
            detector.read(char)
        alive_from = detector.alive_from

        if alive_from is None:
            return
        starts = {found.start for ending in continuations(words) for found in read_to_end(detector.copy(), ending)}
        assert alive_from in starts

    @many
    @given(cases(), texts, st.data())
    def test_is_each_copys_own(self, case, other, data):
        words, text = case
        cut = data.draw(st.integers(0, len(text)))

        demand_independent_copies(compile_skip(words), text[:cut], text[cut:], other)


def continuations(words: list[Keyword]) -> Iterator[str]:
    """Every end of every keyword, its letters parted in every one way, after what may end an entity."""
    for phrase in {word.phrase for word in words} | {""}:
        for start in range(len(phrase) + 1):
            rest = phrase[start:].replace(" ", "")
            for parted in (phrase[start:], rest, "*".join(rest), " ".join(rest)):
                for first in ("", "*", " "):
                    yield first + parted
                    yield from (BLANK[cut:] + first + parted for cut in range(1, len(BLANK)))


def naive(words: list[Keyword], text: str) -> set[tuple[int, int, int]]:
    """All spans of all keywords in all readings of the entities, by comparing slices."""
    entities = [start for start in range(len(text)) if text.startswith(BLANK, start)]
    subsets = chain.from_iterable(combinations(entities, size) for size in range(len(entities) + 1))
    return {span for blanks in subsets for span in _naive_in(words, _steps(text, set(blanks)))}


def _steps(text: str, blanks: set[int]) -> list[tuple[str | Separator, int]]:
    steps: list[tuple[str | Separator, int]] = []
    for position, char in enumerate(text):
        if position in blanks:
            steps.append((Separator(Separates.WORDS, " "), position))
        elif not any(start < position < start + len(BLANK) for start in blanks):
            steps += [(step, position) for step in STEPS_BY_CHAR[char]]
    return steps


def _naive_in(words: list[Keyword], steps: list[tuple[str | Separator, int]]) -> Iterator[tuple[int, int, int]]:
    places = [index for index, (step, _) in enumerate(steps) if isinstance(step, str)]
    owns: dict[tuple[int, str], set[tuple[str, ...]]] = {}
    for word in words:
        spelled, own = _spelled([step for char in word.phrase for step in STEPS_BY_CHAR[char]])
        owns.setdefault((word.rule_number, spelled), set()).add(tuple("".join(s.symbols for s in gap) for gap in own))
    for (rule_number, spelled), own_gaps in owns.items():
        shortest = 3 if all(map(is_word_symbol, spelled)) else 2
        for first, last in zip(places, places[len(spelled) - 1 :], strict=False):
            found, gaps = _spelled([step for step, _ in steps[first : last + 1]])
            written = tuple("".join(s.symbols for s in gap) for gap in gaps)
            stands_alone = not _joins(steps, first - 1, first) and not _joins(steps, last, last + 1)
            if found != spelled or len(spelled) < shortest or not stands_alone or written in own_gaps:
                continue
            if any(_hides(spelled, own, gaps) for own in own_gaps):
                yield rule_number, steps[first][1], steps[last][1] + 1


def _spelled(steps: list[str | Separator]) -> tuple[str, list[list[Separator]]]:
    spelled = ""
    gaps: list[list[Separator]] = []
    for step in steps:
        if isinstance(step, str):
            spelled += step
            gaps.append([])
        elif gaps:
            gaps[-1].append(step)
    return spelled, gaps[:-1]


def _joins(steps: list[tuple[str | Separator, int]], left: int, right: int) -> bool:
    pair = [steps[index][0] for index in (left, right) if 0 <= index < len(steps)]
    return len(pair) == 2 and all(isinstance(step, str) and is_word_symbol(step) for step in pair)


def _hides(spelled: str, own: tuple[str, ...], gaps: list[list[Separator]]) -> bool:
    """Whether separators that stand between these letters hide this keyword."""
    if any(len(gap) > MAX_SKIPPED_CHARS or any(s.separates & Separates.SENTENCES for s in gap) for gap in gaps):
        return False
    parted, word = False, []
    for (left, right), own_gap, gap in zip(pairwise(spelled), own, gaps, strict=True):
        in_words = is_word_symbol(left) and is_word_symbol(right)
        if in_words and not own_gap:
            word.append(gap)
            parted = parted or bool(gap)
            if not _spells_a_word(word):
                return False
            continue
        word = []
        if (in_words or len(spelled) == 2) and not parted and any(s.separates & Separates.CLAUSES for s in gap):
            return False
    return True


def _spells_a_word(gaps: list[list[Separator]]) -> bool:
    marked = not any(s.separates & (Separates.WORDS | Separates.PARTS) for gap in gaps for s in gap)
    return marked or all(gaps)
