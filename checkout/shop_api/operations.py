"""How does a shop capture, void or refund the money of an order, and what became of it?

The key of an operation stands on the operation itself (`Operation.key`), as that of a payment does: a provider is
asked, and that is done inside no transaction. So the same key is answered with its operation as it is now.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Schema, Status
from pydantic import Field

from checkout.models import Operation, Order, Payment, Shop
from checkout.payments.border import charge_for, provider_for
from checkout.payments.operate import NotPossible, left, operate
from checkout.payments.operations import undone
from checkout.payments.snapshot import order_snapshot
from checkout.payments.texts import fit_to_show
from checkout.shop_api.access import own_operation, own_order, shop_of
from checkout.shop_api.idempotency import REPLAY, key_header, key_reused
from checkout.shop_api.pages import CURSOR, LIMIT, page
from checkout.shop_api.payments import as_sentence
from checkout.shop_api.problems import Problem, fields_problem
from checkout.shop_api.routing import Router
from checkout.shop_api.shapes import AmountOfSome, At, ListOut, ProblemOut, Strict
from providers.base import Provider, Verb
from providers.errors import FieldError, Invalid, Misconfigured
from providers.money import Money

router = Router(tags=["operations"])


class NewOperation(Strict):
    """Money that has come is captured, given up or given back."""

    verb: Verb = Field(
        description="capture and void what was authorised (`capture_later`); refund what was captured."
    )
    amount: AmountOfSome | None = Field(
        None, description="Minor units of the order's currency; all that is left when left out."
    )
    payment: str | None = Field(
        None,
        max_length=30,
        description="The reference of the attempt; the one that holds the money when left out.",
    )
    reason: str = Field("", max_length=255, description="Why; told to providers that take one.")
    plan: dict[str, Any] = Field(
        default_factory=dict,
        description="For the provider, which of several means of payment gives first; see its own page of the guide.",
    )


class OperationOut(Schema):
    id: str
    verb: Literal["capture", "void", "refund"]
    amount: int
    currency: str
    status: Literal["pending", "success", "failure", "conflict", "uncertain"] = Field(
        description="pending: under way. conflict: done in part, for good. uncertain: the provider has not answered; "
        "it is asked until it is known."
    )
    amount_undone: int = Field(description="Of a conflict: how much of it is still to be done.")
    message: str | None = Field(description="Why not, in a sentence for your own staff.")
    payment: str = Field(description="The reference of the attempt whose money it is.")
    provider_id: str | None
    reason: str
    created_at: At
    finished_at: At | None


class OperationsOut(ListOut):
    operations: list[OperationOut]


@router.post(
    "/orders/{order_id}/operations",
    response={201: OperationOut, **dict.fromkeys((409, 413, 415), ProblemOut)},
    operation_id="create_operation",
    summary="Capture, void or refund",
)
def create(
    request: HttpRequest,
    response: HttpResponse,
    order_id: str,
    operation: NewOperation,
    idempotency_key: str = key_header("the same operation, as it is by then"),
) -> Any:
    """Takes as long as the provider takes to answer. 201 whatever became of it: read `status`."""
    order, key = own_order(request, order_id), _key_of(shop_of(request), idempotency_key)
    made = _known(order, operation, key)
    if made is not None:
        response[REPLAY] = "true"
    else:
        made = _make(order, operation, key)
    return Status(201, operation_snapshot(made))


@router.get(
    "/orders/{order_id}/operations",
    response={200: OperationsOut, 422: ProblemOut},
    operation_id="read_operations",
    summary="List an order's captures, voids and refunds",
)
def read_all(
    request: HttpRequest,
    response: HttpResponse,
    order_id: str,
    cursor: str | None = CURSOR,
    limit: int = LIMIT,
) -> Any:
    """The newest first, whoever asked for them: you, the merchant, or somebody at the provider's own counter."""
    found = Operation.objects.select_related("payment").filter(payment__order=own_order(request, order_id))
    rows, following = page(request, response, found, by=("-pk",), cursor=cursor, limit=limit)
    return {"operations": [operation_snapshot(row) for row in rows], "next_cursor": following}


@router.get(
    "/orders/{order_id}/operations/{operation_id}",
    response={200: OperationOut},
    operation_id="read_operation",
    summary="Read a capture, void or refund",
)
def read(request: HttpRequest, order_id: str, operation_id: str) -> Any:
    """As it is known now. Asks nobody."""
    return operation_snapshot(own_operation(own_order(request, order_id), operation_id))


