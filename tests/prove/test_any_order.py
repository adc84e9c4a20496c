"""Reports come late, twice and in any order. Only the truth matters: what must hold does at every step, to one end."""

import dataclasses
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkout.models import Account, Order, Payment
from checkout.payments.apply import apply
from checkout.payments.figures import violations
from checkout.states import MOVES, OrderState, State
from providers.base import Operation, OperationStatus, Outcome, Report, Tender, Verb
from providers.errors import Decline
from providers.money import Money
from tests.scripted import make_order, make_payment

ASKED = 1000
SUMS = ("authorized", "captured", "refunded", "voided")
# The database is shared by a test's examples, and every example has an order of its own.
PROOF = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def said(
    outcome: Outcome, authorized: int = 0, captured: int = 0, refunded: int = 0, voided: int = 0
) -> Report:
    return Report(outcome=outcome, authorized=eur(authorized), captured=eur(captured), refunded=eur(refunded),
                  voided=eur(voided))  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[Report]:
    """What a provider would say, step by step, of one payment that comes to an end."""
    story = [said(outcome) for outcome in draw(st.sampled_from(
        [[], [Outcome.OPEN], [Outcome.PENDING], [Outcome.OPEN, Outcome.PENDING]]))]  # fmt: skip
    end = draw(st.sampled_from(["no", "at once", "held"]))
    if end == "no":
        return [*story, said(draw(st.sampled_from([Outcome.FAILED, Outcome.CANCELED, Outcome.EXPIRED])))]
    captured = ASKED
    voided = 0
    if end == "held":
        story.append(said(Outcome.AUTHORIZED, ASKED))
        how = draw(st.sampled_from(["voided", "lapsed", "captured", "in parts"]))
        if how == "voided":
            return [*story, said(Outcome.CANCELED, ASKED, voided=ASKED)]
        if how == "lapsed":
            return [*story, said(Outcome.EXPIRED, ASKED)]
        if how == "in parts":
            captured = draw(st.integers(1, ASKED - 1))
            story.append(said(Outcome.PAID, ASKED, captured))
            voided = draw(st.integers(0, ASKED - captured))
    story.append(said(Outcome.PAID, ASKED, captured, voided=voided))
    refunded = 0
    for _refund in range(draw(st.integers(0, 3))):
        refunded = draw(st.integers(refunded, captured))
        whole = refunded == captured
        story.append(said(Outcome.REFUNDED if whole else Outcome.PAID, ASKED, captured, refunded, voided))
        if whole:
            break
    return story


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Report], list[Report]]:
    """A history, and the same reports as they arrive: each at least once, in any order."""
    history = draw(histories())
    again = draw(st.lists(st.sampled_from(history), max_size=3))
    return history, draw(st.permutations([*history, *again]))


def new_payment(account: Account) -> Payment:
    return make_payment(make_order(account.shop, money=eur(ASKED)), account)


def sums(payment: Payment) -> dict[str, int]:
    return {name: getattr(payment, f"{name}_minor") for name in SUMS}


def deliver(payment: Payment, reports: list[Report]) -> Payment:
    """Apply each, and look at everything that must hold after every single one."""
    for report in reports:
        before, state = sums(payment), State(payment.state)
        payment = apply(payment.pk, report)
        after = sums(payment)
        assert payment.state == state or payment.state in MOVES[state]
        assert all(after[name] >= before[name] for name in SUMS)
        assert after["captured"] + after["voided"] <= after["authorized"]
        assert after["refunded"] <= after["captured"]
        assert payment.order.events.filter(type="order.paid").count() <= 1
        assert Payment.objects.get(pk=payment.pk).state == payment.state
    return payment


