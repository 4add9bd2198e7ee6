"""
Sentences with personal data and with look-alikes, made up from a seed. Owns templates and values; measures nothing.

Values are made here by their published rules, not by the product's code, so that a mistake is not made twice. Two sets
of templates share no sentence: the recogniser may be looked at beside the first, the second is held out.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple


class Sentence(NamedTuple):
    """spans: (entity, start, end). A look-alike has none."""

    text: str
    spans: tuple[tuple[str, int, int], ...]


Maker = Callable[[Random], str]


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


class Templates(NamedTuple):
    """Sentences by what fills their {}: entity "" for a look-alike."""

    entity: str
    makers: Sequence[Maker]
    seen: Sequence[str]
    held_out: Sequence[str]


TEMPLATES: tuple[Templates, ...] = (
    Templates(
        "phone",
        [cn_mobile, cn_mobile, cn_landline],
        [
            "我的手机号是{}，有事打给我",
            "联系人：王先生 {}",
            "{}这个号码打不通了",
            "请加我微信{}",
            "麻烦把快递放门口，电话{}",
            "客户留的是{}。",
            "收件人张敏，{}，浦东新区",
            "今晚到了给{}发条消息吧",
            "登记表上写着{}（白天可接）",
            "名片：李雷 {} 上海",
        ],
        [
            "老板娘的号{}，报我名字打折",
            "如需改签请联络{}",
            "{}是我妈的，别弄丢",
            "【中介】小陈 {} 二手房",
            "群里有人问，我就把{}给他了",
        ],
    ),
    Templates(
        "phone",
        [nanp_phone, nanp_phone, other_phone],
        [
            "Please call me at {} tomorrow.",
            "Reach our desk on {}.",
            "My number is {}",
            "Fax: {}",
            "Text {} when you land",
            "If lost, return to Maria, {}.",
            "Her new one is {}, the old one is dead",
            "{} is what she gave me",
            "Contact details\n{}\n",
        ],
        [
            "They left {} on the voicemail.",
            "You can WhatsApp me, {}",
            "Jane Roe - {} - Boston",
            "{} or visit the front desk",
            "Ring {} and ask for Tom",
        ],
    ),
    Templates(
        "phone",
        [bare_local_phone],
        ["Phone: {}", "call {} after six", "She can be reached at {} today", "{} (mobile)"],
        ["Dial {} for pizza", "our landline: {}"],
    ),
    Templates(
        "cn_id",
        [cn_id],
        [
            "身份证号{}",
            "证件：{}，姓名：李华",
            "My Chinese ID is {}",
            "id={}",
            "实名信息 {} 已核验",
            "{}是他的",
            "乘机人赵云 {}，经济舱",
            "The passenger's document reads {}.",
        ],
        ["扫描件上的号码是{}", "户主：陈静（{}）", "please verify {} against the registry", "入住登记:{},标准间"],
    ),
    Templates(
        "bank_card",
        [card],
        [
            "卡号{}，请查收",
            "My credit card {} was declined",
            "转到{}就行",
            "Pay with {} please",
            "工资打到{}（招行）",
            "She read out {} and the date",
            "{}，有效期12/27",
            "Charge it to {}, thanks.",
        ],
        ["刷的是{}，密码不告诉你", "Refund goes back to {} in five days", "绑定{}到支付宝", "number {} on the front"],
    ),
    Templates(
        "email",
        [email],
        ["发到{}即可", "Write to {}.", "邮箱：{}，谢谢", "抄送<{}>一份", "cc {}; thanks", "联系{}或前台", "mailto:{}"],
        ["his address ({}) bounced", "有问题请邮件{}", "From: {}\nTo: me", "{}/password were leaked"],
    ),
    Templates(
        "iban",
        [iban],
        ["IBAN {} at the bank", "请汇款至{}。", "Transfer it to {}, reference rent", "账户 {} 已开通"],
        ["收款人 王芳 {}", "wire to {} by Friday", "{} (beneficiary: Acme)"],
    ),
    Templates(
        "ip",
        [ip],
        ["服务器{}挂了", "Ping {} first", "from {} port 22", "blocked {} twice", "登录来源：{}"],
        ["攻击来自{}的扫描", "ssh admin@{}", "whitelist {}, please", "{}的延迟很高"],
    ),
    Templates(
        "us_ssn",
        [ssn],
        ["SSN {} on file", "my social security number is {}", "Applicant {} was approved", "社保号 {} 已登记"],
        ["W-2 for {} was filed", "She is {} in our payroll"],
    ),
    Templates(
        "api_key",
        [api_key],
        ["export KEY={}", "密钥是 {}", "Authorization: Bearer {}", "I pasted {} by mistake"],
        ["token: {}", "提交里泄露了{}，快撤销"],
    ),
    Templates(
        "",
        [bad_card],
        ["卡号{}校验失败", "card {} is mistyped", "刷了{}，提示无效", "The till printed {} instead"],
        ["{} 不是有效的卡", "Luhn fails for {}"],
    ),
    Templates(
        "",
        [bad_cn_id, impossible_cn_id],
        ["身份证{}不合法", "ID {} is rejected", "系统提示{}有误", "He typed {} twice"],
        ["{}查无此人", "a forged document, {}"],
    ),
    Templates(
        "",
        [bad_iban],
        ["IBAN {} is wrong", "The form refused {}.", "汇款失败：{}"],
        ["bank says {} does not exist", "{}打错了一位"],
    ),
    Templates(
        "",
        [bad_ip],
        ["address {} is impossible", "配置里写成了{}", "someone typed {} there"],
        ["{} is not routable", "抄错成{}了"],
    ),
    Templates(
        "",
        [bad_ssn],
        ["SSN {} was never issued", "The sample {} is a dummy"],
        ["{} is only used in films", "测试用的{}"],
    ),
    Templates(
        "",
        [order_number],
        [
            "订单号{}已发货",
            "Order #{} has shipped",
            "快递单号：{}",
            "tracking number {}",
            "您的订单编号为{}",
            "Invoice no. {} is overdue",
            "运单{}在途",
            "ticket {} was closed",
            "流水号：{}，请保存",
        ],
        ["合同编号{}", "Your parcel {} is in customs", "PO {} approved", "退款单号{}处理中", "reference: {}"],
    ),
    Templates(
        "",
        [day],
        ["会议定在{}", "Released on {}.", "截止{}前提交", "He was born {} in Kyiv", "call me on {}"],
        ["生日是{}", "deadline {}, no excuses", "{}那天下雨"],
    ),
    Templates(
        "",
        [version],
        [
            "升级到版本{}",
            "version {} fixes it",
            "v{}",
            "Python包锁定在版本 {}",
            "see section {}",
            "build {} of the app",
        ],
        ["roll back to release {}", "当前版本:{}", "upgraded from 1.9 to version {}"],
    ),
    Templates(
        "",
        [price],
        [
            "总价{}元",
            "It costs ${} in total",
            "人口{}",
            "预算是{}元左右",
            "a population of {} people",
            "revenue: {} euros",
        ],
        ["成交价{}", "worth ${}", "约{}人参加"],
    ),
    Templates(
        "",
        [coordinates],
        ["坐标{}", "at {} on the map", "定位在{}附近", "GPS says {}"],
        ["经纬度：{}", "the wreck lies at {}"],
    ),
    Templates("", [handle], ["关注{}", "install {}", "文件{}找不到", "ping {} about it"], ["谁是{}", "copy {} over"]),
    Templates(
        "",
        [code_like],
        ["代码里有{}", "the id {} again", "日志显示{}。", "grep for {} first"],
        ["输出是{}", "it prints {} and exits"],
    ),
)


def sentences(*, seed: int, count: int, held_out: bool) -> list[Sentence]:
    """Sentences with one value each: every kind of template as often as any other, nearly half of them look-alikes."""
    random = Random(seed)  # noqa: S311 (repeatable, not secret)
    return [_sentence(random, random.choice(TEMPLATES), held_out=held_out) for _ in range(count)]


def _sentence(random: Random, templates: Templates, *, held_out: bool) -> Sentence:
    template = random.choice(templates.held_out if held_out else templates.seen)
    value = random.choice(templates.makers)(random)
    start = template.index("{}")
    spans = ((templates.entity, start, start + len(value)),) if templates.entity else ()
    return Sentence(template.replace("{}", value, 1), spans)
