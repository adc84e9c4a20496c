"""Can a shopper pay on the hosted page with nothing but forms, and see what happened?"""

import re
import threading
import time
from typing import Any

import pytest
import requests

from tests.sandbox.ecomcharge import (
    APPROVED,
    CHALLENGED,
    DECLINED,
    NO_FUNDS,
    Browser,
    Hook,
    Mail,
    Merchant,
    hook,
    hook_of_a_shop,
    merchant,
)
from tests.sandbox.shop import eventually

__all__ = ["hook", "merchant"]


def test_a_card_pays(merchant: Merchant) -> None:
    browser = Browser(merchant, merchant.token())
    page = browser.open()
    assert page.status_code == 200
    for part in ('autocomplete="cc-number"', "Pay 42.99 GBP", "Order 42", "Cancel and go back to the shop"):
        assert part in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Referrer-Policy"] == "same-origin"
    done = browser.card()
    token = browser.params["token"]
    uid = merchant.status(token)["gateway_response"]["payment"]["uid"]
    assert "Thank you, you have paid" in done.text
    address = f"https://shop.test/return?order=42&amp;token={token}&amp;status=successful&amp;uid={uid}"
    assert f'href="{address}" target="_top">Back to the shop</a>' in done.text
    assert "http-equiv" not in done.text
    # Coming back, by the back button or by the link, shows how it ended.
    assert "Thank you, you have paid" in browser.open().text
    assert "Thank you, you have paid" in browser.card(DECLINED).text


@pytest.mark.parametrize("seconds", [3, "3"])
def test_the_result_page_returns_by_itself(merchant: Merchant, seconds: int | str) -> None:
    settings = {"auto_return": seconds, "button_next_text": "On we go"}
    order = {"additional_data": {"receipt_text": ["First line", "Second <line>"]}}
    browser = Browser(merchant, merchant.token(settings=settings, order=order))
    done = browser.card()
    assert (
        '<meta http-equiv="refresh" content="3; url=https://shop.test/return?order=42&amp;token=' in done.text
    )
    assert ">On we go</a>" in done.text
    assert "<li>First line</li><li>Second &lt;line&gt;</li>" in done.text


@pytest.mark.parametrize("seconds", [0, "0"])
def test_no_result_page(merchant: Merchant, seconds: int | str) -> None:
    browser = Browser(merchant, merchant.token(settings={"auto_return": seconds}))
    browser.card()
    assert browser.left_for.startswith("https://shop.test/return?order=42&token=")
    assert "&status=successful&uid=" in browser.left_for


def test_a_decline_and_another_try(merchant: Merchant) -> None:
    browser = Browser(merchant, merchant.token(attempts=3))
    page = browser.card(NO_FUNDS)
    assert "Insufficient funds. Failed to complete the transaction." in page.text
    assert "2 attempts are left" in page.text
    assert re.search(
        r'href="https://shop.test/return\?order=42[^"]+status=failed[^"]+" target="_top">Back to', page.text
    )
    assert "one attempt is left" in browser.card(DECLINED).text
    assert "Thank you, you have paid" in browser.card().text


def test_the_last_decline(merchant: Merchant) -> None:
    browser = Browser(merchant, merchant.token(attempts=1))
    assert "Nothing was charged." in browser.card(DECLINED).text


def test_three_d_secure(merchant: Merchant) -> None:
    browser = Browser(merchant, merchant.token())
    page = browser.card(CHALLENGED)
    assert "Your bank asks for your 3-D Secure password: 42.99 GBP with card 401200******1097." in page.text
    assert browser.open().url == page.url
    wrong = browser.password(page, "1234")
    assert "This password is not right." in wrong.text
    assert "Thank you, you have paid" in browser.password(wrong).text
    assert requests.get(page.url, timeout=10, allow_redirects=False).is_redirect


