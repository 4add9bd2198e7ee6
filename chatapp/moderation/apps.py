from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "chatapp.moderation"
    label = "moderation"
    verbose_name = _("Moderation")

    def ready(self) -> None:
        # Models may not be imported before apps are ready; this imports none.
        from chatapp.moderation.judging.classifiers.asking_models import embedding_models_configure
        from chatapp.moderation.judging.classifiers.model_settings import ModelKind, models_read
        from chatapp.moderation.judging.classifiers.registry import models_register, remotes_register

        remotes_register(settings.MODERATION_REMOTE_CLASSIFIERS)
        models = models_read(settings.MODERATION_MODELS)
        embedding = [name for name, model in models.items() if model.kind is ModelKind.EMBEDDING]
        embedding_models_configure(embedding)
        models_register(name for name in models if name not in embedding)
