"""How does a payment stand at PayZen? The payment order, and every transaction at our reference, as one report.

`Charge/PaymentOrder/Get` says whether the link can still be paid with, and for how much; `Order/Get` lists who tried,
and the refunds. Money is told by a transaction alone, and by its own amount: a page that was opened before the order
was changed may have taken the old one. What has to be compared is handed on as it was told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.base import Charge, OperationStatus, Outcome, Report, SavedCard, Verb
from providers.errors import Decline, Misconfigured, Uncertain
from providers.money import Money
from providers.payzen import bodies, refusals, words
from providers.payzen.amounts import from_platform
from providers.payzen.settings import PayzenSettings
from providers.payzen.shapes import PaymentOrder, Transaction
from providers.payzen.sums import amount_of, sums_of
from providers.payzen.wire import Gateway, Refused
from providers.said import joined
from providers.said import said as _

# A form's token lives about 15 minutes, and what was begun with it may end ten minutes later, at the bank's page.
FORM_LIVES = timedelta(minutes=25)
# Lest our clock be ahead of PayZen's: beside an order that can still be paid, another attempt could be paid as well.
GRACE = timedelta(minutes=2)
# What is paid is captured days later, and may be cancelled or fail until then, of which PayZen rings only where the
# shop's rules say so. So it is asked about, a day after the capture is due and each day from then on.
A_DAY = timedelta(days=1)
WATCHED = timedelta(days=30)
_HELD = frozenset({Outcome.PAID, Outcome.AUTHORIZED})
_PAYABLE = frozenset({words.ORDER_RUNNING, words.ORDER_REFUSED})
_OPEN = frozenset({OperationStatus.PENDING, OperationStatus.UNCERTAIN})


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What PayZen has said of one payment."""

    order: PaymentOrder | None
    transactions: tuple[Transaction, ...]
    reference: str
    live: bool | None

    @property
    def debits(self) -> list[Transaction]:
        return [told for told in self.transactions if told.kind == words.DEBIT]

    @property
    def credits(self) -> list[Transaction]:
        return [told for told in self.transactions if told.kind == words.CREDIT]


