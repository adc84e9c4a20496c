"""Orders in every state, written as rows: what the pages have to show."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from checkout.models import (
    Account,
    ApiKey,
    Delivery,
    Exchange,
    Operation,
    Order,
    Payment,
    ProviderReference,
    SavedCard,
    Shop,
    ShopEvent,
    Tender,
)
from checkout.payments.timeline import Weight, Who, tell
from checkout.states import OrderState, State
from providers.base import OperationStatus, Verb
from tests.merchant.scripted import API_SECRET, RING_SECRET, Scripted, ScriptedSettings
from tests.movements import note_its_money

WEBHOOK_SECRET = "whsec_Y2FuYXJ5LXdlYmhvb2stc2VjcmV0LTEyMzQ="
CARD_TOKEN = "canary-card-token-90ef"
CANARIES = (API_SECRET, RING_SECRET, WEBHOOK_SECRET, CARD_TOKEN)

_SUMS = {
    State.AUTHORIZED: {"authorized_minor": 4299},
    State.PAID: {"authorized_minor": 4299, "captured_minor": 4299},
    State.REFUNDED: {"authorized_minor": 4299, "captured_minor": 4299, "refunded_minor": 4299},
}
_ORDER_STATE = {
    State.PAID: OrderState.PAID,
    State.REFUNDED: OrderState.PAID,
    State.CANCELED: OrderState.CANCELED,
    State.EXPIRED: OrderState.EXPIRED,
}


def shop() -> Shop:
    return Shop.objects.create(
        name="Museum shop",
        slug="museum",
        webhook_url="https://shop.example/hooks",
        webhook_secret=WEBHOOK_SECRET,
    )


def account(of: Shop, **fields: Any) -> Account:
    row = Account(shop=of, **{"provider": "scripted", "name": "Scripted, test", **fields})
    row.store_settings(ScriptedSettings(merchant_id="M1", api_secret=API_SECRET, ring_secret=RING_SECRET))
    row.save()
    return row


def order(of: Shop, **fields: Any) -> Order:
    count = Order.objects.count() + 1
    values: dict[str, Any] = {
        "reference": f"SHOP-{count}",
        "amount_minor": 4299,
        "currency": "EUR",
        "email": f"ada{count}@example.org",
        "customer": {"reference": "C-7", "first_name": "Ada", "email": f"ada{count}@example.org"},
        "items": [{"name": "Catalogue", "quantity": 1, "unit_price": 4299, "sku": "CAT"}],
        "metadata": {"till": "3"},
        "expires_at": timezone.now() + timedelta(minutes=25),
    }
    row = Order.objects.create(shop=of, **{**values, **fields})
    tell(row, "order.created", who=Who.SHOP, money=str(row.money), until="2026-11-21 14:32 UTC")
    return row


def payment(of: Order, at: Account, state: State = State.STARTED, **fields: Any) -> Payment:
    """An attempt in `state`, with the sums that go with it; its order is moved to where it belongs."""
    number = of.payments.count() + 1
    values: dict[str, Any] = {
        "number": number,
        "reference": f"{of.number}-{number}",
        "amount_minor": of.amount_minor,
        "currency": of.currency,
        "provider_id": f"P-{of.number}-{number}",
        **_SUMS.get(state, {}),
    }
    if state in _SUMS:
        values |= {"card_brand": "Visa", "card_last4": "1111"}
    if state is State.FAILED:
        values |= {
            "decline_code": "51",
            "decline_message": "Not enough money.",
            "decline_reason": "insufficient_funds",
        }
    row = Payment.objects.create(order=of, account=at, state=state, **{**values, **fields})
    note_its_money(row)
    ProviderReference.objects.create(payment=row, account=at, value=row.provider_id)
    tell(of, "payment.created", payment=row, who=Who.SHOPPER, method="Scripted card")
    if state in _ORDER_STATE:
        of.state = _ORDER_STATE[state]
        of.paid_at = timezone.now() if of.state == OrderState.PAID else None
        of.save()
    return row


def split(of: Order, at: Account, *parts: tuple[str, str, int], state: State = State.AUTHORIZED) -> Payment:
    """A payment of several means, each (partner, method, how much); paid: all of it is captured."""
    whole = sum(minor for *_means, minor in parts)
    of.amount_minor = whole
    of.save()
    captured = state is not State.AUTHORIZED
    row = payment(of, at, state, authorized_minor=whole, captured_minor=whole if captured else 0)
    for position, (partner, method, minor) in enumerate(parts):
        Tender.objects.create(
            payment=row, tender_id=f"T-{row.pk}-{position}", position=position, partner=partner, method=method,
            authorized_minor=minor, captured_minor=minor if captured else 0,
        )  # fmt: skip
    return row


def card(of: Shop, at: Account, customer: str = "C-7", **fields: Any) -> SavedCard:
    values = {"brand": "Visa", "last4": "1111", "expiry_month": 4, "expiry_year": 2031}
    return SavedCard.objects.create(
        shop=of, account=at, customer_reference=customer, token=CARD_TOKEN,
        fingerprint=f"f{SavedCard.objects.count()}", consented_at=timezone.now(), **{**values, **fields},
    )  # fmt: skip


def everything(of: Shop, at: Account) -> list[Order]:
    """One order for every state a payment can be in, with all that can hang on one."""
    orders = []
    for state in State:
        row = order(of)
        paid = payment(row, at, state)
        Exchange.objects.create(
            account=at, payment=paid, method="POST", url="https://scripted.example/v1/pay", request='{"amount": 4299}',
            status=200, answer='{"status": "ok", "token": "***"}', milliseconds=120,
        )  # fmt: skip
        tell(
            row,
            f"payment.{state}",
            payment=paid,
            who=Who.PROVIDER,
            weight=Weight.GOOD,
            money=str(paid.money),
            why="—",
        )
        Delivery.objects.create(
            account=at, key=f"k{row.pk}", about="payment changed", payment=paid, body='{"id": 1}'
        )
        ShopEvent.objects.create(shop=of, order=row, type=f"order.{state}", payload={"type": "x"})
        for means in ("gift card", "card"):
            Tender.objects.create(
                payment=paid,
                tender_id=means,
                position=0,
                partner="partner",
                method=means,
                authorized_minor=2000,
            )
        orders.append(row)
    refunded = Payment.objects.get(state=State.REFUNDED)
    Operation.objects.create(
        payment=refunded,
        verb=Verb.REFUND,
        amount_minor=4299,
        currency="EUR",
        key="old",
        status=OperationStatus.SUCCESS,
    )
    flagged = orders[-1]
    flagged.attention = "42.99 EUR came after the order was expired"
    flagged.save()
    tell(flagged, "order.attention", who=Who.GUICHET, weight=Weight.WARNING, why=flagged.attention)
    card(of, at)
    ApiKey.issue(of, "till")
    return orders


__all__ = ["CANARIES", "Scripted", "account", "card", "everything", "order", "payment", "shop", "split"]
