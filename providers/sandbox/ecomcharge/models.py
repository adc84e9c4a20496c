"""What does the eComCharge stand-in remember? Tokens, transactions, saved cards, keys. Amounts are minimal units."""

import secrets
import uuid
from typing import Any, ClassVar

from django.db import models


def checkout_token() -> str:
    return secrets.token_hex(32)


def uid() -> str:
    """In the older or in the newer style, by chance: a uid is opaque, and no shop shall learn to read it."""
    if secrets.randbelow(2):
        return str(uuid.uuid4())
    return f"{10_000_000 + secrets.randbelow(89_999_999)}-{secrets.token_hex(5)}"


def card_token() -> str:
    return str(uuid.uuid4())


def receipt() -> str:
    return secrets.token_hex(32)


class EcomchargeKey(models.Model):
    """A shop's RSA pair, made at first use. It stays when everything is reset: the shop has its public half."""

    account = models.CharField(max_length=60, primary_key=True)
    private_pem = models.TextField()

    def __str__(self) -> str:
        return f"key of {self.account}"


class EcomchargeCheckout(models.Model):
    """A payment token: what was asked (`asked` is the request's `checkout`, cleaned), and where it stands."""

    token = models.CharField(max_length=64, primary_key=True, default=checkout_token)
    account = models.CharField(max_length=60)
    asked: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    transaction_type = models.CharField(max_length=20)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tracking_id = models.CharField(max_length=255, blank=True)
    test = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=1)
    used = models.PositiveIntegerField(default=0)
    # null until the first attempt; then the gateway's word, or `error` when no transaction could be made.
    status = models.CharField(max_length=20, null=True)
    message = models.TextField(null=True)
    finished = models.BooleanField(default=False)
    expired = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    # Where this sandbox was reached, without a slash at the end: addresses are made from it, webhooks' too.
    base = models.TextField()

    def __str__(self) -> str:
        return f"{self.handle} {self.status}"

    @property
    def handle(self) -> str:
        """Enough of the token to tell it from others, and too little to open its page."""
        return self.token[:12]


class EcomchargeTransaction(models.Model):
    """One transaction at the gateway: a payment, a hold, or a child of one (capture, void, refund)."""

    class Status(models.TextChoices):
        INCOMPLETE = "incomplete"
        PENDING = "pending"
        SUCCESSFUL = "successful"
        FAILED = "failed"
        EXPIRED = "expired"

    uid = models.CharField(max_length=64, primary_key=True, default=uid)
    account = models.CharField(max_length=60)
    checkout = models.ForeignKey(
        EcomchargeCheckout, on_delete=models.CASCADE, null=True, related_name="transactions"
    )
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, related_name="children")
    type = models.CharField(max_length=20)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.INCOMPLETE)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    test = models.BooleanField(default=True)
    method = models.CharField(max_length=30, default="credit_card")
    tracking_id = models.CharField(max_length=255, blank=True)
    # description, customer, billing_address, additional_data, language, and the addresses of the request
    asked: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    card: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    # To be saved when it succeeds: the contracts it is saved for, and how the card ends when charged again.
    save_for: "models.JSONField[list[str] | None]" = models.JSONField(null=True)
    later_ending = models.CharField(max_length=20, blank=True)
    message = models.TextField(null=True)
    friendly = models.TextField(blank=True)
    code = models.CharField(max_length=10, blank=True)
    bank_code = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    # While 3-D Secure asks: how it ends, and how many wrong passwords were given.
    challenge = models.CharField(max_length=20, blank=True)
    challenge_tries = models.PositiveSmallIntegerField(default=0)
    three_d_secure: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    receipt = models.CharField(max_length=64, default=receipt)
    base = models.TextField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account", "tracking_id"])]

    def __str__(self) -> str:
        return f"{self.uid} {self.type} {self.status}"


class EcomchargeCard(models.Model):
    """A saved card: what may be shown of it. The number itself was never kept."""

    token = models.CharField(max_length=64, primary_key=True, default=card_token)
    account = models.CharField(max_length=60)
    card: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)
    contracts: "models.JSONField[list[str]]" = models.JSONField(default=list)
    ending = models.CharField(max_length=20)
    code = models.CharField(max_length=10, blank=True)
    # The customer's address when the card is the page's to remember, and no token of the shop's.
    page_of = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.token[:8]} {self.card.get('last_4')}"


class EcomchargeReplay(models.Model):
    """An answer kept for 24 hours under the RequestID it was given to."""

    account = models.CharField(max_length=60)
    request_id = models.CharField(max_length=255)
    path = models.CharField(max_length=255)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.request_id} {self.status}"
