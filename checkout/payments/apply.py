"""What does a provider's word change in our record? The one writer of a payment's state and sums.

A report is compared with our row first. What does not fit is a sentence in the timeline and a flag for a person,
and moves nothing. What fits moves the payment along `states.MOVES`, and then the order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Agreement, Call, Movement, Operation, Order, Payment, ProviderReference, Tender
from checkout.payments.agreements import charge_failed, take_agreement
from checkout.payments.attention import Doubt, flag
from checkout.payments.border import aware, minute_after
from checkout.payments.cards import keep_card
from checkout.payments.chargebacks import take_chargebacks
from checkout.payments.events import owe
from checkout.payments.letters import about_a_refund, about_the_end
from checkout.payments.locks import order_lock
from checkout.payments.movements import note_movement
from checkout.payments.objections import MONEY_OUTCOMES, SUMS, objection, of_another, sum_of, went_back
from checkout.payments.operations import take_operations
from checkout.payments.schedule import LOOK_AFTER, next_check
from checkout.payments.texts import fit, fit_json, fit_to_show
from checkout.payments.timeline import Weight, Who, tell, tell_once
from checkout.payments.wanted import By, other_amount, take_change
from checkout.states import (
    HELD_STATES,
    MONEY_STATES,
    OPEN_STATES,
    OrderState,
    State,
    can_move,
    can_move_order,
)
from providers.agreements import Phase
from providers.base import Claim, Outcome, Report, Show, Started
from providers.money import Money
from providers.said import Said
from providers.said import said as _

_FAILED_EVENT = "payment.failed"
_ENDED = frozenset({State.FAILED, State.CANCELED, State.EXPIRED})


@dataclass
class _News:
    """What is to be said when the payment is saved: webhooks carry a snapshot of the rows."""

    events: list[str] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)

    def doubt(self, why: str, call: Call) -> None:
        self.doubts.append(Doubt(why, call))


def apply(
    payment_id: int,
    report: Report,
    *,
    who: str = Who.PROVIDER,
    user: User | None = None,
    answers: By | None = None,
) -> Payment:
    """Compare `report` with the payment and write what it changes, if anything. Returns the payment as it now is.
    `answers`: it is the provider's answer to a change of amount or expiry that somebody asked for."""
    order_id = Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    with order_lock(order_id) as order:
        # Read after the lock, never before.
        payment = order.payments.select_related("account").get(pk=payment_id)
        payment.order = order
        news = _News()
        warned = bool(report.warning) and tell_once(order, "payment.warning", payment=payment, who=Who.PROVIDER,
                                                    weight=Weight.WARNING, why=report.warning)  # fmt: skip
        if doubt := take_change(order, payment, report, answers):
            news.doubt(doubt, Call.WRONG_AMOUNT)
        before, asked = payment.state, payment.amount_minor
        payment.amount_minor = other_amount(payment, report) or asked
        problem = objection(payment, report)
        if problem:
            payment.amount_minor = asked
            _object(order, payment, report, problem, news)
        else:
            could_retry = payment.may_retry
            old = _is_old(payment, report)  # asked before the sums are taken
            payment.memo = fit_json(
                remembered(report.memo, payment.memo) if old else remembered(payment.memo, report.memo)
            )
            _remember_ids(payment, report.provider_ids)
            _take_sums(order, payment, report, news, old=old)
            _take_particulars(payment, report, old=old)
            news.doubts += take_operations(order, payment, report)
            charged_back, doubts = take_chargebacks(order, payment, report)
            news.doubts += doubts
            if charged_back:
                news.events.append("order.charged_back")
            if old:
                _tell_of_old(order, payment, report)
            else:
                _take_state(order, payment, report, news, who=who, user=user)
                about_the_end(payment, was=before)
            payment.checks = payment.checks + 1 if payment.state == before else 0
            if could_retry and not payment.may_retry and payment.state not in MONEY_STATES:
                # The shopper reads that the shop has been told: here it is.
                news.doubt(
                    _("another attempt could charge twice: look at the provider's record first"),
                    Call.UNCERTAIN,
                )
        if warned and payment.state in MONEY_STATES and payment.authorized_minor:
            # Where money has come nobody looks again of themselves: a chargeback, money taken twice, or only reserved.
            news.doubt(report.warning, Call.OTHER)
        payment.next_check_at = next_look(payment, timezone.now()) or report.look_again
        if not problem and payment.state in _ENDED and payment.state != before:
            _tell_of_what_lives_on(order, payment, report)
        payment.save()
        if report.agreement is not None and order.agreement_id is None and not of_another(payment, report):
            if problem:
                # Its first money is not believed, but it takes more from now on: somebody has to see it, and end it.
                # Of its own payments, that one must not be taken for a later one.
                _remember_ids(payment, report.provider_ids)
            take_agreement(order, payment, report.agreement)
        for event in news.events:
            owe(order, event, about=payment if event == _FAILED_EVENT else None)
        for why, call in news.doubts:
            flag(order, why, call)
        return payment


