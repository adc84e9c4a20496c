"""Is an agreement asked about, charged and ended once, and told as it is?"""

import re
from typing import Any

import pytest
from django.test import Client

import providers
from checkout.merchant.standing import agreed
from checkout.models import Account, Agreement, Order, Shop, TimelineEntry
from checkout.payments.figures import violations
from checkout.states import OrderState, State
from providers.agreements import AgreementReport, AgreementState, Ending, NextEvent, Phase
from providers.base import Outcome, Report
from providers.errors import Decline, Declined, Misconfigured, ProviderError, Uncertain
from providers.money import Money
from tests.merchant import rows
from tests.merchant.agreeing import (
    IN_WORDS,
    NEXT,
    Agreeing,
    agreement,
    further,
    look,
    named,
    page,
    standing,
    words,
)
from tests.merchant.clicks import address, do, hidden
from tests.merchant.scripted import Scripted

GBP = Money(1500, "GBP")
NO_MONEY = Decline(code="51", message="Not enough money.", reason="insufficient_funds")
PAID = Report(outcome=Outcome.PAID, authorized=GBP, captured=GBP)
UNCONFIRMED = (
    "Agreeing Pay did not confirm it: WHY. As far as is known, agreement # is active (paying); Agreeing Pay is asked "
    "again."
)
UNDER_WAY = "The charge of £15.00 under agreement # is under way. The timeline will say how it ends. →"
NOBODY_KNOWS = (
    "Nobody knows yet whether £15.00 was charged under agreement #. It is not sent again; the provider is asked until "
    "it is known. →"
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def agreeing(scripted: type[Scripted], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(providers.PROVIDERS, "agreeing", "tests.merchant.agreeing:Agreeing")
    monkeypatch.setitem(providers.PROVIDERS, "forgetful", "tests.merchant.agreeing:Forgetful")
    Agreeing.told.clear()
    Agreeing.stands = standing()


@pytest.fixture
def account(shop: Shop) -> Account:
    return rows.account(shop, provider="agreeing", name="Agreeing, test")


# --- ask -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (standing(), "Agreeing Pay was asked: agreement # is still active (paying)."),
        (
            standing(phase=Phase.RETRY),
            "Agreeing Pay was asked: agreement # is now active (a payment failed and is tried again).",
        ),
        (
            standing(state=AgreementState.ENDED, phase=Phase.CLOSED),
            "Agreeing Pay was asked: agreement # is now ended (closed).",
        ),
        (
            Uncertain("No answer within ten seconds."),
            "Agreeing Pay could not be asked about agreement #, or could not tell: nothing was changed.",
        ),
    ],
)
def test_the_provider_is_asked(
    client: Client, shop: Shop, account: Account, answer: AgreementReport | ProviderError, end: str
) -> None:
    row = agreement(shop, account)
    Agreeing.stands = answer
    assert do(client, row, "ask") == named(end, row)
    assert Agreeing.told == [("ask", "S-1")]
    assert not any(Scripted.in_transaction)


def test_who_tells_nothing_of_agreements_is_not_asked(client: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, rows.account(shop, provider="forgetful"))
    html = client.get(page(row)).content.decode()
    assert [name for name in ("ask", "charge", "end") if f"/do/{name}/" in html] == ["charge"]


# --- end -----------------------------------------------------------------------------------------------------------


def test_only_the_endings_that_are_offered_are_explained(
    client: Client, shop: Shop, account: Account
) -> None:
    now = (
        "Now: it ends at once, and nothing more is charged by itself. What was paid stays paid; refund it if the "
        "customer is to have it back."
    )
    later = (
        "With the end of what is paid: the customer still gets what is paid for. Then it ends, and nothing more is "
        "charged by itself."
    )
    row = agreement(shop, account)
    text = words(client.get(address(row, "end")).content.decode())
    taken = f"Agreed was: {agreed(row)}. This cannot be taken back: the customer would have to agree anew."
    assert named(f"Agreeing Pay is told to end agreement #. {now} {later} {taken}", row) in text
    assert "Of a payment plan" not in text

    row = agreement(shop, account, endings=["now", "at_full_moon"], kind="payment_plan",
                    terms={"total": 30000, "cycles": 12, "period": {"count": 1, "unit": "month"}})  # fmt: skip
    html = client.get(address(row, "end")).content.decode()
    assert now in words(html)
    assert later not in words(html)
    assert "Of a payment plan, what is still to be paid is then not collected." in words(html)
    assert re.findall(r'<option value="(\w*)"', html) == ["now"]

    row = agreement(shop, account, endings=[])
    assert f"{address(row, 'end')}" not in client.get(page(row)).content.decode()


