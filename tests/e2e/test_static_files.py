"""What a browser loads of the front end, as the running product sends it."""

import gzip
import re
import urllib.request
from email.message import Message

import brotli
import pytest

from tests.support.client import Person
from tests.support.product import Product

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


def fetch(address: str, *, accepted: str) -> tuple[Message, bytes]:
    request = urllib.request.Request(address, headers={"Accept-Encoding": accepted})  # our own server
    with urllib.request.urlopen(request, timeout=30) as answer:  # our own server
        return answer.headers, answer.read()


@pytest.fixture
def assets(product: Product, person: Person) -> list[str]:
    """The addresses of the scripts and styles that the page names."""
    page = person.page("/")
    return [
        f"{product.address}{path}"
        for path in sorted(set(re.findall(r'"(/static/app/assets/[^"]+\.(?:js|css))"', page)))
    ]


class TestTheFrontEnd:
    def test_is_sent_compressed_for_good_and_unpacks_to_the_same(self, assets: list[str]):
        assert assets
        for address in assets:
            sizes = {}
            plain = fetch(address, accepted="identity")[1]
            for accepted, encoding in (("gzip, deflate, br, zstd", "br"), ("gzip", "gzip"), ("identity", "")):
                headers, body = fetch(address, accepted=accepted)

                assert (headers["Content-Encoding"] or "") == encoding
                assert UNPACK[encoding](body) == plain
                assert headers["Vary"] == "Accept-Encoding"
                assert "immutable" in headers["Cache-Control"]
                sizes[encoding] = len(body)
            assert sizes["br"] < sizes["gzip"] < sizes[""]
