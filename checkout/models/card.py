"""Which cards did known customers agree to have kept?"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from checkout.fields import EncryptedField
from checkout.models.account import Account
from checkout.models.shop import Shop


class SavedCard(models.Model):
    """A provider's token for a customer's card, with the consent it rests on. Never a card number."""

    shop = models.ForeignKey(Shop, on_delete=models.PROTECT)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="saved_cards")
    customer_reference = models.CharField(_("customer"), max_length=100)
    token = EncryptedField()
    fingerprint = models.CharField(max_length=64)  # SHA-256 of the token, to know it again without reading it
    brand = models.CharField(_("brand"), max_length=30, blank=True)
    last4 = models.CharField(_("last four digits"), max_length=4, blank=True)
    expiry_month = models.PositiveSmallIntegerField(null=True, blank=True)
    expiry_year = models.PositiveSmallIntegerField(null=True, blank=True)
    # Values of providers.base.Occasion in which the merchant may charge it alone; null: in all that the provider knows.
    occasions = models.JSONField(null=True, blank=True, editable=False)
    consented_at = models.DateTimeField(_("consent"))
    removed_at = models.DateTimeField(_("removed"), null=True, blank=True)

    class Meta:
        verbose_name = _("saved card")
        verbose_name_plural = _("saved cards")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "customer_reference", "fingerprint"], name="a_card_is_kept_once_a_customer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.brand} •••• {self.last4}".strip()
