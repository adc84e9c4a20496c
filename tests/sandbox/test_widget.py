"""Does the card form take what it should, say what is wrong, and tell how it ended? Without a browser."""

import threading
from typing import Any

import pytest
import requests

from tests.sandbox.shop import APPROVED, CHALLENGED, Begun, Shop, eventually


class Frame:
    """The frame of the widget, as a browser without a screen would use it."""

    def __init__(self, shop: Shop, payment: Begun, **options: str) -> None:
        self.address = f"{shop.url}/epc/widget"
        self.ids = {"paymentId": str(payment.transaction_id), "sessionId": payment.session_id} | options

    def open(self, **headers: str) -> requests.Response:
        return requests.get(f"{self.address}/form", params=self.ids, headers=headers, timeout=10)

    def send(self, path: str = "submit", **fields: Any) -> requests.Response:
        return requests.post(f"{self.address}/{path}", data=self.ids | fields, timeout=10)


def filled(**changes: str) -> dict[str, str]:
    return {"number": APPROVED, "expiry": "12/30", "cvc": "123", "holder": "Ada Lovelace"} | changes


def test_the_form_has_what_browsers_and_readers_need(shop: Shop) -> None:
    page = Frame(shop, shop.begin()).open()
    assert page.status_code == 200
    for part in ('autocomplete="cc-number"', 'autocomplete="cc-exp"', 'autocomplete="cc-csc"', 'for="number"',
                 'inputmode="numeric"', "Pay 24.00 EUR", "Use a test card"):  # fmt: skip
        assert part in page.text
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "<style" not in page.text
    assert 'value="cancel"' not in page.text
    assert 'value="cancel"' in Frame(shop, shop.begin(), cancel="1").open().text
    assert 'id="holder"' not in Frame(shop, shop.begin(), nameless="1").open().text


def test_it_speaks_french(shop: Shop) -> None:
    payment = shop.begin()
    french = Frame(shop, payment, lang="fr").open()
    assert 'lang="fr"' in french.text
    assert "Payer 24,00 EUR" in french.text
    by_browser = Frame(shop, payment).open(**{"Accept-Language": "fr-CH,fr;q=0.9,en;q=0.5"})
    assert "Payer 24,00 EUR" in by_browser.text
    assert "Pay 24.00 EUR" in Frame(shop, payment, lang="xx").open(**{"Accept-Language": "de"}).text


def test_a_card_pays_and_the_shop_gets_its_own_query_back(shop: Shop) -> None:
    payment = shop.begin()
    done = Frame(shop, payment).send(**filled())
    assert 'data-url="https://shop.test/back?order=7&amp;paymentResult=success"' in done.text
    assert 'data-result="success"' in done.text
    assert shop.status(payment) == "AUTHORIZED"
    assert shop.detail(payment)["cardExpirationDate"] == "12/2030"


def test_name_and_values_of_the_result_are_settings(shop: Shop) -> None:
    shop.account(result_parameter="outcome", result_failure="ko")
    payment = shop.begin()
    assert "?order=7&amp;outcome=ko" in Frame(shop, payment).send(test_card="4970100000002002").text


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"number": ""}, "number", "Please fill in this field."),
        ({"number": "4970100000000056"}, "number", "This is not a card number"),
        ({"number": "49701000"}, "number", "This is not a card number"),
        ({"number": "4000000000000002"}, "number", "Only the sandbox"),
        ({"expiry": ""}, "expiry", "Please fill in this field."),
        ({"expiry": "13/30"}, "expiry", "Please give month and year"),
        ({"expiry": "01/20"}, "expiry", "This card has expired."),
        ({"cvc": ""}, "cvc", "Please fill in this field."),
        ({"cvc": "12"}, "cvc", "Please give the 3 digits"),
        ({"cvc": "1234"}, "cvc", "Please give the 3 digits"),
        ({"number": "378282246310005"}, "cvc", "Please give the 4 digits"),
        ({"holder": " "}, "holder", "Please fill in this field."),
    ],
)
def test_errors_are_tied_to_their_fields(shop: Shop, changes: dict[str, str], field: str, text: str) -> None:
    payment = shop.begin()
    page = Frame(shop, payment).send(**filled(**changes))
    assert f'id="{field}-error">{text}' in page.text
    assert page.text.count('aria-invalid="true"') == 1
    assert f'aria-describedby="{field}-error' in page.text
    assert APPROVED not in page.text.split("<details>")[0]
    assert shop.status(payment) == "WAITING"


