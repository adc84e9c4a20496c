"""What does the shopper see and do behind the link, without JavaScript; and what comes of it?"""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.sandbox.payzen import (
    ACCEPTED,
    CHALLENGED,
    CHALLENGED_REFUSED,
    LATER,
    NO_FUNDS,
    REJECTED,
    TEST_HMAC,
    Browser,
    Hook,
    Merchant,
    hook,
    merchant,
    valid,
)

__all__ = ["hook", "merchant"]
URL = {"channelOptions": {"channelType": "URL"}}


def opened(merchant: Merchant, **changes: Any) -> tuple[str, Browser]:
    made = merchant.order(**changes)
    browser = Browser(made["paymentURL"])
    browser.open()
    return made["paymentOrderId"], browser


def status(merchant: Merchant, number: str) -> str:
    return str(merchant.order_now(number)["paymentOrderStatus"])


def returned(browser: Browser) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(browser.left_for).query).items()}


def test_a_card_is_accepted_and_the_way_back_is_signed(merchant: Merchant) -> None:
    number, browser = opened(merchant, description="Two tickets", redirectSuccessTimeout=0)
    for words in ("Sandbox shop", "9.90 EUR", "Reference order-42", "Two tickets"):
        assert words in browser.text
    browser.card()
    assert status(merchant, number) == "PAID"
    form = returned(browser)
    assert form["order"] == "42"
    assert valid(form, TEST_HMAC, "sha256_hmac")
    told = json.loads(form["kr-answer"])
    assert (told["orderStatus"], told["orderCycle"]) == ("PAID", "CLOSED")
    assert told["transactions"][0]["detailedStatus"] == "AUTHORISED"
    # A shop's server has to be able to read the address.
    assert len(browser.left_for) < 2500


def test_the_result_waits_for_its_button(merchant: Merchant) -> None:
    _, browser = opened(merchant)
    browser.card()
    assert "Payment accepted" in browser.text
    assert "Thank you. 9.90 EUR has been paid." in browser.text
    assert "https://shop.test/back?order=42&kr-hash=" in browser.text
    assert "Payment accepted" in browser.open()


def test_the_automatic_return(merchant: Merchant) -> None:
    _, browser = opened(merchant, redirectSuccessTimeout=4)
    browser.card()
    assert '<meta http-equiv="refresh" content="4; url=https://shop.test/back?order=42' in browser.text


def test_the_return_by_post(merchant: Merchant) -> None:
    _, browser = opened(merchant, returnMode="POST", returnUrl="https://shop.test/back")
    browser.card()
    assert '<form id="back" method="post" action="https://shop.test/back">' in browser.text
    assert 'name="kr-hash-key" value="sha256_hmac"' in browser.text


def test_no_return_mode_no_fields(merchant: Merchant) -> None:
    _, browser = opened(merchant, returnMode=None, redirectSuccessTimeout=0)
    browser.card()
    assert browser.left_for == "https://shop.test/back?order=42"


def test_a_refusal_leaves_the_cycle_open(merchant: Merchant) -> None:
    number, browser = opened(merchant)
    browser.card(NO_FUNDS)
    assert "The payment was refused. There are not sufficient funds on the card." in browser.text
    assert "You can try again" in browser.text
    shown = merchant.get(f"payzen/orders/{number}")
    assert (shown["status"], shown["open"], shown["attemptsLeft"]) == ("REFUSED", True, 3)
    browser.card()
    assert status(merchant, number) == "PAID"
    assert [tx["detailed"] for tx in merchant.get(f"payzen/orders/{number}")["transactions"]] == [
        "REFUSED", "AUTHORISED",
    ]  # fmt: skip


def test_the_last_refusal_closes_the_cycle(merchant: Merchant) -> None:
    merchant.account(retries=1)
    number, browser = opened(merchant, refusedUrl="https://shop.test/refused")
    browser.card(NO_FUNDS)
    browser.card(NO_FUNDS)
    assert "no further try is possible" in browser.text
    assert "https://shop.test/refused?kr-hash=" in browser.text
    assert merchant.get(f"payzen/orders/{number}")["open"] is False


