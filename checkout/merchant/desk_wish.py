"""What is to be taken by phone: of which kind, under which terms, how much of it today, and which inputs of the
provider's form cannot be changed?"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from checkout.models import Account, Order
from checkout.payments.border import prospective_charge
from checkout.payments.terms import terms_as_json, terms_of
from providers.agreements import Terms
from providers.base import Charge, Desk, Kind
from providers.money import Money


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the desk's form asks for, once it is right."""

    kind: Kind
    terms: Terms | None
    money: Money  # due today
    capture_later: bool
    locked: tuple[str, ...] | None = None  # names of inputs; None: all of them
    reference: str = ""  # of a new order
    columns: Mapping[str, Any] = field(default_factory=dict)  # what else a new order has

    @classmethod
    def of(cls, order: Order) -> "Wish":
        """What the order is already."""
        return cls(
            kind=Kind(order.kind),
            terms=terms_of(order.terms, order.currency),
            money=order.money,
            capture_later=order.capture_later,
        )

    def terms_json(self) -> dict[str, Any]:
        return terms_as_json(self.terms) if self.terms else {}

    def all_columns(self) -> dict[str, Any]:
        """Of a new order, but for its reference and its money."""
        return {
            **self.columns,
            "kind": self.kind.value,
            "terms": self.terms_json(),
            "capture_later": self.capture_later,
        }

    def order_of(self, account: Account, order: Order | None) -> Order:
        """The order as it would be. Not saved."""
        if order is None:
            return Order(
                shop=account.shop,
                reference=self.reference,
                amount_minor=self.money.minor,
                currency=self.money.currency,
                expires_at=timezone.now() + timedelta(minutes=account.shop.hold_minutes),
                **self.all_columns(),
            )
        changed = copy.copy(order)
        changed.kind, changed.terms, changed.capture_later = (
            self.kind.value,
            self.terms_json(),
            self.capture_later,
        )
        changed.amount_minor = self.money.minor
        return changed

    def charge(self, account: Account, order: Order | None) -> Charge:
        """What the provider would be asked to take, to hear beforehand whether it could."""
        desk = Desk(back=settings.SITE_URL + reverse("admin:index"), locked=self.locked)
        return replace(prospective_charge(self.order_of(account, order), account), desk=desk)

    def value_at(self, path: str, account: Account, order: Order | None) -> Any:
        """What stands at `path` of the order as a shop would send it, "terms.trial.amount"; None when nothing does."""
        row = self.order_of(account, order)
        found: Any = {
            "reference": row.reference,
            "amount": row.amount_minor,
            "currency": row.currency,
            "kind": row.kind,
            "description": row.description,
            "language": row.language,
            "capture_later": row.capture_later,
            "customer": row.customer,
            "terms": row.terms,
            "options": row.options,
        }
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return found
