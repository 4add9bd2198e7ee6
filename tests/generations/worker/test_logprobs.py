"""Which log-probabilities leave with released text: for any rules, any tokens and any cut. Pure."""

import os
from collections.abc import Sequence
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.feed.events import Alternative, TokenLogprob
from chatapp.generations.models import FinishReason, Generation
from chatapp.generations.worker.logprobs import HALF_CHARACTER, LogprobTrail
from chatapp.generations.worker.session import Session
from chatapp.generations.worker.text_judge import TextJudge
from chatapp.moderation.judging.gate import OutputGate, judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.verdict import Action, Stage
from tests.moderation.judging.making import cuts, make_rule, make_ruleset, rulesets, texts_about

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "120")), deadline=None)
NO_RULES = make_ruleset()


def token(text: str, *alternatives: str) -> TokenLogprob:
    return TokenLogprob(
        text=text, logprob=-1.0, alternatives=tuple(Alternative(text=other, logprob=-2.0) for other in alternatives)
    )


def feed(session: Session, text: str, *, logprobs: Sequence[TokenLogprob]) -> None:
    session.take(session.judge.feed(text, logprobs))


def session_of(ruleset: CompiledRuleset, *, released: str = "") -> Session:
    """A session whose answer asked for log-probabilities; `released`: what an earlier attempt had shown."""
    gate = OutputGate(ruleset)
    gate.replay(released)
    return Session(Generation(id=uuid4(), attempt=1), TextJudge(gate, LogprobTrail(gate)), released, seq=0)


def take(session: Session) -> tuple[str, tuple[TokenLogprob, ...]]:
    """What goes to the event log next."""
    session.num_recorded = session.num_verdicts
    append = session.append_due(now_s=0.0, renew_s=1.0)
    if append is None:
        return "", ()
    session.append_answered(seq=session.seq + 1, now_s=0.0)
    return append.text, append.logprobs or ()


def run(
    ruleset: CompiledRuleset, deltas: Sequence[tuple[str, Sequence[TokenLogprob]]]
) -> list[tuple[str, TokenLogprob]]:
    """Every token that left, each with the released text up to the end of its append."""
    session, text, left = session_of(ruleset), "", []
    for delta, tokens in [*deltas, (None, ())]:
        if delta is None:
            session.finish(FinishReason.STOP)
        else:
            feed(session, delta, logprobs=tokens)
        added, logprobs = take(session)
        text += added
        left += [(text, one) for one in logprobs]
    return left


@st.composite
def answers(
    draw: st.DrawFn, ruleset: CompiledRuleset
) -> tuple[list[TokenLogprob], list[tuple[str, list[TokenLogprob]]]]:
    """An answer as tokens, and as deltas that are cut anywhere: each reports the tokens that end in it."""
    text = draw(texts_about(ruleset))
    own = [phrase for rule in ruleset.rules for phrase in (*rule.words, *rule.allow)]
    others = st.lists(st.one_of(st.sampled_from(own), st.text("ab 口交路", min_size=1, max_size=4)), max_size=3)
    pieces = [piece for piece in draw(cuts(text)) if piece]
    # Each token is known by its probability: minus its place in the text.
    starts = [sum(map(len, pieces[:index])) for index in range(len(pieces))]
    tokens = [
        token(piece, *draw(others)).model_copy(update={"logprob": -float(start)})
        for piece, start in zip(pieces, starts, strict=True)
    ]
    ends = [sum(len(one.text) for one in tokens[: index + 1]) for index in range(len(tokens))]
    deltas, begun, reported = [], 0, 0
    for piece in draw(cuts(text)):
        begun += len(piece)
        ending = sum(end <= begun for end in ends)
        deltas.append((piece, tokens[reported:ending]))
        reported = ending
    return tokens, deltas


class TestTheLaw:
    @many
    @given(rulesets(), st.data())
    def test_exactly_the_tokens_leave_whose_text_was_released_as_written(self, ruleset, data):
        tokens, deltas = data.draw(answers(ruleset))
        text = "".join(one.text for one in tokens)
        gate = OutputGate(ruleset)
        gate.feed(text)
        gate.finish()
        touched = {i for match in gate.matches if match.withholds for i in range(match.start, match.end)}
        touched |= set(range(gate.num_decided_chars, len(text)))

        left = [one for _, one in run(ruleset, deltas)]

        assert [(one.text, one.logprob) for one in left] == [
            (one.text, one.logprob)
            for one in tokens
            if touched.isdisjoint(range(int(-one.logprob), int(-one.logprob) + len(one.text)))
        ]

    @many
    @given(rulesets(), st.data())
    def test_no_alternative_leaves_that_the_gate_would_withhold_there(self, ruleset, data):
        tokens, deltas = data.draw(answers(ruleset))
        text = "".join(one.text for one in tokens)

        for _, one in run(ruleset, deltas):
            for other in one.alternatives:
                place = int(-one.logprob)
                verdict = judge(ruleset, text[:place] + other.text, Stage.OUTPUT)
                is_untouched = not verdict.blocked and all(m.end <= place for m in verdict.matches if m.withholds)
                assert is_untouched or other.text == one.text

    @many
    @given(rulesets(), st.data())
    def test_no_token_leaves_before_its_text(self, ruleset, data):
        tokens, deltas = data.draw(answers(ruleset))
        text = "".join(one.text for one in tokens)
        gate = OutputGate(ruleset)
        session, decided_at = session_of(ruleset), []

        for delta, reported in deltas:
            gate.feed(delta)
            feed(session, delta, logprobs=reported)
            decided_at += [(one, gate.num_decided_chars) for one in take(session)[1]]

        assert all(int(-one.logprob) + len(one.text) <= num_chars <= len(text) for one, num_chars in decided_at)

    @many
    @given(st.data())
    def test_without_rules_the_tokens_spell_the_answer_and_lose_nothing(self, data):
        tokens, deltas = data.draw(answers(make_ruleset(make_rule(words=["ab"], action=Action.FLAG))))

        left = run(NO_RULES, deltas)

        assert [one for _, one in left] == tokens


