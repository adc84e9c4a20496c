"""What does PayZen refuse, whose is it to mend, and what is to be done? Its codes as our kinds of no.

INT codes speak of a field that was sent, and name it in `detailedErrorMessage` ("Invalid input value [name=currency,
value=TTT]"); PSP codes speak of the shop or of a transaction's state; ACQ codes are the acquirer's.
"""

import re

from providers.base import Charge
from providers.errors import Decline, Declined, Invalid, Misconfigured, ProviderError
from providers.payzen import words
from providers.payzen.order import PayzenOrder
from providers.payzen.settings import PayzenSettings
from providers.payzen.wire import NO_SERVICE, NO_SUCH_ORDER, NO_SUCH_SERVICE, NO_TRANSACTION, Refused
from providers.said import said as _

OPTIONS = "options.payzen"

_FIELDS_OF = {"INT_009": "amount", "INT_010": "currency", "INT_015": "customer.email"}
_SHOPS = {
    "amount": "amount",
    "currency": "currency",
    "description": "description",
    "expirationDate": "hold_minutes",
    "locale": "language",
    "customer.email": "customer.email",
    "customer.reference": "customer.reference",
    "customer.billingDetails.address": "customer.address",
    "customer.billingDetails.city": "customer.city",
    "customer.billingDetails.country": "customer.country",
    "customer.billingDetails.firstName": "customer.first_name",
    "customer.billingDetails.lastName": "customer.last_name",
    "customer.billingDetails.phoneNumber": "customer.phone",
    "customer.billingDetails.state": "customer.state",
    "customer.billingDetails.zipCode": "customer.postal_code",
    "paymentMethodToken": "saved_card",
    "channelOptions.mailOptions.recipient": "invitation.to",
    "channelOptions.mailOptions.subject": "invitation.subject",
    "channelOptions.mailOptions.body": "invitation.text",
    "channelOptions.smsOptions.phoneNumber": "invitation.to",
    "channelOptions.smsOptions.message": "invitation.text",
    "channelOptions.whatsAppOptions.phoneNumber": "invitation.to",
}
# What neither the shop nor the order says: the account's settings, or this site's own.
_MERCHANTS = {
    "paymentMethods": _("Means of payment"),
    "strongAuthentication": _("Strong authentication"),
    "transactionOptions.cardOptions.captureDelay": _("Days before capture"),
    "transactionOptions.cardOptions.manualValidation": _(
        "captures by hand, which have to be enabled at PayZen"
    ),
    "transactionOptions.cardOptions.retry": _("Further tries in the form"),
    "channelOptions.channelType": _("Ways to send a payment link"),
    "channelOptions.mailOptions.template": _("E-mail template"),
    "formAction": _("Keep cards"),
}
_OF_THIS_SITE = re.compile(
    r"(return|success|refused|cancel|error|ipnTarget)Url|returnMode|orderId|metadata.*"
)


def of_start(no: Refused, charge: Charge, settings: PayzenSettings, brought: PayzenOrder) -> ProviderError:
    """Of a payment order or form that was not made, or an order that was not changed."""
    if no.code == NO_SUCH_SERVICE:
        return Misconfigured(NO_SERVICE)
    if no.code == "PSP_610":
        means = ", ".join(brought.payment_methods or settings.payment_methods) or _("any means of payment")
        return Misconfigured(
            _(
                "PayZen has no contract of yours for %(currency)s and %(means)s: ask for one, or take another "
                "currency. (%(code)s)",
                currency=charge.money.currency,
                means=means,
                code=no.code,
            )
        )
    path = _named(no) or _FIELDS_OF.get(no.code, "")
    if not path:
        if no.code.startswith("INT_"):
            return Invalid("order", no.why)
        decline = words.decline(no.code, no.message, no.detail_code)
        return Declined(decline)
    return _of_field(path, no, brought)


def _of_field(path: str, no: Refused, brought: PayzenOrder) -> ProviderError:
    if brought.brings(path):
        return Invalid(f"{OPTIONS}.{path}", no.why)
    if path in _SHOPS:
        return Invalid(_SHOPS[path], no.why)
    if path in _MERCHANTS:
        return Misconfigured(
            _("PayZen refuses what the account says, %(title)s: %(why)s", title=_MERCHANTS[path], why=no.why)
        )
    if _OF_THIS_SITE.fullmatch(path):
        return Misconfigured(
            _("PayZen refuses what this site says of itself, %(field)s: %(why)s", field=path, why=no.why)
        )
    # Neither sent nor set: PayZen misses it, and only the order can bring it.
    return Invalid(f"{OPTIONS}.{path}", no.why)


def _named(no: Refused) -> str:
    found = re.search(r"\[name=([A-Za-z][\w.]{0,100})[,\]]", no.detail[:2000])
    return found[1] if found else ""


# --- of a capture, void or refund -------------------------------------------------------------------------

_STATE = {
    "PSP_075": _("it can no longer be cancelled: refund it"),
    "PSP_076": _(
        "it cannot be refunded yet, because it is not captured: give the whole of it back, which cancels it, or "
        "wait until it is captured"
    ),
    "PSP_083": _("it cannot be refunded: it was never paid, or the bank has taken it back"),
    "PSP_104": _("it was refunded already: look at the Back Office"),
    "PSP_105": _("it was cancelled already: look at the Back Office"),
    "PSP_503": _("its status does not allow it: look at the Back Office"),
    "PSP_510": _("the amount is more than is left: refund less"),
    "PSP_511": _("the amount is more than is left: refund less"),
}


def of_operation(no: Refused, what: str) -> ProviderError:
    """A definite no: nothing was moved."""
    if no.code == NO_TRANSACTION:
        return Misconfigured(
            _("PayZen does not know the transaction: is it of another shop, or of the other mode? (PSP_010)")
        )
    if no.code == NO_SUCH_SERVICE:
        return Misconfigured(NO_SERVICE)
    if no.code == "INT_009" or _named(no) == "amount":
        return Invalid("amount", no.why)
    why = no.why
    if no.code in _STATE:
        why = _("%(message)s (%(code)s)", message=_STATE[no.code], code=no.code)
    plain = words.decline(no.code, no.message, no.detail_code)
    message = _("PayZen refuses the %(what)s: %(why)s.", what=what, why=why)
    return Declined(Decline(code=plain.code, message=message, reason=plain.reason))


def of_question(no: Refused) -> ProviderError:
    """Of a question, which moves nothing."""
    if no.code == NO_SUCH_ORDER:
        return Misconfigured(
            _(
                "PayZen does not know the payment order: is it of another shop, or of the other mode? (PSP_1000)"
            )
        )
    if no.code == NO_SUCH_SERVICE:
        return Misconfigured(NO_SERVICE)
    return Misconfigured(_("PayZen refuses to say how it stands: %(why)s.", why=no.why))
