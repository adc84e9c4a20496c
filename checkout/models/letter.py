"""Which e-mails do we owe, besides payment links, and did they go? Each is written once, with what it tells of."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from checkout.models.order import Order
from checkout.models.payment import Payment
from checkout.models.shop import Shop


class Letter(models.Model):
    """An e-mail to a customer, or to the merchant. `key` names what it tells of, so that it is sent once."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("receipt")
        REFUND = "refund", _("refund")
        KNOWN = "known", _("we know now")
        REMINDER = "reminder", _("reminder")
        WEBHOOKS_PAUSED = "webhooks_paused", _("webhooks are paused")

    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="sent_letters")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, blank=True, related_name="letters")
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="letters"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    key = models.CharField(max_length=100, unique=True)  # "receipt:G-ABC123", "refund:<operation>" ...
    to = models.EmailField(_("to"))
    language = models.CharField(_("language"), max_length=5, default="en")
    data = models.JSONField(default=dict, blank=True)  # the sums it tells of, in minor units
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)  # null: sent, or given up
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("e-mail")
        verbose_name_plural = _("e-mails")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
