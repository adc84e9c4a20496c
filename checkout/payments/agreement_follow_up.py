"""How does an agreement stand, and how does it end? Asked of the provider; `agreements` writes what it says."""

import structlog
from django.contrib.auth.models import User
from django.utils import timezone

from checkout.models import Agreement
from checkout.payments.agreements import next_look, take_agreement
from checkout.payments.attention import flag
from checkout.payments.border import agreement_for, provider_for
from checkout.payments.locks import order_lock
from checkout.payments.timeline import Weight, Who, tell, tell_once
from providers.agreements import AgreementReport, Ending
from providers.errors import ProviderError, Uncertain

log = structlog.get_logger("checkout.agreements")


class NotEnded(Exception):
    """The agreement cannot be ended this way now; `str()` says why."""


def look_at(
    agreement: Agreement, *, also: tuple[str, ...] = (), patience: float | None = None
) -> Agreement | None:
    """Ask the provider and write the answer; None when there was none. `also`: ids of payments that may be its."""
    provider = agreement.account.provider_class
    if not provider.can("sync_agreement"):
        return agreement
    try:
        told = provider_for(agreement.account, agreement.payment, patience=patience).sync_agreement(
            agreement_for(agreement, also=also)
        )
    except ProviderError as why:
        _not_answered(agreement, why)
        return None
    return _write(agreement, told)


def end(agreement: Agreement, ending: Ending, *, who: str, user: User | None = None) -> Agreement:
    """Have the provider end it. NotEnded when it does not offer that, refuses, or does not answer: then the next look
    tells what became of it."""
    if ending.value not in agreement.endings:
        raise NotEnded(f"Agreement {agreement.number} cannot be ended this way now.")
    with order_lock(agreement.payment.order_id) as order:
        tell(order, "agreement.end_asked", payment=agreement.payment, who=who, user=user,
             agreement=agreement.number, ending=ending.value)  # fmt: skip
        Agreement.objects.filter(pk=agreement.pk).update(next_check_at=timezone.now(), checks=0)
    try:
        told = provider_for(agreement.account, agreement.payment).end_agreement(
            agreement_for(agreement), ending
        )
    except ProviderError as why:
        _not_answered(agreement, why)
        raise NotEnded(str(why)) from None
    return _write(agreement, told)


def _write(agreement: Agreement, told: AgreementReport) -> Agreement:
    with order_lock(agreement.payment.order_id) as order:
        payment = order.payments.select_related("account").get(pk=agreement.payment_id)
        take_agreement(order, payment, told)
    return Agreement.objects.select_related("account", "payment__order").get(pk=agreement.pk)


def _not_answered(agreement: Agreement, why: ProviderError) -> None:
    with order_lock(agreement.payment.order_id) as order:
        row = Agreement.objects.select_related("account", "payment__account").get(pk=agreement.pk)
        news = tell_once(order, "agreement.uncertain", payment=row.payment, who=Who.GUICHET, weight=Weight.WARNING,
                         agreement=row.number, why=str(why))  # fmt: skip
        row.checks += 1
        row.next_check_at = next_look(row, timezone.now())
        row.save(update_fields=["checks", "next_check_at"])
        if news and not isinstance(why, Uncertain):
            flag(order, f"{row.account.name}: {why}")
