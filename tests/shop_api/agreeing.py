"""A customer has agreed, by way of the shop's own calls, to be charged again."""

import json
from dataclasses import replace
from typing import Any

from checkout.models import Account, Agreement, Payment
from checkout.payments.recover import check
from providers.base import Report, Started
from tests.scripted import Call, Script, active, make_account, paid
from tests.shop_api.conftest import Caller

MONTHLY: dict[str, Any] = {"amount": 1500, "period": {"count": 1, "unit": "month"}, "cycles": 12}


def begin(
    caller: Caller, script: Script, reference: str = "abo-1", *, told: Any = None, **fields: Any
) -> Agreement:
    """The shop's order is paid, and with it the agreement begins."""
    account = Account.objects.filter(shop=caller.shop).first() or make_account(caller.shop)
    usual = {"kind": "subscription", "amount": 1500, "terms": MONTHLY, "customer": {"reference": "c-1"}}
    order = caller.created(f"key-{reference}", reference=reference, **{**usual, **fields})
    caller.paid(order["id"], f"pay-{reference}")
    payment = Payment.objects.get(order__number=order["id"], account=account)

    def with_agreement(call: Call) -> Report:
        return replace(paid(call), agreement=active(f"S-{reference}", **(told or {})))

    script.will("sync", with_agreement)
    check(payment)
    return Agreement.objects.get(payment=payment)


def charged(call: Call) -> Started:
    """The provider decides at once, and the customer is charged."""
    return Started(show=None, provider_id=f"P-{call.charge.reference}", report=paid(call))


def read(caller: Caller, path: str) -> Any:
    answer = caller.call("GET", path)
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)
