"""Do PayZen's web services answer as the contract says: the envelope, credentials, modes, payment orders?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.sandbox.payzen import PRODUCTION_PASSWORD, Merchant, merchant, order

__all__ = ["merchant"]
CREATE, GET, UPDATE = "Charge/CreatePaymentOrder", "Charge/PaymentOrder/Get", "Charge/PaymentOrder/Update"


def ahead(**more: float) -> str:
    return (datetime.now(UTC) + timedelta(**more)).isoformat(timespec="seconds")


# The frame.


def test_the_whole_envelope(merchant: Merchant) -> None:
    answer = merchant.raw("Charge/SDKTest", {"value": "my testing value"})
    assert answer.headers["Content-Type"] == "application/json;charset=utf-8"
    found = answer.json()
    assert list(found) == [
        "webService", "version", "applicationVersion", "status", "answer", "ticket", "serverDate",
        "applicationProvider", "metadata", "mode", "serverUrl", "_type",
    ]  # fmt: skip
    assert found["webService"] == "Charge/SDKTest"
    assert found["answer"]["value"] == "my testing value"
    assert (found["applicationProvider"], found["mode"], found["metadata"]) == ("PAYZEN", "TEST", None)
    assert found["serverDate"].endswith("+00:00")


def test_an_error_is_inside_http_200(merchant: Merchant) -> None:
    found = merchant.call(CREATE, order(amount=-1))
    answer = found["answer"]
    assert found["status"] == "ERROR"
    assert (answer["errorCode"], answer["errorMessage"]) == ("INT_009", "invalid amount")
    assert answer["detailedErrorMessage"] == "Invalid input amount [value=-1]"
    assert (answer["ticket"], answer["shopId"], answer["detailedErrorCode"]) == ("null", "69876357", None)


def test_bad_credentials_come_first(merchant: Merchant) -> None:
    found = merchant.call("No/SuchService", password="testpassword_WRONG")
    assert (found["answer"]["errorCode"], found["answer"]["shopId"]) == ("INT_905", None)
    assert merchant.refused("No/SuchService") == "INT_901"


def test_the_account_may_answer_bad_credentials_with_401(merchant: Merchant) -> None:
    merchant.account(unauthorized_http_status=401)
    assert merchant.raw(CREATE, {}, "wrong").status_code == 401


@pytest.mark.parametrize("body", ["", "[]", "{", "7"])
def test_a_body_that_is_no_object(merchant: Merchant, body: str) -> None:
    answer = requests.post(
        f"{merchant.base}/api-payment/V4/{CREATE}", data=body,
        auth=("69876357", "testpassword_DEMOPRIVATEKEY23G4475zXZQ2UA5x7M"), timeout=10,
    ).json()["answer"]  # fmt: skip
    assert answer["errorCode"] == "INT_902"
    assert answer["detailedErrorMessage"] == "can't decode JSON data : line: 1 column: 1"


def test_only_post(merchant: Merchant) -> None:
    answer = requests.get(f"{merchant.base}/api-payment/V4/{CREATE}", timeout=10)
    assert answer.status_code == 405


def test_the_password_decides_the_mode(merchant: Merchant) -> None:
    made = merchant.call(CREATE, order(), PRODUCTION_PASSWORD)
    assert made["mode"] == "PRODUCTION"
    number = made["answer"]["paymentOrderId"]
    assert merchant.refused(GET, paymentOrderId=number) == "PSP_1000"
    assert merchant.ok(GET, PRODUCTION_PASSWORD, paymentOrderId=number)["amount"] == 990


def test_secrets_are_masked(merchant: Merchant) -> None:
    token = merchant.form_token()
    calls = str(merchant.get("calls?provider=payzen"))
    assert token not in calls
    assert "DEMOPRIVATEKEY" not in calls
    assert "DEMOPRIVATEKEY" not in str(merchant.get("accounts?provider=payzen"))


# CreatePaymentOrder.


def test_the_smallest_order_with_every_null(merchant: Merchant) -> None:
    made = merchant.ok(
        CREATE, amount=10000, currency="XPF", channelOptions={"channelType": "URL"}, orderId="my-reference"
    )
    assert len(made["paymentOrderId"]) == 32
    assert made["paymentURL"].startswith(f"{merchant.base}/t/")
    assert len(made["paymentURL"].rpartition("/")[2]) == 8
    assert (made["paymentOrderStatus"], made["updateDate"], made["locale"]) == ("RUNNING", None, "fr_FR")
    assert made["expirationDate"].endswith("23:59:59+00:00")
    assert made["channelDetails"] == {
        "channelType": "URL", "mailDetails": None, "smsDetails": None, "whatsAppDetails": None, "ivrDetails": None,
        "_type": "V4/ChannelDetails",
    }  # fmt: skip
    assert made["message"].startswith("Je règle %amount% par paiement sécurisé avant le %end_date%")
    assert (made["metadata"], made["acquirerTransientData"], made["paymentMethods"]) == ({}, {}, [])
    assert made["customer"]["extraDetails"]["browserAccept"] is None
    assert made["customer"]["billingDetails"] is None
    assert made["transactionDetails"]["cardDetails"]["manualValidation"] == "NO"
    for name in ("paymentReceiptEmail", "taxRate", "description", "returnMode", "returnUrl", "ipnTargetUrl"):
        assert made[name] is None


def test_what_was_asked_comes_back(merchant: Merchant) -> None:
    made = merchant.order(
        description="Two tickets", customer={"email": "a@b.fr", "billingDetails": {"lastName": "Ada"}},
        transactionOptions={"cardOptions": {"manualValidation": "YES", "captureDelay": 3}},
    )  # fmt: skip
    assert (made["returnMode"], made["returnUrl"]) == ("GET", "https://shop.test/back?order=42")
    assert (made["metadata"], made["description"]) == ({"cart": "7"}, "Two tickets")
    # Without an address of its own the receipt goes to the customer's.
    assert made["paymentReceiptEmail"] == "a@b.fr"
    assert made["customer"]["billingDetails"]["lastName"] == "Ada"
    assert made["customer"]["billingDetails"]["city"] is None
    assert made["transactionDetails"]["cardDetails"] == {
        "manualValidation": "YES", "captureDelay": 3, "installmentNumber": 0, "_type": "V4/CardDetails",
    }  # fmt: skip


def test_numbers_and_booleans_may_be_texts(merchant: Merchant) -> None:
    made = merchant.order(amount="5000", dataCollectionForm="true")
    assert (made["amount"], made["dataCollectionForm"]) == (5000, True)


def test_the_same_request_makes_a_second_order(merchant: Merchant) -> None:
    assert merchant.order()["paymentOrderId"] != merchant.order()["paymentOrderId"]


def test_the_date_is_normalised(merchant: Merchant) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=5)
    local = at.astimezone().isoformat()
    assert merchant.order(expirationDate=local)["expirationDate"] == at.strftime("%Y-%m-%dT%H:%M:%S+00:00")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": 0}, "INT_009"),
        ({"amount": 9.9}, "INT_009"),
        ({"amount": None}, "INT_009"),
        ({"amount": 10**12}, "INT_009"),
        ({"currency": "TTT"}, "INT_010"),
        ({"currency": "BHD"}, "INT_010"),
        ({"currency": "JPY"}, "PSP_610"),
        ({"paymentMethods": ["SDD"]}, "PSP_610"),
        ({"customer": {"email": "fake-email"}}, "INT_015"),
        ({"orderId": "x" * 65}, "INT_902"),
        ({"expirationDate": "2020-01-01T00:00:00+00:00"}, "INT_902"),
        ({"expirationDate": "2030-01-01T00:00:00"}, "INT_902"),
        ({"expirationDate": ahead(days=91)}, "INT_902"),
        ({"returnUrl": "javascript:alert(1)"}, "INT_902"),
        ({"channelOptions": {"channelType": "PIGEON"}}, "INT_902"),
        ({"channelOptions": {"channelType": "MAIL", "mailOptions": {"subject": "Pay"}}}, "INT_902"),
        ({"channelOptions": {"channelType": "MAIL", "mailOptions": {"recipient": "a@b.fr"}}}, "INT_902"),
        ({"channelOptions": {"channelType": "SMS", "smsOptions": {"phoneNumber": "hello"}}}, "INT_902"),
        ({"channelOptions": {"channelType": "WHATSAPP"}}, "INT_902"),
        ({"channelOptions": {"channelType": "INVOICE"}, "orderId": None}, "INT_902"),
    ],
)
def test_refused_requests(merchant: Merchant, changes: dict[str, Any], code: str) -> None:
    assert merchant.refused(CREATE, **order(**changes)) == code
    assert merchant.get("payzen/orders")["orders"] == []


def test_a_wrong_field_is_named(merchant: Merchant) -> None:
    answer = merchant.call(CREATE, order(currency="TTT"))["answer"]
    assert answer["detailedErrorMessage"] == "Invalid input value [name=currency, value=TTT]"


def test_a_missing_contract_has_its_detailed_code(merchant: Merchant) -> None:
    answer = merchant.call(CREATE, order(currency="JPY"))["answer"]
    assert answer["detailedErrorCode"] == "NO_ACCEPTANCE_AGREEMENT_AVAILABLE"


def test_an_invoice_has_its_reference_once(merchant: Merchant) -> None:
    invoice = {"channelOptions": {"channelType": "INVOICE"}, "orderId": "INV-1"}
    merchant.order(**invoice)
    assert merchant.refused(CREATE, **order(**invoice)) == "INT_902"
    # Other channels may have it again, and so may the other mode.
    merchant.order(orderId="INV-1")
    merchant.order(PRODUCTION_PASSWORD, **invoice)


# Messages.

TEXTS = {"recipient": "ada@example.com", "subject": "Your order", "body": "Pay %amount%: %url%"}
MAIL = {"channelType": "MAIL", "mailOptions": TEXTS}
SMS = {"channelType": "SMS", "smsOptions": {"phoneNumber": "+33600000000"}}
WHATSAPP = {"channelType": "WHATSAPP", "whatsAppOptions": {"phoneNumber": "+447700900000"}}


def test_an_e_mail_with_its_link(merchant: Merchant) -> None:
    made = merchant.order(channelOptions=MAIL)
    assert made["channelDetails"]["mailDetails"]["recipient"] == "ada@example.com"
    [mail] = merchant.messages()
    assert (mail["channel"], mail["recipient"], mail["subject"]) == ("MAIL", "ada@example.com", "Your order")
    assert mail["body"] == f"Pay 9.90 EUR: {made['paymentURL']}"
    assert mail["link"] == made["paymentURL"]


def test_a_body_without_its_link_gets_it(merchant: Merchant) -> None:
    mail = {"recipient": "a@b.fr", "subject": "Order", "body": "Hello", "bcc": "c@d.fr;e@f.fr"}
    made = merchant.order(channelOptions={"channelType": "MAIL", "mailOptions": mail})
    assert {one["recipient"] for one in merchant.messages()} == {"a@b.fr", "c@d.fr", "e@f.fr"}
    assert all(made["paymentURL"] in one["body"] for one in merchant.messages())


def test_a_template_must_exist(merchant: Merchant) -> None:
    named = {"channelType": "MAIL", "mailOptions": {"recipient": "a@b.fr", "template": "spring"}}
    assert merchant.refused(CREATE, **order(channelOptions=named)) == "INT_902"
    merchant.account(mail_templates="default,spring")
    merchant.order(channelOptions=named)
    assert merchant.messages()[0]["subject"] == "Your payment request"


def test_sms_and_whatsapp(merchant: Merchant) -> None:
    merchant.order(channelOptions=SMS, locale=None)
    made = merchant.order(channelOptions=WHATSAPP, locale=None)
    whatsapp, sms = merchant.messages()
    assert (sms["channel"], sms["recipient"]) == ("SMS", "+33600000000")
    assert sms["body"].startswith("Je règle 9,90 EUR par paiement sécurisé")
    # WhatsApp's language is the number's.
    assert (whatsapp["channel"], made["locale"]) == ("WHATSAPP", "en_GB")
    assert whatsapp["body"].startswith("I pay 9.90 EUR")


def test_a_link_and_an_invoice_send_nothing(merchant: Merchant) -> None:
    merchant.order()
    merchant.order(channelOptions={"channelType": "INVOICE"})
    assert merchant.messages() == []


def test_the_message_box_of_the_console(merchant: Merchant) -> None:
    made = merchant.order(channelOptions=MAIL)
    page = requests.get(f"{merchant.url}/console/payzen/messages", timeout=10).text
    assert "ada@example.com" in page
    assert f'href="{made["paymentURL"]}"' in page


def test_a_receipt_after_the_payment(merchant: Merchant) -> None:
    merchant.pay(merchant.order()["paymentOrderId"])
    [receipt] = merchant.messages()
    assert (receipt["purpose"], receipt["recipient"]) == ("receipt", "ada@example.com")
    assert "9.90 EUR" in receipt["body"]


# Get, Update, the end of an order.


def test_an_unknown_order(merchant: Merchant) -> None:
    assert merchant.refused(GET, paymentOrderId="0" * 32) == "PSP_1000"
    assert merchant.refused(UPDATE, paymentOrderId="0" * 32, amount=1, currency="EUR") == "PSP_1000"


def test_an_update_changes_amount_hour_recipient_and_texts(merchant: Merchant) -> None:
    made = merchant.order(channelOptions=MAIL)
    until = ahead(hours=2)
    mail = {"recipient": "bob@example.com", "subject": "Your new order"}
    changed = merchant.ok(
        UPDATE, paymentOrderId=made["paymentOrderId"], amount=450, currency="USD", expirationDate=until,
        channelOptions={"channelType": "MAIL", "mailOptions": mail}, orderId="order-43",
    )  # fmt: skip
    assert (changed["amount"], changed["currency"], changed["orderId"]) == (450, "USD", "order-43")
    assert changed["expirationDate"] == until
    assert changed["updateDate"] is not None
    assert changed["paymentURL"] == made["paymentURL"]
    newest = merchant.messages()[0]
    # The body was not given, and stays.
    assert (newest["recipient"], newest["subject"]) == ("bob@example.com", "Your new order")
    assert newest["body"].startswith("Pay 4.50 USD: ")
    assert merchant.order_now(made["paymentOrderId"]) == changed


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": None},
        {"currency": None},
        {"channelOptions": None},
        {"channelOptions": {"channelType": "URL"}},
        {"channelOptions": {"channelType": "SMS"}},
    ],
)
def test_an_update_wants_all_it_requires(merchant: Merchant, changes: dict[str, Any]) -> None:
    made = merchant.order(channelOptions=SMS)
    body = {
        "paymentOrderId": made["paymentOrderId"],
        "amount": 5,
        "currency": "EUR",
        "channelOptions": SMS,
    } | changes
    assert merchant.refused(UPDATE, **body).startswith("INT_")
    assert merchant.order_now(made["paymentOrderId"])["amount"] == 990


@pytest.mark.parametrize("how", [{"outcome": "approve"}, {"outcome": "refuse"}])
def test_only_a_running_order_is_updated(merchant: Merchant, how: dict[str, Any]) -> None:
    made = merchant.order()
    merchant.pay(made["paymentOrderId"], **how)
    body = {"amount": 5, "currency": "EUR", "channelOptions": {"channelType": "URL"}}
    assert merchant.refused(UPDATE, paymentOrderId=made["paymentOrderId"], **body) == "PSP_503"


def test_an_order_expires_by_the_clock(merchant: Merchant) -> None:
    made = merchant.order(expirationDate=ahead(hours=1))
    merchant.advance(3590)
    assert merchant.order_now(made["paymentOrderId"])["paymentOrderStatus"] == "RUNNING"
    merchant.advance(20)
    assert merchant.order_now(made["paymentOrderId"])["paymentOrderStatus"] == "EXPIRED"
    assert merchant.pay(made["paymentOrderId"])["changed"] is False


def test_cancelling_is_the_back_offices(merchant: Merchant) -> None:
    number = merchant.order()["paymentOrderId"]
    assert merchant.refused("Charge/PaymentOrder/Cancel", paymentOrderId=number) == "INT_901"
    assert merchant.post(f"payzen/orders/{number}/cancel")["status"] == "CANCELLED"
    assert merchant.order_now(number)["paymentOrderStatus"] == "CANCELLED"
    merchant.account(cancelled_status="CANCELED")
    assert merchant.order_now(number)["paymentOrderStatus"] == "CANCELED"
    assert "cannot be cancelled" in merchant.post(f"payzen/orders/{number}/cancel", 400)["error"]


def test_cancelling_by_web_service_where_there_is_one(merchant: Merchant) -> None:
    merchant.account(order_cancel=True)
    number = merchant.order()["paymentOrderId"]
    gone = merchant.ok("Charge/PaymentOrder/Cancel", paymentOrderId=number)
    assert gone["paymentOrderStatus"] == "CANCELLED"
    assert merchant.refused("Charge/PaymentOrder/Cancel", paymentOrderId=number) == "PSP_503"


# The console.


def press(merchant: Merchant, action: str, number: str) -> None:
    answer = requests.post(
        f"{merchant.url}/console/actions/payzen/{action}/{number}", timeout=10, allow_redirects=False
    )
    assert answer.status_code == 302


def test_the_console_has_rows_and_buttons(merchant: Merchant) -> None:
    made = merchant.order(transactionOptions={"cardOptions": {"manualValidation": "YES"}})
    press(merchant, "refuse", made["paymentOrderId"])
    press(merchant, "accept", made["paymentOrderId"])
    page = requests.get(f"{merchant.url}/?provider=payzen", timeout=10).text
    assert f'<a href="{made["paymentURL"]}">{made["paymentOrderId"]}</a>' in page
    assert "AUTHORISED_TO_VALIDATE DEBIT 9.90 EUR 497010XXXXXX0055" in page
    uuid = merchant.get(f"payzen/orders/{made['paymentOrderId']}")["transactions"][1]["uuid"]
    for action in ("validate", "capture", "refund"):
        press(merchant, action, uuid)
    found = merchant.ok("Order/Get", orderId="order-42")["transactions"]
    assert [tx["detailedStatus"] for tx in found] == ["REFUSED", "CAPTURED", "AUTHORISED"]
    # Too late: nothing happens.
    press(merchant, "cancel", uuid)
    assert merchant.transaction(uuid)["detailedStatus"] == "CAPTURED"


def test_the_console_cancels_an_order(merchant: Merchant) -> None:
    number = merchant.order()["paymentOrderId"]
    press(merchant, "cancel_order", number)
    assert merchant.order_now(number)["paymentOrderStatus"] == "CANCELLED"
