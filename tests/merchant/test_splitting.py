"""Does the merchant see, before the click, how much falls to which means of payment, and is just that done?"""

import html as markup
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from checkout.models import Account, Operation, Payment, Shop, Tender
from checkout.payments.operate import shares_of
from checkout.states import State
from providers.base import OperationStatus, Verb
from providers.errors import Uncertain
from providers.purse.settings import Solution
from tests.merchant import rows
from tests.merchant.clicks import address, do, hidden
from tests.merchant.scripted import Scripted, Splitting

pytestmark = pytest.mark.django_db(transaction=True)

CARD, GIFT = ("visa", "creditcard", 10000), ("illicado", "giftcard", 2000)
PAYPAL = ("paypal", "wallet", 3000)
REST = {"partner": "*", "method": "*"}
NAMES = {"illicado": "gift card · illicado", "visa": "credit card · visa", "paypal": "wallet · paypal"}


@pytest.fixture
def account(shop: Shop) -> Account:
    return rows.account(shop, provider="splitting", name="Splitting, test")


@pytest.fixture
def held(shop: Shop, account: Account) -> Payment:
    """120 EUR, reserved: 100 on a card and 20 on a gift card."""
    return rows.split(rows.order(shop), account, CARD, GIFT)


@pytest.fixture
def bought(shop: Shop, account: Account) -> Payment:
    """The same, captured."""
    return rows.split(rows.order(shop), account, CARD, GIFT, state=State.PAID)


def form(client: Client, payment: Payment, verb: str, amount: str, **typed: str) -> dict[str, str]:
    """What is sent when the form is filled in."""
    shown = client.get(address(payment, verb)).content.decode()
    return {"amount": amount, "reason": "", "key": hidden(shown, "key"), **typed}


def read_back(client: Client, payment: Payment, verb: str, typed: dict[str, str]) -> str:
    answer = client.post(address(payment, verb), typed)
    assert answer.status_code == 200
    return markup.unescape(answer.content.decode())


def planned(page: str) -> list[list[str]]:
    """The plan's rows as they stand on the page, the sum last."""
    table = re.search(r'<table class="g-table g-plan">.*?</table>', page, flags=re.DOTALL)
    assert table is not None, "no plan"
    lines = re.findall(r"<tr>(.*?)</tr>", table[0], flags=re.DOTALL)[1:]
    return [
        [c.strip() for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, flags=re.DOTALL)] for line in lines
    ]


def whole_way(client: Client, payment: Payment, verb: str, amount: str, **typed: str) -> str:
    sent = form(client, payment, verb, amount, **typed)
    seen = hidden(read_back(client, payment, verb, sent), "seen")
    return do(client, payment, verb, **sent, seen=seen, confirmed="yes")


def tenders(payment: Payment) -> dict[str, tuple[int, int, int]]:
    return {
        row.partner: (row.captured_minor, row.refunded_minor, row.voided_minor)
        for row in payment.tenders.all()
    }


def order_page(client: Client, payment: Payment) -> str:
    url = reverse("admin:checkout_order_change", args=[payment.order_id])
    return markup.unescape(client.get(url).content.decode())


# --- before the click ------------------------------------------------------------------------------------------------


def test_a_capture_takes_the_gift_card_first(client: Client, held: Payment) -> None:
    sent = form(client, held, "capture", "50.00")
    page = read_back(client, held, "capture", sent)
    assert planned(page) == [
        ["credit card · visa", "€100.00", "€30.00", "€70.00"],
        ["gift card · illicado", "€20.00", "€20.00", "€0.00"],
        ["Together", "€120.00", "€50.00", "€70.00"],
    ]
    assert "In which order: As usual: first gift card · illicado" in page
    assert (Scripted.asked, Operation.objects.count()) == ([], 0)

    said = do(client, held, "capture", **sent, seen=hidden(page, "seen"), confirmed="yes")
    assert said == "The capture of €50.00 is done."
    assert tenders(held) == {"visa": (3000, 0, 0), "illicado": (2000, 0, 0)}
    assert Splitting.told == [{}]  # nothing is said where nothing was chosen
    assert shares_of(Operation.objects.get()) == [
        {"partner": "visa", "method": "creditcard", "amount": 3000},
        {"partner": "illicado", "method": "giftcard", "amount": 2000},
    ]
    assert "credit card · visa €30.00; gift card · illicado €20.00" in order_page(client, held)


