"""How much has been done, and is any rule of money violated? Counted from the rows."""

from typing import Any

from django.db.models import BigIntegerField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from checkout.models import (
    Agreement,
    Chargeback,
    Delivery,
    Invitation,
    Movement,
    Operation,
    Order,
    Payment,
    ProviderReference,
    ShopEvent,
    TimelineEntry,
)
from checkout.payments.sweep import lateness
from checkout.states import HELD_STATES, OPEN_STATES, OrderState, State
from providers.base import Kind


def violations() -> dict[str, int]:
    """Rules that the constraints cannot hold alone; every number must be 0. The words say what would be wrong."""
    paid = Order.objects.annotate(
        held=Count("payments", filter=Q(payments__state__in=HELD_STATES)),
        with_money=Count("payments", filter=Q(payments__state__in=[State.PAID, State.REFUNDED])),
    )
    return {
        "an order is paid without a paid payment": paid.filter(state=OrderState.PAID, with_money=0).count(),
        # One that came and went before anybody asked leaves its order open: there is nothing to ship for.
        "a payment is paid but its order is not": Payment.objects.filter(
            state=State.PAID, amount_minor=F("order__amount_minor")
        )
        .exclude(order__state=OrderState.PAID)
        .count(),
        "two payments hold money for one order, unflagged": paid.filter(held__gt=1, attention="").count(),
        "a payment is paid with another amount than asked": Payment.objects.filter(state=State.PAID)
        .exclude(amount_minor=F("authorized_minor"))
        .count(),
        # An attempt that has ended keeps the amount it was made with, whatever became of the order since.
        "an open attempt's amount is not its order's": Payment.objects.filter(state__in=OPEN_STATES)
        .exclude(amount_minor=F("order__amount_minor"), currency=F("order__currency"))
        .count(),
        # It may stay as it is once a person has seen it.
        "money of another amount than the order's came, unflagged": Payment.objects.filter(
            ~Exists(_calls_for_a_person), state__in=HELD_STATES, order__attention=""
        )
        .exclude(amount_minor=F("order__amount_minor"), currency=F("order__currency"))
        .count(),
        "an agreement is of another shop or account than its first payment": Agreement.objects.exclude(
            shop=F("payment__order__shop"), account=F("payment__account")
        ).count(),
        "an agreement's further payment is of another shop or account": _further()
        .exclude(order__shop=F("order__agreement__shop"), account=F("order__agreement__account"))
        .count(),
        "an agreement began with a further payment": Agreement.objects.exclude(
            payment__order__agreement=None
        ).count(),
        "two agreements claim one payment": _claimed_twice().count(),
        "a payment plan took more than its total": _plans_beyond_their_total().count(),
        "what moved is not what a payment's sums say": _moved_otherwise().count(),
    }


_calls_for_a_person = TimelineEntry.objects.filter(order=OuterRef("order"), code="order.attention")


def _further() -> QuerySet[Payment]:
    return Payment.objects.exclude(order__agreement=None)


def _claimed_twice() -> QuerySet[ProviderReference, Any]:
    """The provider's name of a further payment, at two orders of agreements."""
    return (
        ProviderReference.objects.filter(
            payment__order__agreement__isnull=False, payment__provider_id=F("value")
        )
        .values("account", "value")
        .annotate(orders=Count("payment__order", distinct=True))
        .filter(orders__gt=1)
        .order_by()
    )


def _moved_otherwise() -> QuerySet[Payment]:
    def moved(kind: str) -> Coalesce:
        rows = Movement.objects.filter(payment=OuterRef("pk"), kind=kind).order_by().values("payment")
        total = rows.annotate(total=Sum("amount_minor")).values("total")
        return Coalesce(Subquery(total), 0, output_field=BigIntegerField())

    return Payment.objects.annotate(
        moved_in=moved(Movement.Kind.CAPTURED), moved_back=moved(Movement.Kind.REFUNDED)
    ).exclude(captured_minor=F("moved_in"), refunded_minor=F("moved_back"))


def _plans_beyond_their_total() -> QuerySet[Agreement]:
    kept = F("captured_minor") - F("refunded_minor")
    later = (
        Payment.objects.filter(order__agreement=OuterRef("pk"))
        .order_by()
        .values("order__agreement")
        .annotate(kept=Sum(kept))
        .values("kept")
    )
    return (
        Agreement.objects.filter(kind=Kind.PAYMENT_PLAN, terms__total__isnull=False)
        .annotate(
            total=Cast(KT("terms__total"), BigIntegerField()),
            taken=F("payment__captured_minor")
            - F("payment__refunded_minor")
            + Coalesce(Subquery(later), 0, output_field=BigIntegerField()),
        )
        .filter(taken__gt=F("total"))
    )


def row_counts() -> dict[str, list[tuple[list[str], int]]]:
    """Rows by what they are: name -> (label values, number). Reads whole tables: for `checkout.payments.tallies`."""
    payments = Payment.objects.values_list("account__provider", "state").annotate(n=Count("pk")).order_by()
    orders = Order.objects.values_list("state").annotate(n=Count("pk")).order_by()
    agreements = (
        Agreement.objects.values_list("account__provider", "kind", "state").annotate(n=Count("pk")).order_by()
    )
    chargebacks = (
        Chargeback.objects.values_list("payment__account__provider").annotate(n=Count("pk")).order_by()
    )
    found: dict[str, QuerySet[Any, Any]] = {
        "payments": payments,
        "orders": orders,
        "agreements": agreements,
        "chargebacks": chargebacks,
    }
    return {name: [(list(row[:-1]), row[-1]) for row in rows] for name, rows in found.items()}


def waiting() -> dict[str, tuple[str, float]]:
    """What is due or open now: name -> (help, number). Each is read from an index, however many rows there are."""
    return {
        "agreements_due": (
            "Agreements to be asked about by now",
            Agreement.objects.filter(next_check_at__lte=timezone.now()).count(),
        ),
        "orders_needing_a_person": (
            "Orders flagged for a person",
            Order.objects.exclude(attention="").count(),
        ),
        "deliveries_waiting": (
            "Notifications not followed up yet",
            Delivery.objects.exclude(next_try_at=None).count(),
        ),
        "webhooks_waiting": (
            "Webhooks not delivered yet",
            ShopEvent.objects.exclude(next_try_at=None).count(),
        ),
        "links_waiting": (
            "Payment links not e-mailed yet",
            Invitation.objects.exclude(next_try_at=None).count(),
        ),
        "operations_open": (
            "Operations whose end is not known",
            Operation.objects.filter(status__in=Operation.OPEN).count(),
        ),
        "oldest_check_seconds": ("Age of the oldest due check", lateness().total_seconds()),
    }
