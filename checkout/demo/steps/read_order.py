"""Step 5: how does an order stand? Whenever in doubt, the shop asks, by its own reference."""

from typing import Any

import requests

from checkout.demo.steps.connect import TIMEOUT_SECONDS, NoAnswer


def read_order(session: requests.Session, guichet: str, reference: str) -> dict[str, Any] | None:
    """The order as it is known now; None when Guichet has none of that reference."""
    try:
        answer = session.get(
            f"{guichet}/api/v1/orders", params={"reference": reference}, timeout=TIMEOUT_SECONDS
        )
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()["orders"]
    except (requests.RequestException, KeyError) as why:
        raise NoAnswer(str(why)) from why
    return found[0] if found else None
