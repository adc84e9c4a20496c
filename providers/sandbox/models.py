"""Which rows does every stand-in share? Calls, notifications, accounts, faults, appointments, the clock."""

from typing import Any, ClassVar

from django.db import models


class Clock(models.Model):
    """One row: how far the sandbox's time is ahead of the machine's."""

    ahead_seconds = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.ahead_seconds} s ahead"


class Account(models.Model):
    """A merchant's credentials and settings at a provider; what is missing is the stand-in's default."""

    provider = models.CharField(max_length=20)
    name = models.CharField(max_length=60, default="default")
    settings: "models.JSONField[dict[str, Any]]" = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "name"], name="one_account_of_a_name"),
        ]

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"


class Fault(models.Model):
    """Something that is to go wrong (or right) the next time it can; see faults.py."""

    provider = models.CharField(max_length=20)
    fault = models.CharField(max_length=30)
    method = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    seconds = models.PositiveIntegerField(null=True)
    when = models.CharField(max_length=6, default="before")
    left = models.PositiveIntegerField(default=1, help_text="0: until it is cleared")

    def __str__(self) -> str:
        return f"{self.provider}: {self.fault} {self.method}".strip()


class Call(models.Model):
    """One request that reached a stand-in and what it was answered, masked and cut to size."""

    provider = models.CharField(max_length=20)
    method = models.CharField(max_length=60, blank=True)
    verb = models.CharField(max_length=10)
    path = models.TextField()
    headers: "models.JSONField[dict[str, str]]" = models.JSONField(default=dict)
    request = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="none: still running, or dropped")
    response = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField(null=True)
    fault = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["provider", "id"])]

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"


class Notification(models.Model):
    """One message from a provider to a shop, with every attempt to deliver it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        HELD = "held"
        DELIVERED = "delivered"
        LOST = "lost"
        GIVEN_UP = "given_up"

    provider = models.CharField(max_length=20)
    subject = models.CharField(max_length=80, help_text="the order or payment it is about")
    url = models.TextField()
    headers: "models.JSONField[dict[str, str]]" = models.JSONField(default=dict)
    body = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    fault = models.CharField(max_length=30, blank=True)
    due_at = models.DateTimeField()
    first_at = models.DateTimeField(null=True)
    tries = models.PositiveIntegerField(default=0, help_text="since it was last sent by hand")
    attempts: "models.JSONField[list[dict[str, Any]]]" = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "due_at"])]

    def __str__(self) -> str:
        return f"{self.provider} {self.subject}: {self.state}"


class Appointment(models.Model):
    """Something a stand-in does at an hour of the sandbox's clock: a late result, an order's expiry."""

    provider = models.CharField(max_length=20)
    action = models.CharField(max_length=30)
    subject = models.CharField(max_length=80)
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.provider} {self.action} {self.subject}"
