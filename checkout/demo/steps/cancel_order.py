"""Step 6: how does the shop take an order back? Guichet tells the provider first, and money that came before wins."""

from http import HTTPStatus
from typing import Any

import requests

from checkout.demo.steps.connect import NoAnswer

TIMEOUT_SECONDS = 60  # the provider is asked


class NotCanceled(Exception):
    """It is paid, or nobody can tell yet. Nothing has changed."""


def cancel_order(session: requests.Session, guichet: str, order_id: str) -> dict[str, Any]:
    """The order as it stands then. The webhook order.canceled comes as well."""
    try:
        headers = {"Idempotency-Key": f"cancel-{order_id}"}  # the same at every press: it is taken back once
        url = f"{guichet}/api/v1/orders/{order_id}/cancel"
        answer = session.post(url, headers=headers, timeout=TIMEOUT_SECONDS)
        if answer.status_code == HTTPStatus.CONFLICT:
            raise NotCanceled(answer.json()["detail"])
        answer.raise_for_status()
        canceled: dict[str, Any] = answer.json()
    except (requests.RequestException, KeyError) as why:
        raise NoAnswer(str(why)) from why
    return canceled
