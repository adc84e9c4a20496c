"""Do the shop's own pages hold: the basket, the form, the cookies, the policy?"""

import re
from pathlib import Path

import pytest
from django.core import signing
from django.test import Client

from checkout.demo.basket import AT_MOST, COOKIE, SALT
from checkout.demo.catalogue import PRODUCTS
from checkout.demo.models import DemoOrder
from tests.demo.conftest import ADULT, CHILD, FRIEND, GLASS, GUEST, POSTER, put

pytestmark = pytest.mark.django_db
HOME = Path(__file__).parent.parent.parent / "checkout/demo"


def test_the_front_door_leads_to_the_shop(browser: Client) -> None:
    assert browser.get("/")["Location"] == "/shop/"


def test_everything_for_sale_is_shown(browser: Client) -> None:
    page = browser.get("/shop/").content.decode()
    for product in PRODUCTS.values():
        assert str(product.name) in page
    assert "€39.90" in page


def test_a_basket_is_filled_and_changed(browser: Client) -> None:
    put(browser, ADULT, ADULT, POSTER)
    basket = browser.get("/shop/basket/").context["basket"]
    assert (basket.count, basket.total) == (3, 5799)
    browser.post("/shop/basket/", {f"quantity-{ADULT}": "1", f"quantity-{POSTER}": "0"})
    changed = browser.get("/shop/basket/").context["basket"]
    assert (changed.count, changed.total) == (1, 2400)
    assert changed.id != basket.id


@pytest.mark.parametrize(
    ("first", "second"), [(ADULT, FRIEND), (FRIEND, ADULT), (FRIEND, GLASS), (GLASS, FRIEND)]
)
def test_what_is_paid_again_and_again_is_ordered_by_itself(browser: Client, first: int, second: int) -> None:
    put(browser, first)
    answer = browser.post("/shop/basket/", {"item": second})
    assert answer["Location"] == "/shop/basket/?alone=1"
    assert "is ordered by itself: check out" in browser.get(answer["Location"]).content.decode()
    basket = browser.get("/shop/basket/").context["basket"]
    assert basket.quantities == {first: 1}
    browser.post("/shop/basket/", {f"quantity-{first}": "0"})
    answer = browser.post("/shop/basket/", {"item": second})
    assert answer["Location"] == "/shop/basket/"
    assert browser.get("/shop/basket/").context["basket"].quantities == {second: 1}


def test_a_subscription_is_taken_once_and_its_terms_are_read_first(browser: Client) -> None:
    put(browser, FRIEND, FRIEND)
    assert browser.get("/shop/basket/").context["basket"].quantities == {FRIEND: 1}
    for address in ("/shop/basket/", "/shop/checkout/"):
        text = browser.get(address).content.decode()
        assert "1 euro for 7 days, then 15 euros every month until you end it." in text
        assert "Today, taxes included" in text
        assert "€1.00" in text
    browser.post("/shop/basket/", {f"quantity-{FRIEND}": "9"})
    assert browser.get("/shop/basket/").context["basket"].quantities == {FRIEND: 1}


def test_an_unchanged_basket_keeps_its_name(browser: Client) -> None:
    put(browser, ADULT)
    before = browser.get("/shop/basket/").context["basket"].id
    browser.post("/shop/basket/", {f"quantity-{ADULT}": "1"})
    assert browser.get("/shop/basket/").context["basket"].id == before


@pytest.mark.parametrize(
    "words",
    [
        {"item": "1"},
        {"item": "x"},
        {"item": ""},
        {"item": "9" * 400},
        {f"quantity-{ADULT}": "-1"},
        {f"quantity-{ADULT}": "1.5"},
        {"quantity-": "1"},
        {"quantity-x": "1"},
        {},
    ],
    ids=str,
)
def test_nonsense_stays_out_of_the_basket(browser: Client, words: dict[str, str]) -> None:
    assert browser.post("/shop/basket/", words).status_code == 302
    assert browser.get("/shop/basket/").context["basket"].count == 0


def test_nobody_buys_by_the_thousand(browser: Client) -> None:
    browser.post("/shop/basket/", {f"quantity-{CHILD}": "1000"})
    assert browser.get("/shop/basket/").context["basket"].count == AT_MOST


@pytest.mark.parametrize("value", ["", "x", "a:b:c"])
def test_a_basket_that_was_tampered_with_is_empty(browser: Client, value: str) -> None:
    put(browser, ADULT)
    browser.cookies[COOKIE] = value
    assert browser.get("/shop/basket/").context["basket"].count == 0


def test_a_cookie_signed_for_something_else_is_no_basket(browser: Client) -> None:
    browser.cookies[COOKIE] = signing.dumps({"id": "x", "quantities": {ADULT: 1}}, salt=f"{SALT}.other")
    assert browser.get("/shop/basket/").context["basket"].count == 0


def test_what_is_no_longer_sold_leaves_the_basket(browser: Client) -> None:
    browser.cookies[COOKIE] = signing.dumps({"id": "x", "quantities": {"1": 2, str(ADULT): 1}}, salt=SALT)
    assert browser.get("/shop/basket/").context["basket"].count == 1


def test_the_basket_is_out_of_reach_of_scripts(browser: Client) -> None:
    put(browser, ADULT)
    cookie = browser.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/shop/")


@pytest.mark.parametrize("missing", ["email", "first_name", "last_name"])
def test_a_guest_has_to_say_who_it_is(browser: Client, missing: str) -> None:
    put(browser, ADULT)
    answer = browser.post("/shop/checkout/", {**GUEST, missing: ""})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'role="alert"' in page
    assert f'aria-describedby="id_{missing}-why"' in page
    assert not DemoOrder.objects.exists()


def test_an_address_that_is_none(browser: Client) -> None:
    put(browser, ADULT)
    assert "id_email-why" in browser.post("/shop/checkout/", {**GUEST, "email": "ada"}).content.decode()


def test_a_card_page_that_was_made_up(browser: Client) -> None:
    assert browser.post("/shop/save-card/", {"key": "1"}).status_code == 200
    assert not DemoOrder.objects.exists()


def test_an_order_that_is_none(browser: Client) -> None:
    assert browser.get("/shop/orders/MST-NOTHING/").status_code == 404
    assert browser.get("/shop/orders/MST-NOTHING/state.json").status_code == 404


def test_forms_are_protected() -> None:
    strict = Client(enforce_csrf_checks=True)
    for path in ("basket", "checkout", "save-card"):
        assert strict.post(f"/shop/{path}/", {"item": ADULT}).status_code == 403


def test_the_policy_allows_the_way_to_the_checkout_and_nothing_inline(browser: Client) -> None:
    put(browser, ADULT)
    policy = browser.get("/shop/checkout/")["Content-Security-Policy"]
    assert re.search(r"form-action 'self' http://testserver(;|$)", policy)
    assert "unsafe" not in policy
    for template in (HOME / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text), template
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text)), template


def test_nothing_comes_from_elsewhere() -> None:
    for file in (HOME / "templates", HOME / "static"):
        for asset in file.rglob("*.*"):
            text = asset.read_text().replace("http://www.w3.org/2000/svg", "")
            assert "//" not in text.replace("// ", ""), asset
