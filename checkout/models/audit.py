"""Who did what in the admin, and when? Written once, never changed, and read by managers."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from checkout.models.shop import Shop


class AuditEntry(models.Model):
    """One action of one person. Nothing secret is in it: neither what was typed as a secret, nor card data."""

    at = models.DateTimeField(_("when"), auto_now_add=True, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    who = models.CharField(_("who"), max_length=150)  # the name at that time, or what was typed at the login
    action = models.CharField(_("what"), max_length=60, db_index=True)  # "refund", "login", "export" ...
    model = models.CharField(max_length=60, blank=True)  # "payment"
    row_id = models.CharField(max_length=64, blank=True)
    row = models.CharField(_("on"), max_length=200, blank=True)  # its name at that time
    shop = models.ForeignKey(Shop, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    data = models.JSONField(default=dict, blank=True)  # what was typed, and how it ended
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        ordering = ["-id"]
        indexes = [models.Index(fields=["model", "row_id"], name="audit_by_row")]

    def __str__(self) -> str:
        return f"{self.who}: {self.action} {self.row}".strip()
