"""How does an agreement stand, what does that mean, and what is to be done? For the merchant, in sentences."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from checkout.agreed import in_words
from checkout.merchant.shown import provider_name
from checkout.models import Agreement, Order
from checkout.payments.terms import terms_of
from providers.agreements import AgreementState, Ending, Phase
from providers.base import Kind

_STATES: dict[str, Promise] = {
    AgreementState.PENDING: gettext_lazy(
        "Its first payment has not succeeded yet, so nothing more is charged. There is nothing to do: %(provider)s is "
        "asked until it is known."
    ),
    AgreementState.ACTIVE: gettext_lazy(
        "It is in force: %(provider)s takes the payments that were agreed by itself."
    ),
    AgreementState.CANCELED: gettext_lazy(
        "It never began: its first payment failed, and nothing will be charged. If the customer still wants it, "
        "make a new order."
    ),
    AgreementState.ENDED: gettext_lazy("It has ended: %(provider)s takes no more payments by itself."),
    AgreementState.TERMINATED: gettext_lazy(
        "It is over for good: no payment can be taken under it any more, neither by itself nor by hand. A customer "
        "who wants it again has to agree anew, with a new order."
    ),
}
_ACTIVE_MANDATE = gettext_lazy(
    "It is in force. Nothing is charged by itself: each payment is asked for by the shop, or here."
)
_BY_HAND = gettext_lazy("It can be charged once more by hand.")
_PHASES: dict[str, Promise] = {
    Phase.NEW: gettext_lazy("No payment has been taken under it yet."),
    Phase.TRIAL: gettext_lazy("The customer is on trial. What comes next is said below."),
    Phase.BILLING: gettext_lazy("The regular payments are under way. There is nothing to do."),
    Phase.RETRY: gettext_lazy(
        "A payment failed, and %(provider)s tries again by itself. Tell the customer to see to the card or account. "
        "If it is not to be tried again, end the agreement."
    ),
    Phase.LAST: gettext_lazy(
        "It is to end with what is paid: the customer still gets that, and nothing more is charged by itself."
    ),
    Phase.CLOSED: gettext_lazy("Nothing more happens here by itself."),
}
# The provider's words for what comes next, in our spelling.
_EVENTS: dict[str, Promise] = {
    "trial": gettext_lazy("a payment for the trial"),
    "free_trial": gettext_lazy("a free trial"),
    "initial": gettext_lazy("the first regular payment"),
    "bill": gettext_lazy("a regular payment"),
    "end": gettext_lazy("it ends"),
}


def event_in_words(agreement: Agreement) -> str:
    """What happens next; "" when nothing is known to come."""
    return str(_EVENTS.get(agreement.next_event, agreement.next_event))


def agreed(agreement: Agreement) -> str:
    return in_words(agreement.kind, terms_of(agreement.terms, agreement.currency))


def agreed_with(order: Order) -> str:
    """What a customer agrees to with this order; "" for an order that begins nothing."""
    return in_words(order.kind, terms_of(order.terms, order.currency))


def in_short(agreement: Agreement) -> str:
    """active (paying)"""
    if not agreement.phase:
        return str(agreement.get_state_display())
    return _("%(state)s (%(phase)s)") % {
        "state": agreement.get_state_display(),
        "phase": agreement.get_phase_display(),
    }


def meaning(agreement: Agreement) -> list[str]:
    """The state's sentence and the phase's, and whether a hand may still do something. A word that is none of ours has
    no sentence."""
    about = {"provider": provider_name(agreement.account)}
    on_demand = agreement.state == AgreementState.ACTIVE and agreement.kind == Kind.MANDATE
    told = [_ACTIVE_MANDATE if on_demand else _STATES.get(agreement.state)]
    if agreement.state not in (AgreementState.CANCELED, AgreementState.TERMINATED):  # these say it all
        told.append(_PHASES.get(agreement.phase))
    if agreement.may_charge:
        told.append(_BY_HAND)
    return [str(text) % about for text in told if text is not None]


def endings(agreement: Agreement) -> list[Ending]:
    """The ways in which the provider offers to end it now; a word that is none of ours is none."""
    return [ending for ending in Ending if ending.value in agreement.endings]
