"""How does a test press the admin's buttons? As a browser does: the address, the form's hidden fields, a POST."""

import re
from typing import Any

from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from checkout.models import Payment


def address(row: Any, action: str) -> str:
    return reverse(f"admin:checkout_{row._meta.model_name}_do", args=[row.pk, action])


def said(answer: Any) -> str:
    *_earlier, last = get_messages(answer.wsgi_request)
    return str(last)


def do(client: Client, row: Any, action: str, **typed: str | list[str]) -> str:
    """POST, and the message it ended in."""
    answer = client.post(address(row, action), typed)
    assert answer.status_code == 302, answer.content.decode()
    return said(answer)


def hidden(html: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', html)
    assert found is not None, f"no hidden {name}"
    return found[1]


def refund(client: Client, payment: Payment, amount: str, *, clicks: int = 1) -> list[str]:
    """The whole way: the form, the page that reads it back, and as many clicks as a nervous hand makes."""
    form = client.get(address(payment, "refund")).content.decode()
    typed = {"amount": amount, "reason": "came back", "key": hidden(form, "key")}
    confirm = client.post(address(payment, "refund"), typed)
    assert confirm.status_code == 200
    return [do(client, payment, "refund", **typed, confirmed="yes") for _click in range(clicks)]
