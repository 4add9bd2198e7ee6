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


class JudgeAlone(DomainError):
    """A judge would be the only rule that withholds; `details` name the rules and stages."""

    code = "judge_alone"
    http_status = 422


class RulesetMissing(DomainError):
    """Nothing was ever published, or not this version: without rules nothing may be judged, so nothing passes."""

    code = "ruleset_missing"
    http_status = 503


class RuleReasonMissing(DomainError):
    """A change to a rule that is, or is to be, in force."""

    code = "rule_reason_missing"
    http_status = 422


class RuleMoveIllegal(DomainError):
    """A state that cannot follow the rule's; `details` hold both."""

    code = "rule_move_illegal"
    http_status = 409


class RuleRevisionMissing(DomainError):
    code = "rule_revision_missing"
    http_status = 404


class RuleRevisionOutdated(DomainError):
    """What a person read is not the rule any more; `details` hold its revision."""

    code = "rule_revision_outdated"
    http_status = 409


class RulesChangedMeanwhile(DomainError):
    """What a person read before publishing is not what would be published any more."""

    code = "rules_changed_meanwhile"
    http_status = 409


class ApprovalNotNeeded(DomainError):
    code = "approval_not_needed"
    http_status = 409


class ApprovalByAuthor(DomainError):
    code = "approval_by_author"
    http_status = 403


class ApprovalNotPermitted(DomainError):
    code = "approval_not_permitted"
    http_status = 403


class AlreadyApproved(DomainError):
    code = "already_approved"
    http_status = 409


class ApprovalMissing(DomainError):
    """Rules wait for a second person; `details` name them."""

    code = "approval_missing"
    http_status = 409


class PublishAdvisedAgainst(DomainError):
    """What is known of the rules speaks against publishing them: a dry run took too much."""

    code = "publish_advised_against"
    http_status = 409


class OverrideNotPermitted(DomainError):
    """Only an administrator may publish in spite of what speaks against it."""

    code = "override_not_permitted"
    http_status = 403


class PackTooLarge(DomainError):
    """`details` name the limit or the number of entries."""

    code = "pack_too_large"
    http_status = 413


class PackUnreadable(DomainError):
    code = "pack_unreadable"
    http_status = 422


class PackEmpty(DomainError):
    """Nothing in it that could be imported or exported."""

    code = "pack_empty"
    http_status = 422


class PackUploadGone(DomainError):
    """Forgotten, or another person's."""

    code = "pack_upload_gone"
    http_status = 404
