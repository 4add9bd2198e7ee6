"""
Keeps the newest ruleset ready in this process while it works. Owns when a version is loaded and who waits for it.

A thread looks every quarter of a second. A large ruleset is loaded there in small pieces with pauses, so that a model
worker goes on decoding; what begins meanwhile still takes the version before, for at most MAX_BEHIND_S after this
process learned of the newer one. Then it waits instead.
"""

import threading
import time
from collections.abc import Callable
from typing import Protocol

import structlog
from django.db import DatabaseError, close_old_connections, connection

from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.publishing.versions import RulesetKey, is_small, key_newest

LOOK_EVERY_S = 0.25
LOOK_FOR_BUILD_EVERY_S = 0.05
# With LOOK_EVERY_S below the two seconds within which a published ruleset judges everything that begins.
MAX_BEHIND_S = 1.5
# Later than a build comes, on a busy machine too: compiling here stalls what decodes.
COMPILE_ALONE_AFTER_S = 5.0
# Who waits longer loads for itself: the thread may have died with its database.
MAX_WAIT_S = 10.0
# While a ruleset is loaded: work this long, then leave the interpreter to the relay and the engine.
WORK_S = 0.0005
REST_S = 0.004

logger = structlog.get_logger(__name__)


class Held(Protocol):
    """What a process holds, and how it comes there: `loading.Rulesets`."""

    def loaded(self, key: RulesetKey) -> CompiledRuleset | None: ...
    def newest_loaded(self) -> CompiledRuleset | None: ...
    def has_build(self, key: RulesetKey) -> bool: ...
    def load(self, key: RulesetKey) -> CompiledRuleset: ...
    def load_unhurried(self, key: RulesetKey, *, between: Callable[[], None]) -> CompiledRuleset: ...


class RulesetFollower:
    """One for what a process holds. `current` may be called from any thread."""

    def __init__(self, held: Held) -> None:
        self._held = held
        self._arrived = threading.Condition()
        self._behind_since_s: float | None = None  # since when this process knows of a version it has not loaded
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="rulesets", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def current(self, key: RulesetKey) -> CompiledRuleset:
        """key: what is in force. The ruleset with it, or for a moment the one before."""
        if (ruleset := self._held.loaded(key)) is not None:
            return ruleset
        older = self._held.newest_loaded()
        if older is None or not self._thread.is_alive() or is_small(key):
            return self._held.load(key)
        behind_since_s = self._behind_since()
        if time.monotonic() - behind_since_s < MAX_BEHIND_S:
            return older
        return self._awaited(key)

    def _awaited(self, key: RulesetKey) -> CompiledRuleset:
        with self._arrived:
            self._arrived.wait_for(lambda: self._held.loaded(key) is not None, timeout=MAX_WAIT_S)
        return self._held.load(key)

    def _behind_since(self) -> float:
        with self._arrived:
            if self._behind_since_s is None:
                self._behind_since_s = time.monotonic()
            return self._behind_since_s

    def _follow(self) -> None:
        pause_s = 0.0
        while not self._stopped.wait(pause_s):
            try:
                pause_s = self._look()
            except DatabaseError as error:
                logger.warning("rulesets_not_seen", error=str(error))
                pause_s = LOOK_EVERY_S
            except Exception:  # whatever one ruleset does to it, the next one must be followed
                logger.exception("ruleset_not_loaded")
                pause_s = COMPILE_ALONE_AFTER_S
            finally:
                close_old_connections()
        connection.close()

    def _look(self) -> float:
        """Load the newest version if it is not there and ready to be loaded. Returns when to look again."""
        key = key_newest()
        if key is None or self._held.loaded(key) is not None:
            self._behind_since_s = None
            return LOOK_EVERY_S
        behind_since_s = self._behind_since()
        is_alone = time.monotonic() - behind_since_s > COMPILE_ALONE_AFTER_S
        if not (is_alone or self._held.has_build(key) or is_small(key)):
            return LOOK_FOR_BUILD_EVERY_S
        self._held.load_unhurried(key, between=_Unhurried())
        with self._arrived:
            self._behind_since_s = None
            self._arrived.notify_all()
        logger.info(
            "ruleset_loaded", version=key.version, duration_ms=round((time.monotonic() - behind_since_s) * 1000)
        )
        return 0.0


class _Unhurried:
    """Called between pieces of work: rests whenever WORK_S have passed since the last rest."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()

    def __call__(self) -> None:
        if time.monotonic() - self._began_s > WORK_S:
            time.sleep(REST_S)
            self._began_s = time.monotonic()
