"""What do we send S360? The longer bodies, word for word as in the manual where it shows them."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from providers.base import Charge
from providers.epc.settings import EpcOrder, EpcSettings
from providers.epc.wire import to_thousandths
from providers.errors import Invalid
from providers.said import Said, objection
from providers.said import said as _


def options(charge: Charge) -> EpcOrder:
    """What the order brings along, checked; Invalid names the field that does not fit."""
    try:
        return EpcOrder.model_validate(dict(charge.options))
    except ValidationError as problem:
        first = problem.errors(include_input=False, include_url=False)[0]
        why = objection(first)
        if isinstance(why, Said):
            why = _("Value error, %(why)s", why=why)
        raise Invalid(".".join(("options.epc", *map(str, first["loc"]))), why) from problem


def own_contact(settings: EpcSettings, charge: Charge) -> str:
    """The S360 contact number of this very customer, "" for a guest."""
    by_reference = charge.customer.reference if settings.customer_reference_is_contact else ""
    return options(charge).contact_number or by_reference


def keeps_card(settings: EpcSettings, charge: Charge) -> bool:
    """Never under the contact that all guests share: the next guest would pay with it."""
    return charge.save_card and bool(own_contact(settings, charge))


def new_order(settings: EpcSettings, charge: Charge) -> dict[str, Any]:
    """createOrUpdateOrder."""
    brought = options(charge)
    return {
        "requestId": None,
        "pointOfSalesId": settings.point_of_sale,
        "orderType": "SALE",
        **_purchasers(settings, charge),
        "externalReference": brought.external_reference or charge.order_reference,
        **({"fileId": brought.file_id} if brought.file_id else {}),
        **brought.operations,
    }


def payments(settings: EpcSettings, charge: Charge) -> dict[str, Any]:
    """createPaymentsAndCloseOrder."""
    amount = to_thousandths(charge.money)
    entry: dict[str, Any] = {"amount": amount, "paymentMethodId": settings.payment_method}
    if charge.saved_card:
        entry["cardAlias"] = charge.saved_card
    return {
        "orderId": str(charge.memo["order_id"]),  # a text here and a number elsewhere, as in the manual
        "isConvertedReservation": False,
        "createToken": keeps_card(settings, charge),
        "payments": [entry],
        "paymentParams": {
            **_contact_number(settings, charge),
            "totalAmount": amount,
            "paymentParametersMap": _parameters(charge),
        },
        "orderType": "SALE",
        "maxWaitingTime": 0,
        **_purchasers(settings, charge),
    }


def payment(charge: Charge, **more: str) -> dict[str, Any]:
    """checkPayment and updatePayments, about the one payment of this attempt."""
    entry = {
        "paymentId": charge.memo["payment_id"],
        "paymentIdentifier": charge.memo.get("payment_identifier") or None,
        **more,
        "amount": to_thousandths(charge.money),
    }
    return {"requestId": None, "orderId": charge.memo["order_id"], "payments": [entry]}


def alias(settings: EpcSettings, charge: Charge) -> dict[str, Any]:
    """createAlias: the sandbox's convention, for the manual shows the widget's mode "alias" but not how it begins."""
    return {
        "requestId": None,
        **_contact_number(settings, charge),
        "paymentMethodId": settings.payment_method,
        "paymentParametersMap": _parameters(charge),
    }


def _parameters(charge: Charge) -> Mapping[str, str]:
    return {"ORDER_IDENTIFIER": charge.reference, "RETURN_URL": charge.urls.back}


def _contact(settings: EpcSettings, charge: Charge) -> str:
    return own_contact(settings, charge) or settings.guest_contact


def _contact_number(settings: EpcSettings, charge: Charge) -> dict[str, str]:
    contact = _contact(settings, charge)
    return {"contactNumber": contact} if contact else {}


def _purchasers(settings: EpcSettings, charge: Charge) -> dict[str, Any]:
    contact = _contact(settings, charge)
    return {"purchasersInfo": [{"contactReference": contact}]} if contact else {}
