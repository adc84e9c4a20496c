"""What does a provider's word change in our record? The one writer of a payment's state and sums.

A report is compared with our row first. What does not fit is a sentence in the timeline and a flag for a person,
and moves nothing. What fits moves the payment along `states.MOVES`, and then the order.
"""

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Operation, Order, Payment, ProviderReference, Tender
from checkout.payments.cards import keep_card
from checkout.payments.events import owe
from checkout.payments.locks import order_lock
from checkout.payments.schedule import next_check
from checkout.payments.timeline import Weight, Who, tell, tell_once
from checkout.states import (
    HELD_STATES,
    MONEY_STATES,
    OPEN_STATES,
    OrderState,
    State,
    can_move,
    can_move_order,
)
from providers.base import OperationStatus, Outcome, Report, Started
from providers.money import Money

_SUMS = ("authorized", "captured", "refunded", "voided", "pending")
_MONEY_OUTCOMES = {Outcome.AUTHORIZED, Outcome.PAID, Outcome.REFUNDED}


def apply(payment_id: int, report: Report, *, who: str = Who.PROVIDER, user: User | None = None) -> Payment:
    """Compare `report` with the payment and write what it changes, if anything. Returns the payment as it now is."""
    order_id = Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    with order_lock(order_id) as order:
        payment = order.payments.select_related("account").get(
            pk=payment_id
        )  # read after the lock, never before
        payment.order = order
        payment.memo = {**payment.memo, **report.memo}
        _remember_ids(payment, report.provider_ids)
        if report.warning:
            tell_once(
                order,
                "payment.warning",
                payment=payment,
                who=Who.PROVIDER,
                weight=Weight.WARNING,
                why=report.warning,
            )
        problem = objection(payment, report)
        if problem:
            _object(order, payment, report, problem)
        else:
            before = payment.state
            _take_sums(order, payment, report)
            _take_particulars(payment, report)
            _take_operations(order, payment, report)
            _take_state(order, payment, report, who=who, user=user)
            payment.checks = payment.checks + 1 if payment.state == before else 0
        payment.next_check_at = next_check(payment.state, payment.checks, timezone.now())
        payment.save()
        return payment


def started(payment_id: int, opened: Started) -> Payment:
    """The provider has opened the attempt: keep what it asked us to, and let the shopper go on."""
    order_id = Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    with order_lock(order_id) as order:
        payment = order.payments.select_related("account").get(pk=payment_id)
        payment.order = order
        payment.memo = {**payment.memo, **opened.memo}
        payment.provider_id = opened.provider_id or payment.provider_id
        _remember_ids(payment, (opened.provider_id, *opened.provider_ids))
        if can_move(State(payment.state), State.STARTED):
            payment.show = show_as_json(opened)
            _move(payment, State.STARTED)
            tell(
                order,
                "payment.started",
                payment=payment,
                who=Who.PROVIDER,
                provider_id=payment.provider_id or "—",
            )
        payment.next_check_at = next_check(payment.state, 0, timezone.now())
        payment.save()
        return payment


def show_as_json(opened: Started) -> dict[str, object]:
    """How the shopper continues, as it is kept on the row: the show's own fields and its kind."""
    if opened.show is None:
        return {}
    fields = {name: getattr(opened.show, name) for name in opened.show.__dataclass_fields__}
    return {"kind": type(opened.show).__name__.lower(), **fields}


def objection(payment: Payment, report: Report) -> str:
    """Why this report is not to be believed of this payment, in a sentence for the merchant; "" when it may be."""
    if report.reference is not None and report.reference != payment.reference:
        return f"asked about {payment.reference}, the provider answers about {report.reference}"
    if report.live is not None and report.live != payment.account.live:
        return (
            "a test payment on a live account" if payment.account.live else "a live payment on a test account"
        )
    sums = {name: getattr(report, name) for name in _SUMS if getattr(report, name) is not None}
    for money in sums.values():
        if money.currency != payment.currency:
            return f"asked {payment.money}, provider reports {money}"
    if report.outcome not in _MONEY_OUTCOMES:
        return ""
    if not sums.get("authorized") and not sums.get("captured") and payment.amount_minor:
        return f"the provider says {report.outcome} but not how much"
    charged = sums.get("authorized") or sums.get("captured") or Money.zero(payment.currency)
    if charged != payment.money:
        return f"asked {payment.money}, provider reports {charged}"
    authorized, captured, refunded = (
        _sum(payment, report, name) for name in ("authorized", "captured", "refunded")
    )
    if captured > authorized:
        return f"captured {captured} is more than authorised {authorized}"
    if refunded > captured:
        return f"refunded {refunded} is more than captured {captured}"
    if _sum(payment, report, "voided") + captured > authorized:
        return f"voided and captured together are more than authorised {authorized}"
    return ""


