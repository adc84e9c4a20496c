"""What would the shopper have found in the mailbox or on the telephone? Written here, sent nowhere."""

from providers.sandbox import clock
from providers.sandbox.payzen import currencies
from providers.sandbox.payzen.models import PayzenCharge, PayzenMessage, PayzenTransaction
from providers.sandbox.texts import choose

DEFAULT_LOCALE = "fr_FR"
# The French sentence is recorded [public: WIRE]; all others are ours.
_TEMPLATES = {
    "fr": (
        "Je règle %amount% par paiement sécurisé avant le %end_date% (si le lien ne fonctionne pas, copier l'URL : "
        "%url% )."
    ),
    "en": "I pay %amount% securely before %end_date% (if the link does not work, copy the address: %url% ).",
}
_SUBJECTS = {"fr": "Votre demande de paiement", "en": "Your payment request"}
_RECEIPTS = {
    "fr": (
        "Votre reçu de paiement",
        "Nous avons bien reçu votre paiement de {amount}. Référence : {reference}.",
    ),
    "en": ("Your payment receipt", "We have received your payment of {amount}. Reference: {reference}."),
}
# A country's telephone prefix -> its locale, for WhatsApp.
_PREFIXES = {"+44": "en_GB", "+33": "fr_FR", "+689": "fr_FR", "+687": "fr_FR", "+1": "en_GB"}


def locale(charge: PayzenCharge) -> str:
    """The request's, else (WhatsApp) the number's, else the shop's."""
    if given := charge.asked.get("locale"):
        return str(given)
    number = str((charge.asked.get("channel") or {}).get("phoneNumber") or "")
    found = next((word for prefix, word in _PREFIXES.items() if number.startswith(prefix)), "")
    return found if charge.channel == "WHATSAPP" and found else DEFAULT_LOCALE


def language(charge: PayzenCharge) -> str:
    return choose(locale(charge))


def template(charge: PayzenCharge) -> str:
    """With %amount%, %end_date% and %url% still in it, as the answer's `message` has them."""
    channel = charge.asked.get("channel") or {}
    return str(channel.get("body") or channel.get("message") or _TEMPLATES[language(charge)])


def _filled(text: str, charge: PayzenCharge) -> str:
    amount = currencies.money(charge.amount, charge.currency, language(charge))
    pattern = "%d/%m/%Y %H:%M UTC" if language(charge) == "fr" else "%Y-%m-%d %H:%M UTC"
    values = {"%amount%": amount, "%end_date%": charge.expires_at.strftime(pattern), "%url%": charge.url}
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def send(charge: PayzenCharge) -> None:
    """The order's message, by its channel. Again after an update: the old one says another amount."""
    channel = charge.asked.get("channel") or {}
    if charge.channel == "MAIL":
        recipients = [channel["recipient"], *filter(None, (channel.get("bcc") or "").split(";"))]
        subject = str(channel.get("subject") or _SUBJECTS[language(charge)])
    elif charge.channel in ("SMS", "WHATSAPP"):
        recipients, subject = [channel["phoneNumber"]], ""
    else:
        return
    body = _filled(template(charge), charge)
    # Nobody could pay from a text that forgot its link.
    body = body if charge.url in body else f"{body}\n{charge.url}"
    for recipient in recipients:
        PayzenMessage.objects.create(
            charge=charge, channel=charge.channel, recipient=recipient.strip(), subject=_filled(subject, charge),
            body=body, sent_at=clock.now(),
        )  # fmt: skip


def send_receipt(charge: PayzenCharge, tx: PayzenTransaction) -> None:
    recipient = charge.asked.get("paymentReceiptEmail") or tx.customer.get("email")
    if not recipient or not charge.is_order:
        return
    subject, text = _RECEIPTS[language(charge)]
    amount = currencies.money(tx.amount, tx.currency, language(charge))
    PayzenMessage.objects.create(
        charge=charge, channel="MAIL", purpose="receipt", recipient=recipient, subject=subject,
        body=text.format(amount=amount, reference=charge.order_id or charge.id), sent_at=clock.now(),
    )  # fmt: skip
