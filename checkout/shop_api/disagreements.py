"""What is wrong between fields of an order that are right each by itself?"""

from pydantic import ValidationError

from checkout.payments import terms
from checkout.shop_api.problems import FieldError, sentence
from checkout.shop_api.shapes import NewOrder
from providers import PROVIDERS, provider_class
from providers.agreements import Terms
from providers.base import Kind
from providers.money import Money


def disagreements(order: NewOrder) -> list[FieldError]:
    money = Money(order.amount, order.currency)
    found = terms.disagreements(order.kind, agreed(order), money, capture_later=order.capture_later)
    if order.kind is Kind.SAVE_CARD and not order.customer.reference:
        found.append(("customer.reference", "is needed for save_card: a card is kept for a known customer"))
    if order.keep_card and not order.customer.reference:
        found.append(("customer.reference", "is needed for keep_card: a card is kept for a known customer"))
    total = sum(item.quantity * item.unit_price for item in order.items)
    if order.items and total != order.amount:
        found.append(("items", f"add up to {total}, and the amount is {order.amount}"))
    for slug, values in order.options.items():
        found += option_errors(slug, values)
    return found


def agreed(order: NewOrder) -> Terms | None:
    """What the shop and its customer agreed. An initial amount that is the regular one, and a trial's price of nothing,
    say nothing and are left out, so that two ways to say the same are one."""
    if order.terms is None:
        return None
    said = order.terms.model_dump(mode="json", exclude_none=True)
    if said.get("initial_amount") == said.get("amount"):
        said.pop("initial_amount", None)
    if "trial" in said and not said["trial"]["amount"]:
        del said["trial"]["amount"]
    return terms.terms_of(said, order.currency)


def agreed_as_json(order: NewOrder) -> dict[str, object]:
    """As the order keeps them; {} for none."""
    said = agreed(order)
    return terms.terms_as_json(said) if said else {}


def option_errors(slug: str, values: dict[str, object]) -> list[FieldError]:
    try:
        options_type = provider_class(slug).options_type
    except KeyError:
        return [(f"options.{slug}", f"is no provider; there are: {', '.join(PROVIDERS)}")]
    try:
        options_type.model_validate(values)
    except ValidationError as error:
        return [
            (".".join(["options", slug, *map(str, problem["loc"])]), sentence(problem))
            for problem in error.errors(include_url=False, include_input=False)
        ]
    return []
