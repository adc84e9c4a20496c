"""What did a bank take back from the merchant?"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from checkout.models.payment import Payment
from providers.money import Money


class Chargeback(models.Model):
    """Money that went back to the cardholder against the merchant's will. It is no refund: the payment's sums stay."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="chargebacks")
    provider_id = models.CharField(_("provider's id"), max_length=100)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    status = models.CharField(_("status"), max_length=30, blank=True)  # the provider's word
    reason = models.CharField(_("reason code"), max_length=60, blank=True)
    at = models.DateTimeField(_("when"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("chargeback")
        verbose_name_plural = _("chargebacks")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "provider_id"], name="a_chargeback_is_kept_once")
        ]

    def __str__(self) -> str:
        return str(self.money)

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)