def _sum(payment: Payment, report: Report, name: str) -> Money:
    """The report's sum, or ours where it is silent. What moved does not move back: an older answer that arrives
    late must not undo a newer one, so a sum only grows."""
    ours = Money(getattr(payment, f"{name}_minor"), payment.currency)
    told: Money | None = getattr(report, name)
    if told is None:
        if name == "authorized" and report.captured is not None:
            return max(ours, report.captured)
        if name == "captured" and report.outcome is Outcome.PAID and report.authorized is not None:
            return max(ours, report.authorized)
        return ours
    return told if name == "pending" else max(ours, told)


def _take_sums(order: Order, payment: Payment, report: Report) -> None:
    before = {name: getattr(payment, f"{name}_minor") for name in _SUMS}
    for name in _SUMS:
        setattr(payment, f"{name}_minor", _sum(payment, report, name).minor)
    moved = {name for name in _SUMS if getattr(payment, f"{name}_minor") != before[name]}
    # The first sums come with the state and are told with it; later ones are news of their own.
    if moved & {"captured", "refunded", "voided"} and payment.state in MONEY_STATES:
        told: dict[str, Any] = {
            name: str(Money(getattr(payment, f"{name}_minor"), payment.currency)) for name in _SUMS
        }
        tell(order, "payment.sums", payment=payment, who=Who.PROVIDER, **told)
        if "refunded" in moved:
            owe(order, "order.refunded")
    for position, tender in enumerate(report.tenders):
        Tender.objects.update_or_create(
            payment=payment,
            tender_id=tender.id,
            defaults={
                "position": position,
                "partner": tender.partner,
                "method": tender.method,
                **{
                    f"{name}_minor": getattr(tender, name).minor
                    for name in ("authorized", "captured", "refunded", "voided")
                },
            },
        )


def _take_particulars(payment: Payment, report: Report) -> None:
    if report.card is not None:
        payment.card_brand, payment.card_last4 = report.card.brand[:30], report.card.last4[-4:]
    if report.decline is not None:
        payment.decline_code = report.decline.code[:60]
        payment.decline_message = report.decline.message[:300]
        payment.decline_reason = report.decline.reason
    if report.may_retry is not None:
        payment.may_retry = report.may_retry
    if report.saved_card is not None:
        keep_card(payment, report.saved_card)


def _take_operations(order: Order, payment: Payment, report: Report) -> None:
    for listed in report.operations or ():
        row = payment.operations.filter(key=listed.key).first() if listed.key else None
        if row is None and listed.provider_id:
            row = payment.operations.filter(provider_id=listed.provider_id).first()
        if row is None:
            row = Operation(
                payment=payment,
                verb=listed.verb,
                amount_minor=listed.money.minor,
                currency=listed.money.currency,
                key=f"{payment.reference}-{listed.provider_id}"[-40:],
                status=OperationStatus.SUCCESS,
            )
            if not listed.provider_id or listed.status is not OperationStatus.SUCCESS or not listed.money:
                continue
            tell(
                order,
                "operation.found",
                payment=payment,
                who=Who.PROVIDER,
                verb=listed.verb,
                money=str(listed.money),
            )
        elif row.status == listed.status or row.status not in Operation.OPEN:
            continue
        else:
            write_operation(order, payment, row, listed.status, why=listed.message)
        row.provider_id = listed.provider_id or row.provider_id
        row.save()


