"""Which payments did an agreement make by itself? Each gets an order and a payment of ours, once, to be asked about."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from checkout.models import Agreement, Call, Order, Payment, ProviderReference
from checkout.payments.attention import flag
from checkout.payments.terms import terms_of
from checkout.payments.texts import fit
from checkout.payments.timeline import Who, tell
from checkout.states import MONEY_STATES, OPEN_STATES, State
from providers.agreements import AgreementCharge
from providers.base import Occasion
from providers.money import Money
from providers.said import said as _

# In one transaction: whoever waits for the order's lock does not wait for years of payments.
_AT_ONCE = 50
_IDS_AT_ONCE = 500


def adopt(
    first: Order, agreement: Agreement, charges: Iterable[AgreementCharge]
) -> tuple[AgreementCharge, ...]:
    """Make rows of those that we have none of. `first` is the order that the agreement began with; call under its lock.
    Returns those for which this transaction would have become too long."""
    told = {fit(charge.provider_id, 100): charge for charge in charges if charge.money.minor > 0}
    told.pop("", None)
    known = _known(agreement, list(told))
    new = [(name, charge) for name, charge in told.items() if name not in known]
    if not new:
        return ()
    asked_for = _asked_for(agreement)
    unnamed = any(not payment.provider_id for payment in asked_for.values())
    number = agreement.orders.count() + 2
    adopted, rest = 0, []
    for name, charge in new:
        ours = asked_for.get(charge.reference)
        if ours is not None:
            # We asked for it ourselves, and its `start` has not brought the id yet.
            ProviderReference.objects.get_or_create(account=agreement.account, payment=ours, value=name)
        elif charge.by_hand and not charge.reference and unnamed:
            rest.append(charge)  # it may be the one whose answer we wait for: not before that is known
        elif adopted >= _AT_ONCE:
            rest.append(charge)
        else:
            _adopt(first, agreement, name, charge, number + adopted)
            adopted += 1
    return tuple(rest)


def _known(agreement: Agreement, names: list[str]) -> set[str]:
    rows = ProviderReference.objects.filter(account=agreement.account)
    found: set[str] = set()
    for at in range(0, len(names), _IDS_AT_ONCE):
        found |= set(rows.filter(value__in=names[at : at + _IDS_AT_ONCE]).values_list("value", flat=True))
    return found


def _asked_for(agreement: Agreement) -> dict[str, Payment]:
    """The charges that we asked for and whose beginning has no end yet, by our reference."""
    rows = Payment.objects.filter(order__agreement=agreement, state__in=OPEN_STATES)
    return {row.reference: row for row in rows}


def _adopt(first: Order, agreement: Agreement, name: str, charge: AgreementCharge, number: int) -> None:
    order = _new_order(first, agreement, charge.money, number)
    payment = Payment.objects.create(
        order=order,
        account=agreement.account,
        number=1,
        reference=f"{order.number}-1",
        state=State.PENDING,  # it is under way at the provider; how far, is asked at once
        amount_minor=charge.money.minor,
        currency=charge.money.currency,
        occasion=Occasion.RECURRING,
        provider_id=name,
        next_check_at=timezone.now(),
    )
    ProviderReference.objects.create(account=agreement.account, payment=payment, value=name)
    tell(first, "agreement.charged", payment=agreement.payment, who=Who.PROVIDER, agreement=agreement.number,
         money=str(charge.money), order_number=order.number)  # fmt: skip
    tell(order, "payment.found", payment=payment, who=Who.PROVIDER, agreement=agreement.number,
         money=str(charge.money))  # fmt: skip
    for doubt in _doubts(agreement, charge):
        flag(order, doubt, Call.AGREEMENT)


def _new_order(first: Order, agreement: Agreement, money: Money, number: int) -> Order:
    """Called by the first order's reference and which payment it is: "abo-7/2" is the second one. The shop may have
    given that name to something else, or be giving it at this moment: then it is the next one."""
    columns: dict[str, Any] = {
        "agreement": agreement,
        "amount_minor": money.minor,
        "currency": money.currency,
        "description": first.description,
        "customer": first.customer,
        "email": first.email,
        "language": first.language,
        "metadata": first.metadata,
        "options": first.options,
        "expires_at": timezone.now(),  # nobody is to pay it here
    }
    while True:
        reference = f"{first.reference[:90]}/{number}"
        try:
            with transaction.atomic():
                return Order.objects.create(shop=first.shop, reference=reference, **columns)
        except IntegrityError:
            if not Order.objects.filter(shop=first.shop, reference=reference).exists():
                raise
            number += 1


def _doubts(agreement: Agreement, charge: AgreementCharge) -> list[str]:
    """Why a person is to look at a payment that nobody asked for here."""
    money, terms = charge.money, terms_of(agreement.terms, agreement.currency)
    doubts: list[str] = []
    amounts = terms.amounts() if terms is not None else frozenset()
    if not charge.by_hand and terms is not None and money not in amounts:
        agreed = ", ".join(str(amount) for amount in sorted(amounts, key=lambda amount: amount.minor))
        doubts.append(_("the agreement took %(money)s; agreed was %(agreed)s", money=money, agreed=agreed))
    elif money.currency != agreement.currency:
        doubts.append(
            _(
                "the agreement took %(money)s; it is one in %(currency)s",
                money=money,
                currency=agreement.currency,
            )
        )
    if not charge.by_hand and agreement.ended_at and charge.at and charge.at > agreement.ended_at:
        doubts.append(_("the agreement took %(money)s after it had ended", money=money))
    if (total := total_of(agreement)) is not None and taken_of(agreement).minor > total.minor:
        doubts.append(
            _("with %(money)s the payment plan has taken more than %(total)s", money=money, total=total)
        )
    return doubts


def total_of(agreement: Agreement) -> Money | None:
    """Of a payment plan; None for what goes on without an end."""
    terms = terms_of(agreement.terms, agreement.currency)
    return terms.total if terms is not None else None


def taken_of(agreement: Agreement) -> Money:
    """What an agreement has taken, and is taking, without what it gave back."""
    told = Payment.objects.filter(
        Q(order__agreement=agreement) | Q(pk=agreement.payment_id),
        state__in=OPEN_STATES | MONEY_STATES,
        currency=agreement.currency,
    ).aggregate(minor=Sum(F("amount_minor") - F("refunded_minor")))
    return Money(told["minor"] or 0, agreement.currency)
