"""Who may do what? Four roles, each a group of Django's with the permissions below.

Another group may be made beside them, and a person may be given a permission more. What a merchant added to one of the
four stays: `ensure` adds what is missing, and only `reset` takes away what is not in the table.
"""

from typing import Any

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS

# Everything but the audit log and the people. Raw exchanges are redacted before they are kept, and of an API key
# nothing but its first characters and its hash is.
_SEES = tuple(
    f"checkout.view_{model}"
    for model in (
        "account", "agreement", "apikey", "approvallimit", "chargeback", "delivery", "exchange", "invitation", "letter",
        "movement", "operation", "order", "payment", "proposal", "savedcard", "shop", "shopevent", "timelineentry",
    )
)  # fmt: skip
# Who may change orders or payments may ask the provider again, write notes and mark as seen, on either.
_CASHIER = (
    "checkout.add_order",
    "checkout.change_order",
    "checkout.send_link",
    "checkout.take_by_phone",
)
_REFUNDER = (
    "checkout.change_payment",
    "checkout.capture_payment",
    "checkout.void_payment",
    "checkout.refund_payment",
)
_MANAGER = (
    "checkout.add_account",
    "checkout.add_apikey",
    "checkout.add_approvallimit",
    "checkout.add_shop",
    "checkout.approve_proposal",
    "checkout.change_account",
    "checkout.change_agreement",
    "checkout.change_apikey",
    "checkout.change_approvallimit",
    "checkout.change_delivery",
    "checkout.change_savedcard",
    "checkout.change_shop",
    "checkout.change_shopevent",
    "checkout.charge_payment",
    "checkout.delete_approvallimit",
    "checkout.export_order",
    "checkout.view_auditentry",
    *(f"auth.{verb}_{model}" for verb in ("add", "change", "delete", "view") for model in ("group", "user")),
)

VIEWER, CASHIER, REFUNDER, MANAGER = "Viewer", "Cashier", "Refunder", "Manager"
ROLES: dict[str, frozenset[str]] = {
    VIEWER: frozenset(_SEES),
    CASHIER: frozenset((*_SEES, *_CASHIER)),
    REFUNDER: frozenset((*_SEES, *_REFUNDER)),
    MANAGER: frozenset((*_SEES, *_CASHIER, *_REFUNDER, *_MANAGER)),
}


def ensure(*, reset: bool = False, using: str = DEFAULT_DB_ALIAS) -> dict[str, tuple[int, int]]:
    """Make the four groups, and give each what its role needs. Returns how many were given and taken, by role.

    In a migration that stops half-way not every permission is there yet; the next one gives the rest.
    """
    wanted = frozenset().union(*ROLES.values())
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
        if f"{app}.{codename}" in wanted
    }
    made: dict[str, tuple[int, int]] = {}
    links: Any = Group.permissions.through
    for role, names in ROLES.items():
        group, _new = Group.objects.using(using).get_or_create(name=role)
        needs = {known[name] for name in names if name in known}
        has = set(links.objects.using(using).filter(group=group).values_list("permission_id", flat=True))
        links.objects.using(using).bulk_create(
            [links(group_id=group.pk, permission_id=pk) for pk in sorted(needs - has)], ignore_conflicts=True
        )
        over = has - needs if reset else set()
        if over:
            links.objects.using(using).filter(group=group, permission_id__in=over).delete()
        made[role] = (len(needs - has), len(over))
    return made


def after_migrate(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Behind Django's own receiver, which makes the permissions of the same app."""
    ensure(using=using)
