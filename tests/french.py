"""French that a test brings along, whatever the catalogue says, to tell a sentence that is looked up from one that is
not."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from unittest.mock import patch

from django.utils.translation import deactivate, trans_real


@contextmanager
def spoken(texts: Mapping[str, str]) -> Iterator[None]:
    """Each English text in a French of the test's own, marked as such: {"It is over.": "[fr] Fini."}. A request in
    French leaves its thread in French; after this the next test begins in English."""
    first = trans_real.translation("fr")._catalog._catalogs[0]  # type: ignore[attr-defined]
    try:
        with patch.dict(first, texts):
            yield
    finally:
        deactivate()
