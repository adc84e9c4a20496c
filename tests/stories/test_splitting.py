"""What becomes of an order that was paid with a gift card and a credit card: captured, voided, refunded?"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from checkout.models import Account, Operation, Order, Payment
from checkout.payments.operate import NotPossible, PlanChanged, left, operate, shares_of
from checkout.payments.operations import undone
from checkout.payments.orders import mark_seen
from checkout.payments.plan import Plan, plan_of
from checkout.payments.recover import check
from checkout.payments.start import start
from checkout.states import OrderState, State
from checkout.tasks import run_sweep
from providers.base import Charge, OperationStatus, Outcome, Report, Share, Tender, Verb
from providers.base import Operation as Listed
from providers.errors import Invalid, Uncertain
from providers.money import Money
from providers.purse import priorities
from tests.scripted import Call, Clock, Script, Scripted, events, make_order, story, work

Sums = tuple[int, int, int]  # captured, refunded, voided
NOTHING: Sums = (0, 0, 0)
AUTHORIZED = {"visa": 2299, "illicado": 2000}


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def again(payment: Payment) -> Payment:
    return Payment.objects.select_related("order", "account").get(pk=payment.pk)


def split(card: Sums = NOTHING, gift: Sums = NOTHING, *listed: Listed) -> Report:
    """42.99 EUR: 22.99 on a credit card, 20.00 on a gift card."""
    tenders = tuple(
        Tender(id=partner, partner=partner, method=method, authorized=eur(AUTHORIZED[partner]), captured=eur(of[0]),
               refunded=eur(of[1]), voided=eur(of[2]))
        for partner, method, of in (("visa", "creditcard", card), ("illicado", "giftcard", gift))
    )  # fmt: skip
    captured, refunded, voided = (eur(one + other) for one, other in zip(card, gift, strict=True))
    outcome = Outcome.PAID if captured else Outcome.AUTHORIZED
    if captured and refunded == captured:
        outcome = Outcome.REFUNDED
    if voided == eur(4299):
        outcome = Outcome.CANCELED
    return Report(outcome=outcome, authorized=eur(4299), captured=captured, refunded=refunded, voided=voided,
                  tenders=tenders, operations=listed)  # fmt: skip


def listed(
    row: Operation | Call, status: OperationStatus = OperationStatus.SUCCESS, message: str = ""
) -> Listed:
    assert row.money is not None
    return Listed(verb=Verb(row.verb), money=row.money, status=status, key=row.key, provider_id=f"O-{row.key}",
                  message=message)  # fmt: skip


def answers(
    card: Sums,
    gift: Sums,
    status: OperationStatus = OperationStatus.SUCCESS,
    message: str = "",
) -> Callable[[Call], Report]:
    return lambda call: split(card, gift, listed(call, status, message))


def kept(payment: Payment) -> dict[str, Sums]:
    return {
        row.partner: (row.captured_minor, row.refunded_minor, row.voided_minor)
        for row in payment.tenders.all()
    }


def agreed(payment: Payment, verb: Verb, money: Money, told: dict[str, Any] | None = None) -> str:
    """What a merchant has seen, and said yes to."""
    plan = plan_of(payment, verb, money, told or {})
    assert isinstance(plan, Plan)
    return plan.digest


@pytest.fixture(autouse=True)
def sharing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripted provider shares out by the only rules that are known: Purse's."""
    account = SimpleNamespace(capture_priorities=(), void_priorities=(), refund_priorities=())

    def share_out(
        self: Scripted, charge: Charge, verb: Verb, money: Money, *, plan: Mapping[str, Any]
    ) -> tuple[Share, ...]:
        chosen = priorities.asked(account, verb, plan)  # type: ignore[arg-type]  # the lists are all it reads
        return priorities.share_out(charge.tenders, verb, money, chosen)

    monkeypatch.setattr(Scripted, "share_out", share_out)


@pytest.fixture
def held(script: Script, account: Account) -> Payment:
    """Reserved on both."""
    order = make_order(account.shop, capture_later=True)
    script.will("sync", split())
    return check(start(order, account))


@pytest.fixture
def bought(script: Script, account: Account) -> Payment:
    order = make_order(account.shop)
    script.will("sync", split((2299, 0, 0), (2000, 0, 0)))
    return check(start(order, account))


# --- the whole way ---------------------------------------------------------------------------------------------------


