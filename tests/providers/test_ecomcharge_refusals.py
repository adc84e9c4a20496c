"""What does eComCharge itself refuse, and whose field or setting is it?"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from providers.errors import Invalid, Misconfigured, Uncertain, Unreachable
from tests.providers.begateway import (
    AIRLINE,
    CARD_TOKEN,
    HERE,
    TOKEN,
    BeGateway,
    charge,
    scripted,
)

OPEN = "POST checkout/ctp/api/checkouts"

SHOP = "http://127.0.0.1:4567"


@pytest.fixture
def wire() -> Iterator[BeGateway]:
    with scripted() as script:
        yield script


SEED_ERROR = {
    "errors": {
        "checkout": {
            "settings": {"fail_url": ["is in invalid format"]},
            "payment_method": {"types": ["must be an array"]},
        }
    },
    "message": "fail_url is in invalid format, types must be an array",
}


def refused(wire: BeGateway, answer: Any, account: Any = None, **changes: Any) -> Exception:
    wire.expect(OPEN, answer)
    with pytest.raises((Invalid, Misconfigured, Uncertain)) as problem:
        wire.provider(**(account or {})).start(charge(**changes))
    return problem.value


def test_the_manuals_error_names_the_shops_fields(wire: BeGateway) -> None:
    options = {"settings": {"fail_url": "http://shop"}, "payment_method": {"types": ["erip"]}}
    problem = refused(wire, (422, SEED_ERROR), options=options)
    assert isinstance(problem, Invalid)
    assert problem.errors == (
        (f"{HERE}.settings.fail_url", "is in invalid format"),
        (f"{HERE}.payment_method.types", "must be an array"),
    )


def test_the_older_envelope_says_the_same(wire: BeGateway) -> None:
    told = {"settings.fail_url": ["does not appear to be valid"], "order.currency": ["is invalid"]}
    problem = refused(
        wire,
        (422, {"response": {"errors": told, "message": "…"}}),
        options={"settings": {"fail_url": SHOP}},
    )
    assert isinstance(problem, Invalid)
    assert problem.errors == (
        (f"{HERE}.settings.fail_url", "does not appear to be valid"),
        ("currency", "is invalid"),
    )


def test_what_the_shop_did_not_send_is_the_merchants_to_mend(wire: BeGateway) -> None:
    problem = refused(wire, (422, SEED_ERROR), {"payment_types": ["erip"]})
    assert isinstance(problem, Misconfigured)
    assert str(problem) == (
        "eComCharge refuses what the account says. this site's own address (settings.fail_url): is in invalid format; "
        "Payment methods: must be an array."
    )


def test_of_both_the_shop_is_told_its_own_first(wire: BeGateway) -> None:
    problem = refused(wire, (422, SEED_ERROR), options={"payment_method": {"types": ["erip"]}})
    assert isinstance(problem, Invalid)
    assert problem.errors == (
        (f"{HERE}.payment_method.types", "must be an array"),
        ("this site's own address (settings.fail_url)", "is in invalid format"),
    )


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("order.amount", "amount"),
        ("order.currency", "currency"),
        ("order.description", "description"),
        ("order.expired_at", "hold_minutes"),
        ("customer.email", "customer.email"),
        ("customer.zip", "customer.postal_code"),
        ("customer.birth_date", f"{HERE}.customer.birth_date"),
        ("customer.phone", f"{HERE}.customer.phone"),
        ("travel.airline.legs.0.airline_code", f"{HERE}.travel.airline.legs.0.airline_code"),
        ("payment_method.credit_card.token", "saved_card"),
        ("settings.language", f"{HERE}.settings.language"),
    ],
)
def test_a_refused_field_is_named_as_the_shop_sent_it(wire: BeGateway, path: str, field: str) -> None:
    options = {"customer": {"phone": "1"}, "travel": {"airline": AIRLINE}}
    answer = (422, {"errors": {"checkout": {path: ["is invalid"]}}})
    problem = refused(wire, answer, options=options, saved_card=CARD_TOKEN)
    assert isinstance(problem, Invalid)
    assert problem.errors == ((field, "is invalid"),)


@pytest.mark.parametrize(
    ("path", "account", "title"),
    [
        ("settings.notification_url", {}, "this site's own address (settings.notification_url)"),
        ("settings.verification_url", {}, "this site's own address (settings.verification_url)"),
        ("attempts", {"attempts": 99}, "Attempts"),
        ("settings.style.widget", {"style": {"widget": 1}}, "Style of the form"),
        ("settings.customer_fields.visible", {"visible_fields": ["zip"]}, "Customer fields to show"),
        ("order.tracking_id", {}, "order.tracking_id"),
    ],
)
def test_a_refused_setting_is_named_as_the_merchant_reads_it(
    wire: BeGateway, path: str, account: Any, title: str
) -> None:
    problem = refused(wire, (422, {"errors": {"checkout": {path: ["is invalid"]}}}), account)
    assert isinstance(problem, Misconfigured)
    assert str(problem) == f"eComCharge refuses what the account says. {title}: is invalid."


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        ((401, {"message": "Unauthorized"}), Misconfigured, "Shop ID and the Secret key"),
        ((401, "<html>"), Misconfigured, "Shop ID and the Secret key"),
        ((403, ""), Misconfigured, "Shop ID and the Secret key"),
        ((302, ""), Misconfigured, "leads elsewhere"),
        ((404, "<html>nothing</html>"), Misconfigured, "no eComCharge at this address"),
        ((404, {"message": "Not found"}), Misconfigured, "checkout address"),
        ((422, {"message": "Nothing is right"}), Invalid, "order: Nothing is right"),
        ((422, {}), Invalid, "order: eComCharge refuses it (HTTP 422)"),
        ((400, "half an ans"), Uncertain, "could not be read"),
        ((500, "boom"), Uncertain, "HTTP 500"),
        ((201, "[]"), Uncertain, "could not be read"),
        ((201, {"checkout": {"token": TOKEN}}), Uncertain, "redirect_url"),
        ((201, {"checkout": {"token": TOKEN, "redirect_url": "javascript:1"}}), Uncertain, "redirect_url"),
        ((201, {"checkout": []}), Uncertain, "the payment form"),
        (requests.exceptions.ReadTimeout(), Uncertain, "in time"),
        (requests.exceptions.ConnectTimeout(), Unreachable, "could not be reached"),
    ],
)
def test_every_kind_of_no(wire: BeGateway, answer: Any, kind: type[Exception], sentence: str) -> None:
    problem = refused(wire, answer)
    assert type(problem) is kind
    assert sentence in str(problem)


def test_a_bottomless_error_ends(wire: BeGateway) -> None:
    tree: Any = ["is deep"]
    for _ in range(200):
        tree = {"a": tree}
    assert "HTTP 422" in str(refused(wire, (422, {"errors": tree})))
