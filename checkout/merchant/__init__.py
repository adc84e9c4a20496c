"""What does the merchant see? The admin: records to read, actions to confirm, settings to fill in."""


def register() -> None:
    """Put every page of the merchant's on the admin site."""
    from django.contrib import admin

    from checkout.merchant import (
        accounts,
        agreements,
        audit_log,
        cards,
        deliveries,
        keys,
        letters,
        movements,
        orders,
        payments,
        people,
        proposals,
        shops,
        webhooks,
    )
    from checkout.merchant.scope import limit_filters

    limit_filters()
    admin.site.index_template = "merchant/index.html"
    for pages in (
        orders,
        payments,
        agreements,
        deliveries,
        webhooks,
        letters,
        proposals,
        movements,
        cards,
        shops,
        keys,
        accounts,
        people,
        audit_log,
    ):
        for model, page in pages.PAGES.items():
            if admin.site.is_registered(model):
                admin.site.unregister(model)
            admin.site.register(model, page)