class Standing:
    """Asks, and moves nothing."""

    def __init__(self, settings: PayzenSettings, gateway: Gateway) -> None:
        self._settings = settings
        self._gateway = gateway

    def now(self, charge: Charge) -> Report:
        return self.report(charge, self.look(charge))

    # --- asking -----------------------------------------------------------------------------------------

    def look(self, charge: Charge) -> Seen:
        """The order as long as no money is known of, and the transactions."""
        order, live = None, None
        try:
            if (order_id := order_id_of(charge)) and "uuid" not in charge.memo:
                order, live = self._gateway.order(order_id)
            transactions, listed, spoken = self._gateway.transactions(charge.reference)
            if any(known.verb is Verb.REFUND and known.status in _OPEN for known in charge.operations):
                # That the list holds the refunds, too, is inferred; before one counts as never done they are asked for.
                more, _listed, _spoken = self._gateway.transactions(charge.reference, words.CREDIT)
                transactions = merged(transactions, more)
        except Refused as no:
            raise refusals.of_question(no) from None
        shops = {listed.shop_id if listed else "", *(told.shop_id for told in transactions)}
        if strange := shops - {"", self._settings.shop_id}:
            raise Misconfigured(
                _(
                    "The payment belongs to the shop %(shop)s: look at the Shop ID.",
                    shop=words.plain(min(strange)),
                )
            )
        names = [order.order_id if order else "", listed.order_id if listed else ""]
        names += [told.order_details.order_id for told in transactions]
        told_names = [name for name in names if name]
        other = [name for name in told_names if name != charge.reference]
        return Seen(
            order=order,
            transactions=transactions,
            reference=next(iter(other or told_names), ""),
            live=live if spoken is None else spoken,
        )

    # --- telling ----------------------------------------------------------------------------------------

    def report(self, charge: Charge, seen: Seen, *, keys: Mapping[str, str] | None = None) -> Report:
        """`keys`: our names of transactions that we have just made."""
        if "uuid" in charge.memo and all(told.uuid != charge.memo["uuid"] for told in seen.debits):
            raise Uncertain(_("PayZen does not list the payment's transaction now."))
        told = _chosen(charge, seen.debits)
        if told is None:
            return self._of_nobody(charge, seen)
        outcome, odd = words.of_transaction(told.detailed_status)
        if outcome in _HELD or told.uuid == charge.memo.get("uuid"):
            return self._of_money(charge, seen, told, keys or {})
        if outcome is Outcome.PENDING:
            if told.detailed_status == "WAITING_AUTHORISATION_TO_VALIDATE":
                odd = _("PayZen asks the bank only when the payment is validated in its Back Office.")
            return self._report(charge, seen, outcome, told, warning=odd)
        return self._of_refusal(charge, seen, told, outcome)

    def _of_money(self, charge: Charge, seen: Seen, told: Transaction, keys: Mapping[str, str]) -> Report:
        """Of the payment's own transaction."""
        outcome, odd = words.of_transaction(told.detailed_status)
        amount = amount_of(told)
        if amount is None:
            odd = odd or _("PayZen says that it is paid, but not how much.")
            return self._report(charge, seen, Outcome.PENDING, told, warning=odd)
        if outcome is Outcome.PENDING:
            return self._report(charge, seen, outcome, told, warning=odd)
        doubled = _doubled(charge, seen, told)
        if amount.minor < 0 or (amount.currency != charge.money.currency and charge.operations):
            # Whoever compares it says so; what was done in the one currency says nothing of the other.
            captured = amount if outcome is Outcome.PAID else None
            return self._report(
                charge, seen, outcome, told, authorized=amount, captured=captured, card=told.card, **doubled
            )
        sums = sums_of(charge, told, amount, seen.credits, keys)
        warnings = [*sums.warnings, doubled.get("warning", "")]
        if outcome is Outcome.FAILED or (outcome is Outcome.EXPIRED and charge.captured):
            warnings.append(
                _(
                    "PayZen says %(word)s of money that was authorised before.",
                    word=words.plain(told.detailed_status),
                )
            )
        return self._report(
            charge,
            seen,
            sums.outcome,
            told,
            authorized=sums.whole,
            captured=sums.captured,
            refunded=sums.refunded,
            voided=sums.voided,
            operations=sums.operations,
            card=told.card,
            saved_card=_kept(charge, told) if outcome in _HELD else None,
            decline=_decline(told) if outcome is Outcome.FAILED else None,
            may_retry=doubled.get("may_retry"),
            look_again=_look_again(told, seen.credits),
            warning=joined(filter(None, warnings), " "),
            memo={"uuid": told.uuid, "minor": sums.whole.minor},
        )

    def _of_refusal(self, charge: Charge, seen: Seen, told: Transaction, outcome: Outcome) -> Report:
        """The newest try came to nothing. There may be another one, as long as the link or the form lives."""
        refused = told.detailed_status in words.REFUSALS
        facts: dict[str, Any] = {"decline": _decline(told) if refused else None, "card": told.card}
        if seen.order is not None:
            of_order, odd = self._of_order(seen.order)
            if of_order is Outcome.PAID:
                return self._report(charge, seen, outcome, told, **facts)  # it was paid with, and undone
            if of_order is Outcome.FAILED and not refused:
                of_order = outcome
            again = of_order is Outcome.OPEN
            return self._report(charge, seen, of_order, told, warning=odd, waits_again=again, **facts)
        if charge.memo.get("way") != "form":
            # The answer to `start` was lost, but the link was not: somebody has it.
            over = charge.expires_at + GRACE <= datetime.now(UTC)
            return self._report(charge, seen, outcome if over else Outcome.PENDING, told, **facts)
        tries = charge.memo.get("tries")
        used = sum(other.detailed_status in words.REFUSALS for other in seen.debits)
        over = (tries is not None and used >= tries) or not form_lives(charge)
        ends = outcome if over else Outcome.OPEN
        return self._report(charge, seen, ends, told, waits_again=not over, **facts)

    def _of_nobody(self, charge: Charge, seen: Seen) -> Report:
        """Nobody has tried to pay. A verification leaves a card, and is no money."""
        if odd := _strange_kinds(seen):
            return self._report(charge, seen, Outcome.PENDING, None, warning=odd)
        if seen.order is not None:
            outcome, odd = self._of_order(seen.order)
            if outcome is Outcome.PAID:
                outcome, odd = Outcome.PENDING, _("PayZen calls the order paid, but lists no transaction.")
            elif outcome is Outcome.FAILED:
                outcome = Outcome.EXPIRED
            return self._report(charge, seen, outcome, None, warning=odd)
        if charge.memo.get("way") == "form":
            return self._report(charge, seen, Outcome.OPEN if form_lives(charge) else Outcome.EXPIRED, None)
        # The answer to `start` was lost. Nobody was shown where to pay, unless PayZen has sent it itself.
        if charge.invitation is None and charge.channel in _HANDED_OVER_BY_US:
            return self._report(charge, seen, Outcome.OPEN, None)
        if charge.expires_at + GRACE <= datetime.now(UTC):
            return self._report(charge, seen, Outcome.EXPIRED, None)
        odd = _("PayZen may have sent the link: nobody knows its order. Look at the Back Office.")
        return self._report(charge, seen, Outcome.PENDING, None, warning=odd)

    def _of_order(self, order: PaymentOrder) -> tuple[Outcome, str]:
        """A payment order's word. REFUSED speaks of the last try: it ends with the order's time [inferred]."""
        word = order.payment_order_status
        if word == words.ORDER_REFUSED:
            over = order.expiration_date is not None and order.expiration_date <= datetime.now(UTC)
            return (Outcome.FAILED if over else Outcome.OPEN), ""
        outcome = words.ORDERS.get(word)
        return (Outcome.PENDING, words.unknown(_("order"), word)) if outcome is None else (outcome, "")

    def _report(
        self, charge: Charge, seen: Seen, outcome: Outcome, told: Transaction | None, **facts: Any
    ) -> Report:
        """With what has to be compared: whose payment it is, how much is asked, and whether it was a test."""
        order = seen.order
        ids = (order_id_of(charge), *(other.uuid for other in ([told] if told else []) + seen.credits))
        return Report(
            outcome=outcome,
            reference=seen.reference or None,
            live=seen.live,
            asked=_asked(order),
            payable_until=_payable_until(order),
            provider_ids=tuple(dict.fromkeys(name for name in ids if name)),
            **facts,
        )


