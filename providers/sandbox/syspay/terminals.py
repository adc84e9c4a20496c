"""What does the payer choose, and what comes of it? A terminal's values, the changes that are allowed, and paying.

Form and test API come here with the same words: `changes` is shaped like the request, in the API's own units.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction

from providers.sandbox import accounts, appointments, clock
from providers.sandbox.cards import Ending
from providers.sandbox.syspay import asked, endings, notices, payments, plans
from providers.sandbox.syspay.asked import BLOCKS, Data
from providers.sandbox.syspay.codes import Refused
from providers.sandbox.syspay.models import (
    SyspayAgreement,
    SyspayPayment,
    SyspaySubscription,
    SyspayTerminal,
)  # fmt: skip
from providers.sandbox.syspay.payments import Instrument
from providers.sandbox.syspay.shapes import Told
from providers.sandbox.syspay.signing import SLUG

Status = SyspayPayment.Status


class Locked(Exception):
    """The payer may not change this; `field` is its path."""

    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: is locked")
        self.field = field


@dataclass(frozen=True)
class Choice:
    """What is to be paid, as far as it is known; `wrong` says what keeps it from being paid."""

    kind: str
    block: Data
    customer: Data
    description: str
    reference: str
    wrong: tuple[Refused, ...] = ()

    @property
    def amount(self) -> int:
        return asked.first_charge(self.kind, self.block)

    @property
    def currency(self) -> str:
        return str(self.block["currency"])


def create(account: str, data: Data, base: str) -> SyspayTerminal:
    """Of a request that is right."""
    settings = accounts.settings_of(SLUG, account)
    now = clock.now()
    lifetime = settings["terminal_lifetime_seconds"]
    with transaction.atomic():
        if "reference" in data and payments.reference_taken(account, data["reference"]):
            raise Refused(30008, "reference")
        terminal = SyspayTerminal.objects.create(
            account=account, asked=data, reference=data.get("reference", ""), base=base, created_at=now,
            tries_left=1 + data.get("allowed_retries", settings["allowed_retries"]),
            expires_at=now + timedelta(seconds=lifetime) if lifetime else None,
        )  # fmt: skip
        if lifetime:
            appointments.make(SLUG, "expire", terminal.token, seconds=lifetime)
        clock.ring()
    return terminal


def choose(terminal: SyspayTerminal, changes: Data, *, strict: bool = False) -> Choice:
    """The request's values with the payer's changes over them. A locked one stays; `strict`: Locked is raised."""
    data, settings = terminal.asked, accounts.settings_of(SLUG, terminal.account)

    def allowed(area: str, name: str, old: Any, new: Any) -> bool:
        if new == old or not asked.locked(data, area, name):
            return new != old
        if strict:
            raise Locked(f"{area}.{name}" if area else name)
        return False

    kind = data.get("type") or ""
    if "type" in changes and allowed("", "type", kind, changes["type"]):
        kind = changes["type"]
    text = {name: str(data.get(name, "")) for name in ("description", "reference")}
    for name, old in text.items():
        if name in changes and allowed("", name, old, changes[name]):
            text[name] = changes[name]
    customer = _merged("customer", data.get("customer") or {}, changes, allowed)
    name = BLOCKS.get(kind, "")
    block = _merged(name, data.get(name) or {}, changes, allowed) if name else {}
    wrong = _objections(terminal, kind, block, customer, text, settings)
    return Choice(kind, block, customer, text["description"], text["reference"], wrong)


def _merged(area: str, old: Data, changes: Data, allowed: Callable[..., bool]) -> Data:
    """A value that was emptied is gone."""
    merged = dict(old) if isinstance(old, dict) else {}
    for name, typed in (changes.get(area) or {}).items():
        new = None if typed == "" else typed
        if allowed(area, name, merged.get(name), new):
            merged[name] = new
    return {name: value for name, value in merged.items() if value is not None}


def _objections(
    terminal: SyspayTerminal, kind: str, block: Data, customer: Data, text: dict[str, str], settings: Data
) -> tuple[Refused, ...]:
    found: list[Refused] = []

    def ask(question: Callable[[], object]) -> None:
        try:
            question()
        except Refused as refused:
            found.append(refused)

    if kind not in BLOCKS:
        found.append(Refused(110002, "type"))
    else:
        name = BLOCKS[kind]
        ask(lambda: asked.block(name, block, settings, complete=True))
    ask(lambda: asked.customer(customer, settings))
    ask(lambda: asked.description(text))
    if text["reference"]:
        ask(lambda: asked.reference(text["reference"]))
        if payments.reference_taken(terminal.account, text["reference"], but=terminal):
            found.append(Refused(30008, "reference"))
    return tuple(found)


def running(terminal: SyspayTerminal) -> SyspayPayment | None:
    """The payment that 3-D Secure holds."""
    return terminal.payments.filter(status=Status.OPEN, challenge=True).first()


def pay(token: str, choice: Choice, given: Instrument, *, reason: str = "") -> tuple[SyspayTerminal, Ending]:
    """One try. A second click finds what the first one did, and does nothing."""
    with transaction.atomic():
        terminal = SyspayTerminal.objects.get(pk=token)
        if not terminal.open or running(terminal):
            return terminal, Ending.APPROVE
        ending, failure, seconds = payments.fate(given, reason)
        _remember(terminal, choice)
        terminal.tries_left = max(0, terminal.tries_left - 1)
        terminal.save()
        holder = _holder(terminal, choice, given)
        if choice.amount:
            payment = _payment(terminal, choice, given, holder)
            endings.play(payment, ending, failure, seconds)
        elif holder:
            _without_money(terminal, holder, ending)
        clock.ring()
    return terminal, ending


def cancel(token: str, choice: Choice) -> SyspayTerminal:
    """The payer goes back. A form that was not complete leaves nothing behind."""
    with transaction.atomic():
        terminal = SyspayTerminal.objects.get(pk=token)
        if not terminal.open:
            return terminal
        if open_one := running(terminal):
            endings.give_up(open_one)
            return terminal
        if choice.wrong:
            endings.close_terminal(terminal)
            return terminal
        nothing = Instrument(ending=Ending.CANCEL)
        _remember(terminal, choice)
        holder = _holder(terminal, choice, nothing)
        if choice.amount:
            endings.end(_payment(terminal, choice, nothing, holder), Status.CANCELLED)
        elif holder:
            _without_money(terminal, holder, Ending.CANCEL)
    return terminal


def _remember(terminal: SyspayTerminal, choice: Choice) -> None:
    """The reference is the one that was sent, or typed, or else one of SysPay's own."""
    terminal.reference = choice.reference or terminal.reference or f"sandbox-{uuid4().hex[:20]}"
    terminal.save()


