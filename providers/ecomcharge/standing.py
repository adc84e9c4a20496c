"""How does a payment stand at eComCharge? Its form, its transaction and what came of it, made into one report.

A form's word is the truth, and the transaction behind it tells of the card and of the amount. What has to be compared
(reference, amount, currency, test or live) is handed on as it was told, for the core to compare.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.base import Card, Charge, Kind, Outcome, Report, SavedCard, Verb
from providers.ecomcharge import children, words
from providers.ecomcharge.amounts import from_vendor
from providers.ecomcharge.children import Paid
from providers.ecomcharge.settings import EcomchargeSettings
from providers.ecomcharge.wire import CARD, BeGateway, Checkout, Transaction
from providers.errors import Decline, Misconfigured, Uncertain
from providers.money import Money
from providers.said import joined
from providers.said import said as _

# Inferred: a charge that the search does not find after so long was never made.
MAY_BE_ON_ITS_WAY = timedelta(minutes=15)


class Standing:
    """Asks, and moves nothing."""

    def __init__(self, settings: EcomchargeSettings, gate: BeGateway) -> None:
        self._settings = settings
        self._gate = gate

    def now(self, charge: Charge) -> Report:
        """By whatever is known of it: the form, the transaction, or our reference alone."""
        uid = charge.memo.get("uid", "")
        token = charge.memo.get("token") or ("" if uid or charge.occasion else charge.provider_id)
        if token:
            return self.of_checkout(charge, token)
        if uid := uid or charge.provider_id:
            told = self._gate.transaction(uid, charge.memo.get("method", CARD))
            if told is None:
                raise Misconfigured(
                    _("The gateway does not know the payment: look at the account's gateway address.")
                )
            return self.of_transaction(charge, told)
        return self.by_reference(charge)

    def of_checkout(self, charge: Charge, token: str) -> Report:
        """A payment form's word."""
        told = self._gate.checkout(token)
        if told is None:
            return self._forgotten(charge, token)
        if told.token not in ("", token):
            raise Uncertain(_("Asked about one payment form, eComCharge answered about another."))
        if told.shop_id not in ("", self._settings.shop_id):
            shop = words.plain(told.shop_id)
            raise Misconfigured(
                _("The payment belongs to the shop %(shop)s: look at the Shop ID.", shop=shop)
            )
        charge = replace(charge, memo={**charge.memo, "token": token})
        outcome, odd = words.of_checkout(
            told.status,
            finished=told.finished is True,
            expired=told.expired is True,
            attempts_left=charge.memo.get("attempts", 1) > 1,
        )
        uid = told.attempt.uid
        if uid and "minor" not in charge.memo:  # for the day when the form is forgotten
            charge = replace(charge, memo={**charge.memo, "last": uid})
        if outcome is Outcome.PAID:
            if not uid:
                odd = _("eComCharge says successful, but not which transaction it was.")
                return self._report(charge, Outcome.PENDING, told, warning=odd)
            return self._of_money(charge, told, uid)
        if told.status != "failed":
            decline = _technical(told) if outcome is Outcome.FAILED else None
            return self._report(charge, outcome, told, warning=odd, decline=decline)
        said = self._gate.transaction(uid, charge.memo.get("method", "")) if uid else None
        return self._report(
            charge,
            outcome,
            told,
            said,
            decline=_decline(said) if said else _declined(told),
            card=said.card if said else None,
        )

    def _of_money(self, charge: Charge, told: Checkout, uid: str) -> Report:
        first = charge.memo["uid"] if "minor" in charge.memo else uid
        if first != uid:
            # The form names its last transaction. The payment stays the first, and the other one is looked into.
            charge = replace(charge, provider_ids=(*charge.provider_ids, uid))
            uid = first
        said = self._gate.transaction(uid, charge.memo.get("method", ""))
        if said is None:
            # The form's word holds without it: so much was asked for there.
            said = Transaction(
                uid=uid,
                type=told.transaction_type,
                status="successful",
                amount=told.order.amount,
                currency=told.order.currency,
            )
            odd = _(
                "Neither the gateway nor the API knows the payment's transaction: look at their addresses."
            )
            return self.of_transaction(charge, said, told, odd=odd)
        if words.of_transaction(said.status)[0] is not Outcome.PAID:
            word = words.plain(said.status)[:40]
            odd = (
                _("eComCharge says successful, but its transaction is %(word)s.", word=word)
                if word
                else _("eComCharge says successful, but its transaction is silent.")
            )
            return self._report(charge, Outcome.PENDING, told, said, warning=odd)
        return self.of_transaction(charge, said, told)

    def of_transaction(
        self,
        charge: Charge,
        said: Transaction,
        told: Checkout | None = None,
        *,
        odd: str = "",
        look: bool = True,
    ) -> Report:
        """What one payment says of itself. `look`: and what came of it afterwards."""
        outcome, unknown = words.of_transaction(said.status)
        if outcome is Outcome.OPEN and charge.occasion is not None and not charge.memo.get("shown"):
            outcome = Outcome.PENDING  # nobody is there to go on with it: it is the bank that takes its time
        memo = {**charge.memo, "uid": said.uid, "method": said.method or CARD}
        charge = replace(charge, memo=memo)
        if outcome is not Outcome.PAID:
            failed = _decline(said) if outcome is Outcome.FAILED else None
            return self._report(charge, outcome, told, said, warning=unknown, decline=failed, card=said.card)
        if charge.kind is Kind.SAVE_CARD:
            return self._of_kept_card(charge, said, told)
        try:
            money = None if said.amount is None else from_vendor(said.amount, said.currency)
        except ValueError:
            money = None
        if money is None:
            odd = _("eComCharge says successful, but not how much.")
            return self._report(charge, Outcome.PENDING, told, said, warning=odd)
        if money.currency != charge.money.currency or (money != charge.money and money.minor <= 0):
            # Whoever compares it says so; nothing else of it is looked at.
            return self._report(charge, Outcome.PAID, told, said, authorized=money, captured=money)
        paid = Paid(
            uid=said.uid,
            money=money,
            reserved=_is_reserved(charge, said),
            method=memo["method"],
            children=children.known(memo, money.currency),
            others=frozenset(memo.get("others", ())),
        )
        if look:
            paid = children.look(self._gate, charge, paid)
        report = self.of_paid(charge, paid, searched=look, told=told, said=said)
        return replace(report, warning=joined(filter(None, [odd, report.warning]), " "))

    def of_paid(
        self,
        charge: Charge,
        paid: Paid,
        *,
        searched: bool,
        told: Checkout | None = None,
        said: Transaction | None = None,
    ) -> Report:
        charge = replace(charge, memo={**charge.memo, **paid.as_memo()})
        finds = self._settings.search_finds_operations
        return self._report(
            charge,
            paid.outcome,
            told,
            said,
            authorized=paid.money,
            captured=paid.captured,
            refunded=paid.total(Verb.REFUND),
            voided=paid.total(Verb.VOID),
            operations=children.listed(charge, paid, searched=searched, finds=finds),
            card=said.card if said else None,
            saved_card=_kept(charge, said) if said else None,
            warning=joined(paid.warnings, " "),
        )

    def _of_kept_card(self, charge: Charge, said: Transaction, told: Checkout | None) -> Report:
        if said.type in ("payment", "authorization") and said.amount:
            # Nobody asked for money here: whoever compares it says so.
            money = Money(said.amount, charge.money.currency)
            return self._report(charge, Outcome.PAID, told, said, authorized=money, captured=money)
        nothing = Money.zero(charge.money.currency)
        kept = _kept(charge, said)
        if kept is None:
            odd = _("eComCharge says that the card is kept, but not under which name.")
            return self._report(charge, Outcome.PENDING, told, said, warning=odd)
        return self._report(
            charge,
            Outcome.PAID,
            told,
            said,
            authorized=nothing,
            captured=nothing,
            card=said.card,
            saved_card=kept,
        )

    # --- after a crash ----------------------------------------------------------------------------------

    def by_reference(self, charge: Charge) -> Report:
        """The answer to `start` was lost. Whatever was paid carries our reference."""
        listed = self._gate.search(charge.reference)
        if listed is None and charge.occasion is not None:
            raise Misconfigured(_("The gateway does not search: look at the account's gateway address."))
        # A charge of a saved card may name the payment that the card was left with as its parent.
        found = [
            told
            for told in listed or ()
            if told.tracking_id == charge.reference
            and (told.type in words.PAYMENTS or not (told.type in words.VERBS or told.parent_uid))
        ]
        if not found:
            return self._not_found(charge)
        best = min(found, key=_believable)
        paid = [told.uid for told in found if told.status == "successful"]
        twice = _("eComCharge has taken the money %(n)s times for one payment.", n=len(paid))
        odd = twice if len(paid) > 1 else ""
        if best.checkout_token and charge.occasion is None:
            report = self.of_checkout(charge, best.checkout_token)
            report = replace(report, warning=joined(filter(None, [odd, report.warning]), " "))
        else:
            report = self.of_transaction(charge, best, odd=odd)
        # It has been begun there: open, it would be taken for one that never was, and be made once more.
        return replace(report, outcome=Outcome.PENDING) if report.outcome is Outcome.OPEN else report

    def _not_found(self, charge: Charge) -> Report:
        if charge.occasion is None:
            return Report(outcome=Outcome.OPEN)  # nobody has seen the form, so nobody can pay it
        if charge.begun_at is None or datetime.now(UTC) - charge.begun_at < MAY_BE_ON_ITS_WAY:
            raise Uncertain(_("eComCharge knows nothing of the charge yet."))
        why = _("eComCharge knows nothing of it.")
        return Report(
            outcome=Outcome.FAILED, decline=Decline(code="not_found", message=why, reason="technical_error")
        )

    def _forgotten(self, charge: Charge, token: str) -> Report:
        """The provider knows no payment form of this name any more. What was made in it outlives it."""
        if uid := charge.memo.get("uid") or charge.memo.get("last", ""):
            said = self._gate.transaction(uid, charge.memo.get("method", ""))
            if said is not None:
                return self.of_transaction(replace(charge, memo={**charge.memo, "token": token}), said)
        ends = charge.memo.get("ends")
        if (datetime.fromisoformat(ends) if ends else charge.expires_at) > datetime.now(UTC):
            raise Misconfigured(
                _("eComCharge does not know the payment form: look at the Shop ID and the checkout address.")
            )
        odd = _("eComCharge does not know the payment form any more.")
        return self._report(charge, Outcome.EXPIRED, None, warning=odd)

    # --- small parts ------------------------------------------------------------------------------------

    def _report(
        self,
        charge: Charge,
        outcome: Outcome,
        told: Checkout | None,
        said: Transaction | None = None,
        **facts: Any,
    ) -> Report:
        """With what has to be compared: whose payment it is, and whether it was a test."""
        memo = {name: value for name, value in charge.memo.items() if value != ""}
        names = [name for name in (told and told.order.tracking_id, said and said.tracking_id) if name]
        strange = [name for name in names if name != charge.reference]
        tests = [source.test for source in (told, said) if source is not None and source.test is not None]
        last = told.attempt.uid if told else ""
        ids = (memo.get("token"), memo.get("uid"), said and said.uid, last, *memo.get("children", {}))
        return Report(
            outcome=outcome,
            reference=next(iter(strange or names), None),
            live=not any(tests) if tests else None,
            provider_ids=tuple(dict.fromkeys(name for name in ids if name)),
            memo=memo,
            **facts,
        )


