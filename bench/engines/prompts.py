"""
What is asked, the same for every competitor.

Each round's texts differ from their first words on, so that no cache of prefixes helps anybody from one round to the
next; within a round all competitors get the same.
"""

import random
from collections.abc import Sequence
from pathlib import Path

from bench.engines.protocol import Ask, Messages

SYSTEM_PROMPT = "You are a friendly assistant."
QUESTION = "Note {salt}. Tell me a long story about a lighthouse keeper and the sea."
_VOCABULARY = (
    "the a one every old new small great grey bright quiet keeper lighthouse sea harbour storm ship lamp stair tower "
    "letter captain island morning night winter summer wind rope bell map window garden road village baker child song "
    "saw found carried lost opened closed followed remembered painted answered walked waited wrote heard lit kept and "
    "but then while because before after near under over beyond without with in on of to from at by for as"
)
_WORDS = _VOCABULARY.split()


class PromptWriter:
    """Makes asks; a question's key is its salt. Encodes with the model's own chat template and tokenizer."""

    def __init__(self, model_path: Path) -> None:
        from transformers import AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(model_path, local_files_only=True)
        self.special_ids: tuple[int, ...] = tuple(self._tokenizer.all_special_ids)

    def question(self, *, salt: str, num_new_tokens: int) -> Ask:
        """A short question: about 50 tokens with the system prompt."""
        return self.ask(salt, opening(QUESTION.format(salt=salt)), num_new_tokens=num_new_tokens)

    def long_question(self, *, salt: str, num_prompt_tokens: int) -> Ask:
        """A prompt of about `num_prompt_tokens` (at most 2 % more) that gets one new token."""
        num_words = num_prompt_tokens * 8 // 10
        messages = opening(long_text(salt, num_words=num_words))
        while len(self.encode(messages)) < num_prompt_tokens:
            num_words += max(10, num_prompt_tokens // 100)
            messages = opening(long_text(salt, num_words=num_words))
        return self.ask(salt, messages, num_new_tokens=1)

    def ask(
        self, key: str, messages: Messages, *, num_new_tokens: int, scope: str = "", suppressed: Sequence[int] = ()
    ) -> Ask:
        return Ask(key, messages, self.encode(messages), num_new_tokens, scope=scope, suppressed_ids=tuple(suppressed))

    def encode(self, messages: Messages) -> tuple[int, ...]:
        conversation = [{"role": role, "content": text} for role, text in messages]
        text = self._tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True)
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])


def opening(question: str) -> Messages:
    return (("system", SYSTEM_PROMPT), ("user", question))


def long_text(salt: str, *, num_words: int) -> str:
    """Words without sense that begin with the salt and are the same each time for it."""
    chance = random.Random(salt)  # noqa: S311  # no secret
    return f"Note {salt}. " + " ".join(chance.choices(_WORDS, k=num_words))


def conversation(salt: str, *, num_turns: int, words_per_text: int) -> Messages:
    """A conversation of questions and answers that ends with the answer of turn `num_turns`."""
    messages: Messages = (("system", SYSTEM_PROMPT), ("user", QUESTION.format(salt=salt)))
    for turn in range(1, num_turns + 1):
        messages += (("assistant", long_text(f"{salt}/{turn}a", num_words=words_per_text)),)
        if turn < num_turns:
            messages += (("user", long_text(f"{salt}/{turn + 1}q", num_words=words_per_text)),)
    return messages