class TestAnAlternative:
    def test_stays_where_it_would_complete_a_blocked_phrase(self):
        ruleset = make_ruleset(make_rule(words=["forbidden words"]))

        left = run(ruleset, [("Here are forbidden", [token("Here are"), token(" forbidden")])])
        asked = run(ruleset, [("A forbidden", [token("A forbidden")]), (" fruit", [token(" fruit", " words", " one")])])

        assert [one.text for _, one in left] == ["Here are", " forbidden"]
        assert [[other.text for other in one.alternatives] for _, one in asked] == [[], [" one"]]

    def test_stays_where_it_would_spell_the_rest_of_what_is_masked(self):
        ruleset = make_ruleset(make_rule(words=["secret"], allow=["secretary"], action=Action.REDACT))

        left = run(ruleset, [("a secret", [token("a"), token(" secret")]), (" x", [token(" x", "ary", " y")])])

        assert [(one.text, one.alternatives) for _, one in left] == [("a", ()), (" x", ())]

    def test_that_is_the_token_itself_leaves_with_it(self):
        ruleset = make_ruleset(make_rule(words=["bomb"], allow=["bombshell"]))

        left = run(ruleset, [("a bomb", [token("a"), token(" bomb", " bomb", " bombs")]), ("shell", [token("shell")])])

        assert [other.text for other in left[1][1].alternatives] == [" bomb", " bombs"]


class TestPiecesOfCharacters:
    def test_leave_with_the_character_that_they_spell(self):
        half = token(HALF_CHARACTER)

        left = run(NO_RULES, [("a", [token("a")]), ("弹", [half, half]), ("!?", [token("!?")])])

        assert [(text, one.text) for text, one in left] == [
            ("a", "a"),
            ("a弹", HALF_CHARACTER),
            ("a弹", HALF_CHARACTER),
            ("a弹!?", "!?"),
        ]

    def test_stay_where_the_character_is_masked(self):
        ruleset = make_ruleset(make_rule(words=["炸弹"], action=Action.REDACT))

        left = run(ruleset, [("炸弹好", [token("炸"), token(HALF_CHARACTER), token(HALF_CHARACTER), token("好")])])

        assert [one.text for _, one in left] == ["好"]

    def test_have_alternatives_only_at_the_first_because_no_gate_stands_inside_a_character(self):
        first, second = token(HALF_CHARACTER, " a"), token(HALF_CHARACTER, " a")

        left = run(NO_RULES, [("弹", [first, second])])

        assert [len(one.alternatives) for _, one in left] == [1, 0]


class TestTokensThatDoNotSpellTheText:
    def test_stay_and_the_next_delta_begins_anew(self):
        left = run(NO_RULES, [("rld", [token(" world")]), (" again", [token(" again")])])

        assert [one.text for _, one in left] == [" again"]

    @pytest.mark.parametrize("pieces", [["x" + HALF_CHARACTER], [HALF_CHARACTER + "x", HALF_CHARACTER]])
    def test_stay_as_pieces_too(self, pieces):
        assert run(NO_RULES, [("弹", [token(piece) for piece in pieces])]) == []


class TestASession:
    def test_sends_log_probabilities_in_the_append_of_their_text(self):
        session = session_of(make_ruleset(make_rule(words=["forbidden words"])))

        feed(session, "so forbid", logprobs=[token("so"), token(" forbid")])
        held = take(session)
        feed(session, " it", logprobs=[token(" it")])

        assert held == ("so ", (token("so"),))
        assert take(session) == ("forbid it", (token(" forbid"), token(" it")))

    def test_judges_alternatives_after_the_text_of_the_attempts_before(self):
        session = session_of(make_ruleset(make_rule(words=["forbidden words"])), released="so forbidden")

        feed(session, " fruit", logprobs=[token(" fruit", " words", " one")])

        (_, (left,)) = take(session)
        assert [other.text for other in left.alternatives] == [" one"]

    def test_that_asked_for_none_sends_none(self):
        session = session_of(NO_RULES)
        session.judge.trail = None

        feed(session, "text", logprobs=[token("text")])

        append = session.append_due(now_s=0.0, renew_s=1.0)
        assert append is not None
        assert append.logprobs is None
