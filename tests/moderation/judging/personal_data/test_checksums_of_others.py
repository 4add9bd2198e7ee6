"""
Our checksums beside those of python-stdnum, on random numbers, right and wrong.

What it knows more than we do is kept out of the comparison: counties by year, structure of account numbers, three
social security numbers that were printed in advertisements.
"""

import re
from functools import cache
from string import ascii_uppercase, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban, luhn, numdb
from stdnum.cn import ric
from stdnum.iso7064 import mod_97_10
from stdnum.us import ssn

from chatapp.moderation.judging.personal_data.checksums import (
    CN_PROVINCES,
    IBAN_LENGTHS,
    is_cn_id,
    is_iban,
    is_us_ssn,
    luhn_valid,
)

PRINTED = {"078051120", "457555462", "219099999"}
ALPHABETS = {"n": digits, "a": ascii_uppercase, "c": digits + ascii_uppercase}


@cache
def structure_of(country: str) -> list[tuple[int, str]]:
    """Of the part behind the check digits: how many of which kind."""
    [(_, known)] = numdb.get("iban").info(country)
    return [(int(count), kind) for count, kind in re.findall(r"(\d+)!([nac])", known["bban"])]


@cache
def counties_of_every_year() -> list[str]:
    return [
        province + county
        for _, province, _, _, counties in numdb.get("cn/loc").prefixes
        for _, county, last, known, _ in counties
        if county == last and "[" not in known["county"]
    ]


@st.composite
def accounts(draw: st.DrawFn) -> str:
    """An IBAN but for its check digits, which may be anybody's."""
    country = draw(st.sampled_from(sorted(IBAN_LENGTHS)))
    parts = [draw(st.text(ALPHABETS[kind], min_size=n, max_size=n)) for n, kind in structure_of(country)]
    bban = "".join(parts)
    right = iban.calc_check_digits(f"{country}00{bban}")
    return country + draw(st.just(right) | st.text(digits, min_size=2, max_size=2)) + bban


@st.composite
def cn_ids(draw: st.DrawFn) -> str:
    county, born = draw(st.sampled_from(counties_of_every_year())), draw(st.dates()).strftime("%Y%m%d").zfill(8)
    body = county + born + draw(st.text(digits, min_size=3, max_size=3))
    return body + draw(st.just(ric.calc_check_digit(body + "0")) | st.sampled_from("0123456789X"))


class TestLuhn:
    @given(st.text(digits, min_size=1, max_size=30))
    def test_agrees(self, number):
        assert luhn_valid(number) == luhn.is_valid(number)

    @given(st.text(digits, min_size=1, max_size=30))
    def test_agrees_on_right_numbers(self, body):
        assert luhn_valid(body + luhn.calc_check_digit(body))


class TestIban:
    @given(accounts())
    def test_agrees(self, text):
        assert is_iban(text) == iban.is_valid(text, check_country=False)

    @given(st.sampled_from(sorted(IBAN_LENGTHS)), st.text(digits + ascii_uppercase, min_size=10, max_size=32))
    def test_agrees_on_the_remainder_of_what_is_as_long(self, country, rest):
        text = (country + "42" + rest)[: IBAN_LENGTHS[country]]

        assert is_iban(text) == (len(text) == IBAN_LENGTHS[country] and mod_97_10.is_valid(text[4:] + text[:4]))

    @pytest.mark.parametrize("country", sorted(IBAN_LENGTHS))
    def test_agrees_on_the_length(self, country):
        assert IBAN_LENGTHS[country] == 4 + sum(count for count, _ in structure_of(country))


class TestCnId:
    @given(cn_ids())
    def test_agrees_where_somebody_may_have_been_born(self, number):
        assert is_cn_id(number) == (ric.is_valid(number) and "1880" <= number[6:10] < "2100")

    def test_knows_every_province(self):
        assert {county[:2] for county in counties_of_every_year()} <= CN_PROVINCES


class TestUsSsn:
    @given(st.text(digits, min_size=9, max_size=9) | st.sampled_from(["000123456", "666123456", "123006789"]))
    def test_agrees(self, number):
        assert is_us_ssn(number) == (ssn.is_valid(number) or number in PRINTED)
