"""Which way to which page? The admin's sidebar; a page that somebody may not see is not named to them."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _

from checkout.merchant.at_desk import may_make
from checkout.merchant.proposals import for_me


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


def _proposals(request: HttpRequest) -> dict[str, Any]:
    """With the number of those that wait for the one who is looking."""
    entry = _entry(_("Proposals"), "how_to_reg", "checkout.proposal")
    may_see = entry["permission"]
    waits = for_me(request).count() if request.user.is_authenticated else 0
    return {
        **entry,
        "permission": lambda asked: may_see(asked) or asked.user.has_perm("checkout.approve_proposal"),
        **({"badge": waits, "badge_variant": "warning"} if waits else {}),
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
                _proposals(request),
                _entry(_("Agreements"), "autorenew", "checkout.agreement"),
                _entry(_("Saved cards"), "credit_card", "checkout.savedcard"),
            ],
        },
        {
            "title": _("Wire"),
            "items": [
                _entry(_("Notifications"), "notifications", "checkout.delivery"),
                _entry(_("Webhooks"), "outbound", "checkout.shopevent"),
                _entry(_("E-mails"), "mail", "checkout.letter"),
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
                _entry(_("Audit log"), "history", "checkout.auditentry"),
            ],
        },
    ]


def own_account(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu below one's own name; the login page, which nobody has a name on yet, draws it as well."""
    if not request.user.is_authenticated:
        return []
    links = [{"title": _("Second factor"), "link": reverse("admin:second_factor")}]
    if request.user.has_usable_password():
        links.append({"title": _("Change password"), "link": reverse("admin:password_change")})
    return links


def stylesheet(request: HttpRequest) -> str:
    return static("merchant/merchant.css")


def script(request: HttpRequest) -> str:
    return static("merchant/once.js")


def favicon(request: HttpRequest) -> str:
    return static("shopper/icon.svg")
