"""A provider that says what a test has written down, and remembers what it was asked. And the rows to ask it about.

    script = install(monkeypatch)             # PROVIDERS now has "scripted" and "bare"
    script.will("sync", Uncertain("…"), paid) # the first answer, the second; then the verb's usual one again
    script.during("start", hook)              # runs while the provider is being asked, once
    script.asked("refund")                    # the calls so far
    script.asked_agreement("end_agreement")   # ... of those that are about an agreement

An answer is a value, an exception to raise, or a function of the `Call` (or `AgreementCall`) that gives one.
"""

import hashlib
import hmac
import itertools
import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pydantic import SecretStr

from checkout.models import Account, Agreement, Order, Payment, Shop
from checkout.payments.orders import create_order
from checkout.sentences import sentence
from checkout.states import HELD_STATES, MONEY_STATES, OPEN_STATES, OrderState, State
from providers import PROVIDERS
from providers.agreements import Agreement as Agreed
from providers.agreements import AgreementCharge, AgreementReport, AgreementState, Ending, Phase
from providers.base import (
    AccountSettings,
    Approval,
    Charge,
    Claim,
    DeskInput,
    Incoming,
    Kind,
    Link,
    Notification,
    Occasion,
    Operation,
    OperationStatus,
    Outcome,
    Provider,
    Redirect,
    Report,
    Returned,
    Started,
    Verb,
)
from providers.errors import FieldError, Forged, Invalid
from providers.money import Money
from tests.movements import note_its_money

PASSWORD = "canary-7f3a-do-not-show"
WEBHOOK_SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
_numbers = itertools.count(1)


# --- the script ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Call:
    """One question to the provider, as it came."""

    verb: str
    charge: Charge
    money: Money | None = None
    key: str = ""
    plan: Mapping[str, Any] = field(default_factory=dict)
    give_up: bool | None = None


@dataclass(frozen=True, kw_only=True)
class AgreementCall:
    """One question about an agreement."""

    verb: str
    agreement: Agreed
    ending: Ending | None = None


