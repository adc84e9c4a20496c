"""What should the merchant look at first? Orders that need a person, checks that are late, rules that are broken."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from checkout.merchant.chargebacks import WAITING
from checkout.merchant.chargebacks import waiting as chargebacks_waiting
from checkout.merchant.scope import limit
from checkout.models import Agreement, Delivery, Operation, Order, ShopEvent
from checkout.payments.figures import violations
from checkout.payments.sweep import lateness
from providers.agreements import Phase

_SHOWN = 20
# The sweep comes every few seconds; a check that has waited longer than this tells of a worker that is not there.
_LATE = timedelta(minutes=2)


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    if not request.user.has_perm("checkout.view_order"):
        return context
    flagged = limit(Order.objects, request.user).exclude(attention="").order_by("-id")
    late = lateness()
    rules = violations()
    return {
        **context,
        "title": _("First page"),
        "may_see_orders": True,
        "flagged": flagged[:_SHOWN],
        "flagged_count": flagged.count(),
        "late": late > _LATE,
        "lateness": _in_words(late),
        "rules": [(rule, count) for rule, count in rules.items() if count],
        "rules_checked": len(rules),
        "look_into": [
            (
                _("Agreements whose payment is tried again"),
                limit(Agreement.objects, request.user)
                .filter(phase=Phase.RETRY)
                .exclude(state__in=Agreement.OVER)
                .count(),
                reverse("admin:checkout_agreement_changelist") + f"?phase__exact={Phase.RETRY}",
            ),
            (
                _("Chargebacks that nobody has marked as seen"),
                chargebacks_waiting(request.user),
                reverse("admin:checkout_payment_changelist") + f"?charged_back={WAITING}",
            ),
        ],
        "waiting": [
            (
                _("Notifications not followed up yet"),
                limit(Delivery.objects, request.user).exclude(next_try_at=None).count(),
            ),
            (
                _("Webhooks not delivered yet"),
                limit(ShopEvent.objects, request.user).exclude(next_try_at=None).count(),
            ),
            (
                _("Operations whose end is not known"),
                limit(Operation.objects, request.user).filter(status__in=Operation.OPEN).count(),
            ),
        ],
    }


def _in_words(late: timedelta) -> str:
    seconds = int(late.total_seconds())
    if seconds < 120:
        return _("%(n)s seconds") % {"n": seconds}
    if seconds < 7200:
        return _("%(n)s minutes") % {"n": seconds // 60}
    return _("%(n)s hours") % {"n": seconds // 3600}
