"""What happens when an order's hold is over? The provider is told first; only then is it expired here."""

from checkout.models import Order
from checkout.payments.cancel import cancel_attempt, close
from checkout.payments.timeline import Who
from checkout.states import OrderState


def expire(order: Order) -> Order:
    """Close an order whose hold is over, the way a shopper's own giving up is closed. It stays open when the provider
    cannot be asked or says that money is under way; the sweep comes back to it."""
    if order.state != OrderState.OPEN or not order.is_past_hold():
        return order
    attempt = order.open_attempt()
    if attempt is not None:
        cancel_attempt(attempt, give_up=True, who=Who.GUICHET, ran_out=True)
    return close(order, OrderState.EXPIRED, who=Who.GUICHET)