@pytest.mark.parametrize(
    ("ending", "answer", "end"),
    [
        (
            Ending.NOW,
            standing(state=AgreementState.ENDED, phase=Phase.CLOSED, endings=(), next_event=None),
            "Agreement # has ended: Agreeing Pay takes no more payments by itself.",
        ),
        (
            Ending.NOW,
            standing(state=AgreementState.TERMINATED, phase=Phase.CLOSED, endings=(), may_charge=False),
            "Agreement # is over: nothing can be charged under it any more.",
        ),
        (
            Ending.PERIOD_END,
            standing(phase=Phase.LAST, next_event=NextEvent(what="end", at=NEXT)),
            "Agreement # ends with what is paid, on 2027-03-01 09:30 UTC. Nothing more is charged by itself.",
        ),
        (
            Ending.PERIOD_END,
            standing(phase=Phase.LAST, next_event=None),
            "Agreement # ends with what is paid. Nothing more is charged by itself.",
        ),
        (
            Ending.NOW,
            standing(),
            "Agreeing Pay was told to end agreement #, and says that it is still active (paying). It is asked again.",
        ),
        (
            Ending.NOW,
            Uncertain("No answer within ten seconds."),
            UNCONFIRMED.replace("WHY", "No answer within ten seconds"),
        ),
        (
            Ending.NOW,
            Misconfigured("The login was refused."),
            UNCONFIRMED.replace("WHY", "The login was refused"),
        ),
    ],
)
def test_it_is_ended_and_what_is_true_is_said(
    client: Client, shop: Shop, account: Account, ending: Ending, answer: Any, end: str
) -> None:
    row = agreement(shop, account)
    Agreeing.stands = answer
    confirm = words(client.post(address(row, "end"), {"ending": ending}).content.decode())
    assert ("Now: it ends" in confirm, "With the end of what" in confirm) == (
        ending is Ending.NOW, ending is Ending.PERIOD_END,
    )  # fmt: skip
    assert Agreeing.told == []
    assert do(client, row, "end", ending=ending, confirmed="yes") == named(end, row)
    assert Agreeing.told == [("end", "S-1", ending)]
    assert not any(Scripted.in_transaction)
    asked = TimelineEntry.objects.get(code="agreement.end_asked")
    assert (asked.who, asked.user and asked.user.username) == ("merchant", "margot")


def test_a_second_click_ends_nothing_twice(client: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account)
    Agreeing.stands = standing(state=AgreementState.ENDED, phase=Phase.CLOSED, endings=())
    ends = [do(client, row, "end", ending="now", confirmed="yes") for _click in range(2)]
    assert ends == [
        f"Agreement {row.number} has ended: Agreeing Pay takes no more payments by itself.",
        f"Nothing was sent: agreement {row.number} is ended (closed) already.",
    ]
    assert Agreeing.told == [("end", "S-1", Ending.NOW)]


def test_an_ending_that_is_no_longer_offered_is_not_asked_for(
    client: Client, shop: Shop, account: Account
) -> None:
    row = agreement(shop, account, endings=["now"])
    assert do(client, row, "end", ending="period_end", confirmed="yes") == (
        f"Nothing was sent: Agreeing Pay does not offer to end agreement {row.number} this way now."
    )
    assert Agreeing.told == []


# --- charge --------------------------------------------------------------------------------------------------------


def drawn(client: Client, row: Agreement) -> dict[str, str]:
    """The form as it is drawn, with what it proposes."""
    html = client.get(address(row, "charge")).content.decode()
    fields = {}
    for name in ("amount", "reference", "description"):
        field = re.search(rf'<input[^>]*name="{name}"[^>]*>', html)
        assert field is not None, name
        value = re.search(r'value="([^"]*)"', field[0])
        fields[name] = value[1] if value else ""
    return fields


def plain(told: str) -> str:
    """The sentence without its link to the order, whose number is chance."""
    return re.sub(r' <a class="underline" href="/admin/checkout/order/\d+/change/">G-\w{9}</a>$', " →", told)


def charge(client: Client, row: Agreement, *, clicks: int = 1, **typed: str) -> list[str]:
    sent = {**drawn(client, row), "description": "The May box", **typed}
    confirm = client.post(address(row, "charge"), sent)
    assert 'name="confirmed"' in confirm.content.decode(), confirm.content.decode()
    return [plain(do(client, row, "charge", **sent, confirmed="yes")) for _click in range(clicks)]


def test_the_regular_amount_and_a_free_reference_are_proposed(
    client: Client, shop: Shop, account: Account
) -> None:
    row = agreement(shop, account)
    first, second = drawn(client, row), drawn(client, row)
    assert first["amount"] == "15.00"
    assert re.fullmatch(rf"{row.payment.order.reference}/extra-[0-9a-f]{{8}}", first["reference"])
    assert first["reference"] != second["reference"]
    plan = agreement(shop, account, kind="payment_plan",
                     terms={"total": 10000, "cycles": 3, "period": {"count": 1, "unit": "month"}})  # fmt: skip
    assert drawn(client, plan)["amount"] == "33.33"
    assert drawn(client, agreement(shop, account, kind="mandate", terms={}))["amount"] == ""


