"""Which patterns an administrator may write, and what a refusal says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.expressions.nfa import MAX_NFA_STATES
from chatapp.moderation.judging.expressions.regex_syntax import (
    MAX_GAP_CHARS,
    MAX_MATCH_CHARS,
    MAX_PATTERN_CHARS,
    GappedPhrase,
    RefusalCode,
    RegexRefused,
    compile_gapped_phrase,
    compile_regex,
)


def refusal(pattern: str) -> tuple[RefusalCode, str]:
    with pytest.raises(RegexRefused) as refused:
        compile_regex(pattern)
    return refused.value.code, refused.value.part


class TestCompileRegex:
    @pytest.mark.parametrize(
        "pattern",
        [
            r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
            r"[\w.+-]{1,64}@[\w.-]{1,255}\.[a-z]{2,10}",
            r"\b1[3-9]\d{9}\b",
            r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",
            r"sk-[A-Za-z0-9]{20,}",
            r"(?i)https?://\S+",
            r"(?P<year>\d{4})年(\d\d?)月|^\d+$",
            r"\d{17}[\dXx]",
            r"[一-龥]{2,4}(?:先生|女士)",
            r"(?s:a.+?b)(?i:c)",
            r"a{3}b{2,}c*d?",
            "(" * 50 + "a" + ")+" * 50,
            "(?:){4000000000}a",
            r"\.\*\x41\t[\]\\-]",
        ],
    )
    def test_takes_what_one_pass_can_decide(self, pattern):
        assert compile_regex(pattern).ever_matches

    @pytest.mark.parametrize(
        ("pattern", "code", "part"),
        [
            ("a(b", RefusalCode.SYNTAX, "(b"),
            ("a[b", RefusalCode.SYNTAX, "[b"),
            ("ab**", RefusalCode.SYNTAX, "*"),
            (r"a\Qb", RefusalCode.SYNTAX, r"\Qb"),
            (r"\p{Han}+", RefusalCode.SYNTAX, r"\p{Han}+"),
            ("a(?=b)", RefusalCode.LOOK_AROUND, "(?="),
            ("a(?!b)", RefusalCode.LOOK_AROUND, "(?!"),
            ("a(?!)", RefusalCode.LOOK_AROUND, "(?!"),
            ("(?<=x)a", RefusalCode.LOOK_AROUND, "(?<="),
            ("(?<!x)a", RefusalCode.LOOK_AROUND, "(?<!"),
            (r"(a|b)-\1", RefusalCode.BACK_REFERENCE, r"\1"),
            ("(?P<x>a)b(?P=x)", RefusalCode.BACK_REFERENCE, "(?P=x)"),
            ("(a)?(?(1)b|c)", RefusalCode.BACK_REFERENCE, "(?(1)"),
            ("(?>ab|a)c", RefusalCode.ATOMIC, "(?>"),
            ("ba++", RefusalCode.ATOMIC, "++"),
            ("ba{2,}+", RefusalCode.ATOMIC, "}+"),
            ("(?m)^a", RefusalCode.FLAG, "(?m)"),
            ("(?ix)a b", RefusalCode.FLAG, "(?ix)"),
            ("(?i)b(?a:a)", RefusalCode.FLAG, "(?a:"),
            ("[[:alpha:]]+", RefusalCode.AMBIGUOUS_SET, "[[:alpha:]]+"),
            ("[a-z&&[b]]", RefusalCode.AMBIGUOUS_SET, "[a-z&&[b]]"),
            ("a\u200bb", RefusalCode.INVISIBLE_CHARACTER, "\u200b"),
            ("e\u0301", RefusalCode.INVISIBLE_CHARACTER, "\u0301"),
            ("a*", RefusalCode.MATCHES_EMPTY, "a*"),
            ("", RefusalCode.MATCHES_EMPTY, ""),
            ("a|", RefusalCode.MATCHES_EMPTY, "a|"),
            (r"\b", RefusalCode.MATCHES_EMPTY, r"\b"),
            ("^$", RefusalCode.MATCHES_EMPTY, "^$"),
            ("(?:a?b*)+", RefusalCode.MATCHES_EMPTY, "(?:a?b*)+"),
            (r"a\bb", RefusalCode.NEVER_MATCHES, r"a\bb"),
            ("a^b", RefusalCode.NEVER_MATCHES, "a^b"),
            (r"a[^\s\S]", RefusalCode.NEVER_MATCHES, r"a[^\s\S]"),
            ("(?:a{100}b?){3}", RefusalCode.TOO_LONG, "(?:a{100}b?){3}"),
            ("(?:a{1,40}b?){1,40}", RefusalCode.TOO_LARGE, "(?:a{1,40}b?){1,40}"),
            ("a{1,4000000000}", RefusalCode.TOO_LARGE, "a{1,4000000000}"),
            ("(" * 51 + "a" + ")" * 51, RefusalCode.TOO_LARGE, "(" * 51 + "a" + ")" * 51),
            ("(?:(?:){1000}){1000}a", RefusalCode.REFUSED_BY_RE2, "(?:(?:){1000}){1000}a"),
            (r"\u4e00", RefusalCode.REFUSED_BY_RE2, r"\u4e00"),
            (r"a\Z", RefusalCode.REFUSED_BY_RE2, r"a\Z"),
            ("a\ud800", RefusalCode.REFUSED_BY_RE2, "a\ud800"),
        ],
    )
    def test_refuses_the_rest_with_a_code_and_the_part(self, pattern, code, part):
        assert refusal(pattern) == (code, part)

    def test_refuses_a_pattern_that_is_too_long_to_read(self):
        code, part = refusal("a|" * MAX_PATTERN_CHARS)

        assert code is RefusalCode.TOO_LONG
        assert len(part) == MAX_PATTERN_CHARS

    def test_takes_the_longest_match_that_can_be(self):
        assert compile_regex(f"a{{{MAX_MATCH_CHARS}}}").ever_matches
        assert refusal(f"a{{{MAX_MATCH_CHARS + 1}}}")[0] is RefusalCode.TOO_LONG

    @given(st.text(r"ab01(?:|)[]{},*+-^$\bwd.=!<>Pi&", max_size=12))
    def test_takes_or_refuses_whatever_is_written(self, pattern):
        try:
            nfa = compile_regex(pattern)
        except RegexRefused:
            return

        assert nfa.ever_matches
        assert not nfa.matches_empty
        assert len(nfa.states) <= MAX_NFA_STATES + 1


class TestCompileGappedPhrase:
    @pytest.mark.parametrize(
        ("phrase", "code"),
        [
            (GappedPhrase((), 1), RefusalCode.PHRASE_EMPTY),
            (GappedPhrase(("加", " "), 1), RefusalCode.PHRASE_EMPTY),
            (GappedPhrase(("加", "\u200b"), 1), RefusalCode.PHRASE_EMPTY),
            (GappedPhrase(("加", "微信"), -1), RefusalCode.PHRASE_GAP),
            (GappedPhrase(("加", "微信"), MAX_GAP_CHARS + 1), RefusalCode.PHRASE_GAP),
            (GappedPhrase(("加",) * 7, MAX_GAP_CHARS), RefusalCode.TOO_LONG),
            (GappedPhrase(("加" * MAX_MATCH_CHARS, "微"), 0), RefusalCode.TOO_LONG),
        ],
    )
    def test_refuses_what_could_not_match_or_would_outlive_the_cap(self, phrase, code):
        with pytest.raises(RegexRefused) as refused:
            compile_gapped_phrase(phrase)

        assert refused.value.code is code

    def test_takes_the_largest_phrase_that_is_not_refused(self):
        phrase = GappedPhrase(("加" * 6,) + ("微",) * 5, MAX_GAP_CHARS - 1)

        assert compile_gapped_phrase(phrase).ever_matches
