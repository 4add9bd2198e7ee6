"""A row that people edit, as the value that is published and judged by. Reads no database."""

from chatapp.moderation import models
from chatapp.moderation.judging.rulesets.rule import Rule, RuleOptions
from chatapp.moderation.judging.verdict import Action, Channel, RuleKind, RuleState, Stage


def rule_as_published(row: models.Rule) -> Rule:
    """The row as a value; it may have problems that `rule_problems` tells."""
    return Rule(
        id=row.slug,
        revision=row.revision,
        category=row.category,
        severity=row.severity,
        action=Action(row.action),
        state=RuleState(row.state),
        stages=frozenset(map(Stage, row.stages)),
        words=lines(row.words),
        allow=lines(row.allow_phrases),
        notices=_by_language(row.notice_en, row.notice_zh_hans),
        replacement=row.replacement,
        kind=RuleKind(row.kind),
        channels=frozenset(map(Channel, row.channels)) if row.kind == RuleKind.KEYWORD else frozenset({Channel.STRICT}),
        options=RuleOptions.from_json(row.options),
        safe_completions=_by_language(row.safe_completion_en, row.safe_completion_zh_hans),
    )


def _by_language(english: str, chinese: str) -> dict[str, str]:
    return {language: text for language, text in (("en", english), ("zh-hans", chinese)) if text}


def lines(text: str) -> tuple[str, ...]:
    """One phrase a line, as people type them: blank lines and spaces around do not count."""
    return tuple(stripped for line in text.splitlines() if (stripped := line.strip()))
