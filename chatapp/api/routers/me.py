"""`/me`: the signed-in person."""

from django.http import HttpRequest
from ninja import Router

from chatapp.accounts.services import user_update
from chatapp.api.people import me_view, person
from chatapp.api.schemas import MeOut, MePatch

router = Router(tags=["me"])


@router.get("", response=MeOut)
def me_get(request: HttpRequest) -> MeOut:
    return me_view(person(request))


@router.patch("", response=MeOut)
def me_patch(request: HttpRequest, body: MePatch) -> MeOut:
    return me_view(user_update(user=person(request), language=body.language, display_name=body.display_name))
