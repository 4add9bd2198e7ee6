"""Which way a rule may go: from draft through shadow into force and out. Pure."""

from collections.abc import Mapping

from chatapp.moderation.judging.verdict import ENDING_ACTIONS, RuleState

# An enforcing rule goes through shadow or retirement, so that what acted never silently becomes a draft; a retired one
# begins again as a draft.
MOVES: Mapping[RuleState, tuple[RuleState, ...]] = {
    RuleState.DRAFT: (RuleState.SHADOW, RuleState.ENFORCING, RuleState.RETIRED),
    RuleState.SHADOW: (RuleState.ENFORCING, RuleState.DRAFT, RuleState.RETIRED),
    RuleState.ENFORCING: (RuleState.SHADOW, RuleState.RETIRED),
    RuleState.RETIRED: (RuleState.DRAFT,),
}
# Both end a message or an answer, so both need a second person where it is about something grave.
ACTIONS_WITH_APPROVAL = ENDING_ACTIONS
SEVERITIES_WITH_APPROVAL = frozenset({3, 4})


def may_move(*, before: RuleState, after: RuleState) -> bool:
    """Whether a rule may be stored with the state `after`; staying where it is always may."""
    return before is after or after in MOVES[before]


def needs_reason(*, before: RuleState, after: RuleState) -> bool:
    """Whether a change is about what is, or is to be, in force: others then read why."""
    acting = {RuleState.SHADOW, RuleState.ENFORCING}
    return before in acting or after in acting


def needs_approval(*, state: str, action: str, severity: int) -> bool:
    """Whether two people have to answer for the rule: it ends what people say or read, and is about something grave."""
    return state == RuleState.ENFORCING and action in ACTIONS_WITH_APPROVAL and severity in SEVERITIES_WITH_APPROVAL
