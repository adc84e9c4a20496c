"""What proves, beside the password, that it is really this person who logs in to the admin?"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from checkout.fields import EncryptedField


class SecondFactor(models.Model):
    """The key that a person's authenticator app knows, too, and their backup codes. One for each person."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="second_factor"
    )
    secret = EncryptedField()  # base32, as authenticator apps take it
    confirmed_at = models.DateTimeField(
        null=True, blank=True
    )  # null: begun, no code was given yet; not asked for
    last_step = models.BigIntegerField(default=0)  # of the code that was taken last: it is taken once
    # SHA-256 of those not used yet. They have 80 random bits each, so a slow hash would only slow us.
    backup_digests = models.JSONField(default=list)
    failures = models.PositiveSmallIntegerField(default=0)  # wrong codes since the last right one
    blocked_until = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")
        default_permissions = ()

    def __str__(self) -> str:
        return f"second factor of {self.user}"
