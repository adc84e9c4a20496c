"""What does the provider say now? Asked because a person wants to know, and answered in a sentence."""

from django.utils.translation import gettext as _

from checkout.merchant.action import Said, done, noted, unsure
from checkout.merchant.shown import provider_name
from checkout.models import Payment
from checkout.payments.recover import being_started, look


def ask_about(payment: Payment) -> Said:
    """Ask, write what is true, and say whether there was an answer. Never inside a transaction."""
    about = {"number": payment.number, "provider": provider_name(payment.account)}
    if being_started(payment):
        return noted(_("Attempt %(number)s is being opened at %(provider)s at this moment.") % about)
    before = payment.state
    settled = look(payment)
    if settled is None:
        return unsure(
            _(
                "%(provider)s could not be asked about attempt %(number)s, or could not tell: nothing was changed."
            )
            % about
        )
    about["state"] = settled.get_state_display()
    if settled.state == before:
        return done(_("%(provider)s was asked: attempt %(number)s is still %(state)s.") % about)
    return done(_("%(provider)s was asked: attempt %(number)s is now %(state)s.") % about)
