"""The default model itself, in float32, greedy: as transformers computes it, whatever that is it says."""

from collections.abc import Callable, Sequence

import pytest

from inference.models.loading import load_model
from inference.scoring.asking import ScoredText
from inference.scoring.loading import load_tokenizer
from inference.scoring.principles import PrinciplesJudge
from inference.types import ChatMessage, StepChannel
from tests.inference.expected import ExpectedAnswer, expected_answer_to
from tests.inference.reading import ask, ask_messages, finish_of, read_all, text_of

FRANCE = ChatMessage("user", "What is the capital of France?")
ITALY = ChatMessage("user", "And of Italy?")
NUM_TOKENS = 16
TIE = 0.01  # 30 layers add up their rounding
QUESTIONS = ["What is the capital of France?", "Name three colours.", "Write a haiku about rain.", "你好"]


@pytest.fixture(scope="module")
def expected(default_model_path) -> Callable[[Sequence[ChatMessage]], ExpectedAnswer]:
    """What transformers answers with the same weights."""
    model, tokenizer = load_model(default_model_path, dtype="float32")

    def expected_of(messages: Sequence[ChatMessage]) -> ExpectedAnswer:
        return expected_answer_to(model, tokenizer, messages, num_tokens=NUM_TOKENS, tie=TIE)

    return expected_of


class TestTheDefaultModel:
    def test_answers_as_generate_does_alone_and_in_company(self, default_engine, expected):
        channel = StepChannel()

        for number, question in enumerate(QUESTIONS):
            default_engine.submit(ask(question, request_id=str(number), max_new_tokens=NUM_TOKENS), channel=channel)
        outputs = read_all(channel, num_requests=len(QUESTIONS))
        alone = text_of(default_engine.submit(ask(QUESTIONS[1], max_new_tokens=NUM_TOKENS)))

        answers = [expected([ChatMessage("user", question)]) for question in QUESTIONS]
        assert all(answer.matches(text_of(outputs, str(number))) for number, answer in enumerate(answers))
        assert answers[1].matches(alone)

    def test_reads_the_turns_before_a_question_as_generate_does(self, default_engine, expected):
        first = list(default_engine.submit(ask_messages([FRANCE], max_new_tokens=NUM_TOKENS)))
        turns = [FRANCE, ChatMessage("assistant", text_of(first)), ITALY]

        second = list(default_engine.submit(ask_messages(turns, max_new_tokens=NUM_TOKENS)))

        assert expected(turns).matches(text_of(second))
        assert finish_of(second).usage.num_cached_prompt_tokens >= finish_of(first).usage.num_prompt_tokens

    def test_goes_on_identically_after_nearly_every_cut_of_every_character(self, default_engine):
        question, channel = "What is the capital of France? Tell me about its history.", StepChannel()
        whole = text_of(default_engine.submit(ask(question, max_new_tokens=40)))
        cuts = range(1, len(whole))

        for cut in cuts:
            request = ask(question, request_id=str(cut), prefix=whole[:cut], max_new_tokens=4)
            default_engine.submit(request, channel=channel)
        outputs = read_all(channel, num_requests=len(cuts))

        continued = {cut: whole[:cut] + text_of(outputs, str(cut)) for cut in cuts}
        same = [cut for cut in cuts if len(continued[cut]) > cut and whole.startswith(continued[cut][: len(whole)])]
        assert cuts
        # At some cuts other tokens may spell the text before: of 189 none was seen, nor with weights changed by 3 %.
        assert len(same) >= 0.8 * len(cuts)

    @pytest.mark.parametrize("text", ["Grüße, 你好 😀 «x»", "tabs\tand\n\nlines  ", "<|im_start|>"])
    def test_spells_any_text_as_its_tokenizer_does(self, default_engine, text):
        encoder = default_engine._intake.encoder
        ids = encoder._tokenizer.backend_tokenizer.encode(text, add_special_tokens=False).ids

        spelled = b"".join(encoder.vocabulary.spell(token_id) for token_id in ids).decode()

        assert spelled == encoder._tokenizer.decode(ids, skip_special_tokens=True)


class TestTheDefaultModelAsAJudge:
    """It is too small to judge well; that its numbers are read rightly can be seen on it all the same."""

    def test_computes_the_principles_once_and_gives_the_same_scores(self, default_engine, default_model_path):
        judge = PrinciplesJudge(default_engine, load_tokenizer(default_model_path))
        principles = ["Nobody is insulted.", "No weapon is explained."]
        texts = [ScoredText("You are a fool."), ScoredText("Good morning!"), ScoredText("You are a fool.")]

        first, between, again = (judge.judge(text, principles=principles, timeout_s=60) for text in texts)

        assert first.digit_mass > 0.5
        assert first.num_cached_prompt_tokens < 10  # a chat may have begun as every chat does
        assert between.num_cached_prompt_tokens == again.num_cached_prompt_tokens > first.num_prompt_tokens / 2
        assert again.scores == pytest.approx(first.scores, abs=1e-3)
        assert between.scores != pytest.approx(first.scores, abs=1e-3)
