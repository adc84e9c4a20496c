"""How does a transaction come to its end? Page, API and test API begin one; card, 3-D Secure or clock end it.

Functions that begin with an underscore, and those that say so, run inside transaction.atomic().
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from providers.sandbox import accounts, appointments, clock, faults
from providers.sandbox.cards import CHALLENGE_TRIES, Ending
from providers.sandbox.ecomcharge import codes, notices, shapes, testcards
from providers.sandbox.ecomcharge.models import EcomchargeCard, EcomchargeCheckout, EcomchargeTransaction
from providers.sandbox.ecomcharge.signing import SLUG
from providers.sandbox.models import Appointment

Status = EcomchargeTransaction.Status
ALL_CONTRACTS = ["recurring", "oneclick", "credit", "card_on_file"]


@dataclass(frozen=True)
class Instrument:
    """What is paid with: a card (typed or saved) as it may be kept, and how it will end; or another method."""

    ending: Ending = Ending.APPROVE
    code: str = ""
    card: dict[str, Any] = field(default_factory=dict)
    later_ending: str = Ending.APPROVE
    three_d_secure: dict[str, Any] = field(default_factory=dict)
    method: str = "credit_card"
    save: bool = False  # the shopper's toggle
    no_questions: bool = False  # nobody is there for a challenge: skip_three_d_secure_verification, a charge
    customer: dict[str, Any] = field(default_factory=dict)  # what the page added
    browser: dict[str, Any] = field(default_factory=dict)


def instrument_of(number: str, *, holder: str, month: int, year: int, **more: Any) -> Instrument | None:
    """A typed card; None when it is none of ours."""
    known = testcards.find(number)
    if known is None:
        return None
    ending, code = known.ending, known.reason
    if known.number == testcards.APPROVED and f"{month:02d}" == testcards.DECLINED_MONTH:
        ending = Ending.REFUSE
    return Instrument(
        ending=ending, code=code, card=testcards.shown(known.number, holder=holder, month=month, year=year),
        later_ending=Ending.REFUSE if known.ending is Ending.REFUSE_LATER else known.ending,
        three_d_secure=_enrolment(known.number, known.ending), **more,
    )  # fmt: skip


def saved(card: EcomchargeCard, **more: Any) -> Instrument:
    """A saved card; its token is shown in every transaction."""
    token = {} if card.page_of else {"token": card.token}
    return Instrument(
        ending=Ending(card.ending), code=card.code, card=card.card | token, later_ending=card.ending, **more
    )


def _enrolment(number: str, ending: Ending) -> dict[str, Any]:
    if word := testcards.FRICTIONLESS.get(number):
        return {
            "status": "successful",
            "ve_status": "Y",
            "pa_status": word,
            "eci": "05" if word == "Y" else "06",
        }
    if word := testcards.TURNED_DOWN.get(number):
        return {"status": "failed", "ve_status": "Y", "pa_status": word, "eci": "07"}
    if ending in (Ending.CHALLENGE, Ending.CHALLENGE_REFUSE):
        return {"status": "incomplete", "ve_status": "Y"}
    return {}


def open_for_paying(checkout: EcomchargeCheckout) -> bool:
    """May the shopper try (again)?"""
    left = checkout.used < checkout.attempts and not checkout.finished and not checkout.expired
    return (
        left
        and checkout.status in (None, Status.FAILED, Status.EXPIRED)
        and checkout.expires_at > clock.now()
    )


def pay(token: str, given: Instrument, *, reason: str = "") -> tuple[EcomchargeTransaction | None, Ending]:
    """One attempt on a token; None when nothing was begun: the token is past paying, or the shopper cancelled."""
    with transaction.atomic():
        checkout = EcomchargeCheckout.objects.get(pk=token)
        if not open_for_paying(checkout):
            return None, given.ending
        ending, code, seconds = fate(given, checkout.test, checkout.asked.get("order") or {}, reason)
        if ending is Ending.CANCEL:
            return None, ending
        tx = _begin(checkout, given)
        checkout.used += 1
        checkout.status, checkout.message = Status.INCOMPLETE, None
        checkout.save()
        clock.ring()
    return authorise(tx, given, ending, code, seconds), ending


def authorise(
    tx: EcomchargeTransaction, given: Instrument, ending: Ending, code: str, seconds: int
) -> EcomchargeTransaction:
    """From its first row to wherever the card leads. The shop's yes is asked between two transactions."""
    objection = notices.objection(tx)
    with transaction.atomic():
        tx = again(tx)
        if tx.status != Status.INCOMPLETE:
            return tx
        if objection is not None:
            message, friendly = objection
            decline(tx, "F.0999", message=message, friendly=friendly or message)
        elif given.method != "credit_card":
            _wait_for_money(tx, ending, code, seconds)
        else:
            _end(tx, ending, code, seconds)
    return tx


