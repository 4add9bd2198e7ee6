"""The fenced append, take-over, cancel and end, on a real Redis."""

from uuid import UUID, uuid4

import pytest

from chatapp.feed import keys, log
from chatapp.feed.events import Alternative, TokenLogprob, logprobs_adapter
from chatapp.feed.log import Append, AppendAnswer, Fenced


@pytest.fixture
def generation_id() -> UUID:
    return uuid4()


def begin(generation_id: UUID, *, attempt: int = 1, text: str = "", seq: int = 0) -> log.TakeOver:
    return log.take_over(generation_id=generation_id, attempt=attempt, fallback_text=text, fallback_seq=seq)


def append(generation_id: UUID, text: str, *, attempt: int = 1, base_seq: int = 0) -> log.Appended:
    return log.append_all([Append(generation_id, attempt, base_seq, text)])[0]


class TestAppend:
    def test_numbers_text_contiguously_from_one(self, generation_id, event_log):
        begin(generation_id)

        seqs = [append(generation_id, text, base_seq=seq).seq for seq, text in enumerate(["a", "b", "c"])]

        assert seqs == [1, 2, 3]
        entries = event_log.xrange(keys.events_key(generation_id))
        assert [(entry_id, fields[b"text"]) for entry_id, fields in entries] == [
            (b"1-0", b"a"),
            (b"2-0", b"b"),
            (b"3-0", b"c"),
        ]

    def test_keeps_text_and_seq_of_one_moment(self, generation_id):
        begin(generation_id)
        append(generation_id, "你好")
        append(generation_id, " 🌍", base_seq=1)

        assert log.live_texts([generation_id]) == [log.LiveText("你好 🌍", 2)]

    def test_rings_the_doorbell_once_per_text_and_not_for_a_renewal(self, generation_id, event_log):
        begin(generation_id)

        append(generation_id, "a")
        append(generation_id, "", base_seq=1)

        rings = event_log.xrange(keys.DOORBELL)
        assert [fields for _, fields in rings] == [{b"key": keys.events_key(generation_id).encode()}]

    def test_sent_again_after_a_lost_answer_goes_in_once(self, generation_id):
        begin(generation_id)
        append(generation_id, "once")

        repeated = append(generation_id, "once", base_seq=0)

        assert repeated == log.Appended(AppendAnswer.APPENDED, 1)
        assert log.live_texts([generation_id]) == [log.LiveText("once", 1)]

    def test_carries_log_probabilities_in_the_entry_of_their_text(self, generation_id, event_log):
        begin(generation_id)
        tokens = (TokenLogprob(text="Hi", logprob=-0.5, alternatives=(Alternative(text="你", logprob=-1.0),)),)

        log.append_all([Append(generation_id, 1, 0, "Hi", num_tokens=1, logprobs=tokens)])
        log.append_all([Append(generation_id, 1, 1, "!", num_tokens=2)])

        (_, first), (_, second) = event_log.xrange(keys.events_key(generation_id))
        assert (first[b"text"], logprobs_adapter.validate_json(first[b"logprobs"])) == (b"Hi", tokens)
        assert b"logprobs" not in second

    def test_with_log_probabilities_sent_again_goes_in_once(self, generation_id, event_log):
        begin(generation_id)
        append = Append(generation_id, 1, 0, "Hi", num_tokens=1, logprobs=(TokenLogprob(text="Hi", logprob=-0.5),))

        log.append_all([append])
        log.append_all([append])

        assert len(event_log.xrange(keys.events_key(generation_id))) == 1

    def test_is_refused_from_an_earlier_attempt(self, generation_id):
        begin(generation_id, attempt=1)
        begin(generation_id, attempt=2)

        late = append(generation_id, "late", attempt=1)

        assert late.answer is AppendAnswer.FENCED
        assert log.live_texts([generation_id]) == [log.LiveText("", 0)]

    def test_is_refused_where_the_log_was_lost(self, generation_id, event_log):
        begin(generation_id)
        event_log.flushdb()

        assert append(generation_id, "orphan").answer is AppendAnswer.FENCED

    def test_answers_for_many_generations_in_their_order(self):
        known, unknown = uuid4(), uuid4()
        begin(known)

        answers = log.append_all([Append(unknown, 1, 0, "x"), Append(known, 1, 0, "y")])

        assert [answer.answer for answer in answers] == [AppendAnswer.FENCED, AppendAnswer.APPENDED]


