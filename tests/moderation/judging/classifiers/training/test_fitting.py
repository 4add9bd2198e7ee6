"""From labelled rows to files: what is learnt, what is measured, and what the card keeps of it."""

import json
import random
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from chatapp.moderation.judging.classifiers.linear import (
    NGRAMS_FILE,
    WEIGHTS_FILE,
    LinearClassifier,
    read_card,
    write_arrays,
)
from chatapp.moderation.judging.classifiers.training.datasets import (
    DatasetUnusable,
    read_harmless,
    read_labelled,
    read_origins,
)
from chatapp.moderation.judging.classifiers.training.evaluation import choose_thresholds, evaluation_at, share_flagged
from chatapp.moderation.judging.classifiers.training.fitting import (
    Row,
    RowsUnusable,
    TrainingSettings,
    held_out_scores,
    train,
)

SMALL = TrainingSettings(min_rows=2)


def made_up_rows(num_rows: int = 200) -> list[Row]:
    """An offence is what says 坏; the rest is noise."""
    chance = random.Random(0)
    noise = ["".join(chance.choices("天地人山水火风雷日月", k=8)) for _ in range(num_rows)]
    return [Row(text + "坏" if number % 2 else text, number % 2) for number, text in enumerate(noise)]


class TestTraining:
    def test_learns_what_parts_the_classes(self):
        classifier = train(made_up_rows(), settings=SMALL)

        assert classifier.score("山水坏风") > 0.9
        assert classifier.score("山水风日") < 0.1

    def test_gives_the_same_bytes_each_time(self):
        once, again = train(made_up_rows(), settings=SMALL), train(made_up_rows(), settings=SMALL)

        assert once == again
        assert list(once.weights) == list(again.weights)

    def test_scores_as_the_files_do_that_it_is_written_to(self, tmp_path):
        """The same n-grams at training time and at load time: an n-gram that is read back changed would score other."""
        rows = [*made_up_rows(), *(Row("Ｖ\u200bＳ 風雲\n a坏", 1), Row("VS 风云 a", 0)) * 3]
        trained = train(rows, settings=SMALL)
        files = write_arrays(tmp_path, ngrams=list(trained.weights), weights=list(trained.weights.values()))
        card = {"format": 1, "files": files, "scale": trained.scale, "bias": trained.bias}
        (tmp_path / "card.json").write_text(json.dumps(card))

        loaded = LinearClassifier.load(tmp_path)

        assert loaded == trained
        assert [loaded.score(row.text) for row in rows] == [trained.score(row.text) for row in rows]

    def test_weighs_a_row_as_often_as_it_says(self):
        rows = made_up_rows()
        disputed = Row("坏坏坏", 0)

        light = train([*rows, disputed], settings=SMALL).score(disputed.text)
        heavy = train([*rows, disputed._replace(weight=50.0)], settings=SMALL).score(disputed.text)

        assert heavy < light

    def test_stops_where_no_other_weights_fit_better(self):
        """The coefficients of the least loss: those of a fit with a far finer tolerance score alike."""
        rows = made_up_rows()
        finest = train(rows, settings=TrainingSettings(min_rows=2, tolerance=1e-12, max_steps=5_000))

        usual = train(rows, settings=SMALL)

        assert [usual.score(row.text) for row in rows] == pytest.approx(
            [finest.score(row.text) for row in rows], abs=0.01
        )

    def test_refuses_rows_of_one_class(self):
        with pytest.raises(RowsUnusable, match="both labels"):
            train([Row("天", 0), Row("地", 0)])

    def test_refuses_rows_that_share_nothing(self):
        with pytest.raises(RowsUnusable, match="no n-gram"):
            train([Row("天", 0), Row("地", 1)])


class TestHeldOutScores:
    def test_come_from_classifiers_that_have_not_seen_the_row(self):
        """Labels that nothing predicts: who has seen a row knows its label, who has not can only guess."""
        chance = random.Random(1)
        rows = [Row("".join(chance.choices("天地人山水火风雷日月", k=12)), chance.randrange(2)) for _ in range(200)]
        labels = [row.label for row in rows]
        loose = TrainingSettings(min_rows=1, inverse_penalty=100.0)

        seen = [train(rows, settings=loose).score(row.text) for row in rows]
        held_out = held_out_scores(rows, settings=loose)

        assert evaluation_at(0.5, scores=seen, labels=labels).accuracy > 0.95
        assert evaluation_at(0.5, scores=held_out, labels=labels).accuracy < 0.65

    def test_put_copies_of_a_text_on_one_side(self):
        rows = [*made_up_rows(60), *[Row("奇特奇特", 1)] * 6]

        scores = held_out_scores(rows, settings=SMALL)

        assert len(set(scores[-6:])) == 1
        assert scores[-1] < train(rows, settings=SMALL).score("奇特奇特")


