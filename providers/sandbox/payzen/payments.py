"""How does an attempt come to its end? Link, form, alias and test API begin one; card, 3-D Secure or clock end it.

Functions that begin with an underscore, and those that say so, run inside transaction.atomic().
"""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import transaction

from providers.sandbox import accounts, appointments, clock, faults
from providers.sandbox.cards import CHALLENGE_TRIES, Ending
from providers.sandbox.payzen import messages, notices, testcards
from providers.sandbox.payzen.models import PayzenCharge, PayzenToken, PayzenTransaction
from providers.sandbox.payzen.signing import SLUG
from providers.sandbox.payzen.testcards import Typed

Status = PayzenCharge.Status
# A challenge that nobody answers is refused about ten minutes later [public: PF]; leaving is told then as well.
ABANDONED_SECONDS = 600


class Changed(Exception):
    """The order was updated after the page had been opened."""


@dataclass(frozen=True)
class Instrument:
    """What is paid with: a typed card, or an alias. `silent`: nobody is there for a challenge or an IPN."""

    typed: Typed
    token: str = ""
    save: bool = False
    silent: bool = False
    customer: dict[str, Any] = field(default_factory=dict)


def typed_instrument(number: str, *, month: int = 12, year: int = 2030, **more: Any) -> Instrument | None:
    """None when the number is none of ours."""
    holder = str(more.pop("holder", ""))
    known = testcards.find(number)
    return Instrument(testcards.typed(known, month, year, holder), **more) if known else None


def alias(row: PayzenToken, **more: Any) -> Instrument:
    ending = Ending(row.ending)
    asks = ending in (Ending.CHALLENGE, Ending.CHALLENGE_REFUSE)
    typed = Typed(row.card, ending, row.reason, ending, strong="ENABLED" if asks else "DISABLED")
    return Instrument(typed, token=row.token, **more)


def usable_alias(account: str, mode: str, token: str) -> PayzenToken | None:
    return PayzenToken.objects.filter(
        account=account, mode=mode, token=token, cancelled_at=None
    ).first()  # fmt: skip


def running_challenge(charge: PayzenCharge) -> PayzenTransaction | None:
    return charge.attempts.exclude(challenge="").order_by("-created_at").first()


def newest(charge: PayzenCharge) -> PayzenTransaction | None:
    return charge.attempts.filter(parent=None).order_by("-created_at", "-sequence").first()


def pay(
    charge_id: str, given: Instrument, *, version: int | None = None, reason: str = ""
) -> tuple[PayzenTransaction | None, Ending]:
    """One attempt; None when nothing was begun. Changed when `version` is not the order's any more."""
    with transaction.atomic():
        charge = PayzenCharge.objects.get(pk=charge_id)
        if not charge.payable(clock.now()) or running_challenge(charge):
            return None, given.typed.ending
        if version is not None and version != charge.version:
            raise Changed
        ending, why, seconds = _fate(given, reason)
        if ending in (Ending.CANCEL, Ending.NO_ANSWER):
            return None, ending
        tx = _begin(charge, given)
        _end(tx, given, ending, why, seconds)
        clock.ring()
    return tx, ending


def _fate(given: Instrument, reason: str) -> tuple[Ending, str, int]:
    """Ending, reason and seconds: a fault beats the card."""
    ending, why, seconds = given.typed.ending, reason or given.typed.reason, 0
    if armed := faults.take(SLUG, faults.OUTCOMES):
        ending, why = Ending(armed.fault), armed.reason
    if ending is Ending.APPROVE and (late := faults.take(SLUG, ("delayed",), "pay")):
        ending, seconds = Ending.DELAYED, late.seconds
    if given.silent and ending in (Ending.CHALLENGE, Ending.CHALLENGE_REFUSE):
        ending = Ending.APPROVE
    return ending, why, seconds


