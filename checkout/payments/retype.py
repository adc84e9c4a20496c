"""May an order become one of another kind? A merchant who takes the payment by phone agrees with the customer on a
subscription, say, where one payment was meant: kind, terms and amount change together, before anybody tried to pay."""

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy

from checkout.models import Order
from checkout.payments.locks import order_lock
from checkout.payments.terms import disagreements, terms_as_json
from checkout.payments.timeline import Who, tell
from checkout.states import OrderState
from checkout.wording import listed
from checkout.wording import worded as _
from providers.agreements import Terms
from providers.base import Kind
from providers.money import Money


class NotRetypable(Exception):
    """The order has to stay what it is. `str()` says why."""


def can_retype(order: Order) -> bool:
    return order.state == OrderState.OPEN and order.agreement_id is None and not order.payments.exists()


def retype(
    order: Order,
    *,
    kind: Kind,
    terms: Terms | None,
    money: Money,
    capture_later: bool,
    who: str = Who.MERCHANT,
    user: User | None = None,
) -> Order:
    """The order, now of this kind, under these terms, with `money` due today. What it is already is no news, and may
    be said at any time. NotRetypable when it is not open, when there was an attempt, or when kind, terms and amount do
    not go together."""
    wanted = (kind.value, terms_as_json(terms) if terms else {}, money.minor, capture_later)
    with order_lock(order.pk) as locked:
        if wanted == (locked.kind, locked.terms, locked.amount_minor, locked.capture_later):
            return locked
        if locked.state != OrderState.OPEN:
            raise NotRetypable(_("the order is %(state)s", state=gettext_lazy(locked.state)))
        if locked.payments.exists():
            raise NotRetypable(_("there was an attempt to pay it as it is"))
        if locked.agreement_id is not None:
            raise NotRetypable(_("it is a further payment of an agreement"))
        if money.currency != locked.currency:
            raise NotRetypable(_("the order is in %(currency)s", currency=locked.currency))
        if wrong := disagreements(kind, terms, money, capture_later=capture_later):
            raise NotRetypable(listed(wrong[:1], between=" "))
        before_kind, before = locked.kind, str(locked.money)
        locked.kind, locked.terms, locked.amount_minor, locked.capture_later = wanted
        locked.save(update_fields=["kind", "terms", "amount_minor", "capture_later"])
        tell(locked, "order.retyped", who=who, user=user, kind=kind.value, money=str(money),
             before_kind=before_kind, before=before)  # fmt: skip
        return locked
