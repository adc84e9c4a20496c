"""What did providers ring about, and what came of it? The inbox."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from checkout.models.account import Account
from checkout.models.payment import Payment


class Delivery(models.Model):
    """One authentic notification, kept before it is believed. `key` makes a second delivery of it known as such."""

    class Verdict(models.TextChoices):
        NEW = "new", _("not looked at yet")
        APPLIED = "applied", _("the provider was asked")
        UNMATCHED = "unmatched", _("no payment of ours")
        FAILED = "failed", _("could not be followed up yet")
        IGNORED = "ignored", _("nothing to follow up")

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="deliveries")
    key = models.CharField(max_length=100)
    about = models.CharField(_("about"), max_length=200)
    reference = models.CharField(max_length=100, blank=True)
    provider_ids = models.JSONField(default=list)
    agreement_provider_id = models.CharField(max_length=100, blank=True)  # the provider's id of an agreement
    body = models.TextField(blank=True)  # redacted: the truth is fetched, so nothing in it is needed again
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict, default=Verdict.NEW)
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    attempts = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    error = models.CharField(_("error"), max_length=300, blank=True)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)
    received_at = models.DateTimeField(_("received"), auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="a_delivery_is_kept_once")]

    def __str__(self) -> str:
        return self.about