def _begin(charge: PayzenCharge, given: Instrument) -> PayzenTransaction:
    asked = charge.asked
    options = asked.get("card") or {}
    now = clock.now()
    verifies = charge.form_action == "REGISTER"
    settle = int(accounts.settings_of(SLUG, charge.account)["settle_seconds"])
    return PayzenTransaction(
        charge=charge, account=charge.account, mode=charge.mode, amount=0 if verifies else charge.amount,
        currency=charge.currency, order_id=charge.order_id, operation="VERIFICATION" if verifies else "DEBIT",
        detailed="INITIAL", token=given.token, from_token=bool(given.token), card=given.typed.card,
        customer=(asked.get("customer") or {}) | given.customer, metadata=asked.get("metadata"),
        strong=given.typed.strong, manual=options.get("manualValidation") == "YES",
        sequence=charge.attempts.count() + 1, legacy_id=f"{secrets.randbelow(900_000):06d}",
        ipn_url="" if given.silent else asked.get("ipnTargetUrl", ""), created_at=now,
        capture_at=now + timedelta(days=options.get("captureDelay", 0), seconds=settle),
    )  # fmt: skip


def _end(tx: PayzenTransaction, given: Instrument, ending: Ending, reason: str, seconds: int) -> None:
    keeps = given if _wants_token(tx, given) else None
    if ending is Ending.REFUSE:
        _refuse(tx, reason, silent=given.silent)
    elif ending is Ending.REFUSE_LATER and tx.operation != "VERIFICATION":
        # "Token created, payment > 0 refused" [section 12].
        _keep_card(tx, keeps)
        _refuse(tx, reason, silent=given.silent)
    elif ending in (Ending.CHALLENGE, Ending.CHALLENGE_REFUSE):
        tx.challenge, tx.reason, tx.strong = ending, reason, "ENABLED"
        # The alias is made when the challenge is passed; how the card ends then is kept with it.
        tx.card = tx.card | {"keep": bool(keeps), "later": given.typed.saves_as}
        tx.save()
        appointments.make(SLUG, "challenge_ends", tx.uuid, seconds=ABANDONED_SECONDS)
    elif ending is Ending.DELAYED:
        tx.detailed = "UNDER_VERIFICATION"
        _keep_card(tx, keeps)
        tx.save()
        _set(tx, Status.RUNNING, is_open=False)
        _tell(tx, silent=given.silent)
        seconds = seconds or int(accounts.settings_of(SLUG, tx.account)["delay_seconds"])
        appointments.make(SLUG, "bank_answers", tx.uuid, seconds=seconds)
    else:
        _keep_card(tx, keeps)
        _approve(tx, silent=given.silent)


def _wants_token(tx: PayzenTransaction, given: Instrument) -> bool:
    action = tx.charge.form_action if tx.charge else ""
    return not given.token and (
        action in ("REGISTER", "REGISTER_PAY") or (action == "ASK_REGISTER_PAY" and given.save)
    )


def _keep_card(tx: PayzenTransaction, given: Instrument | None) -> None:
    if given is None:
        return
    row = PayzenToken.objects.create(
        account=tx.account, mode=tx.mode, card=given.typed.card, customer=tx.customer, order_id=tx.order_id,
        ending=given.typed.saves_as, reason=given.typed.reason, created_at=clock.now(),
    )  # fmt: skip
    tx.token = row.token


def _set(tx: PayzenTransaction, status: str, *, is_open: bool) -> None:
    """What the attempt makes of its order or form, saved before anybody is told."""
    charge = tx.charge
    if charge is None:
        return
    charge.status, charge.open = status, is_open
    charge.save()
    if not is_open and status != Status.RUNNING:
        appointments.cancel(SLUG, "expire", charge.id)
        appointments.cancel(SLUG, "left", charge.id)


def _tell(tx: PayzenTransaction, *, silent: bool = False) -> None:
    """`formAction: SILENT` payments send no IPN [public: JOA]."""
    if not silent:
        notices.tell(tx)


def _approve(tx: PayzenTransaction, *, silent: bool = False) -> None:
    settings = accounts.settings_of(SLUG, tx.account)
    held = timedelta(days=int(settings["authorisation_days"]))
    delay = tx.capture_at - tx.created_at - timedelta(seconds=int(settings["settle_seconds"]))
    tx.challenge, tx.error = "", []
    if tx.operation == "VERIFICATION":
        tx.detailed, tx.authorised_at = "ACCEPTED", clock.now()
    elif delay > held:
        # No authorisation lives that long, so the bank is asked on the day.
        tx.detailed = "WAITING_AUTHORISATION_TO_VALIDATE" if tx.manual else "WAITING_AUTHORISATION"
    else:
        tx.detailed = "AUTHORISED_TO_VALIDATE" if tx.manual else "AUTHORISED"
        tx.authorised_at = clock.now()
    tx.save()
    if tx.manual and tx.operation == "DEBIT":
        lapses = clock.now() + held if tx.authorised_at else tx.capture_at
        appointments.make(SLUG, "lapse", tx.uuid, seconds=(lapses - clock.now()).total_seconds())
    elif tx.operation == "DEBIT":
        schedule_capture(tx)
    _set(tx, Status.PAID, is_open=False)
    if tx.charge:
        messages.send_receipt(tx.charge, tx)
    _tell(tx, silent=silent)


