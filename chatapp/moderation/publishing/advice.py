"""
What else is known about rules before they are published. Owns where it is asked for; knows none of it.

Moderation sees no conversations. Whoever does (the review app) registers an adviser, once, when the process begins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from chatapp.moderation.judging.rulesets.rule import Rule


@dataclass(frozen=True, slots=True)
class Advice:
    """
    One sentence for whoever is about to publish, with a page that says more.

    is_hurdle: without an administrator's reason the rules stay unpublished.
    """

    sentence: str
    address: str
    link: str
    is_hurdle: bool = False


Adviser = Callable[[Sequence[Rule]], Advice | None]
_advisers: list[Adviser] = []


def adviser_register(adviser: Adviser) -> None:
    if adviser not in _advisers:
        _advisers.append(adviser)


def advice_on(rules: Sequence[Rule]) -> list[Advice]:
    """rules: what would be in force next."""
    return [advice for adviser in _advisers if (advice := adviser(rules)) is not None]
