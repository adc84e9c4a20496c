"""A shop, an order and a scripted provider; and a reader of pages."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

import providers
from checkout.models import Account, Order, Payment, SavedCard, Shop
from checkout.payments.apply import apply
from checkout.payments.cards import keep_card
from checkout.payments.orders import create_order
from checkout.payments.start import start
from providers.base import Card, Report
from providers.base import SavedCard as Token
from providers.money import Money
from tests.shopper.scenes import Stage
from tests.shopper.scripted import WIDGET_AND_PAGE, Scripted

TEMPLATES = Path(__file__).parent / "templates"
Answer = Any  # of the test client: a response with more to it, whose type has no public name


@pytest.fixture(autouse=True)
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Scripted]]:
    monkeypatch.setitem(providers.PROVIDERS, "scripted", "tests.shopper.scripted:Scripted")
    monkeypatch.setitem(providers.PROVIDERS, "plain", "tests.shopper.scripted:Plain")
    monkeypatch.setitem(providers.PROVIDERS, "lasting", "tests.shopper.scripted:Lasting")
    monkeypatch.setitem(providers.PROVIDERS, "twofold", "tests.shopper.scripted:Twofold")
    monkeypatch.setitem(providers.PROVIDERS, "agreeing", "tests.shopper.scripted:Agreeing")
    Scripted.forget()
    yield Scripted
    Scripted.forget()


@pytest.fixture(autouse=True)
def _widget_template(settings: Any) -> None:
    engine = {**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], TEMPLATES]}
    settings.TEMPLATES = [engine]


@pytest.fixture
def shop(db: None) -> Shop:
    return Shop.objects.create(
        name="Museum of Bread",
        slug="bread",
        return_url="https://bread.example/",
        support_email="help@bread.example",
    )


@pytest.fixture
def account(shop: Shop) -> Account:
    return Account.objects.create(shop=shop, provider="scripted", name="Scripted", live=True, position=1)


@pytest.fixture
def second(shop: Shop) -> Account:
    return Account.objects.create(shop=shop, provider="plain", name="Plain", live=True, position=2)


@pytest.fixture
def lasting(shop: Shop) -> Account:
    """A widget and a page, and one attempt in which cards may be tried until one is taken."""
    Scripted.show = WIDGET_AND_PAGE
    return Account.objects.create(shop=shop, provider="lasting", name="Lasting", live=True, position=3)


@pytest.fixture
def twofold(shop: Shop) -> Account:
    """A widget or a page: each attempt is made for one of them."""
    return Account.objects.create(shop=shop, provider="twofold", name="Twofold", live=True, position=4)


@pytest.fixture
def make_order(shop: Shop) -> Callable[..., Order]:
    def make(minor: int = 4299, **fields: Any) -> Order:
        number = Order.objects.count() + 1
        items = [
            {"name": "Museum ticket, adult", "quantity": 1, "unit_price": 2400},
            {"name": "Poster", "quantity": 1, "unit_price": 1899},
        ]
        values = {"items": items, "description": "A day at the museum", **fields}
        return create_order(shop, reference=f"B-{number}", money=Money(minor, "EUR"), **values)

    return make


@pytest.fixture
def order(make_order: Callable[..., Order], account: Account) -> Order:
    return make_order()


@pytest.fixture
def begun(order: Order, account: Account) -> Payment:
    """An attempt that waits for the shopper in the provider's widget."""
    return start(order, account)


@pytest.fixture
def known(make_order: Callable[..., Order], account: Account) -> Order:
    """An order of a customer the shop knows."""
    return make_order(customer={"reference": "C-1"})


@pytest.fixture
def card(known: Order, account: Account, make_order: Callable[..., Order]) -> SavedCard:
    earlier = make_order(customer={"reference": "C-1"})
    payment = Payment.objects.create(
        order=earlier, account=account, number=1, reference="earlier-1", amount_minor=4299, currency="EUR",
        save_card=True, state="failed",
    )  # fmt: skip
    shown = Card(brand="Visa", last4="0055", expiry_month=12, expiry_year=2044)
    keep_card(payment, Token(token="tok-1", card=shown))
    return SavedCard.objects.get()


@pytest.fixture
def shopper() -> Client:
    """A browser with a page of ours before it."""
    return Client(headers={"sec-fetch-site": "same-origin", "origin": settings.SITE_URL})


class Reading:
    """A page as it is read: its words in one line, and what may be pressed."""

    def __init__(self, html: str) -> None:
        self.html = html
        visible = re.sub(
            r"<noscript>.*?</noscript>|<script.*?</script>|<head>.*?</head>", " ", html, flags=re.DOTALL
        )
        self.text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", visible)).replace("&#x27;", "'")
        self.title = re.sub(r"\s+", " ", re.findall(r"<title>(.*?)</title>", html, re.DOTALL)[0])
        self.heading = re.sub(r"\s+", " ", re.findall(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)[0]).strip()
        self.noscript = re.findall(r"<noscript>(.*?)</noscript>", html, re.DOTALL)
        main = html[html.index("<main") :]
        visible = re.sub(r"<noscript>.*?</noscript>", " ", main, flags=re.DOTALL)
        labels = re.findall(r"<button[^>]*>(.*?)</button>", visible, re.DOTALL)
        self.buttons = [re.sub(r"\s+", " ", label).strip() for label in labels]

    def __contains__(self, words: str) -> bool:
        return words in self.text


@pytest.fixture
def read(shopper: Client) -> Callable[[Order], Reading]:
    def get(order: Order) -> Reading:
        answer = shopper.get(order.get_absolute_url())
        assert answer.status_code == 200
        return Reading(answer.content.decode())

    return get


@pytest.fixture
def told(begun: Payment) -> Callable[[Report], Payment]:
    """The provider has said this of the attempt."""
    return lambda report: apply(begun.pk, report)


@pytest.fixture
def stage(make_order: Callable[..., Order], account: Account, second: Account) -> Stage:
    return Stage(make_order, account)