def next_look(payment: Payment, now: datetime) -> datetime | None:
    """When to ask about the payment again: while an operation's end is not known, whatever its state."""
    open_operation = payment.operations.filter(status__in=Operation.OPEN).exists()
    return next_check(State.PENDING if open_operation else payment.state, payment.checks, now)


def started(payment_id: int, opened: Started) -> Payment:
    """The provider has opened the attempt: keep what it asked us to, and let the shopper go on."""
    order_id = Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
    with order_lock(order_id) as order:
        payment = order.payments.select_related("account").get(pk=payment_id)
        payment.order = order
        payment.memo = fit_json(remembered(payment.memo, opened.memo))
        payment.provider_id = fit(opened.provider_id, 100) or payment.provider_id
        _remember_ids(payment, (opened.provider_id, *opened.provider_ids))
        if payment.state == State.CREATED:
            payment.show = fit_json(show_as_json(opened.show))
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


def show_as_json(show: Show | None) -> dict[str, object]:
    """How the shopper continues, as it is kept on the row: the show's own fields and its kind."""
    if show is None:
        return {}
    fields = {name: getattr(show, name) for name in show.__dataclass_fields__}
    return {"kind": type(show).__name__.lower(), **fields}


def _take_sums(order: Order, payment: Payment, report: Report, news: _News, *, old: bool) -> None:
    before = {name: getattr(payment, f"{name}_minor") for name in SUMS}
    after = {name: sum_of(payment, report, name).minor for name in SUMS}
    if old:
        after["pending"] = before["pending"]
    for name in SUMS:
        setattr(payment, f"{name}_minor", after[name])
    # The first sums come with the state and are told with it; later ones are news of their own.
    if payment.state in MONEY_STATES and any(
        after[n] != before[n] for n in ("captured", "refunded", "voided")
    ):
        told: dict[str, Any] = {name: str(Money(minor, payment.currency)) for name, minor in after.items()}
        tell(order, "payment.sums", payment=payment, who=Who.PROVIDER, **told)
    if after["refunded"] != before["refunded"]:
        news.events.append("order.refunded")
    _note_movements(payment, before, after)
    _take_tenders(payment, report)


