"""What became of one attempt to pay an order? Sums in minor units, as the provider reported them."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from checkout.models.account import Account
from checkout.models.order import Order, new_token
from checkout.states import MONEY_STATES, OPEN_STATES, State
from providers.base import Claim, Occasion
from providers.money import Money

OCCASIONS = [
    (Occasion.RECURRING.value, _("regular charge")),
    (Occasion.DELAYED_CHARGE.value, _("owed, charged later")),
    (Occasion.INCREMENT.value, _("more than was paid first")),
    (Occasion.RESUBMISSION.value, _("once more after a failure")),
    (Occasion.REAUTHORIZATION.value, _("the reserve made anew")),
    (Occasion.NO_SHOW.value, _("the customer did not come")),
]


class Payment(models.Model):
    """One attempt. Its state and sums are written by `checkout.payments.apply` alone; it is never recycled."""

    STATES = [
        (State.CREATED, _("created")),
        (State.STARTED, _("waiting for the shopper")),
        (State.PENDING, _("pending")),
        (State.AUTHORIZED, _("authorised")),
        (State.PAID, _("paid")),
        (State.REFUNDED, _("refunded")),
        (State.FAILED, _("failed")),
        (State.CANCELED, _("canceled")),
        (State.EXPIRED, _("expired")),
    ]

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="payments")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payments")
    number = models.PositiveSmallIntegerField(_("attempt"))
    reference = models.CharField(
        _("reference"), max_length=30, unique=True
    )  # what the provider calls our reference
    token = models.CharField(
        max_length=40, unique=True, default=new_token, editable=False
    )  # in the return address
    state = models.CharField(_("state"), max_length=12, choices=STATES, default=State.CREATED, editable=False)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    authorized_minor = models.BigIntegerField(_("authorised"), default=0, editable=False)
    captured_minor = models.BigIntegerField(_("captured"), default=0, editable=False)
    refunded_minor = models.BigIntegerField(_("refunded"), default=0, editable=False)
    voided_minor = models.BigIntegerField(_("voided"), default=0, editable=False)
    pending_minor = models.BigIntegerField(_("under way"), default=0, editable=False)
    channel = models.CharField(max_length=20, blank=True)
    saved_card = models.ForeignKey(
        "checkout.SavedCard", on_delete=models.SET_NULL, null=True, blank=True, related_name="payments"
    )
    save_card = models.BooleanField(_("keep the card"), default=False)  # the shopper's consent
    occasion = models.CharField(  # the merchant charged the saved card, and why; the shopper was not there
        _("charged by the merchant"), max_length=20, blank=True, choices=OCCASIONS
    )
    # At the desk: {"back": path of ours, "locked": names of inputs, or null for all}; {} for a shopper's own.
    desk = models.JSONField(default=dict, blank=True)
    # A change of amount or expiry that the provider was asked for and has not answered: {"amount", "expires_at"}.
    wanted = models.JSONField(default=dict, blank=True)
    request_key = models.CharField(
        max_length=255, blank=True
    )  # the shop's own name for the request that made it
    provider_id = models.CharField(_("provider's id"), max_length=100, blank=True, db_index=True)
    memo = models.JSONField(default=dict, blank=True)  # what the provider asked us to remember
    show = models.JSONField(default=dict, blank=True)  # how the shopper continues: {"kind": "widget" ...}
    claim = models.CharField(
        max_length=10, blank=True, default=Claim.NOTHING.value
    )  # what the browser came back with
    claimed_at = models.DateTimeField(null=True, blank=True)
    decline_code = models.CharField(_("decline code"), max_length=60, blank=True)
    decline_message = models.CharField(_("decline message"), max_length=300, blank=True)
    decline_reason = models.CharField(_("decline reason"), max_length=30, blank=True)
    refused_fields = models.JSONField(
        default=list, blank=True
    )  # [{field: path in the shop's request, message}]
    may_retry = models.BooleanField(default=True)  # False: a further attempt could charge twice
    card_brand = models.CharField(_("card"), max_length=30, blank=True)
    card_last4 = models.CharField(_("last four digits"), max_length=4, blank=True, db_index=True)
    checks = models.PositiveIntegerField(default=0)  # how often we asked since the last change
    next_check_at = models.DateTimeField(null=True, blank=True, db_index=True)  # null: nothing more to ask
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["-id"]
        permissions = [
            ("capture_payment", _("May capture payments")),
            ("void_payment", _("May void payments")),
            ("refund_payment", _("May refund payments")),
            ("charge_payment", _("May charge saved cards and agreements")),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="payments_by_day"),
            models.Index(fields=["currency", "-id"], name="payments_by_currency"),
            models.Index(
                fields=["decline_reason", "-id"], condition=~Q(decline_reason=""), name="payments_declined"
            ),
            models.Index(fields=["account", "-id"], name="payments_by_account"),
            models.Index(fields=["state", "-id"], name="payments_by_state"),
            models.Index(fields=["amount_minor", "currency"], name="payments_by_amount"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="attempts_are_numbered"),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state__in=sorted(OPEN_STATES)),
                name="one_open_attempt_per_order",
            ),
            models.UniqueConstraint(
                fields=["order", "request_key"],
                condition=~Q(request_key=""),
                name="one_attempt_per_request_key",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="payment_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(captured_minor__gte=0) & Q(captured_minor__lte=F("authorized_minor")),
                name="captured_within_authorized",
            ),
            models.CheckConstraint(
                condition=Q(refunded_minor__gte=0) & Q(refunded_minor__lte=F("captured_minor")),
                name="refunded_within_captured",
            ),
            models.CheckConstraint(
                condition=Q(voided_minor__gte=0)
                & Q(pending_minor__gte=0)
                & Q(authorized_minor__gte=F("captured_minor") + F("voided_minor")),
                name="voided_within_authorized",
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    def _money(self, minor: int) -> Money:
        return Money(minor, self.currency)

    @property
    def money(self) -> Money:
        return self._money(self.amount_minor)

    @property
    def authorized(self) -> Money:
        return self._money(self.authorized_minor)

    @property
    def captured(self) -> Money:
        return self._money(self.captured_minor)

    @property
    def refunded(self) -> Money:
        return self._money(self.refunded_minor)

    @property
    def voided(self) -> Money:
        return self._money(self.voided_minor)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def has_money(self) -> bool:
        return self.state in MONEY_STATES

    def can(self, verb: str) -> bool:
        """May this verb be offered now? The provider wrote it, and there is something left to do it with."""
        if not self.account.provider_class.can(verb):
            return False
        left = {
            "capture": self.authorized_minor - self.captured_minor - self.voided_minor,
            "void": self.authorized_minor - self.captured_minor - self.voided_minor,
            "refund": self.captured_minor - self.refunded_minor,
        }[verb]
        return left > 0 and self.state in MONEY_STATES


class ProviderReference(models.Model):
    """Every id under which a provider may speak of a payment: token, transaction, order, child ..."""

    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="provider_references")
    account = models.ForeignKey(Account, on_delete=models.CASCADE)
    value = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "payment", "value"], name="provider_reference_once_a_payment"
            )
        ]
        indexes = [models.Index(fields=["account", "value"], name="payment_by_provider_id")]

    def __str__(self) -> str:
        return self.value


class Tender(models.Model):
    """One means of payment's part in a payment: a gift card's, a card's."""

    payment = models.ForeignKey(Payment, on_delete=models.CASCADE, related_name="tenders")
    tender_id = models.CharField(max_length=100)
    position = models.PositiveSmallIntegerField()
    partner = models.CharField(max_length=50)
    method = models.CharField(max_length=50)
    authorized_minor = models.BigIntegerField(default=0)
    captured_minor = models.BigIntegerField(default=0)
    refunded_minor = models.BigIntegerField(default=0)
    voided_minor = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["payment", "tender_id"], name="tender_once_a_payment")]

    def __str__(self) -> str:
        return f"{self.partner}/{self.method}"

    def values(self) -> dict[str, Any]:
        return {
            name: getattr(self, f"{name}_minor") for name in ("authorized", "captured", "refunded", "voided")
        }