def test_a_refund_goes_back_to_the_card_first(client: Client, bought: Payment) -> None:
    sent = form(client, bought, "refund", "105.00")
    page = read_back(client, bought, "refund", sent)
    assert planned(page) == [
        ["credit card · visa", "€100.00", "€100.00", "€0.00"],
        ["gift card · illicado", "€20.00", "€5.00", "€15.00"],
        ["Together", "€120.00", "€105.00", "€15.00"],
    ]
    assert "back to the means of payment that were used" in page
    do(client, bought, "refund", **sent, seen=hidden(page, "seen"), confirmed="yes")
    assert tenders(bought) == {"visa": (10000, 10000, 0), "illicado": (2000, 500, 0)}


@pytest.mark.parametrize(
    ("order", "card", "gift", "priorities"),
    [
        ("", 3000, 2000, None),
        ("usual", 3000, 2000, None),
        ("first visa/creditcard", 5000, 0, [{"partner": "visa", "method": "creditcard"}, REST]),
        ("first illicado/giftcard", 3000, 2000, [{"partner": "illicado", "method": "giftcard"}, REST]),
    ],
)
def test_the_chosen_order_goes_down_as_a_list(
    client: Client, held: Payment, order: str, card: int, gift: int, priorities: Any
) -> None:
    assert whole_way(client, held, "capture", "50", order=order) == "The capture of €50.00 is done."
    assert tenders(held) == {"visa": (card, 0, 0), "illicado": (gift, 0, 0)}
    told = {} if priorities is None else {"priorities": priorities}
    assert Splitting.told == [told]
    kept = Operation.objects.get().plan
    assert {name: value for name, value in kept.items() if name != "shares"} == told


def choices(client: Client, payment: Payment, verb: str) -> list[str]:
    shown = markup.unescape(client.get(address(payment, verb)).content.decode())
    select = re.search(r'<select name="order".*?</select>', shown, flags=re.DOTALL)
    return re.findall(r'<option value="([^"]*)"', select[0]) if select else []


def test_what_two_means_leave_to_choose(client: Client, held: Payment) -> None:
    assert choices(client, held, "capture") == [
        "usual",
        "first visa/creditcard",
        "first illicado/giftcard",
    ]


def test_the_accounts_own_list_is_what_is_usual(client: Client, held: Payment) -> None:
    Splitting.own_list = {Verb.CAPTURE: (Solution(method="creditcard"),)}
    shown = markup.unescape(client.get(address(held, "capture")).content.decode())
    assert "As usual: first credit card · visa" in shown
    assert "As Splitting Pay does it by itself: first gift card · illicado" in shown

    whole_way(client, held, "capture", "50", order="provider")
    assert Splitting.told == [{"priorities": []}]
    assert tenders(held) == {"visa": (3000, 0, 0), "illicado": (2000, 0, 0)}


@pytest.fixture
def three(shop: Shop, account: Account) -> Payment:
    """180 EUR on four: a card, two gift cards of two partners, a wallet."""
    return rows.split(rows.order(shop), account, CARD, GIFT, PAYPAL, ("ticket", "giftcard", 3000))


def test_what_more_means_leave_to_choose(client: Client, three: Payment) -> None:
    assert choices(client, three, "capture") == [
        "usual",
        "every giftcard",
        "first visa/creditcard",
        "last visa/creditcard",
        "first illicado/giftcard",
        "last illicado/giftcard",
        "first paypal/wallet",
        "last paypal/wallet",
        "first ticket/giftcard",
        "last ticket/giftcard",
        "given",
    ]


