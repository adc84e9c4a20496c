"""What of an order would eComCharge refuse? The contract's conditions, each by its path in the shop's own request.

What a single value may be stands in `order`; here stands what depends on the rest of the order or on the account.
"""

from collections.abc import Iterator

from providers.base import Charge, Kind
from providers.ecomcharge.amounts import to_vendor
from providers.ecomcharge.bodies import STATES_OF, methods, options, takes_state
from providers.ecomcharge.order import EcomchargeOrder
from providers.ecomcharge.settings import EcomchargeSettings
from providers.errors import FieldError, Invalid
from providers.said import said as _

_HERE = "options.ecomcharge"
_LONGEST_DESCRIPTION = 255


def complaints(settings: EcomchargeSettings, charge: Charge, *, live: bool) -> tuple[FieldError, ...]:
    try:
        brought = options(charge)
    except Invalid as problem:
        return problem.errors
    return (
        *_of_the_order(settings, charge),
        *_of_the_type(charge, brought),
        *_of_the_customer(settings, charge, brought),
        *_of_additional_data(charge, brought, live=live),
        *_of_methods(settings, charge, brought),
    )


def _of_the_order(settings: EcomchargeSettings, charge: Charge) -> Iterator[FieldError]:
    if charge.kind is not Kind.SAVE_CARD:
        if charge.money.minor <= 0:
            yield "amount", _("must be more than 0")
        try:
            to_vendor(charge.money, settings.disputed_currencies)
        except Invalid as problem:
            yield from problem.errors
    if len(charge.description) > _LONGEST_DESCRIPTION:
        yield "description", _("has more than %(most)s characters", most=_LONGEST_DESCRIPTION)
    if charge.occasion is not None and not charge.saved_card:
        yield "saved_card", _("is needed: only a saved card is charged while the customer is away")


def _of_the_type(charge: Charge, brought: EcomchargeOrder) -> Iterator[FieldError]:
    kind, path = brought.transaction_type, f"{_HERE}.transaction_type"
    if kind is None:
        return
    if (kind == "tokenization") != (charge.kind is Kind.SAVE_CARD):
        yield path, _("tokenization goes with the kind save_card, and with no other")
    elif (kind == "authorization") != charge.capture_later and charge.kind is not Kind.SAVE_CARD:
        yield path, _("authorization goes with capture_later, and with nothing else")
    elif kind == "charge" and not _has_card(charge, brought):
        yield path, _("charge needs a saved card, or payment_method.credit_card.token")


def _has_card(charge: Charge, brought: EcomchargeOrder) -> bool:
    """Before there is an attempt, a known customer may still choose a card of theirs."""
    may_choose = not charge.reference and bool(charge.customer.reference)
    return bool(charge.saved_card) or brought.payment_method.credit_card is not None or may_choose


def _of_the_customer(
    settings: EcomchargeSettings, charge: Charge, brought: EcomchargeOrder
) -> Iterator[FieldError]:
    email = charge.customer.email if brought.customer.email is None else brought.customer.email
    fields = brought.settings.customer_fields
    locked = fields.read_only if fields else None
    if not email and charge.occasion is None:
        if locked is not None and "email" in locked:
            yield f"{_HERE}.settings.customer_fields.read_only", _("holds email, and the customer has none")
        elif locked is None and "email" in settings.read_only_fields:
            yield "customer.email", _("is needed: the customer cannot change it in the payment form")
    state = brought.customer.state
    country = brought.customer.country or charge.customer.country
    if state and not takes_state(state, country):
        countries = ", ".join(sorted(STATES_OF))
        yield (
            f"{_HERE}.customer.state",
            _("is two letters, and given only for the countries %(countries)s", countries=countries),
        )


def _of_additional_data(charge: Charge, brought: EcomchargeOrder, *, live: bool) -> Iterator[FieldError]:
    said, path = brought.order.additional_data, f"{_HERE}.order.additional_data"
    if said.expected_bank_code and live:
        yield f"{path}.expected_bank_code", _("is for test accounts only")
    if said.card_on_file and said.card_on_file.type and said.card_on_file.initiator == "customer":
        yield f"{path}.card_on_file.type", _("goes with the initiator merchant only")
    if said.contract and not charge.customer.reference:
        yield f"{path}.contract", _("needs a customer.reference: a card is kept for a known customer only")


def _of_methods(
    settings: EcomchargeSettings, charge: Charge, brought: EcomchargeOrder
) -> Iterator[FieldError]:
    listed = methods(settings, charge, brought).get("types", [])
    for name in brought.payment_method.parameters:
        if name not in listed:
            yield f"{_HERE}.payment_method.{name}", _("is not among the types of payment_method")