def _note_movements(payment: Payment, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    for kind in (Movement.Kind.CAPTURED, Movement.Kind.REFUNDED):
        if moved := after[kind] - before[kind]:
            note_movement(payment, kind, moved)
    if moved_back := after["refunded"] - before["refunded"]:
        about_a_refund(payment, moved_back)


def _take_tenders(payment: Payment, report: Report) -> None:
    known = {row.tender_id: row for row in payment.tenders.all()} if report.tenders else {}
    for position, told in enumerate(report.tenders):
        name = fit(told.id, 100)
        row = known.setdefault(name, Tender(payment=payment, tender_id=name))
        row.position = position
        row.partner, row.method = fit(told.partner, 50), fit(told.method, 50)
        row.authorized_minor = max(row.authorized_minor, told.authorized.minor)
        row.captured_minor = max(row.captured_minor, told.captured.minor)
        row.refunded_minor = max(row.refunded_minor, told.refunded.minor)
        row.voided_minor = max(row.voided_minor, told.voided.minor)
        row.save()


def _take_particulars(payment: Payment, report: Report, *, old: bool) -> None:
    if report.card is not None:
        payment.card_brand, payment.card_last4 = fit(report.card.brand, 30), fit(report.card.last4[-4:], 4)
    if report.saved_card is not None:
        keep_card(payment, report.saved_card)
    if old:
        return
    if report.decline is not None:
        if report.outcome is Outcome.OPEN and payment.is_open:
            tell_once(payment.order, "payment.declined", payment=payment, who=Who.PROVIDER, weight=Weight.WARNING,
                      why=report.decline.message or report.decline.code)  # fmt: skip
        payment.decline_code = fit(report.decline.code, 60)
        payment.decline_message = fit_to_show(report.decline.message, 300)
        payment.decline_reason = fit(report.decline.reason, 30)
    if report.may_retry is not None and not _was_unblocked(payment):
        payment.may_retry = report.may_retry


def _was_unblocked(payment: Payment) -> bool:
    """Has a person reopened the order since this attempt ended? Then its old warning has been heard."""
    reopened = payment.order.timeline.filter(code="order.reopened")
    return payment.finished_at is not None and reopened.filter(at__gt=payment.finished_at).exists()


def _target(report: Report) -> State | None:
    return None if report.outcome is Outcome.OPEN else State(report.outcome.value)


def _is_old(payment: Payment, report: Report) -> bool:
    """Does the report speak of a time before the state that we know already?

    An authorisation that was voided or has lapsed does not come back, so a report that still shows it is an older one.
    Captured money does come back: it beats everything.
    """
    state, target = State(payment.state), _target(report)
    if target is None:
        return state not in OPEN_STATES
    if target is State.AUTHORIZED and state in _ENDED and payment.authorized_minor:
        return True
    return target != state and not can_move(state, target)


def _tell_of_old(order: Order, payment: Payment, report: Report) -> None:
    """An old answer, or one that would take money back, is worth a sentence where it contradicts; never a step
    backwards."""
    state, target = State(payment.state), _target(report)
    if target is None or target in OPEN_STATES:
        return
    if (state in MONEY_STATES) != (target in MONEY_STATES):
        tell_once(order, "payment.ignored", payment=payment, who=Who.PROVIDER, weight=Weight.WARNING,
                  outcome=report.outcome.value, state=payment.state)  # fmt: skip


def _take_state(
    order: Order, payment: Payment, report: Report, news: _News, *, who: str, user: User | None
) -> None:
    target = _target(report)
    if report.given_back:
        _end_given_back(order, payment)
    if target is None and report.waits_again:
        _wait_again(order, payment, report)
    if target is None or target == payment.state:
        return
    _move(payment, target)
    weight = Weight.GOOD if target in MONEY_STATES else Weight.BAD if target is State.FAILED else Weight.PLAIN
    # Of a reserve that is captured in part, no more than that is paid, or has come back.
    sum_told = payment.captured if target in {State.PAID, State.REFUNDED} else payment.money
    tell(order, f"payment.{target}", payment=payment, who=who, user=user, weight=weight,
         money=str(sum_told or payment.money), why=_why_not(payment, report))  # fmt: skip
    if target in MONEY_STATES:
        payment.decline_code = payment.decline_message = payment.decline_reason = ""
    if target in HELD_STATES:
        _money_came(order, payment, news)
    renewal_ended = target in _ENDED and order.agreement_id is not None and order.state == OrderState.OPEN
    if renewal_ended:
        charge_failed(order)
    if renewal_ended or target is State.FAILED:
        news.events.append(_FAILED_EVENT)


def _why_not(payment: Payment, report: Report) -> str:
    said = report.decline.message if report.decline else ""
    return said if isinstance(said, Said) else payment.decline_message or payment.decline_code or "—"


def _tell_of_what_lives_on(order: Order, payment: Payment, report: Report) -> None:
    """It was given up, and cannot be closed at once at its provider: somebody may still pay it. Looked at then."""
    ends = report.payable_until
    if ends is None or ends <= timezone.now():
        return
    tell(order, "payment.lives_on", payment=payment, who=Who.PROVIDER, weight=Weight.WARNING,
         until=aware(minute_after(ends)), ends=ends.isoformat())  # fmt: skip
    payment.next_check_at = min(payment.next_check_at or ends + LOOK_AFTER, ends + LOOK_AFTER)


def _wait_again(order: Order, payment: Payment, report: Report) -> None:
    """What was under way was refused, and the shopper may go on with the same attempt. Not where we did not believe
    what we were told of money: that waits for a person."""
    doubted = order.timeline.filter(payment=payment, code="payment.objection").exists()
    if payment.state == State.PENDING and payment.show and not doubted:
        _move(payment, State.STARTED)
        # What the browser claimed was of the try that is over: the page says how that one ended.
        payment.claim = (Claim.FAILURE if report.decline else Claim.NOTHING).value


def _move(payment: Payment, target: State) -> None:
    """The one place where a payment's state is assigned."""
    payment.state = target
    payment.finished_at = None if target in OPEN_STATES else timezone.now()


def _money_came(order: Order, payment: Payment, news: _News) -> None:
    """The payment has just been authorised or paid: what of its order?"""
    was = OrderState(order.state)
    others = order.payments.exclude(pk=payment.pk)
    second = was is OrderState.PAID or others.filter(state__in=HELD_STATES).exists()
    if payment.money != order.money:
        # An attempt from before the order was changed. It does not pay what is owed now.
        news.doubt(
            _(
                "%(came)s came for the order, which is over %(owed)s by now",
                came=payment.money,
                owed=order.money,
            ),
            Call.WRONG_AMOUNT,
        )
    else:
        news.events += _pay(order, payment, second=second)
    if was in {OrderState.CANCELED, OrderState.EXPIRED}:
        closed = _("canceled") if was is OrderState.CANCELED else _("expired")
        news.doubt(
            _("%(money)s came after the order was %(closed)s", money=payment.money, closed=closed),
            Call.LATE_MONEY,
        )
    if second:
        news.doubt(
            _(
                "a second payment of %(money)s came for the same order: void or refund one",
                money=payment.money,
            ),
            Call.SECOND_PAYMENT,
        )
    # Nobody is to pay once more: the follow-up abandons what is still open at the provider, and now is the time.
    if others.filter(state__in=OPEN_STATES).update(next_check_at=timezone.now()):
        news.doubt(_("it was paid while another attempt was still open"), Call.SECOND_PAYMENT)


def _pay(order: Order, payment: Payment, *, second: bool) -> list[str]:
    """What the money of `payment`, which is as much as the order is over, makes of the order. What the shop is owed."""
    if payment.state == State.PAID and can_move_order(OrderState(order.state), OrderState.PAID):
        order.state = OrderState.PAID
        order.paid_at = order.closed_at = timezone.now()
        order.save(update_fields=["state", "paid_at", "closed_at"])
        tell(order, "order.paid", who=Who.GUICHET, weight=Weight.GOOD, money=str(payment.money))
        return ["order.paid"]
    if payment.state == State.AUTHORIZED and not second:
        return ["order.authorized"]
    return []


def count_for(order: Order, payment: Payment) -> None:
    """The order has been made to be over what `payment` holds already. Call under the lock."""
    for event in _pay(order, payment, second=False):
        owe(order, event)


def _object(order: Order, payment: Payment, report: Report, problem: str, news: _News) -> None:
    """Not believed. If money may have moved, the attempt waits, visibly, for a person; one that had ended is not
    followed by another before somebody has looked. What is given back ends it."""
    told = tell_once(order, "payment.objection", payment=payment, who=Who.PROVIDER, weight=Weight.WARNING,
                     among="payment.objection", why=problem)  # fmt: skip
    if report.outcome in MONEY_OUTCOMES:
        if can_move(State(payment.state), State.PENDING):
            _move(payment, State.PENDING)
        if told:  # a person who has seen it is not called again by the same answer
            news.doubt(problem, Call.CONFLICT if of_another(payment, report) else Call.WRONG_AMOUNT)
            if payment.state in _ENDED:
                payment.may_retry = False
    if went_back(payment, report):
        if _goes_on(report):
            # Another attempt would begin another one beside it.
            why = _("all of it went back, but the agreement that began with it goes on: end that first")
            if not order.timeline.filter(code="order.attention", data__why=str(why)).exists():
                news.doubt(why, Call.WRONG_AMOUNT)
        else:
            _end_given_back(order, payment)
    payment.checks += 1


def _goes_on(report: Report) -> bool:
    begun = report.agreement
    if begun is None or begun.state in Agreement.OVER:
        return False
    return begun.phase not in (Phase.LAST, Phase.CLOSED)


def _end_given_back(order: Order, payment: Payment) -> None:
    if payment.is_open:
        _move(payment, State.CANCELED)
    if not order.timeline.filter(payment=payment, code="payment.given_back").exists():
        tell(order, "payment.given_back", payment=payment, who=Who.PROVIDER)
        payment.may_retry = True


def remembered(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Both memos in one. A table in it grows by its entries: an answer that was under way while an entry was made does
    not know of it, and must not take it away."""
    both = {**under, **over}
    for name in under.keys() & over.keys():
        if isinstance(under[name], Mapping) and isinstance(over[name], Mapping):
            both[name] = {**under[name], **over[name]}
    return both


def _remember_ids(payment: Payment, ids: tuple[str, ...]) -> None:
    for value in ids:
        if value:
            ProviderReference.objects.get_or_create(
                account=payment.account, payment=payment, value=fit(value, 100)
            )
