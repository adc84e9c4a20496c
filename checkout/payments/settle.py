"""What is true of this attempt? Asks the provider, and lets `apply` write what it says."""

import structlog
from django.db.models import F
from django.utils import timezone

from checkout.models import Payment
from checkout.payments.apply import apply, flag
from checkout.payments.border import charge_for, provider_for
from checkout.payments.locks import order_lock
from checkout.payments.schedule import next_check
from checkout.payments.timeline import Weight, Who, tell, tell_once
from checkout.states import MONEY_STATES, State
from providers.base import Claim, Report
from providers.errors import Forged, Invalid, Misconfigured, Uncertain

log = structlog.get_logger("checkout.settle")


def settle(payment: Payment, *, patience: float | None = None) -> Payment:
    """Ask the provider about `payment` and write the answer. `patience`: seconds, when a person waits for it.

    Never raises for what the provider does: an answer that does not come is told in the timeline and asked for again.
    """
    report = ask(payment, patience=patience)
    return Payment.objects.get(pk=payment.pk) if report is None else apply(payment.pk, report)


def ask(payment: Payment, *, patience: float | None = None) -> Report | None:
    """The provider's report; None when it could not be had, which is then told and scheduled."""
    try:
        return provider_for(payment.account, payment, patience=patience).sync(charge_for(payment))
    except Uncertain as why:
        not_answered(payment, str(why), soon=patience is not None)
    except (Misconfigured, Invalid) as why:
        not_answered(payment, str(why), soon=False)
        with order_lock(payment.order_id) as order:
            flag(order, f"{payment.account.name}: {why}")
    return None


def not_answered(payment: Payment, why: str, *, soon: bool) -> None:
    """Nobody knows yet. Say so once, and ask again: at once if a page's short patience was all that ran out."""
    with order_lock(payment.order_id) as order:
        row = order.payments.select_related("account").get(pk=payment.pk)
        tell_once(order, "payment.uncertain", payment=row, who=Who.GUICHET, weight=Weight.WARNING, why=why)
        now = timezone.now()
        if not soon:
            row.checks = F("checks") + 1
        row.next_check_at = now if soon else next_check(row.state, payment.checks + 1, now)
        row.save(update_fields=["checks", "next_check_at"])


def returned(payment: Payment, query: dict[str, str], *, patience: float) -> Payment:
    """The shopper's browser is back. It decides nothing; what it claims is noted, and the provider is asked."""
    try:
        provider = provider_for(payment.account, payment, patience=patience)
        claim = provider.resume(charge_for(payment), query).claim
    except Forged:
        claim = Claim.NOTHING
        log.warning("return with a bad signature", payment=payment.reference)
    except (Misconfigured, Uncertain) as why:
        claim = Claim.NOTHING
        log.warning("return not read", payment=payment.reference, why=str(why))
    with order_lock(payment.order_id) as order:
        row = order.payments.select_related("account").get(pk=payment.pk)
        # A reload of the return address is no news.
        if row.claim != claim.value or row.claimed_at is None:
            row.claim, row.claimed_at = claim.value, timezone.now()
            row.save(update_fields=["claim", "claimed_at"])
            tell(order, "payment.returned", payment=row, who=Who.SHOPPER, claim=claim.value)
    if row.state == State.CREATED:
        return row  # `start` or `recover` has it in hand
    settled = settle(row, patience=patience)
    if claim is Claim.SUCCESS and settled.state not in MONEY_STATES | {State.PENDING}:
        with order_lock(payment.order_id) as order:
            known = order.timeline.filter(payment=settled, code="payment.claim_false").exists()
            if not known and not order.timeline.filter(payment=settled, code="payment.uncertain").exists():
                tell(order, "payment.claim_false", payment=settled, who=Who.PROVIDER, weight=Weight.WARNING,
                     claim=claim.value, outcome=settled.state)  # fmt: skip
    return settled
