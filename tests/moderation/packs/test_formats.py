"""Packs as files: what is good is kept, what is not is told by line, and what was written is read as it was."""

import csv
import io
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.judging.text.normalise import pattern_symbols
from chatapp.moderation.judging.verdict import SUPPORTED_ACTIONS, Action, Category, Channel, Language, Stage
from chatapp.moderation.models import Rule
from chatapp.moderation.packs.entry import ADVICE, EntryInvalid, read_entry
from chatapp.moderation.packs.formats import pack_from_csv, pack_from_json, pack_from_paste, pack_to_csv, pack_to_json
from chatapp.moderation.packs.pack import PACK_ACTIONS, Pack, PackEntry, PackHeader, rules_of

EXAMPLES = int(os.environ.get("GATE_EXAMPLES", "200"))
HEADER = PackHeader(name="demo", version="3", language=Language.ENGLISH, licence="CC0-1.0", source="made up")
DEFAULTS = {"category": "hate", "severity": 2, "action": "flag"}

lines_of_text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8).map(
    lambda text: " ".join(text.split())
)
spelling = st.text(st.sampled_from("ab 口交'\"=+-@,#;|\n\\é"), min_size=1, max_size=8)


@st.composite
def entries(draw: st.DrawFn) -> PackEntry:
    """Only entries that reading would let pass."""
    phrase = draw(st.one_of(spelling, lines_of_text).map(lambda text: " ".join(text.split())).filter(pattern_symbols))
    long_enough = len([symbol for symbol in pattern_symbols(phrase) if symbol > 3]) > 1
    some_words = st.lists(st.text("abc'=-é", min_size=1, max_size=4), max_size=3, unique=True)
    around = st.lists(st.sampled_from(["x", "口", "=", "'"]), max_size=3, unique=True)
    return PackEntry(
        phrase=phrase,
        category=draw(st.sampled_from(Category)),
        severity=draw(st.integers(1, 4)),
        action=draw(st.sampled_from(sorted(PACK_ACTIONS - (set() if long_enough else {Action.BLOCK})))),
        language=draw(st.none() | st.sampled_from(Language)),
        stages=tuple(stage for stage in Stage if draw(st.booleans())),
        channels=tuple(channel for channel in Channel if draw(st.booleans())),
        allow=tuple(f"{before} {phrase}" for before in draw(around)),
        tags=tuple(draw(some_words)),
        source=draw(lines_of_text),
        licence=draw(lines_of_text),
    )


@st.composite
def packs(draw: st.DrawFn) -> Pack:
    unique = {
        (pattern_symbols(e.phrase), e.category, e.action, e.stages): e for e in draw(st.lists(entries(), max_size=5))
    }
    notices = {Category.SELF_HARM: {"en": draw(lines_of_text)}} if draw(st.booleans()) else {}
    header = PackHeader("demo", draw(lines_of_text), draw(st.sampled_from(Language)), "CC0", "by hand", notices)
    return Pack(header, tuple(unique.values()))


class TestJson:
    @settings(max_examples=EXAMPLES)
    @given(packs())
    def test_is_read_as_it_was_written_and_written_as_the_same_bytes(self, pack):
        written = pack_to_json(pack)

        read = pack_from_json(written)

        assert read.problems == ()
        assert read.pack == pack
        assert read.pack is not None
        assert pack_to_json(read.pack) == written

    def test_has_one_entry_a_line(self):
        pack = Pack(HEADER, tuple(read_entry({**DEFAULTS, "phrase": phrase}) for phrase in ("one", "two")))

        assert [line for line in pack_to_json(pack).splitlines() if "phrase" in line] == [
            '  {"phrase": "one", "category": "hate", "severity": 2, "action": "flag"},',
            '  {"phrase": "two", "category": "hate", "severity": 2, "action": "flag"}',
        ]

    def test_keeps_the_good_entries_and_tells_the_line_of_each_other(self):
        entries = [{**DEFAULTS, "phrase": "one"}, {**DEFAULTS, "phrase": ""}, "two", {**DEFAULTS, "phrase": "three"}]
        text = json.dumps({"name": "demo", "source": '"entries": [', "entries": entries}, indent=1)

        read = pack_from_json(text)

        assert [entry.phrase for entry in read.pack.entries] == ["one", "three"]
        assert [(problem.line, problem.code) for problem in read.problems] == [
            (11, "phrase_blank"),
            (17, "entry_unreadable"),
        ]
        assert text.splitlines()[16].strip() == '"two",'

    @pytest.mark.parametrize(
        ("text", "line", "code"),
        [
            ("", 1, "json_unreadable"),
            ('{"name": "demo",\n "entries": [\n}', 3, "json_unreadable"),
            ("[" * 100_000, 1, "json_unreadable"),
            ("1" * 5_000, 1, "json_unreadable"),
            ("[]", 1, "header_unreadable"),
            ('{"name": "demo"}', 1, "header_unreadable"),
            ('{"name": 5, "entries": []}', 1, "header_unreadable"),
            ('{"name": "demo", "notices": {"fun": {}}, "entries": []}', 1, "header_unreadable"),
            ('{"name": "demo", "notices": {"hate": {"xx": ""}}, "entries": []}', 1, "header_unreadable"),
            ('{"name": "no spaces", "entries": []}', 1, "name_unusable"),
            ('{"entries": []}', 1, "name_unusable"),
            ('{"name": "demo", "language": "xx", "entries": []}', 1, "language_unknown"),
        ],
    )
    def test_is_refused_as_a_whole_without_a_readable_header(self, text, line, code):
        pack, (problem,) = pack_from_json(text)

        assert pack is None
        assert (problem.line, problem.code) == (line, code)

    def test_finds_the_entries_whatever_the_key_is_spelt_like(self):
        read = pack_from_json('{"name": "demo", "\\u0065ntries": [{"phrase": ""}]}')

        assert [(problem.line, problem.code) for problem in read.problems] == [(1, "category_unknown")]


