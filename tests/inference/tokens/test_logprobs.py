from inference.tokens.choice import Choice
from inference.tokens.logprobs import PendingLogprobs
from inference.tokens.vocabulary import Vocabulary

WORDS = Vocabulary([b"one", b" two", "你".encode()[:1], "你".encode()[1:]])


class TestPendingLogprobs:
    def test_leave_with_the_text_of_their_token(self):
        pending = PendingLogprobs(WORDS)
        pending.push(Choice(0, -0.5, ((0, -0.5), (1, -1.0))), "one", is_unfinished=False)
        pending.push(Choice(1, -0.7), " two", is_unfinished=False)

        first, second = pending.given_out("one tw"), pending.given_out("o")

        assert [(entry.text, entry.logprob) for entry in first] == [("one", -0.5)]
        assert [(other.text, other.logprob) for other in first[0].alternatives] == [("one", -0.5), (" two", -1.0)]
        assert [entry.text for entry in second] == [" two"]

    def test_of_half_a_character_wait_for_its_other_half(self):
        pending = PendingLogprobs(WORDS)
        pending.push(Choice(2, -0.5), "", is_unfinished=True)

        assert pending.given_out("") == ()
        pending.push(Choice(3, -0.6), "你", is_unfinished=False)

        assert [entry.logprob for entry in pending.given_out("你")] == [-0.5, -0.6]
        assert pending.given_out("") == ()

    def test_of_text_that_never_leaves_stay(self):
        pending = PendingLogprobs(WORDS)
        pending.push(Choice(0, -0.5), "one", is_unfinished=False)

        assert pending.given_out("on") == ()

    def test_are_none_where_none_were_asked_for(self):
        pending = PendingLogprobs(WORDS)
        pending.push(Choice(0), "one", is_unfinished=False)

        assert pending.given_out("one") == ()
