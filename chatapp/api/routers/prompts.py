"""`/prompt-templates`: what a conversation can begin with."""

from django.http import HttpRequest
from django.utils import translation
from ninja import Router

from chatapp.api.schemas import TemplateList, TemplateOut, VariableOut
from chatapp.prompts.selectors import template_list_published

router = Router(tags=["prompt templates"])


@router.get("", response=TemplateList)
def templates_list(request: HttpRequest) -> TemplateList:
    del request
    in_chinese = translation.get_language() == "zh-hans"
    return TemplateList(
        items=[
            TemplateOut(
                slug=template.slug,
                title=(in_chinese and template.title_zh_hans) or template.title,
                description=(in_chinese and template.description_zh_hans) or template.description,
                version=version.version,
                variables=[VariableOut(**variable) for variable in version.variables],
            )
            for template, version in template_list_published()
        ]
    )
