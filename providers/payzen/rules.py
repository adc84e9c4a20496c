"""What of an order would PayZen refuse? The contract's conditions, each by its path in the shop's own request.

What a single value may be stands in `order`; here stands what depends on the rest of the order or on the account.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from providers.base import Charge
from providers.errors import FieldError, Invalid
from providers.payzen import bodies
from providers.payzen.amounts import to_platform
from providers.payzen.order import PayzenOrder
from providers.payzen.settings import PayzenSettings
from providers.said import said as _

LONGEST_ORDER_ID = 64
_LONGEST_EMAIL, _LONGEST_REFERENCE, _LONGEST_TOKEN = 150, 80, 32
_RESERVED = frozenset({"order"})  # of metadata, what is ours
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_EMAIL = re.compile(r"[^\s@;,]+@[^\s@;,]+")


def complaints(settings: PayzenSettings, charge: Charge) -> tuple[FieldError, ...]:
    try:
        brought = bodies.options(charge)
    except Invalid as problem:
        return problem.errors
    return (
        *_of_the_order(settings, charge),
        *_of_the_customer(charge),
        *_of_what_it_brings(settings, charge, brought),
        *_of_the_invitation(settings, charge, brought),
    )


def too_late(charge: Charge) -> tuple[FieldError, ...]:
    """What only time brings about: asked when the attempt begins, not when the order is made."""
    over = charge.expires_at <= datetime.now(UTC)
    return (("hold_minutes", _("is over: PayZen takes no order that has expired")),) if over else ()


def _of_the_order(settings: PayzenSettings, charge: Charge) -> Iterator[FieldError]:
    if charge.money.minor <= 0:
        yield "amount", _("must be more than 0")
    try:
        to_platform(charge.money, settings.disputed_currencies)
    except Invalid as problem:
        yield from problem.errors
    if charge.expires_at > datetime.now(UTC) + timedelta(days=settings.order_days):
        yield "hold_minutes", _("reaches more than %(days)s days ahead", days=settings.order_days)
    if len(charge.reference) > LONGEST_ORDER_ID:
        yield "reference", _("has more than %(most)s characters at PayZen", most=LONGEST_ORDER_ID)
    if len(charge.saved_card) > _LONGEST_TOKEN:
        yield "saved_card", _("is no token of PayZen's")


def _of_the_customer(charge: Charge) -> Iterator[FieldError]:
    if len(charge.customer.email) > _LONGEST_EMAIL:
        yield "customer.email", _("has more than %(most)s characters", most=_LONGEST_EMAIL)
    if len(charge.customer.reference) > _LONGEST_REFERENCE:
        yield "customer.reference", _("has more than %(most)s characters", most=_LONGEST_REFERENCE)


def _of_what_it_brings(
    settings: PayzenSettings, charge: Charge, brought: PayzenOrder
) -> Iterator[FieldError]:
    try:
        amount = to_platform(charge.money, settings.disputed_currencies)
    except Invalid:
        amount = 0  # told already
    if brought.tax_amount is not None and 0 < amount < brought.tax_amount:
        yield f"{bodies.OPTIONS}.taxAmount", _("is more than the amount, in PayZen's own units")
    for name in _RESERVED & (brought.metadata or {}).keys():
        yield f"{bodies.OPTIONS}.metadata.{name}", _("is a name that we use ourselves")


def _of_the_invitation(
    settings: PayzenSettings, charge: Charge, brought: PayzenOrder
) -> Iterator[FieldError]:
    invited = charge.invitation
    if invited is None:
        return
    if charge.channel not in settings.sends:
        names = ", ".join(settings.sends) or _("none")
        yield "channel", _("is none by which this account sends links: %(names)s", names=names)
    elif charge.channel == "mail":
        if not _EMAIL.fullmatch(invited.to):
            yield "invitation.to", _("is one e-mail address")
        if not (invited.subject.strip() or bodies.mail_template(settings, brought)):
            yield "invitation.subject", _("is needed: the account has no e-mail template")
        elif invited.text.strip() and not invited.subject.strip():
            yield "invitation.subject", _("is needed beside a text")
    elif charge.channel in ("sms", "whatsapp"):
        if not _E164.fullmatch(invited.to):
            yield "invitation.to", _("is a mobile number such as +33600000000")
        if charge.channel == "whatsapp" and invited.text.strip():
            yield "invitation.text", _("cannot be sent: PayZen's WhatsApp message has a text of its own")
