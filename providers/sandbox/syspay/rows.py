"""What does the console show of SysPay, and what do its buttons do?"""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Model

from providers.money import Money
from providers.sandbox.cards import Ending
from providers.sandbox.standins import Row
from providers.sandbox.syspay import (
    agreements,
    asked,
    control,
    endings,
    notices,
    payments,
    subscriptions,
    terminals,
    testcards,
)
from providers.sandbox.syspay.codes import Refused
from providers.sandbox.syspay.models import SyspayAgreement, SyspayPayment, SyspaySubscription, SyspayTerminal
from providers.sandbox.syspay.payments import Instrument

Status = SyspayPayment.Status
Buttons = list[tuple[str, str, str]]


def _money(amount: int, currency: str) -> str:
    try:
        return str(Money(amount, currency))
    except (TypeError, ValueError):
        return ""


def rows() -> list[Row]:
    """Terminals, newest first, with everything that came of them."""
    return [_row(terminal) for terminal in SyspayTerminal.objects.order_by("-created_at")[:50]]


def _row(terminal: SyspayTerminal) -> Row:
    kind = str(terminal.asked.get("type") or "")
    block = terminal.asked.get(asked.BLOCKS.get(kind, "")) or {}
    told = terminals.outcome(terminal)
    buttons: Buttons = []
    if terminal.open and not terminals.running(terminal) and not terminals.choose(terminal, {}).wrong:
        buttons = [
            (label, name, terminal.handle) for label, name in (("Approve", "approve"), ("Refuse", "refuse"))
        ]
    lines: list[tuple[str, str, str]] = []
    for subscription in SyspaySubscription.objects.filter(terminal=terminal):
        upcoming = (
            f", {subscription.next_type} {subscription.next_at:%Y-%m-%d %H:%M}"
            if subscription.next_at
            else ""
        )
        lines.append(
            (f"subscription {subscription.pk}", subscription.status, f"{subscription.phase}{upcoming}")
        )
        buttons += _subscription_buttons(subscription)
    for agreement in SyspayAgreement.objects.filter(terminal=terminal):
        lines.append((f"agreement {agreement.pk}", agreement.status, agreement.end_reason))
        if agreement.status == "ACTIVE":
            buttons.append(("Cancel agreement", "cancel-agreement", str(agreement.pk)))
    for payment in _payments(terminal):
        detail = f"{payment.payment_type} {_money(payment.amount, payment.currency)} {payment.card.get('display', '')}"
        lines.append(
            (f"payment {payment.pk}", payment.status, f"{detail} {payment.failure_category}".strip())
        )
        buttons += _payment_buttons(payment)
    amount = block.get("amount") or block.get("total_amount") or block.get("billing_amount")
    amount = amount or block.get("initial_charge") or 0
    state = "EXPIRED" if terminal.expired else told.status if told else "OPEN"
    return Row(
        number=terminal.handle, state=state, amount=_money(amount, block.get("currency", "")),
        about=f"{kind} {terminal.reference} {terminal.asked.get('description', '')}".strip(), at=terminal.created_at,
        payments=tuple(lines), actions=tuple(buttons),
    )  # fmt: skip


def _payments(terminal: SyspayTerminal) -> list[SyspayPayment]:
    """The form's, and the newest of what was charged later."""
    found = SyspayPayment.objects.filter(terminal=terminal)
    for name in ("subscription__terminal", "agreement__terminal"):
        found = found | SyspayPayment.objects.filter(**{name: terminal})
    return list(reversed(found.distinct().order_by("-id")[:8]))


def _subscription_buttons(subscription: SyspaySubscription) -> Buttons:
    if subscription.status != "ACTIVE":
        return []
    named = (
        ("Next event now", "bill"),
        ("Cancel at the end", "leave"),
        ("Cancel now", "cancel-subscription"),
    )
    return [(label, name, str(subscription.pk)) for label, name in named]


def _payment_buttons(payment: SyspayPayment) -> Buttons:
    number = str(payment.pk)
    if payment.status in (Status.WAITING, Status.OPEN) and not payment.challenge:
        return [("Money came", "settle", number), ("Money failed", "fail", number)]
    if payment.status == Status.AUTHORIZED:
        return [("Confirm", "confirm", number), ("Void", "void", number)]
    if payment.status != Status.SUCCESS:
        return []
    found = [("Refund", "refund", number)] if payments.refunded(payment) < payment.amount else []
    found += [("Chargeback", "chargeback", number)]
    if notices.target(payment):
        found += [("Notify", "notify", number), ("Notify forged", "forge", number)]
    return found


def _end_terminal(ending: Ending, handle: str) -> None:
    terminal = SyspayTerminal.objects.filter(token__startswith=handle).first()
    known = testcards.find(control.APPROVED)
    if terminal is None or known is None:
        return
    choice = terminals.choose(terminal, {})
    if choice.wrong:
        return
    card = payments.instrument_of(known, holder="CONSOLE", expiry="12/2030").card
    terminals.pay(terminal.token, choice, Instrument(ending=ending, failure="declined", card=card))


def _on(model: type[Model], work: Callable[[Any], object]) -> Callable[[str], None]:
    """A button of a row; where it does not fit any more, nothing happens."""

    def press(number: str) -> None:
        if not number.isdigit():
            return
        with transaction.atomic():
            found = model._default_manager.filter(pk=number).first()
            try:
                if found:
                    work(found)
            except Refused:
                return

    return press


def _on_payment(work: Callable[[SyspayPayment], object]) -> Callable[[str], None]:
    return _on(SyspayPayment, work)


def _charge_back(payment: SyspayPayment) -> None:
    if payment.status == Status.SUCCESS:
        endings.charge_back(payment, payment.amount, "4837")


ACTIONS: dict[str, Callable[[str], None]] = {
    "approve": lambda handle: _end_terminal(Ending.APPROVE, handle),
    "refuse": lambda handle: _end_terminal(Ending.REFUSE, handle),
    "settle": _on_payment(lambda payment: endings.settle(payment, Status.SUCCESS)),
    "fail": _on_payment(lambda payment: endings.settle(payment, Status.FAILED, "declined")),
    "confirm": _on_payment(endings.confirm),
    "void": _on_payment(endings.void),
    "refund": _on_payment(control.refund_rest),
    "chargeback": _on_payment(_charge_back),
    "notify": _on_payment(notices.tell_again),
    "forge": _on_payment(lambda payment: notices.tell_again(payment, forged=True)),
    "bill": _on(SyspaySubscription, subscriptions.bring_forward),
    "leave": _on(SyspaySubscription, lambda one: subscriptions.cancel(one, now=False)),
    "cancel-subscription": _on(SyspaySubscription, lambda one: subscriptions.cancel(one, now=True)),
    "cancel-agreement": _on(SyspayAgreement, agreements.cancel),
}
