"""What became of a capture, void or refund, how was it to be shared out, and what can be done next?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from checkout.merchant.action import Button
from checkout.merchant.declines import Voices
from checkout.models import Operation, Payment, Proposal
from checkout.payments.operate import shares_of
from checkout.payments.operations import undone
from checkout.templatetags.guichet import money as money_text
from checkout.templatetags.guichet import names_of
from providers.base import Verb
from providers.money import Money


@dataclass(frozen=True)
class Attempt:
    """A row of the attempts table."""

    payment: Payment
    provider: str
    buttons: list[Button]
    voices: Voices | None = None  # why it was declined


@dataclass(frozen=True)
class Line:
    """An operation in the table. `ours`: the key it was sent with, where it was asked for here. `approved_by`: who the
    second person was, where there was one."""

    row: Operation
    ours: str = ""
    approved_by: str = ""
    message: str = ""
    plan: str = ""
    next: str = ""
    button: Button | None = None

    @property
    def has_more(self) -> bool:
        return bool(self.message or self.plan or self.next)


def operations(attempts: Sequence[Attempt]) -> list[Line]:
    approved = Proposal.objects.filter(
        payment__in=[attempt.payment.pk for attempt in attempts], state=Proposal.State.APPROVED
    )
    second = dict(approved.values_list("key", "decided_by__username"))
    return [_line(attempt, row, second) for attempt in attempts for row in attempt.payment.operations.all()]


def _line(attempt: Attempt, row: Operation, second: dict[str, str]) -> Line:
    payment = attempt.payment
    rest = undone(payment, row)
    again = next((button for button in attempt.buttons if rest and button.action.name == row.verb), None)
    return Line(
        row,
        ours=row.key if row.key.startswith(payment.reference) else "",
        approved_by=second.get(row.key, ""),
        message="" if row.message == "—" else row.message,
        plan=_plan(row),
        next=_next(payment, row, rest, can=again is not None),
        button=again,
    )


def _plan(row: Operation) -> str:
    """How it was to be shared out, when it was agreed to. What the means have given stands in their own table."""
    shares = shares_of(row)
    names = names_of([(share["partner"], share["method"]) for share in shares])
    sums = (money_text(Money(share["amount"], row.currency)) for share in shares)
    return "; ".join(f"{name} {money}" for name, money in zip(names, sums, strict=True))


def _next(payment: Payment, row: Operation, rest: Money, *, can: bool) -> str:
    if row.status in Operation.OPEN:
        return _waiting(payment.next_check_at)
    if not rest:
        return ""
    about = {"rest": money_text(rest), "whole": money_text(row.money)}
    left = {
        Verb.CAPTURE: _("%(rest)s of %(whole)s is still to be captured. Nothing is sent again by itself."),
        Verb.VOID: _("%(rest)s of %(whole)s is still to be voided. Nothing is sent again by itself."),
        Verb.REFUND: _("%(rest)s of %(whole)s is still to be refunded. Nothing is sent again by itself."),
    }[Verb(row.verb)] % about
    return f"{left} {_again(Verb(row.verb))}" if can else left


def _again(verb: Verb) -> str:
    return {
        Verb.CAPTURE: _("You can capture it anew:"),
        Verb.VOID: _("You can void it anew:"),
        Verb.REFUND: _("You can refund it anew:"),
    }[verb]


def _waiting(next_look: datetime | None) -> str:
    if next_look is None:
        return ""
    at = f"{next_look.astimezone(UTC):%Y-%m-%d %H:%M}"
    return _("It is not sent again. The provider is asked how it ended, next at %(at)s UTC.") % {"at": at}
