"""Which admin site does Django make? Ours. In a file of its own: Django reads it before any model is there."""

from django.contrib.admin.apps import AdminConfig


class CounterConfig(AdminConfig):
    default_site = "checkout.merchant.site.CounterSite"
