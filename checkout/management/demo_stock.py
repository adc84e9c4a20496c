"""What does the demo find when it starts? A shop with its key, an account at each stand-in, a user for the admin."""

import os
from dataclasses import dataclass, field
from typing import Any

import requests
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.urls import reverse

from checkout.models import Account, ApiKey, Shop

ADMIN = "admin"


@dataclass(frozen=True, kw_only=True)
class Stand:
    """An account at one stand-in of the sandbox. `{sandbox}` in a setting becomes the sandbox's address."""

    provider: str
    name: str
    settings: dict[str, Any]
    label: str = ""  # for shoppers; the provider's own when empty
    # Of the sandbox's own account at this provider; {notify} becomes our address for notifications.
    there: dict[str, Any] = field(default_factory=dict)
    # Settings that only the running sandbox knows: name -> its address below the sandbox's API for tests.
    learned: dict[str, str] = field(default_factory=dict)


STANDS = (
    Stand(
        provider="epc",
        name="SecuTix EPC (sandbox)",
        settings={
            "institution": "MOSA",
            "virtual_operator": "MOSA_B2C",
            "partner": "Partner 1",
            "secret": "sandbox-secret",
            "point_of_sale": 466653735,
            "payment_method": 16362,
            "base_url": "{sandbox}/epc",
            "widget_url": "{sandbox}/epc/widget/integrate_widget.js",
            "guest_contact": "100001",
            "catalogue_currency": "EUR",
            "notification_key": "{notification_key}",
        },
        there={"notification_url": "{notify}?key={notification_key}"},
    ),
    Stand(
        provider="ecomcharge",
        name="eComCharge (sandbox)",
        settings={
            "shop_id": "361",
            "secret_key": "sandbox-secret-key",
            "checkout_url": "{sandbox}/ecomcharge",
            "gateway_url": "{sandbox}/ecomcharge",
            "api_url": "{sandbox}/ecomcharge",
            "script_url": "{sandbox}/ecomcharge/widget/be_gateway.js",
            "attempts": 3,
            "iframe": True,
            "auto_return": 3,
            "save_card_toggle": "hide",  # our own page asks for the consent
            "contracts": ["card_on_file", "recurring"],
            "search_finds_operations": True,
        },
        learned={"public_key": "ecomcharge/public_key"},
    ),
    Stand(
        provider="purse",
        name="Purse (sandbox)",
        settings={
            "entity_id": "5e3a0862-7cc3-4427-92ba-9e1e9595f571",
            "api_key": "7d0f6d3e-32f1-4b8e-9f43-2a1c7c0b8e55",
            "client_id": "sandbox-client",
            "client_secret": "sandbox-secret",
            # It never leaves the house, and guards the demo's stand-in alone.
            "webhook_secret": "of-the-demos-own-purse-1",
            "api": "{sandbox}/purse",
        },
    ),
    Stand(
        provider="syspay",
        name="SysPay (sandbox)",
        settings={
            "login": "sandbox",
            "passphrase": "sandbox-passphrase",
            "base_url": "{sandbox}/syspay",
            "website": 110,
            "allowed_retries": 1,
            "lists_filter_by_reference": True,
            "lists_filter_by_payment": False,  # the stand-in's lists are those of all payments
        },
        there={"notification_url": "{notify}"},
    ),
    Stand(
        provider="payzen",
        name="PayZen (sandbox)",
        settings={
            "shop_id": "69876357",
            # The keys of PayZen's public demo shop, which the sandbox takes as its own.
            "password": "testpassword_DEMOPRIVATEKEY23G4475zXZQ2UA5x7M",
            "public_key": "69876357:testpublickey_DEMOPUBLICKEY95me92597fd28tGD4r5",
            "hmac_key": "38453613e7f44dc58732bad3dca2bca3",
            "api": "{sandbox}/payzen",
            "static": "{sandbox}/payzen",
            "sends": ["url", "mail", "sms", "whatsapp", "invoice"],
            "cancels_orders": True,
            "retries": 3,
        },
        there={"notification_url": "{notify}", "order_cancel": True},
    ),
    Stand(
        provider="payzen",
        name="PayZen form (sandbox)",
        label="Card, in a form of PayZen's",
        settings={
            "shop_id": "69876357",
            "password": "testpassword_DEMOPRIVATEKEY23G4475zXZQ2UA5x7M",
            "public_key": "69876357:testpublickey_DEMOPUBLICKEY95me92597fd28tGD4r5",
            "hmac_key": "38453613e7f44dc58732bad3dca2bca3",
            "api": "{sandbox}/payzen",
            "static": "{sandbox}/payzen",
            "show": "widget",
            "retries": 3,
            "keep_cards": "agreed",
        },
    ),
)


