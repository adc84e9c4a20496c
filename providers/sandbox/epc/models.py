"""What does the EPC stand-in remember? Catalogue, orders, payments, saved cards. Amounts are thousandths."""

import secrets
from typing import Any, ClassVar

from django.db import models

# Above 2^31, because the real ids are Java Longs [seed]; random, because a shop may have seen the ids of an
# earlier database file, and two payments of one id would hide a mistake in the shop or show one that is none.
_ORDER_IDS = (2_200_000_000, 9_999_999_999)
_LONG_IDS = (10_220_000_000_000, 10_239_999_999_999)
# `transactionId` is an int in the contract [public: PAY], so it stays below 2^31.
_TRANSACTION_IDS = (1_100_000_000, 2_147_483_647)


def _between(least: int, most: int) -> int:
    return least + secrets.randbelow(most - least + 1)


def order_id() -> int:
    return _between(*_ORDER_IDS)


def long_id() -> int:
    return _between(*_LONG_IDS)


def transaction_id() -> int:
    return _between(*_TRANSACTION_IDS)


def identifier() -> str:
    """Of the same shape as a transaction id, and never equal to it: nobody should rely on equality."""
    return str(_between(*_TRANSACTION_IDS))


def secret_id() -> str:
    return secrets.token_hex(16)


class EpcItem(models.Model):
    """One thing the museum sells."""

    item_id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=200)
    price = models.BigIntegerField()
    audience_sub_category_id = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name


class EpcOrder(models.Model):
    """An S-360 order. Only CLOSED is attested [public: WH2]; the other names are ours [inferred]."""

    class State(models.TextChoices):
        OPEN = "OPEN"
        CLOSING = "CLOSING"
        CLOSED = "CLOSED"
        ABANDONED = "ABANDONED"

    order_id = models.BigIntegerField(primary_key=True, default=order_id)
    account = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    secret = models.CharField(max_length=40, default=secret_id)
    order_type = models.CharField(max_length=30, default="SALE")
    contact = models.CharField(max_length=20, blank=True)
    external_reference = models.CharField(max_length=255, blank=True)
    operations: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list)
    amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    # Which createPaymentsAndCloseOrder counts: the payments of earlier attempts stay as they ended.
    attempt = models.PositiveIntegerField(default=0)
    # The payment is authorised and notifyOrder came: PAID and CLOSED follow at an hour already noted.
    finalising = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.order_id} {self.state}"


class EpcPayment(models.Model):
    """One transaction in the E-Payment Center: an order's payment, or (without order) a card to be saved."""

    class Status(models.TextChoices):
        WAITING = "WAITING"
        IN_PROGRESS = "IN_PROGRESS"
        AUTHORIZED = "AUTHORIZED"
        PAID = "PAID"
        CANCELLED_BY_USER = "CANCELLED_BY_USER"
        FAILED = "FAILED"
        ABANDONED = "ABANDONED"

    payment_id = models.BigIntegerField(primary_key=True, default=long_id)
    identifier = models.CharField(max_length=20, default=identifier, unique=True)
    transaction_id = models.BigIntegerField(default=transaction_id, unique=True)
    account = models.CharField(max_length=60)
    order = models.ForeignKey(EpcOrder, on_delete=models.CASCADE, null=True, related_name="payments")
    attempt = models.PositiveIntegerField(default=0)
    amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    method_id = models.BigIntegerField()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.WAITING)
    session_id = models.CharField(max_length=255)
    return_url = models.TextField()
    contact = models.CharField(max_length=20)
    create_token = models.BooleanField(default=False)
    masked = models.CharField(max_length=25, blank=True)
    card_type = models.CharField(max_length=20, blank=True)
    card_expiry = models.CharField(max_length=7, blank=True)
    alias = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    # While 3-D Secure asks: how it ends, and how many wrong codes were given.
    challenge = models.CharField(max_length=20, blank=True)
    challenge_tries = models.PositiveSmallIntegerField(default=0)
    # How the card that is being used ends when charged again from its alias.
    later_ending = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["order", "attempt"])]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.status}"


class EpcAlias(models.Model):
    """A saved card. The number itself was never kept."""

    alias = models.CharField(max_length=60, primary_key=True)
    account = models.CharField(max_length=60)
    contact = models.CharField(max_length=20)
    masked = models.CharField(max_length=25)
    card_type = models.CharField(max_length=20)
    card_expiry = models.CharField(max_length=7)
    ending = models.CharField(max_length=20)

    def __str__(self) -> str:
        return f"{self.alias} {self.masked}"
