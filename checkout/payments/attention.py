"""When is a person needed? Said on the order, in its timeline, and to the shop."""

from checkout.models import Order
from checkout.payments.events import owe
from checkout.payments.texts import fit_to_show
from checkout.payments.timeline import Weight, Who, tell

_ROOM = 300


def flag(order: Order, why: str) -> None:
    """Ask for a person. A second reason joins the first; the shop is told that there is one. Call under the lock, and
    after the payment was saved: what the shop is told is read from the rows."""
    why = fit_to_show(why, _ROOM)
    if f"; {why};" in f"; {order.attention};":
        return
    joined = "; ".join(filter(None, [order.attention, why]))[:_ROOM]
    if joined == order.attention:  # no room for one more, and one is enough to bring somebody
        return
    order.attention = joined
    order.save(update_fields=["attention"])
    tell(order, "order.attention", who=Who.GUICHET, weight=Weight.WARNING, why=why)
    owe(order, "order.attention")