def again(tx: EcomchargeTransaction) -> EcomchargeTransaction:
    """The row as it is under the write lock."""
    return EcomchargeTransaction.objects.select_related("checkout", "parent").get(pk=tx.pk)


def fate(given: Instrument, test: bool, order: dict[str, Any], reason: str) -> tuple[Ending, str, int]:
    """Ending, code and seconds: a fault beats the request's expected_bank_code, which beats the card."""
    ending, code, seconds = given.ending, codes.of_reason(reason) or given.code, 0
    expected = str((order.get("additional_data") or {}).get("expected_bank_code") or "")
    if test and expected in codes.CODES:
        ending, code = Ending.REFUSE, f"={expected}"
    if armed := faults.take(SLUG, faults.OUTCOMES):
        ending, code = Ending(armed.fault), codes.of_reason(armed.reason)
    if ending is Ending.APPROVE and (late := faults.take(SLUG, ("delayed",), "pay")):
        ending, seconds = Ending.DELAYED, late.seconds
    if given.no_questions and ending in (Ending.CHALLENGE, Ending.CHALLENGE_REFUSE):
        ending = Ending.APPROVE
    return ending, code, seconds


def _begin(checkout: EcomchargeCheckout, given: Instrument) -> EcomchargeTransaction:
    asked = checkout.asked
    order, settings = asked.get("order") or {}, asked.get("settings") or {}
    customer = (asked.get("customer") or {}) | given.customer
    additional = dict(order.get("additional_data") or {})
    # `vendor` is how a webhook says which token it belongs to [public: yii, moodle].
    additional |= {"request_id": str(uuid.uuid4()), "vendor": {"name": "CTP", "token": checkout.token}}
    if given.browser:
        additional["browser"] = given.browser
    now = clock.now()
    return EcomchargeTransaction.objects.create(
        account=checkout.account, checkout=checkout, type=checkout.transaction_type, amount=checkout.amount,
        currency=checkout.currency, test=checkout.test, method=given.method,
        tracking_id=checkout.tracking_id, card=given.card, save_for=_save_for(checkout, given),
        later_ending=given.later_ending, three_d_secure=given.three_d_secure, base=checkout.base,
        asked={
            "description": order.get("description"), "language": settings.get("language"),
            "notification_url": settings.get("notification_url"),
            "verification_url": settings.get("verification_url"),
            "dynamic_billing_descriptor": asked.get("dynamic_billing_descriptor"),
            "method_data": (asked.get("payment_method") or {}).get(given.method),
            "customer": customer, "billing_address": customer, "additional_data": additional,
            "remember": bool(given.save),
        },
        created_at=now, updated_at=now,
    )  # fmt: skip


