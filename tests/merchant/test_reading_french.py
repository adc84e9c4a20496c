"""Does a merchant who reads French read in French why something is refused, and does every row stay in English?"""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checkout.models import Account, ApprovalLimit, AuditEntry, Call, Order, Proposal, Shop
from checkout.payments.attention import flag
from checkout.payments.locks import order_lock
from checkout.payments.orders import create_order, mark_seen
from checkout.payments.recover import check
from checkout.payments.timeline import Who
from checkout.states import OrderState, State
from providers.base import Outcome, Report
from providers.errors import Misconfigured
from providers.money import Money
from providers.said import said as told_by_provider
from tests import french
from tests.merchant import rows
from tests.merchant.clicks import address, do, hidden, said
from tests.merchant.scripted import API_SECRET, Scripted
from tests.merchant.test_typing import PLAIN

pytestmark = pytest.mark.django_db(transaction=True)

TEXTS = {
    "%(person)s, who proposed it, is no longer let in.": "[fr] %(person)s n’entre plus.",
    "Nothing was done, and the proposal waits on: %(why)s": "[fr] Rien n’est fait : %(why)s",
    "The order cannot be paid now: reopen it, or give it more time.": "[fr] Plus payable.",
    "Nothing was charged: %(why)s.": "[fr] Rien de débité : %(why)s.",
    "the order is %(state)s": "[fr] état %(state)s",
    "canceled": "[fr] annulé",
    "Not believed: {why}": "[fr] Pas cru : {why}",
    "asked %(asked)s, provider reports %(came)s": "[fr] demandé %(asked)s, reçu %(came)s",
    "it was paid while another attempt was still open": "[fr] payée deux fois ?",
    "S360 refuses %(method)s: %(why)s": "[fr] S360 refuse %(method)s : %(why)s",
    "The connection does not hold: %(said)s Mend it in the settings, save, and test again.": "[fr] Non : %(said)s",
    "the US never answers the first time": "[fr] les États-Unis se taisent",
    "A live account does not use the sandbox.": "[fr] Pas de bac à sable.",
}


@pytest.fixture(autouse=True)
def catalogue() -> Iterator[None]:
    with french.spoken(TEXTS):
        yield


def in_french(user: User) -> Client:
    browser = Client(headers={"Accept-Language": "fr"})
    browser.force_login(user)
    return browser


def kept(action: str) -> str:
    """How it ended, in the audit log's last line of that action."""
    entry = AuditEntry.objects.filter(action=action).latest("pk")
    return str(entry.data["ended"])


def test_what_is_not_approved(client: Client, shop: Shop, account: Account) -> None:
    ApprovalLimit.objects.create(shop=shop, currency="EUR", amount_minor=2000)
    bought = rows.payment(rows.order(shop), account, State.PAID)
    form = client.get(address(bought, "refund")).content.decode()
    typed = {"amount": "30.00", "reason": "came back", "key": hidden(form, "key")}
    do(client, bought, "refund", **typed, seen="", confirmed="second")
    User.objects.filter(username="margot").update(is_active=False)
    proposal = Proposal.objects.get()
    second = in_french(User.objects.create_superuser("max", password="long-enough-for-anybody"))
    told = do(second, proposal, "approve")
    assert told == "[fr] Rien n’est fait : [fr] margot n’entre plus."
    why = "margot, who proposed it, is no longer let in."
    proposal.refresh_from_db()
    entry = bought.order.timeline.get(code="operation.not_approved")
    assert (proposal.state, proposal.outcome, entry.data["why"]) == ("waiting", why, why)
    assert kept("approve") == f"Nothing was done, and the proposal waits on: {why}"


