"""What did a customer agree to be charged for again, and where does that stand?"""

import secrets
import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from checkout.models.account import Account
from checkout.models.payment import Payment
from checkout.models.shop import Shop
from providers.agreements import AgreementState, Ending, Phase
from providers.base import Kind

# As in an order's number: nothing that is mistaken for something else over the phone.
_NUMBER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_agreement_number() -> str:
    """A name for an agreement that can be read aloud."""
    return "A-" + "".join(secrets.choice(_NUMBER_ALPHABET) for _digit in range(9))


class Agreement(models.Model):
    """A subscription, a payment plan or a mandate at a provider, begun by one payment. It makes payments of its own,
    each with an order (`orders`). Written by `checkout.payments.agreements` alone, under the lock of the order that
    it began with."""

    STATES = [
        (AgreementState.PENDING.value, _("not begun yet")),
        (AgreementState.ACTIVE.value, _("active")),
        (AgreementState.CANCELED.value, _("never began")),
        (AgreementState.ENDED.value, _("ended")),
        (AgreementState.TERMINATED.value, _("terminated")),
    ]
    PHASES = [
        (Phase.NEW.value, _("new")),
        (Phase.TRIAL.value, _("on trial")),
        (Phase.BILLING.value, _("paying")),
        (Phase.RETRY.value, _("a payment failed and is tried again")),
        (Phase.LAST.value, _("ends with what is paid")),
        (Phase.CLOSED.value, _("closed")),
    ]
    KINDS = [
        (Kind.SUBSCRIPTION.value, _("subscription")),
        (Kind.PAYMENT_PLAN.value, _("payment plan")),
        (Kind.MANDATE.value, _("mandate")),
    ]
    ENDINGS = [
        (Ending.NOW.value, _("now")),
        (Ending.PERIOD_END.value, _("with the end of what is paid")),
    ]
    OVER = frozenset({AgreementState.CANCELED, AgreementState.ENDED, AgreementState.TERMINATED})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.CharField(
        _("number"), max_length=20, unique=True, default=new_agreement_number, editable=False
    )
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="agreements")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="agreements")
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, related_name="began", verbose_name=_("first payment")
    )
    customer_reference = models.CharField(_("customer"), max_length=100, blank=True)
    kind = models.CharField(_("kind"), max_length=15, choices=KINDS)
    provider_id = models.CharField(_("provider's id"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=STATES, default=AgreementState.PENDING)
    phase = models.CharField(_("phase"), max_length=10, choices=PHASES, blank=True)
    end_reason = models.CharField(_("why it ended"), max_length=60, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    terms = models.JSONField(default=dict, blank=True)  # as on the order: `checkout.payments.terms`
    next_event = models.CharField(_("next event"), max_length=30, blank=True)
    next_event_at = models.DateTimeField(_("on"), null=True, blank=True)
    began_at = models.DateTimeField(_("since"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    may_charge = models.BooleanField(default=False)  # by hand, at this moment, as the provider said last
    endings = models.JSONField(default=list, blank=True)  # values of Ending that the provider offers
    memo = models.JSONField(default=dict, blank=True)
    checks = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True, blank=True, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "provider_id"], name="an_agreement_is_kept_once"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER

    def next_as_json(self) -> dict[str, Any] | None:
        return {"what": self.next_event, "at": self.next_event_at} if self.next_event else None
