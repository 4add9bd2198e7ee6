"""The models that a worker's rules ask: real loading code, tiny random models from folders, the engine itself."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import AutoModel, AutoModelForSequenceClassification

from chatapp.generations.worker.model_judges import ModelJudges, classifier_error
from chatapp.moderation.judging.classifiers import principles
from chatapp.moderation.judging.classifiers.model_settings import ModelSettingsInvalid, models_read
from chatapp.moderation.judging.classifiers.types import (
    ClassifierAnswerInvalid,
    ClassifierTimedOut,
    ClassifierUnreachable,
    Context,
)
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.rulesets.compiling import Part
from chatapp.moderation.judging.rulesets.entry_problems import MAX_PRINCIPLES
from chatapp.moderation.judging.verdict import Stage
from inference.engines.slot_engine import SlotEngine
from inference.errors import EngineClosed, StepFailed
from inference.scoring import principles as engines_principles
from inference.scoring.asking import ScoreInvalid, ScoringTimedOut, TextTooLong
from inference.testing import speaking_model, tiny_tokenizer
from tests.moderation.judging.making import BUNDLED_ALONE, make_ruleset
from tests.moderation.test_model_rules import by_guard, similarity
from tests.support.scoring_models import write_tiny_bert

SEQUENCE = {"kind": "sequence-classification", "path": "guard", "timeout_s": 30.0}
EMBEDDING = {"kind": "embedding", "path": "e5", "timeout_s": 30.0}
OFFER = BUNDLED_ALONE.with_models(["guard"]).with_embedding_models(["e5"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tiny_bert(tmp_path / "guard", AutoModelForSequenceClassification)
    write_tiny_bert(tmp_path / "e5", AutoModel)
    return tmp_path


@pytest.fixture
def judges(folder) -> Iterator[ModelJudges]:
    judges = ModelJudges(models_read({"guard": SEQUENCE, "e5": EMBEDDING}), models_folder=folder, offer=OFFER)
    yield judges
    judges.close()


class TestAGuardOfTheSettings:
    def test_answers_the_rules_that_name_it(self, judges):
        rule = by_guard()
        options = replace(rule.options, threshold_controversial=0.01, threshold_unsafe=0.01)

        ruleset = make_ruleset(replace(rule, options=options), offer=judges.offer)

        verdict = judge(ruleset, "any words", Stage.INPUT, part=Part.BY_MODEL)

        scores = judges.offer.classifier("guard").labels("any words").scores
        assert scores.keys() == {"fine", "harm"}
        assert [match.score for match in verdict.matches] == [pytest.approx(scores["harm"])]

    def test_says_that_it_is_not_there_where_its_folder_holds_none(self, tmp_path):
        (tmp_path / "guard").mkdir()

        judges = ModelJudges(models_read({"guard": SEQUENCE}), models_folder=tmp_path, offer=OFFER)

        with pytest.raises(ClassifierUnreachable, match="guard"):
            judges.offer.classifier("guard").labels("text")

    def test_answers_nobody_once_the_worker_ends(self, judges):
        guard = judges.offer.classifier("guard")
        judges.close()

        with pytest.raises(ClassifierUnreachable, match="closed"):
            guard.labels("text")


class TestAnEmbeddingModelOfTheSettings:
    def test_finds_what_its_examples_say_and_scores_the_same_words_highest(self, judges):
        ruleset = make_ruleset(similarity(words=["how to make a bomb"]), offer=judges.offer)

        verdict = judge(ruleset, "how to make a bomb", Stage.INPUT, part=Part.BY_MODEL)

        [match] = verdict.matches
        assert match.score == pytest.approx(1.0, abs=1e-4)


class TestTheChatModelAsAJudge:
    @pytest.fixture
    def engine(self) -> Iterator[SlotEngine]:
        engine = SlotEngine(speaking_model("what?", max_position_embeddings=2048), tiny_tokenizer(), num_slots=2)
        yield engine
        engine.close()

    def test_is_asked_by_rules_of_judgement_about_what_an_answer_answers(self, engine, tmp_path):
        tiny_tokenizer().save_pretrained(tmp_path)
        judges = ModelJudges({}, models_folder=tmp_path, offer=OFFER)
        judges.serve_judge(engine, chat_model_folder=tmp_path)

        served = judges.offer.principles_judge

        # This model thinks of no number: that is an answer of the real engine, and never "breaks none".
        with pytest.raises(ClassifierAnswerInvalid, match="thought of numbers"):
            served.scores("You are a fool.", principles=["Nobody is insulted."], context=Context("Who am I?"))

    def test_is_none_where_the_chat_model_has_no_chat_template(self, engine, tmp_path):
        tokenizer = tiny_tokenizer()
        tokenizer.chat_template = None
        tokenizer.save_pretrained(tmp_path)

        judges = ModelJudges({}, models_folder=tmp_path, offer=OFFER)
        judges.serve_judge(engine, chat_model_folder=tmp_path)

        assert judges.offer.judge is None


class TestTheWordsOfAJudge:
    def test_are_the_engine_s_own(self):
        assert principles.BROKEN == engines_principles.BROKEN
        assert MAX_PRINCIPLES == engines_principles.MAX_PRINCIPLES


class TestAFailureOfAModel:
    @pytest.mark.parametrize(
        ("failure", "told"),
        [
            (ScoringTimedOut("late"), ClassifierTimedOut),
            (ScoreInvalid("no verdict"), ClassifierAnswerInvalid),
            (TextTooLong("600 tokens"), ClassifierAnswerInvalid),
            (EngineClosed("closed"), ClassifierUnreachable),
            (StepFailed("no memory"), ClassifierUnreachable),
        ],
    )
    def test_has_a_name_that_decisions_know(self, failure, told):
        assert type(classifier_error(failure)) is told


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "refusal"),
        [
            ({"kind": "guard", "path": "x"}, "no kind of model"),
            ({"kind": "embedding"}, "kind and path are needed"),
            ({"kind": "embedding", "path": "x", "url": "http://x"}, "kind and path are needed"),
            ({"kind": "embedding", "path": "x", "timeout_s": 0}, "timeout_s"),
        ],
    )
    def test_are_refused_with_what_to_write(self, settings, refusal):
        with pytest.raises(ModelSettingsInvalid, match=refusal):
            models_read({"guard": settings})