def operation_snapshot(row: Operation) -> dict[str, Any]:
    """JSON-ready; times ISO 8601 in UTC."""
    return {
        "id": str(row.pk),
        "verb": row.verb,
        "amount": row.amount_minor,
        "currency": row.currency,
        "status": str(row.status),
        "amount_undone": undone(row.payment, row).minor,
        "message": None if row.message in ("", "—") else row.message,
        "payment": row.payment.reference,
        "provider_id": row.provider_id or None,
        "reason": row.reason,
        "created_at": _utc(row.created_at),
        "finished_at": _utc(row.finished_at) if row.finished_at else None,
    }


def _key_of(shop: Shop, key: str) -> str:
    """The shop's own key, told apart from every other shop's and short enough to travel to any provider."""
    return hashlib.sha256(f"{shop.pk} {key}".encode()).hexdigest()[:40]


def _known(order: Order, asked: NewOperation, key: str) -> Operation | None:
    known = Operation.objects.select_related("payment").filter(key=key).first()
    if known is not None and not _is_for(known, order, asked):
        raise key_reused()
    return known


def _is_for(known: Operation, order: Order, asked: NewOperation) -> bool:
    """Could `asked` have made `known`? What it leaves out was chosen for it then, and is not asked again."""
    told = {name: value for name, value in known.plan.items() if name in asked.plan or name != "shares"}
    return (
        known.payment.order_id == order.pk
        and known.verb == asked.verb
        and asked.amount in (None, known.amount_minor)
        and asked.payment in (None, known.payment.reference)
        and fit_to_show(asked.reason, 255) == known.reason  # as it is kept
        and asked.plan == told
    )


def _make(order: Order, asked: NewOperation, key: str) -> Operation:
    payment = _payment(order, asked)
    most = left(payment, asked.verb)
    money = most if asked.amount is None else Money(asked.amount, payment.currency)
    if wrong := _complaints(payment, asked, money, most):
        raise fields_problem(wrong)
    try:
        if money.minor <= 0:
            raise NotPossible(f"Nothing is left to {asked.verb.value}.")
        return operate(payment, asked.verb, money, reason=asked.reason, plan=asked.plan, key=key)
    except NotPossible as no:
        known = _known(order, asked, key)  # the second of two at the same moment
        if known is not None:
            return known
        raise _not_possible(order, as_sentence(no)) from None


def _not_possible(order: Order, why: str) -> Problem:
    order.refresh_from_db()
    return Problem(409, "not-possible", why, order=order_snapshot(order))


def _payment(order: Order, asked: NewOperation) -> Payment:
    """The attempt that was named, or the one whose money it is."""
    if asked.payment is not None:
        named = order.payments.select_related("account").filter(reference=asked.payment).first()
        if named is None:
            raise fields_problem([("payment", "is the reference of no attempt at this order")])
        return named
    paying = order.paying_attempt()
    if paying is None:
        raise _not_possible(order, "No money has come for this order.")
    return paying


def _complaints(payment: Payment, asked: NewOperation, money: Money, most: Money) -> list[FieldError]:
    """What its provider would refuse of the request, whatever the provider's own record says. Asks nobody."""
    provider_type = payment.account.provider_class
    whole_only: frozenset[Verb] = getattr(provider_type, "whole_only", frozenset())
    found: list[FieldError] = []
    if asked.verb in whole_only and 0 < money.minor < most.minor:
        why = f"must be {most.minor}, or left out: {provider_type.name} can {asked.verb.value} only the whole"
        found.append(("amount", why))
    if asked.plan:
        found += _complaints_of_plan(payment, asked, money)
    return found


def _complaints_of_plan(payment: Payment, asked: NewOperation, money: Money) -> list[FieldError]:
    provider_type = payment.account.provider_class
    if provider_type.share_out is Provider.share_out:
        return [("plan", f"is not read by {provider_type.name}")]
    try:
        provider_for(payment.account).share_out(charge_for(payment), asked.verb, money, plan=asked.plan)
    except Invalid as no:
        return [(field, why) for field, why in no.errors if field.split(".")[0] == "plan"]
    except Misconfigured:
        return []  # the operation will say so
    return []


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
