"""How does a test set up and end EPC payments without a browser? /_sandbox/epc/, told in docs/sandbox.md."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest

from providers.sandbox import accounts, cards, outbox
from providers.sandbox.api import api
from providers.sandbox.cards import Ending
from providers.sandbox.epc import orders, payments, shapes
from providers.sandbox.epc.models import EpcItem, EpcOrder, EpcPayment
from providers.sandbox.epc.orders import SLUG
from providers.sandbox.fields import Fields, Wrong
from providers.sandbox.standins import Row

# Words that may end a payment without a card.
OUTCOMES = (
    Ending.APPROVE, Ending.REFUSE, Ending.CANCEL, Ending.CHALLENGE, Ending.CHALLENGE_REFUSE, Ending.DELAYED,
    Ending.NO_ANSWER,
)  # fmt: skip


class Missing(Wrong):
    """404: there is no such order or payment."""

    status = 404


@api("GET", "PUT")
def catalogue(request: HttpRequest, fields: Fields) -> Any:
    """`{"items": [{"itemId", "name", "price" (thousandths), "audienceSubCategoryId"}]}`; PUT replaces all."""
    with transaction.atomic():
        if request.method == "PUT":
            fields.only(("items",))
            items = [
                EpcItem(
                    item_id=item.integer("itemId", least=1), name=item.text("name", longest=200),
                    price=item.integer("price", least=0),
                    audience_sub_category_id=item.optional_integer("audienceSubCategoryId", least=1)
                    or orders.AUDIENCE_SUB_CATEGORY_ID,
                )
                for item in fields.objects("items")
            ]  # fmt: skip
            EpcItem.objects.all().delete()
            EpcItem.objects.bulk_create(items)
        stock = orders.catalogue()
    return {
        "items": [
            {"itemId": item.item_id, "name": item.name, "price": item.price,
             "audienceSubCategoryId": item.audience_sub_category_id}
            for item in stock.values()
        ]
    }  # fmt: skip


def _payment(payment: EpcPayment) -> dict[str, Any]:
    return {
        "paymentId": payment.payment_id, "paymentIdentifier": payment.identifier,
        "transactionId": payment.transaction_id, "attempt": payment.attempt, "amount": payment.amount,
        "currency": payment.currency, "paymentStatus": payment.status, "sessionId": payment.session_id,
        "returnUrl": payment.return_url, "card": payment.masked or None, "cardAlias": payment.alias or None,
        "reason": payment.reason or None, "challenge": bool(payment.challenge),
    }  # fmt: skip


def _in_order(order: EpcOrder) -> list[EpcPayment]:
    """Sorted here, not by the database: a list of orders has fetched them all already."""
    return sorted(order.payments.all(), key=lambda payment: (payment.attempt, payment.payment_id))


def _order(order: EpcOrder) -> dict[str, Any]:
    return {
        "orderId": order.order_id, "account": order.account, "orderState": order.state,
        "amount": order.amount, "currency": order.currency,
        "externalReference": order.external_reference or None, "finalising": order.finalising,
        "createdAt": order.created_at.isoformat(), "expiresAt": order.expires_at.isoformat(),
        "payments": [_payment(payment) for payment in _in_order(order)],
    }  # fmt: skip


@api("GET")
def list_orders(_request: HttpRequest, _fields: Fields) -> Any:
    newest = EpcOrder.objects.prefetch_related("payments").order_by("-created_at")[:200]
    return {"orders": [_order(order) for order in newest]}


@api("GET")
def one_order(_request: HttpRequest, _fields: Fields, order_id: int) -> Any:
    return _order(_find_order(order_id))


def _find_order(order_id: int) -> EpcOrder:
    order = EpcOrder.objects.filter(order_id=order_id).first()
    if order is None:
        raise Missing("orderId", f"order {order_id} is not known")
    return order


@api("POST")
def notify(_request: HttpRequest, fields: Fields, order_id: int) -> Any:
    """Send the order's webhook now, whatever its state; `{"forged": true}`: one that claims it is closed."""
    fields.only(("forged",))
    order = _find_order(order_id)
    settings = accounts.settings_of(SLUG, order.account)
    if not settings["notification_url"]:
        raise Wrong("notification_url", "is not set on the account")
    message = outbox.Outgoing({}, orders.webhook(order, settings))
    if fields.boolean("forged"):
        message = orders.forge(message)
    with transaction.atomic():
        sent = outbox.post(SLUG, str(order_id), settings["notification_url"], message.body, message.headers)
    return {"notifications": [notification.pk for notification in sent]}


