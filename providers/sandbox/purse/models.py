"""What does the Purse stand-in remember? Sessions, payments with their transactions and operations, wallets, keys."""

import secrets
import uuid
from typing import Any, ClassVar

from django.db import models

Json = dict[str, Any]


def identifier() -> str:
    return str(uuid.uuid4())


def random_secret() -> str:
    return secrets.token_urlsafe(24)


class PurseToken(models.Model):
    """An access token that was handed out."""

    value = models.CharField(max_length=60, primary_key=True, default=random_secret)
    account = models.CharField(max_length=60)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account} until {self.expires_at}"


class PurseKey(models.Model):
    """An RSA key that signs the shopper's return; the newest one signs, the others may still be published."""

    kid = models.CharField(max_length=36, default=identifier, unique=True)
    private_pem = models.TextField()
    published = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.kid


class PurseSession(models.Model):
    """A client session. CREATED and SUBMITTED are attested; ABORTED and EXPIRED are ours [inferred]."""

    class Status(models.TextChoices):
        CREATED = "CREATED"
        SUBMITTED = "SUBMITTED"
        ABORTED = "ABORTED"
        EXPIRED = "EXPIRED"

    id = models.CharField(max_length=36, primary_key=True, default=identifier)
    account = models.CharField(max_length=60)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.CREATED)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    order_reference = models.CharField(max_length=255)
    customer_reference = models.CharField(max_length=255, blank=True)
    # What the widget must know to open the form; only widget.data carries it.
    secret = models.CharField(max_length=60, default=random_secret)
    # The whole request, to be echoed as it came.
    asked: "models.JSONField[Json]" = models.JSONField(default=dict)
    # Where the shop reached the sandbox: widget and pages are on the same origin.
    origin = models.CharField(max_length=255)
    # Gift cards that the shopper has put in so far: [{"number", "amount"}].
    gift_cards: "models.JSONField[list[Json]]" = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account", "order_reference"])]

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class PursePayment(models.Model):
    """A payment: born when its session is submitted, or of a call by the shop's server (then without session)."""

    id = models.CharField(max_length=36, primary_key=True, default=identifier)
    account = models.CharField(max_length=60)
    session = models.OneToOneField(PurseSession, on_delete=models.CASCADE, null=True, related_name="payment")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    order_reference = models.CharField(max_length=255)
    customer_reference = models.CharField(max_length=255, blank=True)
    asked: "models.JSONField[Json]" = models.JSONField(default=dict)
    origin = models.CharField(max_length=255)
    # Grows with every change that a shop can see.
    version = models.PositiveIntegerField(default=0)
    # The amounts of which the shop's webhook was last told.
    told: "models.JSONField[Json]" = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class PurseTransaction(models.Model):
    """One part of the split at one partner: the authorisation from which operations take."""

    class Status(models.TextChoices):
        AUTHORIZED = "AUTHORIZED"
        PENDING = "PENDING"
        UNCERTAIN = "UNCERTAIN"
        REFUSED = "REFUSED"
        ERROR = "ERROR"
        ABORTED = "ABORTED"

    id = models.CharField(max_length=36, primary_key=True, default=identifier)
    payment = models.ForeignKey(PursePayment, on_delete=models.CASCADE, related_name="transactions")
    place = models.PositiveSmallIntegerField()
    amount = models.BigIntegerField()
    partner = models.CharField(max_length=40)
    method = models.CharField(max_length=40)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    partner_reference = models.CharField(max_length=40)
    partner_token = models.CharField(max_length=36, default=identifier)
    reason = models.CharField(max_length=60, blank=True)
    card: "models.JSONField[Json]" = models.JSONField(default=dict)
    gift_card = models.CharField(max_length=30, blank=True)
    # parent_* of a payment that a shop starts without the shopper (MIT).
    parent: "models.JSONField[Json]" = models.JSONField(default=dict)
    # What the shopper still has to do, "challenge" or "approval", and how the bank will then decide.
    waits_for = models.CharField(max_length=12, blank=True)
    ending = models.CharField(max_length=20, blank=True)
    challenge_tries = models.PositiveSmallIntegerField(default=0)
    # How the card ends when it is charged again without the shopper; and whether it is to be saved now.
    later_ending = models.CharField(max_length=20, blank=True)
    save_token = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["payment", "place"]

    def __str__(self) -> str:
        return f"{self.partner}/{self.method} {self.amount} {self.status}"


class PurseOperation(models.Model):
    """A capture, void or refund, as the merchant asked for it."""

    class Kind(models.TextChoices):
        CAPTURE = "capture"
        VOID = "void"
        REFUND = "refund"

    id = models.CharField(max_length=36, primary_key=True, default=identifier)
    number = models.PositiveIntegerField()
    payment = models.ForeignKey(PursePayment, on_delete=models.CASCADE, related_name="operations")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    amount = models.BigIntegerField()
    triggered_by = models.CharField(max_length=20)
    merchant_reference = models.CharField(max_length=255, blank=True)
    order: "models.JSONField[Json]" = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["payment", "number"]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"


class PurseOperationPart(models.Model):
    """What one partner does of an operation."""

    class Status(models.TextChoices):
        SUCCESS = "SUCCESS"
        PENDING = "PENDING"
        UNCERTAIN = "UNCERTAIN"
        FAILURE = "FAILURE"

    id = models.CharField(max_length=36, primary_key=True, default=identifier)
    operation = models.ForeignKey(PurseOperation, on_delete=models.CASCADE, related_name="parts")
    transaction = models.ForeignKey(PurseTransaction, on_delete=models.CASCADE, related_name="parts")
    place = models.PositiveSmallIntegerField()
    amount = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices)
    partner_reference = models.CharField(max_length=40)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["operation", "place"]

    def __str__(self) -> str:
        return f"{self.amount} {self.status}"


class PurseGiftCard(models.Model):
    """A gift card and what is left on it, in minor units of whatever currency it is used in."""

    number = models.CharField(max_length=30, primary_key=True)
    label = models.CharField(max_length=60)
    pin = models.CharField(max_length=8)
    partner = models.CharField(max_length=40)
    balance = models.BigIntegerField()
    expired = models.BooleanField(default=False)
    refuses = models.BooleanField(default=False, help_text="shows its balance, and refuses to be charged")

    def __str__(self) -> str:
        return f"{self.number} {self.balance}"


class PurseSavedToken(models.Model):
    """A card that a shopper has saved. The number itself was never kept."""

    id = models.CharField(max_length=36, primary_key=True, default=identifier)
    value = models.CharField(max_length=60, default=random_secret)
    account = models.CharField(max_length=60)
    customer_reference = models.CharField(max_length=255)
    partner = models.CharField(max_length=40)
    method = models.CharField(max_length=40)
    card: "models.JSONField[Json]" = models.JSONField(default=dict)
    ending = models.CharField(max_length=20)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.customer_reference} {self.card.get('last_four_digits')}"
