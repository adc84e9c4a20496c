"""How is it all written as JSON, nulls and all? V4/PaymentOrder (section 4), V4/Payment and V4/Transaction (8, 10)."""

from typing import Any

from providers.sandbox import accounts, clock
from providers.sandbox.payzen import messages
from providers.sandbox.payzen.envelope import Answer, moment
from providers.sandbox.payzen.models import PayzenCharge, PayzenToken, PayzenTransaction
from providers.sandbox.payzen.signing import SLUG

PAID = ("ACCEPTED", "AUTHORISED", "CAPTURED", "PARTIALLY_AUTHORISED")
UNPAID = ("REFUSED", "ERROR", "CANCELLED", "EXPIRED", "CAPTURE_FAILED", "ABANDONED")
_BILLING = (
    "address category cellPhoneNumber city country district firstName identityCode identityType language lastName "
    "phoneNumber state streetNumber title zipCode legalName"
)
_SHIPPING = (
    "address address2 category city country deliveryCompanyName district firstName identityCode lastName legalName "
    "phoneNumber shippingMethod shippingSpeed state streetNumber zipCode"
)
_EXTRA = "browserAccept fingerPrintId ipAddress browserUserAgent"
_CART = "insuranceAmount shippingAmount taxAmount cartItemInfo"
_SUB_MERCHANT = (
    "companyType legalNumber name url phoneNumber address1 address2 zip city country mcc mid softDescriptor "
    "facilitatorId state"
)
_ECHOED = (
    "returnMode returnUrl cancelUrl successUrl refusedUrl errorUrl postWalletUrl ipnTargetUrl redirectSuccessTimeout "
    "redirectErrorTimeout"
)
_DETAILS = {
    "MAIL": ("mailDetails", "V4/MailDetails", "recipient bcc subject body template"),
    "SMS": ("smsDetails", "V4/SmsDetails", "phoneNumber message"),
    "WHATSAPP": ("whatsAppDetails", "V4/WhatsAppDetails", "phoneNumber"),
}
# Where the IPN names its payment order: no source shows it, so a shop can be tried with each.
PLACES = ("order", "top", "transaction", "none")


def _object(names: str, given: Answer | None, kind: str) -> Answer:
    """Every name, null when it was not given, then the rest of what was."""
    given = given or {}
    known: Answer = {name: given.get(name) for name in names.split()}
    return known | {name: value for name, value in given.items() if name != "_type"} | {"_type": kind}


def _maybe(names: str, given: Answer | None, kind: str) -> Answer | None:
    return _object(names, given, kind) if given else None


def customer(given: Answer) -> Answer:
    return {
        "billingDetails": _maybe(_BILLING, given.get("billingDetails"), "V4/Customer/BillingDetails"),
        "email": given.get("email"), "reference": given.get("reference"),
        "shippingDetails": _maybe(_SHIPPING, given.get("shippingDetails"), "V4/Customer/ShippingDetails"),
        "extraDetails": _object(_EXTRA, given.get("extraDetails"), "V4/Customer/ExtraDetails"),
        "shoppingCart": _maybe(_CART, given.get("shoppingCart"), "V4/Customer/ShoppingCart"),
        "_type": "V4/Customer/Customer",
    }  # fmt: skip


def status_word(charge: PayzenCharge) -> str:
    """The order's status; how CANCELLED is spelt is unresolved, so the account says."""
    if charge.status == PayzenCharge.Status.CANCELLED:
        return str(accounts.settings_of(SLUG, charge.account)["cancelled_status"])
    return charge.status


def _channel(charge: PayzenCharge) -> Answer:
    given = charge.asked.get("channel") or {}
    details: Answer = {
        "channelType": charge.channel, "mailDetails": None, "smsDetails": None, "whatsAppDetails": None,
        "ivrDetails": None, "_type": "V4/ChannelDetails",
    }  # fmt: skip
    if charge.channel in _DETAILS:
        name, kind, names = _DETAILS[charge.channel]
        details[name] = {one: given.get(one) or None for one in names.split()} | {"_type": kind}
    return details


