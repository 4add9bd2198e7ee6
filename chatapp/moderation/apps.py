from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "chatapp.moderation"
    label = "moderation"
    verbose_name = _("Moderation")

    def ready(self) -> None:
        # Models may not be imported before apps are ready; this imports none.
        from chatapp.moderation.classifiers.known import remotes_register

        remotes_register(settings.MODERATION_REMOTE_CLASSIFIERS)