def _save_for(checkout: EcomchargeCheckout, given: Instrument) -> list[str] | None:
    """The contracts a fresh card is saved for; None when the shop gets no token."""
    if given.method != "credit_card" or given.card.get("token"):
        return None
    order = checkout.asked.get("order") or {}
    contract = (order.get("additional_data") or {}).get("contract") or []
    if checkout.transaction_type == "tokenization":
        return contract or ALL_CONTRACTS
    if contract:
        return list(contract)
    toggle = (checkout.asked.get("settings") or {}).get("save_card_toggle") or {}
    return ["oneclick", "card_on_file"] if given.save and toggle.get("customer_contract") else None


def _end(tx: EcomchargeTransaction, ending: Ending, code: str, seconds: int = 0) -> None:
    match ending:
        case Ending.APPROVE | Ending.SLOW | Ending.REFUSE_LATER:
            approve(tx)
        case Ending.REFUSE:
            decline(tx, code)
        case Ending.CANCEL:
            decline(tx, "F.0132")
        case Ending.CHALLENGE | Ending.CHALLENGE_REFUSE:
            tx.challenge, tx.code = ending, code
            tx.three_d_secure = {"status": "incomplete", "message": None, "ve_status": "Y",
                                 "acs_url": f"{tx.base}/process/{tx.uid}"}  # fmt: skip
            _save(tx)
        case Ending.DELAYED:
            seconds = seconds or accounts.settings_of(SLUG, tx.account)["delay_seconds"]
            appointments.make(SLUG, "bank_answers", tx.uid, seconds=seconds)
        case _:
            pass  # incomplete, and nobody will ever know more


def _wait_for_money(tx: EcomchargeTransaction, ending: Ending, code: str, seconds: int) -> None:
    """Another method than a card: pending, unless a fault has it fail at once."""
    if ending is Ending.REFUSE:
        decline(tx, code)
        return
    tx.status, tx.message = Status.PENDING, "Transaction in progress."
    _settle_token(tx)
    _save(tx)
    notices.tell(tx)
    if ending is Ending.DELAYED:
        seconds = seconds or accounts.settings_of(SLUG, tx.account)["delay_seconds"]
        appointments.make(SLUG, "bank_answers", tx.uid, seconds=seconds)


def _save(tx: EcomchargeTransaction) -> None:
    tx.updated_at = clock.now()
    tx.save()
    clock.ring()


def approve(tx: EcomchargeTransaction) -> None:
    """Inside transaction.atomic()."""
    tx.status, tx.message, tx.challenge, tx.code = Status.SUCCESSFUL, shapes.SUCCESS, "", ""
    tx.paid_at = clock.now()
    if tx.three_d_secure.get("status") == "incomplete":
        tx.three_d_secure = {"status": "successful", "ve_status": "Y", "pa_status": "Y", "eci": "05"}
    _keep_card(tx)
    _settle_token(tx)
    _save(tx)
    notices.tell(tx)


def _keep_card(tx: EcomchargeTransaction) -> None:
    customer = tx.asked.get("customer") or {}
    remember = str(customer.get("email") or "") if tx.asked.get("remember") else ""
    if not tx.card or tx.card.get("token") or (tx.save_for is None and not remember):
        return
    kept = EcomchargeCard.objects.create(
        account=tx.account, card=tx.card, contracts=tx.save_for or [], ending=tx.later_ending or Ending.APPROVE,
        code="F.0105" if tx.later_ending == Ending.REFUSE else "", created_at=clock.now(),
        page_of=remember if tx.save_for is None else "",
    )  # fmt: skip
    if tx.save_for is not None:
        tx.card = tx.card | {"token": kept.token}


def decline(tx: EcomchargeTransaction, code: str, *, message: str = "", friendly: str = "") -> None:
    """Inside transaction.atomic(). `=F.0114` is a code that the acquirer's own bank_code repeats."""
    known = codes.CODES.get(code.removeprefix("="))
    tx.status, tx.challenge = Status.FAILED, ""
    # Without a code of its own a decline says what the recordings say, and F.0999.
    tx.message = message or (known.message if known else shapes.decline_message(tx.type))
    tx.friendly = friendly or (known.friendly if known else "")
    tx.code = known.code if known else "F.0999"
    if known:
        tx.bank_code = known.code if code.startswith("=") else known.bank
    if tx.three_d_secure.get("status") == "incomplete":
        tx.three_d_secure = {"status": "failed", "ve_status": "Y", "pa_status": "N", "eci": "07"}
    _settle_token(tx)
    _save(tx)
    notices.tell(tx)


