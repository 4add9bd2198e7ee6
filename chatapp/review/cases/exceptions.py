"""An exception for a rule, found while reviewing: the phrase in which its words are harmless."""

from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.models import Rule
from chatapp.moderation.offer import offer_current
from chatapp.moderation.rules.published import lines, rule_as_published
from chatapp.moderation.rules.services import rule_update
from chatapp.review.errors import ExceptionUnusable, ReviewForbidden

MAX_PHRASE_CHARS = 100


def rule_exception_add(*, rule: Rule, phrase: str, author: User) -> None:
    """
    Add an allow phrase as the rule's next revision. It takes effect when somebody publishes.

    :raises ReviewForbidden: without the right to change rules.
    :raises ExceptionUnusable: empty, too long, there already, or without effect on the rule.
    """
    if not author.has_perm("moderation.change_rule"):
        raise ReviewForbidden(_("You may not change rules."))
    phrase = " ".join(phrase.split())
    if not phrase or len(phrase) > MAX_PHRASE_CHARS:
        raise ExceptionUnusable(
            _("An exception has 1 to %(limit)d characters.") % {"limit": MAX_PHRASE_CHARS}, problem="length"
        )
    if phrase in lines(rule.allow_phrases):
        raise ExceptionUnusable(_("The rule has this exception already."), problem="repeated")
    rule.allow_phrases = "\n".join([*lines(rule.allow_phrases), phrase])
    _problem_check(rule, phrase)
    reason = _("An exception from the review queue: %(phrase)s") % {"phrase": phrase}
    rule_update(rule=rule, author=author, reason=reason)


def _problem_check(rule: Rule, phrase: str) -> None:
    """Only what the new phrase brings: the rule's other problems are for its own form."""
    as_if_in_force = Rule(**{field.attname: getattr(rule, field.attname) for field in Rule._meta.concrete_fields})  # noqa: SLF001 -- Django's public name for it
    as_if_in_force.state = RuleState.ENFORCING
    for problem in rule_problems(rule_as_published(as_if_in_force), offer=offer_current()):
        match problem.code:
            case "allow_cancels_word":
                raise ExceptionUnusable(
                    _("This is one of the rule’s words: the word could never match."), problem=problem.code
                )
            case "allow_without_word":
                raise ExceptionUnusable(
                    _("This contains none of the rule’s words, so it would do nothing."), problem=problem.code
                )
            case "allow_blank" | "domain_invalid" if problem.phrase == phrase:
                raise ExceptionUnusable(
                    _("“%(phrase)s” is no exception that this rule can have.") % {"phrase": phrase},
                    problem=problem.code,
                )
            case _:
                pass
