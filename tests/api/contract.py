"""
`contracts/rest-v1.json`: what REST v1 says of itself as OpenAPI, from which the front end's types are generated.

Rewrite it with `python -m tests.api.contract`, then the types with `npm run rest` in `frontend/`.
"""

import json
import os

import django

from chatapp.launch.configuration import CHECKOUT

PATH = CHECKOUT / "contracts" / "rest-v1.json"
TYPES = CHECKOUT / "frontend" / "src" / "lib" / "wire" / "rest.ts"


def contract_text() -> str:
    """What the committed file must hold."""
    from chatapp.api.routes import api

    return json.dumps(api.get_openapi_schema(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    PATH.write_text(contract_text(), encoding="utf-8")
