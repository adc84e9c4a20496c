"""What is true of this attempt? Asks the provider, and lets `apply` write what it says."""

from datetime import timedelta

import structlog
from django.utils import timezone

from checkout.models import Call, Payment
from checkout.payments.apply import apply, next_look, show_as_json
from checkout.payments.attention import flag, of_account
from checkout.payments.border import charge_for, provider_for
from checkout.payments.locks import order_lock
from checkout.payments.rotation import verified
from checkout.payments.timeline import Weight, Who, tell, tell_once
from checkout.states import MONEY_STATES, State
from providers.base import Claim, Report, Returned
from providers.errors import Forged, ProviderError, Uncertain

log = structlog.get_logger("checkout.settle")
# What is final by its state and is watched nevertheless (`Report.look_again`) is, when there was no answer.
WATCHED_AGAIN, WATCHED_IN_VAIN = timedelta(days=1), 30


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
        not_answered(payment, why.sentence, soon=patience is not None)
    except ProviderError as why:
        news = not_answered(payment, why.sentence, soon=False)
        if news:  # said once: a person who has seen it is not called again for the same
            with order_lock(payment.order_id) as order:
                flag(order, of_account(payment.account.name, why.sentence), Call.ACCOUNT)
    return None


def not_answered(payment: Payment, why: str, *, soon: bool, code: str = "payment.uncertain") -> bool:
    """Nobody knows yet. Say so once, and ask again: at once if a page's short patience was all that ran out. True when
    it was news."""
    with order_lock(payment.order_id) as order:
        row = order.payments.select_related("account").get(pk=payment.pk)
        told = tell_once(order, code, payment=row, who=Who.GUICHET, weight=Weight.WARNING, why=why)
        now = timezone.now()
        if not soon:
            row.checks += 1
        watched = row.next_check_at is not None and row.checks < WATCHED_IN_VAIN
        row.next_check_at = now if soon else next_look(row, now) or (now + WATCHED_AGAIN if watched else None)
        row.save(update_fields=["checks", "next_check_at"])
        return told


def returned(payment: Payment, query: dict[str, str], *, patience: float) -> Payment:
    """The shopper's browser is back. It decides nothing; what it claims is noted, and the provider is asked."""
    try:
        charge = charge_for(payment)
        back = verified(
            payment.account,
            lambda provider: provider.resume(charge, query),
            payment=payment,
            patience=patience,
        )
    except Forged:
        back = Returned()
        log.warning("return with a bad signature", payment=payment.reference)
    except ProviderError as why:
        back = Returned()
        log.warning("return not read", payment=payment.reference, why=str(why))
    claim = back.claim
    with order_lock(payment.order_id) as order:
        row = order.payments.select_related("account").get(pk=payment.pk)
        if back.show is not None and row.is_open:
            row.show = show_as_json(back.show)  # the flow is not over: this is how it goes on
            row.save(update_fields=["show"])
        # A reload of the return address is no news.
        if row.claim != claim.value or row.claimed_at is None:
            row.claim, row.claimed_at = claim.value, timezone.now()
            row.save(update_fields=["claim", "claimed_at"])
            tell(order, "payment.returned", payment=row, who=Who.SHOPPER, claim=claim.value)
    if row.state == State.CREATED or row.state in MONEY_STATES:
        return row  # `start` or `recover` has it in hand; or there is nothing left to learn from a reload
    report = ask(row, patience=patience)
    if report is None:
        return _without_decline(payment)
    settled = apply(payment.pk, report)
    if claim is Claim.SUCCESS and settled.state not in MONEY_STATES | {State.PENDING}:
        with order_lock(payment.order_id) as order:
            if not order.timeline.filter(payment=settled, code="payment.claim_false").exists():
                tell(order, "payment.claim_false", payment=settled, who=Who.PROVIDER, weight=Weight.WARNING,
                     claim=claim.value, outcome=settled.state)  # fmt: skip
    return settled


def _without_decline(payment: Payment) -> Payment:
    """An attempt may be tried again within the provider's page: while it does not answer, nobody knows whether what it
    refused before is why the browser is back now, nor that nothing was charged since."""
    with order_lock(payment.order_id) as order:
        row = order.payments.select_related("account").get(pk=payment.pk)
        if row.is_open and row.decline_reason:
            row.decline_code = row.decline_message = row.decline_reason = ""
            row.save(update_fields=["decline_code", "decline_message", "decline_reason"])
        return row


def can_go_on(payment: Payment) -> bool:
    """Would "try again" lead to the same attempt? Where the provider cannot be told that an attempt is given up, it
    stays payable there, and a second one beside it could be paid as well."""
    return (
        payment.state == State.STARTED
        and bool(payment.show)
        and not payment.account.provider_class.can("cancel")
    )


def go_on(payment: Payment, *, patience: float) -> Payment:
    """The shopper left the provider and comes again: ask, and show the same attempt if it is still open. Also when
    there is no answer: it is one attempt, and the provider takes no money for it twice."""
    settled = settle(payment, patience=patience)
    if not can_go_on(settled):
        return settled
    with order_lock(payment.order_id) as order:
        row = order.payments.select_related("account").get(pk=payment.pk)
        if can_go_on(row) and row.claimed_at is not None:
            row.claim, row.claimed_at = Claim.NOTHING.value, None
            row.save(update_fields=["claim", "claimed_at"])
            tell(order, "payment.resumed", payment=row, who=Who.SHOPPER)
        return row