class TestTakeOver:
    def test_gives_the_successor_exactly_what_was_shown(self, generation_id):
        begin(generation_id, attempt=1)
        append(generation_id, "half an ans")

        taken = begin(generation_id, attempt=2, text="older copy", seq=0)

        assert taken == log.TakeOver(text="half an ans", seq=1, is_cancelled=False, was_known=True)

    def test_knows_how_many_tokens_the_text_took(self, generation_id):
        begin(generation_id, attempt=1)
        log.append_all([Append(generation_id, 1, 0, "half", num_tokens=2)])
        log.append_all([Append(generation_id, 1, 1, " an ans", num_tokens=5)])
        append(generation_id, "", base_seq=2)

        assert begin(generation_id, attempt=2).num_tokens == 5

    def test_takes_the_number_from_the_databases_copy_where_the_log_is_gone(self, generation_id):
        taken = log.take_over(
            generation_id=generation_id, attempt=2, fallback_text="copy", fallback_seq=7, fallback_num_tokens=3
        )

        assert taken.num_tokens == 3

    def test_falls_back_to_the_databases_copy_only_where_the_log_is_gone(self, generation_id):
        taken = begin(generation_id, attempt=2, text="copy", seq=7)

        assert taken == log.TakeOver(text="copy", seq=7, is_cancelled=False, was_known=False)
        assert append(generation_id, "!", attempt=2, base_seq=7).seq == 8

    @pytest.mark.parametrize("attempt", [1, 2])
    def test_refuses_an_attempt_that_is_not_newer(self, generation_id, attempt):
        begin(generation_id, attempt=2)

        with pytest.raises(Fenced):
            begin(generation_id, attempt=attempt)

    def test_refuses_every_attempt_after_the_end(self, generation_id):
        begin(generation_id)
        log.end(generation_id=generation_id, finish_reason="stop", final_seq=0)

        with pytest.raises(Fenced):
            begin(generation_id, attempt=9)

    def test_learns_of_a_cancel_that_came_before_it(self, generation_id):
        log.cancel(generation_id=generation_id)

        assert begin(generation_id).is_cancelled

    def test_keeps_a_generation_that_a_flag_alone_would_let_expire(self, generation_id, event_log):
        log.cancel(generation_id=generation_id)
        assert event_log.ttl(keys.state_key(generation_id)) > 0

        begin(generation_id)

        assert event_log.ttl(keys.state_key(generation_id)) == -1


class TestCancel:
    def test_is_met_in_the_answer_to_the_next_append_whose_text_stays(self, generation_id):
        begin(generation_id)
        log.cancel(generation_id=generation_id)

        answer = append(generation_id, "last words")

        assert answer == log.Appended(AppendAnswer.CANCELLED, 1)
        assert log.live_texts([generation_id]) == [log.LiveText("last words", 1)]

    def test_is_met_by_a_renewal_too(self, generation_id):
        begin(generation_id)
        log.cancel(generation_id=generation_id)

        assert append(generation_id, "").answer is AppendAnswer.CANCELLED


class TestEnd:
    def test_closes_the_stream_once_with_the_next_seq(self, generation_id, event_log):
        begin(generation_id)
        append(generation_id, "a")

        log.end(generation_id=generation_id, finish_reason="stop", final_seq=1)
        log.end(generation_id=generation_id, finish_reason="error", final_seq=1)

        last_id, fields = event_log.xrange(keys.events_key(generation_id))[-1]
        assert (last_id, fields) == (b"2-0", {b"finish_reason": b"stop"})

    def test_fences_the_worker_that_still_writes(self, generation_id):
        begin(generation_id)
        log.end(generation_id=generation_id, finish_reason="cancelled", final_seq=0)

        assert append(generation_id, "more").answer is AppendAnswer.FENCED

    def test_lets_everything_expire(self, generation_id, event_log):
        begin(generation_id)
        append(generation_id, "a")

        log.end(generation_id=generation_id, finish_reason="stop", final_seq=1)

        for key in (keys.state_key(generation_id), keys.events_key(generation_id), keys.text_key(generation_id)):
            assert 0 < event_log.ttl(key) <= keys.GENERATION_KEPT_S


class TestLease:
    def test_is_held_from_the_take_over_on(self, generation_id):
        begin(generation_id)

        assert log.leases_expired([generation_id, uuid4()]) == [False, True]

    def test_is_given_back_by_a_worker_that_hands_over(self, generation_id):
        begin(generation_id)

        log.lease_release(generation_id=generation_id, attempt=1)

        assert log.leases_expired([generation_id]) == [True]

    def test_is_not_given_back_by_an_earlier_attempt(self, generation_id):
        begin(generation_id, attempt=2)

        log.lease_release(generation_id=generation_id, attempt=1)

        assert log.leases_expired([generation_id]) == [False]
