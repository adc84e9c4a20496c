"""By which ways can a link be sent to an order's customer, and what does each of them want to be told?"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from checkout.models import Account, Invitation, Order
from checkout.payments.border import methods_for, provider_for
from checkout.payments.links import channels_of_ours

MAY_SEND = ("checkout.send_link",)
# What of the form each channel reads. A provider's link and its invoice are handed over by the merchant, and
# WhatsApp's message has a text of its own.
_NEEDS: dict[str, tuple[str, ...]] = {
    Invitation.EMAIL: ("email", "subject", "text"),
    "mail": ("email", "subject", "text"),
    "sms": ("phone", "text"),
    "whatsapp": ("phone",),
}
_BY = {
    "url": gettext_lazy("%(account)s: a link to hand over"),
    "mail": gettext_lazy("%(account)s: e-mail"),
    "sms": gettext_lazy("%(account)s: SMS"),
    "whatsapp": gettext_lazy("%(account)s: WhatsApp"),
    "invoice": gettext_lazy("%(account)s: invoice"),
}


@dataclass(frozen=True)
class Way:
    """`account` None: it is ours."""

    channel: str
    account: Account | None = None

    @property
    def value(self) -> str:
        return f"{self.account.pk}:{self.channel}" if self.account else self.channel

    @property
    def label(self) -> str:
        if self.account is None:
            return _("E-mail from us")
        said = _BY.get(self.channel, "%(account)s: " + self.channel) % {"account": self.account.name}
        return said if self.account.live else f"{said} ({_('test')})"

    @property
    def needs(self) -> tuple[str, ...]:
        return _NEEDS.get(self.channel, ())

    @property
    def to_field(self) -> str:
        """Where the form says to whom it goes; "" where it is handed over."""
        return next((name for name in ("email", "phone") if name in self.needs), "")


def ways_for(order: Order) -> list[Way]:
    """Ours first, then each account's that takes the order, in the merchant's sequence. Asks nobody."""
    ours = [Way(Invitation.EMAIL)] if Invitation.EMAIL in channels_of_ours() else []
    latest = order.latest_attempt()
    if latest is not None and not latest.may_retry:
        return ours
    return ours + [
        Way(channel, one) for one in methods_for(order) for channel in provider_for(one).sends_by()
    ]
