from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CheckoutConfig(AppConfig):
    name = "checkout"
    verbose_name = _("Checkout")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from checkout import checks  # noqa: F401  registers the system checks
        from checkout.merchant.audit import watch_logins
        from checkout.roles import after_migrate

        post_migrate.connect(after_migrate, sender=self, dispatch_uid="checkout.roles")
        watch_logins()
