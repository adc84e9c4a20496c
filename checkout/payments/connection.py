"""Is an account right? Asked of its provider with something that changes nothing; what it said is kept."""

from dataclasses import dataclass
from enum import StrEnum

import structlog
from django.db import transaction
from django.utils import timezone

from checkout.models import Account
from checkout.payments.border import provider_for
from checkout.payments.texts import fit_to_show
from checkout.wording import reason
from checkout.wording import worded as _
from providers.errors import ProviderError, Uncertain, Unreachable

log = structlog.get_logger("checkout.connection")
_ROOM = 500


class Ending(StrEnum):
    """How a test ended; what is to be done hangs on it."""

    WELL = "well"
    OTHER_MODE = "other_mode"  # live and test were mixed up
    WRONG = "wrong"  # something in the settings
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"  # it did not answer, or not clearly
    CHANGED = "changed"  # the settings are others by now: nothing was kept


@dataclass(frozen=True)
class Tested:
    ending: Ending
    said: str  # the provider's file's own words, in the language of whoever reads them


def test_connection(account: Account) -> Tested:
    """Ask, and keep what was said. Never inside a transaction."""
    tested = _probe(account)
    well = {Ending.WELL: True, Ending.UNKNOWN: None}.get(tested.ending, False)
    with transaction.atomic():
        row = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        if (row.settings, row.secrets, row.live) != (account.settings, account.secrets, account.live):
            return Tested(Ending.CHANGED, "")
        row.tested_at, row.tested_well, row.tested_said = (
            timezone.now(),
            well,
            fit_to_show(tested.said, _ROOM),
        )
        row.save(update_fields=["tested_at", "tested_well", "tested_said"])
    log.info("connection tested", account=account.name, ending=tested.ending.value)
    return tested


def _probe(account: Account) -> Tested:
    try:
        shown = provider_for(account).probe()
    except Unreachable as why:
        return Tested(Ending.UNREACHABLE, reason(why))
    except Uncertain as why:
        return Tested(Ending.UNKNOWN, reason(why))
    except ProviderError as why:
        return Tested(Ending.WRONG, reason(why))
    if shown.live is not None and shown.live != account.live:
        said = (
            _("The provider answered as for tests, and this account is live: no money would be taken.")
            if account.live
            else _(
                "The provider answered as for production, and this account is for tests: money would be taken."
            )
        )
        return Tested(Ending.OTHER_MODE, said)
    return Tested(Ending.WELL, _(shown.said))


def forget_test(account: Account) -> None:
    """Of other settings, the last test says nothing. Does not save."""
    account.tested_at, account.tested_well, account.tested_said = None, None, ""
