"""The kinds of no: when a provider does not answer, or answers no, the caller's next step is in the class's name."""

from dataclasses import dataclass

from providers.said import listed


@dataclass(frozen=True, kw_only=True)
class Decline:
    """Why not. `code` is the provider's own word; `reason` is ours, and what the shopper is told hangs on it."""

    code: str
    message: str = ""
    reason: str = "declined"  # one of REASONS


REASONS = (
    "declined",
    "insufficient_funds",
    "expired_card",
    "invalid_card",
    "wrong_cvc",
    "authentication_failed",
    "limit_exceeded",
    "lost_or_stolen",
    "fraud_suspected",
    "not_supported",
    "technical_error",
)


class ProviderError(Exception):
    """Anything a provider's answer may end in that is not an answer. `str()` is fit for the merchant's eyes."""

    @property
    def sentence(self) -> str:
        """To stand within another sentence: `str()` would leave it in English for ever."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class Declined(ProviderError):
    """A definite no: nothing was charged. `decline` says why."""

    def __init__(self, decline: Decline) -> None:
        super().__init__(decline.message or decline.code)
        self.decline = decline


class Uncertain(ProviderError):
    """Nobody knows yet (a timeout, a 5xx, half an answer): ask again before anything else is done."""


class Unreachable(Uncertain):
    """The request never left, or was refused unread (no connection, 429, 509): surely nothing happened there."""


class Misconfigured(ProviderError):
    """The merchant must act: wrong credentials, a feature that is not activated, a setting that is missing."""


class Forged(ProviderError):
    """A notification or a return whose signature does not hold. It changes nothing."""


FieldError = tuple[str, str]  # (the field's path, what is wrong with it)


class Invalid(ProviderError):
    """The provider (or the contract's own rules, before the call) refuses a field: `field` names it, `why` says why.

    `field` is the path in the shop's own request, such as `customer.email` or `options.epc.orderId`; `others` are
    refused in the same answer, and `errors` is all of them.
    """

    def __init__(self, field_name: str, why: str, *others: FieldError) -> None:
        self.errors: tuple[FieldError, ...] = ((field_name, why), *others)
        super().__init__(listed(self.errors))
        self.field = field_name
        self.why = why
