"""What does the shopper's browser bring back? A hint, and no more.

A form in our page posts the payment, signed with the HMAC-SHA-256 key. The page of a payment order comes back to one of
our addresses; whether it brings kr- fields, vads_ fields or none is not documented, so all three are read.
"""

import hmac
from collections.abc import Mapping

from providers.base import Charge, Claim, Outcome, Returned
from providers.errors import Forged, Invalid
from providers.payzen import notices, signing, words
from providers.payzen.settings import PayzenSettings


def returned(settings: PayzenSettings, charge: Charge, query: Mapping[str, str]) -> Returned:
    """Forged when a signature does not hold; a signature of which we have no key is no signature."""
    end = _ENDS.get(query.get("end", ""), Claim.NOTHING)
    if "kr-answer" in query:
        if not settings.hmac_key.get_secret_value():
            return Returned(claim=end)
        return Returned(claim=_of_payment(settings, charge, query) or end)
    if any(name.startswith("vads_") for name in query):
        key = settings.form_key if settings.form_key.get_secret_value() else settings.hmac_key
        if not key.get_secret_value():
            return Returned(claim=end)
        if not signing.vads_hold(query, key):
            raise Forged("The return's signature does not hold.")
        _same(query.get("vads_order_id", ""), charge)
        outcome = words.OUTCOMES.get(query.get("vads_trans_status", ""))
        return Returned(claim=_OUTCOMES.get(outcome, end) if outcome else end)
    return Returned(claim=end)


def _of_payment(settings: PayzenSettings, charge: Charge, query: Mapping[str, str]) -> Claim | None:
    if not signing.holds(query, signing.BROWSER, (settings.hmac_key,)):
        raise Forged("The return's signature does not hold.")
    try:
        told = notices.payment(query["kr-answer"])
    except Invalid:
        return None  # signed, and of a shape that we do not know
    _same(told.order_details.order_id, charge)
    return _STATUSES.get(told.order_status)


def _same(reference: str, charge: Charge) -> None:
    if not hmac.compare_digest(reference.encode("utf-8", "replace"), charge.reference.encode()):
        raise Forged("The return belongs to another payment.")


# Where we sent the shopper back. Unsigned.
_ENDS = {
    "success": Claim.SUCCESS,
    "refused": Claim.FAILURE,
    "error": Claim.FAILURE,
    "cancel": Claim.CANCEL,
}
_STATUSES = {"PAID": Claim.SUCCESS, "UNPAID": Claim.FAILURE, "ABANDONED": Claim.CANCEL}
_OUTCOMES = {
    Outcome.PAID: Claim.SUCCESS,
    Outcome.AUTHORIZED: Claim.SUCCESS,
    Outcome.FAILED: Claim.FAILURE,
    Outcome.EXPIRED: Claim.FAILURE,
    Outcome.CANCELED: Claim.CANCEL,
}
