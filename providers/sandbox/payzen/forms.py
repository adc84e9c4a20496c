"""What does a shop hear about its forms and aliases? CreatePayment, CreateToken, SILENT, Token/* (section 11)."""

import base64
import secrets
from datetime import timedelta

from django.db import transaction

from providers.sandbox import clock
from providers.sandbox.payzen import asked, payments, shapes
from providers.sandbox.payzen.asked import Asked
from providers.sandbox.payzen.envelope import Answer, compact, service, wrong
from providers.sandbox.payzen.models import PayzenCharge, PayzenToken
from providers.sandbox.payzen.orders import attempts
from providers.sandbox.payzen.signing import Caller

ACTIONS = (*asked.ACTIONS, "SILENT")
_TOKEN_ANSWER = {"responseCode": 0, "_type": "V4/Common/ResponseCodeAnswer"}


@service("Charge/CreatePayment")
def create(caller: Caller, body: Answer) -> Answer:
    """A formToken, valid for about 15 minutes; no transaction exists until the buyer pays."""
    action = Asked(body).choice("formAction", ACTIONS, "PAYMENT")
    charge = _charge(caller, body, action)
    if action == "SILENT":
        return _silent(charge, caller)
    return {"formToken": charge.key, "_type": "V4/Charge/PaymentForm"}


@service("Charge/CreateToken")
def create_token(caller: Caller, body: Answer) -> Answer:
    charge = _charge(caller, body, "REGISTER")
    return {"formToken": charge.key, "_type": "V4/Charge/PaymentForm"}


def _charge(caller: Caller, body: Answer, action: str) -> PayzenCharge:
    top = Asked(body)
    registers = action == "REGISTER"
    # A verification moves no money, so 0 and nothing at all are right as well.
    amount = 0 if registers and body.get("amount") is None else top.amount(least=0 if registers else 1)
    cleaned = asked.common(body)
    if token := cleaned.get("paymentMethodToken"):
        if not payments.usable_alias(caller.account, caller.mode, token):
            raise top.wrong("paymentMethodToken")
    elif action == "SILENT":
        raise top.wrong("paymentMethodToken")
    retries = (cleaned.get("card") or {}).get("retry", int(caller.settings["retries"]))
    now = clock.now()
    charge = PayzenCharge(
        kind=PayzenCharge.Kind.FORM, account=caller.account, mode=caller.mode, asked=cleaned, amount=amount,
        currency=top.currency(caller), order_id=top.text("orderId", 64), form_action=action,
        # Here 0 is no retry at all; only the account's 0 means as many as the hour allows.
        attempts_left=retries + 1 if "retry" in (cleaned.get("card") or {}) else attempts(retries),
        created_at=now, expires_at=now + timedelta(seconds=int(caller.settings["form_seconds"])), base=caller.base,
    )  # fmt: skip
    charge.key = _form_token(charge)
    charge.save()
    return charge


def _form_token(charge: PayzenCharge) -> str:
    """Opaque, of the recorded make: digits, an id, `244`, base64, four characters."""
    inside = {"amount": charge.amount, "currency": charge.currency, "mode": charge.mode, "version": 4}
    packed = base64.urlsafe_b64encode(compact(inside).encode()).decode().rstrip("=")
    return f"11{secrets.token_urlsafe(24)}244{packed}{secrets.token_hex(2)}"


def _silent(charge: PayzenCharge, caller: Caller) -> Answer:
    """An alias charged with nobody there: the payment itself is the answer, and no IPN is sent."""
    row = payments.usable_alias(caller.account, caller.mode, charge.asked["paymentMethodToken"])
    if row is None:
        raise wrong("paymentMethodToken", charge.asked["paymentMethodToken"])
    # One attempt: there is nobody to try again.
    PayzenCharge.objects.filter(pk=charge.pk).update(attempts_left=1)
    payments.pay(charge.id, payments.alias(row, silent=True))
    charge.refresh_from_db()
    tx = payments.newest(charge)
    return shapes.payment(charge, tx) if tx else shapes.no_payment(charge, "UNPAID")


def _alias(caller: Caller, body: Answer) -> PayzenToken:
    top = Asked(body)
    token = top.text("paymentMethodToken", 32, required=True)
    found = PayzenToken.objects.filter(pk=token, account=caller.account, mode=caller.mode).first()
    if found is None:
        raise top.wrong("paymentMethodToken")
    return found


@service("Token/Get")
def get_token(caller: Caller, body: Answer) -> Answer:
    return shapes.token(_alias(caller, body))


@service("Token/Cancel")
def cancel_token(caller: Caller, body: Answer) -> Answer:
    with transaction.atomic():
        row = _alias(caller, body)
        row.cancelled_at = row.cancelled_at or clock.now()
        row.save()
    return dict(_TOKEN_ANSWER)


@service("Token/Reactivate")
def reactivate_token(caller: Caller, body: Answer) -> Answer:
    with transaction.atomic():
        row = _alias(caller, body)
        row.cancelled_at = None
        row.save()
    return dict(_TOKEN_ANSWER)
