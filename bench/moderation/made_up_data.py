"""
Sentences with personal data and with look-alikes, made up from a seed. Owns templates and values; measures nothing.

Values are made here by their published rules, not by the product's code, so that a mistake is not made twice. Two sets
of templates share no sentence: the recogniser may be looked at beside the first, the second is held out.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

from bench.moderation.made_up_values import (
    api_key,
    bad_card,
    bad_cn_id,
    bad_iban,
    bad_ip,
    bad_ssn,
    bare_local_phone,
    card,
    cn_id,
    cn_landline,
    cn_mobile,
    code_like,
    coordinates,
    day,
    email,
    handle,
    iban,
    impossible_cn_id,
    ip,
    nanp_phone,
    order_number,
    other_phone,
    price,
    ssn,
    version,
)

Maker = Callable[[Random], str]


class Sentence(NamedTuple):
    """spans: (entity, start, end). A look-alike has none."""

    text: str
    spans: tuple[tuple[str, int, int], ...]


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