class Script:
    """What the scripted providers of one test say, in which order, and what they were asked."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.agreement_calls: list[AgreementCall] = []
        self._next: dict[str, deque[Any]] = defaultdict(deque)
        self._always: dict[str, Any] = {}
        self._during: dict[str, deque[Callable[[], Any]]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._thread = threading.get_ident()
        self._depth = _depth()  # the transaction that pytest-django may have wrapped around the test

    def will(self, verb: str, *answers: Any) -> None:
        """The next answers to `verb`, each given once."""
        self._next[verb].extend(answers)

    def always(self, verb: str, answer: Any) -> None:
        """The answer to `verb` whenever no other is written down."""
        self._always[verb] = answer

    def during(self, verb: str, hook: Callable[[], Any]) -> None:
        """Run `hook` at the next call of `verb`, before it answers: what else happens in the world meanwhile."""
        self._during[verb].append(hook)

    def asked(self, verb: str) -> list[Call]:
        return [call for call in self.calls if call.verb == verb]

    def asked_agreement(self, verb: str) -> list[AgreementCall]:
        return [call for call in self.agreement_calls if call.verb == verb]

    def verbs(self) -> list[str]:
        return [call.verb for call in self.calls]

    def answer(self, call: Call | AgreementCall, usual: Callable[[Any], Any]) -> Any:
        base = self._depth if threading.get_ident() == self._thread else 0
        assert _depth() == base, f"{call.verb}: the provider was asked inside a transaction"
        with self._lock:
            if isinstance(call, Call):
                self.calls.append(call)
            else:
                self.agreement_calls.append(call)
            hook = self._during[call.verb].popleft() if self._during[call.verb] else None
            written = self._next[call.verb]
            answer = written.popleft() if written else self._always.get(call.verb, usual)
        if hook is not None:
            hook()
        if callable(answer):
            answer = answer(call)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _depth() -> int:
    return len(connection.savepoint_ids) + 1 if connection.in_atomic_block else 0


# --- the providers -------------------------------------------------------------------------------------------------


class ScriptedSettings(AccountSettings):
    shop_id: str = "4711"
    password: SecretStr


class Bare(Provider):
    """Opens payments and tells of them; can neither cancel nor refund."""

    slug = "bare"
    label = "Bare card"
    name = "Bare"
    settings_type = ScriptedSettings
    kinds = frozenset(Kind)
    channels = ("card", "wallet")
    occasions = frozenset(Occasion)
    script: ClassVar[Script]

    def refuses(self, charge: Charge) -> str:
        return self._say("refuses", charge, usual=lambda call: "")

    def prepare(self, charge: Charge) -> Mapping[str, Any]:
        return self._say("prepare", charge, usual=lambda call: {})

    def start(self, charge: Charge) -> Started:
        return self._say("start", charge, usual=opened)

    def sync(self, charge: Charge) -> Report:
        return self._say("sync", charge, usual=lambda call: Report(outcome=Outcome.OPEN))

    def read_notification(self, incoming: Incoming) -> Notification:
        self._verify(incoming)
        try:
            said = json.loads(incoming.body)
            return Notification(
                key=str(said["id"]),
                about=str(said.get("about", "")),
                reference=str(said.get("reference", "")),
                provider_ids=tuple(str(value) for value in said.get("provider_ids", ())),
                agreement=str(said.get("agreement", "")),
                ignored=str(said.get("ignored", "")),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
            raise Invalid("id", "the notification has none") from problem

    def read_approval(self, incoming: Incoming) -> Approval:
        self._verify(incoming)
        try:
            said = json.loads(incoming.body)
            return Approval(
                provider_id=str(said["provider_id"]),
                money=Money(said["amount"], said["currency"]),
                reference=str(said.get("reference", "")),
                provider_ids=tuple(str(value) for value in said.get("provider_ids", ())),
                live=said.get("live"),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
            raise Invalid("provider_id", "the question names no payment or no money") from problem

    def answer_approval(self, approval: Approval, refusal: str) -> Mapping[str, Any]:
        return {"id": approval.provider_id, "charge": not refusal, "why": refusal}

    def _verify(self, incoming: Incoming) -> None:
        password = self.settings.password.get_secret_value()  # type: ignore[attr-defined]  # ours
        if not hmac.compare_digest(
            incoming.headers.get("x-signature", "").encode(), signed(incoming.body, password).encode()
        ):
            raise Forged("The signature does not hold.")

    def resume(self, charge: Charge, query: Mapping[str, str]) -> Returned:
        if query.get("signature") == "forged":
            raise Forged("The return's signature does not hold.")
        on = query.get("onward")
        return Returned(claim=Claim(query.get("claim", "nothing")), show=Redirect(url=on) if on else None)

    def _say(self, verb: str, charge: Charge, *, usual: Callable[[Call], Any], **more: Any) -> Any:
        return self.script.answer(Call(verb=verb, charge=charge, **more), usual)


class Scripted(Bare):
    """... and can do all the rest."""

    slug = "scripted"
    label = "Test card"
    name = "Scripted"
    desk = True

    def desk_inputs(self, kind: Kind) -> tuple[DeskInput, ...]:
        return (
            DeskInput(name="amount", label="Amount"),
            DeskInput(name="email", label="E-mail", needs="customer.email"),
        )

    def sends_by(self) -> tuple[str, ...]:
        return ("url", "mail", "sms", "whatsapp")

    def complaints(self, charge: Charge) -> tuple[FieldError, ...]:
        """Of links alone: what else is complained about, the tests of orders ask of other providers."""
        return self._say("complaints", charge, usual=lambda call: ()) if charge.invitation else ()

    def cancel(self, charge: Charge, *, give_up: bool) -> Report:
        return self._say(
            "cancel", charge, usual=lambda call: Report(outcome=Outcome.CANCELED), give_up=give_up
        )

    def reopen(self, charge: Charge) -> None:
        self._say("reopen", charge, usual=lambda call: None)

    def update(self, charge: Charge) -> Report:
        return self._say("update", charge, usual=lambda call: Report(outcome=Outcome.OPEN))

    def capture(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._say("capture", charge, usual=done, money=money, key=key, plan=plan)

    def void(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._say("void", charge, usual=done, money=money, key=key, plan=plan)

    def refund(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._say("refund", charge, usual=done, money=money, key=key, plan=plan)

    def sync_agreement(self, agreement: Agreed) -> AgreementReport:
        call = AgreementCall(verb="sync_agreement", agreement=agreement)
        return self.script.answer(call, lambda asked: active(asked.agreement.provider_id))

    def end_agreement(self, agreement: Agreed, ending: Ending) -> AgreementReport:
        call = AgreementCall(verb="end_agreement", agreement=agreement, ending=ending)
        return self.script.answer(call, ended)


def install(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Register both providers for one test, with an empty script."""
    script = Script()
    monkeypatch.setattr(Bare, "script", script, raising=False)
    monkeypatch.setitem(PROVIDERS, "scripted", "tests.scripted:Scripted")
    monkeypatch.setitem(PROVIDERS, "bare", "tests.scripted:Bare")
    return script


