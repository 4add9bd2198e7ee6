"""`/models`: what a person can choose."""

from django.http import HttpRequest
from django.utils import translation
from ninja import Router

from chatapp.api.schemas import EngineOut, ModelList, ModelOut
from chatapp.catalog.engines import reason_text
from chatapp.catalog.models import ChatModel
from chatapp.catalog.selectors import model_list_enabled
from chatapp.core.signs_of_life import workers_available
from chatapp.generations.sampling import askable_parameters

router = Router(tags=["models"])


@router.get("", response=ModelList)
def models_list(request: HttpRequest) -> ModelList:
    del request
    rows = model_list_enabled()
    available = workers_available([row.slug for row in rows])
    in_chinese = translation.get_language() == "zh-hans"
    return ModelList(
        items=[
            ModelOut(
                slug=row.slug,
                name=row.name,
                description=(in_chinese and row.description_zh_hans) or row.description,
                context_window=row.context_window,
                max_new_tokens=row.max_new_tokens,
                is_default=row.is_default,
                is_available=available[row.slug],
                engine=_engine(row),
            )
            for row in rows
        ]
    )


def _engine(row: ChatModel) -> EngineOut | None:
    if row.serving_parameters is None:
        return None
    return EngineOut(
        kind=row.serving_engine,
        reason=reason_text(row.serving_reason),
        parameters=askable_parameters(row.serving_parameters),
    )
