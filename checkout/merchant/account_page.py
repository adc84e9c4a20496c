"""What does an account's page tell beside its form? Whether it is right, which of its secrets are in use, what is
rehearsed on it, and which addresses are pasted at the provider."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from checkout.merchant.shown import badge, mode_badge, setting_title
from checkout.models import Account
from checkout.payments.border import provider_for
from checkout.payments.rehearsal import Misfortune, misfortunes_of
from checkout.payments.rotation import FORMER, NOW, former_of
from checkout.wording import reason
from providers.base import Urls
from providers.errors import Misconfigured

# In the place of what each payment brings.
_ORDER, _ATTEMPT = "ORDER", "ATTEMPT"


@dataclass(frozen=True)
class Pasted:
    label: str
    url: str
    where: str  # "": nothing is to be done


@dataclass(frozen=True)
class Key:
    """A secret of which two are alive."""

    name: str
    now_used: datetime | None
    former_used: datetime | None


def about(account: Account) -> dict[str, Any]:
    """What the page's templates get."""
    addresses, problem = _addresses(account)
    return {
        "account": account,
        "mode": mode_badge(account.live),
        "connection": connection_of(account),
        "tested_said": _(account.tested_said) if account.tested_said else "",
        "keys": _keys(account),
        "rehearsed": [rehearsal_of(one) for one in misfortunes_of(account)],
        "addresses": addresses,
        "problem": problem,
        "gone": not account.is_installed,
    }


def urls_of(account: Account) -> Urls:
    """As a payment of the account would have them."""
    back = settings.SITE_URL + reverse("shopper:returned", args=[_ORDER, _ATTEMPT])
    return Urls(
        back=back,
        cancelled=back,
        notify=settings.SITE_URL + reverse("notify", args=[account.pk]),
        approve=settings.SITE_URL + reverse("approve", args=[account.pk]),
    )


def _addresses(account: Account) -> tuple[list[Pasted], str]:
    """... and why they cannot be told wholly."""
    urls = urls_of(account)
    try:
        told = provider_for(account).addresses(urls)
    except Misconfigured as why:
        return [Pasted(_("Notification address"), urls.notify, "")], reason(why)
    return [Pasted(_(one.label), one.url, _(one.where) if one.where else "") for one in told], ""


def _keys(account: Account) -> list[Key]:
    used = {which: account.secrets_used.get(which, {}) for which in (NOW, FORMER)}

    def last(which: str, name: str) -> datetime | None:
        return parse_datetime(used[which].get(name, ""))

    return [
        Key(setting_title(account, name), last(NOW, name), last(FORMER, name)) for name in former_of(account)
    ]


def connection_of(account: Account) -> SafeString:
    """In a word: was it tried, and did it hold?"""
    if account.tested_at is None:
        return badge("none", _("not tested"))
    if account.tested_well is None:
        return badge("uncertain", _("no clear answer"))
    return badge("success", _("holds")) if account.tested_well else badge("failed", _("does not hold"))


def rehearsal_of(misfortune: Misfortune) -> str:
    """What a merchant reads beside its box."""
    return {
        Misfortune.LOST_NOTIFICATION: _(
            "Lost notification: what the provider rings about is kept, and nobody is asked because of it."
        ),
        Misfortune.LATE_SUCCESS: _(
            "Late success: within three minutes of an attempt's beginning, money that has come is not seen yet."
        ),
        Misfortune.DUPLICATE: _(
            "Duplicate: every notification is followed up twice, and every webhook is sent twice, with one id."
        ),
        Misfortune.SLOW_BANK: _(
            "Slow bank: nobody knows anything for a minute after an attempt's beginning, and for another one "
            "after the shopper came back."
        ),
    }[misfortune]
