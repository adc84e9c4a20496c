"""How is a payment through EPC opened? Against a scripted S360."""

from typing import Any

import pytest
import requests

from providers.base import Outcome
from providers.errors import Uncertain, Unreachable
from providers.money import Money
from tests.providers.s360 import (
    BASE,
    MEMO,
    ORDER,
    PAYMENT,
    ROLLED_BACK,
    S360,
    STARTED,
    charge,
    check,
    notify,
    order,
    paid,
)

ASK = "externalPaymentService/checkPayment"

NOTIFY = "externalOrderService/notifyOrder"

DETAILS = "externalOrderService/getOrderDetails"

PAY = "externalOrderFacade/createPaymentsAndCloseOrder"

# The manual's own example, word for word.
SEED_PAYMENT = {
    "orderId": "2621264",
    "isConvertedReservation": False,
    "createToken": True,
    "payments": [{"amount": 24000, "paymentMethodId": 16362}],
    "paymentParams": {
        "contactNumber": "752565",
        "totalAmount": 24000,
        "paymentParametersMap": {
            "ORDER_IDENTIFIER": "your-unique-session-id-12345",
            "RETURN_URL": "https://yourdomain.com/payment-success",
        },
    },
    "orderType": "SALE",
    "maxWaitingTime": 0,
    "purchasersInfo": [{"contactReference": "752565"}],
}


def test_the_payment_is_the_manuals_own_example(s360: S360) -> None:
    s360.expect(PAY, paid("WAITING"), SEED_PAYMENT)
    done = s360.epc().start(charge(memo=MEMO, save_card=True))
    assert done.memo == STARTED
    assert done.provider_id == "1638671948"
    assert done.provider_ids == ("1638671948", "order:2621264")
    assert done.report is None
    assert done.show is not None
    assert done.show.template == "widgets/epc.html"  # type: ignore[union-attr]
    assert done.show.origins == ("http://127.0.0.1:9000",)  # type: ignore[union-attr]
    assert done.show.data == {  # type: ignore[union-attr]
        "mode": "widget",
        "src": f"{BASE}/widget/integrate_widget.js",
        "paymentId": "1638671948",
        "sessionId": "your-unique-session-id-12345",
        "options": {"language": "en", "fullRedirection": True, "enableCancelButton": True},
    }


def test_display_options_go_to_the_widget_but_do_not_overrule_the_settings(s360: S360) -> None:
    s360.expect(PAY, paid("WAITING"))
    epc = s360.epc(
        display_options={"theme": "dark", "fullRedirection": False},
        language_option="",
        cancel_button_option="showCancel",
        cancel_button=False,
    )
    show = epc.start(charge(memo=MEMO)).show
    assert show.data["options"] == {"theme": "dark", "fullRedirection": True, "showCancel": False}  # type: ignore[union-attr]


def test_a_card_is_never_kept_under_the_contact_that_all_guests_share(s360: S360) -> None:
    body = {
        **SEED_PAYMENT,
        "createToken": False,
        "paymentParams": {**SEED_PAYMENT["paymentParams"], "contactNumber": "900"},  # type: ignore[dict-item]
        "purchasersInfo": [{"contactReference": "900"}],
    }
    s360.expect(PAY, paid("WAITING"), body)
    s360.epc(guest_contact="900").start(charge(memo=MEMO, save_card=True, options={"order_id": ORDER}))


def test_the_shops_own_references_may_be_s360_contacts(s360: S360) -> None:
    body = {
        **SEED_PAYMENT,
        "paymentParams": {**SEED_PAYMENT["paymentParams"], "contactNumber": "customer-1"},  # type: ignore[dict-item]
        "purchasersInfo": [{"contactReference": "customer-1"}],
    }
    s360.expect(PAY, paid("WAITING"), body)
    epc = s360.epc(customer_reference_is_contact=True)
    epc.start(charge(memo=MEMO, save_card=True, options={"order_id": ORDER}))