def _holder(
    terminal: SyspayTerminal, choice: Choice, given: Instrument
) -> SyspaySubscription | SyspayAgreement | None:
    """The subscription or agreement this will be; that of an earlier try is taken up, or falls through."""
    settings = accounts.settings_of(SLUG, terminal.account)
    facts: Data = {
        "reference": terminal.reference, "currency": choice.currency, "description": choice.description,
        "website": terminal.asked.get("website") or settings["website"],
        "ems_url": terminal.asked.get("ems_url") or "", "card": given.card, "later_failure": given.later_failure,
        "customer": choice.customer,
    }  # fmt: skip
    wanted = {"ONESHOT": None, "PAYMENT_MANDATE": SyspayAgreement}.get(choice.kind, SyspaySubscription)
    if wanted is SyspaySubscription:
        facts |= {"plan": choice.block, "plan_type": asked.plan_type(choice.kind)}
    found: SyspaySubscription | SyspayAgreement | None = None
    for model in (SyspaySubscription, SyspayAgreement):
        for earlier in model.objects.filter(terminal=terminal, status="PENDING"):
            if model is wanted:
                found = earlier
            else:
                endings.holder_falls_through(earlier)
                notices.tell(earlier)
    if wanted is None:
        return None
    if found is None:
        found = wanted(account=terminal.account, terminal=terminal, created_at=clock.now())
    for name, value in facts.items():
        setattr(found, name, value)
    found.save()
    return found


def _payment(
    terminal: SyspayTerminal, choice: Choice, given: Instrument,
    holder: SyspaySubscription | SyspayAgreement | None,
) -> SyspayPayment:  # fmt: skip
    again = "_RETRY" if terminal.payments.exists() else ""
    kind, preauth = f"ONESHOT{again}", choice.block.get("preauth") is True
    if isinstance(holder, SyspaySubscription):
        kind = plans.first_event(holder.plan_type, holder.plan).payment_type
    elif holder:
        kind = f"BILLING_AGREEMENT_INITIAL{again}"
    return payments.make(
        terminal, payment_type=kind, reference=terminal.reference, amount=choice.amount,
        currency=choice.currency, preauth=preauth, description=choice.description, card=given.card,
        customer=choice.customer, subscription=holder if isinstance(holder, SyspaySubscription) else None,
        agreement=holder if isinstance(holder, SyspayAgreement) else None,
    )  # fmt: skip


def _without_money(
    terminal: SyspayTerminal, holder: SyspaySubscription | SyspayAgreement, ending: Ending
) -> None:
    """A mandate without a charge, a free trial: there is no payment, and no bank that would ask or wait."""
    if ending is Ending.NO_ANSWER:
        return
    if ending in (Ending.REFUSE, Ending.CHALLENGE_REFUSE) and terminal.tries_left:
        return
    if ending in (Ending.REFUSE, Ending.CHALLENGE_REFUSE, Ending.CANCEL):
        endings.holder_falls_through(holder)
    else:
        endings.begin(holder, clock.now())
    endings.close_terminal(terminal)
    notices.tell(holder)


# Where to.


def outcome(terminal: SyspayTerminal) -> Told | None:
    """What the redirect speaks of: the last payment, else the agreement or subscription."""
    last = terminal.payments.order_by("-id").first()
    if last:
        return last
    for model in (SyspayAgreement, SyspaySubscription):
        if found := model.objects.filter(terminal=terminal).order_by("-id").first():
            return found
    return None


def return_address(terminal: SyspayTerminal, *, operator: bool | None = None, spoil: bool = False) -> str:
    """Where the browser goes: the customer's address, signed, or the operator's. `returns_to` says who sits there."""
    settings = accounts.settings_of(SLUG, terminal.account)
    customers = terminal.asked.get("payment_page_redirect_url") or settings["redirect_url"]
    operators = terminal.asked.get("eterminal_redirect_url") or ""
    if operator is None:
        operator = bool(operators) and (settings["returns_to"] == "operator" or not customers)
    address = operators if operator else customers
    told = outcome(terminal)
    if not address or told is None or (operator and not settings["operator_redirect_signed"]):
        return str(address)
    return notices.returning(address, told, spoil=spoil)
