"""Limits that several apps must agree on, each beside the one it must stay below."""

# A frame may have 64 KiB; a Chinese character takes 3 bytes in UTF-8, and JSON may escape a control character to 6.
MAX_TEXT_CHARS = 16_000
MAX_TITLE_CHARS = 200
MAX_APPEAL_CHARS = 500
# Why somebody changed, published or decided something: the columns', and what their forms take.
MAX_REASON_CHARS = 500
MAX_DISPLAY_NAME_CHARS = 80

# Above it an answer is noise; the engine itself takes up to 100 (inference/requests.py).
MAX_TEMPERATURE = 2.0
# Numbers on the wire: what JavaScript counts exactly.
MAX_EXACT_INTEGER = 2**53 - 1

# Each generation takes a slot of a model worker: one person shall not hold them all.
MAX_LIVE_GENERATIONS_PER_USER = 8
MAX_SOCKETS_PER_USER = 10
# A reviewer reads every one of them.
MAX_APPEALS_PER_DAY = 10
