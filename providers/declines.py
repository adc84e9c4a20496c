"""What does a provider's code for a no say to the merchant? The type of every provider's table, and what many share.

A provider lists its codes in a file of its own (`providers/<slug>/declines.py`). The sentences are English; whoever
shows them translates them. `reason` decides what the shopper is told; `meaning` and `advice` are for the merchant.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """`reason`: one of errors.REASONS. `meaning`: what this very code says, one sentence. `advice`: what to do next,
    only where that is not what the reason usually asks for."""

    reason: str
    meaning: str
    advice: str = ""


# --- what several providers say, in other letters ------------------------------------------------------------------

REFUSED = Code("declined", "The customer’s bank refused the payment and does not say why.")
DO_NOT_HONOUR = Code(
    "declined",
    "Do not honour: the bank refused, and keeps the reason to itself.",
    "The customer’s bank alone can say why: ask the customer to call it. Else another card, or another way to pay.",
)
CALL_THE_BANK = Code(
    "declined",
    "The customer’s bank wants to speak to the customer before it decides.",
    "Ask the customer to call their bank, at the number on the card, and to try again then; or take another card.",
)
NO_FUNDS = Code("insufficient_funds", "There is not enough money or credit on the card for this amount.")
EXPIRED = Code(
    "expired_card", "The card has expired, or its expiry date was not typed as it stands on the card."
)
WRONG_NUMBER = Code("invalid_card", "The card’s number is not right, or no such card exists.")
WRONG_CARD_DATA = Code("invalid_card", "Something that was typed from the card is not right.")
WRONG_CVC = Code("wrong_cvc", "The card’s security code is missing or not right.")
NOT_AUTHENTICATED = Code(
    "authentication_failed", "3-D Secure: the customer did not prove to the bank that it was them."
)
MUST_AUTHENTICATE = Code(
    "authentication_failed",
    "The bank wants the cardholder to confirm this payment (3-D Secure), and nobody was asked to.",
    "The customer has to pay it in person, with the bank’s app or code at hand: send them a payment link. "
    "If it is sent without them, it is refused each time.",
)
AUTHENTICATION_BROKE = Code(
    "authentication_failed",
    "3-D Secure did not get through to the bank: the check broke off for a technical reason.",
    "The customer can try again in a few minutes. If it happens to several customers, ask the provider.",
)
AUTHENTICATION_TOO_SLOW = Code(
    "authentication_failed",
    "3-D Secure: the customer did not confirm in the time that the bank gives.",
    "Ask the customer to try again with the phone in reach, and to confirm at once.",
)
OVER_LIMIT = Code("limit_exceeded", "The amount is above what the card’s bank allows.")
TOO_OFTEN = Code(
    "limit_exceeded",
    "The card was used, or tried, more often than its bank allows.",
    "Take another card, or wait a day. More tries now make it worse.",
)
LOST = Code("lost_or_stolen", "The card was reported lost.")
STOLEN = Code("lost_or_stolen", "The card was reported stolen.")
BLOCKED = Code("lost_or_stolen", "The bank has blocked the card.")
FRAUD = Code("fraud_suspected", "The customer’s bank suspects fraud.")
STOPPED_BY_RULES = Code(
    "fraud_suspected",
    "The provider’s checks against fraud stopped the payment, not the bank.",
    "Look in the provider’s back office which of its rules, or of yours, stopped it, and check who is ordering. "
    "Loosen a rule only when you know the customer.",
)
NOT_FOR_THIS_CARD = Code("not_supported", "The card may not be used for payments of this kind.")
CARD_NOT_TAKEN = Code(
    "not_supported",
    "Your contract does not take cards of this kind.",
    "Another card, or another way to pay. Ask the provider if you want to take such cards.",
)
CURRENCY_NOT_TAKEN = Code(
    "not_supported",
    "Your contract does not take this currency.",
    "No card will help: ask the provider to add the currency, or have the order made in another one.",
)
NO_CONTRACT = Code(
    "not_supported",
    "Your account at the provider may not take this kind of payment.",
    "No card will help: ask the provider to allow it, or take another way to pay.",
)
BANK_AWAY = Code(
    "technical_error",
    "The customer’s bank could not be reached, or did not answer in time.",
    "The customer can try again in some minutes, or take a card of another bank. There is nothing to mend here.",
)
PROVIDER_BROKEN = Code("technical_error", "The provider’s own system had a failure.")
BAD_REQUEST = Code(
    "technical_error",
    "The provider does not accept something in what we sent it.",
    "The customer can do nothing about it. The exchange in the timeline names the field: the shop’s software or the "
    "account’s settings have to mend it.",
)
WRONG_ACCOUNT = Code(
    "technical_error",
    "The provider does not accept this account: its name, its key or its contract.",
    "The customer can do nothing about it. Compare the account’s settings with the provider’s back office, and ask the "
    "provider if they are right.",
)
REPEATED = Code(
    "declined",
    "The provider takes it for a repetition of a payment that it has already.",
    "Before anything else look in the provider’s back office whether the first one was paid. If it was not, wait some "
    "minutes and let the customer try again.",
)
CUSTOMER_LEFT = Code(
    "declined",
    "The customer broke the payment off, or did not finish it.",
    "Nothing is wrong with the card. Ask whether the customer still wants to pay, and send the payment link.",
)
TOO_LATE = Code(
    "declined",
    "The time to pay at the provider was over.",
    "Nothing is wrong with the card: let the customer begin again, with a new payment link if need be.",
)
NEVER_MADE = Code(
    "technical_error",
    "The provider knows nothing of this payment: it was never made.",
    "Nothing was charged. It can be begun again. If it happens often, ask the provider.",
)
