"""How is code shown on a page? Coloured on the server, by classes that static/api/code.css knows: no script, no style
attribute."""

import json
from functools import cache
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexers import get_lexer_by_name

_FORMATTER = HtmlFormatter(nowrap=True, classprefix="c-")


@cache
def coloured(text: str, language: str) -> SafeString:
    """`language`: bash, http, json, python. Pygments escapes the text; what it adds are spans with a class."""
    return mark_safe(highlight(text, get_lexer_by_name(language), _FORMATTER).rstrip("\n"))  # noqa: S308


def as_json(value: Any) -> SafeString:
    return coloured(json.dumps(value, indent=2, ensure_ascii=False), "json")
