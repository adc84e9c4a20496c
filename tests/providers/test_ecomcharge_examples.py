"""Do the manual's own requests go out as they stand there?"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.providers.begateway import (
    AIRLINE,
    BACK,
    CUSTOMER,
    NOTIFY,
    OPENED,
    REFERENCE,
    BeGateway,
    charge,
    scripted,
)

OPEN = "POST checkout/ctp/api/checkouts"

SHOP = "http://127.0.0.1:4567"


@pytest.fixture
def wire() -> Iterator[BeGateway]:
    with scripted() as script:
        yield script


def sent(wire: BeGateway, account: Any = None, live: bool = False, **changes: Any) -> Any:
    """What we ask of a new payment form."""
    wire.expect(OPEN, (201, OPENED))
    wire.provider(live=live, **(account or {})).start(charge(**changes))
    return wire.sent[-1]["checkout"]


SETTINGS: dict[str, Any] = {
    **{f"{end}_url": f"{SHOP}/{end}" for end in ("return", "success", "decline", "fail", "cancel")},
    "button_next_text": "Back to the shop",
    "language": "en",
    "customer_fields": {"visible": ["first_name", "last_name"], "read_only": ["email"]},
}
EXAMPLE: dict[str, Any] = {
    "test": True,
    "transaction_type": "payment",
    "attempts": 3,
    "settings": {
        **SETTINGS,
        "notification_url": NOTIFY,
        "credit_card_fields": {"holder": "Rick Astley", "read_only": ["holder"]},
    },
    "payment_method": {
        "types": ["credit_card", "bank_transfer"],
        "bank_transfer": {"account": "DE89370400440532013000"},
        "excluded_brands": ["visa", "google_pay"],
    },
    "order": {"currency": "GBP", "amount": 4299, "description": "Order description"},
    "customer": CUSTOMER,
}
WITH_RECEIPT: dict[str, Any] = {
    **{name: EXAMPLE[name] for name in ("test", "transaction_type", "attempts", "customer")},
    "settings": {
        **{name: value for name, value in SETTINGS.items() if name != "button_next_text"},
        "notification_url": NOTIFY,
        "auto_return": 0,
    },
    "order": {**EXAMPLE["order"], "additional_data": {"receipt_text": ["First line", "Second line"]}},
}
WITH_TICKETS: dict[str, Any] = {
    **{name: EXAMPLE[name] for name in ("test", "transaction_type", "attempts", "customer", "order")},
    "settings": {**SETTINGS, "notification_url": NOTIFY, "auto_return": 3},
    "travel": {"airline": AIRLINE},
}


def brought(example: dict[str, Any]) -> dict[str, Any]:
    """The options of an order that becomes `example`."""
    names = ("attempts", "payment_method", "travel")
    options: dict[str, Any] = {name: example[name] for name in names if name in example}
    additional = example["order"].get("additional_data")
    options["settings"] = {n: v for n, v in example["settings"].items() if n != "notification_url"}
    return {**options, **({"order": {"additional_data": additional}} if additional else {})}


@pytest.mark.parametrize("example", [EXAMPLE, WITH_RECEIPT, WITH_TICKETS])
def test_the_manuals_examples_come_out_as_they_are(wire: BeGateway, example: dict[str, Any]) -> None:
    asked = charge(options=json.loads(json.dumps(brought(example))))
    wire.expect(OPEN, (201, OPENED))
    wire.provider().start(asked)
    body = wire.sent[0]["checkout"]
    assert body["order"].pop("tracking_id") == REFERENCE
    assert body["order"].pop("expired_at") == asked.expires_at.isoformat(timespec="seconds")
    assert body == example


def test_the_account_may_say_what_the_order_does_not(wire: BeGateway) -> None:
    account = {
        "attempts": 3,
        "button_next_text": "Back to the shop",
        "visible_fields": ["first_name", "last_name"],
        "read_only_fields": ["email"],
        "payment_types": ["credit_card", "bank_transfer"],
        "excluded_brands": ["visa", "google_pay"],
        "single_return": True,
    }
    options = {"payment_method": {"bank_transfer": {"account": "DE89370400440532013000"}}}
    body = sent(wire, account, options=options)
    assert body["payment_method"] == EXAMPLE["payment_method"]
    assert body["attempts"] == 3
    assert body["settings"] == {
        "return_url": f"{BACK}?end=return",
        "fail_url": f"{BACK}?end=fail",
        "cancel_url": f"{BACK}?end=cancel",
        "notification_url": NOTIFY,
        "language": "en",
        "button_next_text": "Back to the shop",
        "customer_fields": {"visible": ["first_name", "last_name"], "read_only": ["email"]},
    }