class TestFigures:
    def test_are_those_of_the_four_counts(self):
        figures = evaluation_at(0.5, scores=[0.9, 0.5, 0.4, 0.6, 0.1, 0.2], labels=[1, 1, 1, 0, 0, 0])

        assert figures.f1 == pytest.approx(2 / 3)
        assert figures.macro_f1 == pytest.approx(2 / 3)
        assert figures.accuracy == pytest.approx(4 / 6)
        assert figures.precision == pytest.approx(2 / 3)
        assert figures.recall == pytest.approx(2 / 3)
        assert figures.false_positive_rate == pytest.approx(1 / 3)

    def test_of_nothing_are_zero(self):
        assert evaluation_at(0.5, scores=[], labels=[]).f1 == 0
        assert share_flagged(0.5, scores=[]) == 0

    def test_choose_the_best_f1_that_leaves_the_harmless_alone(self):
        scores, labels = [0.3, 0.45, 0.55, 0.8, 0.95], [1, 0, 1, 1, 1]

        free = choose_thresholds(scores=scores, labels=labels, harmless_scores=[0.1])
        bound = choose_thresholds(scores=scores, labels=labels, harmless_scores=[0.5])

        assert free.controversial <= 0.3
        assert 0.5 < bound.controversial <= 0.55
        assert 0.45 < free.unsafe <= 0.55


class TestADataset:
    def test_is_read_with_columns_in_any_case_and_any_order(self, tmp_path):
        table = tmp_path / "rows.csv"
        table.write_text('\ufeff,split,label,TEXT\n1,train,1,"a\nb"\n2,train,0,c\n', encoding="utf-8")

        assert read_labelled(table) == [Row("a\nb", 1), Row("c", 0)]

    @pytest.mark.parametrize("content", ["text,label\n", "text\na\n", "text,label\na,2\n", ""])
    def test_is_refused_without_rows_labels_or_columns(self, tmp_path, content):
        table = tmp_path / "rows.csv"
        table.write_text(content, encoding="utf-8")

        with pytest.raises(DatasetUnusable):
            read_labelled(table)

    def test_of_harmless_lines_counts_each_line_once_and_more_than_a_labelled_row(self, tmp_path):
        lines = tmp_path / "lines.txt"
        lines.write_text("a\n\n b \n", encoding="utf-8")

        rows = read_harmless(lines)

        assert [(row.text, row.label) for row in rows] == [("a", 0), ("b", 0)]
        assert all(row.weight > 1 for row in rows)

    @pytest.mark.parametrize("content", ["", "[]", '{"a": {"name": "b"}}'])
    def test_without_an_origin_is_refused(self, tmp_path, content):
        origins = tmp_path / "origins.json"
        origins.write_text(content, encoding="utf-8")

        with pytest.raises(DatasetUnusable):
            read_origins(origins)


class TestTheCommand:
    @pytest.fixture
    def files(self, tmp_path):
        rows = made_up_rows()
        table = "text,label\n" + "".join(f"{row.text},{row.label}\n" for row in rows)
        (tmp_path / "rows.csv").write_text(table, encoding="utf-8")
        (tmp_path / "calm.txt").write_text("天地\n山水\n", encoding="utf-8")
        origin = {"name": "made up", "licence": "CC0-1.0", "source": "this test", "language": "zh"}
        (tmp_path / "origins.json").write_text(json.dumps({"rows.csv": origin, "calm.txt": origin}))
        return tmp_path

    def command(self, files, **options):
        out = StringIO()
        given = {"train": [files / "rows.csv"], "harmless": [files / "calm.txt"], "origins": files / "origins.json"}
        call_command("moderation_train", **{**given, "out": files / "out", **options}, stdout=out)
        return out.getvalue()

    def test_writes_arrays_and_a_card_that_load(self, files):
        printed = self.command(files, evaluate=[files / "rows.csv"])

        card = read_card(files / "out")
        assert LinearClassifier.load(files / "out").score("山水坏风") > 0.5
        assert {path.name for path in (files / "out").iterdir()} == {NGRAMS_FILE, WEIGHTS_FILE, "card.json"}
        assert [entry["licence"] for entry in card["data"]] == ["CC0-1.0"] * 3
        assert card["figures"]["5_folds_of_training"]["controversial"]["f1"] > 0.9
        assert "fold 5 of 5" in printed

    def test_refuses_a_file_whose_licence_nobody_named(self, files):
        (files / "origins.json").write_text("{}")

        with pytest.raises(CommandError, match=r"under which licence rows\.csv is"):
            self.command(files)

        assert not (files / "out").exists()

    def test_names_a_file_that_is_missing(self, files):
        with pytest.raises(CommandError, match="nowhere"):
            self.command(files, train=[files / "nowhere.csv"])

    def test_says_what_to_install_where_scipy_is_missing(self, files, monkeypatch):
        monkeypatch.setitem(sys.modules, "scipy", None)

        with pytest.raises(CommandError, match=r"requirements-training\.txt"):
            self.command(files)