def test_without_a_limit_of_tries(merchant: Merchant) -> None:
    merchant.account(retries=0)
    number, browser = opened(merchant)
    for _ in range(6):
        browser.card(NO_FUNDS)
    browser.card()
    assert status(merchant, number) == "PAID"


def test_three_d_secure(merchant: Merchant) -> None:
    number, browser = opened(merchant)
    browser.card(CHALLENGED)
    assert "Confirm it is you" in browser.text
    assert "with card 497011XXXXXX1003" in browser.text
    assert status(merchant, number) == "RUNNING"
    assert merchant.refused("Order/Get", orderId="order-42") == "PSP_010"
    assert "This code is not right" in browser.submit("answer", code="0000")
    browser.submit("answer", code="1234")
    assert "Payment accepted" in browser.text
    [tx] = merchant.ok("Order/Get", orderId="order-42")["transactions"]
    assert tx["effectiveStrongAuthentication"] == "ENABLED"
    assert tx["transactionDetails"]["liabilityShift"] == "YES"


def test_three_wrong_codes_refuse(merchant: Merchant) -> None:
    number, browser = opened(merchant)
    browser.card(CHALLENGED)
    for _ in range(3):
        browser.submit("answer", code="0000")
    assert "could not confirm that it is you" in browser.text
    assert status(merchant, number) == "REFUSED"


@pytest.mark.parametrize("card", [CHALLENGED_REFUSED, REJECTED])
def test_three_d_secure_refuses(merchant: Merchant, card: str) -> None:
    number, browser = opened(merchant)
    browser.card(card)
    if card == CHALLENGED_REFUSED:
        browser.submit("answer", code="1234")
    assert status(merchant, number) == "REFUSED"
    [tx] = merchant.ok("Order/Get", orderId="order-42")["transactions"]
    assert (tx["errorCode"], tx["detailedStatus"]) == ("AUTH_149", "REFUSED")


def test_a_challenge_nobody_answers_is_refused_later(merchant: Merchant) -> None:
    number, browser = opened(merchant)
    browser.card(CHALLENGED)
    # The link shows the challenge, whoever opens it; no second card meanwhile.
    assert "Confirm it is you" in Browser(browser.link).open()
    merchant.advance(601)
    assert status(merchant, number) == "REFUSED"


def test_giving_up_the_challenge(merchant: Merchant) -> None:
    _, browser = opened(merchant)
    browser.card(CHALLENGED)
    browser.submit("answer", action="cancel")
    assert "The payment was refused." in browser.text


def test_leaving_leaves_the_order_open(merchant: Merchant) -> None:
    number, browser = opened(merchant, cancelUrl="https://shop.test/cancelled")
    browser.submit("leave")
    form = returned(browser)
    assert browser.left_for.startswith("https://shop.test/cancelled?")
    told = json.loads(form["kr-answer"])
    assert (told["orderStatus"], told["orderCycle"], told["transactions"]) == ("ABANDONED", "OPEN", [])
    assert status(merchant, number) == "RUNNING"


def test_an_old_page_cannot_pay_the_old_amount(merchant: Merchant) -> None:
    number, browser = opened(merchant)
    merchant.ok("Charge/PaymentOrder/Update", paymentOrderId=number, amount=1290, currency="EUR", **URL)
    browser.card()
    assert browser.page is not None
    assert browser.page.status_code == 409
    assert "The shop has changed this order." in browser.text
    assert merchant.get(f"payzen/orders/{number}")["transactions"] == []
    assert "Pay 12.90 EUR" in browser.text
    browser.card()
    [tx] = merchant.ok("Order/Get", orderId="order-42")["transactions"]
    assert tx["amount"] == 1290


def test_no_update_while_the_bank_asks(merchant: Merchant) -> None:
    number, browser = opened(merchant)
    browser.card(CHALLENGED)
    body = {"paymentOrderId": number, "amount": 1290, "currency": "EUR"} | URL
    assert merchant.refused("Charge/PaymentOrder/Update", **body) == "PSP_503"
    assert "cannot be cancelled" in merchant.post(f"payzen/orders/{number}/cancel", 400)["error"]


