"""Above the limit: does the page say that one is not enough, and do two people together do what they have seen?"""

import html as markup
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from checkout.models import Account, ApprovalLimit, Operation, Payment, Proposal, Shop
from checkout.states import State
from providers.base import Verb
from tests.merchant import rows
from tests.merchant.clicks import address, do, hidden, refund
from tests.merchant.scripted import Scripted, Splitting

pytestmark = pytest.mark.django_db(transaction=True)

NEEDS_TWO = "One person may move up to €20.00 on an order within a day."


@pytest.fixture
def limit(shop: Shop) -> ApprovalLimit:
    return ApprovalLimit.objects.create(shop=shop, currency="EUR", amount_minor=2000)


@pytest.fixture
def bought(shop: Shop, account: Account, limit: ApprovalLimit) -> Payment:
    return rows.payment(rows.order(shop), account, State.PAID)


def browser_of(name: str, *codenames: str) -> Client:
    user = User.objects.create_user(name, password="long-enough-for-anybody", is_staff=True)
    views = Permission.objects.filter(content_type__app_label="checkout", codename__startswith="view_")
    user.user_permissions.set([*views, *Permission.objects.filter(codename__in=codenames)])
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def second(client: Client) -> Client:
    """The browser of another person, who may approve."""
    return browser_of("max", "change_payment", "refund_payment", "approve_proposal")


def read_back(client: Client, payment: Payment, amount: str, **typed: str) -> tuple[dict[str, str], str]:
    key = hidden(client.get(address(payment, "refund")).content.decode(), "key")
    sent = {"amount": amount, "reason": "came back", "key": key, **typed}
    answer = client.post(address(payment, "refund"), sent)
    assert answer.status_code == 200
    return sent, markup.unescape(answer.content.decode())


def ask(client: Client, payment: Payment, amount: str) -> Proposal:
    sent, page = read_back(client, payment, amount)
    seen = hidden(page, "seen") if 'name="seen"' in page else ""
    do(client, payment, "refund", **sent, seen=seen, confirmed=hidden(page, "confirmed"))
    return Proposal.objects.get(key=sent["key"])


def page_of(client: Client, row: Any) -> str:
    name = f"admin:checkout_{row._meta.model_name}_change"
    return markup.unescape(client.get(reverse(name, args=[row.pk])).content.decode())


def test_the_whole_way(client: Client, second: Client, bought: Payment) -> None:
    sent, page = read_back(client, bought, "30.00")
    assert NEEDS_TWO in page
    assert "Ask a second person" in page
    assert hidden(page, "confirmed") == "second"
    assert "This cannot be taken back here." not in page
    told = do(client, bought, "refund", **sent, seen="", confirmed="second")
    assert told == "Nothing was done yet: the refund of €30.00 waits for a second person."
    again = do(client, bought, "refund", **sent, seen="", confirmed="second")
    assert again == (
        "This form was sent before; nothing was asked for again. The refund of €30.00 that margot proposed waits for "
        "a second person."
    )
    proposal = Proposal.objects.get()
    assert (Scripted.asked, Operation.objects.count(), proposal.state) == ([], 0, "waiting")

    # Who proposed it may withdraw it, and no more; the other one may decide.
    for row in (bought.order, bought, proposal):
        mine, theirs = page_of(client, row), page_of(second, row)
        assert (address(proposal, "withdraw") in mine, address(proposal, "approve") in mine) == (True, False)
        assert (address(proposal, "withdraw") in theirs, address(proposal, "approve") in theirs) == (
            False,
            True,
        )
        assert (address(proposal, "decline") in mine, address(proposal, "decline") in theirs) == (False, True)
    assert "€30.00: refund of" in page_of(second, bought.order).replace("<strong>", "").replace(
        "</strong>", ""
    )
    assert client.post(address(proposal, "approve")).status_code == 403
    assert second.post(address(proposal, "withdraw")).status_code == 403
    assert Proposal.objects.get().state == "waiting"

    asks = markup.unescape(second.get(address(proposal, "approve")).content.decode())
    assert (
        f"Scripted Pay is told to pay €30.00 of attempt 1 of order {bought.order.number} back to Visa" in asks
    )
    assert "Proposed by margot on" in asks
    assert "Reason: came back" in asks
    assert "It is done at once" in asks
    assert Scripted.asked == []
    assert do(second, proposal, "approve") == "The refund of €30.00 is done."
    twice = "It was approved before; nothing was asked for again. The refund of €30.00 is done."
    assert do(second, proposal, "approve") == twice
    assert [verb for verb, _reference in Scripted.asked] == ["refund"]
    operation = Operation.objects.get()
    assert (operation.requested_by.get_username(), operation.amount_minor) == ("margot", 3000)  # type: ignore[union-attr]
    page = page_of(client, bought.order)
    assert "approved by max" in page
    assert (
        "Refund of 30.00 EUR was proposed by margot, and waits for a second person. Reason: came back" in page
    )
    assert address(proposal, "withdraw") not in page
    late = do(client, proposal, "withdraw")
    assert late == "The refund of €30.00 that margot proposed was approved by max."


