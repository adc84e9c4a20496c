"""What does a shop hear about its payment orders? CreatePaymentOrder, PaymentOrder/Get and /Update (sections 4, 5)."""

from django.db import transaction
from django.db.models import QuerySet

from providers.sandbox import appointments, clock
from providers.sandbox.payzen import asked, messages, shapes
from providers.sandbox.payzen.asked import Asked
from providers.sandbox.payzen.envelope import NOT_RUNNING, Answer, Refused, service
from providers.sandbox.payzen.models import PayzenCharge, link_code
from providers.sandbox.payzen.signing import SLUG, Caller

Status = PayzenCharge.Status


def attempts(retries: int) -> int | None:
    """The first one and its retries; 0 in the account: as many as the hour allows."""
    return retries + 1 if retries else None


@service("Charge/CreatePaymentOrder")
def create(caller: Caller, body: Answer) -> Answer:
    """Never the same one twice: the platform knows no replay."""
    top = Asked(body)
    amount, currency = top.amount(), top.currency(caller)
    order_id = top.text("orderId", 64, required=bool(caller.settings["order_id_required"]))
    cleaned = asked.order(body, caller)
    kind = cleaned["channel"]["type"]
    if kind == "INVOICE":
        order_id = top.text("orderId", 64, required=True)
    with transaction.atomic():
        if kind == "INVOICE" and _mine(caller).filter(channel="INVOICE", order_id=order_id).exists():
            raise top.wrong("orderId")
        now = clock.now()
        charge = PayzenCharge.objects.create(
            kind=PayzenCharge.Kind.ORDER, key=link_code(), account=caller.account, mode=caller.mode, asked=cleaned,
            amount=amount, currency=currency, order_id=order_id, channel=kind,
            form_action=top.choice("formAction", asked.ACTIONS, "PAYMENT"),
            attempts_left=attempts(int(caller.settings["retries"])), created_at=now,
            expires_at=top.expiry(asked.default_expiry(int(caller.settings["order_days"]))), base=caller.base,
        )  # fmt: skip
        _await_expiry(charge)
        messages.send(charge)
    return shapes.payment_order(charge)


def _mine(caller: Caller) -> "QuerySet[PayzenCharge]":
    return PayzenCharge.objects.filter(
        kind=PayzenCharge.Kind.ORDER, account=caller.account, mode=caller.mode
    )  # fmt: skip


def _await_expiry(charge: PayzenCharge) -> None:
    appointments.cancel(SLUG, "expire", charge.id)
    seconds = (charge.expires_at - clock.now()).total_seconds()
    appointments.make(SLUG, "expire", charge.id, seconds=seconds)


def _find(caller: Caller, body: Answer) -> PayzenCharge:
    number = Asked(body).text("paymentOrderId", 32, required=True)
    charge = _mine(caller).filter(pk=number).first()
    if charge is None:
        raise Refused("PSP_1000")
    return charge


@service("Charge/PaymentOrder/Get")
def get(caller: Caller, body: Answer) -> Answer:
    return shapes.payment_order(_find(caller, body))


@service("Charge/PaymentOrder/Update")
def update(caller: Caller, body: Answer) -> Answer:
    """Only while it is RUNNING, and never to another channel."""
    top = Asked(body)
    with transaction.atomic():
        charge = _find(caller, body)
        _must_run(charge)
        amount, currency = top.amount(), top.currency(caller)
        options = top.object("channelOptions")
        # Required here, unlike at the creation.
        options.text("channelType", 10, required=True)
        if options.choice("channelType", asked.CHANNELS, "") != charge.channel:
            raise options.wrong("channelType")
        given = _channel(charge, body, caller)
        charge.asked = charge.asked | asked.texts(body) | {"channel": given}
        charge.amount, charge.currency = amount, currency
        if body.get("orderId") is not None:
            charge.order_id = _order_id(charge, caller, top)
        charge.expires_at = top.expiry(charge.expires_at)
        charge.updated_at = clock.now()
        charge.version += 1
        charge.save()
        _await_expiry(charge)
        messages.send(charge)
        clock.ring()
    return shapes.payment_order(charge)


def _channel(charge: PayzenCharge, body: Answer, caller: Caller) -> Answer:
    """The recipient is required again; texts that are not given stay as they were."""
    before = charge.asked["channel"]
    given = (body.get("channelOptions") or {}).get("mailOptions")
    if charge.channel == "MAIL" and isinstance(given, dict) and not given.get("template"):
        kept = {name: before.get(name) for name in ("subject", "body", "bcc", "template")}
        options = {
            "channelType": "MAIL",
            "mailOptions": {name: value for name, value in kept.items() if value} | given,
        }
        return asked.channel(Asked(options, "channelOptions"), caller)
    found = asked.channel(Asked(body).object("channelOptions"), caller)
    return before | {name: value for name, value in found.items() if value}


def _order_id(charge: PayzenCharge, caller: Caller, top: Asked) -> str:
    order_id = top.text("orderId", 64, required=charge.channel == "INVOICE")
    same = _mine(caller).filter(channel="INVOICE", order_id=order_id).exclude(pk=charge.pk)
    if charge.channel == "INVOICE" and same.exists():
        raise top.wrong("orderId")
    return order_id


def _must_run(charge: PayzenCharge) -> None:
    # A payment under verification leaves the order RUNNING and takes no more attempts.
    # In the middle of 3-D Secure the bank has been told an amount.
    asking = charge.attempts.exclude(challenge="").exists()
    if charge.status != Status.RUNNING or not charge.open or asking:
        raise Refused(NOT_RUNNING, status=shapes.status_word(charge))


@service("Charge/PaymentOrder/Cancel")
def cancel_service(caller: Caller, body: Answer) -> Answer:
    """In newer documents of a sister platform only: INT_901 unless the account's `order_cancel` says otherwise."""
    if not caller.settings["order_cancel"]:
        raise Refused("INT_901")
    with transaction.atomic():
        charge = _find(caller, body)
        if not cancel(charge):
            raise Refused(NOT_RUNNING, status=shapes.status_word(charge))
    return shapes.payment_order(charge)


def cancel(charge: PayzenCharge) -> bool:
    """Withdrawn by the merchant, also after a refusal. False: it is past that. Inside transaction.atomic()."""
    if not charge.payable(clock.now()) or charge.status not in (Status.RUNNING, Status.REFUSED):
        return False
    if charge.attempts.exclude(challenge="").exists():
        return False  # money beats intent: the bank has the card
    charge.status, charge.open, charge.updated_at = Status.CANCELLED, False, clock.now()
    charge.save()
    appointments.cancel(SLUG, "expire", charge.id)
    clock.ring()
    return True
