"""Is this request right, and what does it ask for? CreatePaymentOrder, PaymentOrder/Update and CreatePayment.

Read with the tolerance that was seen: numbers as texts, "true" and "false", null for absent. What nobody knows is
left alone. The result is kept as it is: plain JSON, everything that was not given is absent.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.sandbox import clock
from providers.sandbox.payzen import currencies
from providers.sandbox.payzen.envelope import Answer, Refused, wrong
from providers.sandbox.payzen.signing import Caller

CHANNELS = ("URL", "MAIL", "SMS", "WHATSAPP", "INVOICE")
ACTIONS = ("PAYMENT", "REGISTER_PAY", "ASK_REGISTER_PAY", "REGISTER")
STRONG = (
    "AUTO",
    "DISABLED",
    "ENABLED",
    "FRICTIONLESS",
    "NO_PREFERENCE",
    "CHALLENGE_REQUESTED",
    "CHALLENGE_MANDATE",
)
CARD_METHODS = frozenset({"CARDS", "CB", "VISA", "MASTERCARD", "AMEX"})
LONGEST_LIFE = timedelta(days=90)
_RETURNS = ("returnUrl", "successUrl", "refusedUrl", "cancelUrl", "errorUrl", "postWalletUrl")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[0-9][0-9 .-]{5,18}")


class Asked:
    """A body read field by field; every complaint names its field the way the platform does."""

    def __init__(self, data: Answer, at: str = "") -> None:
        self.data = data
        self.at = at

    def path(self, name: str) -> str:
        return f"{self.at}.{name}" if self.at else name

    def wrong(self, name: str, code: str = "INT_902") -> Refused:
        return wrong(self.path(name), self.data.get(name), code)

    def text(self, name: str, longest: int = 255, *, required: bool = False) -> str:
        value = self.data.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None or value == "":
            if required:
                raise self.wrong(name)
            return ""
        if not isinstance(value, str) or len(value) > longest:
            raise self.wrong(name)
        return value

    def integer(self, name: str, least: int = 0, most: int = 10**9) -> int | None:
        value = self.data.get(name)
        if value is None:
            return None
        found = _whole(value)
        if found is None or not least <= found <= most:
            raise self.wrong(name)
        return found

    def boolean(self, name: str) -> bool | None:
        value = self.data.get(name)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        if value is not None and not isinstance(value, bool):
            raise self.wrong(name)
        return value

    def choice(self, name: str, among: tuple[str, ...], default: str) -> str:
        value = self.text(name) or default
        if value not in among:
            raise self.wrong(name)
        return value

    def object(self, name: str) -> "Asked":
        value = self.data.get(name)
        if value is not None and not isinstance(value, dict):
            raise self.wrong(name)
        return Asked(value or {}, self.path(name))

    def url(self, name: str, longest: int = 2000) -> str:
        value = self.text(name, longest)
        if value and not re.match(r"https?://[^\s<>\"]+$", value):
            raise self.wrong(name)
        return value

    def email(self, name: str, code: str = "INT_902", *, required: bool = False) -> str:
        value = self.text(name, 150, required=required)
        if value and not _EMAIL.fullmatch(value):
            raise self.wrong(name, code)
        return value

    def phone(self, name: str) -> str:
        value = self.text(name, 20, required=True)
        if not _PHONE.fullmatch(value):
            raise self.wrong(name)
        return value

    def amount(self, name: str = "amount", least: int = 1) -> int:
        """Minor units, at most 12 digits; a number or its digits."""
        value = self.data.get(name)
        found = _whole(value)
        if found is None or not least <= found < 10**12:
            raise Refused("INT_009", f"Invalid input amount [value={value}]")
        return found

    def currency(self, caller: Caller) -> str:
        """Unknown to the platform: INT_010; known, and not in the shop's contracts: PSP_610."""
        value = self.data.get("currency")
        if not isinstance(value, str) or value not in currencies.CODES:
            raise self.wrong("currency", "INT_010")
        if value not in listed(caller.settings["currencies"]):
            raise no_contract(f"No acceptance agreement [currency={value}]")
        return value

    def expiry(self, default: datetime) -> datetime:
        value = self.text("expirationDate")
        if not value:
            return default
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            raise self.wrong("expirationDate") from None
        now = clock.now()
        if found.tzinfo is None or not now < found <= now + LONGEST_LIFE:
            raise self.wrong("expirationDate")
        return found.astimezone(UTC).replace(microsecond=0)


def _whole(value: object) -> int | None:
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def listed(setting: str) -> list[str]:
    return [word.strip() for word in setting.split(",") if word.strip()]


