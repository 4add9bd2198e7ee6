"""Which rulesets were published, by version and digest. Reads the table and no rule."""

from functools import lru_cache
from typing import NamedTuple

from django.db.models.functions import Length
from django.utils.translation import gettext as _

from chatapp.moderation import models
from chatapp.moderation.errors import RulesetMissing

# Characters of JSON, about 1,500 words: compiled within 30 ms, quicker than a build comes.
SMALL_RULESET_CHARS = 12_000
_MAX_REMEMBERED = 8


class RulesetKey(NamedTuple):
    """The digest is part of it: a test's database gives the same version to another ruleset."""

    version: int
    sha256: str


def key_newest() -> RulesetKey | None:
    """What is in force: one indexed query."""
    newest = models.Ruleset.objects.order_by("-version").values_list("version", "sha256").first()
    return RulesetKey(*newest) if newest else None


def key_in_force() -> RulesetKey:
    """:raises RulesetMissing: when none ever was published."""
    key = key_newest()
    if key is None:
        raise RulesetMissing(_("No ruleset is published, so nothing can be judged."))
    return key


def key_of(version: int) -> RulesetKey:
    """:raises RulesetMissing: when there is no such version."""
    sha256 = models.Ruleset.objects.filter(version=version).values_list("sha256", flat=True).first()
    if sha256 is None:
        raise RulesetMissing(_("There is no ruleset with this version."), version=version)
    return RulesetKey(version, sha256)


def payload_of(key: RulesetKey) -> str:
    return models.Ruleset.objects.values_list("payload", flat=True).get(version=key.version, sha256=key.sha256)


@lru_cache(maxsize=_MAX_REMEMBERED)
def is_small(key: RulesetKey) -> bool:
    found = models.Ruleset.objects.filter(version=key.version).values_list(Length("payload"), flat=True).first()
    return found is not None and found <= SMALL_RULESET_CHARS
