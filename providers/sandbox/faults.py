"""What shall go wrong next? Faults are armed by the console or the API, and taken once each."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from providers.sandbox import clock
from providers.sandbox.models import Fault

# How the next payment ends, whatever card is used.
OUTCOMES = ("approve", "refuse", "cancel", "challenge")
# What happens to the next call of the shop's server.
HTTP = ("slow", "no_answer", "http_500", "http_509", "http_429", "cut_body")
# What happens to the next notification.
NOTIFICATION = ("lost", "doubled", "late", "reordered", "forged", "wrong_signature")
# What a stand-in does by itself. `delayed`: the final result comes `seconds` later on the sandbox's clock.
SPECIAL = ("delayed", "repayment_unsafe")
# How a partner ends its part of the next operation (or payment); `reason` may say which partner's.
OPERATION = ("pending", "uncertain", "failure")
ALL = (*OUTCOMES, *HTTP, *NOTIFICATION, *SPECIAL, *OPERATION)

LABELS = {
    "approve": "Approve",
    "refuse": "Refuse",
    "cancel": "Cancel by the shopper",
    "challenge": "3-D Secure challenge",
    "slow": "Slow answer",
    "no_answer": "No answer",
    "http_500": "HTTP 500",
    "http_509": "HTTP 509 (too many calls)",
    "http_429": "HTTP 429 (too many calls)",
    "cut_body": "A body cut in half",
    "lost": "Notification lost",
    "doubled": "Notification doubled",
    "late": "Notification late",
    "reordered": "Notifications reordered",
    "forged": "Notification forged",
    "wrong_signature": "Notification signed wrongly",
    "delayed": "Result delayed",
    "repayment_unsafe": "Repayment not safe",
    "pending": "Pending",
    "uncertain": "Uncertain",
    "failure": "Failure",
}
REASONS = ("do_not_honour", "insufficient_funds", "expired_card", "stolen_card", "authentication_failed")
_SECONDS = {"slow": 8, "no_answer": 35, "late": 300, "reordered": 600, "delayed": 60}


@dataclass(frozen=True)
class Armed:
    """A fault that has been taken: it will not be given to anyone else."""

    fault: str
    reason: str = ""
    seconds: int = 0
    when: str = "before"


def arm(
    provider: str, fault: str, *, method: str = "", reason: str = "", seconds: int | None = None,
    when: str = "", times: int = 1,
) -> Fault:  # fmt: skip
    """Have `fault` happen at the next `times` occasions; 0 times: at every one until it is cleared."""
    # A body can only be cut once there is one; all other faults strike before anything has happened.
    when = when or ("after" if fault == "cut_body" else "before")
    return Fault.objects.create(
        provider=provider, fault=fault, method=method, reason=reason, seconds=seconds, when=when, left=times
    )


def take(
    provider: str, kinds: tuple[str, ...], method: str = "", *, only_named: bool = False,
    about: Collection[str] | None = None,
) -> Armed | None:  # fmt: skip
    """The oldest armed fault of these kinds that fits, and one time less of it.

    `only_named`: a fault armed for no method in particular does not fit. `about`: neither does one whose
    reason is not among these.
    """
    methods = {method} if only_named else {method, ""}
    fitting = Fault.objects.filter(provider=provider, fault__in=kinds, method__in=methods).order_by("id")
    if about is not None:
        fitting = fitting.filter(reason__in=about)
    # Most calls meet no fault, and need not wait for the write lock to learn it.
    if not fitting.exists():
        return None
    with transaction.atomic():
        found = fitting.first()
        if found is None:
            return None
        if found.left == 1:
            found.delete()
        elif found.left > 1:
            found.left -= 1
            found.save(update_fields=["left"])
    seconds = found.seconds if found.seconds is not None else _SECONDS.get(found.fault, 0)
    return Armed(found.fault, found.reason, seconds, found.when)


def clear(provider: str = "") -> int:
    """Clear all, or one provider's; calls that are being held go on at once."""
    armed = Fault.objects.filter(provider=provider) if provider else Fault.objects.all()
    count, _ = armed.delete()
    transaction.on_commit(clock.released.ring)
    return count


def shown(fault: Fault) -> dict[str, object]:
    return {
        "id": fault.pk, "provider": fault.provider, "fault": fault.fault, "method": fault.method or None,
        "reason": fault.reason or None, "seconds": fault.seconds, "when": fault.when, "times": fault.left,
    }  # fmt: skip