def test_what_is_not_charged(
    merchant: User, shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    order, card = rows.order(shop), rows.card(shop, account)
    browser = in_french(merchant)
    once = hidden(browser.get(address(order, "charge")).content.decode(), "once")
    Order.objects.filter(pk=order.pk).update(state=OrderState.CANCELED, closed_at=timezone.now())
    typed = {"card": str(card.pk), "occasion": "no_show", "once": once, "confirmed": "yes"}
    assert do(browser, order, "charge", **typed) == "[fr] Rien de débité : [fr] état [fr] annulé."
    assert kept("charge") == "Nothing was charged: the order is canceled."
    alone = hidden(browser.get(address(card, "charge")).content.decode(), "once")
    monkeypatch.setattr(Scripted, "refuses", lambda self, charge: "Scripted Pay takes no euros.")
    agreed = {
        "amount": "42.99",
        "currency": "EUR",
        "occasion": "recurring",
        "description": "The second month",
    }
    told = do(browser, card, "charge", **agreed, once=alone, confirmed="yes")
    assert told.startswith("[fr] Rien de débité : Scripted Pay takes no euros. <a ")
    assert kept("charge").startswith("Nothing was charged: Scripted Pay takes no euros. G-")


def test_what_is_no_link(merchant: User, shop: Shop) -> None:
    order = create_order(shop, reference="LINK-1", money=Money(4299, "EUR"), who=Who.SHOP)
    Order.objects.filter(pk=order.pk).update(state=OrderState.CANCELED, closed_at=timezone.now())
    url = reverse("admin:checkout_order_link_new", args=[order.pk])
    assert said(in_french(merchant).post(url, {"once": "a" * 20})) == "[fr] Plus payable."
    assert kept("link new") == "The order cannot be paid now: reopen it, or give it more time."


def test_the_timeline_and_why_a_person_is_called(merchant: User, shop: Shop, account: Account) -> None:
    payment = rows.payment(rows.order(shop), account, State.STARTED)
    came = Money(4000, "EUR")
    Scripted.answer = Report(outcome=Outcome.PAID, authorized=came, captured=came)
    check(payment)
    order = payment.order
    order.refresh_from_db()
    reader, page = in_french(merchant), reverse("admin:checkout_order_change", args=[order.pk])
    # The row, and what the shop reads.
    assert order.attention == "asked 42.99 EUR, provider reports 40.00 EUR"
    shown = reader.get(page).content.decode()
    assert "[fr] Pas cru : [fr] demandé 42.99 EUR, reçu 40.00 EUR" in shown
    assert order.attention not in shown
    with order_lock(order.pk) as locked:
        flag(
            locked, told_by_provider("it was paid while another attempt was still open"), Call.SECOND_PAYMENT
        )
    shown = reader.get(page).content.decode()
    assert "[fr] demandé 42.99 EUR, reçu 40.00 EUR\u202f; [fr] payée deux fois ?" in shown
    mark_seen(order, user=merchant)
    seen = order.timeline.get(code="order.seen").data["why"]
    assert seen == f"{order.attention}; it was paid while another attempt was still open"
    shown = reader.get(page).content.decode()
    assert (
        "[fr] demandé 42.99 EUR, reçu 40.00 EUR\u202f; [fr] payée deux fois ?" in shown
    )  # what it was seen of
    assert seen not in shown
    with order_lock(order.pk) as locked:
        flag(locked, "an older version's reason", Call.OTHER)
    shown = reader.get(page).content.decode()
    assert "</strong> an older version&#x27;s reason</p>" in shown


def test_what_is_wrong_with_an_account(merchant: User, account: Account) -> None:
    browser = in_french(merchant)
    page = reverse("admin:checkout_account_change", args=[account.pk])
    text = "S360 refuses %(method)s: %(why)s"
    Scripted.probed = Misconfigured(told_by_provider(text, method="getOrderDetails", why="Wrong partner"))
    told = do(browser, account, "test")
    assert told == "[fr] Non : [fr] S360 refuse getOrderDetails : Wrong partner"
    account.refresh_from_db()
    assert account.tested_said == "S360 refuses getOrderDetails: Wrong partner"
    assert kept("test") == (
        f"The connection does not hold: {account.tested_said} Mend it in the settings, save, and test again."
    )
    wrong = {"setting_region": "us", "setting_retries": "0"}
    answer = browser.post(page, {**PLAIN, **wrong, "setting_api_secret": API_SECRET})
    (objection,) = answer.context["adminform"].form.non_field_errors()
    assert objection == "[fr] les États-Unis se taisent"
    assert API_SECRET not in answer.content.decode()
    answer = browser.post(page, {**PLAIN, "live": "on", "setting_nickname": "sandbox"})
    assert answer.context["adminform"].form.errors["live"] == ["[fr] Pas de bac à sable."]