class TestCsv:
    @settings(max_examples=EXAMPLES)
    @given(packs())
    def test_is_read_as_it_was_written_and_written_as_the_same_bytes(self, pack):
        written = pack_to_csv(pack)

        read = pack_from_csv(written, header=pack.header)

        assert read.problems == ()
        assert read.pack == pack
        assert read.pack is not None
        assert pack_to_csv(read.pack) == written

    @given(packs())
    def test_has_no_cell_that_a_spreadsheet_would_run(self, pack):
        cells = [cell for row in csv.reader(io.StringIO(pack_to_csv(pack), newline="")) for cell in row]

        assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}]

    def test_fills_empty_cells_and_missing_columns_from_the_defaults(self):
        text = "\ufeffAction,Phrase\r\n,one\r\nredact,two\r\n\r\n"

        read = pack_from_csv(text, header=HEADER, defaults=DEFAULTS)

        assert [(entry.phrase, entry.action, entry.severity) for entry in read.pack.entries] == [
            ("one", Action.FLAG, 2),
            ("two", Action.REDACT, 2),
        ]
        assert read.problems == ()

    def test_keeps_the_good_lines_and_tells_the_line_on_which_each_other_begins(self):
        text = 'phrase,allow,colour\n口交,"路口交通\n出口交费"\n,x\n"two\nlines",,\none,one,\nfour,,,5\nfive,,'

        read = pack_from_csv(text, header=HEADER, defaults=DEFAULTS)

        assert [(entry.phrase, entry.allow) for entry in read.pack.entries] == [
            ("口交", ("路口交通", "出口交费")),
            ("two lines", ()),
            ("five", ()),
        ]
        assert [(problem.line, problem.code, problem.text) for problem in read.problems] == [
            (1, "field_unknown", "colour"),
            (4, "phrase_blank", ""),
            (7, "allow_cancels_phrase", "one"),
            (8, "cells_too_many", "['four', '', '', '5']"),
        ]

    @pytest.mark.parametrize("text", ["", "word,action\nx,flag", "一,二"])
    def test_needs_a_line_of_column_names(self, text):
        read = pack_from_csv(text, header=HEADER)

        assert read.pack.entries == ()
        assert [(problem.line, problem.code) for problem in read.problems] == [(1, "columns_missing")]

    def test_goes_on_after_a_line_with_broken_quotes(self):
        read = pack_from_csv('phrase\n"one"x\ntwo\n"three', header=HEADER, defaults=DEFAULTS)

        assert [entry.phrase for entry in read.pack.entries] == ["two"]
        assert [(problem.line, problem.code) for problem in read.problems] == [
            (2, "csv_unreadable"),
            (4, "csv_unreadable"),
        ]

    @given(st.text(st.sampled_from("a,\"\n\r\0\ud800='"), max_size=30))
    def test_never_fails(self, text):
        read = pack_from_csv("phrase,allow\n" + text, header=HEADER, defaults=DEFAULTS)

        assert all(problem.code in ADVICE for problem in read.problems)


class TestPaste:
    def test_takes_a_phrase_a_line(self):
        text = "\ufeffone\r\n\n  two  words \n# a remark\n#hashtag\n"

        read = pack_from_paste(text, header=HEADER, defaults={**DEFAULTS, "tags": ["pasted"]})

        assert [(entry.phrase, entry.tags) for entry in read.pack.entries] == [
            ("one", ("pasted",)),
            ("two words", ("pasted",)),
            ("#hashtag", ("pasted",)),
        ]
        assert read.problems == ()

    def test_keeps_the_good_lines_and_tells_the_line_of_each_other(self):
        read = pack_from_paste("one\n\u200b\nＯＮＥ\n" + "x" * 101 + "\ntwo", header=HEADER, defaults=DEFAULTS)

        assert [entry.phrase for entry in read.pack.entries] == ["one", "two"]
        assert [(problem.line, problem.code) for problem in read.problems] == [
            (2, "phrase_blank"),
            (3, "phrase_repeated"),
            (4, "phrase_too_long"),
        ]

    @given(st.text(max_size=60))
    def test_loses_no_line(self, text):
        read = pack_from_paste(text, header=HEADER, defaults=DEFAULTS)

        counted = [
            line for line in text.removeprefix("\ufeff").splitlines() if line.strip() and not line.startswith("# ")
        ]
        assert len(read.pack.entries) + len(read.problems) == len(counted)


