"""Dry runs for tests: rules, conversations, and judges that die or do something meanwhile."""

from chatapp.moderation import models as moderation
from chatapp.moderation.judging.batch import BatchJudge
from chatapp.moderation.rules.services import rule_create
from chatapp.review.dry_runs.models import DryRunScope
from chatapp.review.dry_runs.running import dry_runs_work
from chatapp.review.dry_runs.services import dry_run_start
from tests.support.factories import make_answer, make_question, make_user


def draft(words="xyzzy", **fields):
    about = {"slug": "spells", "category": "other", "action": "block", "stages": ["input", "output"], **fields}
    rule = moderation.Rule(words=words, **about)
    rule_create(rule=rule, author=make_user(), reason="a test")
    return rule


def turns(conversation, *texts):
    """Question, answer, question, …; returns the last."""
    message = make_question(conversation, text=texts[0])
    for number, text in enumerate(texts[1:]):
        make = make_question if number % 2 else make_answer
        message = make(conversation, parent=message, text=text)
    return message


def ran(moderator, scope=DryRunScope.EDITED, **about):
    run = dry_run_start(author=moderator, scope=scope, **about)
    dry_runs_work()
    run.refresh_from_db()
    return run


class Killed(BaseException):
    """What a worker's death looks like from inside: nothing after it runs."""


def meanwhile(deed):
    """What makes judges that do `deed` each time they are given texts, before they look."""

    class Interrupted(BatchJudge):
        def find_many(self, texts):
            deed(texts)
            return super().find_many(texts)

    return Interrupted


def killed_at_chunk(number):
    calls = iter(range(1, 1_000))

    def deed(_texts):
        if next(calls) >= number:
            raise Killed

    return meanwhile(deed)
