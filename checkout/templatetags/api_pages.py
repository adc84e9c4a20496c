"""How is a sentence of the API's description set? Its `words in ticks` as code."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_TICKS = re.compile(r"`([^`]+)`")


@register.filter
def ticks(text: str) -> SafeString:
    return mark_safe(_TICKS.sub(r"<code>\1</code>", escape(text)))  # noqa: S308  # escaped just now
