"""
A dry run over 100,000 past messages: claimed, judged, counted and committed as the default worker does it.

On a database of its own. Three times: one keyword list is new; all rules differ from those in force; and, beside that,
every kind of rule is there but conduct, and every channel.
`python -m bench.moderation.dry_run`.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.machine import machine
from bench.moderation.publish import django_begin
from chatapp.launch.redis_server import start_redis

NUM_MESSAGES = 100_000
MESSAGES_A_CONVERSATION = 20
BATCH = 5_000
QUESTION_WORDS, ANSWER_WORDS = range(4, 30), range(20, 120)
LATIN = (
    "the",
    "of",
    "and",
    "to",
    "that",
    "was",
    "for",
    "with",
    "his",
    "had",
    "not",
    "are",
    "but",
    "from",
    "they",
    "which",
)
HAN = [chr(0x4E00 + number) for number in range(2000)]
# One message in so many holds a word that the rules look for.
HIT_EVERY = 50
WORDS = ("xyzzy", "plugh", "魔法咒语")


def measure(num_messages: int = NUM_MESSAGES) -> dict[str, Any]:
    """Seconds of each dry run, messages per second, and what a message costs the gate."""
    with _installation():
        django_begin()
        num_chars = _messages_write(num_messages)
        return {
            "num_messages": num_messages,
            "mean_chars": round(num_chars / num_messages),
            "one_rule_changed": _run(_rule_add),
            "every_rule_changed": _run(_rules_change),
            "every_kind_of_rule": _run(_kinds_add),
            **machine(),
        }


def _run(change: Any) -> dict[str, Any]:
    from chatapp.accounts.models import User
    from chatapp.review.dry_runs.models import DryRun, DryRunScope
    from chatapp.review.dry_runs.running import dry_runs_work
    from chatapp.review.dry_runs.services import dry_run_start
    from chatapp.review.dry_runs.tally import Tally

    change()
    began_s = time.monotonic()
    run = dry_run_start(author=User.objects.get(), scope=DryRunScope.NEXT, num_days=30)
    dry_runs_work()
    took_s = time.monotonic() - began_s
    run = DryRun.objects.get(id=run.id)
    tally = Tally.from_json(run.tally)
    return {
        "state": run.state,
        "took_s": round(took_s, 1),
        "messages_per_s": round(run.num_judged / took_s),
        "num_hit": run.num_hit,
        "num_samples": run.samples.count(),
        "gate_us_p50": tally.percentile_us(0.5),
        "gate_us_p99": tally.percentile_us(0.99),
    }


def _rule_add() -> None:
    from chatapp.moderation.models import Rule

    Rule.objects.create(
        slug="spells", category="other", action="block", state="shadow", stages=["input", "output"],
        words="\n".join(WORDS),
    )  # fmt: skip


def _rules_change() -> None:
    from chatapp.moderation.models import Rule

    Rule.objects.update(severity=1)


def _kinds_add() -> None:
    """Beside keywords in every channel: patterns, personal data, domains, hidden characters."""
    from chatapp.moderation.judging.verdict import Channel
    from chatapp.moderation.models import Rule

    shared = {"category": "other", "action": "flag", "state": "shadow", "stages": ["input", "output"]}
    Rule.objects.filter(slug="spells").update(action="flag", channels=list(Channel))
    for kind, words in (
        ("regex", r"order-[0-9]{6}"),
        ("phrase", "speak … friend"),
        ("personal_data", "email\nphone\nbank_card"),
        ("url", "example.org"),
        ("hidden_unicode", ""),
    ):
        Rule.objects.create(slug=kind.replace("_", "-"), kind=kind, words=words, **shared)


def _messages_write(num_messages: int) -> int:
    """Conversations of one person, half questions and half answers, English and Chinese. Returns their characters."""
    from chatapp.accounts.models import User
    from chatapp.catalog.models import ChatModel
    from chatapp.conversations.models import Conversation, Message
    from chatapp.core.ids import uuid7

    chance = random.Random(1)  # noqa: S311  # the same texts every time
    owner = User.objects.create_superuser("bench@example.org", "a measurement's")
    about = {"name": "m", "source": "bench", "path": "m", "context_window": 2048, "max_new_tokens": 64}
    model = ChatModel.objects.create(slug="bench", **about)
    rows: list[Message] = []
    conversation, parent, num_chars = Conversation(), None, 0
    for number in range(num_messages):
        if number % MESSAGES_A_CONVERSATION == 0:
            conversation = Conversation.objects.create(id=uuid7(), owner=owner, model=model, temperature=1.0)
            parent = None
        role = ("user", "assistant")[number % 2]
        text = _text(chance, QUESTION_WORDS if role == "user" else ANSWER_WORDS)
        num_chars += len(text)
        parent = Message(conversation=conversation, owner=owner, parent=parent, role=role, text=text)
        rows.append(parent)
        if len(rows) == BATCH:
            Message.objects.bulk_create(rows)
            rows = []
    Message.objects.bulk_create(rows)
    return num_chars


def _text(chance: random.Random, lengths: range) -> str:
    length = chance.choice(lengths)
    words = chance.choices(LATIN, k=length) if chance.getrandbits(1) else chance.choices(HAN, k=2 * length)
    if chance.randrange(HIT_EVERY) == 0:
        words.insert(chance.randrange(len(words)), chance.choice(WORDS))
    return (" " if words[0].isascii() else "").join(words)


@contextmanager
def _installation() -> Iterator[None]:
    with tempfile.TemporaryDirectory(prefix="chatapp-bench-") as name:
        redis = start_redis(Path(name))
        os.environ |= {
            "CHATAPP_SECRET_KEY": "a measurement's",
            "CHATAPP_DATA_DIR": name,
            "REDIS_URL": redis.url,
            "DJANGO_SETTINGS_MODULE": "chatapp.settings",
            "LOG_LEVEL": "WARNING",
        }
        os.environ.pop("DATABASE_URL", None)
        try:
            subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], check=True)
            yield
        finally:
            redis.stop()


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
