"""How are money, moments and means of payment shown? In the reader's language, exactly, with the time zone said."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from babel.core import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext, gettext_lazy

from providers.money import Money

register = template.Library()

# English as it is read in Europe: 21 November 2026, 14:32.
_LOCALES = {"en": "en_GB"}


def _locale() -> Locale:
    language = get_language() or "en"
    return Locale.parse(_LOCALES.get(language, language), sep="-" if "-" in language else "_")


@register.filter
def money(amount: Money) -> str:
    """42,99 €, or €42.99. Never rounded: what is shown is what is asked for."""
    return format_currency(
        amount.decimal, amount.currency, locale=_locale(), currency_digits=True, decimal_quantization=False
    )


@register.filter
def moment(when: datetime) -> SafeString:
    """21 November 2026, 14:32 UTC."""
    return _time(when.astimezone(UTC), plain_moment(when))


def plain_moment(when: datetime) -> str:
    """The same without markup, for messages."""
    at = when.astimezone(UTC)
    date = format_date(at, format="long", locale=_locale())
    return gettext("%(date)s, %(time)s UTC") % {"date": date, "time": _clock(at)}


@register.filter
def deadline(when: datetime) -> SafeString:
    """14:32 UTC, with the date when it is not today's."""
    at = when.astimezone(UTC)
    if at.date() != timezone.now().astimezone(UTC).date():
        return moment(at)
    return _time(at, gettext("%(time)s UTC") % {"time": _clock(at)})


@register.filter
def translated(label: Any) -> str:
    """A provider's own label in the shopper's language; a merchant's own stays as it was written."""
    return gettext(str(label)) if label else ""


def _clock(at: datetime) -> str:
    return format_time(at, format="short", locale=_locale())


def _time(at: datetime, text: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', at.isoformat(timespec="seconds"), text)


# A provider's words for its methods, as far as we know them.
_METHODS = {
    "giftcard": gettext_lazy("gift card"),
    "creditcard": gettext_lazy("credit card"),
    "wallet": gettext_lazy("wallet"),
}


def method_name(method: str) -> str:
    """A kind of means of payment in words, where we know one for the provider's."""
    return str(_METHODS.get(method, method))


def means_of(partner: str, method: str) -> str:
    """gift card · illicado"""
    return " · ".join(filter(None, [method_name(method), partner]))


def names_of(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The means of payment of one split, each (partner, method); two that are called alike are numbered."""
    many, seen = Counter(pairs), Counter[tuple[str, str]]()
    names = []
    for pair in pairs:
        seen[pair] += 1
        names.append(means_of(*pair) + (f" ({seen[pair]})" if many[pair] > 1 else ""))
    return names
