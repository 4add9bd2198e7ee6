"""Compiles the ruleset in force once, for all processes. Called by the default worker."""

import hashlib
import time

import structlog
from django.db import IntegrityError, transaction

from chatapp.core import clock
from chatapp.moderation.judging.rulesets import builds
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.ruleset import Ruleset as PublishedRuleset
from chatapp.moderation.models import Ruleset, RulesetBuild
from chatapp.moderation.offer import offer_current

# A process that is a version behind loads the newest, never an older one; the second is for who looks at this instant.
_NUM_BUILDS_KEPT = 2

logger = structlog.get_logger(__name__)


def ruleset_build_store() -> bool:
    """Build the newest ruleset unless its build is there. Returns whether this call stored it."""
    newest = Ruleset.objects.order_by("-version").first()
    if newest is None or RulesetBuild.objects.filter(version=newest.version, format=builds.FORMAT).exists():
        return False
    began_s = time.monotonic()
    # At the usual priority: on a busy machine a lower one made the others wait until they compiled for themselves.
    ruleset = CompiledRuleset.of(PublishedRuleset.from_json(newest.payload), offer=offer_current())
    payload = builds.encode(ruleset, ruleset_sha256=newest.sha256)
    is_stored = _store(newest.version, payload)
    logger.info(
        "ruleset_built",
        version=newest.version,
        num_bytes=len(payload),
        duration_ms=round((time.monotonic() - began_s) * 1000),
        stored=is_stored,
    )
    return is_stored


def _store(version: int, payload: bytes) -> bool:
    try:
        with transaction.atomic():
            RulesetBuild.objects.create(
                version=version,
                format=builds.FORMAT,
                payload=payload,
                sha256=hashlib.sha256(payload).hexdigest(),
                num_bytes=len(payload),
                built_at=clock.now(),
            )
            RulesetBuild.objects.filter(version__lte=version - _NUM_BUILDS_KEPT).delete()
    except IntegrityError:
        return False  # another worker was quicker
    return True