def signed(body: bytes, password: str = PASSWORD) -> str:
    return hmac.new(password.encode(), body, hashlib.sha256).hexdigest()


# --- the usual answers ---------------------------------------------------------------------------------------------


def opened(call: Call) -> Started:
    name = f"P-{call.charge.reference}"
    url = f"https://provider.example/pay/{name}"
    show: Redirect | Link = Redirect(url=url)
    if call.charge.invitation is not None:  # a "url" is handed over by the merchant, the rest is delivered
        show = Link(url=url, sent_to="" if call.charge.channel == "url" else call.charge.invitation.to)
    return Started(show=show, provider_id=name, memo={"session": name})


def paid(call: Call) -> Report:
    money = call.charge.money
    return Report(outcome=Outcome.PAID, reference=call.charge.reference, authorized=money, captured=money)


def authorized(call: Call) -> Report:
    return Report(outcome=Outcome.AUTHORIZED, reference=call.charge.reference, authorized=call.charge.money)


def done(call: Call, status: OperationStatus = OperationStatus.SUCCESS) -> Report:
    """The operation was done as asked: sums and list say so."""
    charge, money = call.charge, call.money
    assert money is not None
    none = Money.zero(money.currency)
    captured, refunded, voided = charge.captured or none, charge.refunded or none, none
    if status is OperationStatus.SUCCESS:
        captured += money if call.verb == "capture" else none
        refunded += money if call.verb == "refund" else none
        voided += money if call.verb == "void" else none
    if captured and refunded == captured:
        outcome = Outcome.REFUNDED
    elif captured:
        outcome = Outcome.PAID
    else:
        outcome = Outcome.CANCELED if voided == charge.money else Outcome.AUTHORIZED
    listed = Operation(
        verb=Verb(call.verb), money=money, status=status, key=call.key, provider_id=f"O-{call.key}"
    )
    return Report(outcome=outcome, authorized=charge.money, captured=captured, refunded=refunded, voided=voided,
                  operations=(listed,))  # fmt: skip


def active(name: str = "A-1", *, state: AgreementState = AgreementState.ACTIVE, phase: Phase | None = Phase.BILLING,
           **more: Any) -> AgreementReport:  # fmt: skip
    """How an agreement stands that lives, can be ended and can be charged."""
    usual: dict[str, Any] = {"endings": tuple(Ending), "may_charge": True}
    return AgreementReport(provider_id=name, state=state, phase=phase, **{**usual, **more})


def ended(call: AgreementCall) -> AgreementReport:
    """It is ended as it was asked for."""
    if call.ending is Ending.PERIOD_END:
        return active(call.agreement.provider_id, phase=Phase.LAST, endings=(Ending.NOW,))
    return AgreementReport(
        provider_id=call.agreement.provider_id,
        state=AgreementState.ENDED,
        phase=Phase.CLOSED,
        end_reason="canceled_by_merchant",
    )


def renewal(name: str, money: Money, **more: Any) -> AgreementCharge:
    """A payment that the agreement made by itself."""
    return AgreementCharge(provider_id=name, money=money, **more)


# --- the rows ------------------------------------------------------------------------------------------------------


def make_shop(**columns: Any) -> Shop:
    number = next(_numbers)
    usual = {
        "name": f"Shop {number}",
        "slug": f"shop-{number}",
        "webhook_url": "https://shop.example/hook",
        "webhook_secret": WEBHOOK_SECRET,
    }
    return Shop.objects.create(**{**usual, **columns})


def make_account(shop: Shop | None = None, *, provider: str = "scripted", **columns: Any) -> Account:
    account = Account(
        shop=shop or make_shop(), provider=provider, **{"name": f"{provider} account", **columns}
    )
    account.store_settings(ScriptedSettings(password=SecretStr(PASSWORD)))
    account.save()
    return account