@pytest.mark.usefixtures("script")
@PROOF
@given(deliveries())
def test_the_order_of_deliveries_does_not_matter(
    account: Account, both: tuple[list[Report], list[Report]]
) -> None:
    history, arrived = both
    straight = deliver(new_payment(account), history)
    mixed = deliver(new_payment(account), arrived)
    assert (mixed.state, sums(mixed)) == (straight.state, sums(straight))
    assert straight.state == State(history[-1].outcome)
    straight.order.refresh_from_db()
    mixed.order.refresh_from_db()
    paid = straight.captured_minor > 0
    assert straight.order.state == (OrderState.PAID if paid else OrderState.OPEN)
    # One that was seen refunded first was never paid as far as the shop is concerned, and never becomes it.
    assert mixed.order.state in {straight.order.state, OrderState.OPEN}
    if mixed.order.state == OrderState.OPEN:
        assert mixed.state != State.PAID
    assert not any(violations().values())


money = st.one_of(
    st.none(), st.integers(-5, ASKED + 5).map(eur), st.sampled_from([eur(ASKED), Money(ASKED, "USD")])
)
listed = st.builds(
    Operation,
    verb=st.sampled_from(Verb),
    money=st.integers(-1, ASKED).map(eur),
    status=st.sampled_from(OperationStatus),
    key=st.sampled_from(["", "k1"]),
    provider_id=st.sampled_from(["", "o1", "o2"]),
)
tender = st.builds(
    Tender,
    id=st.sampled_from(["a", "b"]),
    partner=st.just("p"),
    method=st.just("m"),
    **{name: st.integers(0, ASKED).map(eur) for name in SUMS},
)
anything = st.builds(
    Report,
    outcome=st.sampled_from(Outcome),
    reference=st.sampled_from([None, "G-ANOTHER-1"]),
    provider_ids=st.sampled_from([(), ("p1",), ("p1", "p2")]),
    authorized=money,
    captured=money,
    refunded=money,
    voided=money,
    pending=money,
    tenders=st.lists(tender, max_size=2).map(tuple),
    operations=st.one_of(st.none(), st.lists(listed, max_size=3).map(tuple)),
    decline=st.sampled_from([None, Decline(code="05", message="no")]),
    live=st.sampled_from([None, None, False, True]),
    may_retry=st.sampled_from([None, True, False]),
    warning=st.sampled_from(["", "odd"]),
)


@pytest.mark.usefixtures("script")
@PROOF
@given(st.lists(anything, min_size=1, max_size=8))
def test_whatever_a_provider_says(account: Account, reports: list[Report]) -> None:
    """Nonsense is an objection, never an exception, and never breaks a rule of money."""
    payment = deliver(new_payment(account), reports)
    assert payment.authorized_minor in {0, ASKED} or payment.state not in {State.PAID, State.AUTHORIZED}
    assert not any(violations().values())
    if payment.state in {State.PAID, State.AUTHORIZED}:
        assert payment.authorized_minor == ASKED


@pytest.mark.usefixtures("script")
@PROOF
@given(
    st.lists(st.tuples(st.integers(0, 1), deliveries()), min_size=1, max_size=4),
    st.randoms(use_true_random=False),
)
def test_two_attempts_of_one_order(account: Account, both: list[Any], random: Any) -> None:
    order = make_order(account.shop, money=eur(ASKED))
    first = make_payment(order, account, state=State.CANCELED)
    second = make_payment(order, account)
    mixed = [(which, report) for which, (_history, arrived) in both for report in arrived]
    random.shuffle(mixed)
    for which, report in mixed:
        payment = Payment.objects.get(pk=(first, second)[which].pk)
        deliver(payment, [report])
    order = Order.objects.get(pk=order.pk)
    assert order.events.filter(type="order.paid").count() <= 1
    assert not any(violations().values())
    held = order.payments.filter(state__in=[State.AUTHORIZED, State.PAID]).count()
    assert held < 2 or "second payment" in order.attention


def test_a_history_is_no_empty_promise() -> None:
    """The strategy above reaches every end; a proof over nothing would prove nothing."""
    ends = set()

    @settings(max_examples=300, derandomize=True, database=None)
    @given(histories())
    def collect(history: list[Report]) -> None:
        ends.add(history[-1].outcome)
        assert all(dataclasses.is_dataclass(report) for report in history)

    collect()
    assert ends == set(Outcome) - {Outcome.OPEN, Outcome.PENDING, Outcome.AUTHORIZED}
