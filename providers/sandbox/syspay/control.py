"""How does a test set up and end SysPay payments without a browser? /_sandbox/syspay/, see docs/sandbox.md."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

from providers.sandbox.api import api
from providers.sandbox.cards import Ending
from providers.sandbox.fields import Fields, Wrong
from providers.sandbox.syspay import (
    agreements,
    codes,
    endings,
    notices,
    payments,
    shapes,
    subscriptions,
    terminals,
    testcards,
)
from providers.sandbox.syspay.asked import BLOCKS
from providers.sandbox.syspay.codes import Refused
from providers.sandbox.syspay.models import (
    SyspayAgreement,
    SyspayChargeback,
    SyspayPayment,
    SyspayRefund,
    SyspaySubscription,
    SyspayTerminal,
)  # fmt: skip
from providers.sandbox.syspay.payments import Instrument
from providers.sandbox.syspay.terminals import Choice

Status = SyspayPayment.Status
# Words that may end a payment without a card.
OUTCOMES = (
    Ending.APPROVE, Ending.REFUSE, Ending.CANCEL, Ending.CHALLENGE, Ending.CHALLENGE_REFUSE, Ending.DELAYED,
    Ending.NO_ANSWER,
)  # fmt: skip
APPROVED = "4970100000000055"
# Where `amount` of a pay call goes, by type.
_AMOUNT = {"oneshot": "amount", "subscription": "billing_amount", "payment_plan": "total_amount",
           "payment_mandate": "initial_charge"}  # fmt: skip


class Missing(Wrong):
    """404: there is no such thing."""

    status = 404


def _terminal(terminal: SyspayTerminal) -> dict[str, Any]:
    """Everything a test may want to know, in our own words; never a card number."""
    told = terminals.outcome(terminal)
    state = "EXPIRED" if terminal.expired else "ENDED" if terminal.ended_at else "OPEN"
    return {
        "token": terminal.token, "account": terminal.account, "url": f"{terminal.base}/eterminal/{terminal.token}",
        "state": state, "type": terminal.asked.get("type"), "reference": terminal.reference or None,
        "locked": terminal.asked.get("locked", False), "tries_left": terminal.tries_left,
        "request": terminal.asked, "created_at": shapes.stamp(terminal.created_at),
        "expires_at": shapes.stamp(terminal.expires_at), "challenge": terminals.running(terminal) is not None,
        "status": told.status if told else None,
        "payments": [shapes.payment(one) for one in terminal.payments.order_by("id")],
        "subscription": _newest(SyspaySubscription, terminal), "agreement": _newest(SyspayAgreement, terminal),
    }  # fmt: skip


def _newest(model: type[Any], terminal: SyspayTerminal) -> Any:
    found = model.objects.filter(terminal=terminal).order_by("-id").first()
    return shapes.named(found)[1] if found else None


@api("GET")
def list_terminals(request: HttpRequest, _fields: Fields) -> Any:
    """Newest first; `?reference=` narrows."""
    found = SyspayTerminal.objects.order_by("-created_at")
    if reference := request.GET.get("reference"):
        found = found.filter(reference=reference)
    return {"terminals": [_terminal(one) for one in found[:200]]}


def _find_terminal(token: str) -> SyspayTerminal:
    found = SyspayTerminal.objects.filter(pk=token).first()
    if found is None:
        raise Missing("token", "is not known")
    return found


@api("GET")
def one_terminal(_request: HttpRequest, _fields: Fields, token: str) -> Any:
    return _terminal(_find_terminal(token))


_CHANGES = ("type", "description", "reference", "customer", *BLOCKS.values())


@api("POST")
def pay(_request: HttpRequest, fields: Fields, token: str) -> Any:
    """What the payer would do with the form: a `card` or an `outcome`, and whatever is not locked; then `code`."""
    fields.only(("card", "expiry", "outcome", "reason", "code", "amount", "currency", *_CHANGES))
    terminal = _find_terminal(token)
    ended = terminal.ended_at
    code = fields.optional_text("code")
    instrument = _instrument(fields)
    if instrument is None and not code:
        raise Wrong("card", "or outcome or code is required")
    if instrument:
        choice = _choice(terminal, fields)
        if instrument.ending is Ending.CANCEL:
            terminals.cancel(token, choice)
        elif choice.wrong:
            raise Wrong(choice.wrong[0].field, str(choice.wrong[0]))
        else:
            terminals.pay(token, choice, instrument, reason=fields.optional_text("reason", longest=60))
    if code:
        with transaction.atomic():
            if payment := terminals.running(terminal):
                endings.answer_challenge(payment, code)
    terminal = _find_terminal(token)
    answer = _terminal(terminal)
    has_ended = terminal.ended_at is not None
    return answer | {
        "changed": terminal.ended_at != ended,
        "redirectUrl": terminals.return_address(terminal, spoil=True) if has_ended else None,
        "operatorUrl": terminals.return_address(terminal, operator=True) or None if has_ended else None,
    }


def _choice(terminal: SyspayTerminal, fields: Fields) -> Choice:
    changes = {name: fields.data[name] for name in _CHANGES if fields.data.get(name) is not None}
    kind = changes.get("type") or terminal.asked.get("type")
    short = {name: fields.data[name] for name in ("amount", "currency") if fields.data.get(name) is not None}
    if short and kind not in BLOCKS:
        raise Wrong("type", f"must be one of {', '.join(BLOCKS)}")
    if short:
        name = BLOCKS[str(kind)]
        block = {_AMOUNT[name] if one == "amount" else one: value for one, value in short.items()}
        changes[name] = block | (changes.get(name) or {})
    for name in ("customer", *BLOCKS.values()):
        if not isinstance(changes.get(name, {}), dict):
            raise Wrong(name, "must be an object")
    try:
        return terminals.choose(terminal, changes, strict=True)
    except terminals.Locked as locked:
        raise Wrong(locked.field, "is locked") from None


def _instrument(fields: Fields) -> Instrument | None:
    number = fields.optional_text("card", longest=30)
    outcome = fields.choice("outcome", OUTCOMES, default="")
    if not (number or outcome):
        return None
    known = testcards.find(number or APPROVED)
    if known is None:
        raise Wrong("card", "is not a test card")
    if not outcome and known.ending is Ending.HTTP_500:
        raise Wrong("card", "http_500 shows only on the page")
    typed = payments.instrument_of(known, holder="SANDBOX PAYER", expiry=_expiry(fields))
    if not outcome:
        return typed
    failure = codes.failure_of(fields.optional_text("reason", longest=60))
    return Instrument(
        ending=Ending(outcome), failure=failure, card=typed.card, later_failure=typed.later_failure
    )


def _expiry(fields: Fields) -> str:
    month, _, year = (fields.optional_text("expiry") or "12/2030").partition("/")
    if not (month.isdigit() and 1 <= int(month) <= 12 and year.isdigit() and len(year) == 4):
        raise Wrong("expiry", "must be like 12/2030")
    return f"{int(month):02d}/{year}"


# Lists, and what is done to one of them.


@api("GET")
def list_payments(request: HttpRequest, _fields: Fields) -> Any:
    found = SyspayPayment.objects.order_by("-id")
    if reference := request.GET.get("reference"):
        found = found.filter(reference=reference)
    return {"payments": [shapes.payment(one) for one in found[:500]]}


@api("GET")
def list_subscriptions(_request: HttpRequest, _fields: Fields) -> Any:
    newest = SyspaySubscription.objects.order_by("-id")[:200]
    return {"subscriptions": [shapes.subscription(one) for one in newest]}


@api("GET")
def list_agreements(_request: HttpRequest, _fields: Fields) -> Any:
    newest = SyspayAgreement.objects.order_by("-id")[:200]
    return {"agreements": [shapes.agreement(one) for one in newest]}


def _on(
    model: type[Model], what: str, actions: dict[str, tuple[tuple[str, ...], Callable[[Any, Fields], Any]]]
) -> Callable[..., Any]:
    """A view for `<number>/<action>`: the row is found, the fields are known ones, and a refusal is a 400."""

    @api("POST")
    def view(_request: HttpRequest, fields: Fields, number: str, action: str) -> Any:
        if action not in actions:
            raise Missing("action", f"must be one of {', '.join(actions)}")
        known, work = actions[action]
        fields.only(known)
        with transaction.atomic():
            found = model._default_manager.filter(
                pk=number if number.isdigit() and len(number) < 19 else 0
            ).first()
            if found is None:
                raise Missing("id", f"{what} {number} is not known")
            try:
                return work(found, fields)
            except Refused as refused:
                raise Wrong(refused.field or "id", f"{refused} ({refused.code})") from None

    return view


def _settle(payment: SyspayPayment, fields: Fields) -> Any:
    status = Status(fields.choice("status", (Status.SUCCESS, Status.FAILED, Status.CANCELLED, Status.ERROR),
                                  default=Status.SUCCESS))  # fmt: skip
    failure = codes.failure_of(fields.optional_text("failure_category"))
    if not endings.settle(payment, status, failure):
        raise Wrong("id", f"payment {payment.pk} is {payment.status} and waits for nothing")
    return shapes.payment(payment)


def _charge_back(payment: SyspayPayment, fields: Fields) -> Any:
    amount = fields.optional_integer("amount", least=1, most=payment.amount)
    if payment.status != Status.SUCCESS:
        raise Wrong("id", f"payment {payment.pk} is {payment.status}")
    reason = fields.optional_text("reason_code", longest=20) or "4837"
    return shapes.chargeback(endings.charge_back(payment, amount or payment.amount, reason))


def refund_rest(payment: SyspayPayment, amount: int | None = None, reference: str = "") -> SyspayRefund:
    """In the back office: without an amount all that is left."""
    if amount is None and payments.refunded(payment) >= payment.amount:
        raise Refused(40006, "amount")
    count = payment.refunds.count() + 1
    made = payments.refund(
        payment, reference=reference or f"{payment.reference}-refund-{payment.pk}-{count}",
        amount=payment.amount - payments.refunded(payment) if amount is None else amount,
        currency=payment.currency, asked={"description": "Back office"},
    )  # fmt: skip
    notices.tell(made)
    return made


def _refund(payment: SyspayPayment, fields: Fields) -> Any:
    amount = fields.optional_integer("amount", least=1)
    return shapes.refund(refund_rest(payment, amount, fields.optional_text("reference")))


def _done(work: Callable[[Any], None]) -> Callable[[Any, Fields], Any]:
    def step(one: Any, _fields: Fields) -> Any:
        work(one)
        return shapes.named(one)[1]

    return step


def _notify(one: Any, fields: Fields) -> Any:
    """The message, now: `forged` with another amount and status, `wrong_signature` under a stranger's checksum."""
    sent = notices.tell_again(
        one, forged=fields.boolean("forged"), wrong_signature=fields.boolean("wrong_signature")
    )
    if not sent:
        raise Wrong("ems_url", "is neither in the request nor on the account")
    return {"notifications": sent}


