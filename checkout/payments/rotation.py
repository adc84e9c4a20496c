"""How does a provider's secret change without a ring being lost? For a while two verify what comes in.

What is signed with the secret from before is on its way when the new one is typed, or comes from a back office that has
not been changed yet. So the former values of what verifies (`Provider.verifies`) are kept until `former_until`, and
tried where the present ones say Forged. Nothing else is done with them: every call of ours uses the new ones at once.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from django.db import transaction
from django.utils import timezone

from checkout.models import Account, Payment
from checkout.payments.border import provider_for
from providers.base import Provider
from providers.errors import Forged, Misconfigured, ProviderError

log = structlog.get_logger("checkout.rotation")
Said = TypeVar("Said")
Reading = Callable[[Provider], Said]

# Often enough to see which of two is still in use; not a write for each ring.
NOTED_EVERY = timedelta(minutes=1)
NOW, FORMER = "now", "former"
UNTIL = "until"  # beside them, where several end at different times: {name: ISO 8601}


def former_of(account: Account) -> dict[str, Any]:
    """The values from before that are still good. An empty one is none: with it, anybody would be believed."""
    now = timezone.now()
    if account.former_until is None or account.former_until <= now:
        return {}
    kept = account.former_secrets.reveal() or {}
    until = account.secrets_used.get(UNTIL, {})
    return {
        name: value
        for name, value in kept.items()
        if value and name in account.provider_class.verifies and until.get(name, _AT_LAST) > now.isoformat()
    }


_AT_LAST = "~"  # later than any moment: then `former_until` alone decides


def verified(
    account: Account, reading: Reading[Said], *, payment: Payment | None = None, patience: float | None = None
) -> Said:
    """What `reading` makes of what came in: with the present secrets, and where these say Forged with the former ones,
    while they are good. Forged when none of them holds."""

    def read(former: Mapping[str, Any]) -> Said:
        return reading(provider_for(account, payment, patience=patience, former=former))

    former = former_of(account)
    try:
        said = read({})
    except Forged:
        if not former:
            raise
    else:
        if former and _is_due(account, NOW):
            _note(account, NOW, [name for name in former if _hangs_on(read, {name: former[name]})])
        return said
    for some in _tries(former):
        try:
            said = read(some)
        except Forged:
            continue
        except Misconfigured as why:
            # The settings around it have changed since, and it does not fit them any more.
            log.warning("former secrets not tried", account=account.name, why=str(why))
            continue
        _note(account, FORMER, list(some))
        return said
    raise Forged("It is signed with none of the secrets that are good.")


def _tries(former: dict[str, Any]) -> list[dict[str, Any]]:
    """Each alone, so that it is known which one it was; then all, where several sign together."""
    each = [{name: value} for name, value in former.items()]
    return each if len(each) == 1 else [*each, former]


def _hangs_on(read: Callable[[Mapping[str, Any]], Any], former: Mapping[str, Any]) -> bool:
    """Was it the present value that this was signed with? Then it does not hold with the former one."""
    try:
        read(former)
    except Forged:
        return True
    except ProviderError:
        return False
    return False


# --- when each was last used -----------------------------------------------------------------------------------------


def _is_due(account: Account, which: str) -> bool:
    noted = account.secrets_used.get(which, {}).values()
    return not noted or min(noted) < (timezone.now() - NOTED_EVERY).isoformat()


def _note(account: Account, which: str, names: list[str]) -> None:
    now = timezone.now()
    stale = (now - NOTED_EVERY).isoformat()
    seen = account.secrets_used.get(which, {})
    names = [name for name in names if seen.get(name, "") < stale]
    if not names:
        return
    with transaction.atomic():
        row = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        known = former_of(row)  # it may have been ended at this very moment
        names = [name for name in names if name in known]
        if names:
            used = {**row.secrets_used.get(which, {}), **dict.fromkeys(names, now.isoformat())}
            row.secrets_used = {**row.secrets_used, which: used}
            row.save(update_fields=["secrets_used"])


# --- changing, ending, forgetting ------------------------------------------------------------------------------------


def keep_former(account: Account, before: Mapping[str, Any], *, days: int) -> list[str]:
    """`account` (not saved yet) has got new settings; `before` are the values that it had. Keep those that verify and
    were changed for so many days, 0: no longer at all. Returns their names."""
    now_has = {**account.settings, **(account.secrets.reveal() or {})}
    changed = [name for name in account.provider_class.verifies if before.get(name) != now_has.get(name)]
    if not changed:
        return []
    kept = former_of(account)  # what has run out meanwhile does not come back
    used = {which: dict(account.secrets_used.get(which, {})) for which in (NOW, FORMER)}
    until: dict[str, str] = {}
    if account.former_until is not None:
        until = dict.fromkeys(kept, account.former_until.isoformat())
    until |= {name: at for name, at in account.secrets_used.get(UNTIL, {}).items() if name in kept}
    end = (timezone.now() + timedelta(days=days)).isoformat()
    rotated = []
    for name in changed:
        kept.pop(name, None)  # two keys are alive, not three
        until.pop(name, None)
        last = used[NOW].pop(name, None)
        used[FORMER].pop(name, None)
        # What was emptied is not to be believed any more, and what was empty never was.
        if days and before.get(name) and now_has.get(name):
            kept[name] = before[name]
            until[name] = end
            rotated.append(name)
            if last:
                used[FORMER][name] = last
    account.former_secrets = kept
    ends = [datetime.fromisoformat(at) for at in until.values()]
    account.former_until = max(ends, default=None)
    account.secrets_used = used if kept else {}
    if len(set(ends)) > 1:
        account.secrets_used = {**used, UNTIL: until}
    return rotated


def end_former(account: Account) -> bool:
    """From now on the present secrets alone. False when there were no others."""
    with transaction.atomic():
        row = Account.objects.select_for_update(of=("self",)).get(pk=account.pk)
        was_kept = bool(row.former_secrets)
        row.former_secrets, row.former_until, row.secrets_used = "", None, {}
        row.save(update_fields=["former_secrets", "former_until", "secrets_used"])
    return was_kept


def forget_former_secrets() -> int:
    """Delete what is no longer tried. Returns of how many accounts."""
    over = Account.objects.filter(former_until__lte=timezone.now())
    return over.update(former_secrets="", former_until=None, secrets_used={})
