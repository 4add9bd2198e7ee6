"""Staff see no conversation by default: who may read for a case, and that each reading is on record."""

import pytest

from chatapp.core import clock
from chatapp.review.cases.appeals import decision_appeal
from chatapp.review.cases.case_texts import MAX_CONTEXT_MESSAGES, case_context_read, case_evidence_read
from chatapp.review.errors import EvidenceForbidden, EvidenceMissing, EvidenceUnreadable
from chatapp.review.models import ContextReading, Evidence, EvidenceReading
from tests.review.making import appealed, judged_answer, refused_input
from tests.support.factories import make_answer, make_conversation, make_question, make_staff, make_user, publish_rule

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture(autouse=True)
def rules():
    publish_rule("bombast", action="redact", stages=("output",))
    publish_rule("thunder", action="block", stages=("input", "output"))


@pytest.fixture
def reviewer():
    return make_staff("reviewer")


class TestCaseContextRead:
    def test_gives_the_messages_before_and_the_message_itself(self, reviewer):
        case = appealed(judged_answer("Some bombast."))

        context = case_context_read(case=case, reader=reviewer)

        assert [(one.role, one.text, one.is_subject) for one in context] == [
            ("user", "Tell me.", False),
            ("assistant", "Some ███████.", True),
        ]

    def test_goes_on_record(self, reviewer):
        case = appealed(judged_answer("Some bombast."))

        case_context_read(case=case, reader=reviewer)

        reading = ContextReading.objects.get()
        assert (reading.case_id, reading.reader_id, reading.num_messages) == (case.id, reviewer.id, 2)
        assert reading.reader_email == reviewer.email

    def test_has_no_more_than_a_few_messages_and_none_of_other_branches(self, reviewer):
        conversation = make_conversation(make_user())
        other = make_question(conversation, text="another branch")
        for number in range(MAX_CONTEXT_MESSAGES):
            parent = conversation.active_leaf
            make_answer(conversation, parent=make_question(conversation, parent=parent, text=f"q{number}"), text="a")
        case = appealed(judged_answer("Some bombast.", conversation=conversation))

        context = case_context_read(case=case, reader=reviewer)

        assert len(context) == MAX_CONTEXT_MESSAGES + 1
        assert other.text not in [one.text for one in context]
        assert context[-1].is_subject

    def test_of_a_refused_text_is_what_was_there_before_it(self, reviewer):
        conversation = make_conversation(make_user())
        make_answer(conversation, parent=make_question(conversation, text="Before?"), text="Before.")
        decision = refused_input("thunder", conversation=conversation)
        case = decision_appeal(owner_id=decision.owner_id, decision_id=decision.id, words="", now=clock.now())
        make_question(conversation, parent=conversation.active_leaf, text="After?")

        context = case_context_read(case=case, reader=reviewer)

        assert [one.text for one in context] == ["Before?", "Before."]

    @pytest.mark.parametrize("groups", [(), ("moderator",)])
    def test_is_refused_to_everybody_else_and_leaves_no_reading(self, groups):
        case = appealed(judged_answer("Some bombast."))

        with pytest.raises(EvidenceForbidden):
            case_context_read(case=case, reader=make_staff(*groups))

        assert not ContextReading.objects.exists()

    def test_says_that_the_conversation_is_gone(self, reviewer):
        judged = judged_answer("Some bombast.")
        case = appealed(judged)
        judged.message.conversation.delete()

        with pytest.raises(EvidenceMissing, match="conversation is gone"):
            case_context_read(case=case, reader=reviewer)

    def test_of_a_refused_first_message_says_that_nothing_stood_before_it(self, reviewer):
        decision = refused_input("thunder")
        case = decision_appeal(owner_id=decision.owner_id, decision_id=decision.id, words="", now=clock.now())

        with pytest.raises(EvidenceMissing, match="first words of the conversation: nothing stood before it"):
            case_context_read(case=case, reader=reviewer)


class TestCaseEvidenceRead:
    def test_gives_every_piece_in_order_and_puts_each_on_record(self, reviewer):
        case = appealed(judged_answer("Some bombast, then thunder.", size=3))

        pieces = case_evidence_read(case=case, reader=reviewer)

        assert pieces[0] == "bombast"
        assert pieces[1].startswith("thunder")
        assert EvidenceReading.objects.count() == 2

    def test_is_refused_to_moderators(self):
        case = appealed(judged_answer("Some bombast."))

        with pytest.raises(EvidenceForbidden):
            case_evidence_read(case=case, reader=make_staff("moderator"))

        assert not EvidenceReading.objects.exists()

    def test_says_that_it_was_erased(self, reviewer):
        case = appealed(judged_answer("Some bombast."))
        Evidence.objects.all().delete()

        with pytest.raises(EvidenceMissing):
            case_evidence_read(case=case, reader=reviewer)

    def test_puts_one_reading_of_each_piece_on_record_for_one_look(self, reviewer):
        case = appealed(judged_answer("Some bombast, then thunder.", size=3))
        began_at = clock.now()

        for _page in range(2):
            case_evidence_read(case=case, reader=reviewer, on_record_since=began_at)

        assert EvidenceReading.objects.count() == 2

    def test_gives_the_pieces_that_are_left(self, reviewer):
        case = appealed(judged_answer("Some bombast, then thunder.", size=3))
        Evidence.objects.order_by("id")[:1].get().delete()

        pieces = case_evidence_read(case=case, reader=reviewer)

        assert [piece.startswith("thunder") for piece in pieces] == [True]
        assert EvidenceReading.objects.count() == 1

    def test_leaves_no_reading_of_what_could_not_be_read(self, reviewer, settings):
        case = appealed(judged_answer("Some bombast, then thunder.", size=3))
        settings.SECRET_KEY = "a new secret"

        with pytest.raises(EvidenceUnreadable):
            case_evidence_read(case=case, reader=reviewer)

        assert not EvidenceReading.objects.exists()
