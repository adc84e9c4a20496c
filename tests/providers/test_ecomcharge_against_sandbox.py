"""Do our provider and its stand-in, each written from the contract alone, understand each other over HTTP?"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.base import (
    Customer,
    Incoming,
    Kind,
    Occasion,
    OperationStatus,
    Outcome,
    Report,
    Started,
    Verb,
)
from providers.ecomcharge import Ecomcharge, EcomchargeSettings
from providers.errors import Declined, Forged, Invalid
from providers.http import Http
from providers.money import Money
from tests.providers.begateway import charge as usual_charge
from tests.providers.test_ecomcharge_start import EXAMPLE, WITH_RECEIPT, WITH_TICKETS, brought
from tests.sandbox.conftest import own_sandbox  # noqa: F401 - a fixture
from tests.sandbox.ecomcharge import APPROVED, CREDENTIALS, DECLINED, Hook, Merchant, hook, merchant  # noqa: F401

EXAMPLES = pytest.mark.parametrize(
    "example", [EXAMPLE, WITH_RECEIPT, WITH_TICKETS], ids=["payment", "receipt text", "tickets"]
)
SUCCESS = OperationStatus.SUCCESS


def gbp(minor: int) -> Money:
    return Money(minor, "GBP")


@pytest.fixture
def shop(merchant: Merchant) -> "Shop":  # noqa: F811 - the fixture
    merchant.account(methods="credit_card,erip,bank_transfer")
    return Shop(merchant)


class Shop:
    """Our provider at the stand-in, with one payment that remembers what the core would."""

    def __init__(self, merchant: Merchant, **account: Any) -> None:  # noqa: F811
        self.merchant = merchant
        settings = EcomchargeSettings.model_validate({
            "shop_id": CREDENTIALS[0], "secret_key": CREDENTIALS[1], "duplicate_check": False, "verify": False,
            "contracts": ["card_on_file", "recurring"],
            **{f"{name}_url": merchant.base for name in ("checkout", "gateway", "api")},
            "script_url": f"{merchant.base}/widget/be_gateway.js",
            "public_key": merchant.get("ecomcharge/public_key")["public_key"], **account,
        })  # fmt: skip
        self.provider = Ecomcharge(settings, live=False, http=Http())
        self.charge = replace(usual_charge(), begun_at=datetime.now(UTC))

    def start(self, **changes: Any) -> Started:
        urls = replace(self.charge.urls, **changes.pop("urls", {}))
        self.charge = replace(self.charge, urls=urls, **changes)
        begun = self.provider.start(self.charge)
        ids = tuple(dict.fromkeys((begun.provider_id, *begun.provider_ids)))
        self.charge = replace(
            self.charge, memo=dict(begun.memo), provider_id=begun.provider_id, provider_ids=ids
        )
        if begun.report:
            self._keep(begun.report)
        return begun

    def sync(self) -> Report:
        return self._keep(self.provider.sync(self.charge))

    def do(self, verb: Verb, minor: int, key: str) -> Report:
        method = getattr(self.provider, verb.value)
        return self._keep(method(self.charge, gbp(minor), key=key, plan={}))

    def _keep(self, report: Report) -> Report:
        ids = dict.fromkeys((*self.charge.provider_ids, *report.provider_ids))
        memo = json.loads(json.dumps({**self.charge.memo, **report.memo}))  # as a database keeps it
        self.charge = replace(self.charge, memo=memo, provider_ids=tuple(ids))
        return report

    def pay(self, **how: Any) -> Any:
        return self.merchant.pay(self.charge.memo["token"], **(how or {"card": APPROVED}))

    @property
    def form(self) -> Any:
        return self.merchant.status(self.charge.memo["token"])


def sums(report: Report) -> tuple[Outcome, Any, Any, Any]:
    return report.outcome, report.captured, report.refunded, report.voided


# --- the manual's own examples -----------------------------------------------------------------------------


@EXAMPLES
def test_the_manuals_example_is_opened_paid_and_refunded(shop: Shop, example: dict[str, Any]) -> None:
    shop.start(options=brought(example), urls={"notify": example["settings"]["notification_url"]})
    form = shop.form
    assert form["order"].pop("tracking_id") == shop.charge.reference
    assert datetime.fromisoformat(form["order"].pop("expired_at")) == shop.charge.expires_at.replace(
        microsecond=0
    )
    told = {name: form[name] for name in ("test", "transaction_type", "order", "customer", "settings")}
    assert told == {name: example[name] for name in told}
    if "payment_method" in example:
        assert form["payment_method"] == example["payment_method"]
    assert sums(shop.sync())[0] is Outcome.OPEN

    # Visa is left out in one of them.
    shop.pay(card="5204240000015003", expiry="12/2030")
    report = shop.sync()
    assert sums(report) == (Outcome.PAID, gbp(4299), gbp(0), gbp(0))
    assert (report.reference, report.live) == (shop.charge.reference, False)
    assert sums(shop.do(Verb.REFUND, 1000, "k-1")) == (Outcome.PAID, gbp(4299), gbp(1000), gbp(0))
    assert sums(shop.do(Verb.REFUND, 3299, "k-2")) == (Outcome.REFUNDED, gbp(4299), gbp(4299), gbp(0))
    assert sums(shop.sync()) == (Outcome.REFUNDED, gbp(4299), gbp(4299), gbp(0))


# --- money, in parts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("found", [False, True], ids=["not found by name", "found by name"])
def test_captured_in_two_parts_and_refunded_from_both(shop: Shop, found: bool) -> None:
    shop.merchant.account(children_by_tracking_id=found, children_with_parent=not found)
    shop.start(capture_later=True)
    shop.pay()
    assert sums(shop.sync()) == (Outcome.AUTHORIZED, gbp(0), gbp(0), gbp(0))
    shop.do(Verb.CAPTURE, 1000, "c-1")
    shop.do(Verb.CAPTURE, 2000, "c-2")
    with pytest.raises(Invalid, match=r"each refund is of one capture: refund at most 20\.00 GBP"):
        shop.do(Verb.REFUND, 2500, "r-0")
    shop.do(Verb.REFUND, 1500, "r-1")
    shop.do(Verb.REFUND, 1000, "r-2")
    assert sums(shop.do(Verb.VOID, 1299, "v-1")) == (Outcome.PAID, gbp(3000), gbp(2500), gbp(1299))
    report = shop.do(Verb.REFUND, 500, "r-3")
    assert sums(report) == sums(shop.sync()) == (Outcome.REFUNDED, gbp(3000), gbp(3000), gbp(1299))
    assert {each.key: each.status for each in report.operations or ()} == dict.fromkeys(
        ["c-1", "c-2", "r-1", "r-2", "v-1", "r-3"], SUCCESS
    )


def test_the_same_key_is_one_refund_there(shop: Shop) -> None:
    """A call that was sent twice: the second answer is the first, and is counted once."""
    shop.start()
    shop.pay()
    shop.sync()
    before = shop.charge
    shop.do(Verb.REFUND, 1000, "k-1")
    shop.charge = before  # nobody here remembers the first
    assert shop.do(Verb.REFUND, 1000, "k-1").refunded == gbp(1000)
    token = shop.charge.memo["token"]
    made = shop.merchant.get(f"ecomcharge/checkouts/{token}")["transactions"]
    assert [told["type"] for told in made] == ["payment", "refund"]


def test_more_than_there_is_is_refused_there_too(shop: Shop) -> None:
    shop.start(capture_later=True)
    shop.pay()
    shop.sync()
    with pytest.raises(Invalid) as problem:
        shop.do(Verb.CAPTURE, 4300, "c-1")
    assert problem.value.field == "amount"
    assert sums(shop.sync()) == (Outcome.AUTHORIZED, gbp(0), gbp(0), gbp(0))


# --- cards that are kept -----------------------------------------------------------------------------------


@pytest.fixture
def card(shop: Shop) -> str:
    shop.start(
        kind=Kind.SAVE_CARD, money=gbp(0), customer=Customer(reference="C-1", email="jake@example.com")
    )
    shop.pay()
    report = shop.sync()
    assert sums(report)[:2] == (Outcome.PAID, gbp(0))
    assert report.saved_card is not None
    return report.saved_card.token


@pytest.mark.parametrize("later", [False, True], ids=["charged", "reserved"])
@pytest.mark.parametrize("occasion", Occasion)
def test_a_kept_card_is_charged_for_each_occasion(
    shop: Shop, card: str, occasion: Occasion, later: bool
) -> None:
    shop.charge = replace(usual_charge(), reference=f"G8-{occasion.value}", begun_at=datetime.now(UTC))
    begun = shop.start(saved_card=card, occasion=occasion, capture_later=later)
    assert begun.report is not None
    end = (Outcome.AUTHORIZED, gbp(0)) if later else (Outcome.PAID, gbp(4299))
    assert sums(begun.report)[:2] == sums(shop.sync())[:2] == end
    # The same, found again after the answer was lost.
    lost = replace(shop.charge, memo={}, provider_id="", provider_ids=())
    assert sums(shop.provider.sync(lost))[:2] == end


def test_a_card_that_is_none(shop: Shop) -> None:
    with pytest.raises(Declined) as no:
        shop.start(saved_card="11111111-1111-1111-1111-111111111111", occasion=Occasion.RECURRING)
    assert no.value.decline.reason == "invalid_card"


# --- other means, other ends -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["bank_transfer", "erip"])
def test_money_that_takes_its_time(shop: Shop, method: str) -> None:
    money = Money(4299, "BYN")
    shop.start(money=money)
    uid = shop.pay(method=method, outcome="delayed")["transactions"][0]["uid"]
    assert sums(shop.sync())[:2] == (Outcome.PENDING, None)
    shop.merchant.post(f"ecomcharge/transactions/{uid}/settle", status="successful")
    assert sums(shop.sync())[:2] == (Outcome.PAID, money)


def test_declined_and_then_paid_in_the_same_form(shop: Shop) -> None:
    shop.start(options={"attempts": 3})
    shop.pay(card=DECLINED)
    report = shop.sync()
    assert (report.outcome, report.decline is not None) == (Outcome.OPEN, True)
    shop.pay()
    assert sums(shop.sync())[:2] == (Outcome.PAID, gbp(4299))


def test_declined_for_the_last_time(shop: Shop) -> None:
    shop.start()
    shop.pay(card=DECLINED)
    assert shop.sync().outcome is Outcome.FAILED


def test_expired(shop: Shop) -> None:
    shop.start(expires_at=datetime.now(UTC) + timedelta(minutes=5))
    shop.merchant.advance(301)
    assert shop.sync().outcome is Outcome.EXPIRED


def test_a_refused_field_comes_back_with_the_shops_own_path(shop: Shop) -> None:
    shop.charge = replace(shop.charge, urls=replace(shop.charge.urls, back="nowhere"))
    options = {"settings": {"fail_url": "http://127.0.0.1:4567/fail"}, "payment_method": {"types": ["cash"]}}
    with pytest.raises(Invalid) as problem:
        shop.start(options=options)
    assert problem.value.errors[0][0].startswith("options.ecomcharge.payment_method")


# --- what it rings with ------------------------------------------------------------------------------------


def test_a_ring_is_believed_and_a_spoiled_one_is_not(shop: Shop, hook: Hook) -> None:  # noqa: F811
    shop.start(urls={"notify": hook.url})
    shop.pay()
    mail = hook.wait(1)[0]
    came = Incoming(headers=mail.headers, query={}, body=mail.raw)
    ring = shop.provider.read_notification(came)
    assert (ring.reference, shop.charge.memo["token"] in ring.provider_ids) == (shop.charge.reference, True)
    with pytest.raises(Forged):
        shop.provider.read_notification(replace(came, body=mail.raw.replace(b"4299", b"4298")))


def test_a_refund_at_the_counter_is_learned_of(shop: Shop, hook: Hook) -> None:  # noqa: F811
    shop.start(urls={"notify": hook.url})
    shop.pay()
    uid = shop.sync().memo["uid"]
    shop.merchant.post(f"ecomcharge/transactions/{uid}/refund", amount=1500)
    mail = hook.wait(2)[1]
    ring = shop.provider.read_notification(Incoming(headers=mail.headers, query={}, body=mail.raw))
    shop.charge = replace(shop.charge, provider_ids=(*shop.charge.provider_ids, *ring.provider_ids))
    assert sums(shop.sync()) == (Outcome.PAID, gbp(4299), gbp(1500), gbp(0))
