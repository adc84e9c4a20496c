"""Which of the shop's accounts is meant? The one that was named, or the only one there is."""

from uuid import UUID

from checkout.models import Account, Shop
from checkout.shop_api.problems import fields_problem
from providers import PROVIDERS


def is_there(account: Account) -> bool:
    return account.enabled and account.provider in PROVIDERS


def named(shop: Shop, *, provider: str | None, account: UUID | None) -> list[Account]:
    """Those that a request may mean by `provider` and `account`. A problem when there is none."""
    there = [one for one in shop.accounts.all() if is_there(one)]
    if account is not None:
        there = [one for one in there if one.pk == account]
        if not there:
            raise fields_problem([("account", "your shop has no such account")])
    if provider is not None:
        there = [one for one in there if one.provider == provider]
    if not there:
        raise fields_problem([("provider", "your shop has no such account")])
    return there


def only_one(there: list[Account]) -> Account:
    """A problem that lists them, when there are several."""
    if len(there) > 1:
        one_provider = len({one.provider for one in there}) == 1
        listed = ", ".join(f"{one.pk} ({one.name}, {one.provider})" for one in there)
        why = f"is needed: your shop has several; there are: {listed}"
        raise fields_problem([("account" if one_provider else "provider", why)])
    return there[0]
