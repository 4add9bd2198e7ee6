"""Checksums: published examples, and the law that one wrong or two swapped characters are noticed."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chatapp.moderation.judging.personal_data.checksums import (
    IBAN_LENGTHS,
    is_bank_card,
    is_cn_id,
    is_iban,
    is_ipv4,
    is_us_ssn,
    luhn_valid,
)

IBANS = ["GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606", "NO9386011117947"]
CN_IDS = ["11010519491231002X", "440524188001010014"]  # the two of GB 11643


def with_luhn(body: str) -> str:
    return next(body + digit for digit in "0123456789" if luhn_valid(body + digit))


class TestLuhn:
    def test_accepts_the_published_example(self):
        assert luhn_valid("79927398713")

    @given(st.text("0123456789", min_size=2, max_size=19), st.data())
    def test_notices_every_single_wrong_digit(self, body, data):
        number = with_luhn(body)
        place = data.draw(st.integers(0, len(number) - 1))
        digit = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != number[place]))

        assert not luhn_valid(number[:place] + digit + number[place + 1 :])


class TestBankCard:
    @pytest.mark.parametrize(
        "number", ["4111111111111111", "378282246310005", "5555555555554444", "30569309025904", "3530111333300000"]
    )
    def test_is_a_network_s_test_number(self, number):
        assert is_bank_card(number)

    @pytest.mark.parametrize("body", ["622848001234567890", "621700123456789012"])
    def test_is_unionpay_of_nineteen_digits(self, body):
        assert is_bank_card(with_luhn(body))

    @pytest.mark.parametrize("number", ["4111111111111112", "1111111111111117", "41111111111111111", "", "0" * 16])
    def test_is_not_a_wrong_digit_prefix_or_length(self, number):
        assert not is_bank_card(number)


class TestCnId:
    @pytest.mark.parametrize("number", [*CN_IDS, "11010519491231002x"])
    def test_is_a_published_example(self, number):
        assert is_cn_id(number)

    @given(st.sampled_from(CN_IDS), st.integers(0, 16), st.sampled_from("0123456789"))
    def test_notices_every_single_wrong_digit(self, number, place, digit):
        assume(number[place] != digit)

        assert not is_cn_id(number[:place] + digit + number[place + 1 :])

    @pytest.mark.parametrize(
        "body", ["11010519490231002", "11010519491331002", "10010519491231002", "11010530491231002"]
    )
    def test_is_not_another_date_or_province_whatever_the_check_character(self, body):
        assert not any(is_cn_id(body + check) for check in "0123456789X")

    @pytest.mark.parametrize("text", ["", "X", "1101051949123100X2", "1101051949123100２X"])
    def test_is_not_of_another_form(self, text):
        assert not is_cn_id(text)


class TestIban:
    @pytest.mark.parametrize("text", [*IBANS, "gb82west12345698765432"])
    def test_is_a_published_example(self, text):
        assert is_iban(text)

    @given(st.sampled_from(IBANS), st.data())
    def test_notices_two_neighbours_swapped(self, text, data):
        place = data.draw(st.integers(4, len(text) - 2))
        assume(text[place] != text[place + 1])

        assert not is_iban(text[:place] + text[place + 1] + text[place] + text[place + 2 :])

    @pytest.mark.parametrize(
        "text", ["", "GB", "XX82WEST12345698765432", "GB82WEST1234569876543", "GB8２WEST12345698765432"]
    )
    def test_is_not_of_another_country_length_or_form(self, text):
        assert not is_iban(text)

    def test_knows_lengths_within_the_standard(self):
        assert all(15 <= length <= 34 for length in IBAN_LENGTHS.values())
        assert len(IBAN_LENGTHS) >= 80


class TestUsSsn:
    @pytest.mark.parametrize(
        ("digits", "valid"),
        [
            ("460899847", True),
            ("000123456", False),
            ("666123456", False),
            ("900123456", False),
            ("460009847", False),
            ("460890000", False),
            ("46089984", False),
        ],
    )
    def test_has_an_area_a_group_and_a_serial_that_are_issued(self, digits, valid):
        assert is_us_ssn(digits) is valid


class TestIpv4:
    @pytest.mark.parametrize(
        ("parts", "valid"),
        [("0.0.0.0", True), ("255.255.255.255", True), ("256.1.1.1", False), ("01.1.1.1", False), ("1.1.1", False)],
    )
    def test_is_four_octets_without_leading_zeros(self, parts, valid):
        assert is_ipv4(tuple(parts.split("."))) is valid