@pytest.mark.parametrize(
    "answer",
    [
        paid("WAITING", epcTransactionData={"transactionID": "1638671948"}),
        paid("WAITING", epcTransactionData={"TransactionId": 1638671948}),
        {**paid("WAITING", epcTransactionData=None), "epcTransactionData": {"transactionID": 1638671948}},
        {
            **paid("WAITING", epcTransactionData=None),
            "orderData": [{"EpcTransactionData": {"transactionId": 1638671948}}],
        },
        {
            "statusCode": "success",
            "paymentId": str(PAYMENT),
            "identification": 1521143230,
            "epcTransactionData": {"transactionId": 1638671948},
        },
        # A reopened order may list its dead payments, before or after.
        {
            **paid("WAITING"),
            "paymentDetails": [
                *paid("ABANDONED", paymentId=1)["paymentDetails"],
                *paid("WAITING")["paymentDetails"],
                *paid("FAILED", paymentId=2, epcTransactionData={"transactionId": 9})["paymentDetails"],
            ],
        },
    ],
)
def test_the_transaction_is_found_wherever_it_is(s360: S360, answer: Any) -> None:
    s360.expect(PAY, answer)
    assert s360.epc().start(charge(memo=MEMO)).memo == STARTED


@pytest.mark.parametrize(
    "answer",
    [paid("WAITING", epcTransactionData=None), {"statusCode": "success"}, paid("WAITING", paymentId=None)],
)
def test_a_payment_without_a_name_is_nothing_to_go_on_with(s360: S360, answer: Any) -> None:
    s360.expect(PAY, answer)
    with pytest.raises(Uncertain, match="did not name it"):
        s360.epc().start(charge(memo=MEMO))


@pytest.mark.parametrize(
    ("lost", "kind"),
    [
        (requests.ReadTimeout(), Uncertain),
        (requests.ConnectionError("reset"), Uncertain),
        (requests.ConnectTimeout(), Unreachable),
        ((500, "oops"), Uncertain),
        ((200, '{"statusCode":"succ'), Uncertain),
        ((302, ""), Uncertain),
    ],
)
def test_a_payment_is_never_sent_twice(s360: S360, lost: Any, kind: type[Exception]) -> None:
    s360.expect(PAY, lost)
    with pytest.raises(kind):
        s360.epc().start(charge(memo=MEMO))
    assert s360.called == ["createPaymentsAndCloseOrder"]
    assert s360.slept == []


def test_a_saved_card_is_charged_at_once(s360: S360) -> None:
    body = {
        **SEED_PAYMENT,
        "createToken": False,
        "payments": [{"amount": 24000, "paymentMethodId": 16362, "cardAlias": "alias-7"}],
    }
    s360.expect(PAY, paid("AUTHORIZED"), body)
    s360.expect(ASK, paid("AUTHORIZED"), check())
    s360.expect(NOTIFY, {"statusCode": "success"}, notify(100))
    s360.expect(DETAILS, order())
    done = s360.epc().start(charge(memo=MEMO, saved_card="alias-7"))
    assert done.show is None
    assert done.memo == STARTED
    assert done.report is not None
    assert done.report.outcome is Outcome.PAID
    assert done.report.captured == Money(2400, "GBP")


def test_a_saved_card_that_is_refused_at_once(s360: S360) -> None:
    s360.expect(PAY, paid("FAILED")).expect(ASK, paid("FAILED")).expect(DETAILS, order("CLOSING"))
    s360.expect(NOTIFY, ROLLED_BACK, notify(30000))
    done = s360.epc().start(charge(memo=MEMO, saved_card="alias-7"))
    assert done.show is None
    assert done.report is not None
    assert done.report.outcome is Outcome.FAILED
    assert done.report.may_retry is True


def test_a_saved_card_may_still_want_the_shopper(s360: S360) -> None:
    s360.expect(PAY, paid("WAITING"))
    done = s360.epc().start(charge(memo=MEMO, saved_card="alias-7"))
    assert done.show is not None
    assert done.report is None


def test_a_payment_that_was_made_is_remembered_though_nobody_answers_any_more(s360: S360) -> None:
    s360.expect(PAY, paid("AUTHORIZED")).expect(ASK, requests.ReadTimeout())
    done = s360.epc().start(charge(memo=MEMO, saved_card="alias-7"))
    assert done.memo == STARTED
    assert done.report is not None
    assert done.report.outcome is Outcome.PENDING
    assert done.report.warning == "The provider did not answer in time."
