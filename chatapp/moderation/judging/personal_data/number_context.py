"""
What the words beside a number say it is. Owns the words, Chinese and English; knows no digits.

The nearest word before a number decides. A word for another kind of number counts only if it stands right before it:
"order 13812345678" names an order, "your order is late, I am at 13812345678" does not.
"""

import re

from chatapp.moderation.judging.personal_data.checksums import IBAN_LENGTHS

# How many symbols before a number are looked at: a short clause.
WINDOW = 48

# Between the word and the number: anything of the same clause for a word that says yes; next to nothing for a no.
_NO_WORD_MAX_GAP = 14
_CLAUSE_END = re.compile(r"[,;!?，；。！？]|(?<!no)(?<!nr)\.\s", re.IGNORECASE)


def _words(english: str, chinese: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z])(?:{english})(?![a-z])|{chinese}", re.IGNORECASE)


_PHONE = _words(
    "(?:tele)?phones?|tel|mobile|mob|cell(?:phone)?|call(?:ing| me)?|dial|ring|fax|sms|texts?|messages? (?:to|at|on)"
    "|whatsapp|signal|contact|reach(?:able|ed)?|answer(?:ing)?|hotline|landline|desk|office|extension|voicemail",
    "电话|手机|联系|致电|拨打|拨|座机|热线|传真|短信|来电|打给|微信|呼叫|回电|号码是|总机|分机",
)
_PHONE_AFTER = _words("office|fax|mobile|cell|home|work|desk|direct|tel|phone|landline", "手机|电话|座机|传真|联系电话")
_CARD = _words("(?:credit|debit|bank)?\\s?cards?|cc|visa|master\\s?card|amex|maestro|unionpay|pan", "卡|银联|账号|账户")
_SSN = _words("ssn|social security(?: number)?", "社会安全号|社保号")
_IP = _words("ip(?:v[46])?|host|server|address|ping|gateway|dns", "地址|服务器|主机|网关")
_OTHER = _words(
    "orders?|invoice|tracking|waybill|parcel|shipment|ref(?:erence)?|tickets?|case|serial|sku|part|model|isbn|issn|doi"
    "|version|ver|v|build|release|section|chapter|batch|lot|p\\.?o\\.?|price|total|amount|sum|balance|population|pid"
    "|lat(?:itude)?|lon(?:gitude)?|lng|coordinates?|transaction|timestamp|epoch|checksum|hash|views|revision|barcode"
    "|commit|job|process|error|code",
    "订单|单号|快递|运单|编号|流水|交易|发票|型号|版本|价格|金额|总价|余额|坐标|经度|纬度|会员|工号|学号|序列号|股票"
    "|条码|批次|时间戳|章节|第|QQ|qq|物流|合同|案号|人口|错误码|验证码|门牌",
)
_TAG = re.compile(
    r"(?:^|[^A-Za-z])(?:tel|phone|mobile|mob|cell|fax|card|id|ssn|ip|no|nr|wechat|whatsapp)$", re.IGNORECASE
)
# "GB82 WEST " before the digits of an IBAN, "DE" before "89 3704 0044"; "DE" and a space is only a word.
_CODE = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2})(?:\d\d(?:[ -][A-Z0-9]{4})*(?:[ -][A-Z0-9]{0,3})?)?$", re.IGNORECASE)


def _last_end(words: re.Pattern[str], before: str) -> int:
    return max((match.end() for match in words.finditer(before)), default=-1)


def _says(words: re.Pattern[str], before: str) -> bool:
    before = before[-WINDOW:]
    said = _last_end(words, before)
    return said >= 0 and said >= _last_end(_OTHER, before)


def says_phone(before: str) -> bool:
    return _says(_PHONE, before)


def says_card(before: str) -> bool:
    return _says(_CARD, before)


def says_ssn(before: str) -> bool:
    return _says(_SSN, before)


def says_ip(before: str) -> bool:
    return _says(_IP, before)


def says_phone_after(after: str) -> bool:
    return _PHONE_AFTER.match(after.lstrip(" -(:,")) is not None


def says_other(before: str) -> bool:
    """Whether the words right before a number name another kind of number, and nothing nearer names a person's."""
    before = before[-WINDOW:]
    other = _last_end(_OTHER, before)
    gap = before[other:]
    if other < 0 or len(gap) > _NO_WORD_MAX_GAP or _CLAUSE_END.search(gap):
        return False
    return all(_last_end(words, before) <= other for words in (_PHONE, _CARD, _SSN))


def is_tag(before: str) -> bool:
    """Whether a number glued to the letters before it is labelled by them: "tel13812345678", "ID1101…"."""
    return _TAG.search(before[-WINDOW:]) is not None


def is_in_code(before: str) -> bool:
    """Whether what precedes a number is the beginning of an IBAN, so that the number is a part of it."""
    found = _CODE.search(before)
    return found is not None and found[1].upper() in IBAN_LENGTHS and not is_tag(before)
