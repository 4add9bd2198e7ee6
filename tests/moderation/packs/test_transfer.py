"""Packs become drafts, rules become packs, and both come back as they were."""

import pytest
from django.db import IntegrityError
from django.utils import translation

from chatapp.core.ids import uuid7
from chatapp.moderation.admin.pack_sentences import pack_advice
from chatapp.moderation.errors import PackEmpty, PackTooLarge, PackUnreadable, PackUploadGone, RuleReasonMissing
from chatapp.moderation.judging.verdict import Action, Category
from chatapp.moderation.models import Rule, RuleRevision
from chatapp.moderation.packs.entry import ADVICE, PackProblem
from chatapp.moderation.packs.formats import pack_from_json, pack_to_json
from chatapp.moderation.packs.pack import Pack, PackEntry, PackHeader, rules_of
from chatapp.moderation.packs.reading import pack_read
from chatapp.moderation.packs.transfer import pack_export, pack_import
from chatapp.moderation.packs.uploads import (
    MAX_PACK_BYTES,
    PackFormat,
    PackUpload,
    pack_text,
    pack_upload_forget,
    pack_upload_get,
    pack_upload_store,
)
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

PACK_JSON = """{
 "name": "magic",
 "version": "3",
 "language": "en",
 "licence": "CC0-1.0",
 "source": "a grimoire",
 "notices": {"other": {"en": "No magic here.", "zh-hans": "这里不谈魔法。"}},
 "entries": [
  {"phrase": "xyzzy", "category": "other", "severity": 3, "action": "block", "allow": ["xyzzy manual"]},
  {"phrase": "plugh", "category": "other", "severity": 3, "action": "block"},
  {"phrase": "口诀", "category": "other", "severity": 1, "action": "flag", "language": "zh-hans",
   "channels": ["strict", "pinyin"], "stages": ["input"]}
 ]
}"""
BLOCKING, FLAGGING = "magic-other-block-3-en", "magic-other-flag-1-zh-hans"


def read_pack(text: str = PACK_JSON) -> Pack:
    pack, problems = pack_from_json(text)
    assert pack is not None
    assert problems == ()
    return pack


class TestImporting:
    def test_makes_drafts_that_say_what_the_pack_says(self):
        pack_import(pack=read_pack(), author=make_user(), reason="a trial")

        blocking, flagging = Rule.objects.get(slug=BLOCKING), Rule.objects.get(slug=FLAGGING)
        assert (blocking.state, blocking.action, blocking.severity, blocking.words) == (
            "draft",
            "block",
            3,
            "xyzzy\nplugh",
        )
        assert (blocking.allow_phrases, blocking.notice_en) == ("xyzzy manual", "No magic here.")
        assert (flagging.language, flagging.channels, flagging.stages) == ("zh-hans", ["strict", "pinyin"], ["input"])

    def test_begins_each_history_with_the_reason_and_where_the_words_come_from(self):
        author = make_user()

        pack_import(pack=read_pack(), author=author, reason="a trial")

        revision = RuleRevision.objects.get(rule__slug=BLOCKING)
        assert (revision.number, revision.author) == (1, author)
        for part in ("a trial", "magic 3", "a grimoire", "CC0-1.0"):
            assert part in revision.reason

    def test_leaves_a_rule_that_is_there_as_it_is_and_says_so(self):
        pack_import(pack=read_pack(), author=make_user(), reason="a trial")
        Rule.objects.filter(slug=BLOCKING).update(words="mine")
        more = read_pack(PACK_JSON.replace('"plugh", "category": "other"', '"plugh", "category": "fraud"'))

        done = pack_import(pack=more, author=make_user(), reason="again")

        assert [rule.slug for rule in done.new] == ["magic-fraud-block-3-en"]
        assert {rule.slug for rule in done.existing} == {BLOCKING, FLAGGING}
        assert Rule.objects.get(slug=BLOCKING).words == "mine"

    def test_stores_all_or_nothing(self):
        good = PackEntry("xyzzy", Category.OTHER, 1, Action.FLAG)
        impossible = PackEntry("plugh", Category.OTHER, 9, Action.FLAG)  # the database refuses this severity

        with pytest.raises(IntegrityError):
            pack_import(pack=Pack(PackHeader("magic"), (good, impossible)), author=make_user(), reason="a trial")

        assert not Rule.objects.filter(slug__startswith="magic").exists()

    def test_asks_for_a_reason(self):
        with pytest.raises(RuleReasonMissing):
            pack_import(pack=read_pack(), author=make_user(), reason="  ")

    def test_is_refused_where_nothing_is_new(self):
        pack_import(pack=read_pack(), author=make_user(), reason="a trial")

        with pytest.raises(PackEmpty):
            pack_import(pack=read_pack(), author=make_user(), reason="again")


