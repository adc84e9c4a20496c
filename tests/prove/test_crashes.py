"""The process dies. Where? Everywhere: before and after each word with the provider, before, in and after each
transaction, one point after the other. Then time passes and the sweep works. What is true at the provider becomes
true here, nothing was sent twice, and no rule of money is broken.
"""

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from checkout.models import Account, Agreement, Operation, Order, Payment
from checkout.payments import locks
from checkout.payments.agreement_charge import charge_again
from checkout.payments.agreement_follow_up import end
from checkout.payments.cancel import give_up
from checkout.payments.figures import violations
from checkout.payments.operate import operate
from checkout.payments.start import start
from checkout.payments.timeline import Who
from checkout.states import OPEN_STATES, OrderState, State
from checkout.tasks import expire_order, follow_up_delivery, keep_notification, run_sweep
from providers.agreements import AgreementReport, AgreementState, Ending
from providers.base import Notification, OperationStatus, Outcome, Report, Started, Verb
from providers.base import Operation as Listed
from providers.money import Money
from tests.scripted import (
    AgreementCall,
    Call,
    Clock,
    Script,
    active,
    events,
    make_account,
    make_agreement,
    make_order,
    make_payment,
    opened,
    paid,
    renewal,
    work,
)


class Killed(BaseException):
    """No `except Exception` hears of it, as none would hear of a power cut."""


