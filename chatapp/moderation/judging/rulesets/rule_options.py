"""
What a rule has beside its entries: settings of its kind, as one immutable value. Knows neither rules nor forms.

A field counts only for the kind that reads it; the others keep their defaults, so that equal rules are equal values.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from chatapp.moderation.judging.classifiers.types import Strictness, Timing

DEFAULT_CLASSIFIER = "ngrams"
DEFAULT_LABEL = "offensive"


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """
    max_gap_chars: of a phrase, between two of its words. classifier, label: which one, and which of its scores; of a
    similarity rule classifier names the embedding model.

    thresholds: scores from which a text counts as controversial or unsafe; strictness: whether the former is enough.
    timing: whether a sentence waits for its verdict. num_hits, window_s, categories: of conduct: so many hits within so
    many seconds, about these or, where there are none, about anything.
    """

    max_gap_chars: int = 10
    classifier: str = DEFAULT_CLASSIFIER
    label: str = DEFAULT_LABEL
    threshold_controversial: float = 0.47  # the bundled classifier's, chosen on its training set's folds
    threshold_unsafe: float = 0.91
    strictness: Strictness = Strictness.LOOSE
    timing: Timing = Timing.GATE
    num_hits: int = 5
    window_s: int = 3600
    categories: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """:raises ValueError, TypeError: for an unknown name or a value of another kind."""
        unknown = set(raw) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"no option is called {min(unknown)!r}")
        converted: dict[str, Callable[[Any], Any]] = {
            "max_gap_chars": int,
            "classifier": str,
            "label": str,
            "threshold_controversial": float,
            "threshold_unsafe": float,
            "strictness": Strictness,
            "timing": Timing,
            "num_hits": int,
            "window_s": int,
            "categories": lambda names: tuple(map(str, names)),
        }
        return cls(**{name: converted[name](value) for name, value in raw.items()})

    def to_json(self) -> dict[str, Any]:
        """Only what differs from the defaults."""
        default = type(self)()
        return {name: value for name, value in asdict(self).items() if value != getattr(default, name)}
