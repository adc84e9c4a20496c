"""Do the manual's own eight requests go out as they stand there?

To the letter, but for one thing: to `ems_url` we add for which attempt it was given (`?attempt=`). Its corrupted
address in the examples of a one-off payment is taken over as it is. Each is opened at the desk, since the manual sends
whoever filled in the form to another address than whoever pays: `back` of the desk is the manual's
`eterminal_redirect_url`.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from providers.base import Charge, Desk, Urls
from providers.syspay.request import new_form, options
from tests.providers.eterminal import (
    EXAMPLES,
    HERE,
    account,
    mandate,
    one_off,
    payment_plan,
    provider,
    sent,
    subscription,
)
from tests.providers.syspay_wire import SysPayWire, scripted

COMPANY = {"company_name": "Baker Street Detectives"}
BACKEND = "http://backend.myshop.com/redirect"
CORRUPTED = Urls(
    back="http://www.myshop.com/redirect", cancelled="", notify="https://wwwinitial-charge/notify"
)
# At the desk: None locks all, () nothing, and names these inputs.
MANUAL: dict[str, Charge] = {
    "one_off": one_off(urls=CORRUPTED, desk=Desk(back=BACKEND, locked=())),
    "subscription": subscription(desk=Desk(back=BACKEND)),
    "payment_plan": payment_plan(desk=Desk(back=BACKEND, locked=())),
    "mandate": mandate(desk=Desk(back="http://www.myppredirecturl.com")),
    "one_off_in_part": one_off(
        urls=CORRUPTED,
        desk=Desk(back=BACKEND, locked=("customer.first_name", "customer.last_name", "oneshot.amount")),
    ),
    "subscription_in_part": subscription(
        desk=Desk(
            back=BACKEND,
            locked=(
                "reference",
                "customer.language",
                "customer.email",
                "subscription.billing_amount",
                "subscription.billing_period",
                "subscription.billing_period_unit",
            ),
        ),
    ),
    "payment_plan_in_part": payment_plan(
        desk=Desk(
            back=BACKEND,
            locked=("payment_plan.total_amount", "payment_plan.currency", "payment_plan.billing_cycles"),
        ),
    ),
    "mandate_in_part": mandate(
        desk=Desk(
            back="http://www.myppredirecturl.com",
            locked=("payment_mandate.initial_charge", "payment_mandate.currency", "payment_mandate.amount"),
        ),
        options={"mandate_amount": 300},
    ),
}


@pytest.fixture
def wire() -> Iterator[SysPayWire]:
    with scripted() as script:
        yield script


def letter(body: Any) -> str:
    """As text, in which true is not 1."""
    return json.dumps(body, sort_keys=True, indent=1)


def ours(example: dict[str, Any]) -> dict[str, Any]:
    return {**example, "ems_url": f"{example['ems_url']}?attempt={example['reference']}"}


def test_there_are_eight() -> None:
    assert len(EXAMPLES) == 8
    assert MANUAL.keys() == EXAMPLES.keys()
    assert [example["type"] for example in EXAMPLES.values()] == [
        "ONESHOT", "SUBSCRIPTION", "PAYMENT_PLAN", "PAYMENT_MANDATE"
    ] * 2  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_manuals_requests_come_out_as_they_are(wire: SysPayWire, name: str) -> None:
    charge = replace(MANUAL[name], options={**COMPANY, **MANUAL[name].options})
    assert letter(sent(wire, charge, website=110)) == letter(ours(EXAMPLES[name]))


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_manuals_requests_are_complained_of_by_nobody(name: str) -> None:
    assert provider().complaints(MANUAL[name]) == ()
    assert provider().refuses(MANUAL[name]) == ""


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_shop_may_bring_the_manuals_locks_in_its_order(name: str) -> None:
    """Then nobody is at the desk, and the shopper comes back to one address."""
    example = EXAMPLES[name]
    brought = {
        **COMPANY,
        **MANUAL[name].options,
        "website": 110,
        **{key: example[key] for key in ("locked", "locked_inputs") if key in example},
    }
    charge = replace(MANUAL[name], desk=None, options=brought)
    assert provider().complaints(charge) == ()
    assert letter(new_form(account(), charge, options(charge))) == letter(
        {**ours(example), "eterminal_redirect_url": example["payment_page_redirect_url"]}
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_locked_as_a_whole_is_never_locked_in_part(name: str) -> None:
    example = EXAMPLES[name]
    both = {"locked": True, "locked_inputs": example.get("locked_inputs", {"type": True})}
    charge = replace(MANUAL[name], desk=None, options={**MANUAL[name].options, **both})
    assert provider().complaints(charge) == (
        (f"{HERE}.locked_inputs", "does not go with locked: true, which locks the whole form"),
    )
