"""Refusals about decisions, evidence and dry runs."""

from chatapp.core.errors import DomainError


class EvidenceMissing(DomainError):
    """There was none, or it was erased."""

    code = "evidence_missing"
    http_status = 404


class EvidenceForbidden(DomainError):
    code = "evidence_forbidden"
    http_status = 403


class EvidenceUnreadable(DomainError):
    code = "evidence_unreadable"
    http_status = 500


class ReviewForbidden(DomainError):
    code = "review_forbidden"
    http_status = 403


class CaseTaken(DomainError):
    """Somebody else holds the case, or it is resolved; `details` say how it stands."""

    code = "case_taken"
    http_status = 409


class ReasonMissing(DomainError):
    code = "reason_missing"
    http_status = 422


class RestorationImpossible(DomainError):
    """What was withheld cannot be put back exactly: the evidence was erased, or it does not fit the released text."""

    code = "restoration_impossible"
    http_status = 409


class ExceptionUnusable(DomainError):
    """The phrase would not be an exception of the rule; `details.problem` says why."""

    code = "exception_unusable"
    http_status = 422


class DecisionNotFound(DomainError):
    """Not there, or about another person's text."""

    code = "decision_not_found"
    http_status = 404


class NothingToReview(DomainError):
    """No rule took anything away here."""

    code = "nothing_to_review"
    http_status = 422


class AppealTwice(DomainError):
    """The person asked before, or a reviewer has looked already; `details.state` says what came of it."""

    code = "appeal_twice"
    http_status = 409


class AppealTooLong(DomainError):
    code = "appeal_too_long"
    http_status = 422


class AppealNotFound(DomainError):
    code = "appeal_not_found"
    http_status = 404


class DryRunForbidden(DomainError):
    code = "dry_run_forbidden"
    http_status = 403


class DryRunUnlimited(DomainError):
    """Neither days nor a number of messages: all that ever was written is not asked about by accident."""

    code = "dry_run_unlimited"
    http_status = 422


class DryRunRulesUnusable(DomainError):
    """A rule to be run could not be published; `details` name the rule and its problems."""

    code = "dry_run_rules_unusable"
    http_status = 422


class DryRunNothingToCancel(DomainError):
    code = "dry_run_nothing_to_cancel"
    http_status = 409
