"""How does a test take a payment by phone? As a merchant does: the form, what is read back, the click that opens."""

import re
import threading
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.urls import reverse

from checkout.models import Order, Payment
from checkout.payments.timeline import Who
from checkout.sentences import sentence
from providers.agreements import Period, Unit
from providers.money import Money
from tests.merchant.clicks import hidden, said

NEW = reverse("admin:checkout_order_desk")
EUR = Money(4299, "EUR")
MONTHLY = Period(count=1, unit=Unit.MONTH)
ONCE_OPEN = "This form was sent before; nothing was opened again."
CALLER = {
    "reference": "CALL-1",
    "currency": "EUR",
    "description": "Ms Hudson",
    "language": "en",
    "first_name": "Ada",
    "email": "ada@example.org",
    "phone": "+33 1 23 45 67 89",
    "lock": "all",
}
SUBSCRIPTION = {
    "kind": "subscription",
    "sub_amount": "15",
    "sub_every": "1",
    "sub_unit": "month",
    "sub_initial": "100",
    "sub_trial_every": "7",
    "sub_trial_unit": "day",
    "sub_trial_amount": "1,00",
}
PLAN = {
    "kind": "payment_plan",
    "plan_total": "100",
    "plan_cycles": "3",
    "plan_every": "1",
    "plan_unit": "month",
}


def one(**typed: str) -> dict[str, str]:
    return {**CALLER, "kind": "one_off", "one_amount": "42,99", **typed}


def form_of(client: Client, at: str = NEW) -> dict[str, str]:
    html = client.get(at).content.decode()
    return {"once": hidden(html, "once"), "account": hidden(html, "account")}


def sent(client: Client, typed: dict[str, Any], at: str = NEW) -> Any:
    """The form, sent; then what was read back, confirmed."""
    typed = {**form_of(client, at), **typed}
    back = client.post(at, typed)
    assert 'name="confirmed"' in back.content.decode(), errors(back)
    return client.post(at, {**typed, "confirmed": "yes"})


def errors(answer: Any) -> dict[str, list[str]]:
    form = answer.context["form"]
    return {name: [str(one) for one in found] for name, found in form.errors.items()}


def refused_at(client: Client, typed: dict[str, Any], at: str = NEW) -> dict[str, list[str]]:
    before = Order.objects.count(), Payment.objects.count()
    answer = client.post(at, {**form_of(client, at), **typed})
    assert answer.status_code == 200
    assert (Order.objects.count(), Payment.objects.count()) == before
    return errors(answer)


def at_once(merchant: User, at: str, typed: dict[str, Any]) -> list[Any]:
    """The same form, sent from two tabs at the same moment."""
    start, answers = threading.Barrier(2), []

    def click() -> None:
        browser = Client()
        browser.force_login(merchant)
        start.wait()
        try:
            answers.append(browser.post(at, typed))
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _tab in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    return answers


def desk_of(order: Order) -> str:
    return reverse("admin:checkout_order_desk_for", args=[order.pk])


def back_to(payment: Payment) -> str:
    return str(payment.desk["back"])


def page(order: Order) -> str:
    return reverse("admin:checkout_order_change", args=[order.pk])


def told(order: Order) -> list[str]:
    return [
        sentence(entry.code, entry.data, by_merchant=entry.who == Who.MERCHANT)
        for entry in order.timeline.all()
    ]


def plain(text: str) -> str:
    return re.sub(r' <a class="underline" href="[^"]+">Go to the form</a>', " →", text)


def came_back(client: Client, payment: Payment) -> str:
    answer = client.get(back_to(payment))
    assert answer.status_code == 302
    assert answer["Location"] == page(payment.order)
    return plain(said(answer))


def worker_with(*names: str) -> Client:
    user = User.objects.create_user("wanda", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    browser = Client()
    browser.force_login(user)
    return browser