def payment_order(charge: PayzenCharge) -> Answer:
    asked = charge.asked
    card = asked.get("card") or {}
    return {
        "paymentOrderId": charge.id, "paymentURL": charge.url, "paymentOrderStatus": status_word(charge),
        "creationDate": moment(charge.created_at), "updateDate": moment(charge.updated_at),
        "amount": charge.amount, "currency": charge.currency, "locale": messages.locale(charge),
        "strongAuthentication": asked.get("strongAuthentication", "AUTO"), "orderId": charge.order_id or None,
        "channelDetails": _channel(charge),
        "paymentReceiptEmail": asked.get("paymentReceiptEmail") or (asked.get("customer") or {}).get("email"),
        "taxRate": asked.get("taxRate"), "taxAmount": asked.get("taxAmount"),
        "expirationDate": moment(charge.expires_at),
        "transactionDetails": {
            "cardDetails": {
                "manualValidation": card.get("manualValidation", "NO"), "captureDelay": card.get("captureDelay", 0),
                "installmentNumber": 0, "_type": "V4/CardDetails",
            },
            "_type": "V4/PaymentOrderTransactionDetails",
        },
        "dataCollectionForm": bool(asked.get("dataCollectionForm")), "allowDCFAmountUpdate": "NONE",
        "merchantComment": asked.get("merchantComment"), "message": messages.template(charge),
        "description": asked.get("description"), "formAction": charge.form_action,
        "paymentMethodToken": asked.get("paymentMethodToken"), "metadata": asked.get("metadata") or {},
        "customer": customer(asked.get("customer") or {}),
        "acquirerTransientData": asked.get("acquirerTransientData") or {},
        "paymentMethods": asked.get("paymentMethods") or [],
        "subMerchantDetails": _object(_SUB_MERCHANT, asked.get("subMerchantDetails"), "V4/SubMerchantDetails"),
        **{name: asked.get(name) for name in _ECHOED.split()},
        "_type": "V4/PaymentOrder",
    }  # fmt: skip


def status_of(tx: PayzenTransaction) -> str:
    if tx.operation == "VERIFICATION" and tx.detailed == "ACCEPTED":
        return "PAID"
    return "PAID" if tx.detailed in PAID else "UNPAID" if tx.detailed in UNPAID else "RUNNING"


def _authorisation(tx: PayzenTransaction) -> Answer:
    asked = tx.authorised_at or tx.error
    result = tx.error[2] or None if tx.error else "0" if tx.authorised_at else None
    return {
        "amount": tx.amount if asked else None, "currency": tx.currency if asked else None,
        "authorizationDate": moment(tx.authorised_at or tx.created_at) if asked else None,
        "authorizationNumber": tx.uuid[:6] if tx.authorised_at else None, "authorizationResult": result,
        "authorizationMode": "FULL" if asked else None,
        "_type": "V4/PaymentMethod/Details/Cards/CardAuthorizationResponse",
    }  # fmt: skip


