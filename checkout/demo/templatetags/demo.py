"""How is an amount written?"""

from decimal import Decimal

from babel.numbers import format_currency
from django import template
from django.utils.translation import get_language

register = template.Library()


@register.filter
def price(cents: int, currency: str = "EUR") -> str:
    return format_currency(
        Decimal(cents).scaleb(-2), currency, locale=(get_language() or "en").replace("-", "_")
    )
