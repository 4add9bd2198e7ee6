from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewConfig(AppConfig):
    name = "chatapp.review"
    label = "review"
    verbose_name = _("Review")

    def ready(self) -> None:
        from chatapp.moderation.publishing.advice import adviser_register
        from chatapp.review.dry_runs.advising import dry_run_advice  # needs the models

        adviser_register(dry_run_advice)
