"""One running product for all end-to-end tests, and people who use it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.client import Person
from tests.support.product import Product, running_product


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running_product(Path(tmp_path_factory.mktemp("product"))) as product:
        yield product


@pytest.fixture
def person(product: Product) -> Person:
    return product.person()
