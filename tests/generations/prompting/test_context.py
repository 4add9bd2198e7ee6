"""What of a branch the model is given: pure, with a tokenizer that counts words."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.ids import uuid7
from chatapp.generations.prompting.context import PromptMessage, build_context


def count_words(messages: Sequence[PromptMessage]) -> int:
    return sum(1 + len(message.text.split()) for message in messages)


def words(number: int) -> str:
    return " ".join(["w"] * number)


def branch_of(*lengths: int) -> list[PromptMessage]:
    """User and assistant take turns; each message has so many words."""
    return [
        PromptMessage(uuid7(), "assistant" if index % 2 else "user", words(length))
        for index, length in enumerate(lengths)
    ]


def build(branch, *, system_prompt="", context_window=100, max_new_tokens=20):
    return build_context(
        system_prompt=system_prompt,
        branch=branch,
        count_tokens=count_words,
        context_window=context_window,
        max_new_tokens=max_new_tokens,
    )


class TestBuildContext:
    def test_gives_the_whole_branch_where_it_fits(self):
        branch = branch_of(5, 5, 5)

        context = build(branch, system_prompt="Be brief.")

        assert context.messages == (PromptMessage(None, "system", "Be brief."), *branch)
        assert context.left_out == ()
        assert context.num_prompt_tokens == 3 + 3 * 6
        assert context.num_new_tokens == 20

    def test_leaves_out_the_oldest_turns_and_says_which(self):
        branch = branch_of(30, 30, 30, 30, 10)

        context = build(branch, system_prompt="Be brief.")

        assert [message.id for message in context.messages] == [None, *(message.id for message in branch[2:])]
        assert context.left_out == (branch[0].id, branch[1].id)

    def test_begins_with_a_question_never_with_an_answer(self):
        context = build(branch_of(60, 10, 10))

        assert [message.role for message in context.messages] == ["user"]

    def test_keeps_the_newest_question_even_where_it_alone_is_too_long(self):
        branch = branch_of(5, 5, 500)

        context = build(branch)

        assert context.messages == (branch[2],)
        assert context.num_prompt_tokens == 501
        assert context.num_new_tokens == 1

    def test_leaves_at_most_half_the_window_to_the_answer(self):
        context = build(branch_of(45), context_window=100, max_new_tokens=1_000)

        assert (context.num_prompt_tokens, context.num_new_tokens) == (46, 54)

    def test_counts_the_whole_branch_once_where_it_fits(self):
        counted = []

        def counting(messages):
            counted.append(len(messages))
            return count_words(messages)

        build_context(
            system_prompt="", branch=branch_of(*[5] * 9), count_tokens=counting, context_window=100, max_new_tokens=20
        )

        assert counted == [9]

    def test_never_counts_the_same_tail_twice(self):
        counted = []

        def counting(messages):
            counted.append(len(messages))
            return count_words(messages)

        context = build_context(
            system_prompt="", branch=branch_of(*[9] * 31), count_tokens=counting, context_window=100, max_new_tokens=20
        )

        assert len(context.messages) in counted
        assert len(counted) == len(set(counted)) <= 6

    def test_never_counts_what_is_far_too_long(self):
        counted = []

        def counting(messages):
            counted.append(count_words(messages))
            return counted[-1]

        branch = branch_of(*[9] * 20_001)
        context = build_context(
            system_prompt="", branch=branch, count_tokens=counting, context_window=1_000, max_new_tokens=200
        )

        assert context.num_prompt_tokens == 790
        assert len(counted) <= 16
        assert max(counted) <= 2 * 800 + 10

    def test_gives_no_answer_that_has_no_text_and_names_it(self):
        branch = branch_of(5, 0, 5)

        context = build(branch)

        assert context.messages == (branch[0], branch[2])
        assert context.left_out == (branch[1].id,)

    @pytest.mark.parametrize("branch", [[], branch_of(5, 5)], ids=["empty", "ends with an answer"])
    def test_refuses_a_branch_that_asks_nothing(self, branch):
        with pytest.raises(ValueError, match="ends with a user message"):
            build(branch)

    @given(
        half=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40)), max_size=8),
        last=st.integers(1, 40),
        window=st.integers(60, 300),
        max_new_tokens=st.integers(1, 200),
    )
    def test_gives_the_longest_tail_that_leaves_room_for_the_answer(self, half, last, window, max_new_tokens):
        branch = branch_of(*(length for turn in half for length in turn), last)
        room = window - min(max_new_tokens, window // 2)

        context = build(branch, context_window=window, max_new_tokens=max_new_tokens)

        spoken = [message for message in branch if message.text]
        tails = [spoken[index:] for index, message in enumerate(spoken) if message.role == "user"]
        fitting = [tail for tail in tails if count_words(tail) <= room] or [tails[-1]]
        assert list(context.messages) == max(fitting, key=len)
        assert {*context.left_out, *(message.id for message in context.messages)} == {row.id for row in branch}
        assert 1 <= context.num_new_tokens <= max_new_tokens
