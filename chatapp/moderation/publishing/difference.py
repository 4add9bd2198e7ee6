"""What publishing would change: rules added, changed and removed between two rulesets. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.moderation.judging.rulesets.rule import Rule


@dataclass(frozen=True, slots=True)
class Difference:
    """Rules by name; `changed` holds them as they will be."""

    added: tuple[Rule, ...]
    changed: tuple[Rule, ...]
    removed: tuple[Rule, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)


def difference(before: Sequence[Rule], after: Sequence[Rule]) -> Difference:
    old = {rule.id: rule for rule in before}
    new = {rule.id: rule for rule in after}
    return Difference(
        added=tuple(rule for rule in after if rule.id not in old),
        changed=tuple(rule for rule in after if rule.id in old and old[rule.id] != rule),
        removed=tuple(rule for rule in before if rule.id not in new),
    )
