"""What did a bank take back? Kept once, told to the shop, and a person is called: there is a time limit to object."""

from checkout.models import Call, Chargeback, Movement, Order, Payment
from checkout.payments.attention import Doubt
from checkout.payments.movements import note_movement
from checkout.payments.texts import fit
from checkout.payments.timeline import Weight, Who, tell
from providers.base import Report
from providers.said import said as _


def take_chargebacks(order: Order, payment: Payment, report: Report) -> tuple[bool, list[Doubt]]:
    """Keep what is new of the report's chargebacks. Returns whether anything is, and what a person has to look at. Call
    under the lock."""
    news, doubts = False, list[Doubt]()
    for told in report.chargebacks:
        row, new = Chargeback.objects.get_or_create(
            payment=payment,
            provider_id=fit(told.id, 100),
            defaults={
                "amount_minor": told.money.minor,
                "currency": told.money.currency,
                "status": fit(told.status, 30),
                "reason": fit(told.reason, 60),
                "at": told.at,
            },
        )
        if new:
            news = True
            tell(order, "payment.charged_back", payment=payment, who=Who.PROVIDER, weight=Weight.BAD,
                 money=str(row.money), why=row.reason or "—")  # fmt: skip
            note_movement(payment, Movement.Kind.CHARGED_BACK, row.amount_minor)
            why = _("the bank took %(money)s back (reason %(reason)s)", money=row.money,
                    reason=row.reason or _("not told"))  # fmt: skip
            doubts.append(Doubt(why, Call.CHARGEBACK))
            continue
        before, status = row.money, fit(told.status, 30) or row.status
        if (before, row.status) == (told.money, status):
            continue
        news = True
        row.amount_minor, row.status = told.money.minor, status
        row.save(update_fields=["amount_minor", "status"])
        tell(order, "payment.chargeback_status", payment=payment, who=Who.PROVIDER, money=str(row.money),
             status=row.status or "—")  # fmt: skip
        if row.money != before:
            note_movement(payment, Movement.Kind.CHARGED_BACK, row.amount_minor - before.minor)
            why = _(
                "the bank took %(money)s back, not %(before)s as was told first",
                money=row.money,
                before=before,
            )
            doubts.append(Doubt(why, Call.CHARGEBACK))
    return news, doubts
