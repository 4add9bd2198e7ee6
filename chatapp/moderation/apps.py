"""What moderation is made of when a process begins: the one place that knows all kinds of rules and the settings."""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chatapp.moderation.judging.classifiers.linear import bundled_classifier
from chatapp.moderation.judging.classifiers.model_settings import ModelKind, models_read
from chatapp.moderation.judging.classifiers.services import services_read
from chatapp.moderation.judging.kinds import KINDS
from chatapp.moderation.judging.offer import Offer
from chatapp.moderation.judging.rulesets.rule import DEFAULT_CLASSIFIER
from chatapp.moderation.offer import offer_set


class ModerationConfig(AppConfig):
    name = "chatapp.moderation"
    label = "moderation"
    verbose_name = _("Moderation")

    def ready(self) -> None:
        remotes, models = settings.MODERATION_REMOTE_CLASSIFIERS, settings.MODERATION_MODELS
        offer_set(offer_of_settings(remotes=remotes, models=models))


def offer_of_settings(*, remotes: Mapping[str, Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]) -> Offer:
    """
    The bundled classifier answers at once, anywhere; services over HTTP anywhere, but who asks waits; models in model
    workers alone, whose own offer says what answers there.

    :raises RemoteSettingsInvalid, RemoteAddressInvalid, ModelSettingsInvalid, ClassifierNameTaken: for wrong settings.
    """
    kinds = {name: model.kind for name, model in models_read(models).items()}
    embedding = [name for name, kind in kinds.items() if kind is ModelKind.EMBEDDING]
    judging = [name for name in kinds if name not in embedding]
    bundled = Offer(KINDS, classifiers={DEFAULT_CLASSIFIER: bundled_classifier})
    return bundled.with_services(services_read(remotes)).with_models(judging).with_embedding_models(embedding)
