"""How does something get into an order's timeline? Through here, in the transaction of what it tells of."""

from typing import Any

from django.contrib.auth.models import User

from checkout.models import Order, Payment, TimelineEntry
from checkout.payments.texts import fit, fit_to_show
from checkout.wording import kept
from providers.said import Said

Who = TimelineEntry.Who
Weight = TimelineEntry.Weight

# Particulars that others wrote: a provider, a merchant. Whatever they put into them, no card number stays.
_FOREIGN = frozenset({"why", "about", "text"})

_RECENT = 3


def tell(
    order: Order,
    code: str,
    /,
    *,
    who: str,
    payment: Payment | None = None,
    user: User | None = None,
    weight: str = Weight.PLAIN,
    **data: Any,
) -> TimelineEntry:
    """Write one entry. `code` is a key of `checkout.sentences.SENTENCES`; `data` its particulars, texts and numbers."""
    return TimelineEntry.objects.create(
        order=order,
        payment=payment,
        code=code,
        who=who,
        user=user if user is not None and user.is_authenticated else None,
        weight=weight,
        data=_particulars(payment, data),
    )


def tell_once(
    order: Order,
    code: str,
    /,
    *,
    payment: Payment,
    who: str,
    weight: str = Weight.PLAIN,
    among: str = "",
    **data: Any,
) -> bool:
    """Like `tell`, unless one of the payment's last entries says the very same: a provider that is down all night is
    one sentence, not five hundred. `among`: the last of this code, however much else was told since. True when it was
    told."""
    rows = TimelineEntry.objects.filter(order=order, payment=payment)
    last = (rows.filter(code=among) if among else rows).order_by("-id")[:_RECENT]
    same = _particulars(payment, data)
    if any(entry.code == code and entry.data == same for entry in last):
        return False
    tell(order, code, payment=payment, who=who, weight=weight, **data)
    return True


def _particulars(payment: Payment | None, data: dict[str, Any]) -> dict[str, Any]:
    if payment is not None:
        data = {"number": payment.number, "provider": str(payment.account.provider_class.name), **data}
    told: dict[str, Any] = {
        name: value if isinstance(value, int) else (fit_to_show if name in _FOREIGN else fit)(value, 300)
        for name, value in data.items()
    }
    # In English for whoever searches, and beside it what it takes to say it in a reader's language.
    said = {name: value for name, value in data.items() if isinstance(value, Said)}
    return {
        **told,
        **{f"{name}_said": kept(value, lambda text: fit_to_show(text, 300)) for name, value in said.items()},
    }
