"""What do we send PayZen? The bodies of CreatePaymentOrder, PaymentOrder/Update, CreatePayment and of what moves money.

What the order brings along goes before what the account says; what nobody says is left out, so that the shop's own
setting in the Back Office holds. Amounts are the platform's units, times ISO 8601 with an offset.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from providers.base import Charge, Invitation
from providers.errors import Invalid, Misconfigured
from providers.money import Money
from providers.payzen.amounts import to_platform
from providers.payzen.order import PayzenOrder
from providers.payzen.settings import PayzenSettings
from providers.said import said as _

OPTIONS = "options.payzen"
# The channels by which a merchant has a link sent, and PayZen's words for them.
CHANNELS = {"url": "URL", "mail": "MAIL", "sms": "SMS", "whatsapp": "WHATSAPP", "invoice": "INVOICE"}
BY_PAYZEN = frozenset({"MAIL", "SMS", "WHATSAPP"})  # what PayZen delivers itself
LONGEST_NOTIFY_URL = 255
LONGEST_COMMENT = 255
# An invitation's words, and PayZen's.
_WORDS = {"{link}": "%url%", "{amount}": "%amount%", "{until}": "%end_date%"}

# formAction: what becomes of the card
PAY, KEEP, ASK = "PAYMENT", "REGISTER_PAY", "ASK_REGISTER_PAY"


def options(charge: Charge) -> PayzenOrder:
    """What the order brings along, checked; Invalid names every field that does not fit."""
    try:
        return PayzenOrder.model_validate(dict(charge.options))
    except ValidationError as problem:
        told = [
            (".".join([OPTIONS, *(str(part) for part in error["loc"])]), error["msg"])
            for error in problem.errors(include_input=False, include_url=False, include_context=False)
        ]
        raise Invalid(*told[0], *told[1:]) from None  # pydantic's own text holds what was sent


def channel_type(charge: Charge) -> str:
    return CHANNELS[charge.channel] if charge.invitation is not None else "URL"


def form_action(settings: PayzenSettings, charge: Charge) -> str:
    if charge.saved_card or settings.keep_cards == "never" or not charge.customer.reference:
        return PAY
    if charge.save_card:
        return KEEP
    return ASK if settings.keep_cards == "ask" else PAY


# --- a payment order --------------------------------------------------------------------------------------


def order(settings: PayzenSettings, charge: Charge, brought: PayzenOrder) -> dict[str, Any]:
    """`Charge/CreatePaymentOrder`."""
    sent = brought.sent
    body = {
        **_common(settings, charge, brought),
        "channelOptions": channel_options(settings, charge, brought),
        "expirationDate": moment(charge.expires_at),
        "locale": locale(settings, charge, brought),
        "description": charge.description.strip(),
        "merchantComment": sent.get("merchantComment"),
        "paymentReceiptEmail": sent.get("paymentReceiptEmail"),
        "taxAmount": sent.get("taxAmount"),
        "taxRate": sent.get("taxRate"),
        "dataCollectionForm": sent.get("dataCollectionForm"),
        "returnMode": "GET",
        "returnUrl": charge.urls.back,
        "successUrl": way_back(charge.urls.back, "success"),
        "refusedUrl": way_back(charge.urls.back, "refused"),
        "cancelUrl": way_back(charge.urls.cancelled, "cancel"),
        "errorUrl": way_back(charge.urls.back, "error"),
        "redirectSuccessTimeout": sent.get("redirectSuccessTimeout"),
        "redirectErrorTimeout": sent.get("redirectErrorTimeout"),
        "acquirerTransientData": sent.get("acquirerTransientData"),
        "subMerchantDetails": sent.get("subMerchantDetails"),
    }
    return without_nothing(body)


def update(settings: PayzenSettings, charge: Charge, brought: PayzenOrder, order_id: str) -> dict[str, Any]:
    """`Charge/PaymentOrder/Update`: amount, currency and channel have to be told again, the channel as it was."""
    body = {
        "paymentOrderId": order_id,
        "amount": to_platform(charge.money, settings.disputed_currencies),
        "currency": charge.money.currency,
        "channelOptions": channel_options(settings, charge, brought),
        "expirationDate": moment(charge.expires_at),
        "locale": locale(settings, charge, brought),
    }
    return without_nothing(body)


def withdrawn(
    settings: PayzenSettings, charge: Charge, order_id: str, asked: Money, at: datetime
) -> dict[str, Any]:
    """`Charge/PaymentOrder/Update` that changes nothing but the expiry."""
    return {
        "paymentOrderId": order_id,
        "amount": to_platform(asked, "payzen"),  # as it stands there
        "currency": asked.currency,
        "channelOptions": channel_options(settings, charge, PayzenOrder()),
        "expirationDate": moment(at),
    }


def channel_options(settings: PayzenSettings, charge: Charge, brought: PayzenOrder) -> dict[str, Any]:
    kind = channel_type(charge)
    invited = charge.invitation or Invitation()
    told: dict[str, Any] = {"channelType": kind}
    if kind == "MAIL":
        mail = brought.channel_options.mail_options
        bare = not (invited.subject or invited.text)
        said = {
            "recipient": invited.to,
            "bcc": mail.bcc,
            "subject": said_by_payzen(invited.subject),
            "body": said_by_payzen(invited.text),
            "template": mail_template(settings, brought) if bare else None,  # beside a text it is ignored
        }
        told["mailOptions"] = without_nothing(said)
    elif kind == "SMS":
        sms = {"phoneNumber": invited.to, "message": said_by_payzen(invited.text)}
        told["smsOptions"] = without_nothing(sms)
    elif kind == "WHATSAPP":
        told["whatsAppOptions"] = {"phoneNumber": invited.to}
    return told


def mail_template(settings: PayzenSettings, brought: PayzenOrder) -> str:
    return brought.channel_options.mail_options.template or settings.mail_template


def said_by_payzen(text: str) -> str:
    """The merchant's text, in which PayZen is to fill in the link, the amount and the end."""
    for ours, theirs in _WORDS.items():
        text = text.replace(ours, theirs)
    return text.strip()


