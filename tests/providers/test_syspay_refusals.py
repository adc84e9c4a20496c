"""SysPay will not open a form: whose is it to mend? Every code of its catalogue, as shop or merchant hear of it."""

from collections.abc import Iterator
from typing import Any

import pytest

from providers.base import Charge, Desk
from providers.errors import Invalid, Misconfigured, ProviderError, Uncertain
from tests.providers.eterminal import (
    HERE,
    OPEN,
    mandate,
    one_off,
    payment_plan,
    pounds,
    provider,
    shared,
    subscription,
)
from tests.providers.syspay_wire import SysPayWire, no, scripted

SAYS = "Invalid something"
DESK = Desk(back="https://pay.shop.example/admin/1")


@pytest.fixture
def wire() -> Iterator[SysPayWire]:
    with scripted() as script:
        yield script


def refused(
    wire: SysPayWire, code: int, charge: Charge | None = None, message: str = SAYS, **settings: Any
) -> ProviderError:
    wire.expect(OPEN, no(code, message))
    with pytest.raises(ProviderError) as caught:
        provider(wire, **settings).start(charge or one_off())
    assert not isinstance(caught.value, Uncertain) or code in (10005, 20040, 30008)
    return caught.value


# --- what the shop sent -----------------------------------------------------------------------------------

FIELDS = {
    20001: "amount", 20002: "currency", 20012: "customer.phone", 20014: "customer.first_name",
    20015: "customer.last_name", 20017: "customer.phone", 20036: "customer.phone", 20037: "customer.phone",
    30007: "reference", 30009: "capture_later", 30011: "amount", 30012: "amount", 30013: "amount", 30014: "currency",
    30015: "description", 30016: "customer.email", 30017: "language", 90001: "customer.country", 110002: "kind",
    110003: "terms.trial.period.count", 110004: "terms.trial.period.unit", 110005: f"{HERE}.trial_cycles",
    110006: "terms.period.count", 110007: "terms.period.unit", 110008: "terms.cycles", 110011: "amount",
    110012: "customer.first_name", 110013: "customer.last_name", 110014: "customer.phone", 110015: "customer.address",
    110016: "customer.city", 110018: "customer.phone", 110019: "customer.country", 110020: "customer.first_name",
    110021: "customer.last_name", 110022: "capture_later", 110023: "reference",
}  # fmt: skip


@pytest.mark.parametrize(("code", "field"), FIELDS.items())
def test_a_field_of_the_shops_is_named_by_its_own_path(wire: SysPayWire, code: int, field: str) -> None:
    refusal = refused(wire, code)
    assert isinstance(refusal, Invalid)
    assert refusal.errors == ((field, SAYS),)


@pytest.mark.parametrize("code", [20001, 30011, 30012, 30013])
@pytest.mark.parametrize(
    ("charge", "field"),
    [(subscription(), "terms.amount"), (payment_plan(), "terms.total"), (mandate(), "amount")],
)
def test_the_amount_is_the_one_that_the_order_has(
    wire: SysPayWire, code: int, charge: Charge, field: str
) -> None:
    refusal = refused(wire, code, charge)
    assert isinstance(refusal, Invalid)
    assert refusal.errors == ((field, SAYS),)


def test_a_refusal_without_a_sentence_has_its_number(wire: SysPayWire) -> None:
    assert str(refused(wire, 30014, message="")) == "currency: SysPay refuses it (30014)"


@pytest.mark.parametrize(
    ("code", "option", "brought", "title"),
    [
        (20005, "website", {"website": 7}, "Website"),
        (20006, "website", {"website": 7}, "Website"),
        (110009, "website", {"website": 7}, "Website"),
        (30031, "allowed_retries", {"allowed_retries": 3}, "Retries"),
        (110001, "locked", {"locked": False}, "What shoppers cannot change"),
        (170016, "locked_inputs", {"locked_inputs": {"type": True}}, "What shoppers cannot change"),
        (170018, "locked_inputs", {"locked_inputs": {"type": True}}, "What shoppers cannot change"),
    ],
)
def test_what_an_order_may_say_is_the_shops_when_it_said_it_and_else_the_merchants(
    wire: SysPayWire, code: int, option: str, brought: dict[str, Any], title: str
) -> None:
    shops = refused(wire, code, one_off(options=brought))
    assert isinstance(shops, Invalid)
    assert shops.errors == ((f"{HERE}.{option}", SAYS),)
    merchants = refused(wire, code)
    assert isinstance(merchants, Misconfigured)
    assert str(merchants) == f"SysPay refuses what the account says under “{title}”: {SAYS}"


def test_a_description_of_the_options_is_named_there(wire: SysPayWire) -> None:
    refusal = refused(wire, 30015, one_off(options={"description": "Rent"}))
    assert isinstance(refusal, Invalid)
    assert refusal.field == f"{HERE}.description"


