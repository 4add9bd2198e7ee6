"""
What this process offers to the rules that it judges by. The one place that holds it; what judges is handed it.

Set from the settings when the process begins; a model worker puts its own there before it loads a ruleset.
"""

from chatapp.moderation.judging.offer import Offer

_current: Offer | None = None


class NothingOffered(RuntimeError):
    """Asked before the process had begun: a fault in the caller."""


def offer_current() -> Offer:
    if _current is None:
        raise NothingOffered("nothing is offered to rules before the apps are ready")
    return _current


def offer_set(offer: Offer) -> None:
    """What is compiled from now on asks it; a ruleset that was loaded before keeps what it began with."""
    global _current  # noqa: PLW0603  # one of each process, like its settings
    _current = offer
