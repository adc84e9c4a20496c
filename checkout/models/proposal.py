"""Which movements of money wait for a second person, and above which amount must they?"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from checkout.models.order import Order
from checkout.models.payment import Payment
from checkout.models.shop import Shop
from providers.money import Money


class ApprovalLimit(models.Model):
    """Above this amount one person proposes and another approves. A currency without a row has no limit."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="approval_limits")
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.BigIntegerField(_("amount"))

    class Meta:
        verbose_name = _("limit for one person")
        verbose_name_plural = _("limits for one person")
        constraints = [
            models.UniqueConstraint(fields=["shop", "currency"], name="one_approval_limit_per_currency"),
            models.CheckConstraint(condition=Q(amount_minor__gte=0), name="approval_limit_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.money)

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)


class Proposal(models.Model):
    """What one person wants to be done with money, until another decides. `typed` is the action's own form, again."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for a second person")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("withdrawn")
        EXPIRED = "expired", _("too old")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="proposals")
    payment = models.ForeignKey(
        Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals"
    )
    action = models.CharField(_("what"), max_length=30)  # "capture", "void", "refund"
    amount_minor = models.BigIntegerField(_("amount"))
    currency = models.CharField(_("currency"), max_length=3)
    typed = models.JSONField(default=dict)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    key = models.CharField(max_length=40, unique=True)  # of the operation that it is to become
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("proposed by")
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    created_at = models.DateTimeField(_("proposed"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    outcome = models.CharField(_("outcome"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-id"]
        permissions = [("approve_proposal", _("May approve what others propose"))]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "action"],
                condition=Q(state="waiting"),
                name="one_waiting_proposal_of_a_kind",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(decided_by=F("proposed_by")),
                name="nobody_approves_their_own_proposal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.money}"

    @property
    def money(self) -> Money:
        return Money(self.amount_minor, self.currency)
