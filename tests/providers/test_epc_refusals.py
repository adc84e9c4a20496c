"""Which kind of no is it? Against a scripted S360."""

from decimal import Decimal
from typing import Any

import pytest

from providers.errors import Decline, Declined, Invalid, Misconfigured, Uncertain, Unreachable
from tests.providers.s360 import (
    MEMO,
    S360,
    STARTED,
    TRANSACTION,
    charge,
    error,
    paid,
)

ASK = "externalPaymentService/checkPayment"

PAY = "externalOrderFacade/createPaymentsAndCloseOrder"

MAKE = "externalOrderFacade/createOrUpdateOrder"

LOOK = "Look at the institution, virtual operator, partner, secret and ids."

started = charge(memo=STARTED, provider_id=str(TRANSACTION))


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (
            error("Order is <b>not</b> in the mood.<br/>"),
            Uncertain,
            "S360 refuses createPaymentsAndCloseOrder: Order is not in the mood.",
        ),
        ({"statusCode": "in_progress"}, Uncertain, "S360 refuses createPaymentsAndCloseOrder: in_progress"),
        ({"statusDetail": "hm"}, Uncertain, "S360 refuses createPaymentsAndCloseOrder: hm"),
        (error("Unknown error"), Uncertain, "S360 refuses createPaymentsAndCloseOrder: Unknown error"),
        (
            error("paymentMethodId is mandatory"),
            Invalid,
            "paymentMethodId: S360 refuses createPaymentsAndCloseOrder: paymentMethodId is mandatory",
        ),
        (
            {"statusCode": "success", "expectedException": True, "statusMessage": "Sold out"},
            Invalid,
            "createPaymentsAndCloseOrder: S360 refuses createPaymentsAndCloseOrder: Sold out",
        ),
        (
            error("Token expired"),
            Misconfigured,
            f"S360 refuses createPaymentsAndCloseOrder: Token expired. {LOOK}",
        ),
        (
            error("The card was declined: insufficient funds"),
            Declined,
            "The card was declined: insufficient funds",
        ),
        (
            (400, '{"statusCode":"error","statusDetail":"No<br>way"}'),
            Invalid,
            "createPaymentsAndCloseOrder: S360 refuses createPaymentsAndCloseOrder: No way",
        ),
        (
            (401, "nope"),
            Misconfigured,
            f"S360 refuses createPaymentsAndCloseOrder: HTTP 401. {LOOK}",
        ),
        (
            (403, '{"statusDetail":"No access"}'),
            Misconfigured,
            f"S360 refuses createPaymentsAndCloseOrder: No access. {LOOK}",
        ),
        (
            (404, "<html>not found</html>"),
            Uncertain,
            "S360's answer to createPaymentsAndCloseOrder (HTTP 404) could not be read.",
        ),
        (
            (200, "[]"),
            Uncertain,
            "S360's answer to createPaymentsAndCloseOrder (HTTP 200) could not be read.",
        ),
        (
            paid("WAITING", amount=True),
            Uncertain,
            "S360's answer to createPaymentsAndCloseOrder could not be read: paymentDetails.0.amount.",
        ),
    ],
)
def test_the_kinds_of_no(s360: S360, answer: Any, kind: type[Exception], sentence: str) -> None:
    s360.expect(PAY, answer)
    with pytest.raises(kind) as refused:
        s360.epc().start(charge(memo=MEMO))
    assert type(refused.value) is kind
    assert str(refused.value) == sentence


def test_an_order_that_is_refused_can_be_mended(s360: S360) -> None:
    s360.expect(MAKE, error("itemId: item 5 is nothing we sell"))
    with pytest.raises(Invalid) as refused:
        s360.epc().prepare(charge())
    assert str(refused.value) == "itemId: S360 refuses createOrUpdateOrder: itemId: item 5 is nothing we sell"
    s360.expect(MAKE, {"statusCode": "in_progress"})
    with pytest.raises(Uncertain):
        s360.epc().prepare(charge())


def test_a_payment_method_of_another_point_of_sale_is_the_merchants_to_mend(s360: S360) -> None:
    s360.expect(PAY, error("paymentMethodId: is not a payment method of this point of sale"))
    with pytest.raises(Misconfigured):
        s360.epc().start(charge(memo=MEMO))


def test_a_decline_says_why(s360: S360) -> None:
    s360.expect(PAY, error("Payment was refused: expired card"))
    with pytest.raises(Declined) as declined:
        s360.epc().start(charge(memo=MEMO, saved_card="alias-7"))
    assert declined.value.decline == Decline(
        code="error", message="Payment was refused: expired card", reason="expired_card"
    )


def test_a_question_is_never_declined(s360: S360) -> None:
    s360.expect(ASK, error("The payment was declined"))
    with pytest.raises(Uncertain):
        s360.epc().sync(started)


@pytest.mark.parametrize("status", [429, 509])
def test_told_to_slow_down_we_wait_and_sign_anew(
    s360: S360, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([1700000000, 1700000001, 1700000002])
    monkeypatch.setattr("providers.epc.wire.time", lambda: next(clock))
    s360.expect(PAY, (status, "")).expect(PAY, (status, "")).expect(PAY, paid("WAITING"))
    assert s360.epc().start(charge(memo=MEMO)).memo == STARTED
    assert s360.slept == [0.5, 1.0]
    assert len(set(s360.tokens)) == 3


def test_told_to_slow_down_for_ever_nothing_has_happened(s360: S360) -> None:
    for _ in range(4):
        s360.expect(PAY, (509, ""))
    with pytest.raises(Unreachable, match="slow down"):
        s360.epc().start(charge(memo=MEMO))
    assert s360.slept == [0.5, 1.0, 2.0]


def test_an_amount_is_exact_whatever_its_form(s360: S360) -> None:
    s360.expect(
        ASK, (200, '{"statusCode":"success","paymentDetails":[{"paymentId":10229102727225,"amount":0.1e1}]}')
    )
    told = s360.epc()._payment(started)
    assert told.amount == Decimal(1)
    assert told.payment_id == 10229102727225
