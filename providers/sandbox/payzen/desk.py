"""What does the person at the console see of PayZen, and which buttons are there? Rows, actions, the message box."""

from collections.abc import Callable
from contextlib import suppress

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from providers.sandbox import clock
from providers.sandbox.cards import Ending
from providers.sandbox.payzen import (
    control,
    currencies,
    notices,
    orders,
    payments,
    settlement,
    shapes,
    testcards,
)
from providers.sandbox.payzen.envelope import Refused
from providers.sandbox.payzen.models import PayzenCharge, PayzenMessage, PayzenTransaction
from providers.sandbox.standins import Row

_SHOWN = 50


def rows() -> list[Row]:
    return [_row(charge) for charge in PayzenCharge.objects.order_by("-created_at")[:_SHOWN]]


def _row(charge: PayzenCharge) -> Row:
    made = list(charge.attempts.select_related("charge").order_by("created_at", "sequence"))
    lines, buttons = [], _order_buttons(charge)
    for tx in made:
        word = "3-D Secure asks" if tx.challenge else tx.detailed
        money = currencies.money(tx.amount, tx.currency)
        code = " ".join(filter(None, tx.error[::2]))
        lines.append(
            (
                tx.uuid,
                shapes.status_of(tx),
                f"{word} {tx.operation} {money} {tx.card.get('pan', '')} {code}".strip(),
            )
        )
        buttons += _buttons(tx)
    about = " ".join(filter(None, (charge.mode, charge.channel or charge.kind, charge.order_id)))
    return Row(
        number=charge.id, state=shapes.status_word(charge), amount=currencies.money(charge.amount, charge.currency),
        about=about, at=charge.created_at, payments=tuple(lines), actions=tuple(buttons),
        link=charge.url if charge.is_order else "",
    )  # fmt: skip


def _order_buttons(charge: PayzenCharge) -> list[tuple[str, str, str]]:
    if not charge.payable(clock.now()) or payments.running_challenge(charge):
        return []
    found = [("Accept", "accept", charge.id), ("Refuse", "refuse", charge.id)]
    return found + ([("Cancel order", "cancel_order", charge.id)] if charge.is_order else [])


def _buttons(tx: PayzenTransaction) -> list[tuple[str, str, str]]:
    if tx.challenge:
        return []
    found = []
    if tx.detailed == "UNDER_VERIFICATION":
        found = [("Bank accepts", "bank_accepts", tx.uuid), ("Bank refuses", "bank_refuses", tx.uuid)]
    if tx.detailed.endswith("_TO_VALIDATE"):
        found.append(("Validate", "validate", tx.uuid))
    if tx.detailed in ("AUTHORISED", "WAITING_AUTHORISATION"):
        found.append(("Capture now", "capture", tx.uuid))
    if tx.detailed in settlement.CANCELLABLE:
        found.append(("Cancel", "cancel", tx.uuid))
    if settlement.refundable(tx):
        found.append(("Refund", "refund", tx.uuid))
    if notices.target(tx.account, tx.mode, tx.ipn_url):
        found += [("Send IPN", "notify", tx.uuid), ("Send forged IPN", "forge", tx.uuid)]
    return found


def _end(ending: Ending, number: str) -> None:
    given = payments.typed_instrument(testcards.APPROVED)
    if given and PayzenCharge.objects.filter(pk=number).exists():
        payments.pay(number, control.ended(given, ending))


def _on(work: Callable[[PayzenTransaction], object]) -> Callable[[str], None]:
    """A button that came too late does nothing: the page shows why once it is loaded again."""

    def press(uuid: str) -> None:
        with suppress(Refused), transaction.atomic():
            if tx := payments.find(uuid):
                work(tx)

    return press


def _cancel_order(number: str) -> None:
    with transaction.atomic():
        charge = PayzenCharge.objects.filter(pk=number, kind=PayzenCharge.Kind.ORDER).first()
        if charge:
            orders.cancel(charge)


ACTIONS: dict[str, Callable[[str], None]] = {
    "accept": lambda number: _end(Ending.APPROVE, number),
    "refuse": lambda number: _end(Ending.REFUSE, number),
    "cancel_order": _cancel_order,
    "bank_accepts": _on(lambda tx: payments.settle(tx, approve=True)),
    "bank_refuses": _on(lambda tx: payments.settle(tx, approve=False)),
    "validate": _on(lambda tx: control.by_hand(tx, "validate")),
    "capture": _on(settlement.capture_now),
    "cancel": _on(lambda tx: control.by_hand(tx, "cancel")),
    "refund": _on(lambda tx: control.by_hand(tx, "refund")),
    "notify": _on(notices.tell_again),
    "forge": _on(lambda tx: notices.tell_again(tx, forged=True)),
}


@require_GET
def messages(request: HttpRequest) -> HttpResponse:
    """/console/payzen/messages: what shoppers would have got, with the link in it."""
    newest = PayzenMessage.objects.select_related("charge").order_by("-id")[:200]
    shown = [(message, shapes.status_word(message.charge)) for message in newest]
    response = render(request, "payzen/messages.html", {"messages": shown, "now": clock.now()})
    response["Cache-Control"] = "no-store"
    return response
