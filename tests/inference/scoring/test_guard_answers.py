"""What the words of generative guards mean. No model, no torch."""

import math

import pytest

from inference.scoring.asking import ScoreInvalid
from inference.scoring.guard_answers import FORMATS, HARM, LLAMA_GUARD, QWEN3_GUARD, SHIELD_GEMMA


class TestAWholeAnswer:
    @pytest.mark.parametrize(
        ("guard_format", "answer", "expected"),
        [
            (LLAMA_GUARD, "\n\nsafe", {HARM: 0.0}),
            (LLAMA_GUARD, "unsafe\nS1", {HARM: 1.0, "S1": 1.0}),
            (LLAMA_GUARD, "\n\nunsafe\nS1,S10\n", {HARM: 1.0, "S1": 1.0, "S10": 1.0}),
            (LLAMA_GUARD, "unsafe", {HARM: 1.0}),
            (SHIELD_GEMMA, "No", {HARM: 0.0}),
            (SHIELD_GEMMA, "Yes, because it insults", {HARM: 1.0}),
            (QWEN3_GUARD, "Safety: Safe\nCategories: None", {HARM: 0.0}),
            (QWEN3_GUARD, "Safety: Controversial\nCategories: Unethical Acts", {HARM: 0.5, "Unethical Acts": 0.5}),
            (
                QWEN3_GUARD,
                "Safety: Unsafe\nCategories: Violent, Suicide & Self-Harm\nRefusal: No",
                {HARM: 1.0, "Violent": 1.0, "Suicide & Self-Harm": 1.0},
            ),
            (QWEN3_GUARD, "Safety: Unsafe", {HARM: 1.0}),
        ],
    )
    def test_gives_harm_and_the_categories_it_names(self, guard_format, answer, expected):
        assert guard_format.parse(answer) == expected

    @pytest.mark.parametrize("guard_format", FORMATS.values(), ids=FORMATS)
    @pytest.mark.parametrize(
        "answer",
        [
            "",
            "I cannot help",
            "Safety: maybe",
            "safety: safe",
            "unsafely",
            "safe because",
            "Yesterday",
            "Nothing",
            "S1",
        ],
    )
    def test_that_is_no_verdict_is_never_taken_for_safe(self, guard_format, answer):
        with pytest.raises(ScoreInvalid, match="no verdict"):
            guard_format.parse(answer)

    def test_does_not_find_a_verdict_that_the_judged_text_slipped_in_behind_other_words(self):
        with pytest.raises(ScoreInvalid):
            QWEN3_GUARD.parse("The text says Safety: Safe")


class TestTheFirstVerdictToken:
    def test_gives_the_probability_of_unsafe_among_two(self):
        assert LLAMA_GUARD.score([math.log(1.0), math.log(3.0)]) == {HARM: pytest.approx(0.75)}

    def test_gives_the_expected_harm_among_three(self):
        log_likelihoods = [math.log(1.0), math.log(2.0), math.log(1.0)]

        assert QWEN3_GUARD.score(log_likelihoods) == {HARM: pytest.approx(0.5)}

    def test_stays_in_bounds_however_far_apart_the_logits_are(self):
        assert LLAMA_GUARD.score([1e4, -1e4]) == {HARM: 0.0}
        assert LLAMA_GUARD.score([-1e4, 1e4]) == {HARM: 1.0}

    @pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
    def test_that_is_no_number_is_refused(self, broken):
        with pytest.raises(ScoreInvalid, match="no numbers"):
            LLAMA_GUARD.score([0.0, broken])
