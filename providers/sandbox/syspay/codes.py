"""In which numbers and words does SysPay say no? Section 1.2 of the contract, as far as this stand-in needs it.

[inferred]: that v1 uses the numbers of the v2 catalogue, and which number belongs to which field. FORBIDDEN is ours:
the catalogue has none for an unknown caller.
"""

FORBIDDEN = 403

_MESSAGES = {
    FORBIDDEN: "Forbidden",
    10001: "Invalid data format",
    10003: "Missing required parameters: {parameters}",
    10004: "Extra parameters not allowed: {parameters}",
    10008: "Conflicting parameters: {parameters}",
    10009: "The value {value} is not of type {type}",
    20002: "Invalid currency parameter",
    20003: "Invalid start_date parameter",
    20004: "Invalid end_date parameter",
    20006: "Website not found",
    20007: "Payment not found",
    20008: "The extra parameter has a maximum length of {limit} characters",
    20013: "Invalid JSON",
    20019: "Resource not found",
    20039: "This payment method does not handle refunds.",
    30005: "Invalid redirect_url parameter",
    30006: "Invalid ems_url parameter",
    30007: "Invalid payment reference parameter",
    30008: "Payment reference is not unique",
    30011: "Invalid payment amount parameter",
    30012: "The payment amount parameter should be minimum {limit}",
    30013: "The payment amount parameter can be maximum {limit}",
    30014: "Unsupported currency parameter",
    30015: "Invalid description parameter (maximum {limit} characters)",
    30016: "Invalid email parameter",
    30017: "Invalid language: {value}",
    30026: "Invalid status parameter",
    30027: "The payment currency does not match with the billing agreement currency",
    30031: "Invalid number of allowed retries",
    30034: "No permission to make refunds",
    40001: "Invalid payment_id parameter",
    40002: "Invalid refund reference parameter",
    40003: "The refund reference parameter is not unique",
    40004: "The refund currency parameter does not match with the original payment currency",
    40005: "Invalid refund amount parameter",
    40006: "The refund amount parameter is too high, the total refund amounts cannot be greater than the original "
    "payment amount",
    40007: "The refund description parameter has a maximum length of {limit} characters",
    40009: "Refund not found",
    40010: "Not enough funds on your account to process this refund",
    50001: "The original preauth payment has an invalid status",
    50002: "The authorization could not be captured",
    50003: "The authorization could not be voided",
    50004: "This operation is currently being processed",
    60001: "Billing agreement not found",
    60003: "The billing agreement status is not active",
    70001: "Chargeback not found",
    80001: "Subscription not found",
    80002: "Subscription not active",
    90002: "redirect_url must be given (no default url found)",
    110001: "Invalid locked parameter",
    110002: "Invalid type parameter",
    110003: "Invalid trial period parameter",
    110004: "Invalid trial period unit",
    110005: "Invalid trial cycles parameter",
    110006: "Invalid billing period parameter",
    110007: "Invalid billing period unit",
    110008: "Invalid billing cycles parameter",
    # As the catalogue spells it.
    110009: "Invalid API webiste ID",
    110010: "Invalid post-process redirect URL",
    110011: "Invalid initial charge value",
    110012: "Invalid first name",
    110013: "Invalid last name",
    110014: "Invalid phone number",
    110015: "The address parameter can be maximum {limit}",
    110016: "The city parameter can be maximum {limit}",
    110018: "Invalid phone prefix",
    110019: "Invalid customer country",
    110020: "The first name parameter has a maximum length of {limit} characters",
    110021: "The last name parameter has a maximum length of {limit} characters",
    110022: "Invalid value for preauth",
    110023: "The reference parameter has a maximum length of {limit} characters",
    170016: "Unknown input to be locked",
    170018: "Invalid locked input value",
}
# What is not found is a 404; who may not call, a 403; everything else a 400.
_STATUS = {FORBIDDEN: 403} | dict.fromkeys((20007, 20019, 40009, 60001, 70001, 80001), 404)


class Refused(Exception):
    """The call is not carried out. `field`: where in the request, for our own API; SysPay does not tell it."""

    def __init__(self, code: int, field: str = "", **words: object) -> None:
        self.code = code
        self.field = field
        self.status = _STATUS.get(code, 400)
        super().__init__(_MESSAGES[code].format(**words))


# section 5: why a payment failed
FAILURES = (
    "card_flagged", "declined", "duplicated", "expired", "fraud_suspicious", "insufficient_funds", "invalid_card",
    "invalid_cv2", "invalid_details", "other", "technical_error", "unsupported",
)  # fmt: skip
# Not a category: the payment ends in ERROR.
ERROR = "error"
_COMMON_WORDS = {
    "": "declined",
    "do_not_honour": "declined",
    "expired_card": "expired",
    "stolen_card": "card_flagged",
    "authentication_failed": "declined",
}


def failure_of(reason: str) -> str:
    """A failure category for a common word, for a category, and for anything else."""
    reason = _COMMON_WORDS.get(reason, reason)
    return reason if reason in FAILURES or reason == ERROR else "other"
