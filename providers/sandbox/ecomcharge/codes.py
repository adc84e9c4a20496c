"""What does eComCharge call a refusal? Its processing errors, with their English sentences [public: codes]."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """`bank` is what the acquirer said, ISO 8583 [inferred]: the contract has no table from the one to the other."""

    code: str
    message: str
    friendly: str
    bank: str = "05"


_CUSTOMER_BANK = "The bank's phone number is indicated on the back of your card."
_LIMITS = "Transaction amount or the number of transactions exceeds the"
_ALL = (
    Code("F.0105", "Do not honor. Contact the payment service provider for details.",
         "Do not honor. Failed to complete the transaction. Contact the merchant for details."),
    Code("F.0108", "Duplicate transaction or order. Check the status of the original transaction or order. "
         "Contact the payment service provider for details.",
         "Duplicate order. Failed to complete the transaction. Contact the merchant for the status of the "
         "original order.", "94"),
    Code("F.0109", "Order expired. Failed to complete the transaction.",
         "Order expired. Failed to complete the transaction. Contact the merchant for details."),
    Code("F.0111", "Card expired. Ask the customer to use a valid card.",
         "Card expired. Failed to complete the transaction. Use a valid card.", "54"),
    Code("F.0112", "CVV verification failed. Ask the customer to enter the valid card CVV.",
         "CVV verification failed. Failed to complete the transaction. Enter a valid CVV indicated on your card.",
         "82"),
    Code("F.0113", "Currency not supported. Check the currency in the request or contact the payment service "
         "provider for details.",
         "Currency not supported. Failed to complete the transaction. Choose another currency or contact the "
         "merchant for details.", "12"),
    Code("F.0114", "Insufficient funds. Check the account balance or contact the payment service provider for "
         "details.",
         "Insufficient funds. Failed to complete the transaction. Check the account balance.", "51"),
    Code("F.0116", "Issuer error. Potential fraud. The means of payment might be stolen or lost. Check your "
         "customer details.",
         "Payment details error. Failed to complete the transaction. Contact the merchant or the card-issuing "
         f"bank for details. {_CUSTOMER_BANK}", "59"),
    Code("F.0123", f"{_LIMITS} payment service provider’s limits. Check the transaction amount and the number "
         "of transactions or contact the payment service provider for details.",
         f"{_LIMITS} limits. Failed to complete the transaction. Check the transaction amount or contact the "
         "merchant for details.", "61"),
    Code("F.0124", f"{_LIMITS} issuer's limits. Check the transaction amount or the number of transactions. Ask "
         "the customer to contact the card-issuing bank.",
         f"{_LIMITS} limits. Failed to complete the transaction. Contact the merchant or the bank that issued "
         f"your card for details. {_CUSTOMER_BANK}", "61"),
    Code("F.0129", "3-D Secure verification error. Contact the payment service provider for details.",
         "3-D Secure verification error. Check your 3-D Secure code or contact the payment service provider for "
         "details."),
    Code("F.0130", "3-D Secure verification error. Contact the issuing bank for details.",
         "3-D Secure verification error. Check your 3-D Secure code or contact your card-issuing bank for "
         f"details. {_CUSTOMER_BANK}"),
    Code("F.0132", "The transaction was rejected by the client. The transaction could not be completed. Ask the "
         "customer to repeat the payment.",
         "The transaction was rejected. The transaction could not be completed. Please choose another payment "
         "method or retry the payment."),
    Code("F.0998", "Transaction failed. The transaction was automatically completed by the provider's system. "
         "No further action is required.",
         "Transaction failed. The transaction was automatically completed by the provider's system. No further "
         "action is required."),
    Code("F.0999", "Failed to complete the transaction. Contact the payment service provider.",
         "Failed to complete the transaction. Contact the merchant for details."),
)  # fmt: skip
CODES = {code.code: code for code in _ALL}

# The words a fault may be armed with, common to all stand-ins.
BY_REASON = {
    "do_not_honour": "F.0105",
    "insufficient_funds": "F.0114",
    "expired_card": "F.0111",
    "stolen_card": "F.0116",
    "authentication_failed": "F.0130",
}


def of_reason(reason: str) -> str:
    """A code, from a code or from a common word; empty when it is neither."""
    return reason if reason in CODES else BY_REASON.get(reason, "")
