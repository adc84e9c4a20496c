"""What did banks take back, and what is to be done about it? On the pages of payments and orders, and as a filter."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from checkout.merchant.scope import limit
from checkout.merchant.shown import provider_name
from checkout.models import Chargeback, Payment

YES, WAITING, NO = "yes", "waiting", "no"


@dataclass(frozen=True)
class Line:
    """A chargeback in the table, and whose it is."""

    row: Chargeback
    payment: Payment
    provider: str


def chargebacks(payments: list[Payment]) -> list[Line]:
    rows = Chargeback.objects.filter(payment__in=payments).order_by("id")
    whose = {payment.pk: payment for payment in payments}
    return [Line(row, whose[row.payment_id], provider_name(whose[row.payment_id].account)) for row in rows]


def advice(lines: list[Line]) -> list[str]:
    """What to do, once for every provider; nothing where nothing was taken back."""
    told = [
        _("If you object, do it in %(provider)s's own back office, before the bank's limit. After it the money "
          "is lost.") % {"provider": name}
        for name in dict.fromkeys(line.provider for line in lines)
    ]  # fmt: skip
    if told:
        told.append(
            _("The bank gives it to the cardholder, so do not refund it as well. A chargeback is no refund: the "
              "payment's own sums stay as they are.")
        )  # fmt: skip
    return told


def waiting(user: Any) -> int:
    """Chargebacks of orders that a person has not marked as seen, as far as `user` may see them."""
    return limit(Chargeback.objects, user).exclude(payment__order__attention="").count()


class ChargedBack(SimpleListFilter):
    title = gettext_lazy("charged back")
    parameter_name = "charged_back"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (YES, gettext_lazy("Yes")),
            (WAITING, gettext_lazy("Yes, and its order needs a person")),
            (NO, gettext_lazy("No")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        taken = Chargeback.objects.values("payment")
        if self.value() == YES:
            return queryset.filter(pk__in=taken)
        if self.value() == WAITING:
            return queryset.filter(pk__in=taken).exclude(order__attention="")
        return queryset.exclude(pk__in=taken) if self.value() == NO else queryset