@pytest.mark.parametrize("written", ["12/30", "12 / 30", "12/2030", "1230", "122030"])
def test_expiry_dates_are_read_as_people_write_them(shop: Shop, written: str) -> None:
    payment = shop.begin()
    Frame(shop, payment).send(**filled(expiry=written))
    assert shop.detail(payment)["cardExpirationDate"] == "12/2030"


@pytest.mark.parametrize(
    "ids", [{"sessionId": "another"}, {"sessionId": ""}, {"paymentId": "1"}, {"paymentId": "x"}]
)
def test_only_the_session_that_began_it_may_pay(shop: Shop, ids: dict[str, str]) -> None:
    payment = shop.begin()
    frame = Frame(shop, payment, **ids)
    assert frame.open().status_code == 404
    assert frame.send(**filled()).status_code == 404
    assert shop.status(payment) == "WAITING"


def test_two_clicks_one_result(shop: Shop) -> None:
    shop.arm("refuse", times=1)
    payment = shop.begin()
    pages: list[str] = []
    clicks = [
        threading.Thread(target=lambda: pages.append(Frame(shop, payment).send(**filled()).text))
        for _ in range(4)
    ]
    for click in clicks:
        click.start()
    for click in clicks:
        click.join()
    assert shop.status(payment) == "FAILED"
    assert all('data-result="failure"' in page for page in pages)


def test_cancel(shop: Shop) -> None:
    payment = shop.begin()
    assert 'data-result="cancelled"' in Frame(shop, payment, cancel="1").send(action="cancel").text
    assert shop.status(payment) == "CANCELLED_BY_USER"
    assert shop.notify(payment.order_id, 30000)["repaymentSafe"] is True


def test_a_challenge_in_the_frame(shop: Shop) -> None:
    payment = shop.begin()
    frame = Frame(shop, payment)
    assert 'autocomplete="one-time-code"' in frame.send(**filled(number=CHALLENGED)).text
    assert 'id="code-error"' in frame.send("challenge", code="1111").text
    assert 'id="code"' in frame.open().text
    assert 'data-result="success"' in frame.send("challenge", code="1234").text
    assert shop.status(payment) == "AUTHORIZED"


def test_giving_up_a_challenge(shop: Shop) -> None:
    payment = shop.begin()
    frame = Frame(shop, payment)
    frame.send(**filled(number=CHALLENGED))
    assert 'data-result="cancelled"' in frame.send("challenge", action="cancel").text
    assert shop.status(payment) == "CANCELLED_BY_USER"


def test_a_payment_that_is_over_says_so(shop: Shop) -> None:
    paid = shop.begin()
    frame = Frame(shop, paid)
    frame.send(**filled())
    assert "This payment has already ended." in frame.open().text
    late = shop.begin()
    shop.advance(1500)
    page = Frame(shop, late).open()
    assert (page.status_code, "The time for this payment has passed." in page.text) == (410, True)
    assert "has passed" in Frame(shop, late).send(**filled()).text
    assert shop.status(late) == "ABANDONED"


def test_the_form_that_fails_charges_nothing(shop: Shop) -> None:
    payment = shop.begin()
    frame = Frame(shop, payment)
    broken = frame.send(test_card="4970100000010005")
    assert broken.status_code == 500
    assert "Nothing has been charged" in broken.text
    assert shop.status(payment) == "WAITING"
    frame.send(**filled())
    assert shop.status(payment) == "AUTHORIZED"


def test_a_slow_bank_and_a_silent_one(shop: Shop) -> None:
    shop.account(slow_seconds=0, silence_seconds=0)
    slow = shop.begin()
    assert 'data-result="success"' in Frame(shop, slow).send(test_card="4970100000007001").text
    silent = shop.begin()
    with pytest.raises(requests.ConnectionError):
        Frame(shop, silent).send(test_card="4970100000009007")
    assert eventually(lambda: shop.status(silent)) == "IN_PROGRESS"
    shop.advance(1500)
    assert (shop.status(silent), shop.state(silent.order_id)) == ("ABANDONED", "ABANDONED")
