"""The web process: HTTP to Django, /ws/v1 to the consumer."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

from chatapp.private_files import files_keep_private

files_keep_private()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatapp.settings")
django_application = get_asgi_application()

# After Django is set up: consumers import models.
from channels.auth import AuthMiddlewareStack  # noqa: E402
from django.urls import path, re_path  # noqa: E402

from chatapp.realtime.close_codes import close_codes_allow  # noqa: E402
from chatapp.realtime.consumers import ChatConsumer  # noqa: E402
from chatapp.realtime.doors import host_allowed, no_socket  # noqa: E402
from chatapp.realtime.incoming import incoming_bound  # noqa: E402

incoming_bound()
close_codes_allow()

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": host_allowed(
            URLRouter(
                [
                    path("ws/v1", AuthMiddlewareStack(ChatConsumer.as_asgi())),
                    re_path("", no_socket),  # type: ignore[arg-type]  # channels routes applications, not views
                ]
            )
        ),
    }
)
