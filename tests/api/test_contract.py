"""The description of REST v1, and the front end's types that are generated from it."""

import re
from hashlib import sha256

from tests.api.contract import PATH, TYPES, contract_text

REWRITE = "rewrite both: python -m tests.api.contract, then npm run rest in frontend/"


class TestContract:
    def test_file_is_what_the_api_says_of_itself(self):
        assert PATH.read_text(encoding="utf-8") == contract_text(), REWRITE


class TestTypes:
    def test_were_generated_from_the_contract_and_not_edited_since(self):
        head, types = TYPES.read_text(encoding="utf-8").split(" */\n", maxsplit=1)

        assert dict(re.findall(r"(\w+) sha256:(\w+)", head)) == {
            "contract": sha256(PATH.read_bytes()).hexdigest(),
            "types": sha256(types.encode()).hexdigest(),
        }, REWRITE
