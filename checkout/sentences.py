"""What does a timeline entry say? One sentence per code, in the reader's language, for a merchant in a hurry."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from checkout.models.account import Account
from checkout.models.agreement import Agreement
from checkout.models.invitation import Invitation
from checkout.models.letter import Letter
from checkout.models.order import KINDS
from checkout.models.payment import OCCASIONS
from checkout.wording import spoken_again

# The particulars in braces come with the entry. {money} and its like are texts such as "42.99 EUR".
SENTENCES: dict[str, str] = {
    "order.created": _("The shop created the order: {money}, payable until {until}."),
    "order.extended": _("The shopper asked for more time: payable until {until}."),
    "order.paid": _("The order is paid: {money}."),
    "order.canceled": _("The order was canceled."),
    "order.expired": _("The order ran out: nobody paid within its hold."),
    "order.reopened": _("The order was reopened: it can be paid again until {until}."),
    "order.retyped": _("The order was changed: {kind}, {money} due now. It was: {before_kind}, {before}."),
    "order.charge_failed": _("The payment of {money} failed. Nobody is asked to pay it here."),
    "order.attention": _("This order needs a person: {why}"),
    "order.seen": _("Marked as seen: {why}"),
    "order.note": _("{text}"),
    "order.changed": _("The order was changed from {before} to {money}, payable until {until}."),
    "link.made": _("A payment link was made ({channel}; to {to})."),
    "link.sent": _("The payment link was sent to {to}."),
    "link.not_sent": _("The payment link could not be sent to {to}: {why}"),
    "link.again": _("The payment link is sent again ({channel}; to {to})."),
    "link.not_again": _("{provider} could not send the payment link again: {why}"),
    "link.opened": _("The payment link was opened for the first time ({channel}; to {to})."),
    "link.withdrawn": _("The payment link was withdrawn ({channel}; to {to})."),
    "letter.sent": _("The customer was sent an e-mail ({letter}; to {to})."),
    "letter.not_sent": _("An e-mail could not be sent to the customer ({letter}; to {to}): {why}"),
    "payment.change_uncertain": _(
        "{provider} did not answer when attempt {number} was to be changed: {why} What it says later decides."
    ),
    "payment.change_refused": _("{provider} could not change attempt {number}: {why}"),
    "payment.prolonged": _("{provider} keeps attempt {number} payable until {until}, too."),
    "payment.not_prolonged": _("{provider} keeps attempt {number} payable until {until} only."),
    "payment.created": _("Attempt {number}: the shopper chose {method}."),
    "payment.charged": _("Attempt {number}: {card} is charged without the customer ({occasion})."),
    "payment.charged_again": _("Attempt {number}: agreement {agreement} is charged once more."),
    "payment.at_desk": _("Attempt {number}: {provider}'s form is opened at the desk."),
    "payment.found": _("{provider} took this payment of {money} by itself, under agreement {agreement}."),
    "payment.charged_back": _("The bank took {money} back. Its reason code: {why}"),
    "payment.chargeback_status": _("{provider} says of the chargeback of {money}: {status}."),
    "payment.started": _("Attempt {number} is open at {provider}, which calls it {provider_id}."),
    "payment.start_failed": _("Attempt {number} could not be opened at {provider}: {why}"),
    "payment.start_uncertain": _(
        "{provider} did not answer when attempt {number} was opened: {why} We will ask again."
    ),
    "payment.returned": _(
        "The shopper's browser came back from {provider} saying “{claim}”. That decides nothing."
    ),
    "payment.claim_false": _(
        "The browser came back saying “{claim}”, but {provider} says otherwise ({outcome}). Nothing was changed."
    ),
    "payment.resumed": _("The shopper goes on with attempt {number}."),
    "payment.declined": _(
        "{provider} declined, and attempt {number} stays open to be tried again there: {why}"
    ),
    "payment.approved": _("{provider} asked whether to charge {money}: yes."),
    "payment.disapproved": _("{provider} asked whether to charge {money}: no. {why}"),
    "payment.notified": _("{provider} sent a notification: {about}. We ask what is true."),
    "payment.asked": _("{provider} was asked: {outcome}."),
    "payment.uncertain": _("{provider} could not tell: {why} We will ask again."),
    "payment.pending": _("{provider} says the payment is under way."),
    "payment.authorized": _("{provider} authorised {money}."),
    "payment.paid": _("{provider} confirms: {money} paid."),
    "payment.refunded": _("{provider} confirms: all of {money} was refunded."),
    "payment.failed": _("{provider} says the payment failed: {why}"),
    "payment.lives_on": _(
        "{provider} cannot close attempt {number} at once: it can still be paid until {until}. What comes is counted."
    ),
    "payment.canceled": _("Attempt {number} was canceled."),
    "payment.expired": _("Attempt {number} ran out."),
    "payment.sums": _(
        "{provider} reports: authorised {authorized}, captured {captured}, refunded {refunded}, voided {voided}."
    ),
    "payment.ignored": _(
        "{provider} reports “{outcome}”, which cannot follow “{state}”. Nothing was changed."
    ),
    "payment.objection": _("Not believed: {why}"),
    "payment.given_back": _(
        "{provider} says that all of this money went back. Attempt {number} has come to nothing."
    ),
    "payment.accepted": _(
        "Attempt {number} is accepted over {money}, which is what came, instead of {asked}."
    ),
    "payment.warning": _("{provider}: {why}"),
    "payment.rehearsed": _("Rehearsal on this test account: {misfortune}."),
    "payment.cancel_failed": _("{provider} could not cancel attempt {number}: {why}"),
    "agreement.begun": _("{provider} set up the agreement, which it calls {provider_id}."),
    "agreement.stands": _(
        "Agreement {agreement} is {standing} at {provider} (phase: {phase}; reason: {why})."
    ),
    "agreement.charged": _("Agreement {agreement} took a further payment of {money}: order {order_number}."),
    "agreement.charge_asked": _("Agreement {agreement} is charged {money} once more: order {order_number}."),
    "agreement.end_asked": _("{provider} is asked to end agreement {agreement}: {ending}."),
    "agreement.not_ended": _("{provider} did not end agreement {agreement}: {why}"),
    "agreement.uncertain": _(
        "{provider} could not tell how agreement {agreement} stands: {why} We will ask again."
    ),
    "card.saved": _("The customer's card {card} is kept for later."),
    "operation.proposed": _(
        "{verb} of {money} was proposed by {person}, and waits for a second person. Reason: {why}"
    ),
    "operation.approved": _("{verb} of {money}, which {proposer} proposed, was approved by {person}."),
    "operation.not_approved": _(
        "{person} approved the {verb} of {money}, but it could not be done: {why} It waits on for a second person."
    ),
    "operation.declined": _("{verb} of {money}, which {proposer} proposed, was declined by {person}."),
    "operation.proposal_withdrawn": _("{person} withdrew the proposal: {verb} of {money}."),
    "operation.proposal_expired": _(
        "Nobody decided within a week on what {proposer} proposed: {verb} of {money}. Nothing was done."
    ),
    "operation.requested": _("{verb} of {money} was asked for."),
    "operation.success": _("{verb} of {money} is done."),
    "operation.failure": _("{verb} of {money} failed: {why}"),
    "operation.conflict": _("{verb} of {money} was done in part only: {why}"),
    "operation.uncertain": _(
        "Nobody knows yet whether the {verb} of {money} was done: {why} It is not sent again; we will ask."
    ),
    "operation.pointed_at": _(
        "The {verb} of {money} was found at {provider} as {provider_id}. We ask about it."
    ),
    "operation.missed": _("The {verb} of {money} was looked for at {provider} by hand, and is not there."),
    "operation.found": _("{provider} lists a {verb} of {money} that was not asked for here."),
}

# What a code says where that particular is not known: (the particular, the sentence without it).
WITHOUT: dict[str, tuple[str, str]] = {
    "payment.started": ("provider_id", _("Attempt {number} is open at {provider}.")),
    "payment.failed": ("why", _("{provider} says the payment failed.")),
    "operation.proposed": (
        "why",
        _("{verb} of {money} was proposed by {person}, and waits for a second person."),
    ),
    "operation.failure": ("why", _("{verb} of {money} failed.")),
    "operation.conflict": ("why", _("{verb} of {money} was done in part only.")),
}
_NOT_KNOWN = ("", "—")

# What a change says that moved the order's end alone.
SAME_MONEY = _("The order was changed: payable until {until}.")

# What a code says when the merchant did it, where that is not the same.
BY_MERCHANT: dict[str, str] = {
    "order.created": _("The order was made here: {money}, payable until {until}."),
}

# Particulars that are words of ours, and so are translated.
_WORDS = {"outcome", "state", "verb", "claim"}
_TRANSLATED = (
    _("open"), _("pending"), _("authorized"), _("paid"), _("refunded"), _("failed"), _("canceled"), _("expired"),
    _("created"), _("started"), _("capture"), _("void"), _("refund"), _("success"), _("failure"), _("cancel"),
    _("nothing"),
)  # fmt: skip
# As everywhere in the admin, and not as the API spells it.
_CHOICES: dict[str, dict[str, Any]] = {
    "channel": dict(Invitation.CHANNELS),
    "letter": dict(Letter.Kind.choices),
    "occasion": dict(OCCASIONS),
    "kind": dict(KINDS),
    "before_kind": dict(KINDS),
    "standing": dict(Agreement.STATES),
    "phase": dict(Agreement.PHASES),
    "ending": dict(Agreement.ENDINGS),
    "misfortune": dict(Account.MISFORTUNES),
}


class _Forgiving(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "…"


def sentence(code: str, data: dict[str, Any], *, by_merchant: bool = False) -> str:
    """The sentence for `code`, in the active language; an unknown code (an older version's) says its own name."""
    text = (by_merchant and BY_MERCHANT.get(code)) or SENTENCES.get(code)
    if text is None:
        return code
    missing, shorter = WITHOUT.get(code, ("", ""))
    if missing and data.get(missing) in _NOT_KNOWN:
        text = shorter
    if code == "order.changed" and data.get("before") == data.get("money"):
        text = SAME_MONEY
    told = {name: _worded(name, value, data.get(f"{name}_said")) for name, value in data.items()}
    return gettext(text).format_map(_Forgiving(told))


def _worded(name: str, value: Any, said: object) -> Any:
    if said and (spoken := spoken_again(said)):
        return spoken
    if name in _CHOICES:
        return _CHOICES[name].get(value, value or "—")
    return gettext(str(value)) if name in _WORDS else value
