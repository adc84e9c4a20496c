"""What does a shop hear about its transactions? Transaction/* and Order/Get (section 10)."""

from collections.abc import Callable

from django.db import transaction
from django.http import HttpResponse

from providers.sandbox.payzen import payments, settlement, shapes
from providers.sandbox.payzen.asked import Asked
from providers.sandbox.payzen.envelope import Answer, Refused, service
from providers.sandbox.payzen.models import PayzenTransaction
from providers.sandbox.payzen.signing import Caller


def _find(caller: Caller, body: Answer) -> PayzenTransaction:
    """One mode's transactions are invisible in the other. 3-D Secure under way is not a transaction yet."""
    uuid = Asked(body).text("uuid", 32, required=True)
    tx = payments.find(uuid)
    if tx is None or tx.account != caller.account or tx.mode != caller.mode or tx.challenge:
        raise Refused("PSP_010")
    return tx


@service("Transaction/Get")
def get(caller: Caller, body: Answer) -> Answer:
    return shapes.transaction(_find(caller, body))


@service("Order/Get")
def order(caller: Caller, body: Answer) -> Answer:
    """Every attempt and refund of this orderId; PSP_010 when there was none."""
    top = Asked(body)
    order_id = top.text("orderId", 64, required=True)
    kind = (
        top.choice("operationType", ("DEBIT", "CREDIT", "VERIFICATION"), "")
        if body.get("operationType")
        else ""
    )
    found = PayzenTransaction.objects.select_related("charge").filter(
        account=caller.account, mode=caller.mode, order_id=order_id, challenge=""
    )
    found = found.filter(operation=kind) if kind else found
    if not found.exists():
        raise Refused("PSP_010")
    return {
        "shopId": caller.settings["shop_id"], "orderId": order_id,
        "transactions": [shapes.transaction(tx) for tx in found.order_by("created_at", "sequence")],
        "_type": "V4/OrderTransactions",
    }  # fmt: skip


Act = Callable[[PayzenTransaction, Asked], PayzenTransaction]


def _acting(name: str, act: Act) -> Callable[..., HttpResponse]:
    @service(name)
    def view(caller: Caller, body: Answer) -> Answer:
        with transaction.atomic():
            return shapes.transaction(act(_find(caller, body), Asked(body)))

    return view


def _comment(top: Asked) -> str:
    return top.text("comment")


def _amount(top: Asked) -> int | None:
    return top.amount() if top.data.get("amount") is not None else None


def _refund(tx: PayzenTransaction, top: Asked) -> PayzenTransaction:
    return settlement.cancel_or_refund(
        tx, _amount(top), top.text("currency", 3), "REFUND_ONLY", _comment(top)
    )


def _cancel_or_refund(tx: PayzenTransaction, top: Asked) -> PayzenTransaction:
    mode = top.choice("resolutionMode", settlement.MODES, "AUTO")
    return settlement.cancel_or_refund(tx, _amount(top), top.text("currency", 3), mode, _comment(top))


def _update(tx: PayzenTransaction, top: Asked) -> PayzenTransaction:
    given = top.object("cardUpdate")
    currency = given.text("currency", 3)
    if currency and currency != tx.currency:
        raise given.wrong("currency", "INT_010")
    return settlement.reduce(tx, given.amount(), _comment(top))


cancel_or_refund = _acting("Transaction/CancelOrRefund", _cancel_or_refund)
cancel = _acting("Transaction/Cancel", lambda tx, top: settlement.cancel(tx, _comment(top)))
refund = _acting("Transaction/Refund", _refund)
validate = _acting("Transaction/Validate", lambda tx, top: settlement.validate(tx, _comment(top)))
update = _acting("Transaction/Update", _update)
