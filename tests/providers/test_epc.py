"""How does a payment through EPC go, and how does it end? Stories against a scripted S360."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from providers.base import Card, Kind, Outcome, SavedCard
from providers.errors import Decline, Declined, Invalid, Misconfigured, Uncertain, Unreachable
from providers.money import Money
from tests.providers.s360 import (
    BASE,
    GBP,
    MEMO,
    OPERATIONS,
    ORDER,
    PAYMENT,
    ROLLED_BACK,
    S360,
    STARTED,
    TRANSACTION,
    charge,
    check,
    error,
    made,
    notify,
    order,
    paid,
    saving,
)

ASK = "externalPaymentService/checkPayment"
NOTIFY = "externalOrderService/notifyOrder"
DETAILS = "externalOrderService/getOrderDetails"
PAY = "externalOrderFacade/createPaymentsAndCloseOrder"
MAKE = "externalOrderFacade/createOrUpdateOrder"
UPDATE = "externalPaymentService/updatePayments"

LOOK = "Look at the institution, virtual operator, partner, secret and ids."

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
SEED_UPDATED = {
    "statusCode": "success",
    "paymentDetails": [
        {
            "paymentId": 10229102727225,
            "amount": 64,
            "paymentMethod": {
                "id": 121518554,
                "externalName": {"translations": [{"locale": "en", "value": "Credit Card"}]},
                "paymentType": "CB",
                "subPaymentMethods": [],
            },
            "paymentStatus": "ABANDONED",
            "paymentDate": "2025-10-06T12:18:34.845+01:00",
            "payerContact": False,
            "catalogCurrency": GBP,
            "installment": False,
        }
    ],
}

started = charge(memo=STARTED, provider_id=str(TRANSACTION))


# --- the S360 order ---------------------------------------------------------------------------------------


def test_the_order_is_made_of_the_operations_that_the_shop_brings(s360: S360) -> None:
    s360.expect(
        MAKE,
        made(),
        {
            "requestId": None,
            "pointOfSalesId": 466653735,
            "orderType": "SALE",
            "purchasersInfo": [{"contactReference": "752565"}],
            "externalReference": "order-7",
            "simpleProductOperations": [
                {"audienceSubCategoryId": 306159078, "quantity": 1, "itemId": 10228231110052}
            ],
        },
    )
    assert s360.epc().prepare(charge()) == MEMO


def test_our_names_and_s360s_names_say_the_same(s360: S360) -> None:
    ours = {
        "contact_number": "752565",
        "external_reference": "basket-3",
        "file_id": 12,
        "single_entry_attribution_operations": [
            {
                "operation_attributions": {
                    "audience_sub_category_id": 1,
                    "quantity": 2,
                    "performance_id": 10228231109243,
                    "seat_category_id": 4,
                },
                "prefered_areas": [{"areaId": 5}],
            }
        ],
        "charge_operations": [{"anything": "goes"}],
    }
    s360.expect(
        MAKE,
        made(),
        {
            "requestId": None,
            "pointOfSalesId": 466653735,
            "orderType": "SALE",
            "purchasersInfo": [{"contactReference": "752565"}],
            "externalReference": "basket-3",
            "fileId": 12,
            "singleEntryAttributionOperations": [
                {
                    "operationAttributions": {
                        "audienceSubCategoryId": 1,
                        "quantity": 2,
                        "performanceId": 10228231109243,
                        "seatCategoryId": 4,
                    },
                    "preferedAreas": [{"areaId": 5}],
                }
            ],
            "chargeOperations": [{"anything": "goes"}],
        },
    )
    assert s360.epc().prepare(charge(options=ours))["order_id"] == ORDER


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (made(40000), "amount: asked 24.00 GBP, S360 sells it for 40.00 GBP"),
        (made(0), "amount: asked 24.00 GBP, S360 sells it for 0.00 GBP"),
        (made(24001), "amount: 24001 thousandths of GBP are no whole amount"),
        (made(None), "amount: asked 24.00 GBP, S360 sells it without saying for how much"),
        (
            made(catalogCurrency={"currencyCode": "EUR"}),
            "amount: asked 24.00 GBP, S360 sells it for 24.00 EUR",
        ),
    ],
)
def test_another_price_is_refused_before_any_payment_is_made(s360: S360, answer: Any, sentence: str) -> None:
    s360.expect(MAKE, answer)
    with pytest.raises(Invalid) as refused:
        s360.epc().prepare(charge())
    assert str(refused.value) == sentence
    assert s360.called == ["createOrUpdateOrder"]


def test_every_operation_counts(s360: S360) -> None:
    operations = [{"unitPrice": 8000, "quantity": 2}, {"totalAmount": "7500.0"}, {"totalAmount": 500}]
    s360.expect(MAKE, made(operationDataUpdates=operations))
    assert s360.epc().prepare(charge()) == MEMO


def test_a_catalogue_without_a_currency_needs_the_setting(s360: S360) -> None:
    s360.expect(MAKE, made(catalogCurrency=None)).expect(MAKE, made(catalogCurrency=None))
    with pytest.raises(Misconfigured, match="catalogue currency"):
        s360.epc().prepare(charge())
    assert s360.epc(catalogue_currency="GBP").prepare(charge()) == MEMO


@pytest.mark.parametrize("order_id", ["2621264", 2621264])
def test_an_order_that_is_brought_along_is_looked_at_first(s360: S360, order_id: object) -> None:
    s360.expect(DETAILS, order("OPEN", orderId="2621264"), {"orderId": ORDER})
    assert s360.epc().prepare(charge(options={"order_id": order_id})) == MEMO


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (
            order("CLOSED"),
            Invalid,
            "options.epc.order_id: S360 order 2621264 is closed: it has been paid already",
        ),
        (order("ABANDONED"), Invalid, "options.epc.order_id: S360 order 2621264 can no longer be paid"),
        (
            order("OPEN", expirationDate="2020-10-13T10:32:33.738+00:00"),
            Invalid,
            "options.epc.order_id: S360 order 2621264 can no longer be paid",
        ),
        (order("CLOSING"), Uncertain, "A payment for S360 order 2621264 is still under way."),
        (order("OPEN", saleAmount=40000), Invalid, "amount: asked 24.00 GBP, S360 sells it for 40.00 GBP"),
        (
            order("OPEN", orderId=990735),
            Uncertain,
            "Asked about order 2621264, S360 answered about order 990735.",
        ),
    ],
)
def test_an_order_that_is_brought_along_must_be_payable(
    s360: S360, answer: Any, kind: type[Exception], sentence: str
) -> None:
    s360.expect(DETAILS, answer)
    with pytest.raises(kind) as refused:
        s360.epc().prepare(charge(options={"orderId": ORDER}))
    assert str(refused.value) == sentence


def test_a_further_attempt_pays_the_same_order(s360: S360) -> None:
    s360.expect(DETAILS, order("OPEN"))
    assert s360.epc().prepare(charge(previous=STARTED)) == MEMO


def test_a_further_attempt_makes_a_new_order_when_the_old_one_is_gone(s360: S360) -> None:
    s360.expect(DETAILS, order("ABANDONED")).expect(MAKE, made(orderId=990735))
    assert s360.epc().prepare(charge(previous=STARTED))["order_id"] == 990735


def test_a_payment_that_nobody_ever_saw_blocks_nobody(s360: S360) -> None:
    s360.expect(DETAILS, order("CLOSING")).expect(MAKE, made(orderId=990735))
    assert s360.epc().prepare(charge(previous=MEMO))["order_id"] == 990735


@pytest.mark.parametrize("previous", [STARTED, {**MEMO, "with_saved_card": True}])
def test_a_payment_under_way_blocks_the_next(s360: S360, previous: dict[str, Any]) -> None:
    s360.expect(DETAILS, order("CLOSING"))
    with pytest.raises(Uncertain, match="still under way"):
        s360.epc().prepare(charge(previous=previous))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        (
            {"options": {}},
            "SecuTix sells what S360 sells: the order brings neither product operations nor an order_id.",
        ),
        ({"kind": Kind.SUBSCRIPTION}, "SecuTix EPC does not do subscription orders."),
        (
            {"capture_later": True},
            "SecuTix takes the money when the order is closed: it cannot be captured later.",
        ),
        (
            {"money": Money.zero("GBP")},
            "SecuTix cannot take this order: amount: 0.00 GBP is nothing to be paid.",
        ),
        (
            {"money": Money(25, "CLF")},
            "SecuTix cannot take this order: amount: 0.0025 CLF cannot be told in thousandths.",
        ),
        (
            {"options": {"orderID": 1}},
            "SecuTix cannot take this order: options.epc.orderID: Extra inputs are not permitted.",
        ),
        (
            {"options": {"simple_product_operations": [{"item_id": 1, "quantity": 0}]}},
            (
                "SecuTix cannot take this order: "
                "options.epc.simple_product_operations.0.audienceSubCategoryId: Field required."
            ),
        ),
        (
            {"options": {**OPERATIONS, "order_id": 1}},
            (
                "SecuTix cannot take this order: "
                "options.epc: Value error, bring an order id or product operations, not both."
            ),
        ),
        (
            {"kind": Kind.SAVE_CARD, "money": Money.zero("GBP"), "options": {}},
            "A card is kept for a known S360 contact: the order has to bring its contact_number.",
        ),
        (
            {"kind": Kind.SAVE_CARD, "money": Money.zero("GBP"), "options": {"contact_number": "752565"}},
            "",
        ),
    ],
)
def test_what_cannot_be_taken_is_said_without_asking(s360: S360, changes: Any, sentence: str) -> None:
    asked = charge(**changes)
    assert s360.epc().refuses(asked) == sentence
    if sentence:
        with pytest.raises(Invalid):
            s360.epc().prepare(asked)


# --- the payment ------------------------------------------------------------------------------------------


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


# --- the truth --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["AUTHORIZED", "PAID"])
def test_paid_when_the_order_is_closed_at_our_price(s360: S360, status: str) -> None:
    s360.expect(ASK, paid(status), check())
    s360.expect(NOTIFY, {"statusCode": "success", "movementTicketDatas": []}, notify(100))
    s360.expect(DETAILS, order(), {"orderId": ORDER})
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.PAID
    assert report.authorized == report.captured == Money(2400, "GBP")
    assert report.provider_ids == ("1638671948", "order:2621264")
    assert report.memo == {"closed": True}
    assert report.warning == ""
    assert report.saved_card is None


def test_a_closed_order_is_not_notified_again(s360: S360) -> None:
    s360.expect(ASK, paid("PAID")).expect(DETAILS, order())
    assert s360.epc().sync(replace(started, memo={**STARTED, "closed": True})).outcome is Outcome.PAID


def test_not_yet_closed_is_pending(s360: S360) -> None:
    s360.expect(ASK, paid("AUTHORIZED")).expect(NOTIFY, {"statusCode": "success"}).expect(
        DETAILS, order("CLOSING")
    )
    report = s360.epc().sync(started)
    assert (report.outcome, report.captured, report.warning) == (Outcome.PENDING, None, "")


def test_the_trap_a_failed_workcase_says_success_too(s360: S360) -> None:
    s360.expect(ASK, paid("AUTHORIZED")).expect(NOTIFY, ROLLED_BACK, notify(100)).expect(
        DETAILS, order("OPEN")
    )
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.PENDING
    assert report.captured is None
    assert report.warning == (
        "Workcase failed : 990735_1759750930782, ROLLBACK, WARN, The payment process has been cancelled "
        "successfully. The order has been reopened."
    )


def test_the_order_decides_even_when_the_notify_is_lost(s360: S360) -> None:
    s360.expect(ASK, paid("AUTHORIZED")).expect(NOTIFY, requests.ReadTimeout()).expect(DETAILS, order())
    assert s360.epc().sync(started).outcome is Outcome.PAID


def test_money_for_an_order_that_is_gone_is_said_loudly(s360: S360) -> None:
    s360.expect(ASK, paid("PAID")).expect(NOTIFY, {"statusCode": "success"}).expect(
        DETAILS, order("ABANDONED")
    )
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.PENDING
    assert report.warning == "EPC has the money, but S360 order 2621264 is abandoned."


@pytest.mark.parametrize(
    ("answer", "money", "sentence"),
    [
        (
            order(saleAmount=40000),
            Money(4000, "GBP"),
            "Asked 24.00 GBP, S360 closed the order for 40.00 GBP.",
        ),
        (
            order(catalogCurrency={"currencyCode": "USD"}),
            Money(2400, "USD"),
            "Asked 24.00 GBP, S360 closed the order for 24.00 USD.",
        ),
        (order(saleAmount=None), None, "S360 closed order 2621264 without saying what it cost."),
        (order(saleAmount=24000.5), None, "24000.5 thousandths of GBP are no whole amount."),
    ],
)
def test_another_sum_is_never_paid(s360: S360, answer: Any, money: Money | None, sentence: str) -> None:
    s360.expect(ASK, paid("PAID")).expect(NOTIFY, {"statusCode": "success"}).expect(DETAILS, answer)
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.PENDING
    assert report.captured == money
    assert report.warning == sentence


@pytest.mark.parametrize("amount", [24000, 24, "24.0", 24.0, 24000.0, None])
def test_either_scale_of_a_payments_amount_fits(s360: S360, amount: Any) -> None:
    s360.expect(ASK, paid("PAID", amount=amount)).expect(NOTIFY, {"statusCode": "success"}).expect(
        DETAILS, order()
    )
    assert s360.epc().sync(started).outcome is Outcome.PAID


def test_a_payment_of_another_amount_closes_nothing(s360: S360) -> None:
    s360.expect(ASK, paid("AUTHORIZED", amount=2400))
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.PENDING
    assert report.warning == "Asked 24.00 GBP, EPC calls the payment's amount 2400: the order is not closed."


@pytest.mark.parametrize(
    "answer", [paid("PAID", orderId=990735), (200, "{}"), (200, "null"), (200, "[" * 99999)]
)
def test_an_answer_about_something_else_is_no_answer(s360: S360, answer: Any) -> None:
    s360.expect(ASK, answer)
    with pytest.raises(Uncertain):
        s360.epc().sync(started)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (paid("SETTLED"), 'S360 calls the payment "SETTLED", a word that we do not know.'),
        (paid("paid"), 'S360 calls the payment "paid", a word that we do not know.'),
        (paid("PAID", paymentId=1), "S360 does not say how the payment stands."),
        ({"statusCode": "success", "paymentDetails": []}, "S360 does not say how the payment stands."),
    ],
)
def test_a_word_we_do_not_know_is_pending(s360: S360, answer: Any, sentence: str) -> None:
    s360.expect(ASK, answer)
    report = s360.epc().sync(started)
    assert (report.outcome, report.warning) == (Outcome.PENDING, sentence)


def test_in_progress_is_pending(s360: S360) -> None:
    s360.expect(ASK, paid("IN_PROGRESS"))
    report = s360.epc().sync(started)
    assert (report.outcome, report.warning) == (Outcome.PENDING, "")


def test_waiting_is_open_and_moves_nothing(s360: S360) -> None:
    s360.expect(ASK, paid("WAITING")).expect(DETAILS, order("CLOSING"))
    report = s360.epc().sync(started)
    assert (report.outcome, report.memo) == (Outcome.OPEN, {})


@pytest.mark.parametrize(
    "answer",
    [
        order("ABANDONED"),
        order("CLOSING", expirationDate=(datetime.now(UTC) - timedelta(minutes=1)).isoformat()),
    ],
)
def test_waiting_for_an_order_that_is_over_is_expired(s360: S360, answer: Any) -> None:
    s360.expect(ASK, paid("WAITING")).expect(DETAILS, answer)
    assert s360.epc().sync(started).outcome is Outcome.EXPIRED


def test_a_date_that_cannot_be_read_ends_nothing(s360: S360) -> None:
    s360.expect(ASK, paid("WAITING")).expect(DETAILS, order("CLOSING", expirationDate="soon"))
    assert s360.epc().sync(started).outcome is Outcome.OPEN


def test_the_acquirers_own_reason_is_told_when_there_is_one(s360: S360) -> None:
    told = {"declineReason": "expired_card", "somethingElse": 7}
    s360.expect(ASK, paid("FAILED", pspAdditionalReturnedData=told))
    s360.expect(DETAILS, order("CLOSING")).expect(NOTIFY, ROLLED_BACK, notify(30000))
    assert s360.epc().sync(started).decline == Decline(
        code="expired_card", message="expired card", reason="expired_card"
    )


def test_an_acquirers_data_of_another_shape_is_no_reason(s360: S360) -> None:
    s360.expect(ASK, paid("FAILED", pspAdditionalReturnedData="51"))
    s360.expect(DETAILS, order("CLOSING")).expect(NOTIFY, ROLLED_BACK, notify(30000))
    assert s360.epc().sync(started).decline == Decline(code="FAILED", message="", reason="declined")


def test_a_failed_payment_is_rolled_back_once(s360: S360) -> None:
    s360.expect(ASK, paid("FAILED", statusDetail="Refused:<br/>insufficient funds"))
    s360.expect(DETAILS, order("CLOSING")).expect(NOTIFY, ROLLED_BACK, notify(30000))
    report = s360.epc().sync(started)
    assert report.outcome is Outcome.FAILED
    assert report.may_retry is True
    assert report.warning == ""
    assert report.decline == Decline(
        code="FAILED", message="Refused: insufficient funds", reason="insufficient_funds"
    )
    assert report.memo == {
        "ended": "failed",
        "repayment_safe": True,
        "rolled_back": True,
        "given_up": False,
    }

    # S360 calls it abandoned from now on; it stays a failure, and nothing is rolled back again.
    s360.expect(ASK, paid("ABANDONED"))
    again = s360.epc().sync(replace(started, memo={**STARTED, **report.memo}))
    assert (again.outcome, again.may_retry, again.warning) == (Outcome.FAILED, True, "")


@pytest.mark.parametrize(
    "safe", [{"repaymentSafe": False}, {}, {"repaymentSafe": "true"}, {"repaymentSafe": 1}]
)
def test_only_a_true_repayment_safe_is_safe(s360: S360, safe: Any) -> None:
    answer = {"statusCode": "success", "statusDetail": "Workcase failed : 1_2, ROLLBACK, ERROR", **safe}
    s360.expect(ASK, paid("FAILED")).expect(DETAILS, order("CLOSING")).expect(NOTIFY, answer)
    report = s360.epc().sync(started)
    assert (report.outcome, report.may_retry) == (Outcome.FAILED, False)
    assert report.warning == (
        "S360 does not say that a further payment would be safe: let somebody look first. "
        "It says: Workcase failed : 1_2, ROLLBACK, ERROR"
    )
    assert report.memo["rolled_back"] is True
    s360.expect(ASK, paid("FAILED"))
    again = s360.epc().sync(replace(started, memo={**STARTED, **report.memo}))
    assert again.may_retry is False
    assert again.warning == "S360 does not say that a further payment would be safe: let somebody look first."


def test_a_roll_back_that_did_not_happen_in_time_is_asked_for_again(s360: S360) -> None:
    s360.expect(ASK, paid("FAILED")).expect(DETAILS, order("CLOSING")).expect(
        NOTIFY, {"statusCode": "success"}
    )
    report = s360.epc().sync(started)
    assert (report.may_retry, report.memo["rolled_back"]) == (False, False)
    s360.expect(ASK, paid("FAILED")).expect(DETAILS, order("CLOSING")).expect(NOTIFY, ROLLED_BACK)
    assert s360.epc().sync(replace(started, memo={**STARTED, **report.memo})).may_retry is True


def test_money_beats_an_earlier_failure(s360: S360) -> None:
    ended = {**STARTED, "ended": "failed", "rolled_back": True, "repayment_safe": True}
    s360.expect(ASK, paid("PAID")).expect(NOTIFY, {"statusCode": "success"}).expect(DETAILS, order())
    assert s360.epc().sync(replace(started, memo=ended)).outcome is Outcome.PAID


def test_an_order_that_was_paid_otherwise_is_not_rolled_back(s360: S360) -> None:
    s360.expect(ASK, paid("FAILED")).expect(DETAILS, order("CLOSED"))
    report = s360.epc().sync(started)
    assert (report.outcome, report.may_retry) == (Outcome.FAILED, False)
    assert report.warning == "S360 order 2621264 is closed, but not by this payment."


@pytest.mark.parametrize("status", ["ABANDONED", "CANCELLED_BY_USER"])
def test_a_cancel_that_we_did_not_make_is_rolled_back(s360: S360, status: str) -> None:
    s360.expect(ASK, paid(status)).expect(DETAILS, order("CLOSING")).expect(
        NOTIFY, ROLLED_BACK, notify(30000)
    )
    report = s360.epc().sync(started)
    assert (report.outcome, report.may_retry, report.decline) == (Outcome.CANCELED, True, None)


def test_an_order_that_s360_gave_up_is_expired_and_left_alone(s360: S360) -> None:
    s360.expect(ASK, paid("ABANDONED")).expect(DETAILS, order("ABANDONED"))
    report = s360.epc().sync(started)
    assert (report.outcome, report.may_retry) == (Outcome.EXPIRED, None)
    s360.expect(ASK, paid("ABANDONED"))
    assert s360.epc().sync(replace(started, memo={**STARTED, **report.memo})).outcome is Outcome.EXPIRED


def test_a_card_kept_while_paying(s360: S360) -> None:
    told = {
        "cardAlias": "alias-9",
        "cardMaskedNumber": "411111XXXXXX1111",
        "cardType": "VISA",
        "cardExpirationDate": "12/30",
    }
    s360.expect(ASK, paid("PAID", **told)).expect(NOTIFY, {"statusCode": "success"}).expect(DETAILS, order())
    report = s360.epc().sync(replace(started, save_card=True))
    card = Card(brand="VISA", last4="1111", expiry_month=12, expiry_year=2030)
    assert report.card == card
    assert report.saved_card == SavedCard(token="alias-9", card=card)


# --- after a crash ----------------------------------------------------------------------------------------


def test_nothing_was_kept_so_nothing_was_asked(s360: S360) -> None:
    fresh = s360.epc().sync(charge())
    assert (fresh.outcome, fresh.provider_ids) == (Outcome.OPEN, ())
    assert fresh.warning == "No S360 order was kept for this attempt, so nobody was asked to pay it."
    assert s360.epc().sync(charge(expires_at=datetime.now(UTC))).outcome is Outcome.EXPIRED


@pytest.mark.parametrize(
    ("answer", "saved_card", "outcome", "captured"),
    [
        (order("CLOSED"), "", Outcome.PAID, Money(2400, "GBP")),
        (order("CLOSED", saleAmount=40000), "", Outcome.PENDING, Money(4000, "GBP")),
        (order("OPEN"), "", Outcome.OPEN, None),
        (order("CLOSING"), "", Outcome.OPEN, None),
        (order("CLOSING"), "alias-7", Outcome.PENDING, None),
        (order("ABANDONED"), "", Outcome.EXPIRED, None),
    ],
)
def test_after_a_crash_only_the_order_can_tell(
    s360: S360, answer: Any, saved_card: str, outcome: Outcome, captured: Money | None
) -> None:
    s360.expect(DETAILS, answer, {"orderId": ORDER})
    report = s360.epc().sync(charge(memo=MEMO, saved_card=saved_card))
    assert (report.outcome, report.captured) == (outcome, captured)
    assert report.provider_ids == ("order:2621264",)
    assert report.warning


def test_a_crashed_attempt_does_not_claim_the_money_of_the_one_before(s360: S360) -> None:
    s360.expect(DETAILS, order()).expect(ASK, paid("PAID"), check())
    report = s360.epc().sync(charge(memo=MEMO, previous=STARTED))
    assert (report.outcome, report.captured, report.may_retry) == (Outcome.CANCELED, None, False)
    assert report.warning == "S360 order 2621264 was paid by the attempt before this one."
    s360.expect(DETAILS, order()).expect(ASK, paid("ABANDONED"))
    assert s360.epc().sync(charge(memo=MEMO, previous=STARTED)).outcome is Outcome.PAID


# --- cancel and reopen ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("give_up", "wait", "may_retry"), [(False, 30000, True), (True, 100, None)])
def test_cancel(s360: S360, give_up: bool, wait: int, may_retry: bool | None) -> None:
    s360.expect(ASK, paid("WAITING"))
    s360.expect(UPDATE, SEED_UPDATED, check(paymentStatus="CANCELLED_BY_USER"))
    s360.expect(NOTIFY, ROLLED_BACK, notify(wait))
    report = s360.epc().cancel(started, give_up=give_up)
    assert (report.outcome, report.may_retry, report.warning) == (Outcome.CANCELED, may_retry, "")
    assert report.memo == {
        "ended": "canceled",
        "repayment_safe": True,
        "rolled_back": True,
        "given_up": give_up,
    }


def test_the_manuals_cancel_word_for_word(s360: S360) -> None:
    memo = {"order_id": 990735, "payment_id": 10229102727225, "payment_identifier": "1521143230"}
    s360.expect(ASK, paid("WAITING"))
    s360.expect(
        UPDATE,
        SEED_UPDATED,
        {
            "requestId": None,
            "orderId": 990735,
            "payments": [
                {
                    "paymentId": 10229102727225,
                    "paymentIdentifier": "1521143230",
                    "paymentStatus": "CANCELLED_BY_USER",
                    "amount": 64000,
                }
            ],
        },
    )
    s360.expect(NOTIFY, ROLLED_BACK, {"requestId": None, "orderId": 990735, "maxWaitingTime": 30000})
    asked = charge(memo=memo, money=Money(6400, "GBP"))
    assert s360.epc().cancel(asked, give_up=False).may_retry is True


def test_a_cancel_that_finds_money_cancels_nothing(s360: S360) -> None:
    s360.expect(ASK, paid("AUTHORIZED")).expect(NOTIFY, {"statusCode": "success"}, notify(100)).expect(
        DETAILS, order()
    )
    assert s360.epc().cancel(started, give_up=True).outcome is Outcome.PAID


def test_a_cancel_waits_while_nobody_knows(s360: S360) -> None:
    s360.expect(ASK, paid("NEW_WORD"))
    assert s360.epc().cancel(started, give_up=True).outcome is Outcome.PENDING


def test_a_challenge_may_be_cancelled(s360: S360) -> None:
    s360.expect(ASK, paid("IN_PROGRESS")).expect(UPDATE, SEED_UPDATED).expect(
        NOTIFY, ROLLED_BACK, notify(30000)
    )
    assert s360.epc().cancel(started, give_up=False).outcome is Outcome.CANCELED


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("IN_PROGRESS", Outcome.PENDING), ("WAITING", Outcome.OPEN), ("ABANDONED", Outcome.CANCELED)],
)
@pytest.mark.parametrize("answer", [error("The bank has the card"), requests.ReadTimeout(), (500, "")])
def test_a_cancel_that_is_refused_or_lost_tells_what_is_true(
    s360: S360, answer: Any, status: str, outcome: Outcome
) -> None:
    s360.expect(ASK, paid("WAITING")).expect(UPDATE, answer).expect(ASK, paid(status))
    if status != "IN_PROGRESS":
        s360.expect(DETAILS, order("CLOSING"))
    if status == "ABANDONED":
        s360.expect(NOTIFY, ROLLED_BACK)
    assert s360.epc().cancel(started, give_up=False).outcome is outcome


def test_cancelling_what_has_expired(s360: S360) -> None:
    s360.expect(ASK, paid("WAITING")).expect(UPDATE, error("Order not found")).expect(ASK, paid("WAITING"))
    s360.expect(DETAILS, order("ABANDONED"))
    assert s360.epc().cancel(started, give_up=True).outcome is Outcome.CANCELED


def test_a_payment_that_was_made_while_we_cancelled_is_money(s360: S360) -> None:
    s360.expect(ASK, paid("WAITING")).expect(UPDATE, paid("AUTHORIZED"))
    s360.expect(ASK, paid("AUTHORIZED")).expect(NOTIFY, {"statusCode": "success"}, notify(100)).expect(
        DETAILS, order()
    )
    assert s360.epc().cancel(started, give_up=False).outcome is Outcome.PAID


def test_cancelling_twice_rolls_back_once(s360: S360) -> None:
    s360.expect(ASK, paid("WAITING"))
    s360.expect(UPDATE, SEED_UPDATED).expect(NOTIFY, ROLLED_BACK)
    first = s360.epc().cancel(started, give_up=False)
    again = replace(started, memo={**STARTED, **first.memo})
    s360.expect(ASK, paid("ABANDONED"))
    assert s360.epc().cancel(again, give_up=False).outcome is Outcome.CANCELED


def test_giving_up_after_a_failure_abandons_the_reopened_order_once(s360: S360) -> None:
    failed = {**STARTED, "ended": "failed", "rolled_back": True, "repayment_safe": True}
    s360.expect(ASK, paid("FAILED")).expect(NOTIFY, ROLLED_BACK, notify(100))
    report = s360.epc().cancel(replace(started, memo=failed), give_up=True)
    assert (report.outcome, report.memo, report.warning) == (Outcome.FAILED, {"given_up": True}, "")
    s360.expect(ASK, paid("FAILED"))
    s360.epc().cancel(replace(started, memo={**failed, **report.memo}), give_up=True)


def test_an_abandon_that_fails_is_told_and_tried_again(s360: S360) -> None:
    failed = {**STARTED, "ended": "failed", "rolled_back": True, "repayment_safe": True}
    s360.expect(ASK, paid("FAILED")).expect(NOTIFY, requests.ReadTimeout())
    report = s360.epc().cancel(replace(started, memo=failed), give_up=True)
    assert (report.outcome, report.memo) == (Outcome.FAILED, {})
    assert report.warning == "The provider did not answer in time."


def test_cancelling_what_never_started_asks_the_order(s360: S360) -> None:
    s360.expect(DETAILS, order("OPEN"))
    assert s360.epc().cancel(charge(memo=MEMO), give_up=True).outcome is Outcome.CANCELED
    s360.expect(DETAILS, order("CLOSED"))
    assert s360.epc().cancel(charge(memo=MEMO), give_up=True).outcome is Outcome.PAID
    assert s360.epc().cancel(charge(), give_up=True).outcome is Outcome.CANCELED


def test_reopen(s360: S360) -> None:
    s360.expect(
        "externalOrderService/reopenOrder", {"statusCode": "success"}, {"requestId": None, "orderId": ORDER}
    )
    s360.epc().reopen(started)
    s360.expect("otherService/reopenOrder", {"statusCode": "success"})
    s360.epc(reopen_service="otherService").reopen(started)
    with pytest.raises(Invalid, match="no S360 order"):
        s360.epc().reopen(charge())


# --- a card saved without a payment -----------------------------------------------------------------------


def test_a_card_is_saved_without_money(s360: S360) -> None:
    s360.expect(
        "externalPaymentService/createAlias",
        {"statusCode": "success", "epcTransactionData": {"transactionId": TRANSACTION}},
        {
            "requestId": None,
            "contactNumber": "752565",
            "paymentMethodId": 16362,
            "paymentParametersMap": {
                "ORDER_IDENTIFIER": "your-unique-session-id-12345",
                "RETURN_URL": "https://yourdomain.com/payment-success",
            },
        },
    )
    epc = s360.epc()
    assert epc.prepare(saving()) == {}
    done = epc.start(saving())
    assert done.memo == {"transaction_id": TRANSACTION}
    assert done.provider_ids == ("1638671948",)
    assert done.show.data["mode"] == "alias"  # type: ignore[union-attr]
    assert done.show.data["paymentId"] == "1638671948"  # type: ignore[union-attr]

    told = {
        "statusCode": "success",
        "aliasStatus": "CREATED",
        "cardAlias": "alias-9",
        "cardMaskedNumber": "XXXX-4242",
        "cardType": "VISA",
        "cardExpirationDate": "2030-12",
    }
    s360.expect("externalPaymentService/checkAlias", told, {"requestId": None, "transactionId": TRANSACTION})
    report = epc.sync(saving(memo=done.memo))
    assert report.outcome is Outcome.PAID
    assert report.authorized == report.captured == Money.zero("GBP")
    card = Card(brand="VISA", last4="4242", expiry_month=12, expiry_year=2030)
    assert report.saved_card == SavedCard(token="alias-9", card=card)


@pytest.mark.parametrize(
    ("told", "outcome", "warning"),
    [
        ({"aliasStatus": "WAITING"}, Outcome.OPEN, ""),
        ({"aliasStatus": "FAILED"}, Outcome.FAILED, ""),
        ({"aliasStatus": "CANCELLED_BY_USER"}, Outcome.CANCELED, ""),
        (
            {"aliasStatus": "CREATED"},
            Outcome.PENDING,
            "EPC says the card is saved, but not under which name.",
        ),
        (
            {"aliasStatus": "DONE"},
            Outcome.PENDING,
            'S360 calls the alias "DONE", a word that we do not know.',
        ),
        ({}, Outcome.PENDING, "S360 does not say how the alias stands."),
    ],
)
def test_how_saving_a_card_ends(s360: S360, told: Any, outcome: Outcome, warning: str) -> None:
    s360.expect("checkAlias", {"statusCode": "success", **told})
    report = s360.epc().sync(saving(memo={"transaction_id": TRANSACTION}))
    assert (report.outcome, report.warning, report.saved_card) == (outcome, warning, None)


def test_cancelling_a_card_that_is_being_saved(s360: S360) -> None:
    s360.expect("checkAlias", {"statusCode": "success", "aliasStatus": "WAITING"})
    report = s360.epc().cancel(saving(memo={"transaction_id": TRANSACTION}), give_up=True)
    assert report.outcome is Outcome.CANCELED
    assert s360.epc().sync(saving()).outcome is Outcome.OPEN


def test_the_alias_methods_are_settings(s360: S360) -> None:
    s360.expect(
        "aliasService/makeAlias", {"statusCode": "success", "epcTransactionData": {"transactionId": 5}}
    )
    s360.expect("aliasService/seeAlias", {"statusCode": "success", "aliasStatus": "WAITING"})
    epc = s360.epc(
        alias_service="aliasService", alias_create_method="makeAlias", alias_check_method="seeAlias"
    )
    epc.sync(saving(memo=epc.start(saving()).memo))


# --- the kinds of no --------------------------------------------------------------------------------------


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
