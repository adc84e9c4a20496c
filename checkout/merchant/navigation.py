"""Which way to which page? The admin's sidebar; a page that somebody may not see is not named to them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from checkout.merchant.at_desk import may_make


def _may_see(model: str) -> Callable[[HttpRequest], bool]:
    app, _dot, name = model.partition(".")

    def may(request: HttpRequest) -> bool:
        return request.user.has_perm(f"{app}.view_{name}") or request.user.has_perm(f"{app}.change_{name}")

    return may


def _entry(title: str, icon: str, model: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse(f"admin:{model.replace('.', '_')}_changelist"),
        "permission": _may_see(model),
    }


def _at_orders(request: HttpRequest) -> bool:
    """The desk's address lies below the orders', and has an entry of its own."""
    orders, desk = reverse("admin:checkout_order_changelist"), reverse("admin:checkout_order_desk")
    return request.path.startswith(orders) and request.path != desk


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {
            "title": _("Counter"),
            "items": [
                {"title": _("First page"), "icon": "home", "link": reverse("admin:index")},
                {**_entry(_("Orders"), "receipt_long", "checkout.order"), "active": _at_orders},
                {
                    "title": _("Take a payment by phone"),
                    "icon": "phone_in_talk",
                    "link": reverse("admin:checkout_order_desk"),
                    "permission": may_make,
                },
                _entry(_("Payments"), "payments", "checkout.payment"),
                {
                    **_entry(_("Movements of money"), "swap_vert", "checkout.movement"),
                    "permission": _may_see("checkout.payment"),
                },
                _entry(_("Agreements"), "autorenew", "checkout.agreement"),
                _entry(_("Saved cards"), "credit_card", "checkout.savedcard"),
            ],
        },
        {
            "title": _("Wire"),
            "items": [
                _entry(_("Notifications"), "notifications", "checkout.delivery"),
                _entry(_("Webhooks"), "outbound", "checkout.shopevent"),
            ],
        },
        {
            "title": _("Set-up"),
            "items": [
                _entry(_("Provider accounts"), "account_balance", "checkout.account"),
                _entry(_("Shops"), "storefront", "checkout.shop"),
                _entry(_("API keys"), "key", "checkout.apikey"),
                _entry(_("Users"), "person", "auth.user"),
                _entry(_("Groups"), "group", "auth.group"),
            ],
        },
    ]


def stylesheet(request: HttpRequest) -> str:
    return static("merchant/merchant.css")


def script(request: HttpRequest) -> str:
    return static("merchant/once.js")


def favicon(request: HttpRequest) -> str:
    return static("shopper/icon.svg")
