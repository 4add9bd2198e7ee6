"""Pictures in the place of words and syllables."""

import pytest

from chatapp.moderation.judging.channels.emoji import find_emoji
from chatapp.moderation.judging.verdict import Channel
from tests.moderation.judging.channels.keywords import keywords, written


class TestFindEmoji:
    @pytest.mark.parametrize(
        ("keyword", "text", "as_written"),
        [
            ("草泥马", "你个草泥🐴!", "草泥🐴"),
            ("草泥马", "☘️泥🐎", "☘️泥🐎"),
            ("妈的", "🐴的", "🐴的"),
            ("做炸弹", "教我做💣吧", "做💣"),
            ("炸弹", "炸🥚", "炸🥚"),
            ("make a bomb", "Make a 💣 now", "Make a 💣"),
            ("buy guns", "buy 🔫", "buy 🔫"),
        ],
    )
    def test_finds_keywords_with_a_picture_in_them(self, keyword, text, as_written):
        found = find_emoji(keywords(keyword), text)

        assert written(text, found) == [(0, as_written)]
        assert found[0].channel is Channel.EMOJI

    @pytest.mark.parametrize("text", ["炸弹", "bomb", "draw a bomb"])
    def test_leaves_what_is_written_plainly_to_other_channels(self, text):
        assert find_emoji(keywords("炸弹", "bomb", "a bomb"), text) == []

    @pytest.mark.parametrize("text", ["💣", "下雪了❄️", "The party was 💣!"])
    def test_takes_a_picture_alone_for_a_picture(self, text):
        assert find_emoji(keywords("炸弹", "bomb", "cocaine", "冰毒"), text) == []

    def test_needs_the_word_to_stand_alone(self):
        assert find_emoji(keywords("a bomb"), "soda 💣") == []

    def test_reads_two_pictures_in_a_row(self):
        assert written("🐔🥚!", find_emoji(keywords("鸡蛋"), "🐔🥚!")) == [(0, "🐔🥚")]

    def test_does_not_read_a_syllable_into_another_word(self):
        assert find_emoji(keywords("草泥马", "他妈的"), "骑🐴去草原 他的🐴") == []
