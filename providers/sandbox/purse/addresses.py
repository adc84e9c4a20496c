"""Where do widget, pages and the shopper's return live? Everything is on the origin where the shop called us."""

import base64
import json
from typing import Any

from django.http import HttpRequest

from providers.sandbox import accounts
from providers.sandbox.purse import shapes, signing
from providers.sandbox.purse.bearer import SLUG
from providers.sandbox.purse.ledger import Ledger
from providers.sandbox.purse.models import PursePayment, PurseSession

Json = dict[str, Any]
# What the widget is told of a session; to the shop it is an opaque text.
_ENVIRONMENT = "sandbox"


def origin(request: HttpRequest, settings: Json) -> str:
    """As the shop reached us, unless the account knows the address that browsers use."""
    chosen: str = settings["public_url"]
    return chosen.rstrip("/") or f"{request.scheme}://{request.get_host()}"


def _base(one: PurseSession | PursePayment) -> str:
    return f"{one.origin}/{SLUG}"


def page(session: PurseSession, where: str) -> str:
    """`where`: hosted (a page of its own) or widget (the form in the merchant's page)."""
    return f"{_base(session)}/{where}/entities/{session.asked['entity_id']}/sessions/{session.pk}"


def hosted_page(session: PurseSession) -> str:
    return page(session, "hosted") if session.asked.get("integration_mode") == "HOSTED_PAGE" else ""


def widget(session: PurseSession) -> Json:
    """js_url and data; base64 JSON without padding, as real data may be."""
    told = {
        "environment": _ENVIRONMENT,
        "entity_id": session.asked["entity_id"],
        "session_id": session.pk,
        "secret": session.secret,
        "frame": page(session, "widget"),
        "amount": session.amount,
        "currency": session.currency,
        "expires_at": shapes.date(session.expires_at),
        "information_request": session.amount == 0,
        "three_ds_settings": {"vendor": "SANDBOX"},
    }
    packed = base64.b64encode(json.dumps(told, separators=(",", ":")).encode()).rstrip(b"=")
    return {"js_url": f"{_base(session)}/widget/purse.js", "data": packed.decode()}


def session(one: PurseSession) -> Json:
    """GET client-sessions/{id}. The form of links.hosted_page is [unknown]: that of the other links, or a text."""
    address = hosted_page(one)
    as_text = accounts.settings_of(SLUG, one.account)["hosted_page_link_as_text"]
    link = address if as_text or not address else {"href": address, "method": "GET"}
    return shapes.session(one, widget=widget(one), hosted_page=link)


def partner_page(payment: PursePayment) -> str:
    """Where the shopper still has to go, or nothing."""
    waiting = payment.transactions.exclude(waits_for="").first()
    return f"{_base(payment)}/partners/{waiting.pk}" if waiting else ""


def claims(session: PurseSession) -> Json:
    """Of the return; payment_id is left out when there is none [unknown], and the authorisation is ABORTED then."""
    payment = PursePayment.objects.filter(session=session).first()
    told: Json = {"client_session_id": session.pk}
    if payment:
        told["payment_id"] = payment.pk
    told["authorization_status"] = Ledger(payment).authorization_status() if payment else "ABORTED"
    told["client_session_status"] = session.status
    return told


def back(session: PurseSession, spoil: str = "") -> str:
    """shopper_redirection_url with the signed claims appended."""
    settings = accounts.settings_of(SLUG, session.account)
    token = signing.sign(claims(session), spoil)
    return signing.address(session.asked["shopper_redirection_url"], settings["redirection_parameter"], token)


def back_from(payment: PursePayment) -> str:
    """Where the shopper goes after a partner's page; without a session there are no claims to sign."""
    if payment.session:
        return back(payment.session)
    return str(payment.asked.get("shopper_redirection_url") or "")
