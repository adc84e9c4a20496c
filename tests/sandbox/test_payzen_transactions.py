"""What becomes of a transaction: validation, settlement, cancellation, refunds, aliases, the embedded form's calls?"""

from typing import Any

import pytest

from tests.sandbox.payzen import (
    ALIAS_ONLY,
    CHALLENGED,
    DAY,
    FRICTIONLESS,
    LATER,
    NO_FUNDS,
    PRODUCTION_PASSWORD,
    Hook,
    Merchant,
    hook,
    merchant,
)

__all__ = ["hook", "merchant"]
UNDO = "Transaction/CancelOrRefund"
MANUAL = {"transactionOptions": {"cardOptions": {"manualValidation": "YES"}}}


def delayed(days: int, **more: str) -> dict[str, Any]:
    return {"transactionOptions": {"cardOptions": {"captureDelay": days} | more}}


def state(tx: dict[str, Any]) -> tuple[str, str]:
    return tx["status"], tx["detailedStatus"]


# Settlement.


def test_a_payment_is_settled_by_the_clock(merchant: Merchant) -> None:
    uuid = merchant.paid()["uuid"]
    merchant.advance(DAY - 60)
    assert state(merchant.transaction(uuid)) == ("PAID", "AUTHORISED")
    merchant.advance(120)
    tx = merchant.transaction(uuid)
    assert state(tx) == ("PAID", "CAPTURED")
    assert tx["transactionDetails"]["cardDetails"]["captureResponse"]["captureDate"] is not None


def test_a_capture_delay(merchant: Merchant) -> None:
    uuid = merchant.paid(**delayed(3))["uuid"]
    merchant.advance(3 * DAY)
    assert state(merchant.transaction(uuid)) == ("PAID", "AUTHORISED")
    merchant.advance(DAY + 1)
    assert state(merchant.transaction(uuid)) == ("PAID", "CAPTURED")


def test_a_delay_longer_than_an_authorisation(merchant: Merchant) -> None:
    uuid = merchant.paid(**delayed(30))["uuid"]
    assert state(merchant.transaction(uuid)) == ("RUNNING", "WAITING_AUTHORISATION")
    merchant.advance(31 * DAY + 1)
    assert state(merchant.transaction(uuid)) == ("PAID", "CAPTURED")


def test_manual_validation(merchant: Merchant) -> None:
    tx = merchant.paid(**MANUAL)
    assert state(tx) == ("RUNNING", "AUTHORISED_TO_VALIDATE")
    merchant.advance(2 * DAY)
    assert merchant.transaction(tx["uuid"])["detailedStatus"] == "AUTHORISED_TO_VALIDATE"
    validated = merchant.ok("Transaction/Validate", uuid=tx["uuid"])
    assert state(validated) == ("PAID", "AUTHORISED")
    assert merchant.refused("Transaction/Validate", uuid=tx["uuid"]) == "PSP_503"
    merchant.advance(DAY + 1)
    assert merchant.transaction(tx["uuid"])["detailedStatus"] == "CAPTURED"


def test_nobody_validates_in_time(merchant: Merchant, hook: Hook) -> None:
    tx = merchant.paid(**MANUAL)
    hook.wait(1)
    merchant.advance(7 * DAY + 1)
    assert state(merchant.transaction(tx["uuid"])) == ("UNPAID", "EXPIRED")
    assert merchant.refused("Transaction/Validate", uuid=tx["uuid"]) == "PSP_503"
    assert hook.wait(2)[1].tx["detailedStatus"] == "EXPIRED"


def test_validating_before_the_bank_was_asked(merchant: Merchant) -> None:
    tx = merchant.paid(**delayed(30, manualValidation="YES"))
    assert tx["detailedStatus"] == "WAITING_AUTHORISATION_TO_VALIDATE"
    assert merchant.ok("Transaction/Validate", uuid=tx["uuid"])["detailedStatus"] == "WAITING_AUTHORISATION"


# Cancellation.


