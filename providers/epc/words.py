"""What is told of a payment at EPC, in the checkout's words: its names, its card, its widget, and what is odd."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from providers.base import Card, Charge, Outcome, Report, SavedCard, Widget
from providers.epc.settings import EpcSettings
from providers.epc.wire import AliasChecked, OrderDetailsData, PaymentDetail, card, plain
from providers.said import joined
from providers.said import said as _


def report_of(charge: Charge, outcome: Outcome, **facts: Any) -> Report:
    return Report(outcome=outcome, provider_ids=provider_ids(charge.memo), **facts)


def widget(settings: EpcSettings, mode: str, transaction: int, charge: Charge) -> Widget:
    parts = urlsplit(settings.script)
    data = {
        "mode": mode,
        "src": settings.script,
        "paymentId": str(transaction),
        "sessionId": charge.reference,  # what we sent as ORDER_IDENTIFIER: "your unique session id" is both
        "options": {
            **({language: charge.language} if (language := settings.language_option) else {}),
            **settings.display_options,
            "fullRedirection": settings.full_redirection,
            settings.cancel_button_option: settings.cancel_button,
        },
    }
    return Widget(template="widgets/epc.html", data=data, origins=(f"{parts.scheme}://{parts.netloc}",))


def provider_ids(memo: Mapping[str, Any]) -> tuple[str, ...]:
    order = f"order:{memo['order_id']}" if memo.get("order_id") else ""
    return tuple(name for name in (str(memo.get("transaction_id") or ""), order) if name)


def currency_of(told: OrderDetailsData | PaymentDetail) -> str:
    return told.catalog_currency.currency_code if told.catalog_currency else ""


def saved(told: PaymentDetail | AliasChecked) -> SavedCard | None:
    return SavedCard(token=told.card_alias, card=card(told) or Card()) if told.card_alias else None


def unknown(what: str, word: str) -> str:
    if not word:
        return _("S360 does not say how the %(what)s stands.", what=what)
    return _('S360 calls the %(what)s "%(word)s", a word that we do not know.', what=what, word=plain(word))


def together(*sentences: str) -> str:
    return joined(filter(None, sentences), " ")
