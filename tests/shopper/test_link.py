"""What does a customer meet who follows a link of ours? The order as it is by now, or that the link was withdrawn."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from checkout.models import Account, Invitation, Order
from checkout.payments.apply import apply
from checkout.payments.change import change
from checkout.payments.links import invite, withdraw
from checkout.payments.start import start
from checkout.payments.timeline import Who
from providers.base import Outcome, Report
from providers.money import Money
from tests.shopper.conftest import Reading

EUR = Money(4299, "EUR")


@pytest.fixture
def link(order: Order) -> Invitation:
    return invite(order, channel="copy", who=Who.MERCHANT)[0]


def pay(order: Order, account: Account, outcome: Outcome = Outcome.PAID) -> None:
    captured = EUR if outcome is Outcome.PAID else None
    apply(start(order, account).pk, Report(outcome=outcome, authorized=EUR, captured=captured))


def lines(order: Order) -> list[str]:
    return list(order.timeline.filter(code__startswith="link.opened").values_list("who", flat=True))


def test_it_leads_to_the_order(shopper: Client, order: Order, link: Invitation) -> None:
    response = shopper.get(link.url)
    assert (response.status_code, response["Location"]) == (302, f"/pay/{order.token}/")
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("no-store", "noindex")
    assert response["Referrer-Policy"] == "same-origin"
    link.refresh_from_db()
    assert link.opened_at is not None


def test_only_the_first_opening_is_told_and_no_look_at_the_head(
    shopper: Client, order: Order, link: Invitation
) -> None:
    assert shopper.head(link.url).status_code == 302
    assert lines(order) == []
    for _time in range(3):
        shopper.get(link.url)
    assert lines(order) == [Who.SHOPPER]
    assert shopper.post(link.url).status_code == 405


def test_it_shows_what_is_owed_by_now(
    shopper: Client, read: Callable[[Order], Reading], order: Order, link: Invitation
) -> None:
    change(order, money=Money(5000, "EUR"), who=Who.MERCHANT)
    response = shopper.get(link.url, follow=True)
    page = response.content.decode()
    assert "€50.00" in page
    assert "€42.99" not in page


def test_withdrawn(shopper: Client, order: Order, link: Invitation) -> None:
    withdraw(link, who=Who.MERCHANT)
    response = shopper.get(link.url)
    page = Reading(response.content.decode())
    assert response.status_code == 410
    assert (page.title, page.heading) == (
        "This link was withdrawn – Museum of Bread", "This link was withdrawn",
    )  # fmt: skip
    assert "Nothing can be paid with it, and nothing was charged by opening it." in page
    assert 'href="mailto:help@bread.example"' in page.html
    assert page.buttons == []
    assert order.token not in page.html
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("no-store", "noindex")
    assert lines(order) == []
    assert shopper.get(order.get_absolute_url()).status_code == 200  # the order itself can be paid


def test_withdrawn_in_the_links_language_and_without_an_address(shopper: Client, order: Order) -> None:
    order.shop.support_email = ""
    order.shop.name = "<b>Bread</b>"
    order.shop.save()
    link, _new = invite(order, channel="copy", language="fr", who=Who.MERCHANT)
    withdraw(link, who=Who.MERCHANT)
    html = shopper.get(link.url).content.decode()
    assert '<html lang="fr"' in html
    assert "mailto:" not in html
    assert "<b>Bread" not in html


@pytest.mark.parametrize("outcome", [Outcome.PAID, Outcome.AUTHORIZED])
def test_withdrawn_after_it_was_paid_leads_to_the_receipt(
    shopper: Client, account: Account, order: Order, link: Invitation, outcome: Outcome
) -> None:
    pay(order, account, outcome)
    withdraw(link, who=Who.MERCHANT)
    response = shopper.get(link.url)
    assert (response.status_code, response["Location"]) == (302, f"/pay/{order.token}/")
    assert lines(order) == []


def test_a_providers_link_is_not_ours_to_follow(shopper: Client, order: Order, account: Account) -> None:
    payment = start(order, account)
    theirs = Invitation.objects.create(order=order, payment=payment, channel="sms")
    assert shopper.get(f"/l/{theirs.token}/").status_code == 404


@pytest.mark.parametrize("token", ["x", "x" * 300, "%00", "..%2F"])
def test_no_such_link(shopper: Client, db: Any, token: str) -> None:
    assert shopper.get(f"/l/{token}/").status_code == 404


def test_tokens_cannot_be_guessed_and_fit_a_text_message(link: Invitation, order: Order) -> None:
    other, _new = invite(order, channel="copy", who=Who.MERCHANT)
    assert (len(link.token), link.token != other.token) == (22, True)
    assert order.token not in link.url