@pytest.mark.parametrize("options", [{}, MANUAL, delayed(30)], ids=["authorised", "to validate", "waiting"])
def test_not_captured_is_cancelled_under_the_same_uuid(merchant: Merchant, options: dict[str, Any]) -> None:
    uuid = merchant.paid(**options)["uuid"]
    gone = merchant.ok(UNDO, uuid=uuid, amount=990, currency="EUR")
    assert (gone["uuid"], gone["operationType"]) == (uuid, "DEBIT")
    assert state(gone) == ("UNPAID", "CANCELLED")
    merchant.advance(40 * DAY)
    assert merchant.transaction(uuid)["detailedStatus"] == "CANCELLED"
    assert merchant.refused(UNDO, uuid=uuid) == "PSP_105"


def test_a_part_is_cancelled_before_the_capture(merchant: Merchant) -> None:
    uuid = merchant.paid()["uuid"]
    assert merchant.ok(UNDO, uuid=uuid, amount=90, currency="EUR")["amount"] == 900
    less = merchant.ok("Transaction/Update", uuid=uuid, cardUpdate={"amount": 500, "currency": "EUR"})
    assert (less["uuid"], less["amount"]) == (uuid, 500)
    assert merchant.refused("Transaction/Update", uuid=uuid, cardUpdate={"amount": 501}) == "PSP_510"
    assert state(merchant.ok("Transaction/Cancel", uuid=uuid)) == ("UNPAID", "CANCELLED")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"resolutionMode": "REFUND_ONLY"}, "PSP_076"),
        ({"amount": 991}, "PSP_510"),
        ({"amount": -5}, "INT_009"),
        ({"amount": 5, "currency": "USD"}, "INT_010"),
        ({"resolutionMode": "SOMEHOW"}, "INT_902"),
    ],
)
def test_what_cannot_be_cancelled(merchant: Merchant, body: dict[str, Any], code: str) -> None:
    uuid = merchant.paid()["uuid"]
    assert merchant.refused(UNDO, uuid=uuid, **body) == code
    assert state(merchant.transaction(uuid)) == ("PAID", "AUTHORISED")


# Refunds.


def test_captured_is_refunded_under_a_new_uuid(merchant: Merchant) -> None:
    uuid = merchant.captured()["uuid"]
    refund = merchant.ok(UNDO, uuid=uuid, amount=400, currency="EUR", comment="One ticket less")
    assert refund["uuid"] != uuid
    assert (refund["operationType"], refund["amount"]) == ("CREDIT", 400)
    assert state(refund) == ("PAID", "AUTHORISED")
    details = refund["transactionDetails"]
    assert (details["creationContext"], details["parentTransactionUuid"]) == ("REFUND", uuid)
    capture = merchant.transaction(uuid)["transactionDetails"]["cardDetails"]["captureResponse"]
    assert (capture["refundAmount"], capture["refundCurrency"]) == (400, "EUR")
    merchant.advance(DAY + 1)
    assert merchant.transaction(refund["uuid"])["detailedStatus"] == "CAPTURED"


def test_refunds_stack_up_to_the_ceiling(merchant: Merchant) -> None:
    uuid = merchant.captured()["uuid"]
    for _ in range(2):
        merchant.ok("Transaction/Refund", uuid=uuid, amount=400, currency="EUR")
    assert merchant.refused("Transaction/Refund", uuid=uuid, amount=191) == "PSP_510"
    # Without an amount: all that is left.
    assert merchant.ok(UNDO, uuid=uuid)["amount"] == 190
    assert merchant.refused(UNDO, uuid=uuid) == "PSP_104"


def test_a_cancelled_refund_may_be_made_again(merchant: Merchant) -> None:
    uuid = merchant.captured()["uuid"]
    refund = merchant.ok(UNDO, uuid=uuid)
    assert merchant.ok("Transaction/Cancel", uuid=refund["uuid"])["detailedStatus"] == "CANCELLED"
    assert merchant.ok(UNDO, uuid=uuid)["amount"] == 990


def test_what_cannot_be_refunded(merchant: Merchant) -> None:
    captured = merchant.captured()["uuid"]
    assert merchant.refused(UNDO, uuid=captured, resolutionMode="CANCELLATION_ONLY") == "PSP_075"
    assert merchant.refused("Transaction/Cancel", uuid=captured) == "PSP_075"
    unpaid = merchant.paid(how={"card": NO_FUNDS})["uuid"]
    assert merchant.refused(UNDO, uuid=unpaid) == "PSP_083"
    assert merchant.refused("Transaction/Cancel", uuid=unpaid) == "PSP_503"
    assert merchant.refused("Transaction/Refund", uuid=merchant.paid()["uuid"]) == "PSP_076"


