"""Is all well? One sentence, and if it is not, what is wrong, the most urgent first, each with the way to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from checkout.merchant.shown import provider_name
from checkout.models import Call
from checkout.payments.account_health import Health
from checkout.payments.tallies import Counted

# The sweep comes every few seconds; a check that has waited longer than this tells of a worker that is not there.
LATE = timedelta(minutes=2)


@dataclass(frozen=True)
class Worry:
    text: str
    url: str
    bad: bool = False  # money may be wrong, or nothing moves; else: somebody should look


def worries(
    *, rules: Counted | None, late: timedelta, calls: dict[str, int], flagged: int, accounts: list[Health]
) -> list[Worry]:
    """In the order in which they should be seen to."""
    return [*_of_rules(rules), *_of_checks(late), *_of_accounts(accounts), *_of_orders(calls, flagged)]


def _of_rules(rules: Counted | None) -> Iterator[Worry]:
    if rules is None:
        yield Worry(_("the rules of money were never checked: does a worker run?"), "#rules", bad=True)
        return
    if rules.broken:
        yield Worry(
            ngettext("a rule of money is broken once", "rules of money are broken %(n)s times", rules.total)
            % {"n": rules.total},
            "#rules",
            bad=True,
        )
    if rules.long_ago():
        yield Worry(
            _("the rules of money were last checked %(age)s ago: does a worker run?")
            % {"age": in_words(rules.age())},
            "#rules",
            bad=True,
        )


def _of_checks(late: timedelta) -> Iterator[Worry]:
    if late > LATE:
        yield Worry(
            _("checks are late, the oldest by %(age)s: does a worker run?") % {"age": in_words(late)},
            "#running",
            bad=True,
        )


def _of_accounts(accounts: list[Health]) -> Iterator[Worry]:
    for health in accounts:
        if health.is_failing and health.account.live:
            yield Worry(
                _("%(provider)s left %(errors)s of %(requests)s requests without an answer")
                % {
                    "provider": provider_name(health.account),
                    "errors": health.errors,
                    "requests": health.requests,
                },
                "#accounts",
                bad=True,
            )


def _of_orders(calls: dict[str, int], flagged: int) -> Iterator[Worry]:
    if not flagged:
        return
    kinds = [str(Call(kind).label) for kind in calls]
    text = ngettext("%(n)s order needs a person", "%(n)s orders need a person", flagged) % {"n": flagged}
    if kinds:
        text = _("%(orders)s (%(kinds)s)") % {"orders": text, "kinds": ", ".join(kinds)}
    yield Worry(text, reverse("admin:checkout_order_changelist") + "?flag=yes")


def in_words(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    if seconds < 120:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    if seconds < 7200:
        return _("%(n)s minutes") % {"n": seconds // 60}
    if seconds < 2 * 86400:
        return _("%(n)s hours") % {"n": seconds // 3600}
    return _("%(n)s days") % {"n": seconds // 86400}
