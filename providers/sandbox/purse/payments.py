"""How does a payment come to its end? The shopper submits a split; cards, partners, tests and the clock end its parts.

A split is decided part by part: one part that comes to nothing lets the others go [inferred]. The functions
expect to run inside transaction.atomic().
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from providers.sandbox import accounts, appointments, cards, clock, faults
from providers.sandbox.cards import CHALLENGE_CODE, CHALLENGE_TRIES, Ending, TestCard
from providers.sandbox.fields import Wrong
from providers.sandbox.purse import bodies, gifts, operations, partners, webhooks
from providers.sandbox.purse.bearer import SLUG
from providers.sandbox.purse.ledger import Ledger
from providers.sandbox.purse.models import (
    PursePayment,
    PurseSavedToken,
    PurseSession,
    PurseTransaction,
)

Status = PurseTransaction.Status
FAILED = (Status.REFUSED, Status.ERROR, Status.ABORTED)
_HOLDER = "Test Shopper"
_NETWORKS = {"VISA": "VISA", "MASTERCARD": "MASTERCARD", "AMEX": "AMERICAN_EXPRESS"}


@dataclass(frozen=True)
class Part:
    """One part of a split, about to be submitted."""

    amount: int
    partner: str
    method: str
    card: TestCard | None = None
    expiry: str = "12/2030"
    holder: str = ""
    saved: PurseSavedToken | None = None
    gift_card: str = ""
    save_token: bool = False
    parent: dict[str, Any] = field(default_factory=dict)
    # Of a payment without the shopper: what the bank was told at the first one.
    source: PurseTransaction | None = None
    ending: Ending | None = None
    reason: str = ""


def submit(session: PurseSession, parts: Sequence[Part]) -> PursePayment:
    """The shopper presses Pay. The session is over, the payment is there, whatever becomes of it."""
    session.status = PurseSession.Status.SUBMITTED
    session.save()
    options = session.asked.get("three_ds_authentication_options") or {}
    return _begin(
        PursePayment(
            account=session.account, session=session, amount=session.amount, currency=session.currency,
            order_reference=session.order_reference, customer_reference=session.customer_reference,
            asked=session.asked, origin=session.origin, created_at=clock.now(),
        ),
        parts,
        challenge=options.get("challenge_indicator") == bodies.CHALLENGE,
    )  # fmt: skip


def start(payment: PursePayment, parts: Sequence[Part], *, challenge: bool = False) -> PursePayment:
    """POST payments: the shop's server pays with what it has, without a session."""
    return _begin(payment, parts, challenge=challenge)


def _begin(payment: PursePayment, parts: Sequence[Part], *, challenge: bool) -> PursePayment:
    payment.save()
    begun = [_create(payment, place, part) for place, part in enumerate(parts)]
    # What is armed for the payment strikes what the shopper chose, not the gift cards before it.
    main = next((place for place, part in enumerate(parts) if not part.gift_card), 0)
    for place, (transaction, part) in enumerate(zip(begun, parts, strict=True)):
        _decide_first(transaction, part, challenge=challenge, armed=place == main)
    changed(payment)
    return payment


def _create(payment: PursePayment, place: int, part: Part) -> PurseTransaction:
    now = clock.now()
    transaction = PurseTransaction(
        payment=payment, place=place, amount=part.amount, partner=part.partner, method=part.method,
        partner_reference=secrets.token_hex(8).upper(), gift_card=part.gift_card, parent=part.parent,
        save_token=part.save_token, created_at=now, updated_at=now,
    )  # fmt: skip
    if part.card:
        transaction.card = _card(part)
        later = Ending.REFUSE if part.card.ending is Ending.REFUSE_LATER else Ending.APPROVE
        transaction.later_ending = later
    elif part.saved:
        transaction.card, transaction.later_ending = part.saved.card, part.saved.ending
    elif part.source:
        transaction.card, transaction.later_ending = part.source.card, part.source.later_ending
        transaction.partner_token = part.source.partner_token
    transaction.save()
    return transaction


def _card(part: Part) -> dict[str, Any]:
    card = part.card
    assert card is not None  # noqa: S101 -- only called with one
    return {
        "bin": card.number[:6],
        "last_four_digits": card.number[-4:],
        "holder_name": part.holder or _HOLDER,
        "expiry_month": part.expiry[:2],
        "expiry_year": part.expiry[-2:],
        "selected_network": _NETWORKS.get(cards.brand(card.number), "OTHER"),
    }


def _decide_first(transaction: PurseTransaction, part: Part, *, challenge: bool, armed: bool) -> None:
    solution = partners.find(part.partner, part.method)
    ending, reason = part.ending, part.reason
    if ending is None and (part.saved or part.source) and transaction.later_ending == Ending.REFUSE:
        ending, reason = Ending.REFUSE, "do_not_honour"
    if ending is None and part.card:
        ending, reason = part.card.ending, reason or part.card.reason
    if armed and (given := faults.take(SLUG, faults.OUTCOMES)):
        ending, reason = Ending(given.fault), given.reason
        if part.source and ending is Ending.CHALLENGE:
            ending = Ending.APPROVE  # nobody is there to pass it
    if armed and (given := faults.take(SLUG, faults.OPERATION, "pay", only_named=True)):
        _play(transaction, given)
        return
    if ending is None and part.gift_card:
        _charge_gift_card(transaction)
        return
    if ending is None and solution.authorises in ("approval", "never"):
        transaction.waits_for = "approval" if solution.authorises == "approval" else ""
        _save(transaction, Status.PENDING)
        return
    ending = ending or Ending.APPROVE
    paid_by_card = bool(part.card or part.saved)
    if challenge and paid_by_card and ending in (Ending.APPROVE, Ending.SLOW, Ending.REFUSE_LATER):
        ending = Ending.CHALLENGE
    late = faults.take(SLUG, ("delayed",), "pay", only_named=True) if armed else None
    if late and ending is Ending.APPROVE:
        _later(transaction, late.seconds)
        return
    _decide(transaction, ending, reason)