# An attempt without a channel is shown by us, and a "url" is sent by us.
_HANDED_OVER_BY_US = frozenset({"", "page", "widget", "url"})


def order_id_of(charge: Charge) -> str:
    """The payment order's id, "" for a form and after a crash."""
    if charge.memo.get("way") == "form":
        return ""
    return str(charge.memo.get("order") or charge.provider_id)


def form_lives(charge: Charge) -> bool:
    return charge.begun_at is None or datetime.now(UTC) < charge.begun_at + FORM_LIVES


def merged(under: Sequence[Transaction], over: Sequence[Transaction]) -> tuple[Transaction, ...]:
    """Both lists in one, by uuid; `over` is the newer one."""
    return tuple({told.uuid: told for told in (*under, *over)}.values())


def _chosen(charge: Charge, debits: Sequence[Transaction]) -> Transaction | None:
    """The payment's transaction: the one that is known to hold its money, else the newest of those that count most."""
    if not debits:
        return None
    known = next((told for told in debits if told.uuid == charge.memo.get("uuid")), None)
    held = [told for told in debits if words.of_transaction(told.detailed_status)[0] in _HELD]
    if known is not None and (known in held or not held):
        return known
    under_way = [told for told in debits if words.of_transaction(told.detailed_status)[0] is Outcome.PENDING]
    return max(held or under_way or debits, key=lambda told: told.age)


def _look_again(told: Transaction, given_back: Sequence[Transaction]) -> datetime | None:
    """When to ask about money that is promised and has not moved yet."""
    waiting = [one.settles for one in (told, *given_back) if one.detailed_status in words.NOT_MOVED]
    now = datetime.now(UTC)
    due = [at for at in waiting if at is not None and now < at + WATCHED]
    return max(now, *due) + A_DAY if due else None


def _doubled(charge: Charge, seen: Seen, told: Transaction) -> dict[str, Any]:
    """Has somebody else's money come for the same order, or the same once more? Then a person looks first."""
    known = charge.memo.get("uuid", told.uuid)
    if charge.captured and known != told.uuid:
        new = words.plain(told.uuid)
        odd = _(
            "PayZen has taken money anew, %(uuid)s, after the payment was undone. Look at the Back Office.",
            uuid=new,
        )
        return {"warning": odd, "may_retry": False}
    others = [
        words.plain(other.uuid)
        for other in seen.debits
        if other.uuid != told.uuid and words.of_transaction(other.detailed_status)[0] in _HELD
    ]
    if not others:
        return {}
    odd = _(
        "PayZen has taken money more than once for one order: also %(uuids)s. Refund it there.",
        uuids=", ".join(others),
    )
    return {"warning": odd, "may_retry": False}


def _strange_kinds(seen: Seen) -> str:
    known = {words.DEBIT, words.CREDIT, words.VERIFICATION}
    return next(
        (words.unknown(_("transaction"), told.kind) for told in seen.transactions if told.kind not in known),
        "",
    )


def _asked(order: PaymentOrder | None) -> Money | None:
    try:
        return from_platform(order.amount, order.currency) if order and order.amount is not None else None
    except ValueError:
        return None


def _payable_until(order: PaymentOrder | None) -> datetime | None:
    return order.expiration_date if order and order.payment_order_status in _PAYABLE else None


def _decline(told: Transaction) -> Decline:
    return words.decline(
        told.error_code, told.error_message, told.detailed_error_code, told.detailed_error_message
    )


def _kept(charge: Charge, told: Transaction) -> SavedCard | None:
    """The card's token, when it was asked for and somebody agreed."""
    keeps = charge.memo.get("keeps")
    if keeps not in (bodies.KEEP, bodies.ASK) or not told.payment_method_token or told.card is None:
        return None
    return SavedCard(token=told.payment_method_token, card=told.card, agreed=keeps == bodies.ASK)
