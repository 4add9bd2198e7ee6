"""The names of what the feed keeps in Redis, made and read again."""

from uuid import uuid4

import pytest

from chatapp.feed import keys


class TestTheKeyOfAFeed:
    def test_is_told_from_the_key_of_a_generations_deltas(self):
        assert keys.is_feed_key(keys.feed_key(uuid4()))
        assert not keys.is_feed_key(keys.events_key(uuid4()))


class TestTheKeyOfAGenerationsDeltas:
    def test_says_of_which_generation_they_are(self):
        generation_id = uuid4()

        assert keys.generation_of_events_key(keys.events_key(generation_id)) == generation_id

    @pytest.mark.parametrize("make_key", [keys.feed_key, keys.state_key, keys.text_key])
    def test_is_the_only_key_that_is_read_for_one(self, make_key):
        with pytest.raises(ValueError, match="not the stream"):
            keys.generation_of_events_key(make_key(uuid4()))