@pytest.mark.parametrize("code", [110001, 170016, 170018])
def test_a_lock_of_the_desks_is_the_desks(wire: SysPayWire, code: int) -> None:
    refusal = refused(wire, code, one_off(desk=DESK))
    assert isinstance(refusal, Invalid)
    assert refusal.field == "desk.locked"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("Missing required parameters: customer.email, reference", "customer.email"),
        ("Missing required parameters: email", "customer.email"),
        ("Missing required parameters: customer[first_name]", "customer.first_name"),
        ("Missing required parameters: oneshot.amount", "amount"),
        ("Missing required parameters: currency", "currency"),
        ("The description property is required", "description"),
        ("Extra parameters not allowed: colour", "order"),
        ("Conflicting parameters", "order"),
        ("", "order"),
    ],
)
@pytest.mark.parametrize("code", [10003, 10004, 10006, 10007, 10008, 10009, 10010])
def test_a_sentence_that_names_a_field_is_read(wire: SysPayWire, code: int, message: str, field: str) -> None:
    refusal = refused(wire, code, message=message)
    assert isinstance(refusal, Invalid)
    assert refusal.field == field


def test_a_sentence_that_names_a_setting_is_the_merchants(wire: SysPayWire) -> None:
    message = "Extra parameters not allowed: allowed_retries"
    refusal = refused(wire, 10004, message=message, allowed_retries=2)
    assert isinstance(refusal, Misconfigured)
    assert str(refusal) == f"SysPay refuses what the account says under “Retries”: {message}"


def test_the_parts_of_the_other_kinds_are_named_too(wire: SysPayWire) -> None:
    refusal = refused(
        wire, 10010, subscription(), "The subscription.billing_period_unit property is required"
    )
    assert isinstance(refusal, Invalid)
    assert refusal.field == "terms.period.unit"
    even = payment_plan(money=pounds(5000), terms=shared(cycles=6))
    refusal = refused(wire, 10010, even, "The payment_plan[total_amount] property is required")
    assert isinstance(refusal, Invalid)
    assert refusal.field == "terms.total"


# --- what the merchant has to do --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (30001, "does not know how"),
        (30002, "ask SysPay to enable it"),
        (30003, "does not accept that a mandate"),
        (30004, "PAYMENT_MANDATE"),
        (30010, "to reserve money"),
        (30035, "such cards"),
        (60008, "does not permit"),
        (110024, "API login"),
        (110025, "API passphrase"),
        (120003, "key"),
        (120005, "switched off"),
        (120006, "switched off"),
    ],
)
def test_what_syspay_does_not_permit_is_the_merchants(wire: SysPayWire, code: int, says: str) -> None:
    refusal = refused(wire, code)
    assert isinstance(refusal, Misconfigured)
    assert says in str(refusal)
    assert str(refusal).endswith(f"It says {code}: {SAYS}")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (30005, "payment_page_redirect_url"),
        (30006, "ems_url"),
        (30032, "payment_page_redirect_url"),
        (90002, "payment_page_redirect_url"),
        (110010, "eterminal_redirect_url"),
    ],
)
def test_this_sites_own_addresses_are_the_merchants(wire: SysPayWire, code: int, name: str) -> None:
    refusal = refused(wire, code)
    assert isinstance(refusal, Misconfigured)
    assert str(refusal) == f"SysPay refuses this site's own address ({name}): {SAYS}"


def test_a_closed_door_is_the_merchants(wire: SysPayWire) -> None:
    wire.expect(OPEN, no(10001, "Invalid source IP", 403))
    with pytest.raises(Misconfigured, match="Invalid source IP"):
        provider(wire).start(one_off())


def test_an_unknown_website_is_the_merchants_also_when_it_is_not_found(wire: SysPayWire) -> None:
    wire.expect(OPEN, no(20006, "Website not found", 404))
    with pytest.raises(Misconfigured, match="under “Website”: Website not found"):
        provider(wire).start(one_off())


# --- nobody knows -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [30008, 20040])
def test_what_was_opened_before_is_looked_for_and_never_opened_again(wire: SysPayWire, code: int) -> None:
    refusal = refused(wire, code)
    assert isinstance(refusal, Uncertain)
    assert str(refusal) == (
        "SysPay has been asked for this before, under the reference sh10001. What became of it is to be found out "
        "first."
    )
    assert len(wire.sent) == 1


def test_an_unknown_error_is_no_answer(wire: SysPayWire) -> None:
    assert isinstance(refused(wire, 10005), Uncertain)


# --- the rest of the catalogue ----------------------------------------------------------------------------

# About things that opening a form does not speak of, or too general to say of which.
OTHERS = [
    0, 10001, 10002, 20003, 20004, 20007, 20008, 20009, 20010, 20011, 20013, 20016, 20018, 20019, 20020, 20022, 20023,
    20024, 20025, 20026, 20027, 20028, 20029, 20030, 20031, 20032, 20033, 20034, 20035, 20039, 30018, 30019, 30020,
    30021, 30022, 30023, 30024, 30025, 30026, 30027, 30028, 30029, 30030, 30033, 30034, 30036, 30037, 30038, 30039,
    30040, 30041, 30042, 30043, 30044, 30045, 30046, 30047, 30048, 30049, 40001, 40002, 40003, 40004, 40005, 40006,
    40007, 40008, 40009, 40010, 50001, 50002, 50003, 50004, 60001, 60002, 60003, 60004, 60005, 60006, 60007, 60009,
    60010, 70001, 80001, 80002, 110017, 120001, 120002, 120004, 130003, 130004, 130005, 999999,
]  # fmt: skip


@pytest.mark.parametrize("code", OTHERS)
def test_any_other_no_is_of_the_order_in_syspays_words(wire: SysPayWire, code: int) -> None:
    refusal = refused(wire, code)
    assert isinstance(refusal, Invalid)
    assert refusal.errors == (("order", SAYS),)
