"""What does the provider refuse, and whose is it to mend? Its two envelopes, read into the shop's own field names."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from providers.base import Charge
from providers.ecomcharge import words
from providers.ecomcharge.order import EcomchargeOrder
from providers.ecomcharge.settings import SETTING_OF, EcomchargeSettings
from providers.errors import Decline, Declined, FieldError, Invalid, Misconfigured, ProviderError
from providers.said import Said, listed
from providers.said import said as _

_MOST = 50  # fields told of one answer
_DEEPEST = 10


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A definite no. `leaves`: the refused fields by their dotted path in the request, with what is wrong."""

    status: int
    message: str
    code: str
    leaves: tuple[FieldError, ...]


class Refused(Exception):
    """Never leaves this provider: whoever called makes it one of the kinds of no."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


def refusal(status: int, told: Mapping[str, Any]) -> Refusal:
    """From either envelope: at the top, or under `response`; a tree of names, or names with dots."""
    inner = told.get("response")
    response = inner if isinstance(inner, Mapping) else {}
    errors = told.get("errors") or response.get("errors")
    message = told.get("message") or response.get("message") or told.get("friendly_message")
    code = told.get("code") or response.get("code")
    return Refusal(
        status=status,
        message=words.plain(message) if isinstance(message, str) else "",
        code=code if isinstance(code, str) else "",
        leaves=tuple(islice(_leaves(errors, "", 0), _MOST)),
    )


def _leaves(node: Any, path: str, depth: int) -> Iterator[FieldError]:
    if depth > _DEEPEST:
        return
    if isinstance(node, Mapping):
        for name, inner in node.items():
            below = f"{path}.{name}" if path else str(name)
            yield from _leaves(inner, below.removeprefix("checkout."), depth + 1)
    elif isinstance(node, list):
        sentences = [entry for entry in node if isinstance(entry, str)]
        if sentences:
            yield path, words.plain("; ".join(sentences))
        for position, entry in enumerate(node):
            if isinstance(entry, Mapping | list):
                yield from _leaves(entry, f"{path}.{position}", depth + 1)
    elif isinstance(node, str) and node:
        yield path, words.plain(node)


# --- of a payment form ----------------------------------------------------------------------------------


def of_checkout(
    no: Refusal, charge: Charge, settings: EcomchargeSettings, brought: EcomchargeOrder
) -> ProviderError:
    """Invalid with the fields that the shop sent; Misconfigured when all that is refused is the merchant's."""
    if not no.leaves:
        if no.status == 404:
            return Misconfigured(_("There is no eComCharge at the checkout address: look at it."))
        return Invalid("order", no.message or _("eComCharge refuses it (HTTP %(status)s)", status=no.status))
    shops: list[FieldError] = []
    merchants: list[FieldError] = []
    for path, why in no.leaves:
        field = _shops_field(path, charge, settings, brought)
        if field:
            shops.append((field, why))
        else:
            merchants.append((_merchants_words(path, settings), why))
    if not shops:
        errors = listed(merchants)
        return Misconfigured(_("eComCharge refuses what the account says. %(errors)s.", errors=errors))
    return Invalid(*shops[0], *shops[1:], *merchants)


_ORDER = {
    "order": "order",
    "order.amount": "amount",
    "order.currency": "currency",
    "order.description": "description",
    "order.expired_at": "hold_minutes",
}
OURS = {"zip": "postal_code"}  # the provider's name of a customer's field -> ours, where they differ
_CUSTOMER = {"email", "first_name", "last_name", "phone", "address", "city", "zip", "state", "country"}
_BY_OUR_HAND = {"test", "order.tracking_id", "settings.notification_url", "settings.verification_url"}
_RETURNS = {f"settings.{end}_url" for end in ("return", "success", "decline", "fail", "cancel")}


def _shops_field(path: str, charge: Charge, settings: EcomchargeSettings, brought: EcomchargeOrder) -> str:
    """The path in the shop's own request; "" when the shop has not sent it."""
    if brought.brings(path):
        return f"options.ecomcharge.{path}"
    if path in _ORDER:
        return _ORDER[path]
    head, _dot, name = path.partition(".")
    if head == "customer":
        known = name in _CUSTOMER
        return f"customer.{OURS.get(name, name)}" if known else f"options.ecomcharge.{path}"
    if path.startswith("payment_method.credit_card") and charge.saved_card:
        return "saved_card"
    if path in _BY_OUR_HAND or path in _RETURNS or setting_title(path, settings):
        return ""
    # Neither sent nor set: the provider misses it, and only the order can bring it.
    return f"options.ecomcharge.{path}"


def setting_title(path: str, settings: EcomchargeSettings) -> str:
    """The title of the account's setting that speaks of `path`, "" when none does or it says nothing."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        name = SETTING_OF.get(".".join(parts[:length]))
        if name and getattr(settings, name) != type(settings).model_fields[name].get_default(
            call_default_factory=True
        ):
            return _title(settings, name)
        if name == "contracts":
            return _title(settings, name)
    return ""


def _title(settings: EcomchargeSettings, name: str) -> str:
    return Said(type(settings).model_fields[name].title or name, {})


def _merchants_words(path: str, settings: EcomchargeSettings) -> str:
    if path in _RETURNS or path.endswith("_url"):
        return _("this site's own address (%(path)s)", path=path)
    return setting_title(path, settings) or path


# --- of a charge, capture, void or refund -----------------------------------------------------------------


def of_charge(
    no: Refusal, charge: Charge, settings: EcomchargeSettings, brought: EcomchargeOrder
) -> ProviderError:
    """The merchant's own charge of a saved card. The request is flatter than a payment form's."""
    if is_repetition(no):
        return _repetition(no)
    if any(path.startswith("credit_card") for path, _why in no.leaves):
        why = no.message or "; ".join(why for _path, why in no.leaves)
        return Declined(Decline(code=no.code or "card", message=why, reason="invalid_card"))
    names = {"amount", "currency", "description", "expired_at", "additional_data", "tracking_id"}
    renamed = tuple(
        (
            f"order.{path}"
            if path.partition(".")[0] in names
            else f"settings.{path}"
            if path.endswith("_url")
            else path.replace("billing_address.", "customer.", 1),
            why,
        )
        for path, why in no.leaves
        if path != "base"
    )
    flat = Refusal(status=no.status, message=no.message, code=no.code, leaves=renamed)
    return of_checkout(flat, charge, settings, brought)


def of_operation(no: Refusal) -> ProviderError:
    if is_repetition(no):
        return _repetition(no)
    amounts = [why for path, why in no.leaves if path.rpartition(".")[2] == "amount"]
    if amounts:
        return Invalid("amount", amounts[0])
    message = no.message or "; ".join(f"{path}: {why}" for path, why in no.leaves)
    return Declined(
        Decline(
            code=no.code or str(no.status), message=message or _("eComCharge refuses it without saying why.")
        )
    )


def is_repetition(no: Refusal) -> bool:
    return (
        no.code == "F.0108"
        or "duplicate" in " ".join([no.message, *(why for _path, why in no.leaves)]).lower()
    )


def _repetition(no: Refusal) -> Declined:
    sentence = _(
        "eComCharge takes it for a repetition of the same amount. Wait 30 seconds and try again, or take another "
        "amount."
    )
    return Declined(Decline(code=no.code or "duplicate", message=sentence, reason="technical_error"))
