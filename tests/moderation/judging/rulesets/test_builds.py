"""A compiled ruleset as bytes: what comes back judges as what went in, and nothing else is taken for it."""

import json
import os
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.judging.gate import find_matches, judge
from chatapp.moderation.judging.rulesets import builds
from chatapp.moderation.judging.rulesets.builds import BuildInvalid, decode, decode_pieces, encode
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import Action, Stage
from tests.moderation.judging.making import BUNDLED_ALONE, make_rule, make_ruleset, rulesets, texts_about

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "120")), deadline=None)
DIGEST = "d" * 64
RULESET = make_ruleset(
    make_rule("one", words=["口交", "bomb"], allow=["路口交通"], stages=[Stage.INPUT]),
    make_rule("two", words=["bomb", "spell"], action=Action.REPLACE, replacement="…", stages=[Stage.OUTPUT]),
)
BUILD = encode(RULESET, ruleset_sha256=DIGEST)
LENGTH = struct.Struct(">I")


def rewritten(**changes: object) -> bytes:
    """The build with another header."""
    body = zlib.decompress(BUILD.removeprefix(b"ruleset-build"))
    (length,) = LENGTH.unpack_from(body)
    header = json.loads(body[LENGTH.size : LENGTH.size + length])
    head = json.dumps({**header, **changes}).encode()
    return b"ruleset-build" + zlib.compress(LENGTH.pack(len(head)) + head + body[LENGTH.size + length :])


class TestARoundTrip:
    @many
    @given(rulesets(), st.sampled_from(Stage), st.data())
    def test_finds_the_same_matches_and_lets_out_the_same_text(self, ruleset, stage, data):
        text = data.draw(texts_about(ruleset))

        loaded = decode(encode(ruleset, ruleset_sha256=DIGEST), ruleset_sha256=DIGEST, offer=BUNDLED_ALONE)

        assert loaded == ruleset
        assert find_matches(loaded, text, stage) == find_matches(ruleset, text, stage)
        assert judge(loaded, text, stage) == judge(ruleset, text, stage)

    @many
    @given(rulesets())
    def test_holds_back_exactly_as_much(self, ruleset):
        loaded = decode(encode(ruleset, ruleset_sha256=DIGEST), ruleset_sha256=DIGEST, offer=BUNDLED_ALONE)

        for stage in Stage:
            assert loaded.compiled(stage).held_depth == ruleset.compiled(stage).held_depth

    @many
    @given(rulesets())
    def test_is_the_same_bytes_again(self, ruleset):
        build = encode(ruleset, ruleset_sha256=DIGEST)

        assert encode(decode(build, ruleset_sha256=DIGEST, offer=BUNDLED_ALONE), ruleset_sha256=DIGEST) == build

    def test_compiles_nothing(self, monkeypatch):
        monkeypatch.setattr("chatapp.moderation.judging.rulesets.compiling.compile_rules", None)

        loaded = decode(BUILD, ruleset_sha256=DIGEST, offer=BUNDLED_ALONE)

        assert judge(loaded, "a bomb", Stage.INPUT).blocked

    def test_keeps_each_stage_to_its_rules(self):
        loaded = decode(BUILD, ruleset_sha256=DIGEST, offer=BUNDLED_ALONE)

        assert [match.rule_id for match in find_matches(loaded, "bomb", Stage.INPUT)] == ["one"]
        assert [match.rule_id for match in find_matches(loaded, "bomb", Stage.OUTPUT)] == ["two"]
        assert find_matches(loaded, "bomb", Stage.TITLE) == ()

    def test_carries_a_rule_whose_words_are_many(self):
        words = [f"word{number}" for number in range(5000)]
        ruleset = make_ruleset(make_rule(words=words, allow=[f"{word} is fine" for word in words]))

        loaded = decode(encode(ruleset, ruleset_sha256=DIGEST), ruleset_sha256=DIGEST, offer=BUNDLED_ALONE)

        assert loaded.rules == ruleset.rules
        assert judge(loaded, "word4999", Stage.INPUT).blocked
        assert not judge(loaded, "word4999 is fine", Stage.INPUT).blocked

    def test_of_no_rules_is_a_ruleset_too(self):
        assert (
            decode(encode(make_ruleset(), ruleset_sha256=DIGEST), ruleset_sha256=DIGEST, offer=BUNDLED_ALONE).rules
            == ()
        )

    def test_stands_still_between_pieces(self):
        words = [f"word{number}" for number in range(5000)]
        build = encode(make_ruleset(make_rule(words=words)), ruleset_sha256=DIGEST)

        assert sum(1 for _ in decode_pieces(build, ruleset_sha256=DIGEST, offer=BUNDLED_ALONE)) > 10


class TestABuildThatIsNone:
    @pytest.mark.parametrize(
        "build",
        [
            b"",
            b"something else",
            BUILD[:-20],
            BUILD[:60] + b"\x00" + BUILD[61:],
            b"ruleset-build" + zlib.compress(b"\xff" * 40),
            rewritten(byteorder="middle"),
            rewritten(sections=[]),
            rewritten(rules=[{"id": "one"}]),
            rewritten(rules=[{**RULESET.rules[0].to_json(), "action": "allow"}]),
            rewritten(rules=[{**RULESET.rules[0].to_json(), "action": "unknown"}]),
        ],
        ids=["empty", "other", "cut", "bit", "noise", "byteorder", "sections", "fields", "unsupported", "unknown"],
    )
    def test_is_refused(self, build):
        with pytest.raises(BuildInvalid):
            decode(build, ruleset_sha256=DIGEST, offer=BUNDLED_ALONE)

    def test_is_that_of_another_ruleset(self):
        with pytest.raises(BuildInvalid, match="another ruleset"):
            decode(BUILD, ruleset_sha256="e" * 64, offer=BUNDLED_ALONE)

    @given(st.integers(0, len(BUILD) - 1), st.integers(1, 255))
    def test_is_any_with_another_byte(self, place, difference):
        """zlib's checksum sees it; the table's digest does first."""
        damaged = BUILD[:place] + bytes([BUILD[place] ^ difference]) + BUILD[place + 1 :]

        try:
            loaded = decode(damaged, ruleset_sha256=DIGEST, offer=BUNDLED_ALONE)
        except BuildInvalid:
            return
        assert loaded == RULESET  # a bit of zlib's header that says nothing about the content


class TestTheFormat:
    def test_is_raised_when_a_rule_gets_another_shape(self):
        """A new field of Rule changes what a build holds: raise builds.FORMAT with it, then this list."""
        fields = ["action", "allow", "category", "channels", "id", "kind", "notices", "options", "replacement"]
        more = ["revision", "safe_completions", "severity", "stages", "state", "words"]

        assert (builds.FORMAT, sorted(Rule.to_json(RULESET.rules[0]))) == (3, [*fields, *more])
