"""
Rulesets as this process holds them. Owns reading them from the database, compiled if the default worker did that.

Knows nothing of when to read: `following.py` does.
"""

import hashlib
import threading
from collections import OrderedDict
from functools import lru_cache
from typing import NamedTuple

import structlog
from django.db.models.functions import Length

from chatapp.moderation import models
from chatapp.moderation.judging.rulesets import builds
from chatapp.moderation.judging.rulesets.builds import BuildInvalid
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Stage
from chatapp.moderation.offer import offer_current

# Streams keep the ruleset they began with; more than a few at a time are only there while someone publishes often.
_MAX_RULESETS = 8
# Characters of JSON, about 1,500 words: compiled within 30 ms, quicker than a build comes.
SMALL_RULESET_CHARS = 12_000

logger = structlog.get_logger(__name__)


class RulesetKey(NamedTuple):
    """The digest is part of it: a test's database gives the same version to another ruleset."""

    version: int
    sha256: str


_loaded: OrderedDict[RulesetKey, Ruleset] = OrderedDict()
_loaded_lock = threading.Lock()
_loading_lock = threading.Lock()


def key_newest() -> RulesetKey | None:
    """What is in force: one indexed query."""
    newest = models.Ruleset.objects.order_by("-version").values_list("version", "sha256").first()
    return RulesetKey(*newest) if newest else None


def ruleset_loaded(key: RulesetKey) -> Ruleset | None:
    with _loaded_lock:
        return _loaded.get(key)


def ruleset_newest_loaded() -> Ruleset | None:
    with _loaded_lock:
        return _loaded[max(_loaded)] if _loaded else None


def ruleset_load(key: RulesetKey) -> Ruleset:
    """At once, in this thread. Two threads that ask for the same share the work."""
    with _loading_lock:
        if (ruleset := ruleset_loaded(key)) is not None:
            return ruleset
        return ruleset_keep(key, builds.read_through(ruleset_pieces(key)))


def ruleset_pieces(key: RulesetKey) -> builds.Pieces:
    """Load the build, or, without one that can be read, compile; stands still after each piece of the former."""
    row = models.RulesetBuild.objects.filter(version=key.version, format=builds.FORMAT).first()
    if row is not None:
        try:
            ruleset = yield from builds.decode_pieces(_checked(row), ruleset_sha256=key.sha256, offer=offer_current())
        except BuildInvalid as error:
            logger.warning("ruleset_build_refused", version=key.version, error=str(error))
        else:
            return ruleset
    return _compiled_here(key)


def _checked(row: models.RulesetBuild) -> bytes:
    """:raises BuildInvalid: if the bytes are not those that were stored."""
    payload = bytes(row.payload)
    if hashlib.sha256(payload).hexdigest() != row.sha256:
        raise BuildInvalid("its bytes are not those that were stored")
    return payload


def _compiled_here(key: RulesetKey) -> Ruleset:
    payload = models.Ruleset.objects.values_list("payload", flat=True).get(version=key.version, sha256=key.sha256)
    ruleset = Ruleset.from_published_json(payload, offer=offer_current())
    ruleset.compiled(Stage.INPUT)
    return ruleset


def ruleset_keep(key: RulesetKey, ruleset: Ruleset) -> Ruleset:
    """
    Returns the ruleset that is kept: another thread's, if that was quicker.

    Its detectors are built before anyone can begin with it: the first stream would wait for that.
    """
    for stage in Stage:
        ruleset.compiled(stage).sources  # noqa: B018  # built at first use
    with _loaded_lock:
        kept = _loaded.setdefault(key, ruleset)
        _loaded.move_to_end(key)
        while len(_loaded) > _MAX_RULESETS:
            _loaded.popitem(last=False)
        return kept


def has_build(key: RulesetKey) -> bool:
    return models.RulesetBuild.objects.filter(version=key.version, format=builds.FORMAT).exists()


@lru_cache(maxsize=_MAX_RULESETS)
def is_small(key: RulesetKey) -> bool:
    found = models.Ruleset.objects.filter(version=key.version).values_list(Length("payload"), flat=True).first()
    return found is not None and found <= SMALL_RULESET_CHARS
