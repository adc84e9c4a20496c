"""Is this report to be believed of this payment? If not, why not, in a sentence for the merchant. Changes nothing."""

from checkout.models import Payment
from providers.base import Outcome, Report
from providers.money import Money
from providers.said import said as _

SUMS = ("authorized", "captured", "refunded", "voided", "pending")
MONEY_OUTCOMES = frozenset({Outcome.AUTHORIZED, Outcome.PAID, Outcome.REFUNDED})


def objection(payment: Payment, report: Report) -> str:
    """ "" when the report may be believed."""
    return (
        of_another(payment, report)
        or _unfit_amounts(payment, report)
        or _unfit_asked(payment, report)
        or _unfit_money(payment, report)
        or _impossible_sums(payment, report)
    )


def of_another(payment: Payment, report: Report) -> str:
    if report.reference is not None and report.reference != payment.reference:
        return _(
            "asked about %(asked)s, the provider answers about %(told)s",
            asked=payment.reference,
            told=report.reference,
        )
    if report.live is not None and report.live != payment.account.live:
        if payment.account.live:
            return _("a test payment on a live account")
        return _("a live payment on a test account")
    return ""


def went_back(payment: Payment, report: Report) -> bool:
    """Was money that is not believed given back or let go, all of it? Of a payment that had none by our own record."""
    if payment.authorized_minor or of_another(payment, report):
        return False
    came, gone = {
        Outcome.REFUNDED: (report.captured, report.refunded),
        Outcome.CANCELED: (report.authorized, report.voided),
    }.get(report.outcome, (None, None))
    return came is not None and came == gone and came.minor > 0


def _unfit_amounts(payment: Payment, report: Report) -> str:
    told = [money for name in SUMS if (money := getattr(report, name)) is not None]
    told += [listed.money for listed in report.operations or ()]
    told += [taken.money for taken in report.chargebacks]
    for tender in report.tenders:
        told += [tender.authorized, tender.captured, tender.refunded, tender.voided]
    told += [report.asked] if report.asked is not None else []
    for money in told:
        if money.currency != payment.currency:
            return _asked_and_came(payment, money)
        if money.minor < 0:
            return _("the provider reports a negative sum, %(money)s", money=money)
    return ""


def _unfit_asked(payment: Payment, report: Report) -> str:
    """Of a report without money: money is told by what was charged, whatever the provider's order is over by then."""
    if report.asked is None or report.asked == payment.money or report.outcome in MONEY_OUTCOMES:
        return ""
    if report.asked.minor == payment.wanted.get(
        "amount"
    ):  # a change that was asked for, and may not be written yet
        return ""
    return _(
        "asked %(asked)s, but the provider's own order is over %(told)s",
        asked=payment.money,
        told=report.asked,
    )


def _unfit_money(payment: Payment, report: Report) -> str:
    """Is it as much as was asked for? Of a report that says there is money."""
    if report.outcome not in MONEY_OUTCOMES:
        return ""
    came = charged(payment, report)
    if not came:
        if not payment.amount_minor:
            return ""
        return _("the provider says %(outcome)s but not how much", outcome=report.outcome.value)
    if came != payment.money:
        return _asked_and_came(payment, came)
    captured, refunded = sum_of(payment, report, "captured"), sum_of(payment, report, "refunded")
    if report.outcome is Outcome.PAID and not captured:
        return _("the provider says paid, but captured %(captured)s", captured=captured)
    if report.outcome is Outcome.REFUNDED and (refunded < captured or not refunded):
        return _("the provider says refunded, but %(part)s of %(all)s", part=refunded, all=captured)
    return ""


def _asked_and_came(payment: Payment, came: Money) -> str:
    return _("asked %(asked)s, provider reports %(came)s", asked=payment.money, came=came)


def charged(payment: Payment, report: Report) -> Money | None:
    """With how much the payment was made, as far as anybody has said."""
    return report.authorized or (payment.authorized if payment.authorized_minor else report.captured)


def _impossible_sums(payment: Payment, report: Report) -> str:
    """What the database's own constraints would refuse, whatever the outcome."""
    authorized, captured, refunded, voided = (
        sum_of(payment, report, name) for name in ("authorized", "captured", "refunded", "voided")
    )
    if payment.amount_minor and authorized > payment.money:
        return _asked_and_came(payment, authorized)
    if captured > authorized:
        return _(
            "captured %(captured)s is more than authorised %(authorized)s",
            captured=captured,
            authorized=authorized,
        )
    if refunded > captured:
        return _(
            "refunded %(refunded)s is more than captured %(captured)s", refunded=refunded, captured=captured
        )
    if voided + captured > authorized:
        return _(
            "voided and captured together are more than authorised %(authorized)s", authorized=authorized
        )
    return ""


def sum_of(payment: Payment, report: Report, name: str) -> Money:
    """The report's sum, or ours where it is silent. What moved does not move back: an older answer that arrives
    late must not undo a newer one, so a sum only grows ("pending" alone comes and goes)."""
    ours = Money(getattr(payment, f"{name}_minor"), payment.currency)
    told: Money | None = getattr(report, name)
    if name == "pending":
        return ours if told is None else told
    return max(ours, _implied(payment, report, name) if told is None else told)


def _implied(payment: Payment, report: Report, name: str) -> Money:
    """What the rest of the report says of a sum that it does not name."""
    nothing = Money.zero(payment.currency)
    if name == "authorized":
        return (report.captured or nothing) + (report.voided or nothing)
    if name == "captured" and report.outcome is Outcome.PAID and not payment.captured_minor:
        return sum_of(payment, report, "authorized") - sum_of(payment, report, "voided")
    if name == "captured" and report.outcome is Outcome.REFUNDED:
        return report.refunded or nothing
    if name == "refunded" and report.outcome is Outcome.REFUNDED:
        return sum_of(payment, report, "captured")
    return nothing