def test_small_ones_add_up_and_the_page_says_so(client: Client, bought: Payment) -> None:
    assert refund(client, bought, "15.00") == ["The refund of €15.00 is done."]
    sent, page = read_back(client, bought, "6.00")
    assert NEEDS_TWO in page
    assert "€15.00 of it was asked for within the last day already." in page
    # A form that was read back before there was so much: it is read back anew.
    answer = client.post(address(bought, "refund"), {**sent, "confirmed": "yes"})
    anew = markup.unescape(answer.content.decode())
    assert "Nothing was done: by now a second person must approve it." in anew
    assert hidden(anew, "confirmed") == "second"
    assert not Proposal.objects.exists()
    # Nobody else is there who could.
    told = do(client, bought, "refund", **sent, confirmed="second")
    assert told.endswith("waits for a second person. At present nobody else may approve it.")
    # A second one of the kind waits for the first; a small one may go beside it.
    page = read_back(client, bought, "7.00")[1]
    assert "Let it be decided first, or ask for less." in page
    assert 'name="confirmed"' not in page
    page = read_back(client, bought, "5.00")[1]
    assert "Beside this, the refund of €6.00 that margot proposed waits for a second person." in page
    assert hidden(page, "confirmed") == "yes"


def test_decline_and_withdraw_confirm_and_end_it(client: Client, second: Client, bought: Payment) -> None:
    first = ask(client, bought, "30.00")
    asks = markup.unescape(second.get(address(first, "decline")).content.decode())
    assert "The refund of €30.00 is not done, and margot sees that you declined it." in asks
    assert do(second, first, "decline") == "Declined: the refund of €30.00 is not done."
    assert do(second, first, "approve") == "The refund of €30.00 that margot proposed was declined by max."
    other = ask(client, bought, "31.00")
    asks = markup.unescape(client.get(address(other, "withdraw")).content.decode())
    assert "Your proposal is withdrawn: the refund of €31.00 is not done." in asks
    assert do(client, other, "withdraw") == "Withdrawn: the refund of €31.00 is not done."
    assert do(second, other, "approve") == "margot withdrew the proposal: refund of €31.00."
    assert (Scripted.asked, Operation.objects.count()) == ([], 0)
    assert "Waits for a second person" not in page_of(client, bought.order)


def test_it_is_said_when_nobody_of_the_shop_may_approve(
    client: Client, second: Client, bought: Payment
) -> None:
    Shop.objects.create(name="Elsewhere", slug="elsewhere").members.add(User.objects.get(username="max"))
    sent, _page = read_back(client, bought, "30.00")
    told = do(client, bought, "refund", **sent, seen="", confirmed="second")
    assert told.endswith("At present nobody else may approve it.")


def test_the_list_and_who_is_called_to_it(
    client: Client, second: Client, viewer: Client, bought: Payment
) -> None:
    proposal = ask(client, bought, "30.00")
    url = reverse("admin:checkout_proposal_changelist")
    listed = second.get(url).content.decode()
    assert reverse("admin:checkout_proposal_change", args=[proposal.pk]) in listed
    assert "came back" in listed

    def badge(browser: Client) -> object:
        (entry,) = [item for group in browser.get(url).context["sidebar_navigation"] for item in group["items"]
                    if item["link"] == url]  # fmt: skip
        return entry.get("badge")

    assert (badge(second), badge(client), badge(viewer)) == (1, None, None)
    assert second.get(url, {"q": bought.order.number}).context["cl"].result_count == 1
    assert second.get(url, {"q": "margot", "state__exact": "declined"}).context["cl"].result_count == 0
    html = page_of(viewer, bought.order)
    assert "Waits for a second person" in html
    assert address(proposal, "approve") not in html
    for name in ("approve", "decline", "withdraw"):
        assert viewer.post(address(proposal, name)).status_code == 403
    elsewhere = Shop.objects.create(name="Elsewhere", slug="elsewhere")
    elsewhere.members.add(User.objects.get(username="max"))
    assert badge(second) is None
    assert second.post(address(proposal, "approve")).status_code in (403, 404)
    capturer = browser_of("carla", "change_payment", "capture_payment", "approve_proposal")
    assert badge(capturer) is None
    assert capturer.post(address(proposal, "approve")).status_code == 403
    assert Scripted.asked == []


