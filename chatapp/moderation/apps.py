from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "chatapp.moderation"
    label = "moderation"
    verbose_name = _("Moderation")

    def ready(self) -> None:
        # Models may not be imported before apps are ready; this imports none.
        from chatapp.moderation.offer import offer_of_settings, offer_set

        remotes, models = settings.MODERATION_REMOTE_CLASSIFIERS, settings.MODERATION_MODELS
        offer_set(offer_of_settings(remotes=remotes, models=models))