def _believable(told: Transaction) -> tuple[int, float]:
    """Of several transactions with one reference: money first, then what may still become money, then the newest."""
    rank = {"successful": 0, "pending": 1, "incomplete": 1}.get(told.status, 2)
    return rank, -told.created_at.timestamp() if told.created_at else 0.0


def _is_reserved(charge: Charge, said: Transaction) -> bool:
    """As the transaction says; where it does not, as we asked."""
    asked = charge.memo.get("type") or ("authorization" if charge.capture_later else "payment")
    return (said.type if said.type in ("payment", "authorization") else asked) == "authorization"


def _kept(charge: Charge, said: Transaction) -> SavedCard | None:
    """The card's token, when somebody agreed to have it kept."""
    agreed_there = bool(charge.memo.get("agreed_there"))
    asked = charge.memo.get("contracts") or agreed_there or charge.save_card or charge.kind is Kind.SAVE_CARD
    if not (asked and said.credit_card.token) or charge.occasion is not None:
        return None
    return SavedCard(
        token=said.credit_card.token,
        card=said.card or Card(),
        agreed=agreed_there,
        occasions=words.occasions(charge.memo.get("contracts", ())),
    )


def _decline(said: Transaction) -> Decline:
    message = said.friendly_message or said.message or said.details.message
    return words.decline(said.code, said.details.bank_code, message=message)


def _declined(told: Checkout) -> Decline:
    return words.decline(told.attempt.bank_code, message=told.message or told.attempt.message)


def _technical(told: Checkout) -> Decline:
    return Decline(code=told.status, message=words.plain(told.message), reason="technical_error")