@pytest.mark.parametrize(
    ("typed", "shares"),
    [
        ({"order": "every giftcard"}, {"illicado": "€20.00", "ticket": "€30.00", "visa": "€10.00"}),
        ({"order": "last visa/creditcard"}, {"illicado": "€20.00", "paypal": "€30.00", "ticket": "€10.00"}),
        ({"order": "given", "entries": "paypal/*, */giftcard"}, {"paypal": "€30.00", "illicado": "€20.00",
                                                               "ticket": "€10.00"}),
        ({"order": "given", "entries": "*/* ticket/giftcard visa/*"}, {"paypal": "€30.00", "illicado": "€20.00",
                                                                      "ticket": "€10.00"}),
    ],
)  # fmt: skip
def test_wildcards(client: Client, three: Payment, typed: dict[str, str], shares: dict[str, str]) -> None:
    page = read_back(client, three, "capture", form(client, three, "capture", "60", **typed))
    given = {name: share for name, _left, share, _after in planned(page)[:-1] if share != "€0.00"}
    names = {**NAMES, "ticket": "gift card · ticket"}
    assert given == {names[partner]: share for partner, share in shares.items()}


def test_the_list_of_ones_own_is_kept_as_it_was_given(client: Client, three: Payment) -> None:
    whole_way(client, three, "capture", "60", order="given", entries="paypal/*, */giftcard")
    told = [{"partner": "paypal", "method": "*"}, {"partner": "*", "method": "giftcard"}, REST]
    assert Splitting.told == [{"priorities": told}]


@pytest.mark.parametrize(
    ("order", "entries", "objection"),
    [
        ("given", "", "Give the order: which means of payment first, which next."),
        ("given", "paypal", "“paypal” is no entry: write partner/method, or * for any."),
        ("given", '[{"partner": "*"}]', "is no entry: write partner/method"),
        ("given", "paypol/wallet", "No means of this payment is “paypol/wallet”. They are: visa/creditcard,"),
        ("given", "visa/* visa/*", "“visa/*” stands there twice."),
        ("usual", "visa/*", "This is for an order of your own: choose that above, or empty this."),
        ("first nobody/nothing", "", "Select a valid choice."),
    ],
)
def test_an_order_that_is_none_is_refused_at_its_field(
    client: Client, three: Payment, order: str, entries: str, objection: str
) -> None:
    sent = form(client, three, "capture", "60", order=order, entries=entries)
    for more in ({}, {"confirmed": "yes"}):
        page = read_back(client, three, "capture", {**sent, **more})
        assert objection in page
        assert "g-plan" not in page
    assert (Scripted.asked, Operation.objects.count()) == ([], 0)


def test_a_partner_that_no_list_can_name(client: Client, shop: Shop, account: Account) -> None:
    odd = rows.split(rows.order(shop), account, ("Größe & Co", "voucher", 1000), CARD)
    page = read_back(
        client, odd, "capture", form(client, odd, "capture", "5", order="first Größe & Co/voucher")
    )
    assert "String should match pattern" in page
    assert whole_way(client, odd, "capture", "5") == "The capture of €5.00 is done."


def test_two_that_are_called_alike_are_numbered(client: Client, shop: Shop, account: Account) -> None:
    alike = rows.split(rows.order(shop), account, GIFT, ("illicado", "giftcard", 1500), CARD)
    page = read_back(client, alike, "capture", form(client, alike, "capture", "30"))
    assert planned(page)[:2] == [
        ["gift card · illicado (1)", "€20.00", "€20.00", "€0.00"],
        ["gift card · illicado (2)", "€15.00", "€10.00", "€5.00"],
    ]


def test_where_the_provider_decides_it_is_said(client: Client, held: Payment) -> None:
    """Of voids Purse documents no order of its own."""
    sent = form(client, held, "void", "50")
    page = read_back(client, held, "void", sent)
    assert "Splitting Pay decides how much falls to which means of payment." in page
    assert planned(page) == [
        ["credit card · visa", "€100.00"],
        ["gift card · illicado", "€20.00"],
        ["Together", "€120.00"],
    ]
    page = read_back(client, held, "void", {**sent, "order": "first illicado/giftcard"})
    assert planned(page)[1] == ["gift card · illicado", "€20.00", "€20.00", "€0.00"]


def test_while_something_is_under_way_nobody_knows_the_plan(client: Client, held: Payment) -> None:
    Scripted.answer = Uncertain("No answer.")
    whole_way(client, held, "capture", "50")
    page = read_back(client, held, "void", form(client, held, "void", "70", order="first visa/creditcard"))
    assert "Something is still under way here." in page
    assert planned(page)[-1] == ["Together", "€120.00"]