@api("POST")
def pay(_request: HttpRequest, fields: Fields, transaction_id: int) -> Any:
    """End a payment as its card would: `card`, or `outcome` (with `reason`); then `code` for 3-D Secure."""
    fields.only(("card", "outcome", "reason", "code"))
    code = fields.optional_text("code")
    number = fields.optional_text("card", longest=30)
    outcome = Ending(fields.choice("outcome", OUTCOMES, default=Ending.APPROVE))
    if not (code or number or fields.data.get("outcome")):
        raise Wrong("card", "or outcome is required")
    card = cards.find(number or "4970100000000055")
    if card is None:
        raise Wrong("card", "is not a test card")
    if card.ending not in (*OUTCOMES, Ending.SLOW, Ending.REFUSE_LATER):
        raise Wrong("card", f"{card.ending} shows only in the card form")
    with transaction.atomic():
        found = EpcPayment.objects.select_related("order").filter(transaction_id=transaction_id)
        payment = found.first()
        if payment is None:
            raise Missing("transactionId", f"transaction {transaction_id} is not known")
        before = payment.status
        ending = outcome if fields.data.get("outcome") else card.ending
        if number or fields.data.get("outcome"):
            payments.submit(payment, ending, card=card, reason=fields.optional_text("reason", longest=60))
        if code:
            payments.answer_challenge(payment, code)
    settings = accounts.settings_of(SLUG, payment.account)
    return _payment(payment) | {
        "changed": payment.status != before,
        "result": settings[f"result_{payments.result(payment)}"],
        "redirectUrl": payments.return_address(payment, settings),
    }


def rows() -> list[Row]:
    """For the console, newest first."""
    listed = []
    for order in EpcOrder.objects.prefetch_related("payments").order_by("-created_at")[:50]:
        begun = _in_order(order)
        lines = ", ".join(
            f"{operation['quantity']} × {operation['product']}" for operation in order.operations
        )
        buttons = [
            (label, name, str(payment.transaction_id))
            for payment in begun
            if payment.status == EpcPayment.Status.WAITING and payments.open_for_paying(payment)
            for label, name in (("Approve", "approve"), ("Refuse", "refuse"), ("Cancel", "cancel"))
        ]
        listed.append(Row(
            number=str(order.order_id), state=order.state + (" (finalising)" if order.finalising else ""),
            amount=shapes.money(order.amount, order.currency), about=lines, at=order.created_at,
            payments=tuple(
                (str(payment.transaction_id), payment.status, f"{payment.masked} {payment.reason}".strip())
                for payment in begun
            ),
            actions=tuple(buttons),
        ))  # fmt: skip
    for saved in EpcPayment.objects.filter(order=None).order_by("-created_at")[:20]:
        state = payments.alias_status(saved)
        listed.append(
            Row(
                str(saved.transaction_id),
                state,
                "-",
                f"Card to be saved {saved.masked}".strip(),
                saved.created_at,
            )
        )
    return listed


def end(ending: Ending, transaction_id: str) -> None:
    """A button of the console."""
    with transaction.atomic():
        payment = (
            EpcPayment.objects.select_related("order").filter(transaction_id=int(transaction_id)).first()
        )
        if payment:
            payments.submit(payment, ending, card=cards.find("4970100000000055"))
