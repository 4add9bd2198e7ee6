"""Walks the chains of decisions and says whether every row is as it was written."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from chatapp.review.models import Decision
from chatapp.review.selectors import decision_list_broken


class Command(BaseCommand):
    help = "Verify the chains of decisions. Exits with 1 and names the first broken row of each broken conversation."

    def handle(self, *_args: Any, **_options: Any) -> None:
        broken = [
            _("decision %(id)s (conversation %(conversation)s, place %(place)s): %(reason)s")
            % {"id": row.id, "conversation": row.conversation_id, "place": row.place, "reason": reason}
            for row, reason in decision_list_broken()
        ]
        if broken:
            raise CommandError("\n".join(broken), returncode=1)
        self.stdout.write(_("%(count)d decisions, every chain is whole.") % {"count": Decision.objects.count()})
