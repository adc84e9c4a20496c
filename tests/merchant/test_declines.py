"""Is a decline told in three voices: what the shopper was told, what it means, what to do next?"""

import html
import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

import providers
from checkout.decline_texts import DECLINES
from checkout.merchant.declines import OURS, voices
from checkout.merchant.declines import REASONS as MERCHANTS
from checkout.models import Account, Payment, Shop
from checkout.payments.apply import apply
from checkout.states import State
from providers import provider_class
from providers.base import Claim, Outcome, Report
from providers.declines import Code
from providers.errors import REASONS, Decline
from tests.merchant import rows
from tests.providers import begateway, payzen_wire, purse_wire, s360, syspay_wire

REAL = dict(providers.PROVIDERS)  # before this folder's fixture takes them away
AGAIN = re.compile(r"\bagain\b|\bretry\b|once more|\banew\b", re.IGNORECASE)
FUNDS = "There was not enough money available on this card. Use another card, or try again once there is."
GENERAL = "There is not enough money or credit for this amount."


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for slug, where in REAL.items():
        monkeypatch.setitem(providers.PROVIDERS, slug, where)


def text(page: bytes) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.decode())).split())


def shown(client: Client, model: str, pk: object) -> str:
    return text(client.get(reverse(f"admin:checkout_{model}_change", args=[pk])).content)


# --- the words ------------------------------------------------------------------------------------------


def test_every_reason_has_its_three_voices() -> None:
    assert list(MERCHANTS) == list(DECLINES) == list(REASONS)
    meanings = [str(reason.meaning) for reason in MERCHANTS.values()]
    names = [str(reason.name) for reason in MERCHANTS.values()]
    assert len(set(meanings)) == len(set(names)) == len(REASONS)
    for reason in MERCHANTS.values():
        assert str(reason.meaning).endswith(".")
        assert str(reason.next).endswith(".")


@pytest.mark.parametrize("reason", ["lost_or_stolen", "fraud_suspected"])
def test_nobody_is_told_to_help_a_thief(reason: str) -> None:
    assert not AGAIN.search(str(MERCHANTS[reason].next))


def test_no_code_borrows_the_general_sentence_of_another_reason(installed: None) -> None:
    general = {str(reason.meaning): word for word, reason in MERCHANTS.items()}
    codes = [code for slug in REAL for code in provider_class(slug).codes.values()]
    assert len(codes) > 300
    assert [code for code in codes if general.get(code.meaning, code.reason) != code.reason] == []


def test_codes_of_our_own_are_no_providers(installed: None) -> None:
    assert [(slug, word) for slug in REAL for word in OURS if provider_class(slug).code(word)] == []


# --- whose voice is it ------------------------------------------------------------------------------------


def failed(shop: Shop, account: Account, **fields: str) -> Payment:
    return rows.payment(rows.order(shop), account, State.FAILED, **fields)


