"""The model that `make run` fetches and converts."""

from django.db import migrations

SLUG = "smollm2-135m-instruct"


def seed(apps, schema_editor):
    apps.get_model("catalog", "ChatModel").objects.get_or_create(
        slug=SLUG,
        defaults={
            "name": "SmolLM2 135M",
            "description": "Small and quick, English. For trying things out.",
            "description_zh_hans": "小而快，英文为主，适合试用。",
            "source": "default",
            "path": SLUG,
            "context_window": 8192,
            "max_new_tokens": 1024,
            "num_slots": 16,
            "default_temperature": 0.7,
            "default_system_prompt": "You are a helpful AI assistant named SmolLM, trained by Hugging Face",
            "is_default": True,
        },
    )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
