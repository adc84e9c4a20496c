"""What can a shop do with its customers' agreements? Find and read them, see what they paid, end one, charge one more.

A charge is known by its `reference`, which guards against a second one for ever. The key that comes with it is only
claimed, before anybody is charged, so that it never serves for two: `idempotency.once` works inside a transaction, and
no provider is asked inside one. The same request is answered with its charge as it is now.
"""

from typing import Any, Literal

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from ninja import Query

from checkout.models import Agreement, Order, Payment
from checkout.payments.agreement_charge import charge_again
from checkout.payments.agreement_follow_up import NotEnded
from checkout.payments.agreement_follow_up import end as end_at_provider
from checkout.payments.orders import ReferenceTaken
from checkout.payments.snapshot import agreement_snapshot, order_snapshot
from checkout.payments.start import NotPayable
from checkout.payments.timeline import Who
from checkout.shop_api.access import agreements_of, own_agreement, shop_of
from checkout.shop_api.idempotency import REPLAY, claimed, fingerprint, key_header, once, release
from checkout.shop_api.pages import CURSOR, LIMIT, page
from checkout.shop_api.payments import answer_about, as_sentence
from checkout.shop_api.problems import Problem
from checkout.shop_api.routing import Router
from checkout.shop_api.shapes import (
    AgreementOut,
    AgreementProblemOut,
    AgreementsOut,
    EndAgreement,
    NewCharge,
    OrderOut,
    OrdersOut,
    ProblemOut,
)
from providers.agreements import AgreementState, Ending, Phase
from providers.money import Money

router = Router(tags=["agreements"])


@router.get(
    "/agreements",
    response={200: AgreementsOut, 422: ProblemOut},
    operation_id="find_agreements",
    summary="List agreements",
)
def find(
    request: HttpRequest,
    response: HttpResponse,
    customer: str | None = Query(None, min_length=1, max_length=100, description="Your own reference."),
    kind: Literal["subscription", "payment_plan", "mandate"] | None = None,
    state: AgreementState | None = None,
    cursor: str | None = CURSOR,
    limit: int = LIMIT,
) -> Any:
    """The newest first."""
    found = agreements_of(shop_of(request))
    wanted = {"customer_reference": customer, "kind": kind, "state": state}
    found = found.filter(**{name: value for name, value in wanted.items() if value is not None})
    rows, following = page(request, response, found, by=("-created_at", "-pk"), cursor=cursor, limit=limit)
    return {"agreements": [agreement_snapshot(row) for row in rows], "next_cursor": following}


@router.get(
    "/agreements/{agreement_id}",
    response={200: AgreementOut},
    operation_id="read_agreement",
    summary="Read an agreement",
)
def read(request: HttpRequest, agreement_id: str) -> Any:
    """As the provider told of it last. Asks nobody, changes nothing."""
    return agreement_snapshot(own_agreement(request, agreement_id))


@router.get(
    "/agreements/{agreement_id}/orders",
    response={200: OrdersOut, 422: ProblemOut},
    operation_id="read_agreement_orders",
    summary="List an agreement's payments",
)
def read_orders(
    request: HttpRequest,
    response: HttpResponse,
    agreement_id: str,
    cursor: str | None = CURSOR,
    limit: int = LIMIT,
) -> Any:
    """Each payment is an order: the one that began the agreement, then every further one in its sequence."""
    agreement = own_agreement(request, agreement_id)
    found = Order.objects.filter(Q(agreement=agreement) | Q(pk=agreement.payment.order_id)).select_related(
        "shop", "agreement__account", "agreement__payment__order"
    )
    rows, following = page(request, response, found, by=("pk",), cursor=cursor, limit=limit)
    return {"orders": [order_snapshot(order) for order in rows], "next_cursor": following}


@router.post(
    "/agreements/{agreement_id}/end",
    response={
        200: AgreementOut,
        **dict.fromkeys((413, 415), ProblemOut),
        409: AgreementProblemOut,
    },
    operation_id="end_agreement",
    summary="End an agreement",
)
def end(
    request: HttpRequest,
    response: HttpResponse,
    agreement_id: str,
    ending: EndAgreement,
    idempotency_key: str = key_header("the agreement, as it is by then"),
) -> Any:
    """The provider is asked to. What has ended already, or ends as asked, is answered as it is."""
    agreement = own_agreement(request, agreement_id)
    with claimed(request, response, idempotency_key, ending.model_dump(mode="json")) as new:
        return agreement_snapshot(_end(request, agreement, ending) if new else agreement)


def _end(request: HttpRequest, agreement: Agreement, ending: EndAgreement) -> Agreement:
    if _ends_so(agreement, ending.when):
        return agreement
    try:
        return end_at_provider(agreement, ending.when, who=Who.SHOP)
    except NotEnded as no:
        stands = own_agreement(request, agreement.number)
        if _ends_so(stands, ending.when):  # somebody else has just ended it
            return stands
        was_asked = ending.when.value in stands.endings
        kind = "end-not-confirmed" if was_asked else "not-endable"
        raise _refusal(stands, kind, no) from None


@router.post(
    "/agreements/{agreement_id}/charges",
    response={
        201: OrderOut,
        **dict.fromkeys((413, 415), ProblemOut),
        409: AgreementProblemOut,
    },
    operation_id="charge_agreement",
    summary="Charge an agreement once more",
)
def charge(
    request: HttpRequest,
    agreement_id: str,
    charge: NewCharge,
    idempotency_key: str = key_header("the same charge, as it is by then"),
) -> Any:
    """A new order, charged at once, the customer away. Takes as long as the provider takes to answer. 201 whatever
    became of it: read `payment.state`."""
    agreement = own_agreement(request, agreement_id)
    shop = shop_of(request)
    mark = fingerprint("POST", request.path, charge.model_dump(mode="json", exclude_unset=True))
    once(shop, idempotency_key, mark, lambda: (201, {"reference": charge.reference}))
    try:
        attempt, new = _charge(agreement, charge)
    except NotPayable as no:
        release(shop, idempotency_key, mark)
        raise _refusal(own_agreement(request, agreement_id), "not-payable", no) from None
    except ReferenceTaken:
        release(shop, idempotency_key, mark)
        why = "you have another order with this reference already"
        errors = [("reference", why)]
        raise Problem(409, "reference-taken", f"reference: {why}.", errors=errors) from None
    response = answer_about(attempt.order, attempt)
    if not new:
        response[REPLAY] = "true"
    return response


def _charge(agreement: Agreement, asked: NewCharge) -> tuple[Payment, bool]:
    attempt, new = charge_again(
        agreement,
        Money(asked.amount, agreement.currency),
        reference=asked.reference,
        description=asked.description,
        metadata=asked.metadata,
        who=Who.SHOP,
    )
    if not new and not _is_for(attempt.order, asked):
        raise ReferenceTaken(asked.reference)
    return attempt, new


def _is_for(known: Order, asked: NewCharge) -> bool:
    """Could `asked` have made `known`? `charge_again` has compared the money, and that it was asked for at all."""
    described = not asked.description or asked.description == known.description
    return described and asked.metadata == known.metadata


def _ends_so(agreement: Agreement, when: Ending) -> bool:
    """Is what was asked for so already, or about to be?"""
    return agreement.is_over or (when is Ending.PERIOD_END and agreement.phase == Phase.LAST)


def _refusal(stands: Agreement, kind: str, no: Exception) -> Problem:
    return Problem(409, kind, as_sentence(no), agreement=agreement_snapshot(stands))