def test_it_is_read_back_before_it_is_done(client: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account)
    sent = {"amount": "15,00", "reference": "may-1", "description": "The May box"}
    asked = words(client.get(address(row, "charge")).content.decode())
    assert (
        f"A new order of Museum shop is made, and charged at once under agreement {row.number} of customer C-7. The "
        f"customer is away: charge what was agreed, and nothing else. Agreed was: {IN_WORDS}." in asked
    )
    html = client.post(address(row, "charge"), sent).content.decode()
    assert (
        f"Agreeing Pay is told to charge £15.00 under agreement {row.number} of customer C-7, who is away. Reference: "
        "may-1 Description: The May box What was charged can be refunded." in words(html)
    )
    assert hidden(html, "amount") == "15,00"
    html = client.post(address(row, "charge"), {**sent, "amount": "15.01"}).content.decode()
    assert (
        f"This is none of the amounts that were agreed ({IN_WORDS}). Charge it only if the customer agreed to it since."
        in words(html)
    )
    assert (Scripted.asked, Order.objects.count()) == ([], 1)


def test_it_is_charged_as_a_new_order_of_the_agreement(client: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account)
    Scripted.answer = PAID
    assert charge(client, row, reference="may-1") == [f"Paid: £15.00 under agreement {row.number}. →"]
    order = Order.objects.get(reference="may-1")
    assert (order.agreement, order.state, order.money, order.description) == (
        row, OrderState.PAID, GBP, "The May box",
    )  # fmt: skip
    made = order.timeline.get(code="payment.charged_again")
    assert (made.who, made.user and made.user.username) == ("merchant", "margot")
    assert not any(Scripted.in_transaction)
    assert not any(violations().values())
    assert f"Agreement {row.number} is charged 15.00 GBP once more: order {order.number}." in look(
        client, row
    )


def test_a_double_click_charges_once(client: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account)
    Scripted.answer = PAID
    first, second = charge(client, row, clicks=2)
    assert first == f"Paid: £15.00 under agreement {row.number}. →"
    assert second == (
        "An order with this reference was charged before; nothing was charged again. Paid: £15.00 under agreement "
        f"{row.number}. →"
    )
    assert [verb for verb, _reference in Scripted.asked] == ["start"]
    assert row.orders.count() == 1


@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (
            Report(outcome=Outcome.FAILED, decline=NO_MONEY),
            "Not charged: Not enough money. →",
        ),
        (Declined(NO_MONEY), "Not charged: Not enough money. →"),
        (Report(outcome=Outcome.PENDING), UNDER_WAY),
        (Report(outcome=Outcome.AUTHORIZED, authorized=GBP),
         "The charge of £15.00 under agreement # is authorised. →"),
        (Uncertain("Silence."), NOBODY_KNOWS),
    ],
)  # fmt: skip
def test_what_became_of_it_is_said_as_it_is(
    client: Client, shop: Shop, account: Account, answer: Any, end: str
) -> None:
    row = agreement(shop, account)
    Scripted.answer = answer
    assert charge(client, row) == [named(end, row)]
    assert not any(violations().values())


def test_the_customer_may_have_to_confirm(client: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account)
    told = charge(client, row, reference="may-1")
    link = Order.objects.get(reference="may-1").pay_url
    assert told == [f"Not charged yet: the customer has to confirm it at {link} →"]


def test_a_reference_of_another_order_is_refused(client: Client, shop: Shop, account: Account) -> None:
    row = agreement(shop, account)
    other = rows.order(shop, reference="taken")
    sent = {"amount": "15.00", "reference": "taken", "description": "x"}
    html = client.post(address(row, "charge"), sent).content.decode()
    assert f"Order {other.number} has this reference already." in html
    assert do(client, row, "charge", **sent, confirmed="yes") == (
        "Nothing was charged: the reference taken is another order's."
    )
    assert Scripted.asked == []


def test_nothing_is_charged_while_another_payment_is_under_way(
    client: Client, shop: Shop, account: Account
) -> None:
    row = agreement(shop, account)
    sent = {**drawn(client, row), "description": "x", "confirmed": "yes"}
    further(row, State.PENDING)
    assert f'"{address(row, "charge")}' not in client.get(page(row)).content.decode()
    assert do(client, row, "charge", **sent) == (
        "Nothing was charged: a payment of the agreement is under way."
    )
    assert Scripted.asked == []


@pytest.mark.parametrize("closed", ["may_charge", "account"])
def test_what_may_not_be_charged_is_not_offered(
    client: Client, shop: Shop, account: Account, closed: str
) -> None:
    row = agreement(shop, account)
    sent = {**drawn(client, row), "description": "x", "confirmed": "yes"}
    if closed == "account":
        Account.objects.update(enabled=False)
    else:
        Agreement.objects.update(may_charge=False)
    assert f'"{address(row, "charge")}' not in client.get(page(row)).content.decode()
    assert do(client, row, "charge", **sent) == (
        f"Nothing was charged: agreement {row.number} cannot be charged now."
    )
    assert Scripted.asked == []


@pytest.mark.parametrize("amount", ["", "0", "1,000.00", "-3", "15.001", "much"])
def test_what_is_no_amount_is_refused(client: Client, shop: Shop, account: Account, amount: str) -> None:
    row = agreement(shop, account)
    sent = {"amount": amount, "reference": "may-1", "description": "x", "confirmed": "yes"}
    assert client.post(address(row, "charge"), sent).status_code == 200
    assert (Scripted.asked, Order.objects.count()) == ([], 1)
