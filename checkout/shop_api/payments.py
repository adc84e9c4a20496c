"""How does a shop open an attempt itself, for a shopper who has chosen already, or with a card and nobody there?

The key stands on the attempt itself (`Payment.request_key`), and not with an answer: `idempotency.once` works inside a
transaction, and no provider is asked inside one. So the same key is answered with its attempt as it is now, and never
makes another. It is good for one order: the same word at another order is another key.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from checkout.models import Account, Order, Payment, SavedCard, Shop
from checkout.payments.cards import occasions_of
from checkout.payments.snapshot import order_snapshot
from checkout.payments.start import KeyReused, NotPayable, start_once
from checkout.payments.timeline import Who
from checkout.shop_api.access import no_such_card, own_card, own_order, shop_of
from checkout.shop_api.accounts import is_there, named, only_one
from checkout.shop_api.idempotency import REPLAY, key_header, key_reused
from checkout.shop_api.problems import Problem, fields_problem
from checkout.shop_api.routing import Router
from checkout.shop_api.shapes import NewPayment, OrderOut, ProblemOut
from checkout.states import State

router = Router(tags=["payments"])


@router.post(
    "/orders/{order_id}/payments",
    response={201: OrderOut, **dict.fromkeys((409, 413, 415), ProblemOut)},
    operation_id="create_payment",
    summary="Open a payment, or charge a saved card",
)
def create(
    request: HttpRequest,
    order_id: str,
    payment: NewPayment,
    idempotency_key: str = key_header("the same attempt, as it is by then"),
) -> Any:
    """Takes as long as the provider takes to answer. 201 whatever became of it: read `payment.state`."""
    order = own_order(request, order_id)
    attempt, new = _attempt(request, order, payment, idempotency_key)
    response = answer_about(order, attempt)
    if not new:
        response[REPLAY] = "true"
    return response


def _attempt(request: HttpRequest, order: Order, asked: NewPayment, key: str) -> tuple[Payment, bool]:
    known = order.payments.select_related("account").filter(request_key=key).first()
    if known is not None:
        # Before anything is looked up: an account that was switched off since, or a card removed, changes no answer.
        if not _is_for(known, asked):
            raise key_reused()
        return known, False
    card = _card(request, order, asked)
    account = _account(shop_of(request), asked, card)
    _check_words(account, card, asked)
    try:
        return start_once(
            order,
            account,
            key=key,
            channel=asked.channel,
            saved_card=card,
            occasion=asked.occasion,
            who=Who.SHOP,
        )
    except KeyReused:
        raise key_reused() from None
    except NotPayable as no:
        order.refresh_from_db()
        raise Problem(409, "not-payable", as_sentence(no), order=order_snapshot(order)) from None


def answer_about(order: Order, attempt: Payment) -> HttpResponse:
    """201 whatever became of the attempt, but for fields of the shop's own request that the provider refused."""
    order.refresh_from_db()
    snapshot = order_snapshot(order, about=attempt)
    if attempt.state == State.FAILED and attempt.refused_fields:
        errors = [(refused["field"], refused["message"]) for refused in attempt.refused_fields]
        more = f" ({len(errors) - 1} more in errors)" if len(errors) > 1 else ""
        detail = f"{errors[0][0]}: {errors[0][1]}{more}"
        return Problem(422, "refused-by-provider", detail, errors=errors, order=snapshot).answer()
    return JsonResponse(snapshot, status=201)


def _is_for(known: Payment, asked: NewPayment) -> bool:
    """Could `asked` have made `known`? What it leaves out was chosen for it then, and is not asked again."""
    return (
        asked.provider in (None, known.account.provider)
        and asked.account in (None, known.account_id)
        and asked.saved_card == (str(known.saved_card_id) if known.saved_card_id else None)
        and asked.channel == known.channel
        and (asked.occasion or "") == known.occasion
    )


def _card(request: HttpRequest, order: Order, asked: NewPayment) -> SavedCard | None:
    if asked.saved_card is None:
        if asked.occasion is not None:
            raise fields_problem([("saved_card", "is needed with an occasion: the customer is away")])
        return None
    card = own_card(request, asked.saved_card)
    # One customer's card is not there for another's order, none for a guest's, and a removed one for nobody's.
    customer = order.customer_reference()
    if card.removed_at is not None or not customer or card.customer_reference != customer:
        raise no_such_card()
    return card


def _account(shop: Shop, asked: NewPayment, card: SavedCard | None) -> Account:
    """Where to open the attempt: the card's own account, the one that was named, or the only one there is."""
    if card is not None:
        if asked.account not in (None, card.account_id) or asked.provider not in (
            None,
            card.account.provider,
        ):
            raise fields_problem(
                [("saved_card", "is kept at another account; leave provider and account out")]
            )
        if not is_there(card.account):
            raise fields_problem([("saved_card", "is kept at an account that is switched off")])
        return card.account
    return only_one(named(shop, provider=asked.provider, account=asked.account))


def _check_words(account: Account, card: SavedCard | None, asked: NewPayment) -> None:
    """What `start` would refuse as well, but without naming the field."""
    channels = account.provider_class.channels
    if asked.channel and asked.channel not in channels:
        there = ", ".join(channels) or "none"
        raise fields_problem([("channel", f"is no channel of {account.provider}; there are: {there}")])
    able = occasions_of(card) if card is not None else []
    if asked.occasion is not None and asked.occasion not in able:
        there = ", ".join(able) or "none"
        raise fields_problem([("occasion", f"this card is not charged for it; there are: {there}")])


def as_sentence(no: Exception) -> str:
    text = str(no)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