def test_giving_up_three_d_secure_is_an_attempt(merchant: Merchant) -> None:
    browser = Browser(merchant, merchant.token(attempts=2))
    again = browser.password(browser.card(CHALLENGED), "", action="cancel")
    assert "The transaction was rejected." in again.text
    assert "one attempt is left" in again.text


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"number": "4200000000000001"}, "number", "This is not a card number"),
        ({"number": "4111111111111111"}, "number", "Only the sandbox"),
        ({"expiry": "13/30"}, "expiry", "Please give month and year"),
        ({"cvc": ""}, "cvc", "Please fill in this field."),
        ({"holder": " "}, "holder", "Please fill in this field."),
    ],
)
def test_errors_are_tied_to_their_fields(
    merchant: Merchant, changes: dict[str, str], field: str, text: str
) -> None:
    browser = Browser(merchant, merchant.token())
    page = browser.card(**changes)
    assert f'id="{field}-error">{text}' in page.text
    assert page.text.count('aria-invalid="true"') == 1
    assert merchant.status(browser.params["token"])["status"] is None


def test_excluded_brands_are_not_accepted(merchant: Merchant) -> None:
    browser = Browser(merchant, merchant.token(payment_method={"excluded_brands": ["visa"]}))
    assert APPROVED not in browser.open().text
    assert "This kind of card is not accepted here." in browser.card().text
    assert "Thank you" in browser.send(test_card="5204240000015003").text


def test_the_customers_fields(merchant: Merchant) -> None:
    fields = {"visible": ["first_name", "last_name"], "read_only": ["email"]}
    locked = {"holder": "Rick Astley", "read_only": ["holder"]}
    token = merchant.token(settings={"customer_fields": fields, "credit_card_fields": locked})
    browser = Browser(merchant, token)
    page = browser.open().text
    assert re.search(r'id="customer_email"[^>]+value="jake@example.com" disabled', page)
    assert re.search(r'id="holder"[^>]+value="Rick Astley" readonly', page)
    assert "customer_last_name" in page
    assert "customer_phone" not in page
    browser.card(holder="Somebody Else", customer_first_name="Jake", customer_email="other@example.com")
    tx = merchant.one(merchant.status(token)["gateway_response"]["payment"]["uid"])
    assert tx["credit_card"]["holder"] == "Rick Astley"
    assert tx["customer"]["email"] == "jake@example.com"
    assert tx["billing_address"]["first_name"] == "Jake"


def test_a_choice_of_methods(merchant: Merchant) -> None:
    types = ["credit_card", "bank_transfer", "erip", "halva", "apm"]
    token = merchant.token(payment_method={"types": types})
    browser = Browser(merchant, token)
    page = browser.open().text
    for name in ("Bank card", "Bank transfer", "ERIP", "Halva", "Other method"):
        assert f">{name}</a>" in page
    assert "Pay 42.99 GBP with Bank transfer" in browser.open(method="bank_transfer").text
    done = browser.send(method="bank_transfer")
    assert "We are waiting for your money" in done.text
    assert "status=pending" in done.text
    assert merchant.status(token)["status"] == "pending"


def test_only_what_is_offered(merchant: Merchant) -> None:
    browser = Browser(merchant, merchant.token(payment_method={"excluded_types": ["erip", "halva", "apm"]}))
    page = browser.open().text
    assert "Bank transfer" in page
    assert "Halva" not in page


def test_it_speaks_french(merchant: Merchant) -> None:
    browser = Browser(merchant, merchant.token(settings={"language": "fr"}))
    page = browser.open().text
    assert 'lang="fr"' in page
    assert "Payer 42,99 GBP" in page
    assert "Merci, vous avez payé" in browser.card().text
    other = Browser(merchant, merchant.token(settings={"language": "zh"})).open()
    assert "Pay 42.99 GBP" in other.text


def test_amounts_are_shown_with_the_vendors_decimals(merchant: Merchant) -> None:
    for currency, shown in (("JPY", "4299 JPY"), ("KWD", "4.299 KWD"), ("MOP", "429.9 MOP")):
        page = Browser(merchant, merchant.token(order={"currency": currency})).open()
        assert f"Pay {shown}" in page.text