class Killer:
    """Counts the points of a run, and kills at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.points: list[str] = []
        self.at: int | None = None
        for name in (
            "agreement_charge", "agreement_follow_up", "apply", "cancel", "operate", "orders", "reopen", "settle",
            "start",
        ):  # fmt: skip
            module = importlib.import_module(f"checkout.payments.{name}")
            monkeypatch.setattr(module, "order_lock", self._lock)

    def point(self, name: str) -> None:
        self.points.append(name)
        if self.at == len(self.points):
            raise Killed(name)

    @contextmanager
    def _lock(self, order_id: int) -> Iterator[Order]:
        self.point("before a transaction")
        with locks.order_lock(order_id) as order:
            yield order
            self.point("before a commit")
        self.point("after a commit")

    def run(self, errand: Callable[[], Any], *, at: int | None) -> bool:
        """True when it was killed."""
        self.points, self.at = [], at
        try:
            errand()
        except Killed:
            return True
        finally:
            self.at = None
        return False


class Bank:
    """A provider that remembers what it was asked, whether or not its answer arrived."""

    def __init__(self, script: Script, killer: Killer, *, shopper_pays: bool = False) -> None:
        self.opened: list[str] = []
        self.cancelled: set[str] = set()
        self.paid: set[str] = set()
        self.refunds: dict[str, Money] = {}
        self.shopper_pays = shopper_pays
        for verb, deed in (
            ("start", self._start),
            ("sync", self._sync),
            ("cancel", self._cancel),
            ("refund", self._refund),
        ):
            script.always(verb, self._between(verb, deed, killer))

    @staticmethod
    def _between(verb: str, deed: Callable[[Any], Any], killer: Killer) -> Callable[[Any], Any]:
        def ask(call: Any) -> Any:
            killer.point(f"before {verb}")
            answer = deed(call)
            killer.point(f"after {verb}")
            return answer

        return ask

    def _start(self, call: Call) -> Any:
        self.opened.append(call.charge.reference)
        if self.shopper_pays:
            self.paid.add(call.charge.reference)
        return opened(call)

    def _sync(self, call: Call) -> Report:
        return self._truth(call)

    def _cancel(self, call: Call) -> Report:
        if call.charge.reference not in self.paid:
            self.cancelled.add(call.charge.reference)
        return self._truth(call)

    def _refund(self, call: Call) -> Report:
        assert call.money is not None
        assert call.key not in self.refunds, "the same refund was sent twice"
        self.refunds[call.key] = call.money
        return self._truth(call)

    def _truth(self, call: Call) -> Report:
        if call.charge.reference in self.cancelled:
            return Report(outcome=Outcome.CANCELED)
        if call.charge.reference not in self.paid:
            return Report(outcome=Outcome.OPEN)
        given = sum((money for money in self.refunds.values()), Money(0, "EUR"))
        listed = tuple(
            Listed(verb=Verb.REFUND, money=money, status=OperationStatus.SUCCESS, key=key)
            for key, money in self.refunds.items()
        )
        money = call.charge.money
        outcome = Outcome.REFUNDED if given == money else Outcome.PAID
        return Report(outcome=outcome, authorized=money, captured=money, refunded=given, operations=listed)


@pytest.fixture
def killer(monkeypatch: pytest.MonkeyPatch) -> Killer:
    return Killer(monkeypatch)


@pytest.fixture
def account(script: Script, transactional_db: None) -> Account:
    shop = make_order().shop
    shop.webhook_url = ""
    shop.save()
    return make_account(shop)


def time_passes(clock: Clock, hours: float = 1) -> None:
    """The worker is alive again: a sweep, its tasks, and on."""
    for minutes in (0, 2, 4, 10, 14, 30):
        clock.forward(minutes=minutes * hours)
        run_sweep()
        work()


def at_every_point(killer: Killer, new: Callable[[], Callable[[], Any]]) -> Iterator[int]:
    """Runs the errand that `new` makes, killed at its first point, then a fresh one at its second ... to the end."""
    at = 1
    while killer.run(new(), at=at):
        yield at
        at += 1
    assert at > 3, "an errand with hardly a point proves nothing"


def settled(order: Order) -> Order:
    order.refresh_from_db()
    assert not order.payments.filter(state__in=OPEN_STATES).exists()
    assert {rule: n for rule, n in violations().items() if n} == {}
    return order


def test_starting_killed_and_the_shopper_never_pays(
    script: Script, clock: Clock, killer: Killer, account: Account
) -> None:
    bank = Bank(script, killer)
    order = None

    def errand() -> Callable[[], Any]:
        nonlocal order
        order = make_order(account.shop)
        return lambda: start(order, account)

    for _point in at_every_point(killer, errand):
        assert order is not None
        time_passes(clock)
        assert settled(order).state == OrderState.EXPIRED
        assert len(bank.opened) == len(set(bank.opened))
        assert set(bank.opened) <= bank.cancelled


def test_starting_killed_and_the_money_came(
    script: Script, clock: Clock, killer: Killer, account: Account
) -> None:
    bank = Bank(script, killer, shopper_pays=True)
    account.shop.webhook_url = "https://shop.example/hook"
    account.shop.save()
    order = None

    def errand() -> Callable[[], Any]:
        nonlocal order
        order = make_order(account.shop)
        return lambda: start(order, account)

    import responses

    with responses.RequestsMock(assert_all_requests_are_fired=False) as site:
        site.post("https://shop.example/hook", status=204)
        for _point in at_every_point(killer, errand):
            assert order is not None
            time_passes(clock)
            paid = f"{order.number}-1" in bank.paid
            assert settled(order).state == (OrderState.PAID if paid else OrderState.EXPIRED)
            assert events(order).count("order.paid") == (1 if paid else 0)
            assert not order.events.filter(delivered_at=None).exists()
    assert len(bank.opened) == len(set(bank.opened))


def test_a_refund_killed(script: Script, clock: Clock, killer: Killer, account: Account) -> None:
    bank = Bank(script, killer)
    payment: Payment | None = None

    def errand() -> Callable[[], Any]:
        nonlocal payment
        payment = make_payment(make_order(account.shop), account, state=State.PAID)
        bank.paid.add(payment.reference)
        bank.refunds.clear()
        return lambda: operate(payment, Verb.REFUND, Money(1000, "EUR"))

    ends = []
    for _point in at_every_point(killer, errand):
        assert payment is not None
        sent = len(bank.refunds)
        time_passes(clock)
        assert len(bank.refunds) == sent  # nobody sends it again
        payment.refresh_from_db()
        assert payment.refunded_minor == 1000 * sent
        operation = Operation.objects.filter(payment=payment).first()
        ends.append((operation.status if operation else None, sent))
        settled(payment.order)
    assert set(ends) == {
        (None, 0),  # killed before the intent was written
        (OperationStatus.FAILURE, 0),  # ... and before it was sent: the provider knows nothing of it
        (OperationStatus.SUCCESS, 1),
    }


def test_giving_up_killed(script: Script, clock: Clock, killer: Killer, account: Account) -> None:
    bank = Bank(script, killer)
    order = None

    def errand() -> Callable[[], Any]:
        nonlocal order
        order = make_order(account.shop)
        make_payment(order, account)
        return lambda: give_up(order, who=Who.SHOPPER)

    for _point in at_every_point(killer, errand):
        assert order is not None
        time_passes(clock)
        assert settled(order).state in {OrderState.CANCELED, OrderState.EXPIRED}
        assert f"{order.number}-1" in bank.cancelled


def test_running_out_killed(script: Script, clock: Clock, killer: Killer, account: Account) -> None:
    bank = Bank(script, killer)
    order = None

    def errand() -> Callable[[], Any]:
        nonlocal order
        order = make_order(account.shop)
        make_payment(order, account)
        Order.objects.filter(pk=order.pk).update(expires_at=order.created_at)
        return lambda: expire_order.func(order.pk)

    for _point in at_every_point(killer, errand):
        assert order is not None
        time_passes(clock)
        assert settled(order).state == OrderState.EXPIRED
        assert order.payments.get().state in {State.EXPIRED, State.CANCELED}
        assert f"{order.number}-1" in bank.cancelled


def test_following_up_killed(script: Script, clock: Clock, killer: Killer, account: Account) -> None:
    bank = Bank(script, killer)
    payment: Payment | None = None

    def errand() -> Callable[[], Any]:
        nonlocal payment
        payment = make_payment(make_order(account.shop), account, next_check_at=None)
        bank.paid.add(payment.reference)
        ring = Notification(key=payment.reference, about="paid", reference=payment.reference)
        delivery = keep_notification(account, ring, "{}")
        return lambda: follow_up_delivery.func(delivery.pk)

    for _point in at_every_point(killer, errand):
        assert payment is not None
        work()  # the task itself is still in the queue: another worker takes it
        time_passes(clock)
        assert settled(payment.order).state == OrderState.PAID
        assert payment.order.timeline.filter(code="order.paid").count() == 1
        assert payment.deliveries.get().settled_at is not None


def test_returning_killed(script: Script, clock: Clock, killer: Killer, account: Account) -> None:
    from checkout.payments.settle import returned

    bank = Bank(script, killer)
    payment: Payment | None = None

    def errand() -> Callable[[], Any]:
        nonlocal payment
        payment = make_payment(make_order(account.shop), account)
        bank.paid.add(payment.reference)
        return lambda: returned(payment, {"claim": "success"}, patience=5)

    for _point in at_every_point(killer, errand):
        assert payment is not None
        time_passes(clock)
        assert settled(payment.order).state == OrderState.PAID
        assert payment.order.timeline.filter(code="order.paid").count() == 1


class Agreed:
    """An agreement at a provider that charges it by hand, and ends it."""

    def __init__(self, script: Script, killer: Killer) -> None:
        self.charged: list[str] = []
        self.ended: set[str] = set()
        for verb, deed in (
            ("start", self._start),
            ("sync", self._sync),
            ("cancel", self._sync),
            ("sync_agreement", self._stands),
            ("end_agreement", self._end),
        ):
            script.always(verb, Bank._between(verb, deed, killer))

    def _start(self, call: Call) -> Started:
        self.charged.append(call.charge.reference)
        name = f"P-{call.charge.reference}"
        return Started(show=None, provider_id=name, report=self._sync(call))

    def _sync(self, call: Call) -> Report:
        if call.charge.reference not in self.charged:
            return Report(outcome=Outcome.OPEN)
        return paid(call)

    def _stands(self, call: AgreementCall) -> AgreementReport:
        """It lists what was charged as well: by its own name, and by our reference."""
        name = call.agreement.provider_id
        listed = tuple(
            renewal(f"P-{reference}", Money(1500, "EUR"), by_hand=True, reference=reference)
            for reference in self.charged
            if Payment.objects.get(reference=reference).order.agreement.provider_id == name  # type: ignore[union-attr]
            and f"P-{reference}" not in call.agreement.known
        )
        if name in self.ended:
            return AgreementReport(provider_id=name, state=AgreementState.ENDED, charges=listed)
        return active(name, charges=listed)

    def _end(self, call: AgreementCall) -> AgreementReport:
        self.ended.add(call.agreement.provider_id)
        return self._stands(call)


def test_a_charge_of_an_agreement_killed(
    script: Script, clock: Clock, killer: Killer, account: Account
) -> None:
    bank = Agreed(script, killer)
    agreement: Agreement | None = None

    def errand() -> Callable[[], Any]:
        nonlocal agreement
        agreement = make_agreement(account)
        return lambda: charge_again(
            agreement, Money(1500, "EUR"), reference=f"extra-{agreement.number}", who=Who.SHOP
        )

    ends = []
    for _point in at_every_point(killer, errand):
        assert agreement is not None
        sent = list(bank.charged)
        time_passes(clock)
        assert bank.charged == sent  # nobody sends it again
        order = agreement.orders.first()
        if order is None:
            ends.append("never asked for")
            continue
        came = f"{order.number}-1" in bank.charged
        assert agreement.orders.count() == 1
        assert settled(order).state == (OrderState.PAID if came else OrderState.CANCELED)
        assert order.timeline.filter(code="order.paid").count() == (1 if came else 0)
        ends.append(order.payments.get().state)
    assert set(ends) == {"never asked for", State.FAILED, State.PAID}


def test_ending_an_agreement_killed(script: Script, clock: Clock, killer: Killer, account: Account) -> None:
    bank = Agreed(script, killer)
    agreement: Agreement | None = None

    def errand() -> Callable[[], Any]:
        nonlocal agreement
        agreement = make_agreement(account, next_check_at=None)
        return lambda: end(agreement, Ending.NOW, who=Who.SHOP)

    ends = []
    for _point in at_every_point(killer, errand):
        assert agreement is not None
        time_passes(clock)
        agreement.refresh_from_db()
        assert (agreement.state == "ended") == (agreement.provider_id in bank.ended)
        ends.append(agreement.state)
    assert set(ends) == {"active", "ended"}


def test_adopting_killed(script: Script, clock: Clock, killer: Killer, account: Account) -> None:
    """A notification of a payment that an agreement made by itself, in a provider that names it to nobody else."""
    Agreed(script, killer)
    agreement: Agreement | None = None

    def errand() -> Callable[[], Any]:
        nonlocal agreement
        agreement = make_agreement(account, next_check_at=None)
        made = renewal(f"R-{agreement.provider_id}", Money(1500, "EUR"))

        def stands(call: AgreementCall) -> AgreementReport:
            told = (made,) if made.provider_id in call.agreement.also else ()
            return active(call.agreement.provider_id, charges=told)

        script.always("sync_agreement", Bank._between("sync_agreement", stands, killer))
        script.always("sync", Bank._between("sync", paid, killer))
        ring = Notification(key=agreement.number, about="paid", provider_ids=(made.provider_id,),
                            agreement=agreement.provider_id)  # fmt: skip
        delivery = keep_notification(account, ring, "{}")
        return lambda: follow_up_delivery.func(delivery.pk)

    for _point in at_every_point(killer, errand):
        assert agreement is not None
        work()
        time_passes(clock)
        order = agreement.orders.get()
        assert settled(order).state == OrderState.PAID
        assert order.timeline.filter(code="order.paid").count() == 1
