"""Which of the shop's accounts could take such an order? Told before there is one, and without asking anybody."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext
from ninja import Query, Schema
from pydantic import AfterValidator, Field

from checkout.models import Account, Order
from checkout.payments.border import keeps_cards, methods_for
from checkout.shop_api.access import shop_of
from checkout.shop_api.allowed import language_for
from checkout.shop_api.disagreements import option_errors
from checkout.shop_api.problems import FieldError, fields_problem
from checkout.shop_api.routing import Router
from checkout.shop_api.shapes import ProblemOut, country_code, currency_code
from checkout.shop_api.wire import NotAnObject, object_of
from providers.base import Kind, Verb

router = Router(tags=["methods"])

_SOMEBODY = "known-customer"  # any reference: only a known customer's card is kept


class MethodOut(Schema):
    """An account that could take the order."""

    id: str = Field(description="As `account` of a payment.")
    provider: str
    label: str = Field(description="What the shopper reads, in the language that was asked for.")
    channels: list[str] = Field(description="As `channel` of a payment.")
    needs_script: bool = Field(description="The shopper cannot pay this way without JavaScript.")
    kinds: list[str] = Field(description="The kinds of order that this provider takes.")
    can: list[Verb] = Field(description="What can be done with its money over the API.")
    saves_cards: bool = Field(description="Could a known customer leave a card with this payment?")
    live: bool = Field(description="false: a test account, which moves no money.")


class MethodsOut(Schema):
    methods: list[MethodOut]


@router.get(
    "/methods",
    response={200: MethodsOut, 422: ProblemOut},
    operation_id="find_methods",
    summary="List the methods that could take an order",
)
def find(
    request: HttpRequest,
    response: HttpResponse,
    amount: int = Query(..., ge=0, le=10**12, description="Minor units."),
    currency: Annotated[str, AfterValidator(currency_code)] = Query(
        ..., description="ISO 4217, such as EUR."
    ),
    country: Annotated[str, AfterValidator(country_code)] = Query(
        "", description="The customer's, ISO 3166-1 alpha-2."
    ),
    kind: Kind = Kind.ONE_OFF,
    language: Literal["en", "fr"] = "en",
    capture_later: bool = False,
    options: str = Query(
        "",
        max_length=8000,
        description="As in an order, written as JSON, for a provider that sells nothing without.",
    ),
) -> Any:
    """In the merchant's own sequence. Asks nobody: an account that cannot be reached at the moment is in it."""
    shop = shop_of(request)
    order = Order(
        shop=shop,
        amount_minor=amount,
        currency=currency,
        kind=kind,
        capture_later=capture_later,
        customer={"country": country} if country else {},
        language=language_for(shop, language),
        options=_options(options),
        expires_at=timezone.now() + timedelta(minutes=shop.hold_minutes),
    )
    response["Content-Language"] = order.language  # of the labels
    with translation.override(order.language):
        return {"methods": [_snapshot(order, account) for account in methods_for(order)]}


def _options(written: str) -> dict[str, Any]:
    if not written:
        return {}
    try:
        given = object_of(written.encode("utf-8", "replace"), "options")
    except NotAnObject as why:
        raise fields_problem([("options", f"is {why}")]) from None
    wrong: list[FieldError] = []
    for slug, values in given.items():
        wrong += (
            option_errors(slug, values) if isinstance(values, dict) else [(f"options.{slug}", "is no object")]
        )
    if wrong:
        raise fields_problem(wrong)
    return given


def _snapshot(order: Order, account: Account) -> dict[str, Any]:
    cls = account.provider_class
    return {
        "id": str(account.pk),
        "provider": account.provider,
        "label": gettext(account.shown_label),
        "channels": list(cls.channels),
        "needs_script": cls.needs_script,
        "kinds": [kind.value for kind in Kind if kind in cls.kinds],
        "can": [verb.value for verb in Verb if cls.can(verb.value)],
        "saves_cards": keeps_cards(_of_a_known_customer(order), account),
        "live": account.live,
    }


def _of_a_known_customer(order: Order) -> Order:
    known = {**order.customer, "reference": _SOMEBODY}
    values = {name: getattr(order, name) for name in ("amount_minor", "currency", "kind", "capture_later", "language",
                                                      "options", "expires_at")}  # fmt: skip
    return Order(shop_id=order.shop_id, customer=known, **values)
