"""Run a command, and read what it said."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from tests.scripted import Script, install


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    return install(monkeypatch)


def said(name: str, *words: str, **options: Any) -> str:
    out = StringIO()
    call_command(name, *words, stdout=out, **options)
    return out.getvalue()
