"""Texts and biases for the tests of the slot engine."""

TEXTS = ["Hi", "the quick brown fox " * 6, "What is the capital of France?", "你好,世界 😀", "jumps over " * 40, "x"]


NO_HALF_CHARACTERS = dict.fromkeys(range(97, 259), -100.0)  # the bytes that are no ASCII


NO_END_NOR_HALVES = {2: -100.0, **NO_HALF_CHARACTERS}


NO_END = {2: -100.0}  # a bias on the end token: the answer runs to its limit
