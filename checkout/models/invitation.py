"""Which links to pay did customers get, by which way, and are they still good?"""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from checkout.models.order import Order
from checkout.models.payment import Payment
from checkout.states import OrderState, State


def new_link_token() -> str:
    """128 random bits, short enough for a text message and a coarse QR code."""
    return secrets.token_urlsafe(16)


class Invitation(models.Model):
    """A link to pay one order: ours, to copy or sent by e-mail, or a provider's own, sent by the provider's channel.

    A link of ours leads to the order's page, so it always shows what is owed now. A provider's is its `payment`'s: it
    was opened with that attempt, and is good as long as the attempt is open.
    """

    COPY = "copy"  # shown to the merchant, who hands it over
    EMAIL = "email"  # sent by us
    CHANNELS = [
        (COPY, _("link to copy")),
        (EMAIL, _("e-mail")),
        ("url", _("provider's link")),
        ("mail", _("e-mail by the provider")),
        ("sms", _("SMS by the provider")),
        ("whatsapp", _("WhatsApp by the provider")),
        ("invoice", _("provider's invoice")),
    ]

    class State(models.TextChoices):
        NEW = "new", _("on its way")
        SENT = "sent", _("sent")
        FAILED = "failed", _("not sent")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Standing(models.TextChoices):
        """How the link stands, everything considered: what of it is sent, its attempt, its order."""

        ON_ITS_WAY = "on_its_way", _("on its way")
        UNKNOWN = "unknown", _("the provider has not answered yet")
        READY = "ready", _("to be handed over by you")
        SENT = "sent", _("sent")
        NOT_SENT = "not_sent", _("not sent")
        UNDER_WAY = "under_way", _("payment under way")
        PAID = "paid", _("paid")
        FAILED = "failed", _("payment failed")
        GIVEN_UP = "given_up", _("given up")
        WITHDRAWN = "withdrawn", _("withdrawn")
        EXPIRED = "expired", _("expired")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invitations")
    payment = models.OneToOneField(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="invitation"
    )  # null: the link is ours
    token = models.CharField(max_length=40, unique=True, default=new_link_token, editable=False)
    channel = models.CharField(_("by"), max_length=20, choices=CHANNELS)
    to = models.CharField(_("to"), max_length=254, blank=True)
    subject = models.CharField(_("subject"), max_length=150, blank=True)
    text = models.TextField(_("text"), blank=True)  # with {link}, {amount} and {until}
    language = models.CharField(_("language"), max_length=5, default="en")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NEW)
    error = models.CharField(_("error"), max_length=300, blank=True)
    times = models.PositiveSmallIntegerField(_("times sent"), default=0)
    request_key = models.CharField(max_length=255, blank=True)  # the asker's own name for the request
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)  # null: nothing is to be sent
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    opened_at = models.DateTimeField(_("first opened"), null=True, blank=True)

    class Meta:
        verbose_name = _("payment link")
        verbose_name_plural = _("payment links")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "request_key"],
                condition=~Q(request_key=""),
                name="one_link_per_request_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.to}".strip()

    @property
    def url(self) -> str:
        """The address to hand over: the provider's, once it is there, else ours."""
        if self.payment is not None:
            return str(self.payment.show.get("url", ""))
        return settings.SITE_URL.rstrip("/") + reverse("link", args=[self.token])

    @property
    def is_good(self) -> bool:
        """Does the link still lead to something that can be paid?"""
        if (
            self.state == self.State.WITHDRAWN
            or self.order.state != OrderState.OPEN
            or self.order.is_past_hold()
        ):
            return False
        return self.payment is None or self.payment.is_open

    @property
    def is_handed_over(self) -> bool:
        """Is it the merchant who hands the link over? Nobody else sends it."""
        if self.payment is None:
            return self.channel == self.COPY
        return bool(self.payment.show) and not self.payment.show.get("sent_to")

    @property
    def standing(self) -> "Invitation.Standing":
        """In a word; `problem` says more."""
        if self.payment is None:
            return self._our_standing()
        if not self.payment.has_money and self.state == self.State.WITHDRAWN:
            return self.Standing.WITHDRAWN
        return self._standing_of(self.payment)

    def _our_standing(self) -> "Invitation.Standing":
        if self.order.state == OrderState.PAID:
            return self.Standing.PAID
        if self.state == self.State.WITHDRAWN:
            return self.Standing.WITHDRAWN
        if self.order.state == OrderState.CANCELED:
            return self.Standing.GIVEN_UP
        if self.order.state == OrderState.EXPIRED or self.order.is_past_hold():
            return self.Standing.EXPIRED
        if self.state == self.State.SENT:
            return self.Standing.READY if self.is_handed_over else self.Standing.SENT
        return self.Standing.NOT_SENT if self.state == self.State.FAILED else self.Standing.ON_ITS_WAY

    def _standing_of(self, payment: Payment) -> "Invitation.Standing":
        if payment.has_money:
            return self.Standing.PAID
        if payment.state == State.CREATED:  # looked at once: `start` has ended, and nobody knows how
            return self.Standing.UNKNOWN if payment.checks else self.Standing.ON_ITS_WAY
        if payment.state == State.STARTED:
            if self.order.is_past_hold():
                return self.Standing.EXPIRED
            return self.Standing.READY if self.is_handed_over else self.Standing.SENT
        if payment.state == State.FAILED and not payment.show:
            return self.Standing.NOT_SENT  # it was never opened
        return {
            State.PENDING: self.Standing.UNDER_WAY,
            State.CANCELED: self.Standing.GIVEN_UP,
            State.EXPIRED: self.Standing.EXPIRED,
        }.get(State(payment.state), self.Standing.FAILED)

    @property
    def problem(self) -> str:
        """Why it was not sent, or its payment failed; "" when nothing went wrong."""
        if self.error or self.payment is None or self.payment.has_money:
            return self.error
        return self.payment.decline_message or self.payment.decline_code
