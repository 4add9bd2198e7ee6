"""
What others did to a rule since a person opened it: the sentence, and the link to what changed. Refuses nothing.

Who opened revision 3 and saves when revision 5 is stored would undo what they never saw.
"""

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from chatapp.moderation.models import Rule
from chatapp.moderation.rules.revision_diff import revision_diff
from chatapp.moderation.rules.selectors import rule_history, snapshot_completed
from chatapp.moderation.rules.snapshot import content_fields


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """people: who stored revisions since. fields: what differs between the opened revision and the newest."""

    rule_id: UUID
    number: int
    people: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def sentence(self) -> str:
        told = {"people": ", ".join(self.people), "number": self.number, "fields": ", ".join(self.fields) or "–"}
        return _("%(people)s changed this rule meanwhile, now revision %(number)d: %(fields)s.") % told

    def told(self, advice: str) -> SafeString:
        """The sentence, what to do about it, and a link to the difference in another tab: what was typed stays here."""
        address = f"{reverse('admin:moderation_rule_revisions', args=[self.rule_id])}#revision-{self.number}"
        link = format_html('<a class="underline" href="{}" target="_blank">{}</a>', address, _("See what changed"))
        return format_html("{} {} {}", self.sentence, advice, link)


def changed_meanwhile(*, rule_id: UUID, opened_revision: int) -> Meanwhile:
    """opened_revision: what the person read. Of one that never was, no field is known to differ."""
    history = rule_history(rule_id=rule_id)
    later = [read.revision for read in history if read.revision.number > opened_revision]
    opened = next((read.revision for read in history if read.revision.number == opened_revision), None)
    before = snapshot_completed(opened) if opened else {}
    names = {field.name: str(capfirst(field.verbose_name)) for field in content_fields(Rule)}
    return Meanwhile(
        rule_id=rule_id,
        number=history[0].revision.number,
        people=tuple(dict.fromkeys(str(one.author or _("Somebody")) for one in reversed(later))) or (_("Somebody"),),
        fields=tuple(names[one.field] for one in revision_diff(before, snapshot_completed(history[0].revision))),
    )
