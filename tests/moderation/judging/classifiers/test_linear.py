"""The classifier that works out of the box: its features, its files and what it says."""

import json
import subprocess
import sys
from hashlib import sha256
from shutil import copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.launch.configuration import CHECKOUT
from chatapp.moderation.judging.classifiers.linear import (
    BUNDLED_WEIGHTS,
    CARD_FILE,
    NGRAMS_FILE,
    OFFENSIVE,
    WEIGHTS_FILE,
    LinearClassifier,
    bundled_classifier,
    bundled_thresholds,
    read_card,
)
from chatapp.moderation.judging.classifiers.ngrams import has_han, ngrams_of, symbols_of
from chatapp.moderation.judging.classifiers.types import WeightsUnusable

MAX_BUNDLED_BYTES = 4_000_000
OFFENCES = ["你们这些人都是垃圾", "女人就是麻烦，滚回去", "黑人都是垃圾"]
HARMLESS = ["今天天气不错。", "我爱北京天安门", "请帮我写一封感谢信，谢谢。", "这部电影讲的是什么？"]


class TestNgrams:
    def test_are_the_runs_of_one_to_four_symbols_between_start_and_end(self):
        assert ngrams_of("ab") == {"\x02", "a", "b", "\x03", "\x02a", "ab", "b\x03", "\x02ab", "ab\x03", "\x02ab\x03"}

    @given(st.text(max_size=30))
    def test_are_those_that_a_naive_reading_finds(self, text):
        symbols = symbols_of(text)

        naive = {symbols[i : i + n] for n in range(1, 5) for i in range(len(symbols) - n + 1)}

        assert ngrams_of(text) == naive

    @pytest.mark.parametrize(
        ("disguised", "plain"), [("Ｖ\u200bＳ", "vs"), ("風\u00ad雲", "风云"), (" a \n\n b ", "a b")]
    )
    def test_do_not_see_a_disguise_that_phi_folds_away(self, disguised, plain):
        assert ngrams_of(disguised) == ngrams_of(plain)

    @given(st.text(max_size=20))
    def test_never_hold_the_line_break_that_parts_them_in_their_file(self, text):
        assert not any("\n" in ngram for ngram in ngrams_of(text))


class TestTheBundledWeights:
    def test_take_less_than_four_megabytes(self):
        assert sum(path.stat().st_size for path in BUNDLED_WEIGHTS.iterdir()) < MAX_BUNDLED_BYTES

    def test_are_lines_of_text_and_16_bit_numbers_and_nothing_else(self):
        ngrams = (BUNDLED_WEIGHTS / NGRAMS_FILE).read_bytes().decode().split("\n")

        assert ngrams == sorted(set(ngrams))
        assert (BUNDLED_WEIGHTS / WEIGHTS_FILE).stat().st_size == 2 * len(ngrams)
        assert read_card(BUNDLED_WEIGHTS)["num_ngrams"] == len(ngrams)

    def test_load_and_score_without_numpy_torch_and_pickle(self):
        script = (
            "import sys; from chatapp.moderation.judging.classifiers.linear import bundled_classifier;"
            "bundled_classifier().labels('你好');"
            "print(sorted({'numpy', 'torch', 'pickle', 'django'} & set(sys.modules)))"
        )

        finished = subprocess.run(
            [sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, check=True
        )

        assert finished.stdout.strip() == "[]"

    @pytest.mark.parametrize("text", OFFENCES)
    def test_call_an_offence_at_least_controversial(self, text):
        assert bundled_classifier().labels(text).score(OFFENSIVE) >= bundled_thresholds().controversial

    @pytest.mark.parametrize("text", HARMLESS)
    def test_let_everyday_turns_pass(self, text):
        assert bundled_classifier().labels(text).score(OFFENSIVE) < bundled_thresholds().controversial

    def test_see_through_what_phi_folds_away(self):
        plain, disguised = "你们都是垃圾", "你們\u200b都是\u00ad垃圾"

        assert bundled_classifier().score(disguised) == bundled_classifier().score(plain)

    @pytest.mark.parametrize("text", ["", "You are all garbage", "😀", "\u200b"])
    def test_say_nothing_about_what_is_not_chinese(self, text):
        assert not has_han(text)
        assert bundled_classifier().score(text) == 0.0

    @given(st.text(max_size=60))
    def test_score_any_text_between_0_and_1(self, text):
        assert 0.0 <= bundled_classifier().score(text) <= 1.0


class TestTheCard:
    def test_names_data_licences_digests_languages_and_figures(self):
        card = read_card(BUNDLED_WEIGHTS)

        assert card["languages"] == ["zh"]
        assert {entry["licence"] for entry in card["data"]} == {"Apache-2.0"}
        assert all(len(entry["sha256"]) == 64 and entry["source"] for entry in card["data"])
        assert card["thresholds"]["controversial"] <= card["thresholds"]["unsafe"]
        folds = card["figures"]["5_folds_of_training"]["controversial"]
        assert folds["f1"] >= 0.9
        assert folds["harmless_flagged"] <= 0.001
        assert card["figures"]["evaluation"]["dev.csv"]["controversial"]["f1"] >= 0.77

    def test_describes_the_files_that_lie_beside_it(self):
        card = read_card(BUNDLED_WEIGHTS)

        for name, described in card["files"].items():
            content = (BUNDLED_WEIGHTS / name).read_bytes()
            assert described == {"sha256": sha256(content).hexdigest(), "size_bytes": len(content)}

    def test_never_trains_on_what_it_is_measured_with(self):
        data = read_card(BUNDLED_WEIGHTS)["data"]

        measured_with = {entry["sha256"] for entry in data if entry["use"] == "evaluation"}
        trained_on = {entry["sha256"] for entry in data if entry["use"] != "evaluation"}
        assert measured_with
        assert not measured_with & trained_on


class TestDamage:
    @pytest.fixture
    def folder(self, tmp_path):
        return copytree(BUNDLED_WEIGHTS, tmp_path / "weights")

    @pytest.mark.parametrize("name", [NGRAMS_FILE, WEIGHTS_FILE])
    def test_of_a_file_is_refused(self, folder, name):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[:-2] + b"ab")

        with pytest.raises(WeightsUnusable, match=r"not the file that card\.json describes"):
            LinearClassifier.load(folder)

    @pytest.mark.parametrize("name", [NGRAMS_FILE, WEIGHTS_FILE, CARD_FILE])
    def test_by_loss_of_a_file_is_refused(self, folder, name):
        (folder / name).unlink()

        with pytest.raises(WeightsUnusable, match="cannot be read"):
            LinearClassifier.load(folder)

    @pytest.mark.parametrize("card", [[], {"format": 0}, {"format": 1}, {"format": 1, "files": 3}])
    def test_of_the_card_is_refused(self, folder, card):
        (folder / CARD_FILE).write_text(json.dumps(card), encoding="utf-8")

        with pytest.raises(WeightsUnusable):
            LinearClassifier.load(folder)
