"""What does PayZen (Lyra, REST API V4) look like from a shop? Written from the contract.

- envelope, signing: how every web service answers, whose call it is, what is signed
- orders, forms, transactions: what the services do; asked: whether a request is right
- payments, settlement: how an attempt ends, and what becomes of it; notices: what the shop is told
- page, embedded, visit: what the shopper sees, behind the link and in the frame; texts: in which words
- messages: what would have been mailed; shapes: how it is all written as JSON; currencies, testcards: the tables
- control, desk: how a test and the console steer it; models: what is remembered
"""

from django.urls import path

from providers.sandbox.payzen import (
    control,
    desk,
    embedded,
    envelope,
    forms,
    notices,
    orders,
    page,
    payments,
    settlement,
    signing,
    transactions,
)
from providers.sandbox.payzen.testcards import CARDS
from providers.sandbox.retries import quarter_hours
from providers.sandbox.standins import Standin

# The web service's own name is the name that faults and the log know it by.
_SERVICES = {
    "Charge/CreatePaymentOrder": orders.create,
    "Charge/PaymentOrder/Get": orders.get,
    "Charge/PaymentOrder/Update": orders.update,
    "Charge/PaymentOrder/Cancel": orders.cancel_service,
    "Charge/CreatePayment": forms.create,
    "Charge/CreateToken": forms.create_token,
    "Charge/SDKTest": envelope.sdk_test,
    "Transaction/Get": transactions.get,
    "Transaction/CancelOrRefund": transactions.cancel_or_refund,
    "Transaction/Cancel": transactions.cancel,
    "Transaction/Refund": transactions.refund,
    "Transaction/Validate": transactions.validate,
    "Transaction/Update": transactions.update,
    "Order/Get": transactions.order,
    "Token/Get": forms.get_token,
    "Token/Cancel": forms.cancel_token,
    "Token/Reactivate": forms.reactivate_token,
}

STANDIN = Standin(
    slug=signing.SLUG,
    label="PayZen",
    urls=[
        *(path(f"api-payment/V4/{name}", view, name=name) for name, view in _SERVICES.items()),
        path("api-payment/V4/<path:name>", envelope.unknown, name="unknown"),
        path("t/<str:code>", page.link, name="page"),
        path("t/<str:code>/pay", page.submit, name="submitCard"),
        path("t/<str:code>/answer", page.answer, name="answerChallenge"),
        path("t/<str:code>/leave", page.leave, name="leave"),
        path("form", embedded.form, name="form"),
        path("form/pay", embedded.submit, name="submitCard"),
        path("form/answer", embedded.answer, name="answerChallenge"),
        path("static/js/krypton-client/V4.0/<path:name>", page.krypton, name="script"),
        path("static/page/<str:name>", page.static, name="static"),
    ],
    api=[
        path("orders", control.list_orders),
        path("orders/<str:number>", control.one),
        path("orders/<str:number>/pay", control.pay),
        path("orders/<str:number>/cancel", control.cancel),
        path("forms", control.list_forms),
        path("forms/<str:number>", control.one),
        path("forms/<str:number>/pay", control.pay),
        path("transactions", control.list_transactions),
        *(path(f"transactions/<str:uuid>/{kind}", control.back_office(kind)) for kind in control.OFFICE),
        path("transactions/<str:uuid>/capture", control.capture),
        path("transactions/<str:uuid>/settle", control.settle),
        path("transactions/<str:uuid>/notify", control.notify),
        path("messages", control.list_messages),
        path("sign", control.sign),
    ],
    account={
        # The public demo shop's TEST keys: printed in the platform's documents and SDKs, good for nothing else.
        "shop_id": "69876357",
        "test_password": "testpassword_DEMOPRIVATEKEY23G4475zXZQ2UA5x7M",
        "test_public_key": "testpublickey_DEMOPUBLICKEY95me92597fd28tGD4r5",
        "test_hmac_key": "38453613e7f44dc58732bad3dca2bca3",
        "production_password": "prodpassword_SANDBOX",
        "production_public_key": "publickey_SANDBOX",
        "production_hmac_key": "sandbox-production-hmac-key",
        "shop_name": "Sandbox shop",
        "notification_url": "",
        "production_notification_url": "",
        # Where browsers reach the sandbox, when that is not where the shop's server does.
        "public_origin": "",
        # Known to the platform and not listed here: PSP_610.
        "currencies": "EUR,USD,GBP,CHF,CAD,PLN,SEK,XPF,KWD,TND,CNY",
        "channels": "URL,MAIL,SMS,WHATSAPP,INVOICE",
        "mail_templates": "default",
        "order_id_required": False,
        "order_cancel": False,
        "order_days": 7,
        "retries": 3,
        "return_mode": "NONE",
        "payment_order_id_in": "order",
        "cancelled_status": "CANCELLED",
        "unauthorized_http_status": 200,
        "all_attempts": False,
        "escaped_slashes": False,
        "back_office_notices": True,
        "batch_notices": False,
        "abandon_notices": False,
        "ipn_first_seconds": 5,
        "form_seconds": 900,
        "settle_seconds": 86_400,
        "authorisation_days": 7,
        "slow_seconds": 8,
        "silence_seconds": 35,
        "delay_seconds": 60,
    },
    secrets=frozenset({"test_password", "test_hmac_key", "production_password", "production_hmac_key"}),
    methods=tuple(_SERVICES),
    steps=("submitCard", "answerChallenge", "pay"),
    rows=desk.rows,
    forget=control.forget,
    later={
        "expire": payments.expire,
        "bank_answers": payments.bank_answers,
        "challenge_ends": payments.challenge_ends,
        "left": payments.left,
        "capture": settlement.capture,
        "lapse": settlement.lapse,
    },
    actions=desk.ACTIONS,
    cards=CARDS,
    cards_hint="Any expiry date to come, any code, 3-D Secure code 1234.",
    retry=quarter_hours(4),
    taken=notices.taken,
    patience=notices.PATIENCE,
    forge=notices.forge,
    missign=notices.missign,
    pages=[path("messages", desk.messages)],
    links=(("Messages", "messages"),),
)
