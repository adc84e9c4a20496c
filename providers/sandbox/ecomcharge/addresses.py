"""Where is what, and where does the shopper go back to? Section 5's table, and what a token's page offers."""

from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.db import connection
from django.http import HttpRequest

from providers.sandbox import clock
from providers.sandbox.ecomcharge.models import EcomchargeCheckout, EcomchargeTransaction
from providers.sandbox.ecomcharge.signing import SLUG

Status = EcomchargeTransaction.Status


def base_of(request: HttpRequest, settings: dict[str, Any]) -> str:
    """Where browsers reach this stand-in: the account's `public_origin`, else where the call came to."""
    origin = str(settings["public_origin"]).rstrip("/") or f"{request.scheme}://{request.get_host()}"
    return f"{origin}/{SLUG}"


def return_address(checkout: EcomchargeCheckout) -> str:
    """By the table of section 5, with token, status and uid added to the shop's own query; empty when it has none.

    [inferred]: a result that is still open (pending, incomplete) goes where a successful one goes, and a token that
    expired goes to return_url when there is no fail_url.
    """
    settings = checkout.asked.get("settings") or {}
    if checkout.expired or checkout.status == "error":
        address = settings.get("fail_url") or settings.get("return_url")
    elif checkout.status in (Status.FAILED, Status.EXPIRED):
        address = settings.get("return_url") or settings.get("decline_url") or settings.get("fail_url")
    else:
        address = settings.get("return_url") or settings.get("success_url")
    if not address:
        return ""
    newest = checkout.transactions.order_by("-created_at").first()
    status = checkout.status or "error"
    added = {"token": checkout.token, "status": status} | ({"uid": newest.uid} if newest else {})
    return with_query(str(address), added)


def with_query(address: str, added: dict[str, str]) -> str:
    parts = urlsplit(address)
    query = urlencode(added)
    return urlunsplit(parts._replace(query=f"{parts.query}&{query}" if parts.query else query))


def methods_of(checkout: EcomchargeCheckout, settings: dict[str, Any]) -> list[str]:
    """The methods the page offers: `types`, or all of the shop's but `excluded_types`."""
    asks = checkout.asked.get("payment_method") or {}
    enabled = [name.strip() for name in settings["methods"].split(",") if name.strip()]
    if asks.get("types"):
        return [name for name in asks["types"] if name in enabled]
    excluded = [] if "types" in asks else asks.get("excluded_types") or []
    return [name for name in enabled if name not in excluded]


def excluded_brands(checkout: EcomchargeCheckout) -> list[str]:
    return (checkout.asked.get("payment_method") or {}).get("excluded_brands") or []


def hold(seconds: int) -> None:
    """Keep the shopper waiting, without keeping the database."""
    connection.close()
    clock.hold(seconds)
