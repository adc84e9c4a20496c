"""What has the shop sold, and what has it been told about the money?"""

import secrets

from django.db import models
from django.urls import reverse

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_reference() -> str:
    """Long enough that nobody finds another visitor's order by trying."""
    return "MST-" + "".join(secrets.choice(ALPHABET) for _character in range(14))


class DemoOrder(models.Model):
    """An order of the shop's own. `state` is what the webhooks said last, and nothing else ever sets it."""

    reference = models.CharField(max_length=40, unique=True, default=new_reference)
    key = models.CharField(
        max_length=40, unique=True
    )  # the Idempotency-Key it was sent with: one order per basket
    visitor = models.CharField(max_length=40, db_index=True)
    kind = models.CharField(max_length=20, default="one_off")
    terms = models.JSONField(default=dict)  # of a subscription or a payment plan
    lines = models.JSONField(default=list)  # [{item, name, quantity, unit_price}]
    amount = models.PositiveIntegerField()  # cents
    currency = models.CharField(max_length=3)
    customer = models.JSONField(default=dict)
    language = models.CharField(max_length=5)
    pay_url = models.URLField(max_length=500, blank=True)
    state = models.CharField(max_length=20, default="open")
    told_at = models.DateTimeField(null=True)  # when the newest event that we know of came about
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("demo:order", args=[self.reference])

    @property
    def is_open(self) -> bool:
        return self.state == "open"


class DemoEvent(models.Model):
    """A webhook that came in. Its id is unique, so the same one again is known as such."""

    webhook_id = models.CharField(max_length=100, unique=True)
    order = models.ForeignKey(DemoOrder, on_delete=models.CASCADE, null=True, related_name="events")
    # Of the order it speaks of: that of `order`, or of a further payment under its agreement.
    reference = models.CharField(max_length=100, blank=True)
    type = models.CharField(max_length=50)
    state = models.CharField(max_length=20)
    at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.type

    @property
    def is_further(self) -> bool:
        return self.order is not None and self.reference not in ("", self.order.reference)
