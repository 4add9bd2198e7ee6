"""`/generations`: where an answer waits."""

from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from chatapp.api.people import person
from chatapp.api.schemas import PlaceOut
from chatapp.generations.selectors import generation_place

router = Router(tags=["generations"])


@router.get("/{uuid:generation_id}/place", response=PlaceOut)
def place_get(request: HttpRequest, generation_id: UUID) -> PlaceOut:
    place = generation_place(owner_id=person(request).id, generation_id=generation_id)
    return PlaceOut(
        status=place.status,  # type: ignore[arg-type]  # the check constraint generation_status holds it to the literal
        position=place.position,
        is_worker_available=place.is_worker_available,
    )
