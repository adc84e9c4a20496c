"""What became of the money after it was paid? Captures, voids and refunds, which the provider keeps but does not list.

So those that are known are kept in the payment's memo. New ones come to light by the ids that notifications bring, and
by searching for the names that we gave; each that is not known to have ended is asked about. Nothing is guessed: a
one of ours that is found nowhere stays uncertain, unless the account says that a search would find it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from providers.base import Charge, Operation, OperationStatus, Outcome, Verb
from providers.ecomcharge import words
from providers.ecomcharge.amounts import from_vendor
from providers.ecomcharge.wire import CARD, BeGateway, Transaction
from providers.errors import Invalid, Uncertain
from providers.money import Money
from providers.said import said as _

_OPEN = frozenset({OperationStatus.PENDING, OperationStatus.UNCERTAIN})
Told = Mapping[str, Transaction]


@dataclass(frozen=True, kw_only=True)
class Child:
    """One capture, void or refund. `parent`: the payment's uid, or a capture's."""

    uid: str
    verb: Verb
    money: Money
    status: OperationStatus
    parent: str
    key: str = ""
    message: str = ""

    @property
    def done(self) -> bool:
        return self.status is OperationStatus.SUCCESS

    @property
    def ended(self) -> bool:
        return self.status not in _OPEN


@dataclass(frozen=True, kw_only=True)
class Paid:
    """A payment that has money, and what came of it."""

    uid: str
    money: Money
    reserved: bool  # an authorization: its money is taken by captures
    method: str = CARD
    children: Mapping[str, Child] = field(default_factory=dict)
    others: frozenset[str] = (
        frozenset()
    )  # ids that were asked about once, are no children and stay without money
    searched: bool = True  # could the gateway be searched?
    warnings: tuple[str, ...] = ()

    def total(self, verb: Verb) -> Money:
        done = (child.money for child in self.children.values() if child.verb is verb and child.done)
        return sum(done, Money.zero(self.money.currency))

    @property
    def captured(self) -> Money:
        return self.total(Verb.CAPTURE) if self.reserved else self.money

    @property
    def outcome(self) -> Outcome:
        refunded = self.total(Verb.REFUND)
        still_reserved = self.money - self.captured - self.total(Verb.VOID)
        # While a part is reserved, it may yet be captured: "refunded" would be the end of it.
        if self.captured and refunded >= self.captured and still_reserved.minor <= 0:
            return Outcome.REFUNDED
        if self.captured:
            return Outcome.PAID
        return Outcome.CANCELED if self.total(Verb.VOID) >= self.money else Outcome.AUTHORIZED

    def holds(self, uid: str) -> bool:
        """Is it the payment, or one of its captures? Only of these can there be children."""
        child = self.children.get(uid)
        return uid == self.uid or (child is not None and child.verb is Verb.CAPTURE)

    def with_child(self, child: Child) -> "Paid":
        return replace(self, children={**self.children, child.uid: child})

    def refundable(self, money: Money) -> str:
        """The uid of which `money` may be refunded: the payment, or the capture that it fits best."""
        if not self.reserved:
            return self.uid
        left = {
            uid: capture.money - self._given_back(uid)
            for uid, capture in self.children.items()
            if capture.verb is Verb.CAPTURE and capture.done
        }
        enough = [(rest.minor, uid) for uid, rest in left.items() if rest >= money]
        if enough:
            return min(enough)[1]
        most = max(left.values(), default=Money.zero(money.currency))
        why = _("each refund is of one capture: refund at most %(most)s at once", most=most)
        raise Invalid("amount", why)

    def _given_back(self, capture: str) -> Money:
        failed = OperationStatus.FAILURE
        given = (
            child.money
            for child in self.children.values()
            if child.verb is Verb.REFUND and child.parent == capture and child.status is not failed
        )
        return sum(given, Money.zero(self.money.currency))

    def as_memo(self) -> dict[str, Any]:
        kept = {
            uid: {
                "verb": child.verb.value,
                "minor": child.money.minor,
                "status": child.status.value,
                "parent": child.parent,
                "key": child.key,
                "message": child.message,
            }
            for uid, child in self.children.items()
        }
        return {
            "uid": self.uid,
            "minor": self.money.minor,
            "reserved": self.reserved,
            "method": self.method,
            "children": kept,
            "others": sorted(self.others),
        }


def remembered(memo: Mapping[str, Any], currency: str) -> Paid | None:
    """What `as_memo` wrote; None when no money was known of."""
    if not memo.get("uid") or "minor" not in memo:
        return None
    return Paid(
        uid=memo["uid"],
        money=Money(memo["minor"], currency),
        reserved=memo["reserved"],
        method=memo["method"],
        children=known(memo, currency),
        others=frozenset(memo["others"]),
    )


def all_known(charge: Charge) -> bool:
    """Is there money, and nothing that was spoken of or has not ended?"""
    paid = remembered(charge.memo, charge.money.currency)
    return paid is not None and not _unclear(charge, paid, {})


def known(memo: Mapping[str, Any], currency: str) -> dict[str, Child]:
    return {
        uid: Child(
            uid=uid,
            verb=Verb(kept["verb"]),
            money=Money(kept["minor"], currency),
            status=OperationStatus(kept["status"]),
            parent=kept["parent"],
            key=kept["key"],
            message=kept["message"],
        )
        for uid, kept in memo.get("children", {}).items()
    }


# --- looking for them -------------------------------------------------------------------------------------


def look(gate: BeGateway, charge: Charge, paid: Paid) -> Paid:
    """`paid` with every child that can be found now, as it stands now."""
    told: dict[str, Transaction] = {}
    if paid.method == CARD:  # the search is the gateway's, which does not know the others
        for name in _names(charge, paid):
            listed = gate.search(name)
            paid = paid if listed is not None else replace(paid, searched=False)
            told |= {found.uid: found for found in listed or () if found.uid != paid.uid}
    for unclear in (_unclear, _parents):
        for uid in unclear(charge, paid, told):
            # What is not known there may not be known there yet: it is asked about again.
            if uid not in told and (found := gate.transaction(uid, paid.method)) is not None:
                told[uid] = found
    # A refund's parent may be a capture that has just come to light.
    for child in sorted(told.values(), key=lambda child: child.type != "capture"):
        paid = _taken(charge, paid, child)
    return paid


def _names(charge: Charge, paid: Paid) -> Iterable[str]:
    """Under which names may something be found?"""
    keys = {child.key for child in paid.children.values() if child.key and child.ended}
    yield from (
        own.key for own in charge.operations if own.status in _OPEN and own.key and own.key not in keys
    )
    yield charge.reference


def _unclear(charge: Charge, paid: Paid, _told: Told) -> list[str]:
    """What has not ended as far as we know, and ids that somebody spoke of."""
    begun = [uid for uid, child in paid.children.items() if not child.ended]
    settled = {paid.uid, charge.provider_id, charge.memo.get("token"), *paid.others, *paid.children}
    return [*begun, *(uid for uid in dict.fromkeys(charge.provider_ids) if uid and uid not in settled)]


def _parents(_charge: Charge, paid: Paid, told: Told) -> list[str]:
    """Captures that nobody told of, but of which there is a refund."""
    if not paid.reserved:
        return []
    named = (found.parent_uid for found in told.values() if found.type == "refund" and found.parent_uid)
    return [uid for uid in dict.fromkeys(named) if not paid.holds(uid)]


def _taken(charge: Charge, paid: Paid, told: Transaction) -> Paid:
    """`paid` with what was told of one transaction, if it is a child of it."""
    if told.uid == paid.uid or told.uid in paid.others:
        return paid
    if not told.parent_uid or told.type in words.PAYMENTS:
        return _beside(charge, paid, told)
    if not paid.holds(told.parent_uid):
        return paid
    verb = words.VERBS.get(told.type)
    if told.type == "chargeback":
        return _warned(paid, _("eComCharge reports a chargeback, %(uid)s.", uid=words.plain(told.uid)))
    if verb is None or (verb is not Verb.REFUND and not paid.reserved):
        kind = words.plain(told.type)[:30]
        return _warned(paid, _('eComCharge reports a "%(kind)s" that does not fit the payment.', kind=kind))
    try:
        child = of_transaction(told, verb, paid)
    except Uncertain as problem:
        return _warned(paid, problem.sentence)
    before = paid.children.get(child.uid)
    if before is not None and before.ended and not child.ended:
        return paid  # what has ended does not begin again
    return paid.with_child(replace(child, key=_key(charge, paid, child, before)))


def _beside(charge: Charge, paid: Paid, told: Transaction) -> Paid:
    """Another attempt in the same form; or something that has nothing to do with it."""
    form = charge.memo.get("token")
    ours = told.tracking_id == charge.reference or (form is not None and told.checkout_token == form)
    outcome = words.of_transaction(told.status)[0]
    if not ours or outcome in (Outcome.FAILED, Outcome.CANCELED, Outcome.EXPIRED):
        return replace(paid, others=paid.others | {told.uid})
    if outcome is Outcome.PAID and told.type != "tokenization":
        uid = words.plain(told.uid)
        twice = _("eComCharge took the money once more in the same form: %(uid)s. Refund it there.", uid=uid)
        return _warned(paid, twice)
    return paid  # it may still become money


def of_transaction(told: Transaction, verb: Verb, paid: Paid) -> Child:
    """Uncertain when it does not say how much."""
    try:
        money = (
            None if told.amount is None else from_vendor(told.amount, told.currency or paid.money.currency)
        )
    except ValueError:
        money = None
    if money is None or money.currency != paid.money.currency or money.minor < 0:
        raise Uncertain(
            _("eComCharge does not say how much the %(what)s %(uid)s is, or says it in another currency.",
              what=words.VERB_NAMES[verb], uid=words.plain(told.uid))
        )  # fmt: skip
    return Child(
        uid=told.uid,
        verb=verb,
        money=money,
        status=words.OPERATIONS.get(told.status, OperationStatus.PENDING),
        parent=told.parent_uid,
        key=told.tracking_id,
        message="" if told.status == "successful" else words.plain(told.friendly_message or told.message),
    )


def _key(charge: Charge, paid: Paid, child: Child, before: Child | None) -> str:
    """Which of our operations is it? Children seldom echo our name, so the one open operation like it is meant."""
    if before is not None and before.key:
        return before.key
    named = (own.key for own in charge.operations if own.provider_id == child.uid or own.key == child.key)
    if key := next(named, ""):
        return key
    taken = {kept.key for kept in paid.children.values()}
    alike = (
        own.key
        for own in charge.operations
        if own.verb is child.verb
        and own.money == child.money
        and own.status in _OPEN
        and own.key not in taken
    )
    return next(alike, "")


# --- telling of them --------------------------------------------------------------------------------------


def listed(charge: Charge, paid: Paid, *, searched: bool, finds: bool) -> tuple[Operation, ...]:
    """All of them, and those of ours whose end nobody knows. What a search surely would have found is left out:
    then it was never done."""
    found = [
        Operation(
            verb=child.verb,
            money=child.money,
            status=child.status,
            key=child.key,
            provider_id=child.uid,
            message=child.message,
        )
        for child in paid.children.values()
    ]
    keys = {child.key for child in paid.children.values()}
    surely = searched and paid.searched and paid.method == CARD
    for own in charge.operations:
        if own.status not in _OPEN or own.key in keys:
            continue
        if surely and finds:
            continue
        status = OperationStatus.UNCERTAIN if searched else own.status
        found.append(replace(own, status=status, message=_("eComCharge has not told of it yet.")))
    return tuple(found)


def _warned(paid: Paid, sentence: str) -> Paid:
    return replace(paid, warnings=(*paid.warnings, sentence))
