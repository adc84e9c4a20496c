"""What happened, who said it, and when? Written once, never changed."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from checkout.models.account import Account
from checkout.models.order import Order
from checkout.models.payment import Payment


class TimelineEntry(models.Model):
    """A code and its particulars; `checkout.sentences` makes the sentence, in the reader's language."""

    class Who(models.TextChoices):
        SHOPPER = "shopper", _("shopper")
        SHOP = "shop", _("shop")
        MERCHANT = "merchant", _("merchant")
        PROVIDER = "provider", _("provider")
        GUICHET = "guichet", _("Guichet")

    class Weight(models.TextChoices):
        PLAIN = "plain", _("plain")
        GOOD = "good", _("good")
        BAD = "bad", _("bad")
        WARNING = "warning", _("warning")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="timeline")
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="timeline"
    )
    at = models.DateTimeField(_("when"), auto_now_add=True)
    who = models.CharField(_("who"), max_length=10, choices=Who)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    code = models.CharField(max_length=50)
    data = models.JSONField(default=dict)
    weight = models.CharField(max_length=8, choices=Weight, default=Weight.PLAIN)

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.code


class Exchange(models.Model):
    """A request to a provider and its answer, redacted: what stands behind the timeline."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="exchanges")
    payment = models.ForeignKey(
        Payment, on_delete=models.CASCADE, null=True, blank=True, related_name="exchanges"
    )
    at = models.DateTimeField(_("when"), auto_now_add=True, db_index=True)
    method = models.CharField(max_length=10)
    url = models.CharField(max_length=500)
    request = models.TextField(blank=True)
    status = models.PositiveSmallIntegerField(_("status"), default=0)  # 0: no answer
    answer = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = _("exchange")
        verbose_name_plural = _("exchanges")
        ordering = ["-id"]
        indexes = [models.Index(fields=["account", "-at"], name="exchanges_by_account")]

    def __str__(self) -> str:
        return f"{self.method} {self.url}"