def locale(settings: PayzenSettings, charge: Charge, brought: PayzenOrder) -> str:
    return brought.locale or settings.locale(charge.language)


def way_back(url: str, end: str) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}end={end}"


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


# --- the form in our page -----------------------------------------------------------------------------------


def form(settings: PayzenSettings, charge: Charge, brought: PayzenOrder) -> dict[str, Any]:
    """`Charge/CreatePayment`."""
    body = _common(settings, charge, brought)
    if (retry := retries(settings, brought)) is not None:
        body["transactionOptions"]["cardOptions"]["retry"] = retry
    return without_nothing({**body, "contrib": brought.contrib})


def retries(settings: PayzenSettings, brought: PayzenOrder) -> int | None:
    """How often the shopper may try again in the form; None when it is the shop's own setting."""
    own = brought.transaction_options.card_options.retry
    return settings.retries if own is None else own


# --- both ---------------------------------------------------------------------------------------------------


def _common(settings: PayzenSettings, charge: Charge, brought: PayzenOrder) -> dict[str, Any]:
    if len(charge.urls.notify) > LONGEST_NOTIFY_URL:
        raise Misconfigured(
            _("This site's notification address has more than %(most)s characters.", most=LONGEST_NOTIFY_URL)
        )
    cards = brought.transaction_options.card_options
    delay = settings.capture_delay if cards.capture_delay is None else cards.capture_delay
    # "NO" is said, too: the shop's own setting may be otherwise, and would hold what was to be captured.
    card_options: dict[str, Any] = {"manualValidation": "YES" if charge.capture_later else "NO"}
    if delay is not None:
        card_options["captureDelay"] = delay
    return {
        "amount": to_platform(charge.money, settings.disputed_currencies),
        "currency": charge.money.currency,
        "orderId": charge.reference,
        "customer": _customer(charge, brought),
        "metadata": {**(brought.metadata or {}), "order": charge.order_reference},
        "ipnTargetUrl": charge.urls.notify,
        "formAction": form_action(settings, charge),
        "paymentMethodToken": charge.saved_card,
        "paymentMethods": list(
            settings.payment_methods if brought.payment_methods is None else brought.payment_methods
        ),
        "strongAuthentication": brought.strong_authentication or settings.strong_authentication,
        "transactionOptions": {"cardOptions": card_options},
    }


def _customer(charge: Charge, brought: PayzenOrder) -> dict[str, Any]:
    ours = charge.customer
    billing = {
        "firstName": ours.first_name,
        "lastName": ours.last_name,
        "phoneNumber": ours.phone,
        "address": ours.address,
        "city": ours.city,
        "zipCode": ours.postal_code,
        "state": ours.state,
        "country": ours.country,
    }
    told = {"email": ours.email, "reference": ours.reference, "billingDetails": without_nothing(billing)}
    return {**without_nothing(told), **brought.sent.get("customer", {})}


# --- what moves money ---------------------------------------------------------------------------------------


def operation(settings: PayzenSettings, uuid: str, money: Money | None, comment: str) -> dict[str, Any]:
    """Of a transaction. `money` None: where the whole is meant and no amount is taken."""
    body: dict[str, Any] = {"uuid": uuid, "comment": comment[:LONGEST_COMMENT]}
    if money is not None:
        # It was charged in these units, if it was at all.
        body |= {"amount": to_platform(money, "payzen"), "currency": money.currency}
    return body


def lessened(uuid: str, money: Money, comment: str) -> dict[str, Any]:
    """`Transaction/Update`: what is not captured yet becomes `money`: a new sum and no difference."""
    amount = {"amount": to_platform(money, "payzen"), "currency": money.currency}
    return {"uuid": uuid, "cardUpdate": amount, "comment": comment[:LONGEST_COMMENT]}


def without_nothing(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None and value not in ("", {}, [])}