def test_one_means_of_payment_is_no_plan(client: Client, shop: Shop, account: Account) -> None:
    single = rows.split(rows.order(shop), account, CARD)
    assert choices(client, single, "capture") == []
    page = read_back(client, single, "capture", sent := form(client, single, "capture", "50"))
    assert "g-plan" not in page
    assert do(client, single, "capture", **sent, confirmed="yes") == "The capture of €50.00 is done."
    assert Operation.objects.get().plan == {}
    page = order_page(client, single)
    assert "Split between means of payment" not in page
    table = re.search(r"By means of payment.*?</table>", page, flags=re.DOTALL)
    assert table is not None  # its sums stand there all the same
    assert re.findall(r"<td[^>]*>(.*?)</td>", table[0])[:3] == ["1", "credit card · visa", "€100.00"]


def test_a_provider_that_shares_nothing_out_is_told_nothing(client: Client, shop: Shop) -> None:
    plain = rows.split(rows.order(shop), rows.account(shop), CARD, GIFT)
    assert choices(client, plain, "capture") == []
    page = read_back(client, plain, "capture", form(client, plain, "capture", "50"))
    assert "Scripted Pay decides how much falls to which means of payment." in page


# --- between the page and the click ----------------------------------------------------------------------------------


def test_a_double_click_captures_once(client: Client, held: Payment) -> None:
    sent = form(client, held, "capture", "120", order="first visa/creditcard")
    seen = hidden(read_back(client, held, "capture", sent), "seen")
    first, second = (do(client, held, "capture", **sent, seen=seen, confirmed="yes") for _click in range(2))
    assert first == "The capture of €120.00 is done."
    assert second == "This form was sent before; nothing was asked for again. The capture of €120.00 is done."
    assert (Operation.objects.count(), len(Splitting.told)) == (1, 1)


def test_the_plan_has_changed_before_the_click(client: Client, held: Payment) -> None:
    sent = form(client, held, "capture", "50")
    seen = hidden(read_back(client, held, "capture", sent), "seen")
    Tender.objects.filter(partner="illicado").update(captured_minor=2000)  # somebody was quicker
    Payment.objects.update(captured_minor=2000)

    page = read_back(client, held, "capture", {**sent, "seen": seen, "confirmed": "yes"})
    assert "Nothing was done: the plan has changed since it was shown. This is how it is now." in page
    assert planned(page) == [
        ["credit card · visa", "€100.00", "€50.00", "€50.00"],
        ["gift card · illicado", "€0.00", "€0.00", "€0.00"],
        ["Together", "€100.00", "€50.00", "€50.00"],
    ]
    assert (Scripted.asked, Operation.objects.count()) == ([], 0)

    now = hidden(page, "seen")
    assert now != seen
    assert hidden(page, "key") == sent["key"]
    said = do(client, held, "capture", **sent, seen=now, confirmed="yes")
    assert said == "The capture of €50.00 is done."
    assert Operation.objects.count() == 1


def test_as_much_is_no_longer_left(client: Client, held: Payment) -> None:
    sent = form(client, held, "capture", "50")
    seen = hidden(read_back(client, held, "capture", sent), "seen")
    Tender.objects.filter(partner="visa").update(captured_minor=9000)
    Payment.objects.update(captured_minor=9000)
    page = read_back(client, held, "capture", {**sent, "seen": seen, "confirmed": "yes"})
    assert "Only €30.00 is left." in page
    assert Operation.objects.count() == 0


def test_nothing_is_done_that_was_not_shown(client: Client, held: Payment) -> None:
    sent = form(client, held, "capture", "50")
    for seen in ("", "0" * 20):
        page = read_back(client, held, "capture", {**sent, "seen": seen, "confirmed": "yes"})
        assert "the plan has changed since it was shown" in page
    assert (Scripted.asked, Operation.objects.count()) == ([], 0)


def test_another_amount_than_was_read_back_is_read_back_again(client: Client, held: Payment) -> None:
    sent = form(client, held, "capture", "50")
    seen = hidden(read_back(client, held, "capture", sent), "seen")
    page = read_back(client, held, "capture", {**sent, "amount": "60", "seen": seen, "confirmed": "yes"})
    assert planned(page)[-1] == ["Together", "€120.00", "€60.00", "€60.00"]
    assert Operation.objects.count() == 0


