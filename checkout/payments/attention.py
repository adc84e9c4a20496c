"""When is a person needed? Said on the order, in its timeline, and to the shop."""

from collections.abc import Collection, Iterable
from functools import reduce
from typing import NamedTuple

from checkout.models import Call, Order, TimelineEntry
from checkout.payments.events import owe
from checkout.payments.texts import fit_to_show
from checkout.payments.timeline import Weight, Who, tell
from checkout.wording import said_again, spoken
from providers.said import said as _

_ROOM = 300


class Doubt(NamedTuple):
    """What a person is to look at: why, in a sentence, and of which kind it is."""

    why: str
    call: Call


def flag(order: Order, said: str, call: Call) -> None:
    """Ask for a person. A second reason joins the first; the shop is told that there is one. Call under the lock, and
    after the payment was saved: what the shop is told is read from the rows."""
    why = fit_to_show(said, _ROOM)
    if f"; {why};" in f"; {order.attention};":
        return
    joined = "; ".join(filter(None, [order.attention, why]))[:_ROOM]
    calls = list(dict.fromkeys([*order.called_for(), call.value]))
    if joined == order.attention and calls == order.called_for():
        return  # no room for one more, and one is enough to bring somebody
    order.attention, order.calls = joined, f",{','.join(calls)},"
    order.save(update_fields=["attention", "calls"])
    tell(order, "order.attention", who=Who.GUICHET, weight=Weight.WARNING, why=said)
    owe(order, "order.attention")


def of_account(name: str, why: str) -> str:
    """Why the merchant has to act on an account's settings."""
    return _("%(account)s: %(why)s", account=name, why=why)


def why_called(orders: Iterable[Order]) -> dict[int, str]:
    """By the key of each order that needs a person: what for, in the reader's language, as the timeline has it."""
    named = {order.pk: order.attention for order in orders if order.attention}
    told = _told_since_seen(named)
    return {pk: spoken(_one_after_the_other(told[pk])) or english for pk, english in named.items()}


def why_now(order: Order) -> str:
    """... of one order, for its timeline to keep, so that it can be said again."""
    return _one_after_the_other(_told_since_seen([order.pk])[order.pk]) or order.attention


def _told_since_seen(orders: Collection[int]) -> dict[int, list[str]]:
    said: dict[int, list[str]] = {pk: [] for pk in orders}
    codes = ["order.attention", "order.seen"]
    rows = TimelineEntry.objects.filter(order__in=orders, code__in=codes) if orders else ()
    for entry in sorted(rows, key=lambda row: row.pk):
        if entry.code == "order.seen":
            said[entry.order_id].clear()
        else:
            said[entry.order_id].append(
                said_again(entry.data.get("why_said")) or str(entry.data.get("why", ""))
            )
    return said


def _one_after_the_other(reasons: list[str]) -> str:
    return reduce(lambda some, more: _("%(first)s; %(other)s", first=some, other=more), reasons or [""])


def with_reasons(orders: Iterable[Order]) -> list[tuple[Order, str]]:
    """Each order, and what a person is called to it for."""
    rows = list(orders)
    reasons = why_called(rows)
    return [(order, reasons.get(order.pk, "")) for order in rows]


def unflag(order: Order) -> None:
    """The flag comes down. Call under the lock."""
    order.attention = order.calls = ""
    order.save(update_fields=["attention", "calls"])
