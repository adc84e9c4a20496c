"""What does the shop's server hear when it calls Purse? A function for each endpoint, and their frame."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from providers.sandbox import accounts, clock
from providers.sandbox.cards import Ending
from providers.sandbox.fields import Fields, Wrong
from providers.sandbox.purse import (
    addresses,
    bodies,
    operations,
    partners,
    payments,
    problems,
    sessions,
    shapes,
    signing,
)
from providers.sandbox.purse.bearer import SLUG, Caller, caller_of, of_entity
from providers.sandbox.purse.models import PursePayment, PurseSavedToken, PurseTransaction
from providers.sandbox.purse.problems import Problem
from providers.sandbox.wire import json_answer

Work = Callable[..., Any]


class Call:
    """A call that may go on: whose it is, and what it says."""

    def __init__(self, request: HttpRequest, caller: Caller, fields: Fields) -> None:
        self.request = request
        self.caller = caller
        self.fields = fields

    @property
    def origin(self) -> str:
        return addresses.origin(self.request, self.caller.settings)


def service(**verbs: Work) -> Callable[..., HttpResponse]:
    """A view: a function for each verb. The frame asks for a token and JSON, and writes problems."""

    @wraps(next(iter(verbs.values())))
    def view(request: HttpRequest, **captured: str) -> HttpResponse:
        try:
            work = verbs.get(request.method or "")
            if work is None:
                raise Problem(405, f"only {', '.join(verbs)}")
            caller = caller_of(request)
            call = Call(request, caller, _body(request))
            with transaction.atomic():
                answer = work(call, **captured)
        except Problem as problem:
            return problems.answer(problem.status, problem.detail, request.path, field=problem.field)
        except Wrong as wrong:
            return problems.answer(400, _sentence(wrong), request.path, field=wrong.field)
        return answer if isinstance(answer, HttpResponse) else json_answer(answer)

    return view


def _sentence(wrong: Wrong) -> str:
    # Purse's own sentence already names its field.
    return wrong.why if wrong.why == sessions.TOO_MUCH else str(wrong)


def _body(request: HttpRequest) -> Fields:
    if request.method in ("GET", "DELETE") or not request.body:
        return Fields({})
    if request.content_type != "application/json":
        raise Problem(415, "Content-Type: must be application/json")
    try:
        return Fields(json.loads(request.body))
    except ValueError:
        raise Problem(400, "the body must be a JSON object") from None


def create_session(call: Call) -> HttpResponse:
    of_entity(call.caller, bodies.entity(call.fields))
    session = sessions.create(call.caller, call.fields, call.origin)
    return json_answer(addresses.session(session), call.caller.settings["create_http_status"])


def get_session(call: Call, session_id: str) -> Any:
    return addresses.session(sessions.find(call.caller, session_id))


def abort_session(call: Call, session_id: str) -> HttpResponse:
    """HTTP 303 to the shop, with the documented payload as its body."""
    session = sessions.find(call.caller, session_id)
    sessions.abort(session)
    answer = json_answer(
        {"session_id": session.pk, "status": "AbortedByCustomer"}, call.caller.settings["abort_http_status"]
    )
    answer["Location"] = addresses.back(session)
    return answer


def _find(call: Call, payment_id: str) -> PursePayment:
    payment = PursePayment.objects.filter(pk=payment_id, account=call.caller.name).first()
    if payment is None:
        raise Problem(404, f"payment {payment_id} is not known")
    return payment


def _shown(payment: PursePayment) -> Any:
    return shapes.payment(payment, redirection=addresses.partner_page(payment))


def get_payment(call: Call, payment_id: str) -> Any:
    return _shown(_find(call, payment_id))


def _operate(kind: str) -> Work:
    def work(call: Call, payment_id: str) -> HttpResponse:
        payment = _find(call, payment_id)
        operations.operate(payment, kind, bodies.operation(call.fields, call.caller.settings))
        return json_answer(_shown(payment), call.caller.settings["operation_http_status"])

    return work


def create_payment(call: Call) -> HttpResponse:
    """The advanced flow, a saved card, or a payment without the shopper (MIT)."""
    of_entity(call.caller, bodies.entity(call.fields))
    wanted, items = bodies.payment(call.fields)
    sessions.check_net_amount(call.caller, wanted)
    parts = [_part(call, wanted, item) for item in items]
    payment = payments.start(
        PursePayment(
            account=call.caller.name, session=None, amount=wanted.amount, currency=wanted.currency,
            order_reference=wanted.order_reference, customer_reference=wanted.customer_reference,
            asked=call.fields.data, origin=call.origin, created_at=clock.now(),
        ),
        parts,
        challenge=any(item.challenge for item in items),
    )  # fmt: skip
    return json_answer(_shown(payment), call.caller.settings["create_http_status"])


def _part(call: Call, wanted: bodies.Wanted, item: bodies.SplitItem) -> payments.Part:
    saved = None
    if item.wallet_token:
        saved = PurseSavedToken.objects.filter(
            account=call.caller.name, customer_reference=wanted.customer_reference, value=item.wallet_token
        ).first()
        if saved is None:
            raise Wrong(f"{item.at}.wallet_token", "is not a saved token of this customer")
    ending, reason, source = None, "", None
    if item.parent:
        source = _source(call, item)
        if not _was_challenged(source):
            # A charge without the shopper needs a first payment with strong authentication [inferred].
            ending, reason = Ending.REFUSE, "authentication_required"
    return payments.Part(
        item.amount, item.partner, item.method, saved=saved, save_token=item.save_token, parent=item.parent,
        source=source, ending=ending, reason=reason,
    )  # fmt: skip


def _was_challenged(source: PurseTransaction) -> bool:
    return not source.card or (source.card.get("three_ds") or {}).get("flow") == "CHALLENGE"


def _source(call: Call, item: bodies.SplitItem) -> PurseTransaction:
    """The transaction that parent_* names; every field that is given must fit."""
    names = {
        "parent_partner_transaction_id": "pk",
        "parent_payment_id": "payment_id",
        "parent_partner_token": "partner_token",
        "parent_partner_reference": "partner_reference",
    }
    fitting = PurseTransaction.objects.filter(
        payment__account=call.caller.name, status=PurseTransaction.Status.AUTHORIZED,
        partner=item.partner, method=item.method,
        **{names[name]: str(value) for name, value in item.parent.items()},
    ).select_related("payment").order_by("created_at")  # fmt: skip
    if not fitting:
        raise Wrong(f"{item.at}.parent_partner_transaction_id", "is not an authorised transaction of yours")
    # A partner token is shared by the first payment and all that followed from it.
    found = next((one for one in fitting if one.payment.asked.get("allow_future_usage")), None)
    if found is None:
        raise Wrong(f"{item.at}.parent_payment_id", "was not made with allow_future_usage")
    return found


def eligible_solutions(call: Call) -> Any:
    of_entity(call.caller, bodies.entity(call.fields))
    amount = call.fields.integer("amount", least=0)
    currency = call.fields.choice("currency", bodies.CURRENCIES)
    call.fields.object("order")
    solutions = [partners.CARD, partners.GIFT_CARD, *partners.OFFERED[1:]]
    return {
        "amount": amount,
        "currency": currency,
        "eligible_solutions": [{"partner": one.partner, "method": one.method} for one in solutions],
    }


def _tokens(call: Call, merchant_id: str, customer: str) -> Any:
    of_entity(call.caller, merchant_id)
    return PurseSavedToken.objects.filter(
        account=call.caller.name, customer_reference=customer
    ).order_by("created_at", "pk")  # fmt: skip


def list_tokens(call: Call, merchant_id: str, customer: str) -> Any:
    """merchant_id is the entity and the answer a plain list [inferred]: no source shows either."""
    found = [shapes.saved_token(one, merchant_id) for one in _tokens(call, merchant_id, customer)]
    return {"tokens": found} if call.caller.settings["wallet_list_wrapped"] else found


def delete_token(call: Call, merchant_id: str, customer: str, token_id: str) -> HttpResponse:
    """Ours: shoppers delete in the widget, and no endpoint for servers was found."""
    count, _ = _tokens(call, merchant_id, customer).filter(pk=token_id).delete()
    if not count:
        raise Problem(404, f"token {token_id} is not known")
    return HttpResponse(status=204)


def jwks(request: HttpRequest) -> HttpResponse:
    """The keys; whether a token is needed is [unknown], hence a setting of the default account."""
    if request.method != "GET":
        return problems.answer(405, "only GET", request.path)
    if accounts.settings_of(SLUG)["jwks_needs_token"]:
        try:
            caller_of(request)
        except Problem as problem:
            return problems.answer(problem.status, problem.detail, request.path)
    with transaction.atomic():
        return json_answer(signing.key_set())


client_sessions = service(POST=create_session)
client_session = service(GET=get_session)
client_session_abort = service(POST=abort_session)
payment_list = service(POST=create_payment)
payment = service(GET=get_payment)
captures = service(POST=_operate("capture"))
voids = service(POST=_operate("void"))
refunds = service(POST=_operate("refund"))
solutions = service(POST=eligible_solutions)
tokens = service(GET=list_tokens)
one_token = service(DELETE=delete_token)
