"""How are captures, voids and refunds asked of SysPay, each once, and what is its no?

A confirm captures all of what is reserved: the API has no field for a part (v1). What became of it is not read from the
answer but asked for afterwards, like everything.
"""

from collections.abc import Mapping
from dataclasses import replace

from providers.base import Charge, Operation, OperationStatus, Outcome, Report, Verb
from providers.errors import Decline, Declined, Invalid, Misconfigured, ProviderError, Uncertain, Unreachable
from providers.money import Money
from providers.said import said as _
from providers.syspay import afterwards, declines, standing
from providers.syspay.notices import ems_url
from providers.syspay.wire import NotFound, Wire, WireRefusal, WireSettings

WRONG_STATUS = 50001  # "The original preauth payment has an invalid status"
NOT_UNIQUE = 40003  # "The refund reference parameter is not unique"
_NAMES = {Verb.CAPTURE: _("capture"), Verb.VOID: _("void"), Verb.REFUND: _("refund")}


def capture(wire: Wire, settings: WireSettings, charge: Charge, money: Money, *, key: str) -> Report:
    if money != charge.money:
        why = _(
            "SysPay captures what is reserved only as a whole: %(whole)s, and not %(money)s",
            whole=charge.money,
            money=money,
        )
        raise Invalid("amount", why)
    return _decide(wire, settings, charge, Verb.CAPTURE, money, key)


def void(wire: Wire, settings: WireSettings, charge: Charge, money: Money, *, key: str) -> Report:
    if money != charge.money:
        why = _(
            "SysPay lets go what is reserved only as a whole: %(whole)s, and not %(money)s",
            whole=charge.money,
            money=money,
        )
        raise Invalid("amount", why)
    return _decide(wire, settings, charge, Verb.VOID, money, key)


def _decide(wire: Wire, settings: WireSettings, charge: Charge, verb: Verb, money: Money, key: str) -> Report:
    number = _number(wire, settings, charge)
    charge = _with_own(charge, verb, money, key)
    try:
        if verb is Verb.CAPTURE:
            wire.confirm(number)
        else:
            wire.void(number)
    except WireRefusal as no:
        if no.code != WRONG_STATUS:
            raise refused(no, _NAMES[verb]) from no
        report = standing.since(wire, settings, charge)
        # What was asked for before, and of which no answer came, may be why it cannot be done again.
        if not _lists(report, key, OperationStatus.SUCCESS):
            raise refused(no, _NAMES[verb]) from no
        return report
    return standing.since(wire, settings, charge)


def refund(wire: Wire, settings: WireSettings, charge: Charge, money: Money, *, key: str) -> Report:
    number = _number(wire, settings, charge)
    charge = _with_own(charge, Verb.REFUND, money, key)
    body = {
        "reference": key,
        "amount": money.minor,
        "currency": money.currency,
        "description": charge.reason or charge.description,
        "payment_id": number,
        "ems_url": ems_url(charge.urls.notify, charge.reference),
    }
    try:
        told = wire.refund(body)
    except WireRefusal as no:
        if no.code != NOT_UNIQUE:
            raise refused(no, _NAMES[Verb.REFUND]) from no
        return standing.since(wire, settings, charge)  # it was made before, and never is twice
    if told.reference not in ("", key):
        raise Uncertain(_("Asked for one refund, SysPay answered about another."))
    name = f"refund:{told.id}"
    charge = replace(charge, provider_ids=(*charge.provider_ids, name))
    try:
        return standing.since(wire, settings, charge)
    except Uncertain as why:
        # Its number is told here and perhaps nowhere else: it is kept, and asked about.
        return _under_way(charge, key, name, why.sentence)


def _under_way(charge: Charge, key: str, name: str, why: str) -> Report:
    """The refund `name` was made; how it and the payment stand is not known yet."""
    refunds = tuple(
        replace(own, provider_id=name, status=OperationStatus.PENDING, message=why) if own.key == key else own
        for own in charge.operations
        if own.verb is Verb.REFUND and (own.key == key or own.status in afterwards.OPEN)
    )
    return Report(outcome=Outcome.PAID, provider_ids=(name,), operations=refunds)


def _number(wire: Wire, settings: WireSettings, charge: Charge) -> int:
    """The number of the payment that has the money. Nothing was sent yet, so nothing is uncertain."""
    kept = charge.memo.get(standing.PAYMENT)
    if not isinstance(kept, int):
        try:
            kept = standing.sync(wire, settings, charge).memo.get(standing.PAYMENT)
        except Uncertain as why:
            raise Unreachable(*why.args) from why
    if not isinstance(kept, int):
        raise Declined(Decline(code="no_payment", message=_("SysPay has no payment with money here.")))
    return kept


def _with_own(charge: Charge, verb: Verb, money: Money, key: str) -> Charge:
    """The operation that is asked for is one of ours, whether or not it was handed over as one."""
    if any(own.key == key for own in charge.operations):
        return charge
    own = Operation(verb=verb, money=money, status=OperationStatus.UNCERTAIN, key=key)
    return replace(charge, operations=(*charge.operations, own))


def _lists(report: Report, key: str, status: OperationStatus) -> bool:
    return any(listed.key == key and listed.status is status for listed in report.operations or ())


# --- its no -------------------------------------------------------------------------------------------------

# What a merchant is told, and can do about it. Others are repeated as SysPay says them.
_DECLINES: Mapping[int, str] = {
    20039: _("This means of payment takes no refunds: give the money back another way."),
    40004: _("The refund is in another currency than the payment."),
    40005: _("SysPay does not accept the amount of the refund."),
    40006: _(
        "All refunds together would be more than was paid: look at SysPay which of them are there already."
    ),
    40010: _("Your SysPay account does not hold enough for this refund: top it up first."),
    WRONG_STATUS: _("The payment is not reserved any more: look at SysPay how it stands."),
    50002: _("The reserved money could not be captured. It is still reserved; try again later."),
    50003: _("The reserved money could not be let go. Try again later, or wait until it lapses."),
}
_UNDECIDED = {
    20040: _(
        "SysPay took it for a repetition of what it is doing already. Ask again before you do anything else."
    ),  # "Duplicate request"
    50004: _("SysPay is working on it. Ask again before you do anything else."),
}
_NOT_PERMITTED = frozenset({30002, 30004, 30010, 30034, 60008})


def undecided(no: WireRefusal) -> Uncertain | None:
    """Its no, when it only says that it has not decided yet."""
    return Uncertain(_UNDECIDED[no.code]) if no.code in _UNDECIDED else None


def refused(no: WireRefusal, what: str) -> ProviderError:
    """SysPay's no to a capture, a void, a refund or a charge, as one of the kinds of no."""
    if isinstance(no, NotFound):
        return Misconfigured(
            _("SysPay does not know what the %(what)s is of: %(no)s.", what=what, no=no.args[0])
        )
    if (unknown := undecided(no)) is not None:
        return unknown
    about = {"what": what, "why": no.message or no.code}
    if no.code in _NOT_PERMITTED:
        return Misconfigured(_("SysPay does not permit this account the %(what)s: %(why)s", **about))
    message = _DECLINES.get(no.code) or _("SysPay refuses the %(what)s: %(why)s", **about)
    return Declined(Decline(code=str(no.code), message=message, reason=declines.reason(str(no.code))))
