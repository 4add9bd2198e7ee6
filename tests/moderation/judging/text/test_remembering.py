"""What is remembered of characters: each once, and not of too many."""

from chatapp.moderation.judging.text.remembering import MAX_REMEMBERED_CHARS, Remembered


class TestRemembered:
    def test_computes_once_what_it_is_asked_again(self):
        asked: list[str] = []

        def compute(char: str) -> str:
            asked.append(char)
            return char.upper()

        table = Remembered[str, str](compute)

        values = [table["a"], table["b"], table["a"]]

        assert values == ["A", "B", "A"]
        assert asked == ["a", "b"]

    def test_answers_for_each_character_there_is_and_keeps_no_more_than_it_may(self):
        table = Remembered[int, str](chr)

        values = [table[code] for code in range(MAX_REMEMBERED_CHARS + 2)]

        assert values[-1] == chr(MAX_REMEMBERED_CHARS + 1)
        assert len(table) == MAX_REMEMBERED_CHARS

    def test_is_what_translate_asks_for(self):
        assert "ab".translate(Remembered[int, str](lambda code: chr(code + 1))) == "bc"