def _card(tx: PayzenTransaction) -> Answer:
    card = tx.card
    kept = sum(one.amount for one in tx.refunds.all() if one.detailed in PAID) if tx.captured_at else 0
    enrolled = tx.strong == "ENABLED"
    failed = bool(tx.error) and tx.error[0].startswith("AUTH")
    source = ((tx.charge.asked.get("card") or {}) if tx.charge else {}).get("paymentSource", "EC")
    return {
        "paymentSource": source, "manualValidation": "YES" if tx.manual else "NO",
        "expectedCaptureDate": moment(tx.capture_at), "effectiveBrand": card.get("effectiveBrand"),
        "pan": card.get("pan"), "expiryMonth": card.get("expiryMonth"), "expiryYear": card.get("expiryYear"),
        "country": card.get("country"), "issuerCode": card.get("issuerCode"), "issuerName": card.get("issuerName"),
        "effectiveProductCode": card.get("effectiveProductCode"), "legacyTransId": tx.legacy_id,
        "legacyTransDate": moment(tx.created_at), "paymentMethodSource": "TOKEN" if tx.from_token else "NEW",
        "authorizationResponse": _authorisation(tx),
        "captureResponse": {
            "refundAmount": kept or None, "refundCurrency": tx.currency if kept else None,
            "captureDate": moment(tx.captured_at),
            "captureFileNumber": tx.captured_at.strftime("%j") if tx.captured_at else None,
            "effectiveRefundAmount": kept or None, "effectiveRefundCurrency": tx.currency if kept else None,
            "_type": "V4/PaymentMethod/Details/Cards/CardCaptureResponse",
        },
        "threeDSResponse": {
            "authenticationResultData": {
                "transactionCondition": "COND_3D_SUCCESS" if enrolled and not failed else None,
                "enrolled": "Y" if enrolled else "UNKNOWN",
                "status": ("N" if failed else "Y") if enrolled else "UNKNOWN",
                "eci": "05" if enrolled and not failed else None, "xid": None, "cavvAlgorithm": None, "cavv": None,
                "signValid": None, "brand": card.get("effectiveBrand"),
                "_type": "V4/PaymentMethod/Details/Cards/CardAuthenticationResponse",
            },
            "_type": "V4/PaymentMethod/Details/Cards/ThreeDSResponse",
        },
        "authenticationResponse": None, "installmentNumber": None,
        "markAuthorizationResponse": {
            "amount": None, "currency": None, "authorizationDate": None, "authorizationNumber": None,
            "authorizationResult": None, "_type": "V4/PaymentMethod/Details/Cards/MarkAuthorizationResponse",
        },
        "cardHolderName": card.get("cardHolderName"), "_type": "V4/PaymentMethod/Details/CardDetails",
    }  # fmt: skip


def _context(tx: PayzenTransaction) -> str:
    return {"CREDIT": "REFUND", "VERIFICATION": "VERIFICATION"}.get(tx.operation, "CHARGE")


def payment_transaction(tx: PayzenTransaction) -> Answer:
    code, message, detailed, detail = tx.error or ("", "", "", "")
    settings = accounts.settings_of(SLUG, tx.account)
    details: Answer = {
        "liabilityShift": "YES" if tx.strong == "ENABLED" and not tx.error else "NO",
        "effectiveAmount": tx.amount, "effectiveCurrency": tx.currency, "creationContext": _context(tx),
        "cardDetails": _card(tx), "acquirerDetails": None,
        "fraudManagement": {"riskControl": [], "riskAnalysis": [], "riskAssessments": None,
                            "_type": "V4/PaymentMethod/Details/FraudManagement"},
        "subscriptionDetails": {"subscriptionId": None, "_type": "V4/PaymentMethod/Details/SubscriptionDetails"},
        "parentTransactionUuid": tx.parent_id, "mid": "6969696", "sequenceNumber": tx.sequence, "taxAmount": None,
        "preTaxAmount": None, "taxRate": None, "externalTransactionId": None, "nsu": None, "tid": None,
        "acquirerNetwork": "CB", "taxRefundAmount": None, "userInfo": tx.comment or None,
        "paymentMethodTokenPreviouslyRegistered": None, "occurrenceType": "UNITAIRE", "wallet": None,
        "_type": "V4/TransactionDetails",
    }  # fmt: skip
    if tx.charge and tx.charge.is_order and settings["payment_order_id_in"] == "transaction":
        details["paymentOrderId"] = tx.charge_id
    return {
        "shopId": settings["shop_id"], "uuid": tx.uuid, "amount": tx.amount, "currency": tx.currency,
        "paymentMethodType": "CARD", "paymentMethodToken": tx.token or None, "status": status_of(tx),
        "detailedStatus": tx.detailed, "operationType": tx.operation, "effectiveStrongAuthentication": tx.strong,
        "creationDate": moment(tx.created_at), "errorCode": code or None, "errorMessage": message or None,
        "detailedErrorCode": detailed or None, "detailedErrorMessage": detail or None, "metadata": tx.metadata,
        "transactionDetails": details, "_type": "V4/PaymentTransaction",
    }  # fmt: skip


def _order_details(tx: PayzenTransaction) -> Answer:
    total = tx.charge.amount if tx.charge else tx.amount
    return {
        "orderTotalAmount": total, "orderEffectiveAmount": total, "orderCurrency": tx.currency, "mode": tx.mode,
        "orderId": tx.order_id or None, "metadata": tx.metadata, "_type": "V4/OrderDetails",
    }  # fmt: skip


