"""How is an agreement charged once more, by hand? An order and a payment first, committed; then the provider."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from checkout.models import Agreement, Order, Payment
from checkout.payments.adopt import taken_of, total_of
from checkout.payments.agreements import open_charges
from checkout.payments.locks import order_lock
from checkout.payments.orders import ReferenceTaken, create_order
from checkout.payments.schedule import START_MAY_TAKE
from checkout.payments.start import NotPayable, open_at_provider
from checkout.payments.timeline import tell
from checkout.wording import worded as _
from providers.base import Occasion
from providers.money import Money


def charge_again(
    agreement: Agreement,
    money: Money,
    *,
    reference: str,
    description: str = "",
    metadata: dict[str, Any] | None = None,
    who: str,
    user: User | None = None,
) -> tuple[Payment, bool]:
    """Charge `money` under the agreement, as a new order that the shop calls `reference`. The second value is False
    when that very charge was made before: a repeated request makes no second one.

    NotPayable when the agreement cannot be charged now or a payment of it is under way; ReferenceTaken when the
    reference is another order's. Takes as long as the provider takes to answer.
    """
    payment, new = _intend(agreement, money, reference, description, metadata or {}, who, user)
    return (open_at_provider(payment) if new else payment), new


def _intend(
    agreement: Agreement,
    money: Money,
    reference: str,
    description: str,
    metadata: dict[str, Any],
    who: str,
    user: User | None,
) -> tuple[Payment, bool]:
    with order_lock(agreement.payment.order_id) as first:
        row = Agreement.objects.select_related("account", "payment").get(pk=agreement.pk)
        known = Order.objects.filter(shop=first.shop, reference=reference).first()
        if known is not None:
            payment = known.latest_attempt()
            # One that the agreement took by itself bears a name of ours, and is no answer to this request.
            asked_for = known.timeline.filter(code="payment.charged_again").exists()
            if known.agreement_id != row.pk or known.money != money or payment is None or not asked_for:
                raise ReferenceTaken(reference)
            return payment, False
        if not row.may_charge or not row.account.enabled:
            raise NotPayable(_("agreement %(number)s cannot be charged now", number=row.number))
        if money.currency != row.currency or money.minor <= 0:
            amount = _("%(money)s is not an amount that agreement %(number)s can be charged",
                       money=money, number=row.number)  # fmt: skip
            raise NotPayable(amount)
        if open_charges(row):
            raise NotPayable(_("a payment of the agreement is under way"))
        total = total_of(row)
        if total is not None and taken_of(row).minor + money.minor > total.minor:
            raise NotPayable(
                _("with %(money)s more than the plan's %(total)s would be taken", money=money, total=total)
            )
        with transaction.atomic():
            order = create_order(
                first.shop,
                reference=reference,
                money=money,
                who=who,
                user=user,
                agreement=row,
                description=description or first.description,
                customer=first.customer,
                email=first.email,
                language=first.language,
                options=first.options,
                metadata=metadata,
            )
            payment = Payment.objects.create(
                order=order,
                account=row.account,
                number=1,
                reference=f"{order.number}-1",
                amount_minor=money.minor,
                currency=money.currency,
                occasion=Occasion.RECURRING,
                next_check_at=timezone.now() + START_MAY_TAKE,
            )
            tell(order, "payment.charged_again", payment=payment, who=who, user=user, agreement=row.number)
            tell(first, "agreement.charge_asked", payment=row.payment, who=who, user=user, agreement=row.number,
                 money=str(money), order_number=order.number)  # fmt: skip
        return payment, True
