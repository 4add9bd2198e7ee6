"""REST v1: which router answers what."""

from ninja import NinjaAPI
from ninja.security import SessionAuth

from chatapp.api.errors import errors_register
from chatapp.api.parsing import WireParser
from chatapp.api.rendering import WireRenderer
from chatapp.api.routers import appeals, catalog, conversations, generations, me, prompts

# SessionAuth also demands the CSRF token on every writing method.
api = NinjaAPI(
    title="chatapp",
    version="1",
    urls_namespace="api-v1",
    auth=SessionAuth(),
    docs_url="/docs",
    parser=WireParser(),
    renderer=WireRenderer(),
)
errors_register(api)
api.add_router("/me", me.router)
api.add_router("/models", catalog.router)
api.add_router("/prompt-templates", prompts.router)
api.add_router("/conversations", conversations.router)
api.add_router("/generations", generations.router)
api.add_router("", appeals.router)
