"""What does SysPay look like from a shop, as far as the eTerminal leads? Written from the contract.

- rest: what a shop's server hears; asked: whether a request for an eTerminal is right; codes: what is said when not
- signing: whose call it is, and the checksums; notices: what the shop is told; shapes: how it is all written
- page, form, texts: what the payer sees; terminals: what the payer chooses, and what comes of it
- payments, endings: how a payment ends, and what follows; testcards: which card ends how
- plans, subscriptions, agreements: timetables, and charging a card again
- control, rows: how a test and a person steer it; models: what is remembered

v1, because the eTerminal is documented there only; the account's `generation` switches what is sent to v2.
"""

from django.urls import path, re_path

from providers.sandbox import retries
from providers.sandbox.standins import Standin
from providers.sandbox.syspay import (
    agreements,
    control,
    endings,
    notices,
    page,
    rest,
    rows,
    signing,
    subscriptions,
    testcards,
)  # fmt: skip

_API = "api/v1/merchant/"
_METHODS = (
    ("eterminal", rest.eterminal, "createTerminal"),
    ("payment/<str:number>", rest.payment, "getPayment"),
    ("payments", rest.list_payments, "listPayments"),
    ("payment/<str:number>/confirm", rest.confirm, "confirm"),
    ("payment/<str:number>/void", rest.void, "void"),
    ("refund", rest.refund, "refund"),
    ("refund/<str:number>", rest.one_refund, "getRefund"),
    ("refunds", rest.list_refunds, "listRefunds"),
    ("chargeback/<str:number>", rest.one_chargeback, "getChargeback"),
    ("chargebacks", rest.list_chargebacks, "listChargebacks"),
    ("subscription/<str:number>", rest.subscription, "getSubscription"),
    ("subscription/<str:number>/cancel", rest.cancel_subscription, "cancelSubscription"),
    ("subscription/<str:number>/rebill", rest.rebill_subscription, "rebillSubscription"),
    ("billing-agreement/<str:number>", rest.agreement, "getAgreement"),
    ("billing-agreements", rest.list_agreements, "listAgreements"),
    ("billing-agreement/<str:number>/cancel", rest.cancel_agreement, "cancelAgreement"),
    ("billing-agreement/<str:number>/rebill", rest.rebill_agreement, "rebillAgreement"),
    ("system-ip", rest.system_ip, "systemIp"),
)
# Section 3, measured from the first attempt: 5 and 15 minutes, 1, 3, 6, 12, 24, 48, 72 and 96 hours.
RETRY = retries.after(300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 259_200, 345_600)

STANDIN = Standin(
    slug=signing.SLUG,
    label="SysPay",
    urls=[
        # Some of the vendor's paths end in a slash, and some clients put one everywhere.
        *(
            path(f"{_API}{where}{slash}", view, name=name)
            for where, view, name in _METHODS
            for slash in ("", "/")
        ),
        re_path(r"^api/.*$", rest.unknown),
        path("eterminal/<str:token>", page.terminal, name="page"),
        path("eterminal/<str:token>/pay", page.submit, name="submitCard"),
        path("eterminal/<str:token>/answer", page.answer, name="answerChallenge"),
        path("static/<str:name>", page.static, name="static"),
    ],
    api=[
        path("terminals", control.list_terminals),
        path("terminals/<str:token>", control.one_terminal),
        path("terminals/<str:token>/pay", control.pay),
        path("payments", control.list_payments),
        path("payments/<str:number>/<str:action>", control.on_payment),
        path("subscriptions", control.list_subscriptions),
        path("subscriptions/<str:number>/<str:action>", control.on_subscription),
        path("agreements", control.list_agreements),
        path("agreements/<str:number>/<str:action>", control.on_agreement),
    ],
    account={
        "login": "sandbox",
        "passphrase": "sandbox-passphrase",
        "notification_url": "",
        "redirect_url": "",
        "website": 110,
        "website_url": "https://shop.example",
        "account_id": 5001,
        "merchant_id": 7001,
        "shop_name": "Sandbox shop",
        # Where browsers reach the sandbox, when that is not where the shop's server does.
        "public_origin": "",
        # What the contract leaves open. Lists are texts with commas; an empty one means all.
        "websites": "",
        "allowed_ips": "",
        "system_ips": "127.0.0.1",
        "currencies": "EUR,GBP,USD,CHF,CAD,AUD,SEK,NOK,DKK,PLN,CZK,HUF,RON,JPY,KWD",
        "wsse_window_seconds": 300,
        "eterminal_status": 200,
        "extra_parameters": "ignore",
        "both_locks": "refuse",
        "strict_names": True,
        "reference_taken_by": "terminal",
        "redirect_required": False,
        "terminal_lifetime_seconds": 86_400,
        "allowed_retries": 0,
        "returns_to": "customer",
        "operator_redirect_signed": False,
        "ems_format": "form",
        "generation": "v1",
        "retry_days": "1,3,5",
        "renewal_reference": "same",
        "refunds_allowed": True,
        "methods_without_refunds": "",
        "slow_seconds": 8,
        "silence_seconds": 35,
        "delay_seconds": 60,
    },
    secrets=frozenset({"passphrase"}),
    methods=tuple(name for _, _, name in _METHODS),
    steps=("submitCard", "answerChallenge", "pay", "renew", "return"),
    rows=rows.rows,
    forget=control.forget,
    later={
        "expire": endings.expire,
        "bank_answers": endings.bank_answers,
        "subscription_due": subscriptions.due,
        "agreement_expires": agreements.expire,
    },
    actions=rows.ACTIONS,
    cards=testcards.CARDS,
    retry=RETRY,
    taken=lambda status: status == 200,
    forge=notices.forge,
    missign=notices.missign,
)
