"""Made-up numbers, addresses and keys, each valid or nearly so, from a source of chance."""

from random import Random


def _digits(random: Random, count: int) -> str:
    return "".join(random.choice("0123456789") for _ in range(count))


def _luhn_digit(body: str) -> str:
    total = 0
    for place, char in enumerate(reversed(body)):
        doubled = int(char) * (2 if place % 2 == 0 else 1)
        total += sum(divmod(doubled, 10))
    return str(-total % 10)


def _card_body(random: Random) -> str:
    prefix, length = random.choice([("4", 16), ("51", 16), ("37", 15), ("6222", 19), ("621", 19), ("6258", 16)])
    return prefix + _digits(random, length - len(prefix) - 1)


def _grouped(random: Random, digits: str) -> str:
    if random.choice([True, False]):
        return digits
    if digits[:2] == "37":  # fifteen digits
        return f"{digits[:4]} {digits[4:10]} {digits[10:]}"
    return random.choice(" -").join(digits[i : i + 4] for i in range(0, len(digits), 4))


def card(random: Random) -> str:
    body = _card_body(random)
    return _grouped(random, body + _luhn_digit(body))


def bad_card(random: Random) -> str:
    body = _card_body(random)
    return _grouped(random, body + str((int(_luhn_digit(body)) + random.randint(1, 9)) % 10))


_WEIGHTS = [pow(2, 17 - place, 11) for place in range(17)]


def _cn_body(random: Random) -> str:
    region = random.choice(["110101", "310115", "440305", "510104", "330106", "420111", "610113", "350203"])
    birth = f"{random.randint(1940, 2015)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
    return region + birth + _digits(random, 3)


def _cn_check(body: str) -> int:
    return (1 - sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))) % 11


def _cn_text(body: str, check: int) -> str:
    return body + "0123456789X"[check]


def cn_id(random: Random) -> str:
    body = _cn_body(random)
    return _cn_text(body, _cn_check(body))


def bad_cn_id(random: Random) -> str:
    body = _cn_body(random)
    return _cn_text(body, (_cn_check(body) + random.randint(1, 10)) % 11)


def impossible_cn_id(random: Random) -> str:
    body = _cn_body(random)
    body = f"{body[:10]}{random.choice(['1332', '0231', '0010', '9901'])}{body[14:]}"
    return _cn_text(body, _cn_check(body))


def cn_mobile(random: Random) -> str:
    number = random.choice(["138", "139", "150", "177", "186", "191", "199", "166"]) + _digits(random, 8)
    spaced = f"{number[:3]} {number[3:7]} {number[7:]}"
    dashed = spaced.replace(" ", "-")
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in number)
    return random.choice([number, number, number, spaced, dashed, f"+86 {number}", f"+86-{dashed}", wide])


def cn_landline(random: Random) -> str:
    area = random.choice(["010", "021", "0755", "0571", "028"])
    local = random.choice("2345678") + _digits(random, 7)
    return random.choice([f"{area}-{local}", f"({area}){local}", f"{area}-{local[:4]} {local[4:]}"])


def nanp_phone(random: Random) -> str:
    area, exchange = f"{random.randint(2, 9)}{_digits(random, 2)}", f"{random.randint(2, 9)}{_digits(random, 2)}"
    line = _digits(random, 4)
    forms = ["({}) {}-{}", "{}-{}-{}", "{}.{}.{}", "+1 {} {} {}", "+1-{}-{}-{}", "1-{}-{}-{}", "{} {} {}"]
    return random.choice(forms).format(area, exchange, line)


def other_phone(random: Random) -> str:
    forms = [
        "+44 20 #### ####",
        "+49 30 #######",
        "+33 6 ## ## ## ##",
        "+81-3-####-####",
        "+852 #### ####",
        "07### ######",
    ]
    forms += ["+65 #### ####", "+91 98### #####", "0044 20 #### ####", "+61 4## ### ###", "+7 9## ###-##-##"]
    form = random.choice(forms)
    return "".join(random.choice("23456789") if char == "#" else char for char in form)


def bare_local_phone(random: Random) -> str:
    return f"{random.randint(2, 9)}{_digits(random, 2)}{random.choice(' -')}{_digits(random, 4)}"


def email(random: Random) -> str:
    user = random.choice(["li.wei", "anna", "j_smith99", "support+eu", "zhang.san", "m.o-brien", "info", "x1"])
    host = random.choice(["example.com", "mail.example.co.uk", "corp-mail.cn", "qq.com", "uni.edu", "dept.firm.io"])
    return f"{user}{random.choice(['', str(random.randint(1, 99))])}@{host}"