def test_the_back_office_tells_the_shop_and_the_web_service_does_not(merchant: Merchant, hook: Hook) -> None:
    uuid = merchant.captured()["uuid"]
    hook.wait(1)
    merchant.ok(UNDO, uuid=uuid, amount=100)
    refund = merchant.post(f"payzen/transactions/{uuid}/refund", amount=200)
    told = hook.wait(2)[1]
    assert (told.tx["uuid"], told.tx["operationType"], told.tx["amount"]) == (refund["uuid"], "CREDIT", 200)
    assert "PSP_510" in merchant.post(f"payzen/transactions/{uuid}/refund", 400, amount=5000)["error"]


# Reading.


def test_order_get_lists_attempts_and_refunds(merchant: Merchant) -> None:
    assert merchant.refused("Order/Get", orderId="order-42") == "PSP_010"
    number = merchant.order()["paymentOrderId"]
    assert merchant.refused("Order/Get", orderId="order-42") == "PSP_010"
    merchant.pay(number, card=NO_FUNDS)
    paid = merchant.pay(number)["transactions"][1]["uuid"]
    merchant.post(f"payzen/transactions/{paid}/capture")
    merchant.ok(UNDO, uuid=paid, amount=1)
    found = merchant.ok("Order/Get", orderId="order-42")
    assert found["_type"] == "V4/OrderTransactions"
    assert [state(tx)[1] for tx in found["transactions"]] == ["REFUSED", "CAPTURED", "AUTHORISED"]
    refunds = merchant.ok("Order/Get", orderId="order-42", operationType="CREDIT")["transactions"]
    assert [tx["amount"] for tx in refunds] == [1]


def test_a_transaction_is_invisible_in_the_other_mode(merchant: Merchant) -> None:
    tx = merchant.paid()
    assert tx["_type"] == "V4/Transaction"
    assert tx["orderDetails"]["orderId"] == "order-42"
    assert tx["customer"]["email"] == "ada@example.com"
    assert merchant.refused("Transaction/Get", PRODUCTION_PASSWORD, uuid=tx["uuid"]) == "PSP_010"
    assert merchant.refused("Transaction/Get", uuid="0" * 32) == "PSP_010"


def test_a_frictionless_card_is_authenticated(merchant: Merchant) -> None:
    tx = merchant.paid(how={"card": FRICTIONLESS})
    assert (tx["effectiveStrongAuthentication"], state(tx)[1]) == ("ENABLED", "AUTHORISED")


def test_settling_what_is_under_verification_by_hand(merchant: Merchant) -> None:
    tx = merchant.paid(how={"card": LATER})
    assert state(tx) == ("RUNNING", "UNDER_VERIFICATION")
    merchant.post(f"payzen/transactions/{tx['uuid']}/settle", status="refused", reason="51")
    assert state(merchant.transaction(tx["uuid"])) == ("UNPAID", "REFUSED")
    # The cycle is open again.
    [shown] = merchant.get("payzen/orders")["orders"]
    assert (shown["status"], shown["open"]) == ("REFUSED", True)


# Forms and aliases.


def pay_form(merchant: Merchant, token: str, **how: Any) -> dict[str, Any]:
    return merchant.post(f"payzen/forms/{token}/pay", **(how or {"outcome": "approve"}))


def test_a_form_token_makes_no_transaction(merchant: Merchant, hook: Hook) -> None:
    token = merchant.form_token()
    assert merchant.refused("Order/Get", orderId="form-1") == "PSP_010"
    pay_form(merchant, token)
    [ipn] = hook.wait(1)
    assert ipn.told["orderDetails"]["orderId"] == "form-1"
    assert "paymentOrderId" not in ipn.told["orderDetails"]
    assert merchant.refused("Charge/CreatePayment", amount=0, currency="EUR") == "INT_009"


def test_a_form_token_lives_a_quarter_of_an_hour(merchant: Merchant) -> None:
    token = merchant.form_token()
    merchant.advance(901)
    assert pay_form(merchant, token)["changed"] is False


def test_the_forms_own_retries(merchant: Merchant) -> None:
    token = merchant.form_token(transactionOptions={"cardOptions": {"retry": 0}})
    refused = pay_form(merchant, token, card=NO_FUNDS)
    assert (refused["open"], refused["transactions"][0]["detailed"]) == (False, "REFUSED")


