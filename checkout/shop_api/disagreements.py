"""What is wrong between fields of an order that are right each by itself?"""

from pydantic import ValidationError

from checkout.payments.terms import terms_as_json, terms_of
from checkout.shop_api.problems import FieldError, sentence
from checkout.shop_api.shapes import NewOrder, NewTerms
from providers import PROVIDERS, provider_class
from providers.agreements import Terms, Unit
from providers.base import Kind

# Kinds of order in which money may move later, or never.
_MAY_BE_FREE = {Kind.SAVE_CARD, Kind.MANDATE, Kind.SUBSCRIPTION}
_TRIAL_ONLY = {Unit.MINUTE, Unit.HOUR}
_FEWEST_CYCLES = 2  # what is paid in one is no plan


def disagreements(order: NewOrder) -> list[FieldError]:
    found: list[FieldError] = []
    if order.kind is Kind.SAVE_CARD and order.amount:
        found.append(("amount", "must be 0 for save_card, which moves no money"))
    found += _of_terms(order)
    spoken_of = {field for field, _why in found}
    if not order.amount and order.kind not in _MAY_BE_FREE and "amount" not in spoken_of:
        found.append(("amount", f"must be more than 0 for {order.kind.value}"))
    if order.kind is Kind.SAVE_CARD and not order.customer.reference:
        found.append(("customer.reference", "is needed for save_card: a card is kept for a known customer"))
    if order.keep_card and not order.customer.reference:
        found.append(("customer.reference", "is needed for keep_card: a card is kept for a known customer"))
    total = sum(item.quantity * item.unit_price for item in order.items)
    if order.items and total != order.amount:
        found.append(("items", f"add up to {total}, and the amount is {order.amount}"))
    for slug, values in order.options.items():
        found += _option_errors(slug, values)
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
    return terms_of(said, order.currency)


def agreed_as_json(order: NewOrder) -> dict[str, object]:
    """As the order keeps them; {} for none."""
    terms = agreed(order)
    return terms_as_json(terms) if terms else {}


def _of_terms(order: NewOrder) -> list[FieldError]:
    kind = order.kind.value
    if order.kind not in (Kind.SUBSCRIPTION, Kind.PAYMENT_PLAN):
        return [("terms", f"are a subscription's or a payment plan's, not for {kind}")] if order.terms else []
    found: list[FieldError] = []
    if order.capture_later:
        found.append(("capture_later", f"is not for {kind}: what is due today is taken today"))
    if order.terms is None:
        return [*found, ("terms", f"are needed for {kind}: how much is paid, and how often")]
    wrong = (
        _of_subscription(order.terms) if order.kind is Kind.SUBSCRIPTION else _of_payment_plan(order.terms)
    )
    if order.terms.period.unit in _TRIAL_ONLY:
        why = f"{order.terms.period.unit.value} is for a trial alone; take day, week or month"
        wrong.append(("terms.period.unit", why))
    found += wrong or _of_what_is_due(order)
    return found


def _of_subscription(terms: NewTerms) -> list[FieldError]:
    found: list[FieldError] = []
    if terms.amount is None:
        found.append(("terms.amount", "is needed for subscription: what is paid each time"))
    if terms.total is not None:
        found.append(("terms.total", "is a payment plan's; a subscription has terms.amount"))
    return found


def _of_payment_plan(terms: NewTerms) -> list[FieldError]:
    found: list[FieldError] = [
        (f"terms.{name}", "is a subscription's; a payment plan shares terms.total out")
        for name in ("amount", "initial_amount", "trial")
        if getattr(terms, name) is not None
    ]
    if terms.total is None:
        found.append(("terms.total", "is needed for payment_plan: what is paid in all"))
    if terms.cycles is None:
        found.append(("terms.cycles", "is needed for payment_plan: in how many payments"))
    elif terms.cycles < _FEWEST_CYCLES:
        found.append(("terms.cycles", f"must be {_FEWEST_CYCLES} or more for payment_plan"))
    elif terms.total is not None and terms.total < terms.cycles:
        found.append(("terms.total", f"must be {terms.cycles} or more, for as many payments"))
    return found


def _of_what_is_due(order: NewOrder) -> list[FieldError]:
    """An order's amount is what its customer pays now, so the terms say it."""
    terms = agreed(order)
    if terms is None or order.amount == terms.due_today().minor:
        return []
    due = terms.due_today().minor
    if terms.total is not None:
        return [("amount", f"must be {due}, the first of {terms.cycles} payments of {terms.total.minor}")]
    if terms.trial_period is not None:
        what = "the trial" if terms.trial else "the trial is free"
    else:
        what = "the initial amount" if terms.initial else "the first payment"
    return [("amount", f"must be {due}, {what}: what is due today")]


def _option_errors(slug: str, values: dict[str, object]) -> list[FieldError]:
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