def test_a_saved_card_asks_for_its_code(merchant: Merchant) -> None:
    saved = merchant.saved("oneclick")
    token = merchant.token(payment_method={"credit_card": {"token": saved}})
    browser = Browser(merchant, token)
    page = browser.open().text
    assert "•••• 0000" in page
    assert 'id="number"' not in page
    assert "Please fill in this field." in browser.send(method="credit_card", card="saved").text
    another = browser.open(card="new").text
    assert 'id="number"' in another
    assert "Pay with your saved card" in another
    browser.send(method="credit_card", card="saved", cvc="123")
    tx = merchant.one(merchant.status(token)["gateway_response"]["payment"]["uid"])
    assert (tx["status"], tx["credit_card"]["token"]) == ("successful", saved)


def test_another_card_may_be_switched_off(merchant: Merchant) -> None:
    method = {"credit_card": {"token": merchant.saved("oneclick")}}
    for toggle, there in ({}, True), ({"display": False}, False):
        token = merchant.token(payment_method=method, settings={"another_card_toggle": toggle})
        assert ("Pay with another card" in Browser(merchant, token).open().text) is there


@pytest.mark.parametrize(
    ("card", "auto_return", "status"),
    [(APPROVED, None, "successful"), ("4200000000110007", None, "failed"), (APPROVED, 5, "successful")],
)
def test_auto_pay(merchant: Merchant, card: str, auto_return: int | None, status: str) -> None:
    method = {"credit_card": {"token": merchant.saved("recurring", card=card)}}
    settings = {"auto_pay": True, "auto_return": auto_return}
    token = merchant.token(payment_method=method, settings=settings, attempts=1)
    browser = Browser(merchant, token)
    page = browser.open()
    assert merchant.status(token)["status"] == status
    if auto_return:
        assert "Thank you, you have paid" in page.text
    else:
        assert f"&status={status}&uid=" in browser.left_for
    browser.open()
    assert merchant.get(f"ecomcharge/checkouts/{token}")["attempts_used"] == 1


def test_the_toggle_that_saves_a_card(merchant: Merchant) -> None:
    toggle = {"customer_contract": True, "text": "Remember me", "hint": "For the next time"}
    token = merchant.token(settings={"save_card_toggle": toggle})
    browser = Browser(merchant, token)
    page = browser.open().text
    assert "Remember me" in page
    assert "For the next time" in page
    browser.card(save_card="1")
    tx = merchant.one(merchant.status(token)["gateway_response"]["payment"]["uid"])
    assert len(tx["credit_card"]["token"]) == 36
    off = merchant.token(settings={"save_card_toggle": {"display": False}})
    assert 'name="save_card"' not in Browser(merchant, off).open().text


def test_a_card_the_page_remembers_is_not_the_shops(merchant: Merchant) -> None:
    first = Browser(merchant, merchant.token())
    first.card(save_card="1")
    paid = merchant.status(first.params["token"])["gateway_response"]["payment"]["uid"]
    assert merchant.one(paid)["credit_card"]["token"] is None
    assert "•••• 0000" in Browser(merchant, merchant.token()).open().text
    stranger = merchant.token(customer={"email": "other@example.com"})
    assert "•••• 0000" not in Browser(merchant, stranger).open().text


def test_unknown_tokens_and_receipts(merchant: Merchant) -> None:
    assert Browser(merchant, "0" * 64).open().status_code == 404
    assert Browser(merchant, "0" * 64).card().status_code == 404
    assert requests.get(f"{merchant.base}/process/unknown", timeout=10).status_code == 404
    tx = merchant.paid()
    assert "42.99 GBP" in requests.get(tx["receipt_url"], timeout=10).text
    assert requests.get(tx["receipt_url"][:-1], timeout=10).status_code == 404


def test_cards_that_make_trouble(merchant: Merchant) -> None:
    merchant.account(slow_seconds=1, silence_seconds=0)
    broken = Browser(merchant, merchant.token()).card("4200000000100008")
    assert (broken.status_code, "Nothing has been charged" in broken.text) == (500, True)
    began = time.monotonic()
    assert "Thank you" in Browser(merchant, merchant.token()).card("4200000000070003").text
    assert time.monotonic() - began >= 1
    silent = Browser(merchant, merchant.token())
    with pytest.raises(requests.ConnectionError):
        silent.card("4200000000090001")
    assert "Your bank has not answered yet" in silent.open().text


