"""Do the hosted page and the widget's form pay without a script, say what is wrong, and send the shopper back?"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.purse_shop import (
    APPROVED,
    CHALLENGED,
    ENTITY,
    GIFT_20,
    GIFT_EMPTY,
    GIFT_EXPIRED,
    Form,
    Json,
    PurseShop,
    claims,
    done_address,
)
from tests.sandbox.shop import eventually

CART: Json = {
    "reference": "order-7",
    "net_amount": 12000,
    "discount_amount": 500,
    "tax_amount": 2000,
    "shipments": [
        {"net_amount": 12000, "item_lines": [
            {"type": "PHYSICAL", "name": "Wool scarf", "brand": "Guichet", "quantity": 2, "net_amount": 12000},
        ]},
    ],
}  # fmt: skip


@pytest.fixture
def purse(own_sandbox: str) -> Iterator[PurseShop]:
    shop = PurseShop(own_sandbox)
    shop.post("reset")
    yield shop
    shop.http.close()


def payment_of(purse: PurseShop, session: Json) -> Json:
    found: Json = purse.get(f"purse/sessions/{session['id']}")["payment"]
    return found


def status(purse: PurseShop, session: Json) -> str:
    return str(payment_of(purse, session)["authorization"]["status"])


def test_the_hosted_page_shows_the_cart_and_needs_no_script(purse: PurseShop) -> None:
    page = Form(purse.session(order=CART)).open()
    for part in ("Pay 120.00 EUR", "Your order", "Order order-7", "2 × Wool scarf", "Guichet", "−5.00 EUR",
                 'autocomplete="cc-number"', 'value="paypal/wallet"', "Use a gift card", "Use a test card",
                 "Cancel"):  # fmt: skip
        assert part in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "form-action" not in policy  # it would stop the way back to the shop
    assert "<style" not in page.text


def test_a_card_pays_on_the_hosted_page(purse: PurseShop) -> None:
    session = purse.session()
    done = Form(session).card()
    assert done.status_code == 303
    assert done.headers["Location"].startswith("https://shop.test/back?order_id=7&")
    assert claims(done.headers["Location"])[1]["authorization_status"] == "AUTHORIZED"
    [one] = payment_of(purse, session)["authorization"]["partner_transactions"]
    assert one["card"]["holder_name"] == "Ada Lovelace"
    again = Form(session).open()
    assert "This payment has already ended." in again.text
    assert "https://shop.test/back" in again.text
    Form(session).card()
    assert len(purse.get("purse/payments")["payments"]) == 1


def test_a_card_pays_in_the_frame(purse: PurseShop) -> None:
    session = purse.session()
    form = Form(session, "widget", parent="https://shop.test")
    page = form.open()
    assert 'data-parent="https://shop.test"' in page.text
    assert "Your order" not in page.text
    assert 'value="cancel"' not in page.text
    done = form.card()
    assert done.status_code == 200
    assert claims(done_address(done.text))[1]["client_session_status"] == "SUBMITTED"
    assert status(purse, session) == "AUTHORIZED"


def test_the_merchants_own_button_hides_the_forms(purse: PurseShop) -> None:
    page = Form(purse.session(), "widget", pay="0").open()
    assert '<div hidden>\n<button class="primary" id="pay"' in page.text


def test_the_frame_opens_only_with_the_widgets_data(purse: PurseShop) -> None:
    session = purse.session()
    for secret in ("", "wrong"):
        form = Form(session, "widget", secret=secret)
        assert form.open().status_code == 404
        assert form.card().status_code == 404
    other = Form(session)
    other.address = other.address.replace(ENTITY, "8161163a-f227-466f-bc01-090a01e80165")
    assert other.open().status_code == 404
    assert purse.get(f"purse/sessions/{session['id']}")["status"] == "CREATED"


def test_it_speaks_french(purse: PurseShop) -> None:
    session = purse.session(customer={"locale": "fr_FR"})
    page = Form(session).open(**{"Accept-Language": "en"})
    for part in ('lang="fr"', "Payer 120,00 EUR", "Utiliser une carte cadeau", "Numéro de carte"):
        assert part in page.text
    assert "Pay 120.00 EUR" in Form(session, lang="en").open().text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"solution": ""}, "Please choose how you would like to pay."),
        ({"solution": "adyen/creditcard"}, "Please choose how you would like to pay."),
        ({"number": ""}, "Please fill in this field."),
        ({"number": "4000000000000002"}, "Only the sandbox"),
        ({"expiry": "01/20"}, "This card has expired."),
        ({"cvc": "12"}, "Please give the 3 digits"),
    ],
)
def test_errors_are_said_in_the_form(purse: PurseShop, changes: dict[str, str], text: str) -> None:
    session = purse.session()
    page = Form(session).card(**changes)
    assert (page.status_code, text in page.text) == (200, True)
    assert APPROVED not in page.text.split("<details>")[0]
    assert purse.get(f"purse/sessions/{session['id']}")["status"] == "CREATED"


def test_3d_secure_in_the_form(purse: PurseShop) -> None:
    session = purse.session()
    form = Form(session)
    asked = form.card(number=CHALLENGED)
    assert (asked.status_code, asked.headers["Location"]) == (303, form.address.removeprefix(purse.url))
    assert "Code from your bank" in form.open().text
    assert "This code is not right" in form.send("challenge", code="1").text
    done = form.send("challenge", code="1234")
    assert claims(done.headers["Location"])[1]["authorization_status"] == "AUTHORIZED"


def test_3d_secure_given_up(purse: PurseShop) -> None:
    session = purse.session()
    form = Form(session, "widget")
    page = form.send(follow=True, test_card=CHALLENGED)
    assert "Confirm it is you" in page.text
    done = form.send("challenge", action="cancel")
    assert claims(done_address(done.text))[1]["authorization_status"] == "ABORTED"


def test_a_gift_card_and_a_card_for_the_rest(purse: PurseShop) -> None:
    session = purse.session()
    form = Form(session)
    page = form.send("gift-cards", follow=True, gift_number="9250 0000 0000 2000", gift_pin="1234")
    for part in ("Gift card ending in 2000", "−20.00 EUR", "Left to pay", "Pay 100.00 EUR", "Remove"):
        assert part in page.text
    page = form.send("gift-cards", follow=True, test_gift_card=GIFT_20)
    assert "This gift card is in use already." in page.text
    form.send(test_card=APPROVED)
    payment = payment_of(purse, session)
    assert [(one["partner"], one["amount"]) for one in payment["split"]] == [
        ("illicado", 2000),
        ("ingenico", 10000),
    ]


def test_gift_cards_may_cover_it_all_and_be_taken_out(purse: PurseShop) -> None:
    session = purse.session(1500)
    form = Form(session)
    page = form.send("gift-cards", follow=True, test_gift_card=GIFT_20)
    assert "Your gift cards cover the whole amount." in page.text
    assert 'name="solution"' not in page.text
    page = form.send("gift-cards", follow=True, remove=GIFT_20)
    assert 'name="solution"' in page.text
    form.send("gift-cards", test_gift_card=GIFT_20)
    form.send()
    assert payment_of(purse, session)["split"] == [
        {"partner": "illicado", "method": "giftcard", "amount": 1500}
    ]
    cards = purse.get("purse/gift-cards")["gift_cards"]
    assert next(card["balance"] for card in cards if card["number"] == GIFT_20) == 500


@pytest.mark.parametrize(
    ("number", "pin", "text"),
    [
        (GIFT_20, "1", "This PIN is not right."),
        ("9250000000000017", "1234", "This gift card is not known."),
        (GIFT_EXPIRED, "1234", "This gift card has expired."),
        (GIFT_EMPTY, "1234", "There is nothing left on this gift card."),
    ],
)
def test_a_gift_card_that_does_not_work(purse: PurseShop, number: str, pin: str, text: str) -> None:
    page = Form(purse.session()).send("gift-cards", gift_number=number, gift_pin=pin)
    assert (page.status_code, text in page.text) == (200, True)
    assert 'class="add" open' in page.text


def test_a_wallet_has_a_page_of_its_own(purse: PurseShop) -> None:
    session = purse.session()
    to_partner = Form(session).send(solution="paypal/wallet")
    assert to_partner.status_code == 303
    address = to_partner.headers["Location"]
    page = requests.get(address, timeout=10)
    assert "PayPal asks you" in page.text
    assert "120.00 EUR" in page.text
    done = requests.post(address, data={"action": "approve"}, timeout=10, allow_redirects=False)
    assert claims(done.headers["Location"])[1]["authorization_status"] == "AUTHORIZED"
    assert "already ended" in requests.get(address, timeout=10).text
    framed = Form(purse.session(), "widget").send(solution="paypal/wallet")
    assert done_address(framed.text).startswith(f"{purse.base}/partners/")


def test_the_mock_partner_can_leave_it_pending(purse: PurseShop) -> None:
    session = purse.session()
    address = Form(session).send(solution="uspmock/primary").headers["Location"]
    assert "Leave it pending" in requests.get(address, timeout=10).text
    done = requests.post(address, data={"action": "pending"}, timeout=10, allow_redirects=False)
    assert claims(done.headers["Location"])[1]["authorization_status"] == "PENDING"
    assert "redirection" not in payment_of(purse, session)


def test_a_payment_without_a_session_has_its_challenge_too(purse: PurseShop) -> None:
    purse.pay(purse.session(customer={"reference": "2090"}), card=APPROVED, save_token=True)
    [token] = purse.ok("GET", f"wallet/v3/merchants/{ENTITY}/customers/2090/tokens")
    item = {
        "amount": 500, "partner": "ingenico", "method": "creditcard", "wallet_token": token["value"],
        "three_ds_authentication_options": {"challenge_indicator": "CHALLENGE_REQUESTED_BY_MERCHANT"},
    }  # fmt: skip
    body = {
        "entity_id": ENTITY, "amount": 500, "currency": "EUR", "customer": {"reference": "2090"},
        "order": {"reference": "order-8", "net_amount": 500}, "split": [item],
        "shopper_redirection_url": "https://shop.test/back",
    }  # fmt: skip
    payment = purse.ok("POST", "payments", body)
    address = payment["redirection"]["href"]
    assert "Code from your bank" in requests.get(address, timeout=10).text
    done = requests.post(address, data={"code": "1234"}, timeout=10, allow_redirects=False)
    assert (done.status_code, done.headers["Location"]) == (303, "https://shop.test/back")
    assert purse.payment(payment["id"])["authorization"]["status"] == "AUTHORIZED"


def test_saved_cards_are_offered_and_deleted(purse: PurseShop) -> None:
    mine: Json = {"customer": {"reference": "2090"}}
    assert "Save this card" not in Form(purse.session()).open().text
    first = Form(purse.session(**mine))
    assert "Save this card for next time" in first.open().text
    first.card(save_token="1")
    session = purse.session(**mine)
    page = Form(session).open()
    assert "Saved card VISA ending in 0055" in page.text
    assert "Saved card" not in Form(purse.session(customer={"reference": "2091"})).open().text
    [token] = purse.ok("GET", f"wallet/v3/merchants/{ENTITY}/customers/2090/tokens")
    Form(session).send(solution=f"saved/{token['id']}")
    assert status(purse, session) == "AUTHORIZED"
    third = Form(purse.session(**mine))
    assert "Saved card" not in third.send("forget-card", follow=True, delete=token["id"]).text
    assert "choose" in third.send(solution=f"saved/{token['id']}").text


def test_cancel_on_the_hosted_page_aborts(purse: PurseShop) -> None:
    session = purse.session()
    done = Form(session).send(action="cancel")
    assert done.status_code == 303
    assert claims(done.headers["Location"])[1]["client_session_status"] == "ABORTED"
    assert "This payment was cancelled." in Form(session).open().text


def test_an_expired_page_leads_back(purse: PurseShop) -> None:
    session = purse.session()
    purse.advance(1800)
    page = Form(session).open()
    assert (page.status_code, 'data-state="expired"' in page.text) == (410, True)
    assert "https://shop.test/back" in page.text


def test_the_form_that_fails_charges_nothing(purse: PurseShop) -> None:
    session = purse.session()
    form = Form(session)
    broken = form.send(test_card="4970100000010005")
    assert broken.status_code == 500
    assert "Nothing has been charged" in broken.text
    assert purse.get(f"purse/sessions/{session['id']}")["status"] == "CREATED"
    form.card()
    assert status(purse, session) == "AUTHORIZED"


def test_a_slow_bank_and_a_silent_one(purse: PurseShop) -> None:
    purse.account(slow_seconds=0, silence_seconds=0)
    slow = purse.session()
    assert Form(slow).send(test_card="4970100000007001").status_code == 303
    silent = purse.session()
    with pytest.raises(requests.ConnectionError):
        Form(silent).send(test_card="4970100000009007")
    assert eventually(lambda: status(purse, silent)) == "PENDING"


def test_nothing_to_pay_takes_cards_only(purse: PurseShop) -> None:
    session = purse.session(0, allow_future_usage=True, customer={"reference": "2090"})
    form = Form(session)
    page = form.open()
    for part in ("Save a means of payment", "Save the card"):
        assert part in page.text
    assert "paypal" not in page.text
    assert "can not be saved" in form.send(solution="paypal/wallet").text
    form.card(save_token="1")
    assert status(purse, session) == "AUTHORIZED"


def test_the_script_and_its_state(purse: PurseShop) -> None:
    session = purse.session()
    script = requests.get(session["widget"]["js_url"], timeout=10)
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Access-Control-Allow-Origin"] == "*"
    form = Form(session, "widget")
    told: dict[str, Any] = requests.get(f"{form.address}/state", params=form.state, timeout=10).json()
    assert (told["status"], told["remaining"], told["tokens"]) == ("CREATED", 12000, [])
    assert requests.get(f"{form.address}/state", timeout=10).status_code == 404
    looked = form.send("gift-cards", gift_number=GIFT_20, gift_pin="1234", format="json", look="1").json()
    assert looked == {"balance": 2000, "number": GIFT_20}
    too_much = form.send("gift-cards", gift_number=GIFT_20, gift_pin="1234", format="json", amount="2001")
    assert too_much.status_code == 422
    taken = form.send("gift-cards", gift_number=GIFT_20, gift_pin="1234", format="json", amount="500").json()
    assert (taken["remaining"], taken["gift_cards"]) == (11500, [{"number": GIFT_20, "amount": 500}])
    gone = form.send("gift-cards", remove=GIFT_20, format="json").json()
    assert gone["remaining"] == 12000


def test_the_form_is_struck_only_when_it_is_named(purse: PurseShop) -> None:
    session = purse.session()
    purse.arm("http_500", method="submitPayment", when="after")
    assert Form(session).card().status_code == 500
    assert status(purse, session) == "AUTHORIZED"