class TestAnEntry:
    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"phrase": " \u200b"}, "phrase_blank"),
            ({}, "phrase_blank"),
            ({"phrase": "x" * 101}, "phrase_too_long"),
            ({"phrase": "死", "action": "block"}, "phrase_too_short_to_block"),
            ({"phrase": "a\0b"}, "text_unreadable"),
            ({"phrase": "a\ud800"}, "text_unreadable"),
            ({"phrase": 5}, "entry_unreadable"),
            ({"phrase": "a", "allow": "ab"}, "entry_unreadable"),
            ({"phrase": "a", "category": "fun"}, "category_unknown"),
            ({"phrase": "a", "category": ["hate"]}, "category_unknown"),
            ({"phrase": "a", "severity": 0}, "severity_unknown"),
            ({"phrase": "a", "severity": "5"}, "severity_unknown"),
            ({"phrase": "a", "severity": True}, "severity_unknown"),
            ({"phrase": "a", "severity": 2.5}, "severity_unknown"),
            ({"phrase": "a", "action": "replace"}, "action_unknown"),
            ({"phrase": "a", "action": "explode"}, "action_unknown"),
            ({"phrase": "a", "language": "xx"}, "language_unknown"),
            ({"phrase": "a", "stages": ["input", "moon"]}, "stage_unknown"),
            ({"phrase": "a", "channels": ["smell"]}, "channel_unknown"),
            ({"phrase": "口交", "allow": ["口 交"]}, "allow_without_phrase"),
            ({"phrase": "口交", "allow": ["\u200b口交"]}, "allow_cancels_phrase"),
            ({"phrase": "a", "colour": "red"}, "field_unknown"),
        ],
    )
    def test_is_refused_with_a_code_and_what_to_do(self, fields, code):
        with pytest.raises(EntryInvalid) as refused:
            read_entry({**DEFAULTS, **fields})

        assert refused.value.code == code
        assert ADVICE[code]

    def test_takes_words_in_any_case_and_numbers_as_text(self):
        entry = read_entry({"phrase": " a  b", "category": "HATE", "severity": " 3", "action": "Flag", "language": ""})

        assert (entry.phrase, entry.category, entry.severity, entry.action) == ("a b", "hate", 3, "flag")
        assert entry.language is None

    def test_knows_every_action_that_needs_no_text_of_its_own(self):
        assert {*PACK_ACTIONS, Action.REPLACE, Action.SAFE_COMPLETION, Action.THROTTLE} == SUPPORTED_ACTIONS


class TestRulesOf:
    def test_puts_entries_that_ask_for_the_same_into_one_rule(self):
        entries = [
            read_entry(
                {"phrase": "口交", "category": "sexual", "severity": 1, "action": "flag", "allow": ["路口交通"]}
            ),
            read_entry({"phrase": "约炮", "category": "sexual", "severity": 1, "action": "flag"}),
            read_entry({"phrase": "kill", "category": "hate", "severity": 3, "action": "block"}),
            read_entry({"phrase": "spam", "category": "sexual", "severity": 1, "action": "flag", "language": "any"}),
        ]
        header = PackHeader("demo", language=Language.SIMPLIFIED_CHINESE, notices={Category.HATE: {"en": "No."}})

        rules = rules_of(Pack(header, tuple(entries)))

        assert [(rule.slug, rule.words, rule.allow) for rule in rules] == [
            ("demo-sexual-flag-1-zh-hans", ("口交", "约炮"), ("路口交通",)),
            ("demo-hate-block-3-zh-hans", ("kill",), ()),
            ("demo-sexual-flag-1-any", ("spam",), ()),
        ]
        assert [rule.notices for rule in rules] == [{}, {"en": "No."}, {}]

    def test_looks_everywhere_where_text_is_taken_away_unless_the_entries_say_where(self):
        entries = [
            read_entry({**DEFAULTS, "phrase": "a"}),
            read_entry({**DEFAULTS, "phrase": "b", "action": "redact"}),
            read_entry({**DEFAULTS, "phrase": "c", "stages": ["title"]}),
        ]

        rules = rules_of(Pack(HEADER, tuple(entries)))

        assert [rule.stages for rule in rules] == [(Stage.INPUT, Stage.OUTPUT), tuple(Stage), (Stage.TITLE,)]
        assert [rule.slug for rule in rules] == [
            "demo-hate-flag-2-en",
            "demo-hate-redact-2-en",
            "demo-hate-flag-2-en-2",
        ]

    @settings(max_examples=EXAMPLES)
    @given(packs())
    def test_loses_no_word_and_gives_no_two_rules_one_name(self, pack):
        rules = rules_of(pack)

        assert sorted({(e.phrase, e.category, e.action) for e in pack.entries}) == sorted(
            {(word, rule.category, rule.action) for rule in rules for word in rule.words}
        )
        slugs = [rule.slug for rule in rules]
        assert len(slugs) == len(set(slugs))
        assert max(map(len, slugs), default=0) <= (Rule._meta.get_field("slug").max_length or 0)
