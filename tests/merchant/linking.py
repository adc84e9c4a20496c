"""How does a test send a payment link? As a merchant does: the form, what is read back, the click that sends."""

from typing import Any

from django.test import Client
from django.urls import reverse

from checkout.models import Account, Invitation, Order
from tests.merchant.clicks import hidden, said

PHONE = "+33600000000"
AGAIN = "This form was sent before; nothing was sent again. "


def page(order: Order) -> str:
    return reverse("admin:checkout_order_change", args=[order.pk])


def at(name: str, order: Order, *more: Any) -> str:
    return reverse(f"admin:checkout_order_link_{name}", args=[order.pk, *more])


def by(account: Account, channel: str) -> str:
    return f"{account.pk}:{channel}"


def proposed(client: Client, order: Order) -> dict[str, str]:
    """What the form holds when it is opened."""
    form = client.get(at("send", order)).context["form"]
    return {field.name: _text(field.value(), field) for field in form}


def _text(value: Any, field: Any) -> str:
    return str(field.field.widget.format_value(value) or "") if field.name == "until" else str(value)


def sent(client: Client, order: Order, *, clicks: int = 1, **typed: str) -> list[str]:
    """The whole way, and the message of each click."""
    form = {**proposed(client, order), **typed}
    back = client.post(at("send", order), form)
    html = back.content.decode()
    assert 'name="confirmed"' in html, errors(back)
    form |= {"confirmed": "yes", "seen": hidden(html, "seen")}
    answers = [client.post(at("send", order), form) for _click in range(clicks)]
    assert [answer.status_code for answer in answers] == [302] * clicks, errors(answers[0])
    assert {answer["Location"] for answer in answers} == {page(order)}
    return [said(answer) for answer in answers]


def errors(answer: Any) -> dict[str, list[str]]:
    form = answer.context["form"]
    return {name: [str(one) for one in found] for name, found in form.errors.items()}


def refused_at(client: Client, order: Order, **typed: str) -> dict[str, list[str]]:
    before = Invitation.objects.count()
    answer = client.post(at("send", order), {**proposed(client, order), **typed})
    assert answer.status_code == 200
    assert Invitation.objects.count() == before
    return errors(answer)