def _iban_check(country: str, rest: str) -> str:
    number = "".join(str(int(char, 36)) for char in rest + country + "00")
    return f"{98 - int(number) % 97:02}"


def _iban_parts(random: Random) -> tuple[str, str]:
    country, bank, count = random.choice(
        [("GB", "WEST", 14), ("DE", "", 18), ("NL", "ABNA", 10), ("ES", "", 20), ("CH", "", 17), ("FR", "", 23)]
    )
    return country, bank + _digits(random, count)


def _iban_text(random: Random, text: str) -> str:
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4)) if random.choice([True, False]) else text


def iban(random: Random) -> str:
    country, rest = _iban_parts(random)
    return _iban_text(random, country + _iban_check(country, rest) + rest)


def bad_iban(random: Random) -> str:
    country, rest = _iban_parts(random)
    check = (int(_iban_check(country, rest)) + random.randint(1, 50)) % 97
    return _iban_text(random, f"{country}{check:02}{rest}")


def ip(random: Random) -> str:
    if random.choice([True, False, False]):
        groups = [f"{random.randint(0, 65535):x}" for _ in range(8)]
        return random.choice(
            [":".join(groups), ":".join(groups[:3]) + "::" + groups[7], f"fe80::{groups[0]}:{groups[1]}"]
        )
    return ".".join(str(random.randint(1, 254)) for _ in range(4))


def bad_ip(random: Random) -> str:
    parts = [str(random.randint(1, 254)) for _ in range(4)]
    parts[random.randrange(4)] = str(random.randint(256, 999))
    return ".".join(parts)


def ssn(random: Random) -> str:
    area = random.choice([random.randint(1, 665), random.randint(667, 899)])
    return f"{area:03}-{random.randint(1, 99):02}-{random.randint(1, 9999):04}"


def bad_ssn(random: Random) -> str:
    return random.choice(["000-{:02}-{:04}", "666-{:02}-{:04}", "9{:02}-00-{:04}"]).format(
        random.randint(1, 99), random.randint(1, 9999)
    )


def api_key(random: Random) -> str:
    letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    body = "".join(random.choice(letters) for _ in range(48)) + "7"
    upper = "".join(random.choice("ABCDEFGHJKLMNPQRSTUVWXYZ234567") for _ in range(16))
    return random.choice([f"sk-{body}", f"ghp_{body[:36]}", f"AKIA{upper}", f"xoxb-{body[:24]}", f"hf_{body[:34]}"])


def order_number(random: Random) -> str:
    return random.choice(
        [_digits(random, 11), "1" + _digits(random, 10), _digits(random, 14), "20251103" + _digits(random, 10)]
    )


def day(random: Random) -> str:
    year, month, date = random.randint(1980, 2030), random.randint(1, 12), random.randint(1, 28)
    forms = [f"{year}-{month:02}-{date:02}", f"{date:02}.{month:02}.{year}", f"{year}{month:02}{date:02}"]
    forms += [f"{month:02}/{date:02}/{year}", f"{year}-{month:02}-{date:02} {date:02}:{month:02}:{date:02}"]
    return random.choice(forms)


def version(random: Random) -> str:
    return ".".join(str(random.randint(0, 30)) for _ in range(random.choice([3, 4, 4])))


def price(random: Random) -> str:
    amount = random.randint(1_000_000, 99_999_999)
    return random.choice(
        [f"{amount:,}", f"{amount:,}.50", f"{amount / 100:.2f}", f"{amount:,}".replace(",", " "), str(amount)]
    )


def coordinates(random: Random) -> str:
    return f"{random.uniform(10, 80):.6f}, {random.uniform(100, 179):.6f}"


def handle(random: Random) -> str:
    return random.choice(["@jane_doe", "icon@2x.png", "left-pad@1.3.0", "root@localhost", "user@host", "5@3", "a@b"])


def code_like(random: Random) -> str:
    forms = ["std::vector", "ab::cd", "00:1a:2b:3c:4d:5e", "12:30:45", "sk-learn-contrib-package-name", "key=value"]
    uuid = f"{random.getrandbits(32):08x}-{random.getrandbits(16):04x}-4{_digits(random, 3)}-a{_digits(random, 3)}-"
    return random.choice([*forms, uuid + _digits(random, 12), "ISBN 978-7-111-" + _digits(random, 5) + "-6"])
