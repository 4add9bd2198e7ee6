"""What changed between two snapshots of a rule."""

from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.rules.revision_diff import MAX_SHOWN_ENTRIES, FieldChange, revision_diff

texts = st.text("ab\n ", max_size=8)
values = st.one_of(st.integers(0, 4), st.booleans(), texts, st.lists(texts, max_size=4))
snapshots = st.dictionaries(st.sampled_from(["words", "state", "stages", "later_field"]), values)


class TestRevisionDiff:
    @given(snapshots, snapshots)
    def test_tells_each_field_that_differs_and_no_other(self, before, after):
        changes = revision_diff(before, after)

        differing = {name for name in before.keys() & after.keys() if before[name] != after[name]}
        assert {change.field for change in changes} == differing
        assert len(changes) == len(differing)

    @given(snapshots)
    def test_of_a_snapshot_with_itself_is_empty(self, snapshot):
        assert revision_diff(snapshot, dict(snapshot)) == ()

    def test_tells_lists_of_words_by_what_came_and_went(self):
        (change,) = revision_diff({"words": "one\ntwo\n"}, {"words": "two\nthree\nfour"})

        assert change == FieldChange("words", added=("three", "four"), removed=("one",))

    def test_tells_choices_in_a_list_the_same_way(self):
        (change,) = revision_diff({"stages": ["input"]}, {"stages": ["input", "output"]})

        assert change == FieldChange("stages", added=("output",))

    def test_tells_single_values_by_both(self):
        (change,) = revision_diff({"severity": 2}, {"severity": 4})

        assert change == FieldChange("severity", before="2", after="4")

    def test_shows_that_only_the_order_changed(self):
        (change,) = revision_diff({"words": "one\ntwo"}, {"words": "two\none"})

        assert (change.before, change.after) == ("one\ntwo", "two\none")

    def test_shows_the_beginning_of_a_long_list_and_counts_the_rest(self):
        after = "\n".join(f"word {number}" for number in range(MAX_SHOWN_ENTRIES + 7))

        (change,) = revision_diff({"words": "old"}, {"words": after})

        assert len(change.added) == MAX_SHOWN_ENTRIES
        assert change.removed == ("old",)
        assert change.num_more == 7
