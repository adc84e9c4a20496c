"""What do the providers' tests share? No database: a provider has none."""

from collections.abc import Iterator

import pytest

from tests.providers.s360 import S360, scripted


@pytest.fixture
def s360() -> Iterator[S360]:
    with scripted() as script:
        yield script
