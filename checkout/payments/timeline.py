"""How does something get into an order's timeline? Through here, in the transaction of what it tells of."""

from typing import Any

from django.contrib.auth.models import User

from checkout.models import Order, Payment, TimelineEntry

Who = TimelineEntry.Who
Weight = TimelineEntry.Weight


def tell(
    order: Order,
    code: str,
    *,
    who: str,
    payment: Payment | None = None,
    user: User | None = None,
    weight: str = Weight.PLAIN,
    **data: Any,
) -> TimelineEntry:
    """Write one entry. `code` is a key of `checkout.sentences.SENTENCES`; `data` its particulars, texts and numbers."""
    if payment is not None:
        data = {"number": payment.number, "provider": str(payment.account.provider_class.name), **data}
    plain = {name: value if isinstance(value, int) else str(value)[:300] for name, value in data.items()}
    return TimelineEntry.objects.create(
        order=order,
        payment=payment,
        code=code,
        who=who,
        user=user if user is not None and user.is_authenticated else None,
        weight=weight,
        data=plain,
    )


def tell_once(order: Order, code: str, *, payment: Payment, **entry: Any) -> None:
    """Like `tell`, unless the payment's last entry says the same already: a provider that is down all night is one
    sentence, not five hundred."""
    last = TimelineEntry.objects.filter(order=order, payment=payment).order_by("-id").first()
    if last is None or last.code != code:
        tell(order, code, payment=payment, **entry)
