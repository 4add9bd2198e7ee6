"""Which classifiers a rule may name. Owns the names; loads one at its first use and scores nothing itself."""

from collections.abc import Callable

from chatapp.moderation.classifiers.linear import bundled_classifier
from chatapp.moderation.classifiers.types import Classifier

CLASSIFIERS: dict[str, Callable[[], Classifier]] = {"ngrams": bundled_classifier}


def classifier_named(name: str) -> Classifier:
    """:raises KeyError: for a name that no published rule can have."""
    return CLASSIFIERS[name]()
