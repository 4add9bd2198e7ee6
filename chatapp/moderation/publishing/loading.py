"""
Rulesets as this process holds them. Owns reading them from the database, compiled if the default worker did that.

When a newer one is loaded beside the work is the follower's to say (following.py).
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable

import structlog
from django.conf import settings

from chatapp.moderation import models
from chatapp.moderation.judging.rulesets import builds
from chatapp.moderation.judging.rulesets.builds import BuildInvalid
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Stage
from chatapp.moderation.offer import offer_current
from chatapp.moderation.publishing.following import RulesetFollower
from chatapp.moderation.publishing.versions import RulesetKey, key_in_force, key_of, payload_of

# Streams keep the ruleset they began with; more than a few at a time are only there while someone publishes often.
_MAX_RULESETS = 8

logger = structlog.get_logger(__name__)


class Rulesets:
    """What is loaded. Any thread may ask."""

    def __init__(self) -> None:
        self._loaded: OrderedDict[RulesetKey, CompiledRuleset] = OrderedDict()
        self._loaded_lock = threading.Lock()
        self._loading_lock = threading.Lock()

    def loaded(self, key: RulesetKey) -> CompiledRuleset | None:
        with self._loaded_lock:
            return self._loaded.get(key)

    def newest_loaded(self) -> CompiledRuleset | None:
        with self._loaded_lock:
            return self._loaded[max(self._loaded)] if self._loaded else None

    def load(self, key: RulesetKey) -> CompiledRuleset:
        """At once, in this thread. Two threads that ask for the same share the work."""
        with self._loading_lock:
            if (ruleset := self.loaded(key)) is not None:
                return ruleset
            return self.keep(key, builds.read_through(self.pieces(key)))

    def load_unhurried(self, key: RulesetKey, *, between: Callable[[], None]) -> CompiledRuleset:
        """Beside the work of others; `between` is called between pieces."""
        return self.keep(key, builds.read_through(self.pieces(key), between=between))

    def pieces(self, key: RulesetKey) -> builds.Pieces:
        """Load the build, or, without one that can be read, compile; stands still after each piece of the former."""
        row = models.RulesetBuild.objects.filter(version=key.version, format=builds.FORMAT).first()
        if row is not None:
            try:
                ruleset = yield from builds.decode_pieces(
                    _checked(row), ruleset_sha256=key.sha256, offer=offer_current()
                )
            except BuildInvalid as error:
                logger.warning("ruleset_build_refused", version=key.version, error=str(error))
            else:
                return ruleset
        return _compiled_here(key)

    def has_build(self, key: RulesetKey) -> bool:
        return models.RulesetBuild.objects.filter(version=key.version, format=builds.FORMAT).exists()

    def keep(self, key: RulesetKey, ruleset: CompiledRuleset) -> CompiledRuleset:
        """
        Returns the ruleset that is kept: another thread's, if that was quicker.

        Its detectors are built before anyone can begin with it: the first stream would wait for that.
        """
        for stage in Stage:
            ruleset.compiled(stage).sources  # noqa: B018  # built at first use
        with self._loaded_lock:
            kept = self._loaded.setdefault(key, ruleset)
            self._loaded.move_to_end(key)
            while len(self._loaded) > _MAX_RULESETS:
                self._loaded.popitem(last=False)
            return kept


def _checked(row: models.RulesetBuild) -> bytes:
    """:raises BuildInvalid: if the bytes are not those that were stored."""
    payload = bytes(row.payload)
    if hashlib.sha256(payload).hexdigest() != row.sha256:
        raise BuildInvalid("its bytes are not those that were stored")
    return payload


def _compiled_here(key: RulesetKey) -> CompiledRuleset:
    ruleset = CompiledRuleset.of(Ruleset.from_json(payload_of(key)), offer=offer_current())
    ruleset.compiled(Stage.INPUT)
    return ruleset


_rulesets = Rulesets()
_follower: RulesetFollower | None = None
_follower_lock = threading.Lock()


def _followed() -> RulesetFollower:
    """The process's own; begins to follow when it is first asked for."""
    global _follower  # noqa: PLW0603  # one thread for a process, begun late: most processes never judge
    with _follower_lock:
        if _follower is None:
            _follower = RulesetFollower(_rulesets)
            _follower.start()
        return _follower


def ruleset_current() -> CompiledRuleset:
    """
    The ruleset that judges what begins now: the newest, or for less than two seconds the one before.

    :raises RulesetMissing: when none ever was published.
    """
    key = key_in_force()
    return _followed().current(key) if settings.MODERATION_FOLLOW_RULESETS else _rulesets.load(key)


def ruleset_get(*, version: int) -> CompiledRuleset:
    """:raises RulesetMissing: when there is no such version."""
    return _rulesets.load(key_of(version))
