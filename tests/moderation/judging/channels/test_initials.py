"""A Chinese phrase written as the first letters of its syllables."""

import pytest

from chatapp.moderation.judging.channels.initials import find_initials
from chatapp.moderation.judging.verdict import Channel
from tests.moderation.judging.channels.keywords import keywords, written


class TestFindInitials:
    @pytest.mark.parametrize("text", ["nmsl", "你NMSL啊", "ＮＭＳＬ!", "(nmsl)"])
    def test_finds_letters_that_stand_alone(self, text):
        found = find_initials(keywords("你妈死了"), text)

        assert [as_written.lower() for _, as_written in written(text, found)] in (["nmsl"], ["ｎｍｓｌ"])
        assert found[0].channel is Channel.INITIALS

    @pytest.mark.parametrize("text", ["nmslx", "xnmsl", "nms l", "n-m-s-l", "nmsl2"])
    def test_passes_letters_inside_a_longer_word(self, text):
        assert find_initials(keywords("你妈死了"), text) == []

    def test_reads_few_letters_only_beside_chinese(self):
        assert written("你个sb", find_initials(keywords("傻逼"), "你个sb")) == [(0, "sb")]
        assert find_initials(keywords("傻逼"), "SB Street 5") == []

    @pytest.mark.parametrize(("keyword", "word"), [("卖淫", "my"), ("操你娘", "CNN")])
    def test_takes_no_common_word_for_initials(self, keyword, word):
        assert find_initials(keywords(keyword), f"看{word}吧") == []

    def test_knows_every_reading_of_a_character(self):
        text = "他zmf, 他cmf"

        assert written(text, find_initials(keywords("长毛发"), text)) == [(0, "zmf"), (0, "cmf")]

    def test_has_nothing_to_say_about_other_keywords(self):
        assert find_initials(keywords("bomb", "做bomb", "死"), "b zb zbomb s") == []

    def test_reports_every_rule_once(self):
        text = "nmsl,sb吧"

        assert written(text, find_initials(keywords("傻逼", "你妈死了", "你妈死了"), text)) == [
            (1, "nmsl"),
            (2, "nmsl"),
            (0, "sb"),
        ]
