"""How does EPC write an order, a payment, an amount and a date? Row in, JSON out; nothing is decided here."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from providers.money import exponent
from providers.sandbox.epc.models import EpcOrder, EpcPayment

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
_OPERATION = (
    "operationId", "kind", "quantity", "basePrice", "unitPrice", "totalAmount", "product", "productCode",
    "productId", "itemId",
)  # fmt: skip
# The seed's dates carry an offset that is not zero, so a reader must not take them for UTC.
_ZONE = timezone(timedelta(hours=1))


def date(moment: datetime) -> str:
    """`2025-10-06T12:18:34.845+01:00` [seed]."""
    return moment.astimezone(_ZONE).isoformat(timespec="milliseconds")


def currency(code: str) -> dict[str, Any]:
    digits = exponent(code)
    return {
        "currencyCode": code, "symbol": _SYMBOLS.get(code, code), "fractionDigit": digits,
        "minAmount": 10 ** max(0, 3 - digits), "availableCash": [],
    }  # fmt: skip


def major(thousandths: int) -> int | Decimal:
    """64000 as 64: updatePayments answers in major units although it is asked in thousandths [seed]."""
    whole, rest = divmod(thousandths, 1000)
    return Decimal(thousandths).scaleb(-3).normalize() if rest else whole


def money(thousandths: int, code: str) -> str:
    """For people: `24.00 EUR`."""
    return f"{Decimal(thousandths).scaleb(-3):.{exponent(code)}f} {code}"


def _method(payment: EpcPayment) -> dict[str, Any]:
    return {
        "id": payment.method_id,
        "externalName": {"translations": [{"locale": "en", "value": "Credit Card"}]},
        "paymentType": "CB",
        "subPaymentMethods": [],
    }


def payment_detail(payment: EpcPayment, *, in_major: bool = False) -> dict[str, Any]:
    """A PaymentDetail [public: PAY]. What is not known yet is left out, as in the seed's answers."""
    detail: dict[str, Any] = {
        "paymentId": payment.payment_id,
        "paymentIdentifier": payment.identifier,
        "amount": major(payment.amount) if in_major else payment.amount,
        "paymentMethod": _method(payment),
        "paymentStatus": payment.status,
        "paymentDate": date(payment.created_at),
        "paymentLastUpdated": date(payment.updated_at),
        "payerContact": False,
        "contactNumber": payment.contact,
        "catalogCurrency": currency(payment.currency),
        "epcTransactionData": {"transactionId": payment.transaction_id, "paymentTypes": []},
        "installment": False,
    }
    if payment.order_id:
        detail["orderId"] = payment.order_id
    if payment.masked:
        detail |= card(payment)
    if payment.reason:
        # Sandbox convention [inferred]: the contract names no place for it; this field carries PSP data.
        detail["pspAdditionalReturnedData"] = {"declineReason": payment.reason}
    return detail


def card(payment: EpcPayment) -> dict[str, Any]:
    shown = {
        "cardMaskedNumber": payment.masked, "cardType": payment.card_type,
        "cardExpirationDate": payment.card_expiry,
    }  # fmt: skip
    return shown | ({"cardAlias": payment.alias} if payment.alias else {})


def updated_detail(payment: EpcPayment) -> dict[str, Any]:
    """The shape of updatePayments' answer: the seed's keys and no others, and major units."""
    detail = payment_detail(payment, in_major=True)
    kept = ("paymentId", "amount", "paymentMethod", "paymentStatus", "paymentDate", "payerContact",
            "catalogCurrency", "installment")  # fmt: skip
    return {key: detail[key] for key in kept}


def operation_update(operation: dict[str, Any]) -> dict[str, Any]:
    return {key: operation[key] for key in _OPERATION}


def order_update(order: EpcOrder, removed: list[int]) -> dict[str, Any]:
    """OrderUpdateResult's data [public: SVC]."""
    return {
        "orderId": order.order_id,
        "orderSecretId": order.secret,
        "catalogCurrency": currency(order.currency),
        "mainOperationId": order.operations[0]["operationId"],
        "operationDataUpdates": [operation_update(operation) for operation in order.operations],
        "movementDataUpdates": [],
        "removeMovementIds": [],
        "removeOperationIds": removed,
    }


def order_details(order: EpcOrder, institution: str) -> dict[str, Any]:
    """orderDetailsData of getOrderDetails and the webhook V2 [public: WH2, DT]; externalReference is ours."""
    closed = order.state == EpcOrder.State.CLOSED
    return {
        "orderId": order.order_id,
        "orderState": order.state,
        "orderType": order.order_type,
        "orderSecretId": order.secret,
        "externalReference": order.external_reference or None,
        "contactReference": order.contact or None,
        "creationDateTime": date(order.created_at),
        "referenceDate": date(order.created_at),
        "expirationDate": date(order.expires_at),
        "saleAmount": order.amount,
        "preSaleAmount": 0,
        "reservationAmount": 0,
        "optionAmount": 0,
        "waitingAccountBalanceAmount": 0,
        "catalogCurrency": currency(order.currency),
        "salesChannelCode": f"{institution}_WEB",
        "salesChannelName": "Internet",
        "operationDatas": [operation_update(operation) for operation in order.operations],
        "movementDatas": movements(order) if closed else [],
    }


def movements(order: EpcOrder) -> list[dict[str, Any]]:
    """Tickets of a closed order, one for each thing bought. Names [public: TB], numbers ours [inferred]."""
    return [
        {"movementId": operation["operationId"] + place, "operationId": operation["operationId"],
         "type": "SALE", "barcode": f"{operation['operationId']}{place:03d}"}
        for operation in order.operations
        for place in range(1, operation["quantity"] + 1)
    ]  # fmt: skip