def test_the_plan_is_shown_as_it_is_now_and_only_that_is_done(
    client: Client, second: Client, shop: Shop, limit: ApprovalLimit
) -> None:
    at = rows.account(shop, provider="splitting", name="Splitting, test")
    card, gift = ("visa", "creditcard", 10000), ("illicado", "giftcard", 2000)
    payment = rows.split(rows.order(shop), at, card, gift, state=State.PAID)
    proposal = ask(client, payment, "110.00")
    assert "€10.00" in second.get(address(proposal, "approve")).content.decode()
    refund_alone = read_back(client, payment, "5.00")
    do(client, payment, "refund", **refund_alone[0], seen=hidden(refund_alone[1], "seen"), confirmed="yes")
    changed = "It would be shared out otherwise than when it was proposed, so it cannot be approved"
    for page in (page_of(second, payment.order), page_of(second, proposal)):
        assert changed in page
    asks = markup.unescape(second.get(address(proposal, "approve")).content.decode())
    assert changed in asks
    assert "€95.00" in asks
    assert do(second, proposal, "approve").startswith(f"Nothing was done. {changed}")
    proposal.refresh_from_db()
    assert (proposal.state, proposal.outcome) == (
        "waiting",
        "The plan has changed meanwhile. Nothing was done.",
    )
    assert len(Splitting.told) == 1
    do(client, proposal, "withdraw")
    anew = ask(client, payment, "110.00")
    assert do(second, anew, "approve") == "The refund of €110.00 is done."
    assert Splitting.told == [{}, {}]


def test_a_part_is_not_offered_where_the_provider_takes_the_whole(
    client: Client, shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scripted, "whole_only", frozenset({Verb.CAPTURE}))
    payment = rows.payment(rows.order(shop), account, State.AUTHORIZED)
    form = markup.unescape(client.get(address(payment, "capture")).content.decode())
    assert "readonly" in form
    assert "With Scripted Pay this can only be done as a whole." in form
    sent = {"amount": "30.00", "key": hidden(form, "key")}
    page = client.post(address(payment, "capture"), sent).content.decode()
    assert "With Scripted Pay this can only be done as a whole: €42.99." in page
    assert Scripted.asked == []
    sent["amount"] = "42.99"
    for _click in range(2):
        assert do(client, payment, "capture", **sent, confirmed="yes").endswith(
            "The capture of €42.99 is done."
        )
    assert [verb for verb, _reference in Scripted.asked] == ["capture"]


# --- the limit -----------------------------------------------------------------------------------------------------


def shop_form(browser: Client, shop: Shop, **limits: str) -> dict[str, Any]:
    page = browser.get(reverse("admin:checkout_shop_change", args=[shop.pk]))
    form = page.context["adminform"].form
    return {
        **{name: form.initial[name] for name in form.fields if form.initial.get(name)},
        "approval_limits-TOTAL_FORMS": "1",
        "approval_limits-INITIAL_FORMS": "0",
        **{f"approval_limits-0-{name}": value for name, value in limits.items()},
    }


def test_a_limit_is_typed_in_major_units(client: Client, viewer: Client, shop: Shop) -> None:
    url = reverse("admin:checkout_shop_change", args=[shop.pk])
    for wrong, objection in (
        ({"currency": "euro", "amount": "1"}, "at most 3 characters"),
        ({"currency": "E1R", "amount": "1"}, "Give a currency by its three letters"),
        ({"currency": "EUR", "amount": "1,234.5"}, "Give an amount such as"),
        ({"currency": "EUR", "amount": "-1"}, "Give an amount such as"),
    ):
        answer = client.post(url, shop_form(client, shop, **wrong))
        assert answer.status_code == 200
        assert objection in markup.unescape(answer.content.decode())
    assert not ApprovalLimit.objects.exists()
    answer = client.post(url, shop_form(client, shop, currency="kwd", amount="150,5"))
    assert answer.status_code == 302
    limit = ApprovalLimit.objects.get()
    assert (limit.shop, limit.currency, limit.amount_minor) == (shop, "KWD", 150500)
    # Nobody raises it unseen: the change stands under the name of who made it.
    entry = LogEntry.objects.get(user__username="margot", object_id=str(shop.pk))
    assert "limit for one person" in entry.get_change_message()
    assert 'value="150.500"' in client.get(url).content.decode()
    sent = {**shop_form(client, shop, currency="KWD", amount="0"), "approval_limits-INITIAL_FORMS": "1",
            "approval_limits-0-id": str(limit.pk), "approval_limits-0-shop": str(shop.pk)}  # fmt: skip
    assert client.post(url, sent).status_code == 302
    limit.refresh_from_db()
    assert limit.amount_minor == 0
    # Who may only look sees it, and cannot type.
    html = viewer.get(url).content.decode()
    assert "KWD" in html
    assert "approval_limits-0-amount" not in html
    assert viewer.post(url, sent).status_code == 403
