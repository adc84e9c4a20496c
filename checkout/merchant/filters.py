"""By what can lists be narrowed? Each filter is one field of a plain form (`list_form`), and needs no script."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.filters import ListFilter
from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from checkout.merchant.scope import limit
from checkout.merchant.shown import provider_name
from checkout.models import Account, Call, Movement, Order, Payment, Shop
from checkout.models.order import KINDS


class Choice(SimpleListFilter):
    """One word of several; `column` is compared with it."""

    column: str
    options: Any = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(value), name) for value, name in self.options]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class Condition(SimpleListFilter):
    """One word of several, each with its name and what it asks of a row."""

    conditions: Mapping[str, tuple[Any, Q]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(word, name) for word, (name, _asked) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        _name, asked = self.conditions.get(str(self.value()), ("", None))
        return queryset.none() if asked is None else queryset.filter(asked)


class OrderStates(Choice):
    title, parameter_name, column = gettext_lazy("state"), "state__exact", "state"
    options = Order.STATES


class PaymentStates(Choice):
    title, parameter_name, column = gettext_lazy("state"), "state__exact", "state"
    options = Payment.STATES


class Kind(Choice):
    title, parameter_name, column = gettext_lazy("kind"), "kind__exact", "kind"
    options = KINDS


class MovementKind(Choice):
    title, parameter_name, column = gettext_lazy("what"), "kind__exact", "kind"
    options = Movement.Kind.choices


class NeedsAPerson(SimpleListFilter):
    title = gettext_lazy("needs a person")
    parameter_name = "flag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Yes")), *Call.choices, ("no", _("No"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if wanted in Call.values:
            return queryset.exclude(attention="").filter(calls__contains=f",{wanted},")
        if wanted == "yes":
            return queryset.exclude(attention="")
        return queryset.filter(attention="") if wanted == "no" else queryset


class Currency(Choice):
    title, parameter_name, column = gettext_lazy("currency"), "currency", "currency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        # Of the latest rows: a DISTINCT over all of them would read the whole table for every page.
        latest = (
            limit(model_admin.model._default_manager, request.user)
            .order_by("-id")
            .values_list("currency", flat=True)[:2000]
        )
        return [
            (code, code) for code in sorted({*latest, *filter(None, [self.used_parameters.get("currency")])})
        ]


class OfShop(Choice):
    """Where there is more than one."""

    title, parameter_name, column = gettext_lazy("shop"), "shop", "shop"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        shops = list(limit(Shop.objects, request.user).order_by("name").values_list("pk", "name"))
        return [(str(pk), name) for pk, name in shops] if len(shops) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if not wanted:
            return queryset
        shop = Shop.objects.filter(pk=wanted).first() if wanted.isdecimal() else None
        return queryset.filter(**{self.column: shop}) if shop else queryset.none()


class PaymentsShop(OfShop):
    column = "account__shop"


class OfAccount(SimpleListFilter):
    title = gettext_lazy("provider account")
    parameter_name = "account__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows = limit(Account.objects, request.user).defer("secrets", "former_secrets")
        return [(str(row.pk), f"{provider_name(row)} · {row.name}") for row in rows]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        known = {str(pk): pk for pk in Account.objects.values_list("pk", flat=True)}
        wanted = known.get(str(self.value()))
        return queryset.filter(account=wanted) if wanted else queryset.none()


class Live(SimpleListFilter):
    title = gettext_lazy("live or test")
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("live", _("live")), ("test", _("test"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("live", "test"):
            return queryset
        modes = dict(Account.objects.values_list("pk", "live"))
        if set(modes.values()) == {self.value() == "live"}:
            return queryset  # all of them are
        # Asked row by row: with a list of accounts, a database would fetch all their rows, and sort them.
        of = Account.objects.filter(pk=OuterRef("account_id"), live=self.value() == "live")
        return queryset.filter(Exists(of)) if self.value() in _words(modes) else queryset.none()


def _words(modes: dict[Any, bool]) -> set[str]:
    return {"live" if live else "test" for live in modes.values()}


_ENDS = ("from", "to")


class Days(ListFilter):
    """From a day to a day, both included, by UTC."""

    title = gettext_lazy("days, UTC")
    template = "merchant/parts/days.html"
    column = "created_at"
    parameter_names = _ENDS  # the field `to` of an e-mail's list is this one, and not the column

    def __init__(
        self, request: HttpRequest, params: dict[str, list[str]], model: type[Model], model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.typed = {name: params.pop(name, [""])[-1].strip() for name in _ENDS}
        self.errors: dict[str, str] = {}
        self.days = {name: self._day(name) for name in self.typed}
        first, last = self.days["from"], self.days["to"]
        if first and last and first > last:
            self.errors["to"] = _("This day is before the first one.")
        self.used_parameters = {name: day for name, day in self.days.items() if day}

    def _day(self, name: str) -> date | None:
        if not self.typed[name]:
            return None
        try:
            return date.fromisoformat(self.typed[name])
        except ValueError:
            self.errors[name] = _("This is no date. Write it like 2026-11-21.")
            return None

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        return iter(())

    def expected_parameters(self) -> list[str | None]:
        return list(_ENDS)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.errors:
            return queryset.none()
        first, last = self.days["from"], self.days["to"]
        if first:
            queryset = queryset.filter(**{f"{self.column}__gte": _begins(first)})
        if last and last < date.max:
            queryset = queryset.filter(**{f"{self.column}__lt": _begins(last + timedelta(days=1))})
        return queryset


class MovedDays(Days):
    column = "at"


class ReceivedDays(Days):
    column = "received_at"


def _begins(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
