"""What a program may ask of an answer, what else holds, and what is refused before it is queued."""

from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from chatapp.catalog.models import ChatModel
from chatapp.catalog.services import model_engine_report
from chatapp.conversations.models import Conversation, Message
from chatapp.core import clock
from chatapp.feed.models import OutboxFact
from chatapp.generations.errors import MaxNewTokensTooMany, UnsupportedParameter
from chatapp.generations.models import Generation
from chatapp.generations.sampling import Sampling, supported
from chatapp.generations.turns.services import Turn, turn_regenerate
from chatapp.generations.views import ENGINE_TEMPERATURE
from inference.requests import MAX_LOGPROBS as ENGINES_MAX_LOGPROBS
from inference.requests import check_request
from inference.testing import SCRIPTED_CAPABILITIES
from inference.types import GenerationRequest, SamplingParameters
from tests.support.factories import make_answer, make_conversation, make_question, make_user, start_turn

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

LARGEST: dict[str, Any] = {
    "temperature": 2.0,
    "top_k": 1_000_000,
    "top_p": 1.0,
    "min_p": 1.0,
    "repetition_penalty": 100.0,
    "frequency_penalty": 100.0,
    "presence_penalty": -100.0,
    "seed": 2**53 - 1,
    "stop": ("x" * 64, "\n", "終", "END"),
    "max_new_tokens": 64,
    "num_logprobs": 20,
}


@pytest.fixture
def conversation() -> Conversation:
    ChatModel.objects.update(default_temperature=0.7, max_new_tokens=64)
    return make_conversation(make_user())


def start(conversation: Conversation, **sampling) -> Turn:
    return start_turn(conversation, "Why?", sampling=Sampling(**sampling) if sampling else None)


def stored(turn: Turn) -> Generation:
    return Generation.objects.get(id=turn.generation_id)


def engine_has(*parameters: str) -> None:
    model_engine_report(
        slug=ChatModel.objects.get().slug, kind="paged", reason="it was asked for", parameters=parameters
    )


class TestSampling:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("temperature", 2.1),
            ("temperature", float("nan")),
            ("top_k", -1),
            ("top_p", 0.0),
            ("min_p", 1.1),
            ("repetition_penalty", 0.0),
            ("frequency_penalty", 101.0),
            ("presence_penalty", -101.0),
            ("seed", -1),
            ("seed", 2**53),
            ("stop", [""]),
            ("stop", ["x" * 65]),
            ("stop", ["a", "b", "c", "d", "e"]),
            ("max_new_tokens", 0),
            ("num_logprobs", 21),
            ("logit_bias", {"1": 1.0}),
        ],
    )
    def test_refuses_what_no_engine_takes_and_what_nobody_declared(self, field, value):
        with pytest.raises(ValidationError) as refusal:
            Sampling(**{field: value})

        assert refusal.value.errors()[0]["loc"][0] == field

    def test_takes_nothing_that_the_engine_would_refuse(self):
        request = GenerationRequest("1", SamplingParameters(**LARGEST), prompt_token_ids=(1,))

        Sampling(**LARGEST)

        check_request(request, capabilities=SCRIPTED_CAPABILITIES, vocabulary_size=2)
        assert LARGEST["num_logprobs"] == ENGINES_MAX_LOGPROBS

    def test_shows_the_temperature_that_the_engine_takes_where_it_names_none(self):
        assert SamplingParameters(max_new_tokens=1).temperature == ENGINE_TEMPERATURE

    def test_drops_what_no_database_stores(self):
        assert Sampling(stop=("a\x00b", "\x00")).asked() == {"stop": ["ab"]}


class TestATurn:
    def test_that_asks_for_nothing_samples_as_for_everybody(self, conversation):
        row = stored(start(conversation))

        seed = row.sampling.pop("seed")
        assert row.sampling == {"temperature": 0.7, "top_k": 50, "top_p": 0.9, "max_new_tokens": 64}
        assert 0 <= seed < 2**53
        assert row.asked == {}

    def test_stores_what_was_asked_for_in_place_of_what_is_ours(self, conversation):
        row = stored(start(conversation, temperature=0.0, min_p=0.05, max_new_tokens=9, stop=["END"], seed=3))

        asked = {"temperature": 0.0, "min_p": 0.05, "max_new_tokens": 9, "stop": ["END"], "seed": 3}
        assert row.asked == asked
        assert row.sampling == {**asked, "top_k": 50, "top_p": 0.9}

    @pytest.mark.parametrize("field", ["min_p", "seed", "num_logprobs", "stop"])
    def test_is_refused_by_the_name_of_what_the_engine_lacks_and_leaves_nothing(self, conversation, field):
        engine_has("temperature", "top_k", "top_p")

        with pytest.raises(UnsupportedParameter) as refusal:
            start(conversation, **{field: LARGEST[field]})

        assert refusal.value.details == {"parameter": field, "model": conversation.model.slug}
        assert f"“{field}”" in refusal.value.message
        assert not any(model.objects.exists() for model in (Message, Generation, OutboxFact))

    def test_leaves_out_our_own_defaults_that_the_engine_lacks(self, conversation):
        engine_has("temperature", "top_p")

        assert stored(start(conversation)).sampling == {"temperature": 0.7, "top_p": 0.9, "max_new_tokens": 64}

    def test_is_refused_where_the_person_set_a_temperature_that_the_engine_lacks(self, conversation):
        engine_has("top_p")
        Conversation.objects.update(temperature=0.1)

        with pytest.raises(UnsupportedParameter) as refusal:
            start(conversation)

        assert refusal.value.details["parameter"] == "temperature"

    def test_asks_freely_before_a_worker_said_what_its_engine_can_do(self, conversation):
        assert stored(start(conversation, min_p=0.1)).sampling["min_p"] == 0.1

    def test_is_refused_with_both_numbers_where_it_wants_more_than_the_model_writes(self, conversation):
        with pytest.raises(MaxNewTokensTooMany) as refusal:
            start(conversation, max_new_tokens=65)

        assert refusal.value.details == {"asked": 65, "limit": 64}
        assert not Generation.objects.exists()


class TestARegeneration:
    def test_keeps_what_was_asked_for_and_takes_another_seed(self, conversation):
        first = start(conversation, min_p=0.1, seed=3)
        Generation.objects.update(status="completed", finish_reason="stop", finished_at=clock.now())

        again = stored(
            turn_regenerate(owner_id=conversation.owner_id, message_id=first.message_id, client_turn_id=uuid4())
        )

        assert again.asked == {"min_p": 0.1}
        assert again.sampling["min_p"] == 0.1
        assert again.sampling["seed"] != 3

    def test_of_an_answer_that_has_no_generation_samples_as_for_everybody(self, conversation):
        answer = make_answer(conversation, parent=make_question(conversation))

        again = stored(turn_regenerate(owner_id=conversation.owner_id, message_id=answer.id, client_turn_id=uuid4()))

        assert again.asked == {}


class TestSupported:
    def test_never_leaves_out_what_was_asked_for(self):
        sampling = {"max_new_tokens": 1, "top_k": 50, "seed": 3}

        assert supported(sampling, asked={"seed"}, parameters=()) == {"max_new_tokens": 1, "seed": 3}
