"""What did the merchant ask to be captured, voided or refunded, and what became of it?"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from checkout.models.payment import Payment
from providers.base import OperationStatus, Verb
from providers.money import Money


class Operation(models.Model):
    """An intent, written before the provider hears of it. `key` travels to the provider where it takes one."""

    VERBS = [(Verb.CAPTURE, _("capture")), (Verb.VOID, _("void")), (Verb.REFUND, _("refund"))]
    STATUSES = [
        (OperationStatus.PENDING, _("pending")),
        (OperationStatus.SUCCESS, _("done")),
        (OperationStatus.FAILURE, _("failed")),
        (OperationStatus.CONFLICT, _("partly failed")),
        (OperationStatus.UNCERTAIN, _("uncertain")),
    ]
    OPEN = frozenset({OperationStatus.PENDING, OperationStatus.UNCERTAIN})

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="operations")
    verb = models.CharField(_("what"), max_length=10, choices=VERBS)
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    key = models.CharField(_("key"), max_length=40, unique=True)
    status = models.CharField(_("status"), max_length=10, choices=STATUSES, default=OperationStatus.PENDING)
    # The payment's captured, voided or refunded sum when it was asked for: that it has grown by our amount is how a
    # provider that lists no operations says that this one is done.
    sum_before_minor = models.BigIntegerField(default=0, editable=False)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    plan = models.JSONField(default=dict, blank=True)
    provider_id = models.CharField(max_length=100, blank=True)
    message = models.CharField(_("message"), max_length=300, blank=True)
    person_asked = models.BooleanField(
        default=False, editable=False
    )  # it was open for so long that we flagged it
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("operation")
        verbose_name_plural = _("operations")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "verb"],
                condition=Q(status__in=["pending", "uncertain"]),
                name="one_open_operation_of_a_kind",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="operation_amount_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.money}"

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)
