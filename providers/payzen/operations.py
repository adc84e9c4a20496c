"""How is money captured, voided or given back? Looked at first, asked for once, and told from what PayZen answered.

What waits for it is validated, as a whole. What is not captured yet is cancelled or, in part, lessened; what is
captured is refunded, by a transaction of its own. PayZen knows no idempotency: after a silence nothing is sent again,
the list of transactions tells.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from providers.base import Charge, Operation, OperationStatus, Report, Verb
from providers.errors import Decline, Declined, Invalid, Uncertain, Unreachable
from providers.money import Money
from providers.payzen import bodies, refusals, words
from providers.payzen.settings import PayzenSettings
from providers.payzen.shapes import Transaction
from providers.payzen.standing import Seen, Standing, merged
from providers.payzen.sums import amount_of
from providers.payzen.wire import CANCEL_OR_REFUND, UPDATE, VALIDATE, Gateway, Refused
from providers.said import said as _

TO_VALIDATE = "AUTHORISED_TO_VALIDATE"
NOT_CAPTURED = frozenset({"AUTHORISED", TO_VALIDATE})
_NAMES = {Verb.CAPTURE: _("capture"), Verb.VOID: _("void"), Verb.REFUND: _("refund")}


class Till:
    """Moves money, once each time that it is asked to."""

    def __init__(self, settings: PayzenSettings, gateway: Gateway, standing: Standing) -> None:
        self._settings = settings
        self._gateway = gateway
        self._standing = standing

    def capture(self, charge: Charge, money: Money, key: str) -> Report:
        seen, told, left = self._payment(charge)
        if told.detailed_status != TO_VALIDATE:
            raise Invalid("amount", _("there is nothing to capture: it is %(word)s", word=_word(told)))
        if money != left:
            why = _("PayZen captures the whole of it, %(left)s: void first what is not wanted", left=left)
            raise Invalid("amount", why)
        body = bodies.operation(self._settings, told.uuid, None, self._comment(charge, key))
        return self._done(charge, seen, told, Verb.CAPTURE, money, key, VALIDATE, body)

    def void(self, charge: Charge, money: Money, key: str) -> Report:
        seen, told, left = self._payment(charge)
        if told.detailed_status != TO_VALIDATE:
            why = _("there is nothing to void: it is %(word)s; refund it", word=_word(told))
            raise Invalid("amount", why)
        if money > left:
            raise Invalid("amount", _("only %(left)s is left to void", left=left))
        comment = self._comment(charge, key)
        if money == left:
            body = bodies.operation(self._settings, told.uuid, money, comment)
            body["resolutionMode"] = "CANCELLATION_ONLY"
            return self._done(charge, seen, told, Verb.VOID, money, key, CANCEL_OR_REFUND, body)
        body = bodies.lessened(told.uuid, left - money, comment)
        return self._done(charge, seen, told, Verb.VOID, money, key, UPDATE, body)

    def refund(self, charge: Charge, money: Money, key: str) -> Report:
        seen, told, left = self._payment(charge)
        comment = self._comment(charge, key)
        body = bodies.operation(self._settings, told.uuid, money, comment)
        if told.detailed_status in words.CAPTURED:
            body["resolutionMode"] = "REFUND_ONLY"
            return self._done(charge, seen, told, Verb.REFUND, money, key, CANCEL_OR_REFUND, body)
        if told.detailed_status not in NOT_CAPTURED:
            word = _word(told)
            no = _("It cannot be given back now: it is %(word)s. Wait until it is captured.", word=word)
            raise Declined(Decline(code=word, message=no, reason="not_supported"))
        if money > left:
            raise Invalid("amount", _("only %(left)s is left to give back", left=left))
        if money == left:
            # It may be captured at this very moment: then it is refunded instead.
            body["resolutionMode"] = "AUTO"
            return self._done(charge, seen, told, Verb.REFUND, money, key, CANCEL_OR_REFUND, body)
        body = bodies.lessened(told.uuid, left - money, comment)
        return self._done(charge, seen, told, Verb.REFUND, money, key, UPDATE, body)

    # --- before -----------------------------------------------------------------------------------------

    def _payment(self, charge: Charge) -> tuple[Seen, Transaction, Money]:
        """The payment's transaction, and how much of it is not captured or given back yet. Nothing was sent, so nothing
        is uncertain."""
        try:
            seen = self._standing.look(charge)
            report = self._standing.report(charge, seen)
        except Uncertain as problem:
            raise Unreachable(*problem.args) from problem
        uuid = report.memo.get("uuid")
        told = next((told for told in seen.debits if told.uuid == uuid), None)
        left = amount_of(told) if told else None
        if told is None or left is None:
            raise Invalid("amount", _("PayZen knows of no money of this payment"))
        return seen, told, left

    @staticmethod
    def _comment(charge: Charge, key: str) -> str:
        return f"{key} {words.plain(charge.reason)}".strip()

    # --- and after --------------------------------------------------------------------------------------

    def _done(
        self,
        charge: Charge,
        seen: Seen,
        payment: Transaction,
        verb: Verb,
        money: Money,
        key: str,
        service: str,
        body: dict[str, Any],
    ) -> Report:
        """Send it, once, and tell what is true from then on."""
        try:
            made = self._gateway.transact(service, body)
        except Refused as no:
            raise refusals.of_operation(no, _NAMES[verb]) from None
        _check(payment, made, _EXPECTED[service])
        if key not in {known.key for known in charge.operations}:
            asked = Operation(verb=verb, money=money, status=OperationStatus.PENDING, key=key)
            charge = replace(charge, operations=(*charge.operations, asked))
        seen = replace(seen, transactions=merged(seen.transactions, [made]))
        keys = {made.uuid: key} if made.uuid != payment.uuid else {}
        return self._standing.report(charge, seen, keys=keys)


def _is_the_payment(payment: Transaction, made: Transaction) -> bool:
    return made.uuid == payment.uuid


def _is_of_the_payment(payment: Transaction, made: Transaction) -> bool:
    return made.uuid == payment.uuid or (made.kind == words.CREDIT and made.parent in ("", payment.uuid))


_EXPECTED: dict[str, Callable[[Transaction, Transaction], bool]] = {
    VALIDATE: _is_the_payment,
    UPDATE: _is_the_payment,
    CANCEL_OR_REFUND: _is_of_the_payment,
}


def _check(payment: Transaction, made: Transaction, fits: Callable[[Transaction, Transaction], bool]) -> None:
    if not fits(payment, made):
        raise Uncertain(_("Asked about one transaction, PayZen answered about another."))


def _word(told: Transaction) -> str:
    return words.plain(told.detailed_status)[:40] or _("without a status")