def _reason(fields: Fields) -> str:
    return f"UNSUBSCRIBED_{fields.choice('by', ('merchant', 'admin'), default='merchant').upper()}"


def _cancel_subscription(subscription: SyspaySubscription, fields: Fields) -> Any:
    subscriptions.cancel(subscription, now=fields.boolean("now"), reason=_reason(fields))
    return shapes.subscription(subscription)


def _bill(subscription: SyspaySubscription, _fields: Fields) -> Any:
    if not subscriptions.bring_forward(subscription):
        raise Wrong("id", f"subscription {subscription.pk} is {subscription.status}")
    subscription.refresh_from_db()
    return shapes.subscription(subscription)


def _cancel_agreement(agreement: SyspayAgreement, fields: Fields) -> Any:
    agreements.cancel(agreement, _reason(fields))
    return shapes.agreement(agreement)


def _card(holder: SyspaySubscription | SyspayAgreement, fields: Fields) -> Any:
    """Another card from now on: how the next charges end."""
    known = testcards.find(fields.text("card", longest=30))
    if known is None:
        raise Wrong("card", "is not a test card")
    given = payments.instrument_of(known, holder="SANDBOX PAYER", expiry=_expiry(fields))
    holder.card, holder.later_failure = given.card, given.later_failure
    holder.save()
    return shapes.named(holder)[1]


_NOTIFY = (("forged", "wrong_signature"), _notify)
on_payment = _on(
    SyspayPayment,
    "payment",
    {
        "settle": (("status", "failure_category"), _settle),
        "chargeback": (("amount", "reason_code"), _charge_back),
        "refund": (("amount", "reference"), _refund),
        "confirm": ((), _done(endings.confirm)),
        "void": ((), _done(endings.void)),
        "notify": _NOTIFY,
    },
)
on_subscription = _on(
    SyspaySubscription,
    "subscription",
    {
        "bill": ((), _bill),
        "cancel": (("now", "by"), _cancel_subscription),
        "card": (("card", "expiry"), _card),
        "notify": _NOTIFY,
    },
)
on_agreement = _on(
    SyspayAgreement,
    "agreement",
    {"cancel": (("by",), _cancel_agreement), "card": (("card", "expiry"), _card), "notify": _NOTIFY},
)


def forget(_keep_catalogue: bool) -> None:
    """Start over. A header that was used stays so."""
    for model in (
        SyspayRefund,
        SyspayChargeback,
        SyspayPayment,
        SyspaySubscription,
        SyspayAgreement,
        SyspayTerminal,
    ):
        model.objects.all().delete()