def no_contract(detail: str) -> Refused:
    return Refused("PSP_610", detail, detailed_code="NO_ACCEPTANCE_AGREEMENT_AVAILABLE")


def _given(**found: Any) -> Answer:
    return {name: value for name, value in found.items() if value not in (None, "")}


def common(body: Answer) -> Answer:
    """What orders and forms have in common."""
    top = Asked(body)
    metadata = top.object("metadata").data
    customer = top.object("customer")
    customer.email("email", "INT_015")
    customer.text("reference", 80)
    for name in ("billingDetails", "shippingDetails", "extraDetails", "shoppingCart"):
        customer.object(name)
    methods = body.get("paymentMethods") or []
    if not isinstance(methods, list) or not all(isinstance(one, str) for one in methods):
        raise top.wrong("paymentMethods")
    if methods and not CARD_METHODS & set(methods):
        raise no_contract(f"No acceptance agreement [paymentMethods={', '.join(methods)}]")
    options = top.object("transactionOptions").object("cardOptions")
    card = _given(
        manualValidation=options.choice("manualValidation", ("YES", "NO"), "NO"),
        captureDelay=options.integer("captureDelay", 0, 365) or 0,
        paymentSource=options.choice("paymentSource", ("EC", "MOTO", "CC", "OTHER"), "EC"),
        retry=options.integer("retry", 0, 9),
    )
    return _given(
        customer=customer.data, metadata=metadata, paymentMethods=methods, card=card,
        strongAuthentication=top.choice("strongAuthentication", STRONG, "AUTO"),
        paymentMethodToken=top.text("paymentMethodToken", 32),
        ipnTargetUrl=top.url("ipnTargetUrl", 255), locale=top.text("locale", 5),
    )  # fmt: skip


def order(body: Answer, caller: Caller) -> Answer:
    """A CreatePaymentOrder request, cleaned; amount, currency, orderId and channel are read elsewhere."""
    top = Asked(body)
    returns = {name: found for name in _RETURNS if (found := top.url(name))}
    return (
        common(body)
        | returns
        | texts(body)
        | _given(
            channel=channel(top.object("channelOptions"), caller),
            returnMode=top.choice("returnMode", ("GET", "POST", "NONE"), "") if body.get("returnMode") else None,
            taxAmount=top.integer("taxAmount"), taxRate=top.text("taxRate", 10),
            redirectSuccessTimeout=top.integer("redirectSuccessTimeout", 0, 600),
            redirectErrorTimeout=top.integer("redirectErrorTimeout", 0, 600),
            acquirerTransientData=top.object("acquirerTransientData").data,
            subMerchantDetails=top.object("subMerchantDetails").data,
        )
    )  # fmt: skip


def texts(body: Answer) -> Answer:
    """What both the creation and an update may set."""
    top = Asked(body)
    return _given(
        locale=top.text("locale", 5), paymentReceiptEmail=top.email("paymentReceiptEmail"),
        description=top.text("description"), merchantComment=top.text("merchantComment"),
        dataCollectionForm=top.boolean("dataCollectionForm"),
    )  # fmt: skip


def channel(options: Asked, caller: Caller) -> Answer:
    """`{"type": "MAIL", "recipient": ..., ...}`: the options of the channel that is used."""
    kind = options.choice("channelType", CHANNELS, "URL")
    if kind not in listed(caller.settings["channels"]):
        raise options.wrong("channelType")
    if kind == "MAIL":
        return _mail(options.object("mailOptions"), caller) | {"type": kind}
    if kind == "SMS":
        given = options.object("smsOptions")
        return {
            "type": kind,
            "phoneNumber": given.phone("phoneNumber"),
            "message": given.text("message", 1000),
        }
    if kind == "WHATSAPP":
        return {"type": kind, "phoneNumber": options.object("whatsAppOptions").phone("phoneNumber")}
    return {"type": kind}


def _mail(given: Asked, caller: Caller) -> Answer:
    """Subject and body beat the template; without a subject the template must exist."""
    subject, template = given.text("subject"), given.text("template", 60)
    if not subject and template not in listed(caller.settings["mail_templates"]):
        raise given.wrong("template" if template else "subject")
    for one in filter(None, given.text("bcc", 1000).split(";")):
        if not _EMAIL.fullmatch(one.strip()):
            raise given.wrong("bcc")
    return {
        "recipient": given.email("recipient", required=True), "bcc": given.text("bcc", 1000),
        "subject": subject, "body": given.text("body", 10_000), "template": template,
    }  # fmt: skip


def default_expiry(days: int) -> datetime:
    """The end of a day, as observed; how many days ahead is the account's `order_days`."""
    last = clock.now() + timedelta(days=days)
    return last.replace(hour=23, minute=59, second=59, microsecond=0)