def test_whoever_may_only_look_sees_the_split_and_moves_nothing(viewer: Client, held: Payment) -> None:
    assert "gift card · illicado" in order_page(viewer, held)
    for verb in ("capture", "void", "refund"):
        for typed in ({}, {"amount": "50", "confirmed": "yes", "seen": ""}):
            assert viewer.post(address(held, verb), typed).status_code == 403
    assert Scripted.asked == []


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_each_means_is_shown_with_what_became_of_it(client: Client, held: Payment) -> None:
    whole_way(client, held, "capture", "50")
    whole_way(client, held, "refund", "10")
    whole_way(client, held, "void", "70", order="first visa/creditcard")
    page = order_page(client, held)
    table = re.search(r"Split between means of payment.*?</table>", page, flags=re.DOTALL)
    assert table is not None
    lines = re.findall(r"<tr>(.*?)</tr>", table[0], flags=re.DOTALL)[1:]
    told = [re.findall(r"<td[^>]*>(.*?)</td>", line) for line in lines]
    assert told == [
        ["1", "credit card · visa", "€100.00", "€30.00", "€10.00", "€70.00"],
        ["1", "gift card · illicado", "€20.00", "€20.00", "€0.00", "€0.00"],
    ]


def test_a_conflict_says_what_was_not_done_and_what_can_be(client: Client, held: Payment) -> None:
    Splitting.status, Splitting.done = OperationStatus.CONFLICT, 2000
    said = whole_way(client, held, "capture", "50")
    assert said == "The capture of €50.00 was done in part only: visa creditcard: refused"
    page = order_page(client, held)
    assert "partly failed" in page
    assert '<p class="g-small">visa creditcard: refused</p>' in page
    assert (
        "€30.00 of €50.00 is still to be captured. Nothing is sent again by itself. You can capture it anew:"
        in page
    )
    assert tenders(held) == {"visa": (0, 0, 0), "illicado": (2000, 0, 0)}

    # The form begins with what is still to be done, not with all that is left.
    assert 'value="30.00"' in client.get(address(held, "capture")).content.decode()
    Splitting.status, Splitting.done = OperationStatus.SUCCESS, None
    assert whole_way(client, held, "capture", "30") == "The capture of €30.00 is done."
    page = order_page(client, held)
    assert "still to be captured" not in page
    assert "partly failed" in page


def test_of_a_conflict_a_viewer_reads_what_is_left_and_gets_no_button(
    client: Client, viewer: Client, held: Payment
) -> None:
    Splitting.status, Splitting.done = OperationStatus.CONFLICT, 2000
    whole_way(client, held, "capture", "50")
    page = order_page(viewer, held)
    assert "€30.00 of €50.00 is still to be captured. Nothing is sent again by itself.</p>" in page
    assert "You can capture it anew" not in page
    assert "/do/" not in page


@pytest.mark.parametrize("status", [OperationStatus.PENDING, OperationStatus.UNCERTAIN])
def test_what_is_open_says_when_it_is_asked_about(
    client: Client, held: Payment, status: OperationStatus
) -> None:
    Splitting.status, Splitting.done = status, 0
    whole_way(client, held, "capture", "50")
    held.refresh_from_db()
    assert held.next_check_at is not None
    told = f"It is not sent again. The provider is asked how it ended, next at {held.next_check_at:%Y-%m-%d %H:%M} UTC."
    assert told in order_page(client, held)
    again = form(client, held, "capture", "10")
    page = read_back(client, held, "capture", again)
    said = do(client, held, "capture", **again, seen=hidden(page, "seen"), confirmed="yes")
    assert said == "A capture is under way; wait until it has ended."
    assert len(Splitting.told) == 1


def test_our_own_reference_stands_beside_the_providers(client: Client, held: Payment) -> None:
    whole_way(client, held, "capture", "50")
    row = Operation.objects.get()
    assert row.key.startswith(f"{held.reference}-c")
    assert f"<code>{row.key}</code><br><code>{row.provider_id}</code>" in order_page(client, held)
