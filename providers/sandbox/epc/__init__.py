"""What does SecuTix S-360 with its E-Payment Center (EPC) look like from a shop? Written from the contract.

- rest: what the shop's server hears; bearer: whose call it is
- orders: what may happen to an order; payments: how a payment ends
- widget: what the shopper sees; shapes: how EPC writes it all as JSON
- control: how a test steers it; models: what is remembered
"""

from functools import partial

from django.urls import path

from providers.sandbox.cards import Ending
from providers.sandbox.epc import control, orders, payments, rest, widget
from providers.sandbox.standins import Standin

_VERSION = "v1_33"  # "latest frozen/stable" [public]
_METHODS = {
    "externalOrderFacade": {
        "createOrUpdateOrder": rest.create_or_update_order,
        "createPaymentsAndCloseOrder": rest.create_payments_and_close_order,
    },
    "externalOrderService": {
        "notifyOrder": rest.notify_order,
        # Its service is not published; this one is [inferred].
        "reopenOrder": rest.reopen_order,
        "getOrderDetails": rest.get_order_details,
        "closeOrder": rest.close_order,
    },
    "externalPaymentService": {
        "updatePayments": rest.update_payments,
        "checkPayment": rest.check_payment,
        "cancelPayment": rest.cancel_payment,
        # Ours, see rest.py [lost].
        "createAlias": rest.create_alias,
        "checkAlias": rest.check_alias,
    },
}

STANDIN = Standin(
    slug=orders.SLUG,
    label="SecuTix EPC",
    urls=[
        *(
            path(f"tnseb/backend-apis/{service}/{_VERSION}/{method}", view, name=method)
            for service, methods in _METHODS.items()
            for method, view in methods.items()
        ),
        path("widget/integrate_widget.js", widget.script, name="script"),
        path("widget/form", widget.form, name="form"),
        path("widget/submit", widget.submit, name="submitCard"),
        path("widget/challenge", widget.challenge, name="answerChallenge"),
    ],
    api=[
        path("catalogue", control.catalogue),
        path("orders", control.list_orders),
        path("orders/<int:order_id>", control.one_order),
        path("orders/<int:order_id>/notify", control.notify),
        path("payments/<int:transaction_id>/pay", control.pay),
    ],
    account={
        "institution": "MOSA",
        "virtual_operator": "MOSA_B2C",
        "partner": "Partner 1",
        "secret": "sandbox-secret",
        "point_of_sales_id": 466653735,
        "payment_method_id": 16362,
        "currency": "EUR",
        "notification_url": "",
        "expiry_minutes": 25,
        # The contract says less than 1 s and about 30 s, clients in the field use 900: hence two settings.
        "token_max_age_seconds": 30,
        "token_max_lifetime_seconds": 900,
        "calls_per_minute": 0,
        "error_http_status": 200,
        "slow_seconds": 8,
        "silence_seconds": 35,
        "delay_seconds": 60,
        # Name and values are [lost]; these are ours.
        "result_parameter": "paymentResult",
        "result_success": "success",
        "result_failure": "failure",
        "result_cancelled": "cancelled",
    },
    secrets=frozenset({"secret"}),
    methods=tuple(method for methods in _METHODS.values() for method in methods),
    steps=("submitCard", "answerChallenge", "pay"),
    rows=control.rows,
    forget=rest.forget,
    later={
        "expire": orders.expire,
        "finalise": orders.finalise_later,
        "bank_answers": payments.bank_answers,
    },
    actions={
        ending.value: partial(control.end, ending)
        for ending in (Ending.APPROVE, Ending.REFUSE, Ending.CANCEL)
    },
    forge=orders.forge,
)