class TestExporting:
    def test_gives_back_what_was_imported(self):
        pack_import(pack=read_pack(), author=make_user(), reason="a trial")

        exported = pack_export(rules=Rule.objects.filter(slug__startswith="magic"), name="magic").pack

        theirs = {rule.slug: rule for rule in rules_of(exported)}
        assert theirs == {rule.slug: rule for rule in rules_of(read_pack())}

    def test_can_be_read_again_without_a_problem_and_is_then_the_same(self):
        exported = pack_export(rules=Rule.objects.all(), name="all").pack

        again, problems = pack_from_json(pack_to_json(exported))

        assert problems == ()
        assert again == exported

    def test_leaves_out_what_no_pack_can_hold_and_says_why(self):
        Rule.objects.create(slug="a-regex", kind="regex", category="other", words="x+", stages=["input"])
        Rule.objects.create(
            slug="a-swap", action="replace", replacement="y", category="other", words="x", stages=["input"]
        )
        Rule.objects.create(slug="half", category="other", words="good\n\u200b", stages=["input"])

        exported = pack_export(rules=Rule.objects.filter(slug__in=["a-regex", "a-swap", "half"]), name="some")

        assert exported.left_out_rules == {"a-regex": "kind_not_keyword", "a-swap": "action_not_in_packs"}
        assert exported.left_out_entries == {"half": 1}
        assert [entry.phrase for entry in exported.pack.entries] == ["good"]

    def test_of_nothing_that_fits_is_refused(self):
        with pytest.raises(PackEmpty):
            pack_export(rules=Rule.objects.none(), name="none")


class TestAnUpload:
    def test_is_there_for_its_person_alone_until_it_is_forgotten(self):
        person, other = uuid7(), uuid7()
        upload = PackUpload("xyzzy", PackFormat.LIST, name="spells", defaults={"category": "other"})

        upload_id = pack_upload_store(upload=upload, person_id=person)

        assert pack_upload_get(upload_id=upload_id, person_id=person) == upload
        with pytest.raises(PackUploadGone):
            pack_upload_get(upload_id=upload_id, person_id=other)
        pack_upload_forget(upload_id=upload_id, person_id=person)
        with pytest.raises(PackUploadGone):
            pack_upload_get(upload_id=upload_id, person_id=person)

    def test_is_kept_as_plain_values_that_an_upgrade_which_moves_a_class_can_read(self, event_log):
        pack_upload_store(upload=PackUpload("xyzzy", PackFormat.LIST), person_id=uuid7())

        (kept,) = [event_log.get(key) for key in event_log.keys("*pack-upload*")]
        assert b"xyzzy" in kept
        assert b"chatapp" not in kept

    def test_is_refused_when_it_is_too_large(self):
        with pytest.raises(PackTooLarge):
            pack_upload_store(upload=PackUpload("字" * (MAX_PACK_BYTES // 3 + 1), PackFormat.LIST), person_id=uuid7())

    def test_is_refused_when_it_has_too_many_entries(self, monkeypatch):
        monkeypatch.setattr("chatapp.moderation.packs.reading.MAX_PACK_ENTRIES", 1)
        defaults = {"category": "other", "severity": 1, "action": "flag"}

        with pytest.raises(PackTooLarge, match="2 entries"):
            pack_read(PackUpload("one\ntwo", PackFormat.LIST, defaults=defaults))

    def test_is_refused_when_it_is_no_text(self):
        with pytest.raises(PackUnreadable):
            pack_text("词".encode("gb18030"))


class TestTheAdvice:
    def test_is_in_english_what_a_reader_of_files_is_told(self):
        with translation.override("en"):
            assert {code: pack_advice(PackProblem(1, code)) for code in ADVICE} == ADVICE

    def test_is_in_chinese_for_every_problem(self):
        with translation.override("zh-hans"):
            sentences = {code: pack_advice(PackProblem(1, code)) for code in ADVICE}

        assert [code for code, sentence in sentences.items() if sentence == ADVICE[code]] == []
