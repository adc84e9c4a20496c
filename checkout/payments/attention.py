"""When is a person needed? Said on the order, in its timeline, and to the shop."""

from typing import NamedTuple

from checkout.models import Call, Order
from checkout.payments.events import owe
from checkout.payments.texts import fit_to_show
from checkout.payments.timeline import Weight, Who, tell

_ROOM = 300


class Doubt(NamedTuple):
    """What a person is to look at: why, in a sentence, and of which kind it is."""

    why: str
    call: Call


def flag(order: Order, why: str, call: Call) -> None:
    """Ask for a person. A second reason joins the first; the shop is told that there is one. Call under the lock, and
    after the payment was saved: what the shop is told is read from the rows."""
    why = fit_to_show(why, _ROOM)
    if f"; {why};" in f"; {order.attention};":
        return
    joined = "; ".join(filter(None, [order.attention, why]))[:_ROOM]
    calls = list(dict.fromkeys([*order.called_for(), call.value]))
    if joined == order.attention and calls == order.called_for():
        return  # no room for one more, and one is enough to bring somebody
    order.attention, order.calls = joined, f",{','.join(calls)},"
    order.save(update_fields=["attention", "calls"])
    tell(order, "order.attention", who=Who.GUICHET, weight=Weight.WARNING, why=why)
    owe(order, "order.attention")


def unflag(order: Order) -> None:
    """The flag comes down. Call under the lock."""
    order.attention = order.calls = ""
    order.save(update_fields=["attention", "calls"])
