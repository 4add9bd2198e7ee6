"""Domain refusals as HTTP: the one place that maps them, for routers and for what never reaches one."""

from http import HTTPStatus

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic_core import to_json
from redis.exceptions import RedisError

from chatapp.core.errors import DomainError, EventLogUnavailable, NotSignedIn, StorageUnavailable

logger = structlog.get_logger(__name__)

# What is away for a moment is asked for again after this; a client of ours waits as long.
RETRY_AFTER_S = 2


class BodyInvalid(DomainError):
    """Path, query or body do not have the declared shape; `details.field` names the first place."""

    code = "body_invalid"
    http_status = 422


class BodyTooLarge(DomainError):
    """More than a request may bring."""

    code = "body_too_large"
    http_status = 413

    @classmethod
    def of(cls) -> "BodyTooLarge":
        return cls(_("This is too large to send."), limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


class AddressUnknown(DomainError):
    code = "not_found"
    http_status = 404

    @classmethod
    def of(cls) -> "AddressUnknown":
        return cls(_("There is nothing at this address."))


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    http_status = 405

    @classmethod
    def of(cls) -> "MethodNotAllowed":
        return cls(_("This address does not do that."))


class Faulty(DomainError):
    """A fault of ours; what it was stands in the log."""

    code = "internal_error"
    http_status = 500

    @classmethod
    def of(cls) -> "Faulty":
        return cls(_("Something went wrong here. It is on record; try again."))


class CsrfTokenWrong(DomainError):
    """A write came without the token that our own pages send with it."""

    code = "csrf_token_wrong"
    http_status = 403


def refusal_answer(error: DomainError) -> HttpResponse:
    """`{"error": {code, message, details}}` with its status, and when to come back where that helps."""
    body = {"error": {"code": error.code, "message": error.message, "details": error.details}}
    answer = HttpResponse(to_json(body), status=error.http_status, content_type="application/json")
    if error.http_status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    return answer


def unreadable() -> BodyInvalid:
    return BodyInvalid(_("This request cannot be read."), field="")


def errors_register(api: NinjaAPI) -> None:
    """Answer every refusal in the one shape."""

    @api.exception_handler(DomainError)
    def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
        del request
        return refusal_answer(error)

    @api.exception_handler(AuthenticationError)
    def not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        del error
        return refused(request, NotSignedIn(_("Sign in first.")))

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
        first = error.errors[0]
        field = ".".join(str(part) for part in first.get("loc", ())[1:])
        words = _("“%(field)s” cannot be used: %(reason)s.") % {"field": field, "reason": first.get("msg", "")}
        return refused(request, BodyInvalid(words, field=field))

    @api.exception_handler(HttpError)
    def refused_by_ninja(request: HttpRequest, error: HttpError) -> HttpResponse:
        # Ninja raises it for two things alone: the CSRF check, and a body that it could not read.
        if error.status_code == CsrfTokenWrong.http_status:
            return refused(request, CsrfTokenWrong(_("Reload the page and try again.")))
        return refused(request, unreadable())

    @api.exception_handler(RequestDataTooBig)
    def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
        del error
        return refused(request, BodyTooLarge.of())

    @api.exception_handler(OperationalError)
    @api.exception_handler(InterfaceError)
    def not_stored(request: HttpRequest, error: OperationalError | InterfaceError) -> HttpResponse:
        logger.error("storage_unavailable", error=repr(error))
        return refused(request, StorageUnavailable.of())

    @api.exception_handler(RedisError)
    def unavailable(request: HttpRequest, error: RedisError) -> HttpResponse:
        del error
        return refused(request, EventLogUnavailable(_("The server cannot take this right now. Try again in a moment.")))
