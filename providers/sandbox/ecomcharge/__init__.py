"""What does eComCharge (beGateway, bePaid) look like from a shop? Written from the contract.

- checkouts: payment tokens; asked, airline, objections: whether a request is right and what is said when it is not
- gateway, children: what the gateway and the API host hear; cardinput: cards in requests
- payments: how a transaction ends; notices: what the shop is told and asked; signing: whose call, whose webhook
- page: what the shopper sees; addresses: where the shopper goes; texts: in which words
- shapes: how it is all written as JSON; codes, currencies, testcards: the vendor's tables
- control: how a test steers it; models: what is remembered

The three hosts of the vendor (checkout, gateway, API) are one here: none of their paths collide.
"""

from django.urls import path

from providers.sandbox.ecomcharge import (
    checkouts,
    children,
    control,
    gateway,
    notices,
    page,
    payments,
    signing,
)
from providers.sandbox.ecomcharge.testcards import CARDS
from providers.sandbox.standins import Standin

# path, view, name; the more special path first.
_METHODS = (
    ("ctp/api/checkouts", checkouts.create, "createCheckout"),
    ("ctp/api/checkouts/<str:token>", checkouts.status, "getCheckout"),
    ("ctp/api/payments", checkouts.pay, "payCheckout"),
    ("transactions/payments", gateway.payment, "createPayment"),
    ("transactions/authorizations", gateway.authorization, "createAuthorization"),
    ("transactions/tokenizations", gateway.tokenization, "tokenize"),
    ("transactions/credits", gateway.credit, "credit"),
    ("transactions/captures", children.capture, "capture"),
    ("transactions/voids", children.void, "void"),
    ("transactions/refunds", children.refund, "refund"),
    ("services/credit_cards/charges", gateway.charge, "charge"),
    ("v2/transactions/tracking_id/<path:tracking_id>", gateway.find, "findTransactions"),
    ("transactions/tracking_id/<path:tracking_id>", gateway.find_one, "findTransaction"),
    ("transactions/<str:uid>/renotify", children.renotify, "renotify"),
    ("transactions/<str:uid>", gateway.one, "getTransaction"),
    ("credit_cards", gateway.save_card, "saveCard"),
    ("v2/credit_cards", gateway.save_card, "saveCard"),
    ("v2/credit_cards/<str:token>", gateway.update_card, "updateCard"),
    ("beyag/transactions/refunds", children.refund_other, "refundOther"),
    ("beyag/transactions/tracking_id/<path:tracking_id>", gateway.find_other, "findOthers"),
    ("beyag/transactions/<str:uid>", gateway.one_other, "getOther"),
    ("beyag/payments/<str:uid>", gateway.erip, "getErip"),
    ("beyag/payments", gateway.erip, "getErip"),
)

STANDIN = Standin(
    slug=signing.SLUG,
    label="eComCharge",
    urls=[
        *(path(where, view, name=name) for where, view, name in _METHODS),
        path("widget/be_gateway.js", page.script, name="script"),
        path("widget/hpp.html", page.page, name="page"),
        # Where calls without X-API-Version: 2 are sent.
        path("v2/checkout", page.page, name="page"),
        path("widget/pay", page.submit, name="submitCard"),
        path("process/<str:uid>", page.process, name="process"),
        path("process/<str:uid>/answer", page.answer, name="answerChallenge"),
        path("customer/transactions/<str:uid>/<str:secret>", page.receipt, name="receipt"),
        path("static/<str:name>", page.static, name="static"),
    ],
    api=[
        path("public_key", control.public_key),
        path("checkouts", control.list_checkouts),
        path("checkouts/<str:token>", control.one_checkout),
        path("checkouts/<str:token>/pay", control.pay),
        path("transactions", control.list_transactions),
        path("transactions/<str:uid>/settle", control.settle),
        *(
            path(f"transactions/<str:uid>/{kind}", control.back_office(kind))
            for kind in ("capture", "void", "refund")
        ),
        path("transactions/<str:uid>/notify", control.notify),
    ],
    account={
        "shop_id": "361",
        "secret_key": "sandbox-secret-key",
        "shop_name": "Sandbox shop",
        "shop_url": "https://shop.example",
        "brands": "visa,master,belkart",
        "methods": "credit_card,bank_transfer,erip,halva,apm",
        "notification_url": "",
        # Where browsers reach the sandbox, when that is not where the shop's server does.
        "public_origin": "",
        "host_to_host": False,
        "child_webhooks": True,
        "children_by_tracking_id": True,
        "children_with_parent": False,
        "charge_type": "charge",
        "slow_seconds": 8,
        "silence_seconds": 35,
        "delay_seconds": 60,
    },
    secrets=frozenset({"secret_key"}),
    methods=tuple(dict.fromkeys(name for _, _, name in _METHODS)),
    steps=("submitCard", "answerChallenge", "pay"),
    rows=control.rows,
    forget=control.forget,
    later={"expire": payments.expire, "bank_answers": payments.bank_answers},
    actions=control.ACTIONS,
    cards=CARDS,
    cards_hint="Any expiry date to come, code 123, 3-D Secure password 1111.",
    forge=notices.forge,
    missign=notices.missign,
    facts=lambda account: [("public_key", signing.public_key(account))],
)