def _settle_token(tx: EcomchargeTransaction) -> None:
    """The token follows its last transaction, and is saved before anybody is told."""
    checkout = tx.checkout
    if checkout is None:
        return
    checkout.status, checkout.message = tx.status, tx.message
    if tx.status == Status.SUCCESSFUL:
        checkout.finished = True
    elif tx.status in (Status.FAILED, Status.EXPIRED):
        checkout.finished = checkout.used >= checkout.attempts
        if not checkout.finished and checkout.expires_at <= clock.now():
            # It was waited for longer than the token lived.
            appointments.make(SLUG, "expire", checkout.token, seconds=0)
    if checkout.finished:
        appointments.cancel(SLUG, "expire", checkout.token)
    checkout.save()


def answer_challenge(tx: EcomchargeTransaction, password: str) -> bool:
    """Give 3-D Secure the password; False while it asks again. Inside transaction.atomic()."""
    if tx.status != Status.INCOMPLETE or not tx.challenge:
        return True
    if password != testcards.CHALLENGE_ANSWER:
        tx.challenge_tries += 1
        if tx.challenge_tries < CHALLENGE_TRIES:
            _save(tx)
            return False
        decline(tx, "F.0130")
        return True
    if tx.challenge == Ending.CHALLENGE_REFUSE:
        decline(tx, tx.code or "F.0130")
    else:
        approve(tx)
    return True


def give_up(tx: EcomchargeTransaction) -> None:
    """The shopper does not answer 3-D Secure: an attempt, and declined. Inside transaction.atomic()."""
    if tx.status == Status.INCOMPLETE and tx.challenge:
        decline(tx, "F.0132")


def settle(tx: EcomchargeTransaction, outcome: str, *, reason: str = "") -> None:
    """What was waited for has come (`successful`), or will never come. Inside transaction.atomic()."""
    if tx.status not in (Status.PENDING, Status.INCOMPLETE) or tx.challenge:
        return
    appointments.cancel(SLUG, "bank_answers", tx.uid)
    if outcome == Status.SUCCESSFUL:
        approve(tx)
    elif outcome == Status.FAILED:
        decline(tx, codes.of_reason(reason))
    else:
        _run_out(tx)


def _run_out(tx: EcomchargeTransaction) -> None:
    tx.status, tx.challenge, tx.message = Status.EXPIRED, "", codes.CODES["F.0998"].message
    _settle_token(tx)
    _save(tx)
    notices.tell(tx)


def bank_answers(uid: str) -> None:
    """At an appointment: the late result."""
    tx = EcomchargeTransaction.objects.select_related("checkout").filter(pk=uid).first()
    if tx:
        settle(tx, Status.SUCCESSFUL)


def expire(token: str) -> None:
    """At an appointment: nobody paid. A payment that the bank or a bank transfer still has on its way is waited for."""
    checkout = EcomchargeCheckout.objects.filter(pk=token, finished=False, expired=False).first()
    if checkout is None or checkout.expires_at > clock.now():
        return
    running = checkout.transactions.filter(status__in=(Status.PENDING, Status.INCOMPLETE)).first()
    if running:
        late = Appointment.objects.filter(provider=SLUG, action="bank_answers", subject=running.uid).exists()
        if running.status == Status.PENDING or late:
            return
        _run_out(running)
        checkout.refresh_from_db()
    checkout.expired, checkout.status, checkout.message = True, "error", "Token is expired."
    checkout.save()
    notices.tell_expired(checkout)
    clock.ring()
