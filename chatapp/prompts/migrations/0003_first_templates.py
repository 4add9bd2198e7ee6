"""Three templates to begin with; the library comes later."""

from django.db import migrations

TEMPLATES = [
    {
        "slug": "translator",
        "title": "Translator",
        "title_zh_hans": "翻译",
        "description": "Translates what you write, and nothing else.",
        "description_zh_hans": "只翻译你写的内容。",
        "text": "You are a translator. Translate every message of the user into {{ language }}. "
        "Answer with the translation only.",
        "variables": [{"name": "language", "label": "Language", "required": True, "default": ""}],
    },
    {
        "slug": "explain-simply",
        "title": "Explain simply",
        "title_zh_hans": "讲得简单些",
        "description": "Short answers in everyday words.",
        "description_zh_hans": "用日常的话简短回答。",
        "text": "Explain in everyday words that {{ audience }} understands. Use short sentences and one example.",
        "variables": [{"name": "audience", "label": "For whom", "required": False, "default": "a curious beginner"}],
    },
    {
        "slug": "code-reviewer",
        "title": "Code reviewer",
        "title_zh_hans": "代码审阅",
        "description": "Finds mistakes in code and says how to mend them.",
        "description_zh_hans": "找出代码里的错误，并说明怎么改。",
        "text": "You review code. Name each mistake, say why it is one, and show the corrected lines.",
        "variables": [],
    },
]


def seed(apps, schema_editor):
    template_model = apps.get_model("prompts", "PromptTemplate")
    version_model = apps.get_model("prompts", "PromptTemplateVersion")
    for entry in TEMPLATES:
        about = {key: value for key, value in entry.items() if key not in {"text", "variables"}}
        template, created = template_model.objects.get_or_create(slug=about.pop("slug"), defaults=about)
        if created:
            version_model.objects.create(template=template, version=1, text=entry["text"], variables=entry["variables"])


class Migration(migrations.Migration):
    dependencies = [("prompts", "0002_versions_are_immutable")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
