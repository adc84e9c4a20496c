"""What does the shopper owe, until when, and where does the order stand?"""

import secrets
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from checkout.models.shop import Shop
from checkout.states import HELD_STATES, MONEY_STATES, OPEN_STATES, OrderState
from providers.base import Kind
from providers.money import Money

if TYPE_CHECKING:
    from checkout.models.payment import Payment

KINDS = [
    (Kind.ONE_OFF.value, _("one payment")),
    (Kind.SUBSCRIPTION.value, _("subscription")),
    (Kind.PAYMENT_PLAN.value, _("payment plan")),
    (Kind.MANDATE.value, _("mandate")),
    (Kind.SAVE_CARD.value, _("a card for later")),
]
# No letters and digits that are mistaken for one another over the phone.
_NUMBER_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_token() -> str:
    """192 random bits: who has the address may see and pay the order, and nobody can guess it."""
    return secrets.token_urlsafe(24)


def new_number() -> str:
    """A name for an order that can be read aloud."""
    return "G-" + "".join(secrets.choice(_NUMBER_ALPHABET) for _digit in range(9))


class Call(models.TextChoices):
    """For what a person is called to an order."""

    LATE_MONEY = "late_money", _("money came late")
    WRONG_AMOUNT = "wrong_amount", _("another amount")
    SECOND_PAYMENT = "second_payment", _("paid twice")
    CONFLICT = "conflict", _("done in part, or contradictory")
    UNCERTAIN = "uncertain", _("nobody knows how it ended")
    CHARGEBACK = "chargeback", _("chargeback")
    AGREEMENT = "agreement", _("agreement")
    ACCOUNT = "account", _("the account's settings")
    OTHER = "other", _("something else")


class Order(models.Model):
    """What one shopper is to pay once. Has many payments: one per attempt."""

    STATES = [
        (OrderState.OPEN, _("open")),
        (OrderState.PAID, _("paid")),
        (OrderState.CANCELED, _("canceled")),
        (OrderState.EXPIRED, _("expired")),
    ]

    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="orders")
    number = models.CharField(_("number"), max_length=20, unique=True, default=new_number, editable=False)
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    reference = models.CharField(_("shop's reference"), max_length=100, db_index=True)
    state = models.CharField(
        _("state"), max_length=10, choices=STATES, default=OrderState.OPEN, editable=False
    )
    kind = models.CharField(_("kind"), max_length=15, choices=KINDS, default=Kind.ONE_OFF)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    description = models.CharField(_("description"), max_length=255, blank=True)
    items = models.JSONField(default=list, blank=True)  # [{name, quantity, unit_price (minor units), sku}]
    customer = models.JSONField(default=dict, blank=True)  # the fields of providers.base.Customer
    email = models.EmailField(_("e-mail"), blank=True, db_index=True)  # the customer's, again, to search by
    language = models.CharField(_("language"), max_length=5, default="en")
    terms = models.JSONField(default=dict, blank=True)  # of a subscription or plan: `checkout.payments.terms`
    # The agreement of which this order is a further payment; null for what a shopper is to pay.
    agreement = models.ForeignKey(
        "checkout.Agreement", on_delete=models.PROTECT, null=True, blank=True, related_name="orders"
    )
    capture_later = models.BooleanField(_("capture later"), default=False)
    keep_card = models.BooleanField(  # the consent was given in the shop
        _("keep the card"), default=False
    )
    return_url = models.URLField(max_length=500, blank=True)
    options = models.JSONField(
        default=dict, blank=True
    )  # provider slug -> what the order brings along for it
    metadata = models.JSONField(default=dict, blank=True)
    expires_at = models.DateTimeField(_("payable until"))
    extensions = models.PositiveSmallIntegerField(default=0, editable=False)
    attention = models.CharField(
        _("needs a person"), max_length=300, blank=True, editable=False, help_text=_("Why, in a sentence.")
    )
    calls = models.CharField(
        max_length=150, blank=True, editable=False
    )  # ",late_money,conflict,": see `Call`
    swept_at = models.DateTimeField(
        null=True, blank=True, editable=False
    )  # when the sweep last tried to close it
    created_at = models.DateTimeField(auto_now_add=True)
    paid_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "reference"], name="one_order_per_shop_reference"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0)
                | models.Q(amount_minor=0, kind__in=[Kind.SAVE_CARD, Kind.MANDATE, Kind.SUBSCRIPTION]),
                name="order_amount_is_positive",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "expires_at"], name="orders_running_out"),
            models.Index(Upper("email"), name="orders_by_email_any_case"),
            models.Index(Upper("reference"), name="orders_by_reference_any_case"),
            models.Index(fields=["amount_minor", "currency"], name="orders_by_amount"),
            models.Index(fields=["state", "-id"], name="orders_by_state"),
            models.Index(fields=["shop", "-id"], name="orders_by_shop"),
            models.Index(fields=["created_at"], name="orders_by_day"),
            models.Index(fields=["currency", "-id"], name="orders_by_currency"),
            models.Index(fields=["kind", "-id"], name="orders_by_kind"),
            models.Index(fields=["-id"], condition=~models.Q(attention=""), name="orders_needing_a_person"),
        ]
        permissions = [
            ("send_link", _("May send payment links")),
            ("take_by_phone", _("May take payments by phone")),
            ("export_order", _("May export orders and payments")),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("shopper:order", args=[self.token])

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)

    def called_for(self) -> list[str]:
        """The words of `Call`, in the sequence in which they came."""
        return [word for word in self.calls.split(",") if word]

    @property
    def pay_url(self) -> str:
        """The address to send the shopper to."""
        return settings.SITE_URL.rstrip("/") + self.get_absolute_url()

    def customer_reference(self) -> str:
        return str(self.customer.get("reference", ""))

    def is_past_hold(self, now: datetime | None = None) -> bool:
        return self.expires_at <= (now or timezone.now())

    def open_attempt(self) -> "Payment | None":
        return self.payments.filter(state__in=OPEN_STATES).first()

    def latest_attempt(self) -> "Payment | None":
        return self.payments.order_by("-number").first()

    def paying_attempt(self) -> "Payment | None":
        """The attempt whose money we hold, or held: the one a receipt speaks of."""
        held = self.payments.filter(state__in=HELD_STATES).order_by("number").first()
        return held or self.payments.filter(state__in=MONEY_STATES).order_by("number").first()

    def option_values(self, provider: str) -> dict[str, Any]:
        return dict(self.options.get(provider, {}))