def test_reserved_captured_in_part_voided_and_refunded(script: Script, held: Payment) -> None:
    assert (held.state, kept(held)) == (State.AUTHORIZED, {"visa": NOTHING, "illicado": NOTHING})

    script.will("capture", answers((1000, 0, 0), (2000, 0, 0)))
    captured = operate(held, Verb.CAPTURE, eur(3000), plan={}, seen=agreed(held, Verb.CAPTURE, eur(3000)))
    assert captured.status == OperationStatus.SUCCESS
    assert {share["partner"]: share["amount"] for share in shares_of(captured)} == {
        "visa": 1000,
        "illicado": 2000,
    }
    assert kept(held) == {"visa": (1000, 0, 0), "illicado": (2000, 0, 0)}
    held = again(held)
    assert (held.state, held.order.state) == (State.PAID, OrderState.PAID)

    script.will("void", answers((1000, 0, 1299), (2000, 0, 0)))
    assert operate(held, Verb.VOID, eur(1299)).status == OperationStatus.SUCCESS

    first = {"priorities": [{"partner": "*", "method": "giftcard"}, {"partner": "*", "method": "*"}]}
    script.will("refund", answers((1000, 500, 1299), (2000, 2000, 0)))
    refunded = operate(
        again(held),
        Verb.REFUND,
        eur(2500),
        plan=first,
        seen=agreed(again(held), Verb.REFUND, eur(2500), first),
    )
    assert {share["partner"]: share["amount"] for share in shares_of(refunded)} == {
        "visa": 500,
        "illicado": 2000,
    }
    # What the provider is told is the order, and nothing of ours beside it; the key is ours.
    [call] = script.asked("refund")
    assert (call.plan, call.key) == (first, refunded.key)
    assert [call.plan for call in script.calls if call.verb in ("capture", "void")] == [{}, {}]

    script.will("refund", answers((1000, 1000, 1299), (2000, 2000, 0)))
    operate(again(held), Verb.REFUND, eur(500))
    assert kept(held) == {"visa": (1000, 1000, 1299), "illicado": (2000, 2000, 0)}
    assert again(held).state == State.REFUNDED
    assert events(held.order) == ["order.authorized", "order.paid", "order.refunded", "order.refunded"]


def test_the_receipt_names_both(client: Client, bought: Payment) -> None:
    bought.order.refresh_from_db()
    assert bought.order.state == OrderState.PAID
    html = client.get(f"/pay/{bought.order.token}/", follow=True).content.decode()
    for name, amount in (("credit card · visa", "€22.99"), ("gift card · illicado", "€20.00")):
        assert f'<dt>{name}</dt><dd class="figure">{amount}</dd>' in html
    assert "€42.99" in html


# --- the plan and the click ------------------------------------------------------------------------------------------


def test_what_was_agreed_to_is_no_longer_true(script: Script, held: Payment) -> None:
    seen = agreed(held, Verb.CAPTURE, eur(2500))
    script.will(
        "sync", split(NOTHING, (2000, 0, 0))
    )  # the gift card is captured at the provider's own counter
    check(held)
    with pytest.raises(PlanChanged):
        operate(held, Verb.CAPTURE, eur(2000), seen=seen)
    assert script.asked("capture") == []
    assert not Operation.objects.exists()
    assert story(held.order)[-1] != "capture of 20.00 EUR was asked for."

    script.will("capture", answers((2000, 0, 0), (2000, 0, 0)))
    anew = agreed(again(held), Verb.CAPTURE, eur(2000))
    assert operate(held, Verb.CAPTURE, eur(2000), seen=anew).status == OperationStatus.SUCCESS


def test_what_happens_while_the_plan_is_read_counts(script: Script, held: Payment) -> None:
    """The plan that is agreed to is compared under the lock, with the rows as they are then."""
    stale = again(held)
    seen = agreed(stale, Verb.CAPTURE, eur(2000))
    held.tenders.filter(partner="illicado").update(captured_minor=1999)
    with pytest.raises(PlanChanged):
        operate(stale, Verb.CAPTURE, eur(2000), seen=seen)
    assert not Operation.objects.exists()


def test_a_second_click_is_answered_by_the_first_whatever_the_plan_is_now(
    script: Script, held: Payment
) -> None:
    seen = agreed(held, Verb.CAPTURE, eur(4299))
    script.will("capture", answers((2299, 0, 0), (2000, 0, 0)))
    one = operate(held, Verb.CAPTURE, eur(4299), seen=seen, key="from-the-form")
    two = operate(held, Verb.CAPTURE, eur(4299), seen=seen, key="from-the-form")
    assert (one.pk, two.status) == (two.pk, OperationStatus.SUCCESS)
    assert len(script.asked("capture")) == 1


