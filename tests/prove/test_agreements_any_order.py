"""What is told of an agreement comes late, twice and in any order. Where it stands never goes back, what it took is
taken once, and the end is the same."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkout.models import Account, Agreement, Order, Payment
from checkout.payments.agreements import take_agreement
from checkout.payments.figures import violations
from checkout.payments.inbox import follow_up, keep
from checkout.payments.locks import order_lock
from checkout.states import AGREEMENT_MOVES, OrderState, State
from providers.agreements import AgreementReport, AgreementState, Phase
from providers.base import Kind, Notification, Outcome, Report
from providers.money import Money
from tests.scripted import (
    MONTHLY,
    AgreementCall,
    Call,
    Script,
    active,
    events,
    install,
    make_account,
    make_order,
    make_payment,
    renewal,
)

PROOF = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
EUR15 = Money(1500, "EUR")
# The examples of a test share its database.
_names = itertools.count(1)
OVER = (AgreementState.ENDED, AgreementState.TERMINATED)


@pytest.fixture
def script(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Script:
    return install(monkeypatch)


@pytest.fixture
def account(script: Script) -> Account:
    return make_account()


@st.composite
def histories(draw: st.DrawFn) -> list[AgreementReport]:
    """What a provider would say, step by step, of one agreement; each tells all that it has taken so far."""
    name = f"S-{next(_names)}"
    waits = active(name, state=AgreementState.PENDING, phase=Phase.NEW)
    if draw(st.booleans()):
        gone = active(name, state=AgreementState.CANCELED, phase=Phase.CLOSED)
        if draw(st.booleans()):
            return [waits, gone]
        story = [waits, gone]  # the money came after all
    else:
        story = [waits] if draw(st.booleans()) else []
    taken: list[Any] = []
    for number in range(draw(st.integers(1, 4))):
        taken.append(renewal(f"{name}-{number}", EUR15))
        phase = draw(st.sampled_from([Phase.BILLING, Phase.RETRY, Phase.LAST]))
        story.append(active(name, phase=phase, charges=tuple(taken)))
    for state in OVER[: draw(st.integers(0, 2))]:
        story.append(
            active(name, state=state, phase=Phase.CLOSED, endings=(), may_charge=False, charges=tuple(taken))
        )
    return story


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[AgreementReport], list[AgreementReport]]:
    history = draw(histories())
    again = draw(st.lists(st.sampled_from(history), max_size=3))
    return history, draw(st.permutations([*history, *again]))


def new_payment(account: Account, state: State = State.PAID) -> Payment:
    order = make_order(account.shop, money=EUR15, kind=Kind.SUBSCRIPTION, terms=MONTHLY)
    return make_payment(order, account, state=state)


def taken(agreement: Agreement) -> list[str]:
    rows = Payment.objects.filter(order__agreement=agreement)
    return sorted(rows.values_list("provider_id", flat=True))


@PROOF
@given(arrivals())
def test_the_order_of_answers_does_not_matter(
    account: Account, both: tuple[list[AgreementReport], list[AgreementReport]]
) -> None:
    history, arrived = both
    payment = new_payment(account)
    state = None
    for report in arrived:
        with order_lock(payment.order_id) as order:
            take_agreement(order, payment, report)
        agreement = Agreement.objects.get(payment=payment)
        if state is not None:
            assert agreement.state == state or agreement.state in AGREEMENT_MOVES[state]
        state = AgreementState(agreement.state)
    told = {charge.provider_id for report in history for charge in report.charges}
    assert taken(agreement) == sorted(told)
    last = history[-1].state
    # One that was seen alive first is not called off by an older word, and the other way round.
    assert agreement.state == last
    if last in OVER:
        assert (agreement.phase, agreement.endings, agreement.may_charge) == ("closed", [], False)
    assert not any(violations().values())


@st.composite
def rings(draw: st.DrawFn) -> list[tuple[str, ...]]:
    """Of the first payment, of three renewals, of the agreement alone: each at least once, in any order."""
    each: list[tuple[str, ...]] = [("first",), ("R-2",), ("R-3",), ("R-4",), ()]
    again = draw(st.lists(st.sampled_from(each), max_size=3))
    return list(draw(st.permutations([*each, *again])))


@PROOF
@given(rings())
def test_the_order_of_notifications_does_not_matter(
    script: Script, account: Account, rung: list[tuple[str, ...]]
) -> None:
    """At a provider that lists no payments of an agreement: those alone are known that it rings for, and it calls all
    of them by the first one's reference."""
    name = f"S-{next(_names)}"
    payment = new_payment(account, State.STARTED)

    def stands(call: AgreementCall) -> AgreementReport:
        found = [value for value in call.agreement.also if "R-" in value]
        return active(name, charges=tuple(renewal(value, EUR15) for value in found))

    def truth(call: Call) -> Report:
        began = None if call.charge.agreement else active(name)
        return Report(outcome=Outcome.PAID, authorized=EUR15, captured=EUR15, agreement=began)

    script.always("sync_agreement", stands)
    script.always("sync", truth)
    for number, ids in enumerate(rung):
        about = tuple(payment.provider_id if value == "first" else f"{name}-{value}" for value in ids)
        ring = Notification(key=f"{name}-{number}", about="news", reference=payment.reference,
                            provider_ids=about, agreement=name)  # fmt: skip
        delivery, _new = keep(account, ring, "{}")
        assert follow_up(delivery).verdict == "applied"
    agreement = Agreement.objects.get(payment=payment)
    assert taken(agreement) == [f"{name}-R-{number}" for number in (2, 3, 4)]
    orders = [payment.order, *Order.objects.filter(agreement=agreement)]
    for order in orders:
        order.refresh_from_db()
        assert order.state == OrderState.PAID
        assert events(order).count("order.paid") == 1
        assert order.attention == ""
    assert not any(violations().values())


def test_a_history_is_no_empty_promise() -> None:
    """The strategy above reaches every end; a proof over nothing would prove nothing."""
    ends = set()

    @settings(max_examples=200, derandomize=True, database=None)
    @given(histories())
    def collect(history: list[AgreementReport]) -> None:
        ends.add(history[-1].state)

    collect()
    assert ends == set(AgreementState) - {AgreementState.PENDING}
