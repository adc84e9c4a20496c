"""Is all well? What the merchant reads first; here it is composed, and counted in `checkout.payments`."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from checkout.merchant.chargebacks import WAITING
from checkout.merchant.chargebacks import waiting as chargebacks_waiting
from checkout.merchant.charts import course, length_of, percent
from checkout.merchant.declines import REASONS
from checkout.merchant.scope import limit, shops_of
from checkout.merchant.shown import name_of
from checkout.merchant.verdict import LATE, Worry, in_words, worries
from checkout.models import Agreement, Call, Delivery, Operation, ShopEvent
from checkout.payments import tallies
from checkout.payments.account_health import Health, health
from checkout.payments.attention import with_reasons
from checkout.payments.calls import by_kind, needing_a_person
from checkout.payments.outcomes import DAYS, Outcomes, outcomes, together
from checkout.payments.sweep import lateness
from checkout.payments.takings import Accounts, Shops, accounts_told, day_of, last_days, takings, totals
from providers.agreements import Phase

_SHOWN = 6
_WEEK = 7


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    if not request.user.has_perm("checkout.view_order"):
        return context
    shops, now = shops_of(request.user), timezone.now()
    accounts = health(shops, now)
    rules, late, calls = tallies.money_rules(), lateness(now), by_kind(shops)
    flagged = needing_a_person(shops)
    count = flagged.count()
    found = worries(rules=rules, late=late, calls=calls, flagged=count, accounts=accounts)
    page = {
        **context,
        "title": _("Is all well?"),
        "may_see_orders": True,
        "worries": found,
        "tone": _tone(found),
        "calls": [(Call(word).label, number, _orders(flag=word)) for word, number in calls.items()],
        "flagged": with_reasons(flagged.order_by("pk")[:_SHOWN]),
        "flagged_count": count,
        "flagged_url": _orders(flag="yes"),
        "late": late > LATE,
        "lateness": in_words(late),
        "rules": rules,
        "rules_age": in_words(rules.age(now)) if rules else "",
        "look_into": _look_into(request.user),
        "waiting": _waiting(request.user),
        "accounts": [_account(one, now) for one in accounts] if _may(request, "account") else [],
    }
    return page | (_money(shops, now) if _may(request, "payment") else {})


def _may(request: HttpRequest, model: str) -> bool:
    return request.user.has_perm(f"checkout.view_{model}")


def _tone(found: list[Worry]) -> str:
    if not found:
        return "good"
    return "bad" if any(worry.bad for worry in found) else "warn"


def _orders(**query: str) -> str:
    return f"{reverse('admin:checkout_order_changelist')}?{urlencode(query)}"


# Money


def _money(shops: Shops, now: datetime) -> dict[str, Any]:
    told = accounts_told(shops)
    taken, ends = takings(told, now), outcomes(told, now)
    return {
        "may_see_money": True,
        "live": told.live,
        "today": day_of(now).date(),
        "takings": [(name_of(row.provider), row) for row in taken],
        "totals": totals(taken),
        "movements_today": _movements(told, day_of(now)),
        "movements_month": _movements(told, day_of(now).replace(day=1)),
        **_rates(told, ends),
        **_declines(told, ends, now),
    }


def _movements(told: Accounts, since: datetime) -> str:
    query = {"live": _mode(told), "from": since.date().isoformat()}
    return f"{reverse('admin:checkout_movement_changelist')}?{urlencode(query)}"


def _mode(told: Accounts) -> str:
    """The filter under which a list holds what was counted here: play money is not among money."""
    return "live" if told.live else "test"


def _rates(told: Accounts, ends: Outcomes) -> dict[str, Any]:
    every = ends.all_providers()
    rows = [(name_of(provider), ends.by_provider[provider]) for provider in told.providers]
    return {
        "days": DAYS,
        "trend": course(ends.days, every) if every else None,
        "rates": [
            {
                "name": name,
                "today": _of(rates[-1:]),
                "week": _of(rates[-_WEEK:]),
                "month": _of(rates),
                "trend": course(ends.days, rates),
            }
            for name, rates in rows
            if together(rates).ended
        ],
        "overall": [
            (_("today"), _of(every[-1:])),
            (_("7 days"), _of(every[-_WEEK:])),
            (_("30 days"), _of(every)),
        ],
    }


def _of(rates: list[Any]) -> dict[str, Any]:
    rate = together(rates)
    return {"percent": percent(rate.share), "paid": rate.paid, "ended": rate.ended}


def _declines(told: Accounts, ends: Outcomes, now: datetime) -> dict[str, Any]:
    since = last_days(DAYS, now)[0].date().isoformat()
    payments = reverse("admin:checkout_payment_changelist")
    most = max(ends.declines.values(), default=0)
    bars = []
    for reason, number in ends.declines.most_common():
        query = {"state__exact": "failed", "decline_reason": reason, "live": _mode(told), "from": since}
        bars.append(
            {
                "name": _reason(reason),
                "number": number,
                "length": length_of(number, most),
                "url": f"{payments}?{urlencode(query)}" if reason else "",
            }
        )
    return {"declines": bars, "declined": ends.declines.total()}


def _reason(reason: str) -> str:
    return str(REASONS[reason].name) if reason in REASONS else reason or _("no reason told")


# How it runs


def _account(one: Health, now: datetime) -> dict[str, Any]:
    account = one.account
    return {
        "row": account,
        "provider": name_of(account.provider),
        "url": reverse("admin:checkout_account_change", args=[account.pk]),
        "answered": in_words(now - account.last_answer_at) if account.last_answer_at else "",
        "rang": in_words(now - account.last_notification_at) if account.last_notification_at else "",
        "requests": one.requests,
        "errors": one.errors,
        "error_share": percent(one.error_share),
        "failing": one.is_failing,
        "oldest_check": in_words(one.oldest_check) if one.oldest_check else "",
        "late": one.oldest_check is not None and one.oldest_check > LATE,
    }


def _look_into(user: Any) -> list[tuple[str, int, str]]:
    return [
        (
            _("Agreements whose payment is tried again"),
            limit(Agreement.objects, user)
            .filter(phase=Phase.RETRY)
            .exclude(state__in=Agreement.OVER)
            .count(),
            reverse("admin:checkout_agreement_changelist") + f"?phase__exact={Phase.RETRY}",
        ),
        (
            _("Chargebacks that nobody has marked as seen"),
            chargebacks_waiting(user),
            reverse("admin:checkout_payment_changelist") + f"?charged_back={WAITING}",
        ),
    ]


def _waiting(user: Any) -> list[tuple[str, int]]:
    deliveries, events = limit(Delivery.objects, user), limit(ShopEvent.objects, user)
    operations = limit(Operation.objects, user).filter(status__in=Operation.OPEN)
    return [
        (_("Notifications not followed up yet"), deliveries.exclude(next_try_at=None).count()),
        (_("Webhooks not delivered yet"), events.exclude(next_try_at=None).count()),
        (_("Operations whose end is not known"), operations.count()),
    ]