@pytest.mark.parametrize(("when", "status"), [("before", None), ("after", "successful")])
def test_a_submit_that_fails(merchant: Merchant, when: str, status: str | None) -> None:
    browser = Browser(merchant, merchant.token())
    merchant.arm("http_500", method="submitCard", when=when)
    assert browser.card().status_code == 500
    assert merchant.status(browser.params["token"])["status"] == status


def test_a_double_click_pays_once(merchant: Merchant) -> None:
    browser = Browser(merchant, merchant.token(attempts=5))
    clicks = [threading.Thread(target=browser.card) for _ in range(4)]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert merchant.get(f"ecomcharge/checkouts/{browser.params['token']}")["attempts_used"] == 1


# verification_url: the shop is asked before the bank is.


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        ((200, '{"code":0,"uid":"x","amount":4299}'), "successful", "Successfully processed"),
        (
            (200, '{"code":7,"message":"Out of stock","friendly_message":"Sold out"}'),
            "failed",
            "Out of stock",
        ),
        ((200, '{"code":"0"}'), "failed", "Verification failed"),
        ((200, "OK"), "failed", "Verification failed"),
        ((500, '{"code":0}'), "failed", "Verification failed"),
    ],
)
def test_the_shop_may_say_no(
    merchant: Merchant, hook: Hook, answer: tuple[int, str], status: str, message: str
) -> None:
    with hook_of_a_shop() as asked:
        asked.answers = [answer]
        seen: list[Any] = []

        def ask_back(mail: Mail) -> None:
            """The shop may, before it answers: nothing is locked meanwhile."""
            seen.append(merchant.status(mail.tx["additional_data"]["vendor"]["token"])["status"])

        asked.asks_back = ask_back
        token = merchant.token(settings={"verification_url": asked.url})
        merchant.pay(token, card=APPROVED)
    assert seen == ["incomplete"]
    [mail] = asked.received
    assert (mail.tx["status"], mail.tx["amount"]) == ("incomplete", 4299)
    assert mail.signed_by(merchant.get("ecomcharge/public_key")["public_key"])
    found = merchant.status(token)
    assert (found["status"], found["message"]) == (status, message)
    assert hook.wait(1)[0].tx["message"] == message


def test_a_shop_that_cannot_be_asked(merchant: Merchant) -> None:
    token = merchant.token(settings={"verification_url": "http://127.0.0.1:9/verify"})
    merchant.pay(token, card=APPROVED)
    assert eventually(lambda: merchant.status(token)["status"]) == "failed"


# ctp/api/payments: what apps call.


def test_paying_by_api(merchant: Merchant) -> None:
    token = merchant.token(attempts=5)
    url = f"{merchant.base}/ctp/api/payments"

    def pay(status: int = 200, /, **card: Any) -> dict[str, Any]:
        body = {"request": {"token": token, "payment_method": "credit_card", "credit_card": card}}
        answer = requests.post(url, json=body, timeout=10)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()["response"]
        return found

    typed: dict[str, Any] = {
        "verification_value": "123",
        "holder": "JOHN DOE",
        "exp_month": "01",
        "exp_year": "2030",
    }
    wrong = pay(422, number="4200000000000001", **typed)
    assert (wrong["status"], wrong["errors"]) == ("error", {"credit_card": {"number": ["is invalid"]}})
    assert pay(number=DECLINED, **typed)["status"] == "failed"
    asked = pay(number=CHALLENGED, **typed)
    assert (asked["status"], asked["url"]) == ("incomplete", f"{merchant.base}/process/{asked['uid']}")
    page = Browser(merchant, token).password(requests.get(asked["url"], timeout=10))
    assert page.url == asked["result_url"]
    paid = pay(number=APPROVED, **typed)
    assert (paid["status"], paid["finished"]) == ("successful", True)
    unknown = requests.post(url, json={"request": {"token": "x"}}, timeout=10)
    assert (unknown.status_code, unknown.json()) == (404, {"message": "Record not found"})
