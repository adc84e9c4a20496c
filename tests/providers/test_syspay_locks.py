"""What of SysPay's form can the shopper, or the merchant at the desk, not change?"""

from typing import Any

import pytest

from providers.agreements import Terms
from providers.base import Charge, Desk, DeskInput, Kind
from providers.syspay.request import new_form, options
from tests.providers.eterminal import (
    HERE,
    account,
    mandate,
    one_off,
    payment_plan,
    plain_terms,
    pounds,
    provider,
    subscription,
    terms,
)

BACK = "https://pay.shop.example/admin/1"
INPUTS = f"{HERE}.locked_inputs"
WHOLE = {"locked": True}
OPEN = {"locked": False}
EVERYTHING: Terms = terms(cycles=12)


def lock(charge: Charge, **settings: Any) -> dict[str, Any]:
    body = new_form(account(**settings), charge, options(charge))
    assert body["type"]  # without which SysPay locks nothing as a whole
    return {name: value for name, value in body.items() if name.startswith("locked")}


def at_desk(charge: Charge, *names: str) -> Charge:
    return Charge(**{**vars(charge), "desk": Desk(back=BACK, locked=names)})


# --- who says so ------------------------------------------------------------------------------------------


def test_an_account_locks_the_whole_form_unless_it_says_otherwise() -> None:
    assert lock(one_off()) == WHOLE
    assert lock(one_off(), lock="all") == WHOLE
    assert lock(one_off(), lock="none") == OPEN


@pytest.mark.parametrize("setting", ["all", "amount", "none"])
def test_an_order_goes_before_the_account(setting: str) -> None:
    assert lock(one_off(options={"locked": False}), lock=setting) == OPEN
    assert lock(one_off(options={"locked": True}), lock=setting) == WHOLE
    brought = {"customer": {"email": True, "city": False}, "oneshot": {"amount": True}, "reference": True}
    assert lock(one_off(options={"locked_inputs": brought}), lock=setting) == {"locked_inputs": brought}


@pytest.mark.parametrize(
    "options", [{}, {"locked": False}, {"locked": True}, {"locked_inputs": {"type": True}}]
)
@pytest.mark.parametrize("setting", ["all", "amount", "none"])
def test_the_desk_goes_before_both(options: dict[str, Any], setting: str) -> None:
    charge = one_off(options=options)
    assert lock(one_off(options=options, desk=Desk(back=BACK)), lock=setting) == WHOLE
    assert lock(at_desk(charge), lock=setting) == OPEN
    assert lock(at_desk(charge, "customer.city", "oneshot.amount", "type"), lock=setting) == {
        "locked_inputs": {"customer": {"city": True}, "oneshot": {"amount": True}, "type": True}
    }


def test_a_part_without_a_lock_is_not_sent() -> None:
    brought = {"type": True, "customer": {}, "oneshot": {"amount": None}}
    assert lock(one_off(options={"locked_inputs": brought})) == {"locked_inputs": {"type": True}}


# --- the amount alone -------------------------------------------------------------------------------------


def test_the_amount_alone_is_what_is_paid_and_when() -> None:
    assert lock(one_off(), lock="amount") == {
        "locked_inputs": {
            "type": True,
            "reference": True,
            "oneshot": {"amount": True, "currency": True, "pay_mode": True},
        }
    }
    assert lock(payment_plan(), lock="amount") == {
        "locked_inputs": {
            "type": True,
            "reference": True,
            "payment_plan": dict.fromkeys(
                ["total_amount", "currency", "billing_cycles", "billing_period", "billing_period_unit"], True
            ),
        }
    }
    assert lock(subscription(terms=EVERYTHING), lock="amount") == {
        "locked_inputs": {
            "type": True,
            "reference": True,
            "subscription": dict.fromkeys(
                ["trial_amount", "trial_period", "trial_period_unit", "billing_amount", "billing_cycles",
                 "billing_period", "billing_period_unit", "initial_amount", "currency", "trial_check",
                 "expires_check"],
                True,
            ),
        }
    }  # fmt: skip
    assert lock(mandate(options={"mandate_amount": 300}), lock="amount") == {
        "locked_inputs": {
            "type": True,
            "reference": True,
            "payment_mandate": {"currency": True, "initial_charge": True, "amount": True},
        }
    }