def test_a_plan_that_is_none_never_travels(script: Script, held: Payment) -> None:
    nonsense = {"priorities": "gift cards, please"}
    with pytest.raises(Invalid):
        plan_of(held, Verb.CAPTURE, eur(1000), nonsense)
    with pytest.raises(PlanChanged):
        operate(held, Verb.CAPTURE, eur(1000), plan=nonsense, seen=agreed(held, Verb.CAPTURE, eur(1000)))
    assert script.asked("capture") == []


def test_who_agreed_to_no_plan_is_not_asked_for_one(script: Script, held: Payment) -> None:
    """Who operates without a page has seen nothing; the operation still keeps how it was meant."""
    script.will("capture", answers(NOTHING, (1500, 0, 0)))
    done = operate(held, Verb.CAPTURE, eur(1500))
    assert shares_of(done) == [{"partner": "illicado", "method": "giftcard", "amount": 1500}]


# --- no answer, not yet, in part -------------------------------------------------------------------------------------


def test_silence_then_found_with_its_split(script: Script, clock: Clock, held: Payment) -> None:
    script.will("capture", Uncertain("The provider did not answer in time."))
    row = operate(held, Verb.CAPTURE, eur(3000), seen=agreed(held, Verb.CAPTURE, eur(3000)))
    assert row.status == OperationStatus.UNCERTAIN
    assert kept(held) == {"visa": NOTHING, "illicado": NOTHING}
    waiting = plan_of(again(held), Verb.VOID, eur(1299), {})
    assert waiting is not None
    # Which means the capture took it from is not known.
    assert (waiting.waits, waiting.decided) == (True, False)
    with pytest.raises(NotPossible, match="A capture is under way"):
        operate(held, Verb.CAPTURE, eur(1299))

    script.will("sync", Uncertain("HTTP 502"), split((1000, 0, 0), (2000, 0, 0), listed(row)))
    for _look in range(2):
        clock.forward(minutes=5)
        run_sweep()
        work()
    assert len(script.asked("sync")) == 3  # the first one opened the story
    row.refresh_from_db()
    assert row.status == OperationStatus.SUCCESS
    assert kept(held) == {"visa": (1000, 0, 0), "illicado": (2000, 0, 0)}
    assert len(script.asked("capture")) == 1


def test_silence_and_it_never_arrived(script: Script, clock: Clock, held: Payment) -> None:
    script.will("capture", Uncertain("HTTP 504"))
    row = operate(held, Verb.CAPTURE, eur(4299))
    script.always("sync", split())
    clock.forward(minutes=16)
    check(again(held))
    row.refresh_from_db()
    assert row.status == OperationStatus.FAILURE
    assert kept(held) == {"visa": NOTHING, "illicado": NOTHING}
    assert len(script.asked("capture")) == 1  # asked for anew by a person, never by itself


@pytest.mark.parametrize(
    ("end", "card"),
    [(OperationStatus.SUCCESS, (2299, 0, 0)), (OperationStatus.FAILURE, NOTHING)],
)
def test_pending_stays_open_until_it_ends(
    script: Script, clock: Clock, held: Payment, end: OperationStatus, card: Sums
) -> None:
    script.will("capture", answers(NOTHING, NOTHING, OperationStatus.PENDING))
    row = operate(held, Verb.CAPTURE, eur(2299))
    for _day in range(3):
        script.will("sync", split(NOTHING, NOTHING, listed(row, OperationStatus.PENDING)))
        clock.forward(days=1)
        check(again(held))
        row.refresh_from_db()
        assert row.status == OperationStatus.PENDING
        assert again(held).next_check_at is not None
    script.will("sync", split(card, NOTHING, listed(row, end)))
    check(again(held))
    row.refresh_from_db()
    assert (row.status, kept(held)["visa"]) == (end, card)
    assert undone(again(held), row) == eur(0)
    assert len(script.asked("capture")) == 1


