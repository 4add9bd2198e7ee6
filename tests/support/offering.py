"""What this process offers to rules, for as long as a test takes."""

from collections.abc import Iterator
from contextlib import contextmanager

from chatapp.moderation.judging.offer import Offer
from chatapp.moderation.offer import offer_current, offer_set


@contextmanager
def offering(offer: Offer) -> Iterator[None]:
    before = offer_current()
    offer_set(offer)
    try:
        yield
    finally:
        offer_set(before)
