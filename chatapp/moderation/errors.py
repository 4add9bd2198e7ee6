"""Refusals about rules and rulesets."""

from chatapp.core.errors import DomainError


class PublishReasonMissing(DomainError):
    code = "publish_reason_missing"
    http_status = 422


class RulesetUnchanged(DomainError):
    """What would be published is what is in force."""

    code = "ruleset_unchanged"
    http_status = 409


class RuleUnusable(DomainError):
    """A rule that is to be in force cannot be; `details` name the rule and its problems."""

    code = "rule_unusable"
    http_status = 422


class RulesetMissing(DomainError):
    """Nothing was ever published, or not this version: without rules nothing may be judged, so nothing passes."""

    code = "ruleset_missing"
    http_status = 503