def test_pending_ends_in_part_and_the_rest_is_done_anew(
    script: Script, clock: Clock, held: Payment, order: Order
) -> None:
    script.will("capture", answers(NOTHING, NOTHING, OperationStatus.PENDING))
    row = operate(held, Verb.CAPTURE, eur(4299))
    why = "illicado giftcard: 20.00 EUR done; visa creditcard: 22.99 EUR failed (limit)"
    conflict = listed(row, OperationStatus.CONFLICT, why)
    script.will("sync", split(NOTHING, (2000, 0, 0), conflict))
    payment = check(again(held))
    row.refresh_from_db()
    payment.order.refresh_from_db()
    assert (row.status, row.message) == (OperationStatus.CONFLICT, why)
    assert payment.order.attention == "capture of 42.99 EUR was done in part only"
    assert kept(held) == {"visa": NOTHING, "illicado": (2000, 0, 0)}
    assert (undone(payment, row), left(payment, Verb.CAPTURE)) == (eur(2299), eur(2299))

    # Looks and sweeps send nothing; it is said once.
    mark_seen(payment.order, user=None)
    script.always("sync", split(NOTHING, (2000, 0, 0), conflict))
    clock.forward(days=2)
    run_sweep()
    work()
    check(again(held))
    payment.order.refresh_from_db()
    assert (len(script.asked("capture")), payment.order.attention) == (1, "")

    # A person captures the rest anew, as an operation of its own.
    script.will("capture", lambda call: split((2299, 0, 0), (2000, 0, 0), conflict, listed(call)))
    rest = operate(again(held), Verb.CAPTURE, eur(2299), seen=agreed(again(held), Verb.CAPTURE, eur(2299)))
    assert rest.key != row.key
    assert shares_of(rest) == [{"partner": "visa", "method": "creditcard", "amount": 2299}]
    payment = again(held)
    assert (payment.captured_minor, undone(payment, row), undone(payment, rest)) == (4299, eur(0), eur(0))
    row.refresh_from_db()
    assert row.status == OperationStatus.CONFLICT  # as it was


def test_a_refund_in_part_leaves_what_was_not_given_back(script: Script, bought: Payment) -> None:
    script.will(
        "refund",
        answers(
            (2299, 2299, 0), (2000, 0, 0), OperationStatus.CONFLICT, "illicado giftcard: 7.01 EUR failed"
        ),
    )
    row = operate(bought, Verb.REFUND, eur(3000))
    payment = again(bought)
    assert (row.status, undone(payment, row)) == (OperationStatus.CONFLICT, eur(701))
    plan = plan_of(payment, Verb.REFUND, eur(701), {})
    assert plan is not None
    assert [(part.tender.partner, part.given) for part in plan.parts] == [
        ("visa", eur(0)),
        ("illicado", eur(701)),
    ]


def test_an_uncertain_end_that_becomes_a_conflict_moves_only_what_succeeded(
    script: Script, bought: Payment
) -> None:
    script.will("refund", Uncertain("HTTP 502"))
    row = operate(bought, Verb.REFUND, eur(4299))
    script.will(
        "sync",
        split((2299, 2299, 0), (2000, 0, 0), listed(row, OperationStatus.CONFLICT, "gift card refused")),
    )
    payment = check(again(bought))
    row.refresh_from_db()
    assert (row.status, payment.state, payment.refunded_minor) == (OperationStatus.CONFLICT, State.PAID, 2299)
    assert "refund of 42.99 EUR was done in part only: gift card refused" in story(payment.order)


# --- plans -----------------------------------------------------------------------------------------------------------


def test_a_plan_that_does_not_add_up_is_none(held: Payment, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(self: Scripted, charge: Charge, verb: Verb, money: Money, *, plan: Any) -> tuple[Share, ...]:
        return (Share(tender=charge.tenders[0], money=eur(1)),)

    monkeypatch.setattr(Scripted, "share_out", half)
    plan = plan_of(held, Verb.CAPTURE, eur(1000), {})
    assert plan is not None
    assert (plan.decided, plan.shares()) == (False, [])


def test_every_number_of_a_plan_is_in_its_digest(held: Payment) -> None:
    plan = plan_of(held, Verb.CAPTURE, eur(2500), {})
    assert plan is not None
    first, second = plan.parts
    others = [
        replace(plan, parts=(second, first)),
        replace(plan, parts=(replace(first, left=eur(1)), second)),
        replace(plan, parts=(replace(first, given=None), second)),
        replace(plan, parts=(replace(first, given=eur(1)), second)),
        replace(plan, waits=True),
    ]
    assert len({plan.digest, *(other.digest for other in others)}) == 6
