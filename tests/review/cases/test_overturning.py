"""A case that is overturned: what comes back, and what the person hears of it."""

import pytest

from chatapp.conversations.models import Message
from chatapp.core import clock
from chatapp.review.cases.appeals import decision_appeal
from chatapp.review.cases.services import case_confirm, case_overturn
from chatapp.review.errors import RestorationImpossible
from chatapp.review.models import Decision, Evidence, ReviewCase, ReviewOutcome
from chatapp.review.selectors import appeal_states, decision_list_broken
from tests.review.making import appealed, claimed, judged_answer, refused_input, resolve
from tests.support.factories import leaf_id, make_answer, make_conversation, make_question, make_user, publish_rule
from tests.support.fold import fact_types, facts_of, fetched

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


class TestCaseOverturn:
    def test_brings_the_answer_back_whole_beside_the_withheld_one(self, blocking, reviewer):
        judged = judged_answer("Some bombast about tea.")
        case = appealed(judged)
        claimed(case, reviewer)

        outcome = resolve(case_overturn, case, reviewer)

        restored = Message.objects.get(id=str(outcome.restored_message_id))
        assert (restored.text, restored.state) == (judged.read, "visible")
        assert (restored.parent_id, restored.restored_from_id) == (judged.message.parent_id, judged.message.id)
        assert restored.text is not None
        assert "bombast" in restored.text
        judged.message.refresh_from_db()
        assert (judged.message.text, judged.message.state) == ("Some ", "withheld")

    @pytest.mark.parametrize(("action", "fields"), [("redact", {}), ("replace", {"replacement": "[…]"})])
    @pytest.mark.parametrize("size", [1, 7, 100])
    def test_undoes_masks_and_replacements_exactly(self, reviewer, action, fields, size):
        publish_rule("bombast", action=action, stages=("output",), **fields)
        judged = judged_answer("Some bombast, more bombast\nand tea.", size=size)
        case = appealed(judged)
        claimed(case, reviewer)

        outcome = resolve(case_overturn, case, reviewer)

        restored = Message.objects.get(id=str(outcome.restored_message_id))
        assert restored.text == "Some bombast, more bombast\nand tea."

    def test_comes_into_view_where_the_person_still_looks_at_it(self, blocking, reviewer):
        conversation = make_conversation(make_user())
        case = appealed(judged_answer("Some bombast.", conversation=conversation))
        claimed(case, reviewer)

        outcome = resolve(case_overturn, case, reviewer)

        assert leaf_id(conversation) == outcome.restored_message_id

    def test_pulls_nobody_away_who_went_on_elsewhere(self, blocking, reviewer):
        conversation = make_conversation(make_user())
        judged = judged_answer("Some bombast.", conversation=conversation)
        later = make_answer(conversation, parent=make_question(conversation, parent=judged.message))
        case = appealed(judged)
        claimed(case, reviewer)

        resolve(case_overturn, case, reviewer)

        assert leaf_id(conversation) == later.id

    def test_is_refused_whole_when_the_evidence_was_erased(self, case, reviewer):
        claimed(case, reviewer)
        Evidence.objects.all().delete()

        with pytest.raises(RestorationImpossible):
            resolve(case_overturn, case, reviewer)

        case.refresh_from_db()
        assert case.state == "claimed"
        assert not ReviewOutcome.objects.exists()

    def test_is_refused_when_the_evidence_does_not_fit_the_text(self, blocking, reviewer):
        publish_rule("tea", action="redact", stages=("output",))
        judged = judged_answer("A cup of tea.")
        case = appealed(judged)
        claimed(case, reviewer)
        Message.objects.filter(id=judged.message.id).update(text=None, state="erased")
        Message.objects.filter(id=judged.message.id).update(state="visible")

        with pytest.raises(RestorationImpossible):
            resolve(case_overturn, case, reviewer)

    def test_counts_also_where_the_conversation_is_gone(self, blocking, reviewer):
        judged = judged_answer("Some bombast.")
        case = appealed(judged)
        judged.message.conversation.delete()
        claimed(case, reviewer)

        outcome = resolve(case_overturn, case, reviewer)

        assert outcome.restored_message_id is None

    def test_of_what_was_never_stored_stores_nothing(self, reviewer):
        publish_rule("bombast", stages=("input",))
        decision = refused_input("some bombast")
        case = decision_appeal(owner_id=decision.owner_id, decision_id=decision.id, words="", now=clock.now())
        claimed(case, reviewer)

        outcome = resolve(case_overturn, case, reviewer)

        assert (outcome.is_overturned, outcome.restored_message_id) == (True, None)
        assert not Message.objects.exists()

    def test_leaves_decisions_and_their_chain_as_they_were(self, case, reviewer):
        before = list(Decision.objects.values())
        claimed(case, reviewer)

        resolve(case_overturn, case, reviewer)

        assert list(Decision.objects.values()) == before
        assert list(decision_list_broken()) == []


def folded_onto(known, owner_id):
    for fact in facts_of(owner_id):
        known.apply(fact)
    return known


@pytest.mark.django_db(transaction=True)
class TestWhatThePersonHears:
    def test_folds_to_what_a_fresh_page_shows(self, blocking, reviewer):
        judged = judged_answer("Some bombast.")
        owner_id = judged.owner.id
        before = fetched(owner_id)
        case = appealed(judged)
        claimed(case, reviewer)
        resolve(case_overturn, case, reviewer)

        assert fact_types(owner_id) == [
            "appeal.updated",
            "message.created",
            "conversation.updated",
            "appeal.updated",
        ]
        heard = folded_onto(before, owner_id)
        assert heard == fetched(owner_id)
        assert heard.messages[judged.message.id].appeal == "overturned"

    def test_is_nothing_where_they_never_asked(self, blocking, reviewer):
        publish_rule("tea", action="review", stages=("output",))
        judged = judged_answer("About tea.")
        case = ReviewCase.objects.get()
        claimed(case, reviewer)

        resolve(case_confirm, case, reviewer)

        assert fact_types(judged.owner.id) == []
        assert appeal_states(conversation_id=judged.message.conversation_id) == {}