def registered(merchant: Merchant, **how: Any) -> str:
    token = merchant.form_token(formAction="REGISTER_PAY", customer={"email": "ada@example.com"})
    return str(pay_form(merchant, token, **how)["transactions"][0]["token"])


def test_a_payment_that_registers_an_alias(merchant: Merchant) -> None:
    alias = registered(merchant)
    found = merchant.ok("Token/Get", paymentMethodToken=alias)
    assert found["tokenDetails"]["pan"] == "497010XXXXXX0055"
    assert found["customer"]["email"] == "ada@example.com"


def test_a_challenge_that_registers_an_alias(merchant: Merchant) -> None:
    token = merchant.form_token(formAction="REGISTER_PAY")
    assert pay_form(merchant, token, card=CHALLENGED)["transactions"][0]["token"] is None
    assert pay_form(merchant, token, code="1234")["transactions"][0]["token"]


def test_the_shopper_is_asked(merchant: Merchant) -> None:
    for wish in (True, False):
        token = merchant.form_token(formAction="ASK_REGISTER_PAY")
        [tx] = pay_form(merchant, token, outcome="approve", save_card=wish)["transactions"]
        assert bool(tx["token"]) is wish


def test_an_alias_alone_moves_no_money(merchant: Merchant, hook: Hook) -> None:
    made = merchant.ok("Charge/CreateToken", currency="EUR")
    [tx] = pay_form(merchant, made["formToken"])["transactions"]
    assert (tx["operation"], tx["detailed"], tx["amount"]) == ("VERIFICATION", "ACCEPTED", 0)
    [ipn] = hook.wait(1)
    assert ipn.told["orderDetails"]["orderId"] is None
    assert ipn.tx["paymentMethodToken"] == tx["token"]


def test_a_silent_payment_answers_at_once_and_tells_nobody(merchant: Merchant, hook: Hook) -> None:
    alias = registered(merchant)
    hook.wait(1)
    paid = merchant.ok(
        "Charge/CreatePayment", amount=500, currency="EUR", orderId="again", formAction="SILENT",
        paymentMethodToken=alias,
    )  # fmt: skip
    assert (paid["_type"], paid["orderStatus"]) == ("V4/Payment", "PAID")
    [tx] = paid["transactions"]
    assert (tx["paymentMethodToken"], tx["amount"]) == (alias, 500)
    assert tx["transactionDetails"]["cardDetails"]["paymentMethodSource"] == "TOKEN"
    assert len(merchant.get("notifications?provider=payzen")["notifications"]) == 1


def test_a_card_that_gives_an_alias_and_refuses_to_pay(merchant: Merchant) -> None:
    token = merchant.form_token(formAction="REGISTER_PAY")
    [tx] = pay_form(merchant, token, card=ALIAS_ONLY)["transactions"]
    assert tx["detailed"] == "REFUSED"
    paid = merchant.ok(
        "Charge/CreatePayment", amount=5, currency="EUR", formAction="SILENT", paymentMethodToken=tx["token"]
    )
    assert (paid["orderStatus"], paid["orderCycle"]) == ("UNPAID", "CLOSED")


def test_an_alias_is_cancelled_and_reactivated(merchant: Merchant) -> None:
    alias = registered(merchant)
    gone = merchant.ok("Token/Cancel", paymentMethodToken=alias)
    assert gone == {"responseCode": 0, "_type": "V4/Common/ResponseCodeAnswer"}
    silent = {"amount": 5, "currency": "EUR", "formAction": "SILENT", "paymentMethodToken": alias}
    assert merchant.refused("Charge/CreatePayment", **silent) == "INT_902"
    merchant.ok("Token/Reactivate", paymentMethodToken=alias)
    assert merchant.ok("Charge/CreatePayment", **silent)["orderStatus"] == "PAID"
    assert merchant.refused("Token/Get", PRODUCTION_PASSWORD, paymentMethodToken=alias) == "INT_902"


def test_silence_needs_an_alias(merchant: Merchant) -> None:
    assert (
        merchant.refused("Charge/CreatePayment", amount=5, currency="EUR", formAction="SILENT") == "INT_902"
    )
