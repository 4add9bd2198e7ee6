"""
Arithmetic that tells a real number from a look-alike. Owns checksums, lengths and prefixes; finds nothing in a text.

Every function takes the bare characters, without separators.
"""

from datetime import date

# First two digits of an ID card: province-level divisions. Source: GB/T 2260; 83 and 91 as issued for residents
# from Taiwan and for foreigners.
CN_PROVINCES = frozenset(
    f"{region}{number}"
    for region, numbers in (("1", "12345"), ("2", "123"), ("3", "1234567"), ("4", "123456"), ("5", "01234"))
    for number in numbers
) | {"61", "62", "63", "64", "65", "71", "81", "82", "83", "91"}
CN_ID_LENGTH = 18
US_SSN_LENGTH = 9
_CN_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CN_ID_CHECKS = "10X98765432"
_CN_ID_YEARS = range(1880, 2100)

# Length of an IBAN by country. Source: SWIFT IBAN registry (ISO 13616), release 97.
_IBAN_REGISTRY = """
    AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BI:27 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24
    DE:22 DJ:27 DK:18 DO:28 EE:20 EG:29 ES:24 FI:18 FK:18 FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27
    GT:28 HN:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20
    LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MN:20 MR:27 MT:31 MU:30 NI:28 NL:18 NO:15 OM:23 PK:24
    PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 RU:33 SA:24 SC:31 SD:18 SE:24 SI:19 SK:24 SM:27 SO:23 ST:25
    SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20 YE:30
"""
IBAN_LENGTHS = {entry[:2]: int(entry[3:]) for entry in _IBAN_REGISTRY.split()}

# Issuer prefixes from-to (inclusive, same number of digits) and the lengths in use. Source: ISO/IEC 7812 ranges as
# published by the card networks; Maestro and the 15-digit JCB cards are old and still around.
_CARD_RANGES: tuple[tuple[str, str, frozenset[int]], ...] = (
    ("4", "4", frozenset({13, 16, 19})),  # Visa
    ("51", "55", frozenset({16})),  # Mastercard
    ("2221", "2720", frozenset({16})),
    ("34", "34", frozenset({15})),  # American Express
    ("37", "37", frozenset({15})),
    ("300", "305", frozenset({14, 16})),  # Diners Club
    ("3095", "3095", frozenset({14, 16})),
    ("36", "36", frozenset(range(14, 20))),
    ("38", "39", frozenset({14, 16})),
    ("6011", "6011", frozenset(range(16, 20))),  # Discover
    ("644", "659", frozenset(range(16, 20))),
    ("3528", "3589", frozenset(range(16, 20))),  # JCB
    ("35", "35", frozenset({16})),  # the rest of its block, which generators of test numbers use
    ("2131", "2131", frozenset({15})),
    ("1800", "1800", frozenset({15})),
    ("62", "62", frozenset(range(16, 20))),  # UnionPay
    ("81", "81", frozenset(range(16, 20))),
    ("9558", "9558", frozenset({16, 19})),  # older cards of ICBC
    ("603367", "603367", frozenset({18, 19})),  # older cards of city banks
    ("2200", "2204", frozenset(range(16, 20))),  # Mir
    ("50", "50", frozenset(range(12, 20))),  # Maestro
    ("56", "58", frozenset(range(12, 20))),
    ("6304", "6304", frozenset(range(12, 20))),
    ("639", "639", frozenset(range(12, 20))),
    ("67", "67", frozenset(range(12, 20))),
)


_IPV4_PARTS = 4
_OCTETS = frozenset(map(str, range(256)))


def luhn_valid(digits: str) -> bool:
    """Source: ISO/IEC 7812-1, annex B (double every second digit from the right but one, sum, modulo 10)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(map(int, digits[::-2]))) % 10 == 0


def is_bank_card(digits: str) -> bool:
    """A prefix and length that a card network issues, and a right last digit."""
    in_range = any(
        len(digits) in lengths and first <= digits[: len(first)] <= last for first, last, lengths in _CARD_RANGES
    )
    return in_range and luhn_valid(digits)


def is_cn_id(text: str) -> bool:
    """17 digits and a digit or X: province, a birth date that exists, check character. Source: GB 11643, mod 11-2."""
    body, check = text[:-1], text[-1:].upper()
    if len(text) != CN_ID_LENGTH or not (body.isascii() and body.isdecimal()) or body[:2] not in CN_PROVINCES:
        return False
    weighted = sum(weight * int(digit) for weight, digit in zip(_CN_ID_WEIGHTS, body, strict=True))
    return _CN_ID_CHECKS[weighted % 11] == check and is_date(body[6:10], body[10:12], body[12:14])


def is_date(year: str, month: str, day: str) -> bool:
    try:
        return date(int(year), int(month), int(day)).year in _CN_ID_YEARS
    except ValueError:
        return False


def is_iban(text: str) -> bool:
    """Upper or lower case; the country's length and remainder 1. Source: ISO 13616, ISO 7064 mod 97-10."""
    text = text.upper()
    if not text.isalnum() or not text.isascii() or len(text) != IBAN_LENGTHS.get(text[:2], -1):
        return False
    return text[2:4].isdecimal() and int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def is_us_ssn(digits: str) -> bool:
    """Area, group and serial that may be issued. Source: US Social Security Administration, randomisation of 2011."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    return (
        len(digits) == US_SSN_LENGTH
        and area not in ("000", "666")
        and area < "900"
        and group != "00"
        and serial != "0000"
    )


def is_ipv4(parts: tuple[str, ...]) -> bool:
    """Four decimal numbers up to 255 without leading zeros. Source: RFC 6943, §3.1.1 (strict form)."""
    return len(parts) == _IPV4_PARTS and _OCTETS.issuperset(parts)
