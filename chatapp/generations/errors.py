"""Refusals about turns and generations."""

from datetime import datetime
from math import ceil
from typing import Self

from django.utils.translation import gettext as _

from chatapp.core.errors import DomainError, RateLimited


class GenerationNotFound(DomainError):
    code = "generation_not_found"
    http_status = 404

    @classmethod
    def of(cls) -> "GenerationNotFound":
        return cls(_("This answer is not there. Reload the page."))


class TurnInProgress(DomainError):
    """The message that this turn would follow is still being written."""

    code = "turn_in_progress"
    http_status = 409

    @classmethod
    def of(cls) -> "TurnInProgress":
        return cls(_("The answer above is still being written. Wait for it or stop it."))


class InputBlocked(DomainError):
    """The input check refused the text; nothing was stored but the decision."""

    code = "input_blocked"
    http_status = 422


class NothingToRegenerate(DomainError):
    code = "nothing_to_regenerate"
    http_status = 422

    @classmethod
    def of(cls) -> "NothingToRegenerate":
        return cls(_("Only an answer can be written again."))


class UnsupportedParameter(DomainError):
    """The engine that serves the model cannot do what a turn asks for; nothing was stored."""

    code = "unsupported_parameter"
    http_status = 422

    @classmethod
    def of(cls, parameter: str, *, model: str) -> "UnsupportedParameter":
        return cls(
            _("This model cannot be asked for “%(parameter)s”. Leave it out or choose another model.")
            % {"parameter": parameter},
            parameter=parameter,
            model=model,
        )


class MaxNewTokensTooMany(DomainError):
    code = "max_new_tokens_too_many"
    http_status = 422

    @classmethod
    def of(cls, asked: int, *, limit: int) -> "MaxNewTokensTooMany":
        return cls(
            _("This model writes answers of at most %(limit)d tokens; you asked for %(asked)d.")
            % {"limit": limit, "asked": asked},
            asked=asked,
            limit=limit,
        )


class ConductThrottled(RateLimited):
    """Too many of the person's messages met rules; `details` say until when further turns are refused."""

    code = "conduct_throttled"

    @classmethod
    def of(cls, *, until: datetime, now: datetime, notice: str) -> Self:
        num_seconds = max(1, ceil((until - now).total_seconds()))
        return cls(
            _("Too much of this goes against the rules. You can write again in %(minutes)d min.")
            % {"minutes": ceil(num_seconds / 60)},
            until=until.isoformat(),
            retry_after_s=num_seconds,
            notice=notice,
        )
