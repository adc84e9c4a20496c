"""What does the merchant see? The admin: records to read, actions to confirm, settings to fill in."""


def register() -> None:
    """Put every page of the merchant's on the admin site."""
    from django.contrib import admin

    from checkout.merchant import (
        accounts,
        agreements,
        cards,
        deliveries,
        keys,
        orders,
        payments,
        people,
        shops,
        webhooks,
    )

    admin.site.index_template = "merchant/index.html"
    for pages in (orders, payments, agreements, deliveries, webhooks, cards, shops, keys, accounts, people):
        for model, page in pages.PAGES.items():
            if admin.site.is_registered(model):
                admin.site.unregister(model)
            admin.site.register(model, page)