def transaction(tx: PayzenTransaction) -> Answer:
    """V4/Transaction: the answer of the Transaction/* services."""
    return payment_transaction(tx) | {
        "customer": customer(tx.customer), "orderDetails": _order_details(tx), "_type": "V4/Transaction",
    }  # fmt: skip


def order_status(charge: PayzenCharge | None, tx: PayzenTransaction | None) -> str:
    if tx is None:
        return "UNPAID"
    if charge and charge.status == PayzenCharge.Status.PAID and tx.operation == "CREDIT":
        return "PAID"
    return status_of(tx)


def payment(
    charge: PayzenCharge | None, tx: PayzenTransaction, *, status: str = "", short: bool = False
) -> Answer:
    """V4/Payment, told of one transaction; `short`: small enough for an address."""
    settings = accounts.settings_of(SLUG, tx.account)
    listed = [tx]
    if charge and settings["all_attempts"] and not short:
        listed = list(charge.attempts.order_by("-created_at", "-sequence"))
    is_open = charge is not None and charge.payable(clock.now())
    details = _order_details(tx)
    told: Answer = {
        "shopId": settings["shop_id"], "orderCycle": "OPEN" if is_open else "CLOSED",
        "orderStatus": status or order_status(charge, tx), "serverDate": moment(clock.now()),
        "orderDetails": details, "customer": customer(tx.customer),
        "transactions": [payment_transaction(one) for one in listed], "subMerchantDetails": None,
        "_type": "V4/Payment",
    }  # fmt: skip
    return place(_shortened(told) if short else told, charge, str(settings["payment_order_id_in"]))


def no_payment(charge: PayzenCharge, status: str) -> Answer:
    """V4/Payment of a shopper who left without an attempt."""
    settings = accounts.settings_of(SLUG, charge.account)
    told: Answer = {
        "shopId": settings["shop_id"], "orderCycle": "OPEN" if charge.payable(clock.now()) else "CLOSED",
        "orderStatus": status, "serverDate": moment(clock.now()),
        "orderDetails": {
            "orderTotalAmount": charge.amount, "orderEffectiveAmount": 0, "orderCurrency": charge.currency,
            "mode": charge.mode, "orderId": charge.order_id or None, "_type": "V4/OrderDetails",
        },
        "transactions": [], "_type": "V4/Payment",
    }  # fmt: skip
    return place(told, charge, str(settings["payment_order_id_in"]))


def place(told: Answer, charge: PayzenCharge | None, where: str) -> Answer:
    if charge and charge.is_order:
        if where == "order":
            told["orderDetails"]["paymentOrderId"] = charge.id
        elif where == "top":
            told["paymentOrderId"] = charge.id
    return told


_SHORT = "uuid amount currency paymentMethodType status detailedStatus operationType errorCode detailedErrorCode _type"


def _shortened(told: Answer) -> Answer:
    """The compact form that was seen [public: PF]: an address has no room for all the nulls."""
    told = {name: value for name, value in told.items() if name not in ("customer", "subMerchantDetails")}
    told["orderDetails"] = {name: value for name, value in told["orderDetails"].items() if name != "metadata"}
    told["transactions"] = [
        {name: one[name] for name in _SHORT.split() if one[name] is not None} for one in told["transactions"]
    ]
    return told


def token(row: PayzenToken) -> Answer:
    """V4/Token of Token/Get."""
    card: dict[str, Any] = row.card
    return {
        "paymentMethodToken": row.token, "creationDate": moment(row.created_at),
        "cancellationDate": moment(row.cancelled_at), "customer": customer(row.customer),
        "orderId": row.order_id or None,
        "tokenDetails": {
            "pan": card.get("pan"), "expiryMonth": card.get("expiryMonth"), "expiryYear": card.get("expiryYear"),
            "effectiveBrand": card.get("effectiveBrand"), "country": card.get("country"),
            "_type": "V4/CardTokenDetails",
        },
        "_type": "V4/Token",
    }  # fmt: skip
