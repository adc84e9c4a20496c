"""What does Purse's Payment API V2 look like from a shop? Written from the contract.

- rest: what the shop's server hears; bearer: whose call it is; bodies: what a call must look like
- sessions: what may happen to a client session; payments: how its parts end; operations: capture, void, refund
- priorities: which part gives first; ledger: how much is left; gifts, partners: what may be paid with
- checkout, visit, words: what the shopper sees; addresses, signing: how the shopper comes back
- webhooks: what the shop is told; shapes: how Purse writes it all as JSON; problems: how it says no
- control: how a test steers it; models: what is remembered
"""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from providers.sandbox.purse import (
    bearer,
    checkout,
    control,
    operations,
    partners,
    payments,
    rest,
    sessions,
    webhooks,
)
from providers.sandbox.standins import Standin

_WALLETS = (  # both are documented, and contradict each other
    "wallet/v3/wallet/merchants/<str:merchant_id>/customers/<str:customer>/tokens",
    "wallet/v3/merchants/<str:merchant_id>/customers/<str:customer>/tokens",
)


def _shown(tail: str, view: Callable[..., Any], name: str) -> list[URLPattern]:
    """A step of the form: on the hosted page, and in the widget's frame."""
    return [
        path(
            f"{where}/entities/<str:entity>/sessions/<str:session_id>{tail}",
            view,
            {"where": where},
            name=name,
        )
        for where in ("hosted", "widget")
    ]


STANDIN = Standin(
    slug=bearer.SLUG,
    label="Purse",
    urls=[
        path("oauth/token", bearer.token, name="token"),
        path("payment/v2/client-sessions", rest.client_sessions, name="createSession"),
        path("payment/v2/client-sessions/<str:session_id>", rest.client_session, name="getSession"),
        path("payment/v2/client-sessions/<str:session_id>/abort", rest.client_session_abort, name="abortSession"),
        path("payment/v2/payments", rest.payment_list, name="createPayment"),
        path("payment/v2/payments/<str:payment_id>", rest.payment, name="getPayment"),
        path("payment/v2/payments/<str:payment_id>/captures", rest.captures, name="capture"),
        path("payment/v2/payments/<str:payment_id>/voids", rest.voids, name="void"),
        path("payment/v2/payments/<str:payment_id>/refunds", rest.refunds, name="refund"),
        path("payment/v2/eligible-solutions", rest.solutions, name="eligibleSolutions"),
        path("payment/v2/signing-jwks", rest.jwks, name="jwks"),
        *(path(wallet, rest.tokens, name="listTokens") for wallet in _WALLETS),
        *(path(f"{wallet}/<str:token_id>", rest.one_token, name="deleteToken") for wallet in _WALLETS),
        path("widget/purse.js", checkout.script, name="script"),
        path("static/<str:name>", checkout.static),
        path("partners/<str:transaction_id>", checkout.partner, name="partnerPage"),
        *_shown("", checkout.page, "paymentPage"),
        *_shown("/state", checkout.state, "sessionState"),
        *_shown("/gift-cards", checkout.gift_card, "giftCard"),
        *_shown("/forget-card", checkout.forget_card, "forgetCard"),
        *_shown("/pay", checkout.pay, "submitPayment"),
        *_shown("/challenge", checkout.challenge, "answerChallenge"),
    ],
    api=[
        path("sessions", control.list_sessions),
        path("sessions/<str:session_id>", control.one_session),
        path("sessions/<str:session_id>/pay", control.pay),
        path("sessions/<str:session_id>/return", control.come_back),
        path("payments", control.list_payments),
        path("payments/<str:payment_id>", control.one_payment),
        path("payments/<str:payment_id>/settle", control.settle),
        path("payments/<str:payment_id>/notify", control.notify),
        path("keys/rotate", control.rotate_keys),
        path("tokens/revoke", control.revoke_tokens),
        path("gift-cards", control.gift_cards),
    ],
    account={
        "entity_id": "5e3a0862-7cc3-4427-92ba-9e1e9595f571",
        "api_key": "7d0f6d3e-32f1-4b8e-9f43-2a1c7c0b8e55",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "public_url": "",
        "token_seconds": 3600,
        "session_minutes": 30,
        # Every switch below stands for something that no source says.
        "require_api_key": False,
        "jwks_needs_token": False,
        "create_http_status": 201,
        "operation_http_status": 200,
        "abort_http_status": 303,
        "redirection_parameter": "purse-redirection-data",
        "operation_amount_optional": False,
        "strict_operations": False,
        "enforce_merchant_reference": False,
        "priority_unmatched_last": True,
        "gift_cards_capture_themselves": False,
        "webhook_without_payment": True,
        "v1_signature": False,
        "hosted_page_link_as_text": False,
        "wallet_list_wrapped": False,
        "save_token": True,
        "slow_seconds": 8,
        "silence_seconds": 35,
        "delay_seconds": 60,
    },
    secrets=frozenset({"api_key", "client_secret"}),
    methods=(
        "token", "createSession", "getSession", "abortSession", "createPayment", "getPayment", "capture",
        "void", "refund", "jwks", "eligibleSolutions", "listTokens", "deleteToken",
    ),
    steps=("submitPayment", "giftCard", "answerChallenge", "partnerPage", "pay"),
    rows=control.rows,
    forget=control.forget,
    later={
        "expire": sessions.expire,
        "bank_answers": payments.bank_answers,
        "partner_settles": operations.settle_later,
    },
    actions=control.ACTIONS,
    cards=partners.CARDS,
    forge=webhooks.forge,
)  # fmt: skip
