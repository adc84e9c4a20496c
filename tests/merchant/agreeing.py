"""Agreements, written as rows, and a provider that says how they stand: what the pages of agreements have to show."""

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db import connection
from django.test import Client
from django.urls import reverse

from checkout.models import Account, Agreement, Payment, Shop
from checkout.payments.timeline import Who, tell
from checkout.states import State
from providers.agreements import Agreement as Agreed
from providers.agreements import AgreementReport, AgreementState, Ending, NextEvent, Phase
from providers.base import Provider
from providers.errors import ProviderError
from tests.merchant import rows
from tests.merchant.scripted import Scripted

TERMS = {
    "amount": 1500,
    "period": {"count": 1, "unit": "month"},
    "initial_amount": 10000,
    "trial": {"amount": 100, "period": {"count": 7, "unit": "day"}},
}
IN_WORDS = "1.00 GBP for 7 days, then 100.00 GBP, then 15.00 GBP every month until it is ended"
NEXT = datetime(2027, 3, 1, 9, 30, tzinfo=UTC)
LIST = "admin:checkout_agreement_changelist"


class Agreeing(Scripted):
    slug = "agreeing"
    name = "Agreeing Pay"
    stands: ClassVar[AgreementReport | ProviderError]
    told: ClassVar[list[tuple[Any, ...]]] = []

    def _stand(self, *what: Any) -> AgreementReport:
        Agreeing.told.append(what)
        Scripted.in_transaction.append(connection.in_atomic_block)
        if isinstance(Agreeing.stands, ProviderError):
            raise Agreeing.stands
        return Agreeing.stands

    def sync_agreement(self, agreement: Agreed) -> AgreementReport:
        return self._stand("ask", agreement.provider_id)

    def end_agreement(self, agreement: Agreed, ending: Ending) -> AgreementReport:
        return self._stand("end", agreement.provider_id, ending)


class Forgetful(Agreeing):
    """... which tells nothing of its agreements once they are made."""

    slug = "forgetful"
    sync_agreement = Provider.sync_agreement
    end_agreement = Provider.end_agreement


def standing(**fields: Any) -> AgreementReport:
    usual: dict[str, Any] = {
        "provider_id": "S-1",
        "state": AgreementState.ACTIVE,
        "phase": Phase.BILLING,
        "next_event": NextEvent(what="bill", at=NEXT),
        "may_charge": True,
        "endings": tuple(Ending),
    }
    return AgreementReport(**{**usual, **fields})


def agreement(of: Shop, at: Account, **fields: Any) -> Agreement:
    """An active subscription: 1.00 GBP was paid for the trial."""
    kind = fields.get("kind", "subscription")
    order = rows.order(of, kind=kind, amount_minor=100, currency="GBP", terms=fields.get("terms", TERMS))
    first = rows.payment(order, at, State.PAID, authorized_minor=100, captured_minor=100)
    values: dict[str, Any] = {
        "provider_id": f"S-{Agreement.objects.count() + 1}",
        "customer_reference": "C-7",
        "kind": "subscription",
        "state": AgreementState.ACTIVE,
        "phase": Phase.BILLING,
        "currency": "GBP",
        "terms": TERMS,
        "next_event": "bill",
        "next_event_at": NEXT,
        "began_at": datetime(2026, 11, 1, 8, 0, tzinfo=UTC),
        "may_charge": True,
        "endings": ["now", "period_end"],
    }
    row = Agreement.objects.create(shop=of, account=at, payment=first, **{**values, **fields})
    tell(order, "agreement.begun", payment=first, who=Who.PROVIDER, provider_id=row.provider_id)
    return row


def further(row: Agreement, state: State = State.PAID, minor: int = 1500, **sums: int) -> Payment:
    """A payment that the agreement made by itself."""
    first = row.payment.order
    number = row.orders.count() + 2
    order = rows.order(row.shop, reference=f"{first.reference}/{number}", agreement=row, amount_minor=minor,
                       currency="GBP")  # fmt: skip
    taken = {"authorized_minor": minor, "captured_minor": minor} if state is State.PAID else {}
    return rows.payment(order, row.account, state, occasion="recurring", **{**taken, **sums})


def page(row: Any) -> str:
    return reverse(f"admin:checkout_{row._meta.model_name}_change", args=[row.pk])


def words(html: str) -> str:
    """What is read, without the tags and their white space."""
    text = re.sub(r"<[^>]*>", " ", html[html.index('class="g-page"') :])
    return re.sub(r"\s+", " ", text).replace("&#x27;", "'").replace("&quot;", '"')


def look(client: Client, row: Any) -> str:
    return words(client.get(page(row)).content.decode())


def numbers(html: str) -> list[str]:
    return re.findall(r">(A-[2-9A-Z]{9})</span></a>", html)


def listed(client: Client, query: str = "") -> list[str]:
    return numbers(client.get(reverse(LIST) + query).content.decode())


def named(text: str, row: Agreement) -> str:
    return text.replace("#", row.number)