@pytest.mark.parametrize(
    "charge",
    [
        subscription(),  # the shopper could let it expire
        subscription(
            money=pounds(10000), terms=plain_terms(initial=pounds(10000), cycles=12)
        ),  # or add a trial
        subscription(money=pounds(0), terms=terms(trial=None, cycles=12)),  # or make it cost
        subscription(terms=terms(initial=None, cycles=12)),
        mandate(),
        mandate(money=pounds(0), options={"mandate_amount": 300}),
    ],
)
def test_where_one_input_could_not_be_locked_the_form_is_locked_whole(charge: Charge) -> None:
    assert lock(charge, lock="amount") == WHOLE


def test_an_amount_of_nothing_is_a_value() -> None:
    free = subscription(money=pounds(0), terms=terms(trial=pounds(0), cycles=12))
    assert "locked_inputs" in lock(free, lock="amount")


# --- what has no value cannot be locked -------------------------------------------------------------------


@pytest.mark.parametrize("capture_later", [True, False])
def test_how_it_is_paid_is_told_when_it_is_locked(capture_later: bool) -> None:
    charge = one_off(capture_later=capture_later, options={"locked_inputs": {"oneshot": {"pay_mode": True}}})
    assert provider().complaints(charge) == ()
    assert new_form(account(), charge, options(charge))["oneshot"]["preauth"] is capture_later


BARE = subscription(money=pounds(1500), terms=plain_terms())


@pytest.mark.parametrize(
    ("charge", "name", "needs"),
    [
        (BARE, "subscription.trial_amount", "terms.trial.amount"),
        (BARE, "subscription.trial_period", "terms.trial.period.count"),
        (BARE, "subscription.trial_period_unit", "terms.trial.period.unit"),
        (BARE, "subscription.billing_cycles", "terms.cycles"),
        (BARE, "subscription.initial_amount", "terms.initial_amount"),
        (BARE, "subscription.trial_check", "terms.trial"),
        (BARE, "subscription.expires_check", "terms.cycles"),
        (mandate(money=pounds(0)), "payment_mandate.initial_charge", "amount"),
        (mandate(), "payment_mandate.amount", "options.syspay.mandate_amount"),
    ],
)
def test_an_input_without_a_value_cannot_be_locked(charge: Charge, name: str, needs: str) -> None:
    block, _, leaf = name.partition(".")
    why = f"cannot be locked: the order has no {needs}"
    brought = Charge(**{**vars(charge), "options": {"locked_inputs": {block: {leaf: True}}}})
    assert provider().complaints(brought) == ((f"{INPUTS}.{name}", why),)
    assert provider().complaints(at_desk(charge, name)) == (("desk.locked", f"{name} {why}"),)
    # That it may be changed can be said of any.
    unlocked = Charge(**{**vars(charge), "options": {"locked_inputs": {"type": True, block: {leaf: False}}}})
    assert provider().complaints(unlocked) == ()


def test_a_description_cannot_be_locked_without_one() -> None:
    none = one_off(description="", options={"locked_inputs": {"description": True}})
    assert provider().complaints(none) == ((f"{INPUTS}.description", "cannot be locked: the order has none"),)
    own = one_off(description="", options={"description": "Rent", "locked_inputs": {"description": True}})
    assert provider().complaints(own) == ()


def test_what_is_known_of_the_customer_may_be_locked_whether_it_is_known_or_not() -> None:
    known = [name for name, _ in CUSTOMER]
    charge = Charge(**{**vars(one_off()), "customer": type(one_off().customer)()})
    assert provider().complaints(at_desk(charge, *known)) == ()


@pytest.mark.parametrize(
    ("charge", "name", "why"),
    [
        (one_off(), "subscription.currency", "cannot be locked: the order is not for a subscription"),
        (subscription(), "oneshot.amount", "cannot be locked: the order is not for a single payment"),
        (mandate(), "payment_plan.currency", "cannot be locked: the order is not for a payment plan"),
        (payment_plan(), "payment_mandate.currency", "cannot be locked: the order is not for a mandate"),
    ],
)
def test_an_input_of_another_kind_cannot_be_locked(charge: Charge, name: str, why: str) -> None:
    block, _, leaf = name.partition(".")
    brought = Charge(**{**vars(charge), "options": {"locked_inputs": {block: {leaf: True}}}})
    assert provider().complaints(brought) == ((f"{INPUTS}.{name}", why),)
    assert provider().complaints(at_desk(charge, name)) == (("desk.locked", f"{name} {why}"),)