def _play(transaction: PurseTransaction, given: faults.Armed) -> None:
    """A fault that says how the authorisation goes."""
    status = {"pending": Status.PENDING, "uncertain": Status.UNCERTAIN, "failure": Status.ERROR}[given.fault]
    _save(transaction, status)
    if given.seconds and status != Status.ERROR:
        appointments.make(SLUG, "bank_answers", transaction.pk, seconds=given.seconds)


def _later(transaction: PurseTransaction, seconds: int) -> None:
    _save(transaction, Status.PENDING)
    appointments.make(SLUG, "bank_answers", transaction.pk, seconds=seconds)


def _charge_gift_card(transaction: PurseTransaction) -> None:
    status, reason = gifts.charge(transaction.gift_card, transaction.amount)
    _save(transaction, status, reason)


def _decide(transaction: PurseTransaction, ending: Ending, reason: str) -> None:
    match ending:
        case Ending.APPROVE | Ending.SLOW | Ending.REFUSE_LATER:
            _save(transaction, Status.AUTHORIZED)
        case Ending.REFUSE:
            _save(transaction, Status.REFUSED, reason or "do_not_honour")
        case Ending.CANCEL:
            _save(transaction, Status.ABORTED)
        case Ending.CHALLENGE | Ending.CHALLENGE_REFUSE:
            transaction.waits_for, transaction.ending, transaction.reason = "challenge", ending, reason
            _save(transaction, Status.PENDING, reason)
        case Ending.DELAYED:
            account = accounts.settings_of(SLUG, transaction.payment.account)
            _later(transaction, account["delay_seconds"])
        case _:
            _save(transaction, Status.PENDING)  # nobody will ever know


def _save(transaction: PurseTransaction, status: str, reason: str = "") -> None:
    transaction.status, transaction.reason = Status(status), reason
    if status != Status.PENDING:
        transaction.waits_for = ""
    transaction.updated_at = clock.now()
    transaction.save()


def answer_challenge(transaction: PurseTransaction, code: str) -> bool:
    """Give 3-D Secure the code; False while it asks again."""
    if transaction.waits_for != "challenge":
        return True
    refused = transaction.ending == Ending.CHALLENGE_REFUSE
    if code != CHALLENGE_CODE:
        transaction.challenge_tries += 1
        if transaction.challenge_tries < CHALLENGE_TRIES:
            transaction.save()
            return False
        refused = True
    transaction.card = transaction.card | {
        "three_ds": {
            "eci": "07" if refused else "05",
            "version": "2.2.0",
            "flow": "CHALLENGE",
            "ds_transaction_id": secrets.token_hex(16),
            "acs_transaction_id": secrets.token_hex(16),
        }
    }
    if refused:
        _decide(transaction, Ending.REFUSE, transaction.reason or "authentication_failed")
    else:
        _decide(transaction, Ending.APPROVE, "")
    changed(transaction.payment)
    return True


def end(transaction: PurseTransaction, status: str, reason: str = "") -> None:
    """A part that was open ends: the partner's page, a test, the clock."""
    if transaction.status not in (Status.PENDING, Status.UNCERTAIN):
        raise Wrong("transaction", f"{transaction.pk} is {transaction.status} already")
    _save(transaction, status, reason)
    changed(transaction.payment)


def bank_answers(subject: str) -> None:
    """The late result of a part that is still open."""
    transaction = PurseTransaction.objects.select_related("payment__session").filter(pk=subject).first()
    if transaction and transaction.status in (Status.PENDING, Status.UNCERTAIN):
        end(transaction, Status.AUTHORIZED)


def give_up_waiting(payment: PursePayment) -> None:
    """The shopper never came back: what waits for somebody is over."""
    waiting = payment.transactions.exclude(waits_for="")
    for transaction in waiting:
        _save(transaction, Status.ABORTED)
    if waiting:
        changed(payment)


def changed(payment: PursePayment) -> None:
    """Something happened to a transaction: draw the consequences, then tell the shop."""
    _let_go(payment)
    books = Ledger(payment)
    if books.authorization_status() == Status.AUTHORIZED:
        _save_cards(payment, books)
        operations.capture_by_itself(payment)
    webhooks.changed(payment)


def _let_go(payment: PursePayment) -> None:
    transactions = list(payment.transactions.all())
    if not any(transaction.status in FAILED for transaction in transactions):
        return
    for transaction in transactions:
        # Money that an operation has already touched can not be let go any more.
        if transaction.status not in FAILED and not transaction.parts.exists():
            if transaction.status == Status.AUTHORIZED:
                gifts.give_back(transaction.gift_card, transaction.amount)
            _save(transaction, Status.ABORTED)


def _save_cards(payment: PursePayment, books: Ledger) -> None:
    for transaction in books.transactions:
        if not (transaction.save_token and payment.customer_reference and transaction.card):
            continue
        PurseSavedToken.objects.create(
            account=payment.account, customer_reference=payment.customer_reference,
            partner=transaction.partner, method=transaction.method,
            card={name: value for name, value in transaction.card.items() if name != "three_ds"},
            ending=transaction.later_ending or Ending.APPROVE, created_at=clock.now(),
        )  # fmt: skip
        transaction.save_token = False
        transaction.save(update_fields=["save_token"])
