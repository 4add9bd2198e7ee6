"""What personal data is found in a text, what only looks like it, and the laws of reading it from a stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.detecting import Found
from chatapp.moderation.judging.personal_data.detector import Entity, PersonalDataRule, compile_personal_data
from tests.moderation.judging.detector_laws import (
    demand_exact_hold,
    demand_independent_copies,
    found_in,
    many,
    read_all,
)

ENTITIES = list(Entity)
EACH_ITS_RULE = compile_personal_data(
    [PersonalDataRule(number, holds=True, entities=frozenset({entity})) for number, entity in enumerate(ENTITIES)]
)

SAMPLES = [
    "jane.doe+x@mail.example.org",
    "13812345678",
    "138 1234 5678",
    "+86-138-1234-5678",
    "(+86)13812345678",
    "010-65529988",
    "+44 (0)20 7946 0958",
    "(415) 555-2671",
    "415-555-2671x22",
    "781 1704 office",
    "call 555 0199",
    "11010519491231002X",
    "110105 19491231 002x",
    "4111111111111111",
    "4111 1111 1111 1111",
    "6222 0212 3456 7890 128",
    "GB82 WEST 1234 5698 7654 32",
    "de89370400440532013000",
    "10.11.12.255",
    "2001:db8::8a2e:370:7334",
    "219-09-9999",
    "sk-abcdefghijklmnopqrstuv1234",
    "ghp_" + "a1B2" * 9,
    "AKIAIOSFODNN7EXAMPLE",
    "token=abcD1234efGH5678ijKL90",
    "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1\nduRSxKtLYX5CB04f\n",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
]
PIECES = st.one_of(
    st.sampled_from(SAMPLES),
    st.sampled_from(SAMPLES).flatmap(lambda sample: st.integers(1, len(sample)).map(lambda cut: sample[:cut])),
    st.sampled_from(
        [" ", ", ", "\n", "-", ".", "(", "+", "x", "X", " ext ", "转", "@", "@@", ":", "::", "/", "\u200b"]
    ),
    st.sampled_from(["call ", "order ", "电话：", "订单号", "key = ", "password is ", "卡号", " fax", "the", "word "]),
    st.text("0123456789 -.()+xX@:aAeEsSkK=_\n我电", max_size=12),
)
TEXTS = st.lists(PIECES, max_size=9).map("".join)


def data_in(text: str) -> list[tuple[Entity, str]]:
    return [(ENTITIES[hit.rule_number], text[hit.start : hit.end]) for hit in found_in(EACH_ITS_RULE, text)]


class TestStreaming:
    @many
    @given(TEXTS)
    def test_never_lets_go_of_a_character_that_is_found_later(self, text):
        demand_exact_hold(EACH_ITS_RULE, text, holding=range(len(ENTITIES)))

    @many
    @given(TEXTS, st.sampled_from(ENTITIES))
    def test_holds_as_exactly_for_one_entity_alone(self, text, entity):
        source = compile_personal_data([PersonalDataRule(0, holds=True, entities=frozenset({entity}))])

        demand_exact_hold(source, text, holding=[0])

    @many
    @given(TEXTS, TEXTS, TEXTS)
    def test_goes_on_in_a_copy_as_if_it_were_alone(self, head, tail, other_tail):
        demand_independent_copies(EACH_ITS_RULE, head, tail, other_tail)

    @many
    @given(TEXTS)
    def test_finds_the_same_whether_or_not_a_rule_holds_and_holds_nothing_if_none_does(self, text):
        silent = compile_personal_data([PersonalDataRule(0, holds=False, entities=frozenset(ENTITIES))])
        detector = silent.start()

        for char in text:
            detector.read(char)
            assert detector.alive_from is None
        assert {hit[1:3] for hit in found_in(silent, text)} == {hit[1:3] for hit in found_in(EACH_ITS_RULE, text)}

    @many
    @given(TEXTS, st.sampled_from(ENTITIES))
    def test_finds_of_one_entity_what_it_finds_among_all(self, text, entity):
        alone = compile_personal_data([PersonalDataRule(7, holds=True, entities=frozenset({entity}))])
        number = ENTITIES.index(entity)

        among_all = [hit[1:3] for hit in found_in(EACH_ITS_RULE, text) if hit.rule_number == number]

        assert [hit[1:3] for hit in found_in(alone, text)] == among_all

    @many
    @given(TEXTS)
    def test_reads_full_width_characters_as_their_plain_ones(self, text):
        wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)

        assert found_in(EACH_ITS_RULE, wide) == found_in(EACH_ITS_RULE, text)

    @many
    @given(TEXTS, st.sampled_from("\u200b\u00ad\ufe0f\u2060"))
    def test_skips_invisible_characters_within(self, text, invisible):
        doubled = "".join(char + invisible for char in text)

        expected = [hit._replace(start=2 * hit.start, end=2 * hit.end - 1) for hit in found_in(EACH_ITS_RULE, text)]

        assert found_in(EACH_ITS_RULE, doubled) == expected

    def test_reports_to_every_rule_that_asks(self):
        source = compile_personal_data(
            [
                PersonalDataRule(3, holds=True, entities=frozenset({Entity.EMAIL})),
                PersonalDataRule(5, holds=False, entities=frozenset({Entity.EMAIL, Entity.IP})),
            ]
        )

        assert found_in(source, "to a@b.org") == [Found(3, 3, 10), Found(5, 3, 10)]


class TestHoldBack:
    @pytest.mark.parametrize(
        ("text", "alive_from"), [("write to jane", 9), ("at 138 12", 3), ("see (", 4), ("GB82 W", 0)]
    )
    def test_begins_where_the_number_or_word_begins(self, text, alive_from):
        detector = EACH_ITS_RULE.start()
        read_all(detector, text)

        assert detector.alive_from == alive_from

    @pytest.mark.parametrize("text", ["write to ", "见面", "1" * 4000, "a" * 65, "don't hold this, "])
    def test_is_nothing_where_nothing_can_come_of_it(self, text):
        detector = EACH_ITS_RULE.start()
        read_all(detector, text)

        assert detector.alive_from is None

    def test_of_digits_ends_with_the_longest_card(self):
        detector = compile_personal_data([PersonalDataRule(0, holds=True, entities=frozenset({Entity.PHONE}))]).start()

        read_all(detector, "at " + "9" * 19)
        assert detector.alive_from == 3
        read_all(detector, "9")
        assert detector.alive_from is None

    def test_of_a_list_of_numbers_is_a_few_of_them(self):
        detector = EACH_ITS_RULE.start()

        for num_chars, char in enumerate("13812345678 " * 200, 1):
            detector.read(char)
            assert num_chars - (num_chars if detector.alive_from is None else detector.alive_from) < 100

    def test_without_a_rule_for_addresses_lets_words_go(self):
        source = compile_personal_data(
            [PersonalDataRule(0, holds=True, entities=frozenset({Entity.PHONE, Entity.BANK_CARD}))]
        )
        detector = source.start()

        for char in "Words flow, all of them":
            detector.read(char)
            assert detector.alive_from is None


class TestWhatIsFound:
    @pytest.mark.parametrize(
        ("text", "entity", "value"),
        [
            ("我的手机是13812345678，谢谢", Entity.PHONE, "13812345678"),
            ("电话：０１０－６５５２９９８８", Entity.PHONE, "０１０－６５５２９９８８"),
            ("tel13812345678", Entity.PHONE, "13812345678"),
            ("(37) 788-063-Office", Entity.PHONE, "(37) 788-063"),
            ("订单已发货，请拨打13812345678", Entity.PHONE, "13812345678"),
            ("+46 (0)8 928 571 38", Entity.PHONE, "+46 (0)8 928 571 38"),
            ("Desk: 345-899-3560x4587", Entity.PHONE, "345-899-3560x4587"),
            ("\n781 1704 office\n", Entity.PHONE, "781 1704"),
            ("2024-01-02 13812345678", Entity.PHONE, "13812345678"),
            ("身份证11010519491231002X。", Entity.CN_ID, "11010519491231002X"),
            ("110105 19491231 002x", Entity.CN_ID, "110105 19491231 002x"),
            ("card 4111 1111 1111 1111 123", Entity.BANK_CARD, "4111 1111 1111 1111"),
            ("cc 4047737215142 please", Entity.BANK_CARD, "4047737215142"),
            ("pay to GB82 WEST 1234 5698 7654 32.", Entity.IBAN, "GB82 WEST 1234 5698 7654 32"),
            ("http://10.0.0.1:8080/x", Entity.IP, "10.0.0.1"),
            ("IP:2001:db8:0:0::1 up", Entity.IP, "2001:db8:0:0::1"),
            ("登录来源：30b6:3962:9b20::2153", Entity.IP, "30b6:3962:9b20::2153"),
            ("户主：陈静（310115195311096536）", Entity.CN_ID, "310115195311096536"),
            ("张三（13812345678）", Entity.PHONE, "13812345678"),
            ("(+44 20 7946 0958)", Entity.PHONE, "+44 20 7946 0958"),
            ("ssn 460-89-9847", Entity.US_SSN, "460-89-9847"),
            ("mailto:jane.doe@example.org.", Entity.EMAIL, "jane.doe@example.org"),
            ("Well...jane@example.org", Entity.EMAIL, "jane@example.org"),
            ("x@y@example.org", Entity.EMAIL, "y@example.org"),
            ('{"api_key": "abcD1234efGH5678ijKL90"}', Entity.API_KEY, "abcD1234efGH5678ijKL90"),
            ("密钥是 abcD1234efGH5678ijKL90", Entity.API_KEY, "abcD1234efGH5678ijKL90"),
        ],
    )
    def test_is_the_value_and_no_more(self, text, entity, value):
        assert data_in(text) == [(entity, value)]

    def test_is_every_number_of_a_list(self):
        numbers = [f"138123456{number}" for number in range(10, 99)]

        assert data_in(" ".join(numbers)) == [(Entity.PHONE, number) for number in numbers]

    def test_is_a_private_key_line_by_line(self):
        text = "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\nabcd==\n-----END RSA PRIVATE KEY-----\nMIIEabc\n"

        assert [value for _, value in data_in(text)] == ["-----BEGIN RSA PRIVATE KEY-----", "MIIEabc", "abcd=="]

    def test_is_a_long_key_in_pieces_that_leave_nothing_out(self):
        key = "eyJhbGciOiJIUzI1NiJ9.eyJ" + "zdWIi" * 200 + ".dozjgNryP4J3jVmNHl0w5N"

        assert "".join(value for _, value in data_in(f"see {key} there")) == key


class TestWhatOnlyLooksLikeIt:
    @pytest.mark.parametrize(
        "text",
        [
            "订单号13812345678",
            "order no. 13812345678",
            "order 4111111111111111",
            "4111111111111112",
            "110105194912310021",
            "version 1.2.3.4",
            "v1.2.3.4",
            "1.2.3.4.5",
            "10.0.0.256",
            "000-12-3456",
            "GB82 WEST 1234 5698 7654 33",
            "2024-01-02 03:04:05",
            "call me on 2024-01-02",
            "call me on 20240102",
            "The form refused ES39 4287 7728 7143 6689 6727.",
            "GB53 WEST 0264 7011 3728 82",
            "31.230416, 121.473701",
            "$13812345678",
            "1,381,234,567",
            "a13812345678",
            "13812345678b",
            "12345678901234567890",
            "550e8400-e29b-41d4-a716-446655440000",
            "ISBN 978-7-111-12345-6",
            "icon@2x.png",
            "left-pad@1.3.0",
            "@jane and user@localhost",
            "std::vector and Foo::Bar",
            "00:1a:2b:3c:4d:5e",
            "12:30:45",
            "sk-learn is a library, sk-estimators are not",
            "key = configuration_value_v2",
            "the keyword is internationalisation",
            "大约有7 800 000人",
        ],
    )
    def test_is_left_alone(self, text):
        assert data_in(text) == []


class TestHostileText:
    @pytest.mark.parametrize(
        "text",
        [
            *("7" * 20_000, "1 " * 10_000, "@" * 5_000, "a@" * 5_000, "(+" * 5_000, ":" * 5_000, "GB82 " * 3_000),
            *("a." * 5_000, "-" * 5_000, "key=" * 3_000 + "x" * 5_000, "１\u200b" * 5_000, "Ж1我@" * 3_000),
        ],
    )
    def test_is_read_to_its_end_with_a_bounded_hold(self, text):
        detector = EACH_ITS_RULE.start()

        for num_chars, char in enumerate(text, 1):
            detector.read(char)
            alive_from = detector.alive_from
            assert alive_from is None or num_chars - alive_from <= 330
