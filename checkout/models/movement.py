"""When did how much money move? One row for each time a payment's sums grew: what takings are counted from."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from checkout.models.account import Account
from checkout.models.payment import Payment
from checkout.models.shop import Shop
from providers.money import Money


class Movement(models.Model):
    """Written with the sums by `checkout.payments.apply`, never changed. `at` is when we learned of it, in UTC."""

    class Kind(models.TextChoices):
        CAPTURED = "captured", _("captured")
        REFUNDED = "refunded", _("refunded")
        CHARGED_BACK = "charged_back", _("charged back")

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="movements")
    # The payment's own, again, so that a day is counted without reading its payments.
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("what"), max_length=12, choices=Kind)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("movement of money")
        verbose_name_plural = _("movements of money")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["at"], name="movements_by_day"),
            models.Index(fields=["account", "-id"], name="movements_by_account"),
            models.Index(fields=["currency", "-id"], name="movements_by_currency"),
        ]
        constraints = [
            # A chargeback whose amount is told anew may shrink; captured and refunded sums only grow.
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0) | Q(kind="charged_back"), name="movement_is_positive"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.money}"

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)
