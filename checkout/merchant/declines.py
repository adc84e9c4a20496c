"""Why did it not go through? A decline in three voices: what the shopper was told, what it means, what to do next."""

from dataclasses import dataclass
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _

from checkout.decline_texts import decline_of
from checkout.merchant.shown import provider_name
from checkout.models import Payment
from checkout.states import State
from providers.base import Claim
from providers.declines import Code

PLAIN = "declined"  # the reason of whatever tells none


@dataclass(frozen=True)
class Reason:
    """One of providers.errors.REASONS, for the merchant. `next` is what to say on the phone, and what to do."""

    name: Promise
    meaning: Promise
    next: Promise


REASONS: dict[str, Reason] = {
    "declined": Reason(
        _("declined"),
        _("The payment was declined, and no reason was given."),
        _("The customer can try another card, or another way to pay. If it has to be this card, only the customer’s "
          "bank can say why it refused: ask the customer to call it."),
    ),
    "insufficient_funds": Reason(
        _("not enough money"),
        _("There is not enough money or credit for this amount."),
        _("Suggest another card, or the same one on a day when there is money on it. There is nothing to mend here."),
    ),
    "expired_card": Reason(
        _("expired card"),
        _("The card has expired."),
        _("Ask for the new card, or another one. If the date was only mistyped, the customer can try again with the "
          "right one. A saved card that has expired is best removed."),
    ),
    "invalid_card": Reason(
        _("wrong card number or date"),
        _("The card’s number or expiry date is not right."),
        _("The customer can try again and compare each digit with the card. If it fails again, another card. Let "
          "nobody send you a card number by e-mail, and write none down."),
    ),
    "wrong_cvc": Reason(
        _("wrong security code"),
        _("The security code is not the card’s."),
        _("The customer can try again with the code that is printed on the card: three digits on the back, or four on "
          "the front of an American Express. After several wrong ones the bank may block the card."),
    ),
    "authentication_failed": Reason(
        _("not confirmed with the bank"),
        _("The bank could not make sure that it was the cardholder who paid."),
        _("The customer can try again and has to confirm in the bank’s app, or with its code, so the phone should be "
          "at hand. If it keeps failing, another card, or a call to the bank."),
    ),
    "limit_exceeded": Reason(
        _("above a limit"),
        _("The amount, or the number of payments, is above a limit of the card."),
        _("The customer can have the bank raise the limit, often at once in its app, and try again then. Or another "
          "card."),
    ),
    "lost_or_stolen": Reason(
        _("blocked card"),
        _("The bank has blocked the card for good, as lost or stolen perhaps."),
        _("Do not charge this card any more. Tell the customer only that this card is not accepted: whoever calls may "
          "not be its owner. Ask for another way to pay, and check the order before you send anything."),
    ),
    "fraud_suspected": Reason(
        _("suspected fraud"),
        _("The bank or the provider takes the payment for suspicious."),
        _("Do not help this payment through. Check who is ordering: the name, the address, how much, and where to. "
          "A customer whom you know can clear it with their bank, or pay by bank transfer."),
    ),
    "not_supported": Reason(
        _("not accepted"),
        _("This card, currency or kind of payment is not accepted."),
        _("Another card, or another way to pay. If it happens to many customers, ask the provider which cards and "
          "currencies your contract covers."),
    ),
    "technical_error": Reason(
        _("technical problem"),
        _("Something between us, the provider and the bank did not work. The card itself was not judged."),
        _("Look at the exchanges in the timeline: what was asked, and what was answered. If it happens again, give the "
          "provider its own id of the payment and ask. Meanwhile the customer can pay in another way."),
    ),
}  # fmt: skip

# Codes that no provider gives, but we: nothing was opened at the provider. What it means, and what to do next.
OURS: dict[str, tuple[Promise, Promise]] = {
    "unreachable": (
        _("The provider could not be reached, so the payment was never begun."),
        _("The customer can try again in some minutes. If it goes on, ask the provider whether something is broken."),
    ),
    "not_opened": (
        _("The payment was written down here, but never opened at the provider."),
        _("Nothing was charged: the customer can begin again."),
    ),
    "misconfigured": (
        _("The provider refuses something in this account’s settings, so nobody can pay through it."),
        _("Mend what the sentence above names, in the account’s settings or at the provider. The customer can do "
          "nothing about it, but can pay in another way."),
    ),
    "invalid": (
        _("The provider refuses something in the shop’s order."),
        _("The shop’s software has to mend the fields that are named. The customer can do nothing about it, but can "
          "pay in another way."),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Voices:
    """The provider's own `code` and `message` stand beside them. `shopper` is empty where no page of ours says it;
    `told` is False while the shopper has not come back to our page, and has read only what the provider's form says."""

    name: str
    shopper: str
    merchant: str
    next: str
    code: str
    message: str
    told: bool = True
    ours: bool = False  # the message is a sentence of ours, not the provider's


def voices(payment: Payment) -> Voices | None:
    """None for a payment that nobody has declined."""
    code, message = payment.decline_code, payment.decline_message
    if payment.state != State.FAILED and not (code or message or payment.decline_reason):
        return None
    ours = REASONS.get(payment.decline_reason, REASONS[PLAIN])
    meaning, advice = _merchants(payment, ours)
    further = payment.order.agreement_id is not None  # its page tells no reason
    return Voices(
        name=str(ours.name),
        shopper="" if further else " ".join(str(text) for text in decline_of(payment.decline_reason)),
        merchant=meaning,
        next=advice,
        code=code,
        message=message,
        told=not payment.is_open or payment.claim == Claim.FAILURE,
        ours=code in OURS,
    )


def _merchants(payment: Payment, ours: Reason) -> tuple[str, str]:
    """What it means, and what to do next."""
    word = payment.decline_code
    if word in OURS:
        meaning, advice = OURS[word]
        return str(meaning), str(advice)
    known = _code(payment)
    if known is None:
        return _unlisted(payment, ours), str(ours.next)
    if known.reason != payment.decline_reason:
        # The code says no more than no, and what is known came from the provider's sentence.
        return str(ours.meaning), str(ours.next)
    return gettext(known.meaning), gettext(known.advice) if known.advice else str(ours.next)


def _code(payment: Payment) -> Code | None:
    try:
        return payment.account.provider_class.code(payment.decline_code)
    except KeyError:  # a provider that this installation does not have any more
        return None


def _unlisted(payment: Payment, ours: Reason) -> str:
    """A code that is not in our list is repeated as the provider says it."""
    if not payment.decline_code:
        return str(ours.meaning)
    about = {
        "meaning": ours.meaning,
        "provider": provider_name(payment.account),
        "code": payment.decline_code,
        "message": payment.decline_message.rstrip("."),
    }
    if payment.decline_message:
        return (
            gettext("%(meaning)s %(provider)s says “%(message)s”. Its code, %(code)s, is not in our list.")
            % about
        )
    return gettext("%(meaning)s %(provider)s’s code, %(code)s, is not in our list.") % about


class DeclineReason(SimpleListFilter):
    title = gettext_lazy("decline reason")
    parameter_name = "decline_reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(word, reason.name) for word, reason in REASONS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(decline_reason=self.value()) if self.value() else queryset
