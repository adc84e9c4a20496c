"""What is a shopper told of a declined payment? Two sentences for each of our reasons, instead of a bank's code.

The shopper's page says them, and the merchant's pages say what the shopper was told.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Our decline reasons (providers.errors.REASONS): what happened, and what to do next.
_BANK = _("Ask your bank, or pay in another way.")
DECLINES: dict[str, tuple[Promise, Promise]] = {
    "declined": (
        _("The bank declined the payment and did not say why."),
        _BANK,
    ),
    "insufficient_funds": (
        _("There was not enough money available on this card."),
        _("Use another card, or try again once there is."),
    ),
    "expired_card": (
        _("This card has expired."),
        _("Check the expiry date, or use another card."),
    ),
    "invalid_card": (
        _("The card number or the expiry date was not right."),
        _("Try again and compare each digit with your card."),
    ),
    "wrong_cvc": (
        _("The security code was not right."),
        _("Try again: it is the three or four digits printed on the card, apart from its number."),
    ),
    "authentication_failed": (
        _("Your bank could not confirm that it was you."),
        _("Try again and follow your bank's instructions, in its app for example."),
    ),
    "limit_exceeded": (
        _("The amount is above this card's limit."),
        _("Raise the limit with your bank, or use another card."),
    ),
    "lost_or_stolen": (
        _("The bank does not accept this card any more."),
        _("Use another card, and ask your bank about this one."),
    ),
    "fraud_suspected": (
        _("The payment was stopped as a precaution."),
        _BANK,
    ),
    "not_supported": (
        _("This card cannot be used for this payment."),
        _("Use another card or another way to pay."),
    ),
    "technical_error": (
        _("A technical problem got in the way. It was not you."),
        _("Try again in a moment, or pay in another way."),
    ),
}


def decline_of(reason: str) -> tuple[Promise, Promise]:
    return DECLINES.get(reason, DECLINES["declined"])