def test_a_fault_has_the_shopper_cancel(merchant: Merchant) -> None:
    merchant.arm("cancel")
    number, browser = opened(merchant)
    browser.card()
    assert browser.left_for.startswith("https://shop.test/back?order=42&kr-hash=")
    assert merchant.get(f"payzen/orders/{number}")["transactions"] == []


def test_an_expired_link(merchant: Merchant) -> None:
    _, browser = opened(merchant)
    merchant.advance(8 * 86_400)
    browser.card()
    assert "This link has expired" in browser.text


def test_a_cancelled_link(merchant: Merchant) -> None:
    number, browser = opened(merchant)
    merchant.post(f"payzen/orders/{number}/cancel")
    browser.card()
    assert "The shop has cancelled this order" in browser.text


def test_a_second_click_pays_nothing(merchant: Merchant) -> None:
    number, browser = opened(merchant)
    twin = Browser(browser.link)
    twin.open()
    browser.card()
    twin.card()
    assert "Payment accepted" in twin.text
    assert len(merchant.get(f"payzen/orders/{number}")["transactions"]) == 1


def test_ten_at_once_pay_once(merchant: Merchant, hook: Hook) -> None:
    number, browser = opened(merchant)
    twins = [Browser(browser.link) for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(Browser.open, twins))
        list(pool.map(Browser.card, twins))
    assert len(merchant.get(f"payzen/orders/{number}")["transactions"]) == 1
    hook.wait(1)


def test_wrong_fields_are_named_and_charge_nothing(merchant: Merchant) -> None:
    number, browser = opened(merchant)
    browser.card("4970100000000054", expiry="13/30", cvc="")
    for words in ("This is not a card number.", "Please give month and year", "Please fill in this field."):
        assert words in browser.text
    browser.card("4242424242424242")
    assert "Never type a real card." in browser.text
    assert merchant.get(f"payzen/orders/{number}")["transactions"] == []


def test_only_the_brands_that_were_asked_for(merchant: Merchant) -> None:
    _, browser = opened(merchant, paymentMethods=["MASTERCARD"])
    browser.card(ACCEPTED)
    assert "cannot be paid with a card of this brand" in browser.text
    browser.card("5970100300000067")
    assert "Payment accepted" in browser.text


def test_a_form_of_details_first(merchant: Merchant) -> None:
    _, browser = opened(merchant, dataCollectionForm=True, customer={})
    browser.card()
    assert "Please give an e-mail address." in browser.text
    browser.card(name="Ada Lovelace", email="ada@example.com")
    [tx] = merchant.ok("Order/Get", orderId="order-42")["transactions"]
    assert tx["customer"]["email"] == "ada@example.com"
    assert tx["customer"]["billingDetails"]["lastName"] == "Ada Lovelace"


def test_under_verification_then_accepted(merchant: Merchant) -> None:
    number, browser = opened(merchant)
    browser.card(LATER)
    assert "Payment being checked" in browser.text
    assert status(merchant, number) == "RUNNING"
    merchant.advance(61)
    assert status(merchant, number) == "PAID"


def test_french_by_the_locale_and_by_choice(merchant: Merchant) -> None:
    _, browser = opened(merchant, locale="fr_FR")
    assert "Payer 9,90 EUR" in browser.text
    assert "Annuler et revenir à la boutique" in browser.text
    browser.open(f"{browser.link}?language=en")
    assert "Pay 9.90 EUR" in browser.text
    browser.card(NO_FUNDS)
    assert "The payment was refused." in browser.text


def test_an_unknown_link(merchant: Merchant) -> None:
    browser = Browser(f"{merchant.base}/t/nothing0")
    assert "not known here" in browser.open()


def test_the_number_is_kept_nowhere(merchant: Merchant) -> None:
    _, browser = opened(merchant)
    browser.card(NO_FUNDS)
    assert NO_FUNDS not in str(merchant.get("calls?provider=payzen"))
    assert NO_FUNDS not in str(merchant.get("payzen/orders"))


def test_the_page_may_fail_once(merchant: Merchant) -> None:
    number, browser = opened(merchant)
    browser.card("4970100000026001")
    assert "HTTP 500" in browser.text
    browser.open()
    browser.card()
    assert status(merchant, number) == "PAID"
