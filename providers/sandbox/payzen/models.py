"""What does the PayZen stand-in remember? Orders, forms, transactions, aliases, messages. Amounts are minor units."""

import secrets
import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.db import models

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def hex_id() -> str:
    return uuid.uuid4().hex


def link_code() -> str:
    """The eight characters after /t/."""
    return "".join(secrets.choice(_LETTERS) for _ in range(8))


class PayzenCharge(models.Model):
    """Something a shopper can pay: a payment order behind its link, or a form behind its token.

    `asked` is the request, read and cleaned; amount, currency, order_id and the rest are what holds now.
    """

    class Kind(models.TextChoices):
        ORDER = "order"
        FORM = "form"

    class Status(models.TextChoices):
        RUNNING = "RUNNING"
        PAID = "PAID"
        REFUSED = "REFUSED"
        EXPIRED = "EXPIRED"
        CANCELLED = "CANCELLED"

    id = models.CharField(max_length=32, primary_key=True, default=hex_id)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    key = models.CharField(max_length=300, unique=True, help_text="the link's code, or the formToken")
    account = models.CharField(max_length=60)
    mode = models.CharField(max_length=10)
    asked: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    order_id = models.CharField(max_length=64, blank=True)
    channel = models.CharField(max_length=10, blank=True)
    form_action = models.CharField(max_length=20, default="PAYMENT")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.RUNNING)
    # Whether a further attempt may be made, as long as it has not expired.
    open = models.BooleanField(default=True)
    attempts_left = models.PositiveIntegerField(null=True, help_text="none: as many as the hour allows")
    # Raised by every update: a page that was opened before shows another amount.
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    # Where browsers reach this stand-in, without a slash at the end.
    base = models.TextField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account", "mode", "order_id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.id[:8]} {self.status}"

    @property
    def is_order(self) -> bool:
        return self.kind == self.Kind.ORDER

    @property
    def url(self) -> str:
        return f"{self.base}/t/{self.key}"

    def payable(self, now: datetime) -> bool:
        return self.open and self.expires_at > now


class PayzenTransaction(models.Model):
    """One attempt, one verification or one refund."""

    uuid = models.CharField(max_length=32, primary_key=True, default=hex_id)
    charge = models.ForeignKey(PayzenCharge, on_delete=models.CASCADE, null=True, related_name="attempts")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="refunds")
    account = models.CharField(max_length=60)
    mode = models.CharField(max_length=10)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    order_id = models.CharField(max_length=64, blank=True)
    operation = models.CharField(max_length=12, default="DEBIT")
    detailed = models.CharField(max_length=40)
    token = models.CharField(max_length=32, blank=True)
    from_token = models.BooleanField(default=False)
    card: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    customer: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    metadata: "models.JSONField[dict[str, Any]]" = models.JSONField(null=True)
    # (errorCode, errorMessage, detailedErrorCode, detailedErrorMessage); empty when all is well.
    error: "models.JSONField[list[str]]" = models.JSONField(default=list)
    strong = models.CharField(max_length=40, default="DISABLED")
    challenge = models.CharField(max_length=20, blank=True, help_text="how it ends, while 3-D Secure asks")
    challenge_tries = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=60, blank=True)
    manual = models.BooleanField(default=False)
    comment = models.CharField(max_length=255, blank=True)
    sequence = models.PositiveIntegerField(default=1)
    legacy_id = models.CharField(max_length=6)
    ipn_url = models.TextField(blank=True)
    created_at = models.DateTimeField()
    capture_at = models.DateTimeField(help_text="the hour it is settled, if nothing stops it")
    authorised_at = models.DateTimeField(null=True)
    captured_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account", "mode", "order_id"])]

    def __str__(self) -> str:
        return f"{self.uuid[:8]} {self.operation} {self.detailed}"


class PayzenToken(models.Model):
    """An alias: what may be shown of a card, and how it ends when it is charged. The number was never kept."""

    token = models.CharField(max_length=32, primary_key=True, default=hex_id)
    account = models.CharField(max_length=60)
    mode = models.CharField(max_length=10)
    card: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    customer: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    order_id = models.CharField(max_length=64, blank=True)
    ending = models.CharField(max_length=20)
    reason = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.token[:8]} {self.card.get('pan')}"


class PayzenMessage(models.Model):
    """An e-mail, SMS or WhatsApp message that would have been sent."""

    charge = models.ForeignKey(PayzenCharge, on_delete=models.CASCADE, related_name="messages")
    channel = models.CharField(max_length=10)
    purpose = models.CharField(max_length=10, default="request", help_text="request or receipt")
    recipient = models.CharField(max_length=320)
    subject = models.CharField(max_length=255, blank=True)
    body = models.TextField()
    sent_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.channel} to {self.recipient}"
