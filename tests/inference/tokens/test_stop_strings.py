from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from inference.tokens.stop_strings import StopStringFilter


def _cut(text: str, places: list[int]) -> list[str]:
    edges = [0, *sorted({place % (len(text) + 1) for place in places}), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def _run(pieces: list[str], stop: tuple[str, ...]) -> str:
    stop_strings = StopStringFilter(stop)
    return "".join(stop_strings.push(piece) for piece in pieces) + stop_strings.finish()


class TestStopStringFilter:
    def test_ends_before_a_stop_string_cut_into_pieces(self):
        stop_strings = StopStringFilter(("\n\nUser:",))

        shown = [stop_strings.push(piece) for piece in ("Hello.", "\n", "\nUs", "er", ": more")]

        assert shown == ["Hello.", "", "", "", ""]
        assert stop_strings.is_stopped
        assert stop_strings.finish() == ""

    def test_shows_what_turned_out_to_be_no_stop_string(self):
        stop_strings = StopStringFilter(("END",))

        assert stop_strings.push("the EN") == "the "
        assert stop_strings.push("D") == ""
        assert stop_strings.is_stopped

        stop_strings = StopStringFilter(("END",))
        assert [stop_strings.push("EN"), stop_strings.push("Glish")] == ["", "ENGlish"]

    def test_holds_back_no_more_than_may_become_a_stop_string(self):
        stop_strings = StopStringFilter(("aab",))

        assert stop_strings.push("xaaa") == "xa"

    def test_gives_out_what_it_held_when_nothing_follows(self):
        stop_strings = StopStringFilter(("###",))

        assert stop_strings.push("text##") == "text"
        assert stop_strings.finish() == "##"

    def test_stops_at_the_first_of_several(self):
        assert _run(["one two three"], ("three", "two")) == "one "

    @given(
        text=st.text(alphabet="ab", max_size=12),
        places=st.lists(st.integers(0, 12), max_size=4),
        stop=st.text(alphabet="ab", min_size=1, max_size=3),
    )
    def test_shows_the_same_however_the_text_is_cut(self, text, places, stop):
        assert _run(_cut(text, places), (stop,)) == text.partition(stop)[0]
