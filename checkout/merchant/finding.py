"""Which orders or payments does somebody mean, who reads something over the phone?

Whatever is typed is tried as everything that it can be, each by a short look of its own along one index; an OR over all
of them would read the whole table. What fits too many rows is cut, and says so.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Upper
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThan
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from checkout.models import Account, Agreement, Order, Payment, ProviderReference
from providers.money import Money, with_exponent

HELP = _(
    "Order number, shop’s reference or e-mail (the beginning will do), last four digits of the card, provider’s id, "
    "payment reference, agreement, or an amount such as 42.99 or 42.99 EUR"
)
# Rows that one thing may fit; a list turns no more pages than that, either (`paging.FURTHEST`).
MOST = 10_000
_LEAST = 3  # characters of a beginning: fewer fit everything
_LAST = "\U0010ffff"  # sorts after whatever else may follow

_NUMBER = re.compile(r"(?:G-?)?([2-9A-HJKMNP-Z]{9})", re.IGNORECASE)
# As our own pages write a card, "Visa •••• 4242", and as others do.
_CARD = re.compile(r"(?:.{0,30}(?:[•·*]|[xX]{2})\s*)?([0-9]{4})")
_SPELT = re.compile(r"[\s.-]+")  # between the letters of a number that is read out in groups
_AMOUNT = re.compile(r"(?P<before>[A-Z]{3})?(?P<figures>\d[\d.,]*)(?P<after>[A-Z]{3})?", re.IGNORECASE)
_SIGNS = {"€": "EUR", "£": "GBP", "$": "", "¥": "JPY"}
_EXPONENTS = (0, 2, 3, 4)  # of ISO 4217


@dataclass(frozen=True)
class Found:
    """Primary keys; `more`: there would be more than these."""

    pks: list[int]
    more: bool = False


def find_orders(typed: str) -> Found:
    return _cut(_orders(typed.strip()))


def find_payments(typed: str) -> Found:
    return _cut(_payments(typed.strip()))


def _cut(looks: Iterable[QuerySet[Any, int]]) -> Found:
    pks: dict[int, None] = {}
    more = False
    for rows in looks:
        found = list(rows[: MOST + 1])
        more = more or len(found) > MOST
        pks.update(dict.fromkeys(found[:MOST]))
    return Found(list(pks), more)


def _orders(term: str) -> Iterator[QuerySet[Any, int]]:
    orders = Order.objects.order_by()
    if not term or "\x00" in term:
        return
    for words in _order_words(term):
        yield orders.filter(words).values_list("pk", flat=True)
    for words in _payment_words(term):
        yield Payment.objects.order_by().filter(words).values_list("order", flat=True)
    yield _spoken_of(term).values_list("payment__order", flat=True)
    agreements = Agreement.objects.filter(number=term.upper()).order_by()
    yield orders.filter(agreement__in=list(agreements)).values_list("pk", flat=True)
    yield agreements.values_list("payment__order", flat=True)
    for words in _amounts(term):
        yield Order.objects.filter(words).order_by("-pk").values_list("pk", flat=True)


def _payments(term: str) -> Iterator[QuerySet[Any, int]]:
    payments = Payment.objects.order_by()
    if not term or "\x00" in term:
        return
    for words in _payment_words(term):
        yield payments.filter(words).values_list("pk", flat=True)
    yield _spoken_of(term).values_list("payment", flat=True)
    agreements = Agreement.objects.filter(number=term.upper()).order_by()
    yield agreements.values_list("payment", flat=True)
    yield payments.filter(order__agreement__in=list(agreements)).values_list("pk", flat=True)
    for words in _order_words(term):
        found = list(Order.objects.filter(words).order_by().values_list("pk", flat=True)[: MOST + 1])
        if found:
            yield payments.filter(order__in=found).values_list("pk", flat=True)
    for words in _amounts(term):
        yield Payment.objects.filter(words).order_by("-pk").values_list("pk", flat=True)


# What a term can be, each as a condition that one index answers


def _order_words(term: str) -> Iterator[Q]:
    if number := _NUMBER.fullmatch(term) or _NUMBER.fullmatch(_SPELT.sub("", term)):
        yield Q(number=f"G-{number[1].upper()}")
    elif re.fullmatch(r"G-[2-9A-Z]{2,8}", term, re.IGNORECASE):
        yield from _beginning("number", term, any_case=False)
    for column in ("reference", "email"):
        yield Q(Exact(Upper(column), Upper(Value(term))))
        if len(term) >= _LEAST:
            yield from _beginning(column, term)


def _payment_words(term: str) -> Iterator[Q]:
    yield Q(reference=term.upper() if term.upper().startswith("G-") else f"G-{term.upper()}")
    yield Q(provider_id=term)
    if card := _CARD.fullmatch(term):
        yield Q(card_last4=card[1])


def _spoken_of(term: str) -> QuerySet[ProviderReference]:
    # The index begins with the account, and there are few of those.
    accounts = list(Account.objects.values_list("pk", flat=True).order_by())
    return ProviderReference.objects.filter(account__in=accounts, value=term).order_by()


def _beginning(column: str, term: str, *, any_case: bool = True) -> Iterator[Q]:
    """Rows whose column begins like this. PostgreSQL has an index for LIKE beside each of these columns, by the case
    that was stored; SQLite has none that LIKE could use, and reads a stretch of the index on the upper case."""
    if connection.vendor == "postgresql":
        for spelt in dict.fromkeys([term, term.lower(), term.upper()]) if any_case else [term.upper()]:
            yield Q(**{f"{column}__startswith": spelt})
    elif any_case:
        begins, ends = Upper(Value(term)), Upper(Value(term + _LAST))
        yield Q(GreaterThanOrEqual(Upper(column), begins), LessThan(Upper(column), ends))
    else:
        yield Q(**{f"{column}__gte": term.upper(), f"{column}__lt": term.upper() + _LAST})


# Amounts


def _amounts(term: str) -> Iterator[Q]:
    """42.99, 42,99, 1 234.50, 42.99 EUR, EUR 42, €42: as much of that currency, or of any where none is named."""
    for amount, currency in amounts_in(term):
        for minor, where in _minor_units(amount, currency):
            yield Q(amount_minor=minor) & where


def amounts_in(term: str) -> list[tuple[Decimal, str]]:
    """(amount in major units, currency or "") for each way of reading what was typed."""
    text = re.sub(r"[\s\u00a0\u202f'’]", "", term)
    for sign, code in _SIGNS.items():
        text = text.replace(sign, code)
    read = _AMOUNT.fullmatch(text)
    if read is None or (read["before"] and read["after"]) or len(read["figures"]) > 15:
        return []
    currency = (read["before"] or read["after"] or "").upper()
    return [(amount, currency) for amount in _readings(read["figures"])]


def _readings(figures: str) -> list[Decimal]:
    """1.234 is one and a bit, or a thousand and more: both. The last of two different marks is the decimal one."""
    whole = re.sub(r"[.,]", "", figures)
    parts = re.split(r"[.,]", figures)
    if len(parts) == 1:
        return [Decimal(whole)]
    readings = []
    marks = re.findall(r"[.,]", figures)
    if len(marks) == 1 or (marks[-1] not in marks[:-1]):
        fraction = parts[-1]
        readings.append(Decimal(f"{whole[: len(whole) - len(fraction)]}.{fraction or 0}"))
    if len(set(marks)) == 1 and all(len(part) == 3 for part in parts[1:]):
        readings.append(Decimal(whole))
    return readings


def _minor_units(amount: Decimal, currency: str) -> Iterator[tuple[int, Q]]:
    if currency:
        try:
            yield Money.of(amount, currency).minor, Q(currency=currency)
        except ValueError:
            return  # more decimals than this currency has: nothing costs that
        return
    for places in _EXPONENTS:
        minor = amount.scaleb(places)
        if minor == minor.to_integral_value() and minor <= 2**62:
            yield int(minor), _of_exponent(places)


def _of_exponent(places: int) -> Q:
    """Currencies whose minor unit has so many decimals."""
    if places == 2:
        return ~Q(currency__in=[code for other in _EXPONENTS for code in with_exponent(other)])
    return Q(currency__in=with_exponent(places))


def too_many(request: HttpRequest) -> bool:
    """Did the search that this request brought fit more than is listed?"""
    return getattr(request, "found_too_many", False)


def too_many_text() -> str:
    return gettext(
        "More than %(most)s rows fit what you typed, and not all of them are listed. Type more of it."
    ) % {"most": f"{MOST:,}"}