def write_operation(
    order: Order, payment: Payment, row: Operation, status: OperationStatus, *, why: str = ""
) -> None:
    """Give an operation its new status and its sentence. Does not save the row. Call under the order's lock."""
    row.status = status
    row.message = why[:300]
    if status not in Operation.OPEN:
        row.finished_at = timezone.now()
    weight = {OperationStatus.SUCCESS: Weight.GOOD, OperationStatus.PENDING: Weight.PLAIN}.get(
        status, Weight.WARNING
    )
    if status is not OperationStatus.PENDING:
        tell(order, f"operation.{status}", payment=payment, who=Who.PROVIDER, weight=weight, verb=row.verb,
             money=str(row.money), why=why or "—")  # fmt: skip
    if status is OperationStatus.CONFLICT:
        flag(order, f"{row.verb} of {row.money} was done in part only")


def _target(payment: Payment, report: Report) -> State | None:
    if report.outcome is Outcome.OPEN:
        return None
    return State(report.outcome.value)


def _take_state(order: Order, payment: Payment, report: Report, *, who: str, user: User | None) -> None:
    target = _target(payment, report)
    if target is None or target == payment.state:
        return
    state = State(payment.state)
    if not can_move(state, target):
        # An old answer, or one that takes money back: worth a sentence, never a step backwards.
        if target not in OPEN_STATES and not (state in MONEY_STATES and target in MONEY_STATES):
            tell_once(order, "payment.ignored", payment=payment, who=Who.PROVIDER, weight=Weight.WARNING,
                      outcome=report.outcome.value, state=payment.state)  # fmt: skip
        return
    _move(payment, target)
    weight = Weight.GOOD if target in MONEY_STATES else Weight.BAD if target is State.FAILED else Weight.PLAIN
    tell(order, f"payment.{target}", payment=payment, who=who, user=user, weight=weight, money=str(payment.money),
         why=payment.decline_message or payment.decline_code or "—")  # fmt: skip
    if target in MONEY_STATES:
        _money_came(order, payment)


def _move(payment: Payment, target: State) -> None:
    """The one place where a payment's state is assigned."""
    payment.state = target
    payment.finished_at = None if target in OPEN_STATES else timezone.now()


def _money_came(order: Order, payment: Payment) -> None:
    """The payment has just been authorised, paid or found refunded: what of its order?"""
    was = OrderState(order.state)
    if payment.state == State.PAID and can_move_order(was, OrderState.PAID):
        order.state = OrderState.PAID
        order.paid_at = order.closed_at = timezone.now()
        order.save(update_fields=["state", "paid_at", "closed_at"])
        tell(order, "order.paid", who=Who.GUICHET, weight=Weight.GOOD, money=str(payment.money))
    payment.save()  # so that what is told below, and to the shop, speaks of the new sums
    if payment.state in HELD_STATES:
        if was in {OrderState.CANCELED, OrderState.EXPIRED}:
            flag(order, f"{payment.money} came after the order was {was}")
        if order.payments.filter(state__in=HELD_STATES).exclude(pk=payment.pk).exists():
            flag(order, f"a second payment of {payment.money} came for the same order: void or refund one")
        if order.payments.filter(state__in=OPEN_STATES).exclude(pk=payment.pk).exists():
            flag(order, "it was paid while another attempt was still open")
    owe(order, f"order.{payment.state}")


def flag(order: Order, why: str) -> None:
    """Ask for a person. A second reason joins the first; the shop is told that there is one. Call under the lock."""
    if why in order.attention:
        return
    order.attention = "; ".join(filter(None, [order.attention, why]))[:300]
    order.save(update_fields=["attention"])
    tell(order, "order.attention", who=Who.GUICHET, weight=Weight.WARNING, why=why)
    owe(order, "order.attention")


def _object(order: Order, payment: Payment, report: Report, problem: str) -> None:
    """Not believed. If money may have moved, the attempt waits, visibly, for a person."""
    tell_once(
        order, "payment.objection", payment=payment, who=Who.PROVIDER, weight=Weight.WARNING, why=problem
    )
    if report.outcome in _MONEY_OUTCOMES:
        if can_move(State(payment.state), State.PENDING):
            _move(payment, State.PENDING)
        flag(order, problem)
    payment.checks += 1


def _remember_ids(payment: Payment, ids: tuple[str, ...]) -> None:
    for value in ids:
        if value:
            ProviderReference.objects.get_or_create(
                account=payment.account, payment=payment, value=value[:100]
            )