def test_a_code_that_is_listed_speaks_for_itself(
    shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Code("insufficient_funds", "The purse is empty.", "Wait for pay day.")
    monkeypatch.setattr(rows.Scripted, "codes", {"51": said})
    told = voices(failed(shop, account))
    assert told is not None
    assert (told.shopper, told.merchant, told.next) == (FUNDS, "The purse is empty.", "Wait for pay day.")
    assert (told.name, told.code, told.message) == ("not enough money", "51", "Not enough money.")

    # Without advice of its own: what the reason asks for.
    monkeypatch.setattr(rows.Scripted, "codes", {"51": Code("insufficient_funds", "The purse is empty.")})
    told = voices(failed(shop, account))
    assert told is not None
    assert told.next == str(MERCHANTS["insufficient_funds"].next)

    # The code says no more than no, and the provider's sentence said more.
    monkeypatch.setattr(rows.Scripted, "codes", {"51": Code("declined", "No.", "Shrug.")})
    told = voices(failed(shop, account))
    assert told is not None
    assert (told.merchant, told.next) == (GENERAL, str(MERCHANTS["insufficient_funds"].next))


@pytest.mark.parametrize(
    ("fields", "meaning"),
    [
        ({}, f"{GENERAL} Scripted Pay says “Not enough money”. Its code, 51, is not in our list."),
        ({"decline_message": ""}, f"{GENERAL} Scripted Pay’s code, 51, is not in our list."),
        ({"decline_code": "", "decline_message": ""}, GENERAL),
        (
            {"decline_code": "X", "decline_message": "", "decline_reason": "a_new_one"},
            "The payment was declined, and no reason was given. Scripted Pay’s code, X, is not in our list.",
        ),
    ],
)
def test_a_code_that_is_not_listed_is_repeated(
    shop: Shop, account: Account, fields: dict[str, str], meaning: str
) -> None:
    told = voices(failed(shop, account, **fields))
    assert told is not None
    assert told.merchant == meaning
    word = fields.get("decline_reason", "insufficient_funds")
    assert told.next == str(MERCHANTS.get(word, MERCHANTS["declined"]).next)


def test_a_provider_that_is_gone_is_repeated_too(shop: Shop) -> None:
    payment = failed(shop, rows.account(shop, name="Old"))
    payment.account.provider = "gone"
    told = voices(payment)
    assert told is not None
    assert told.merchant.endswith("gone says “Not enough money”. Its code, 51, is not in our list.")


@pytest.mark.parametrize("code", OURS)
def test_what_failed_before_the_provider_is_told_in_words_of_ours(
    shop: Shop, account: Account, code: str
) -> None:
    told = voices(failed(shop, account, decline_code=code, decline_reason="technical_error"))
    assert told is not None
    assert (told.merchant, told.next) == tuple(str(said) for said in OURS[code])
    assert told.ours  # so nobody says that it was the provider's sentence


def test_whoever_was_not_declined_is_told_nothing(shop: Shop, account: Account) -> None:
    for state in set(State) - {State.FAILED}:
        assert voices(rows.payment(rows.order(shop), account, state)) is None


# --- from the wire to the page ----------------------------------------------------------------------------


def of_payzen() -> Report:
    with payzen_wire.scripted() as wire:
        over = payzen_wire.order("REFUSED", expirationDate="2026-01-01T00:00:00+00:00")
        wire.asks(over, payzen_wire.listed(payzen_wire.refused("43")))
        return wire.payzen().sync(payzen_wire.opened())


def of_ecomcharge() -> Report:
    with begateway.scripted() as wire:
        wire.asks(begateway.form("failed")).looks_up(begateway.transaction("failed", code="F.0111"))
        return wire.provider().sync(begateway.opened())


def of_syspay() -> Report:
    with syspay_wire.scripted() as wire:
        wire.lists(syspay_wire.payment("FAILED", failure_category="card_flagged"))
        return wire.sync(syspay_wire.charge())


def of_purse() -> Report:
    with purse_wire.scripted() as wire:
        refused = purse_wire.part("ingenico", "creditcard", 12000, "REFUSED")
        wire.expect(purse_wire.GET, purse_wire.payment("REFUSED", refused, amounts=purse_wire.amounts(0)))
        return wire.purse().sync(purse_wire.known())


def of_epc() -> Report:
    with s360.scripted() as wire:
        why = {"declineReason": "do_not_honour"}
        wire.expect("externalPaymentService/checkPayment", s360.paid("FAILED", pspAdditionalReturnedData=why))
        wire.expect("externalOrderService/getOrderDetails", s360.order("CLOSING"))
        wire.expect("externalOrderService/notifyOrder", s360.ROLLED_BACK)
        started = s360.charge(memo=s360.STARTED, provider_id=str(s360.TRANSACTION))
        return wire.epc().sync(started)


@pytest.mark.parametrize(
    ("slug", "asked", "code", "reason", "meaning"),
    [
        ("payzen", of_payzen, "ACQ_001/43", "lost_or_stolen", "The card was reported stolen."),
        ("ecomcharge", of_ecomcharge, "F.0111", "expired_card", "The card has expired, or its expiry date"),
        ("syspay", of_syspay, "card_flagged", "fraud_suspected", "The card is on SysPay’s list of cards"),
        ("purse", of_purse, "REFUSED", "declined", "The means of payment refused, and Purse"),
        ("epc", of_epc, "do_not_honour", "declined", "Do not honour: the bank refused"),
    ],
)
def test_what_a_provider_answers_is_kept_and_explained(
    installed: None, shop: Shop, slug: str, asked: Callable[[], Report], code: str, reason: str, meaning: str
) -> None:
    report = asked()
    assert report.outcome is Outcome.FAILED
    account = Account.objects.create(shop=shop, provider=slug, name=slug)
    begun = rows.payment(rows.order(shop), account)
    apply(begun.pk, Report(outcome=Outcome.FAILED, decline=report.decline))
    begun.refresh_from_db()
    assert (begun.state, begun.decline_code, begun.decline_reason) == (State.FAILED, code, reason)
    told = voices(begun)
    assert told is not None
    assert told.merchant.startswith(meaning)
    assert told.shopper == " ".join(str(said) for said in DECLINES[reason])


def test_the_payments_page_says_it_in_three_voices(client: Client, shop: Shop, account: Account) -> None:
    payment = failed(shop, account)
    page = shown(client, "payment", payment.pk)
    assert f"The shopper was told {FUNDS}" in page
    assert f"What it means {GENERAL} Scripted Pay says “Not enough money”." in page
    assert f"What to do next {MERCHANTS['insufficient_funds'].next}" in page
    assert "not enough money Scripted Pay says: “Not enough money.” Code 51" in page
    assert "insufficient_funds" not in page


def test_the_orders_page_says_it_of_each_attempt(client: Client, shop: Shop, account: Account) -> None:
    """One that failed, and an open one that was declined within the provider's form."""
    first = failed(shop, account, decline_reason="lost_or_stolen", decline_message="<b>Pick up</b>")
    order = first.order
    begun = rows.payment(order, account)
    apply(
        begun.pk, Report(outcome=Outcome.OPEN, decline=Decline(code="51", message="No", reason="wrong_cvc"))
    )
    page = shown(client, "order", order.pk)
    assert "“<b>Pick up</b>”" in page
    for reason in ("lost_or_stolen", "wrong_cvc"):
        assert " ".join(str(said) for said in DECLINES[reason]) in page
        assert f"What to do next {MERCHANTS[reason].next}" in page
    assert page.count("The shopper was told") == 1
    assert page.count("The shopper is told, once back on our page") == 1

    Payment.objects.filter(pk=begun.pk).update(claim=Claim.FAILURE.value)
    assert shown(client, "order", order.pk).count("The shopper was told") == 2


def test_payments_are_found_by_the_reason(client: Client, shop: Shop, account: Account) -> None:
    poor = failed(shop, account)
    stolen = failed(shop, account, decline_reason="lost_or_stolen")
    address = reverse("admin:checkout_payment_changelist")
    found = text(client.get(address, {"decline_reason": "lost_or_stolen"}).content)
    assert stolen.reference in found
    assert poor.reference not in found
    everything = text(client.get(address).content)
    assert poor.reference in everything
    assert "suspected fraud" in everything  # to be chosen
