"""Filling a template's variables: pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.prompts.errors import TemplateUnusable, TemplateVariableMissing, TemplateVariableTooLong
from chatapp.prompts.rendering import MAX_VALUE_CHARS, Variable, render, variables_check


def variable(name: str = "language", *, required: bool = False, default: str = "") -> Variable:
    return Variable(name=name, label=name.title(), required=required, default=default)


storable_texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60)


class TestRender:
    def test_puts_a_value_in_every_place_of_its_name(self):
        text = render(
            text="{{ language }}, {{language}} and {{  language  }}.",
            variables=[variable()],
            values={"language": "Dutch"},
        )

        assert text == "Dutch, Dutch and Dutch."

    def test_takes_the_default_where_there_is_no_value(self):
        variables = [variable(required=True, default="English")]

        assert render(text="{{ language }}", variables=variables, values={}) == "English"
        assert render(text="{{ language }}", variables=variables, values={"language": "  "}) == "English"

    def test_leaves_the_place_of_an_optional_variable_empty(self):
        assert render(text="[{{ language }}]", variables=[variable()], values={}) == "[]"

    @pytest.mark.parametrize("values", [{}, {"language": ""}, {"language": " \n"}])
    def test_refuses_a_missing_variable_by_its_name(self, values):
        with pytest.raises(TemplateVariableMissing) as refusal:
            render(text="{{ language }}", variables=[variable(required=True)], values=values)

        assert refusal.value.details == {"variable": "language"}
        assert "Language" in refusal.value.message

    def test_refuses_a_value_that_is_too_long_with_both_numbers(self):
        longest = "x" * MAX_VALUE_CHARS
        assert render(text="{{ language }}", variables=[variable()], values={"language": longest}) == longest

        with pytest.raises(TemplateVariableTooLong) as refusal:
            render(text="{{ language }}", variables=[variable()], values={"language": longest + "x"})

        assert refusal.value.details == {
            "variable": "language",
            "limit": MAX_VALUE_CHARS,
            "length": MAX_VALUE_CHARS + 1,
        }

    def test_ignores_values_that_nobody_declared(self):
        assert render(text="Hi", variables=[], values={"other": "x"}) == "Hi"

    def test_drops_what_no_database_stores(self):
        assert render(text="[{{ language }}]", variables=[variable()], values={"language": "Du\x00tch"}) == "[Dutch]"

    @given(storable_texts, storable_texts)
    def test_never_reads_a_value_as_template_text(self, first, second):
        values = {"a": f"{{{{ b }}}}{first}", "b": f"{second}{{{{ a }}}}"}

        text = render(text="<{{ a }}|{{ b }}>", variables=[variable("a"), variable("b")], values=values)

        assert text == f"<{values['a'].strip()}|{values['b'].strip()}>"


class TestVariablesCheck:
    def test_returns_what_an_author_left_out(self):
        assert variables_check(text="{{ a }}", variables=[{"name": "a"}]) == [
            {"name": "a", "label": "a", "required": False, "default": ""}
        ]

    @pytest.mark.parametrize(
        ("text", "variables"),
        [
            ("", {"name": "a"}),
            ("", "a"),
            ("", None),
            ("", ["a"]),
            ("", [{}]),
            ("", [{"name": "A"}]),
            ("", [{"name": "1a"}]),
            ("", [{"name": "a b"}]),
            ("", [{"name": "a" * 41}]),
            ("", [{"name": "a"}, {"name": "a"}]),
            ("{{ a }}", []),
            ("{{ a }} {{ b }}", [{"name": "a"}]),
            ("{{ A }}", [{"name": "a"}]),
            ("{{ a", [{"name": "a"}]),
            ("{{ a.b }}", [{"name": "a"}]),
            ("{{}}", []),
        ],
    )
    def test_refuses_what_could_not_be_filled(self, text, variables):
        with pytest.raises(TemplateUnusable):
            variables_check(text=text, variables=variables)

    @given(st.lists(st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True), unique=True, max_size=5))
    def test_lets_nothing_pass_that_render_would_stumble_over(self, names):
        text = " ".join(f"{{{{ {name} }}}}" for name in names)

        variables = variables_check(text=text, variables=[{"name": name, "required": True} for name in names])

        assert render(text=text, variables=variables, values=dict.fromkeys(names, "x")) == " ".join("x" for _ in names)
