"""
Channel `components`: characters written as their two parts, 女表子 for 婊子. Sees whole texts only.

One level: a part is not taken apart again. A radical counts as the character people type for it.
"""

from collections.abc import Sequence

from chatapp.moderation.judging.channels.component_table import character_parts
from chatapp.moderation.judging.channels.respelling import RespelledKeywords, compile_respelled
from chatapp.moderation.judging.detecting import Found, Keyword
from chatapp.moderation.judging.verdict import Channel

# The radical as it stands in a character, and the character. ⺅⺖⺡⺨⺘ are the same radicals in their own block.
RADICALS = str.maketrans(
    "亻忄犭氵扌讠钅纟饣礻衤艹艸刂灬辶攵疒冫罒⺅⺖⺨⺡⺘",
    "人心犬水手言金丝食示衣草草刀火辵攴病冰网人心犬水手",
)


def compile_components(keywords: Sequence[Keyword]) -> RespelledKeywords:
    readings_by_piece: dict[str, list[str]] = {}
    for char, parts in character_parts():
        readings_by_piece.setdefault(parts, []).append(char)
    same = {radical: chr(char) for radical, char in RADICALS.items()}
    return compile_respelled(keywords, channel=Channel.COMPONENTS, readings_by_piece=readings_by_piece, same=same)


def find_components(keywords: Sequence[Keyword], text: str) -> list[Found]:
    return compile_components(keywords).find(text)