@pytest.mark.parametrize("name", ["colour", "oneshot", "oneshot.preauth", "customer.", "customer.state", ""])
def test_the_form_has_no_such_input(name: str) -> None:
    assert provider().complaints(at_desk(one_off(), name)) == (
        ("desk.locked", f"{name} is no input of SysPay's form"),
    )


@pytest.mark.parametrize("locks", [{}, {"type": False}, {"customer": {}}, {"oneshot": {"amount": False}}])
def test_locks_that_lock_nothing_are_a_mistake(locks: dict[str, Any]) -> None:
    assert provider().complaints(one_off(options={"locked_inputs": locks})) == (
        (INPUTS, "locks nothing: say locked: false instead"),
    )


def test_not_locked_as_a_whole_goes_with_locks_in_part() -> None:
    charge = one_off(options={"locked": False, "locked_inputs": {"type": True}})
    assert provider().complaints(charge) == ()
    assert lock(charge) == {"locked_inputs": {"type": True}}


# --- what the desk may lock -------------------------------------------------------------------------------

TOP = [("type", ""), ("description", "description"), ("reference", "")]
CUSTOMER = [
    (f"customer.{name}", "")
    for name in (
        "first_name", "last_name", "email", "mobile_country", "mobile_phone", "company_name", "language", "address",
        "city", "postcode", "country",
    )
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "block"),
    [
        (
            Kind.ONE_OFF,
            [("oneshot.amount", "amount"), ("oneshot.currency", "currency"), ("oneshot.pay_mode", "")],
        ),
        (
            Kind.SUBSCRIPTION,
            [
                ("subscription.trial_amount", "terms.trial.amount"),
                ("subscription.trial_period", "terms.trial.period.count"),
                ("subscription.trial_period_unit", "terms.trial.period.unit"),
                ("subscription.billing_amount", "terms.amount"),
                ("subscription.billing_cycles", "terms.cycles"),
                ("subscription.billing_period", "terms.period.count"),
                ("subscription.billing_period_unit", "terms.period.unit"),
                ("subscription.initial_amount", "terms.initial_amount"),
                ("subscription.currency", "currency"),
                ("subscription.trial_check", "terms.trial"),
                ("subscription.expires_check", "terms.cycles"),
            ],
        ),
        (
            Kind.PAYMENT_PLAN,
            [
                ("payment_plan.total_amount", "terms.total"),
                ("payment_plan.currency", "currency"),
                ("payment_plan.billing_cycles", "terms.cycles"),
                ("payment_plan.billing_period", "terms.period.count"),
                ("payment_plan.billing_period_unit", "terms.period.unit"),
            ],
        ),
        (
            Kind.MANDATE,
            [
                ("payment_mandate.currency", "currency"),
                ("payment_mandate.initial_charge", "amount"),
                ("payment_mandate.amount", "options.syspay.mandate_amount"),
            ],
        ),
        (Kind.SAVE_CARD, None),
    ],
)
def test_the_desk_is_offered_what_the_manual_lists(kind: Kind, block: list[tuple[str, str]] | None) -> None:
    offered = provider().desk_inputs(kind)
    expected = [] if block is None else [*TOP, *CUSTOMER, *block]
    assert [(one.name, one.needs) for one in offered] == expected
    assert all(one.label for one in offered)


def test_an_input_has_a_label_for_people() -> None:
    assert DeskInput(name="oneshot.amount", label="Amount", needs="amount") in provider().desk_inputs(
        Kind.ONE_OFF
    )


@pytest.mark.parametrize(
    "charge",
    [
        one_off(),
        subscription(terms=EVERYTHING),
        payment_plan(),
        mandate(options={"mandate_amount": 300}),
    ],
)
def test_the_desk_may_lock_all_that_it_is_offered_when_the_order_has_everything(charge: Charge) -> None:
    names = [one.name for one in provider().desk_inputs(charge.kind)]
    assert provider().complaints(at_desk(charge, *names)) == ()


def test_locks_that_the_desk_overrides_stand_in_nobodys_way() -> None:
    """The desk made a subscription of an order that the shop had locked as a single payment."""
    options = {"locked_inputs": {"oneshot": {"amount": True}}}
    assert provider().complaints(subscription(options=options)) != ()
    assert provider().complaints(subscription(options=options, desk=Desk(back=BACK))) == ()
    assert lock(subscription(options=options, desk=Desk(back=BACK))) == WHOLE
