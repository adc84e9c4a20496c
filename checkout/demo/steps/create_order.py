"""Step 1: how does the shop ask for money? One request: the order goes in, the address for the shopper's browser comes
back."""

from typing import Any

import requests

from checkout.demo.steps.connect import TIMEOUT_SECONDS, NoAnswer


def create_order(
    session: requests.Session, guichet: str, order: dict[str, Any], *, idempotency_key: str
) -> dict[str, Any]:
    """The order as Guichet tells of it, with its `pay_url`. The same order sent twice is still one order."""
    try:
        answer = session.post(
            f"{guichet}/api/v1/orders",
            json=order,
            headers={"Idempotency-Key": idempotency_key},
            timeout=TIMEOUT_SECONDS,
        )
        answer.raise_for_status()
        created: dict[str, Any] = answer.json()
    except requests.RequestException as why:
        raise NoAnswer(str(why)) from why
    if "pay_url" not in created:
        raise NoAnswer("The answer holds no pay_url.")
    return created
