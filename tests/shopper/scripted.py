"""A provider that does what the test says. Registered as "scripted"; keeps what it was asked."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from providers.base import (
    OWN_PAGE,
    AccountSettings,
    Charge,
    Claim,
    Kind,
    Occasion,
    Outcome,
    Provider,
    Redirect,
    Report,
    Returned,
    Show,
    Started,
    Widget,
)
from providers.errors import Decline, ProviderError
from providers.money import Money

ORIGIN = "https://widget.example"
WIDGET = Widget(template="shopper_tests/widget.html", data={"ticket": "T-1"}, origins=(ORIGIN,))
_NOT_TO_BE_CANCELED = {Outcome.PENDING, Outcome.AUTHORIZED, Outcome.PAID}  # money beats intent
PAGE = "https://pay.example/checkout?token=T-1"
WIDGET_AND_PAGE = Widget(template=WIDGET.template, data=WIDGET.data, origins=(ORIGIN,), page=PAGE)
REDIRECT = Redirect(url="https://pay.example/session/7")
FORM = Redirect(url="https://pay.example/form", fields={"amount": "42.99"}, method="POST")


class ScriptedSettings(AccountSettings):
    """None."""


class Scripted(Provider):
    slug = "scripted"
    label = "Bank card"
    name = "Scripted Payments"
    settings_type = ScriptedSettings
    kinds = frozenset({Kind.ONE_OFF, Kind.SAVE_CARD})
    occasions = frozenset({Occasion.RECURRING})
    needs_script = True

    calls: ClassVar[list[str]] = []
    charges: ClassVar[list[Charge]] = []
    show: ClassVar[Show | None] = WIDGET
    truth: ClassVar[Report | ProviderError] = Report(outcome=Outcome.OPEN)
    start_error: ClassVar[ProviderError | None] = None
    cancel_error: ClassVar[ProviderError | None] = None
    consent_is_asked_there: ClassVar[bool] = False

    @classmethod
    def forget(cls) -> None:
        cls.calls, cls.charges = [], []
        cls.show, cls.truth = WIDGET, Report(outcome=Outcome.OPEN)
        cls.start_error = cls.cancel_error = None
        cls.consent_is_asked_there = False

    def asks_consent(self) -> bool:
        return self.consent_is_asked_there

    def start(self, charge: Charge) -> Started:
        self._asked("start", charge)
        if self.start_error is not None:
            raise self.start_error
        return Started(show=self.show, provider_id=f"P-{charge.reference}")

    def sync(self, charge: Charge) -> Report:
        self._asked("sync", charge)
        if isinstance(self.truth, ProviderError):
            raise self.truth
        return self.truth

    def resume(self, charge: Charge, query: Mapping[str, str]) -> Returned:
        said = query.get("result", "")
        return Returned(claim=Claim(said) if said else Claim.NOTHING)

    def cancel(self, charge: Charge, *, give_up: bool) -> Report:
        self._asked("give up" if give_up else "cancel", charge)
        if self.cancel_error is not None:
            raise self.cancel_error
        if isinstance(self.truth, Report) and self.truth.outcome in _NOT_TO_BE_CANCELED:
            return self.truth
        return Report(outcome=Outcome.CANCELED)

    def _asked(self, what: str, charge: Charge) -> None:
        self.calls.append(what)
        self.charges.append(charge)


class Plain(Scripted):
    """A second one, which works without a script."""

    slug = "plain"
    label = "Bank transfer"
    name = "Plain Payments"
    kinds = frozenset({Kind.ONE_OFF})
    needs_script = False


class Lasting(Scripted):
    """A third, with a widget and a page of its own. A refused card may be followed by another one there, and it cannot
    be told that an attempt is given up."""

    slug = "lasting"
    label = "Card or local payment method"
    name = "Lasting Payments"
    needs_script = False
    cancel = Provider.cancel


class Twofold(Scripted):
    """A fourth, whose attempts are made for its widget or for its page, and are never both."""

    slug = "twofold"
    label = "Card or gift card"
    name = "Twofold Payments"
    channels = ("widget", OWN_PAGE)
    needs_script = False

    def start(self, charge: Charge) -> Started:
        started = super().start(charge)
        return replace(started, show=REDIRECT) if charge.channel == OWN_PAGE else started


class Agreeing(Scripted):
    """A fifth, on whose page one agrees to more payments than one. It cannot be told that an attempt is given up, and
    the merchant can type on its page, too."""

    slug = "agreeing"
    label = "Card, on its page"
    name = "Agreeing Payments"
    kinds = frozenset({Kind.SUBSCRIPTION, Kind.PAYMENT_PLAN, Kind.MANDATE})
    desk = True
    needs_script = False
    cancel = Provider.cancel

    def start(self, charge: Charge) -> Started:
        return replace(super().start(charge), show=REDIRECT)


def paid(minor: int = 4299, **more: Any) -> Report:
    money = Money(minor, "EUR")
    return Report(outcome=Outcome.PAID, authorized=money, captured=money, **more)


def authorized() -> Report:
    return Report(outcome=Outcome.AUTHORIZED, authorized=Money(4299, "EUR"))


def refused_there(reason: str = "insufficient_funds") -> Report:
    """This card is refused; the shopper may take another one in the same attempt."""
    return Report(outcome=Outcome.OPEN, decline=Decline(code="05", message="Do not honour", reason=reason))


def refused(reason: str, **more: Any) -> Report:
    return Report(
        outcome=Outcome.FAILED, decline=Decline(code="05", message="Do not honour", reason=reason), **more
    )
