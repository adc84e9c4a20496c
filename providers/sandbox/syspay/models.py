"""What does the SysPay stand-in remember? Terminals, payments, subscriptions, agreements. Amounts are minor units."""

import secrets
import string
from typing import Any, ClassVar

from django.db import models

_ALPHABET = string.ascii_lowercase + string.digits


def terminal_token() -> str:
    """32 characters, as in the seed's sample."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(32))


class SyspayNonce(models.Model):
    """An X-Wsse header that has been used: it will not pass again."""

    login = models.CharField(max_length=255)
    nonce = models.CharField(max_length=255)
    created = models.CharField(max_length=20)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["login", "nonce", "created"], name="one_use_of_a_header"),
        ]

    def __str__(self) -> str:
        return f"{self.login} {self.created}"


class SyspayTerminal(models.Model):
    """One eTerminal instance: what was asked (`asked` is the request, without its nulls), and whether it has ended."""

    token = models.CharField(max_length=32, primary_key=True, default=terminal_token)
    account = models.CharField(max_length=60)
    asked: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    reference = models.CharField(max_length=255, blank=True)
    tries_left = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    expired = models.BooleanField(default=False)
    # Where this sandbox was reached, without a slash at the end.
    base = models.TextField()

    def __str__(self) -> str:
        return self.handle

    @property
    def handle(self) -> str:
        """Enough of the token to tell it from others, and too little to open its form."""
        return self.token[:12]

    @property
    def open(self) -> bool:
        return self.ended_at is None and not self.expired


class _Chargeable(models.Model):
    """What subscriptions and agreements have in common: somebody's card that may be charged again."""

    account = models.CharField(max_length=60)
    terminal = models.ForeignKey(SyspayTerminal, on_delete=models.CASCADE, null=True)
    reference = models.CharField(max_length=255)
    status = models.CharField(max_length=20, default="PENDING")
    end_reason = models.CharField(max_length=30, blank=True)
    currency = models.CharField(max_length=3)
    description = models.TextField(blank=True)
    website = models.BigIntegerField(null=True)
    ems_url = models.TextField(blank=True)
    card: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    # How the card ends when it is charged again: a failure category, or nothing for a success.
    later_failure = models.CharField(max_length=30, blank=True)
    customer: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True


class SyspayAgreement(_Chargeable):
    """A billing agreement: what a PAYMENT_MANDATE becomes."""

    expires_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"agreement {self.pk} {self.status}"


class SyspaySubscription(_Chargeable):
    """A subscription or a payment plan (`plan_type` INSTALMENT): a plan, and how far it has come."""

    plan_type = models.CharField(max_length=20)
    plan: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    phase = models.CharField(max_length=10, default="NEW")
    # How many events of the plan's timetable are behind it, and how often the present one was tried again.
    done = models.PositiveIntegerField(default=0)
    retries = models.PositiveIntegerField(default=0)
    # The merchant has cancelled it, but not "now": it ends when its paid time does.
    leaving = models.CharField(max_length=30, blank=True)
    start_at = models.DateTimeField(null=True)
    end_at = models.DateTimeField(null=True)
    next_type = models.CharField(max_length=12, blank=True)
    next_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"subscription {self.pk} {self.status}"


class SyspayPayment(models.Model):
    """One payment: of the form, of a timetable, or of a rebill."""

    class Status(models.TextChoices):
        OPEN = "OPEN"
        SUCCESS = "SUCCESS"
        FAILED = "FAILED"
        CANCELLED = "CANCELLED"
        AUTHORIZED = "AUTHORIZED"
        VOIDED = "VOIDED"
        WAITING = "WAITING"
        ERROR = "ERROR"

    account = models.CharField(max_length=60)
    terminal = models.ForeignKey(SyspayTerminal, on_delete=models.CASCADE, null=True, related_name="payments")
    subscription = models.ForeignKey(
        SyspaySubscription, on_delete=models.CASCADE, null=True, related_name="payments"
    )
    agreement = models.ForeignKey(
        SyspayAgreement, on_delete=models.CASCADE, null=True, related_name="payments"
    )
    payment_type = models.CharField(max_length=40)
    flow = models.CharField(max_length=10)
    reference = models.CharField(max_length=255, db_index=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OPEN)
    failure_category = models.CharField(max_length=30, blank=True)
    preauth = models.BooleanField(default=False)
    description = models.TextField(blank=True)
    extra = models.TextField(blank=True)
    website = models.BigIntegerField(null=True)
    ems_url = models.TextField(blank=True)
    card: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    customer: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    # While 3-D Secure asks, or the bank thinks: how it will end, and how many wrong codes were given.
    challenge = models.BooleanField(default=False)
    challenge_tries = models.PositiveSmallIntegerField(default=0)
    then_failure = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField()
    processed_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"payment {self.pk} {self.status}"


class SyspayRefund(models.Model):
    account = models.CharField(max_length=60)
    payment = models.ForeignKey(SyspayPayment, on_delete=models.CASCADE, related_name="refunds")
    reference = models.CharField(max_length=255)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=12)
    description = models.TextField(blank=True)
    extra = models.TextField(blank=True)
    ems_url = models.TextField(blank=True)
    processed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"refund {self.pk} {self.status}"


class SyspayChargeback(models.Model):
    account = models.CharField(max_length=60)
    payment = models.ForeignKey(SyspayPayment, on_delete=models.CASCADE, related_name="chargebacks")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=12)
    reason_code = models.CharField(max_length=20)
    processed_at = models.DateTimeField()
    bank_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"chargeback {self.pk} {self.status}"