@transaction.atomic
def stock(sandbox: str) -> list[tuple[Stand, Account]]:
    """Make what is missing, and bring what is there up to date. Returns the accounts."""
    here = {
        "return_url": settings.DEMO_SHOP_URL,
        "webhook_url": f"{settings.DEMO_SHOP_URL}webhook/",
        "webhook_secret": settings.DEMO_WEBHOOK_SECRET,
    }
    # What the merchant changed in the admin stays; where everything is, this start knows better.
    begins = {"name": "Museum of Small Things", "letters": [word for word, _what in Shop.LETTERS]}
    shop, _new = Shop.objects.update_or_create(slug="demo", defaults=here, create_defaults={**here, **begins})
    if ApiKey.find(settings.DEMO_API_KEY) is None:
        ApiKey.issue(shop, name="demo shop", key=settings.DEMO_API_KEY)
    _admin(os.environ["DEMO_ADMIN_PASSWORD"])
    return [(stand, _account(shop, stand, position, sandbox)) for position, stand in enumerate(STANDS)]


def _admin(password: str) -> None:
    user, new = get_user_model().objects.get_or_create(
        username=ADMIN, defaults={"is_staff": True, "is_superuser": True}
    )
    if new or not user.check_password(password):
        user.set_password(password)
        user.save()


def _account(shop: Shop, stand: Stand, position: int, sandbox: str) -> Account:
    account, new = Account.objects.get_or_create(
        shop=shop,
        provider=stand.provider,
        live=False,
        name=stand.name,
        defaults={"position": position, "label": stand.label},
    )
    filled = {name: _filled(value, account, sandbox) for name, value in stand.settings.items()}
    # What the merchant changed in the admin stays; where the sandbox is, this start knows better.
    kept = {} if new else {**account.settings, **(account.secrets.reveal() or {})}
    moved = {name: filled[name] for name, value in stand.settings.items() if "{" in str(value)}
    account.store_settings(account.provider_class.settings_type.model_validate({**filled, **kept, **moved}))
    account.save()
    return account


def _filled(value: Any, account: Account, sandbox: str) -> Any:
    if not isinstance(value, str):
        return value
    notify = settings.SITE_URL + reverse("notify", args=[account.pk])
    key = os.environ["DEMO_NOTIFICATION_KEY"]
    return value.replace("{sandbox}", sandbox).replace("{notify}", notify).replace("{notification_key}", key)


def tell_sandbox(sandbox: str, accounts: list[tuple[Stand, Account]]) -> None:
    """Where its stand-ins are to send their notifications; and hear from it what it alone knows."""
    for stand, account in accounts:
        if stand.learned:
            _learn(sandbox, stand, account)
        if stand.there:
            there = {name: _filled(value, account, sandbox) for name, value in stand.there.items()}
            body = {"provider": stand.provider, "settings": there}
            requests.put(f"{sandbox}/_sandbox/accounts", json=body, timeout=10).raise_for_status()


def _learn(sandbox: str, stand: Stand, account: Account) -> None:
    known = {**account.settings, **(account.secrets.reveal() or {})}
    for name, path in stand.learned.items():
        answer = requests.get(f"{sandbox}/_sandbox/{path}", timeout=10)
        answer.raise_for_status()
        known[name] = answer.json()[name]
    account.store_settings(account.provider_class.settings_type.model_validate(known))
    account.save(update_fields=["settings", "secrets"])