def make_order(shop: Shop | None = None, *, money: Money | None = None, **columns: Any) -> Order:
    """An open order of 42.99 EUR with one hold to go."""
    reference = columns.pop("reference", f"basket-{next(_numbers)}")
    owed = Money(4299, "EUR") if money is None else money  # nothing is an amount, too
    return create_order(shop or make_shop(), reference=reference, money=owed, **columns)


def make_payment(
    order: Order | None = None,
    account: Account | None = None,
    *,
    state: State = State.STARTED,
    **columns: Any,
) -> Payment:
    """An attempt as it stands in `state`, with the sums and the order that belong to it. No timeline, no events."""
    order = order or make_order(account.shop if account else None)
    account = account or Account.objects.filter(shop=order.shop).first() or make_account(order.shop)
    number = (order.latest_attempt().number + 1) if order.payments.exists() else 1  # type: ignore[union-attr]
    now = timezone.now()
    usual: dict[str, Any] = {
        "reference": f"{order.number}-{number}",
        "amount_minor": order.amount_minor,
        "currency": order.currency,
        "authorized_minor": order.amount_minor if state in MONEY_STATES else 0,
        "captured_minor": order.amount_minor if state in {State.PAID, State.REFUNDED} else 0,
        "refunded_minor": order.amount_minor if state is State.REFUNDED else 0,
        "provider_id": "" if state is State.CREATED else f"P-{order.number}-{number}",
        "finished_at": None if state in OPEN_STATES else now,
        "next_check_at": now if state in OPEN_STATES else None,
    }
    payment = Payment.objects.create(
        order=order, account=account, number=number, state=state, **{**usual, **columns}
    )
    note_its_money(payment)
    if payment.provider_id:
        payment.provider_references.create(account=account, value=payment.provider_id)
    if state in {State.PAID, State.REFUNDED} and order.state != OrderState.PAID:
        order.state, order.paid_at, order.closed_at = OrderState.PAID, now, now
        order.save()
    return payment


MONTHLY = {"amount": 1500, "period": {"count": 1, "unit": "month"}}


def make_agreement(
    account: Account | None = None,
    *,
    kind: Kind = Kind.SUBSCRIPTION,
    money: Money | None = None,
    terms: Mapping[str, Any] | None = None,
    order: Mapping[str, Any] | None = None,
    **columns: Any,
) -> Agreement:
    """A subscription of 15.00 EUR a month that is active, its first payment paid. No timeline of it, no events."""
    account = account or make_account()
    agreed = (MONTHLY if kind is Kind.SUBSCRIPTION else {}) if terms is None else dict(terms)
    owed = Money(1500, "EUR") if money is None else money
    first = make_order(account.shop, money=owed, kind=kind, terms=agreed, **(order or {}))
    payment = make_payment(first, account, state=State.PAID)
    usual: dict[str, Any] = {
        "provider_id": f"A-{payment.reference}",
        "state": AgreementState.ACTIVE,
        "phase": Phase.BILLING,
        "currency": owed.currency,
        "terms": agreed,
        "may_charge": True,
        "endings": [ending.value for ending in Ending],
        "next_check_at": timezone.now(),
    }
    return Agreement.objects.create(shop=account.shop, account=account, payment=payment, kind=kind,
                                    **{**usual, **columns})  # fmt: skip


# --- time, work and what was written -------------------------------------------------------------------------------


class Clock:
    """Django's clock, which a test may put forward. Nothing waits."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead = timedelta(0)
        self._real = timezone.now
        monkeypatch.setattr(timezone, "now", self.now)

    def now(self) -> datetime:
        return self._real() + self._ahead

    def forward(self, **span: float) -> None:
        self._ahead += timedelta(**span)


def work() -> list[str]:
    """Be the worker until nothing is left to do. Returns the names of the tasks, in the order they ran."""
    names = []
    while (row := DBTaskResult.objects.ready().first()) is not None:
        row.claim("test-worker")
        names.append(row.task_name)
        row.task.func(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
        row.set_successful(None)
    return names


def story(order: Order) -> list[str]:
    """The order's timeline, as a merchant reads it."""
    return [sentence(entry.code, entry.data) for entry in order.timeline.all()]


def codes(order: Order) -> list[str]:
    return list(order.timeline.values_list("code", flat=True))


def events(order: Order) -> list[str]:
    """What the shop is owed word of, in the order it was written."""
    return list(order.events.order_by("created_at", "pk").values_list("type", flat=True))


def holds_money(order: Order) -> bool:
    return order.payments.filter(state__in=HELD_STATES).exists()