def schedule_capture(tx: PayzenTransaction) -> None:
    """Inside transaction.atomic()."""
    seconds = max(0.0, (tx.capture_at - clock.now()).total_seconds())
    appointments.make(SLUG, "capture", tx.uuid, seconds=seconds)


def _refuse(tx: PayzenTransaction, reason: str, *, silent: bool = False) -> None:
    """The cycle stays open while there are attempts left and the hour has not come."""
    tx.detailed, tx.challenge, tx.error = "REFUSED", "", testcards.error(reason)
    tx.save()
    charge = tx.charge
    if charge:
        if charge.attempts_left is not None:
            charge.attempts_left = max(0, charge.attempts_left - 1)
        expired = charge.expires_at <= clock.now()
        is_open = charge.attempts_left != 0 and not expired
        _set(tx, Status.EXPIRED if expired else Status.REFUSED, is_open=is_open)
    _tell(tx, silent=silent)


def answer_challenge(tx: PayzenTransaction, code: str) -> bool:
    """Give 3-D Secure the code; False while it asks again. Inside transaction.atomic()."""
    if not tx.challenge:
        return True
    if code != testcards.CHALLENGE_ANSWER:
        tx.challenge_tries += 1
        if tx.challenge_tries < CHALLENGE_TRIES:
            tx.save()
            return False
        _challenge_over(tx)
        _refuse(tx, "AUTH")
        return True
    refused = tx.challenge == Ending.CHALLENGE_REFUSE
    keep, later = _challenge_over(tx)
    if refused:
        _refuse(tx, tx.reason or "AUTH")
        return True
    if keep:
        typed = Typed(tx.card, Ending(later), "", Ending(later))
        _keep_card(tx, Instrument(typed))
    _approve(tx)
    return True


def _challenge_over(tx: PayzenTransaction) -> tuple[bool, str]:
    appointments.cancel(SLUG, "challenge_ends", tx.uuid)
    keep = bool(tx.card.pop("keep", False))
    return keep, str(tx.card.pop("later", Ending.APPROVE))


def give_up(tx: PayzenTransaction) -> None:
    """The shopper does not answer 3-D Secure: an attempt, and refused. Inside transaction.atomic()."""
    if tx.challenge:
        _challenge_over(tx)
        _refuse(tx, "AUTH")


def settle(tx: PayzenTransaction, approve: bool, reason: str = "") -> bool:
    """A payment under verification comes to its end; False: it waits for nothing. Inside transaction.atomic()."""
    if tx.detailed != "UNDER_VERIFICATION":
        return False
    appointments.cancel(SLUG, "bank_answers", tx.uuid)
    if approve:
        _approve(tx)
    else:
        _refuse(tx, reason or "05")
    clock.ring()
    return True


# At an appointment.


def find(uuid: str) -> PayzenTransaction | None:
    return PayzenTransaction.objects.select_related("charge", "parent").filter(pk=uuid).first()


def bank_answers(uuid: str) -> None:
    if tx := find(uuid):
        settle(tx, approve=True)


def challenge_ends(uuid: str) -> None:
    if tx := find(uuid):
        give_up(tx)


def left(charge_id: str) -> None:
    """The shopper went away and has not come back."""
    charge = PayzenCharge.objects.filter(pk=charge_id).first()
    if charge and charge.payable(clock.now()) and not running_challenge(charge):
        notices.tell_abandoned(charge)


def expire(charge_id: str) -> None:
    """Nobody paid. A challenge that is still open is refused; what the bank verifies is waited for."""
    charge = PayzenCharge.objects.filter(pk=charge_id, open=True).first()
    if charge is None or charge.expires_at > clock.now():
        return
    if tx := running_challenge(charge):
        tx.charge = charge
        give_up(tx)
    charge.status, charge.open = Status.EXPIRED, False
    charge.save()
    clock.ring()
