"""What can be done with a provider account, besides typing its settings? Try it, and end a rotation."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from checkout.merchant.action import Action, Said, done, noted, refused, unsure
from checkout.merchant.shown import provider_name, setting_title
from checkout.models import Account
from checkout.payments.connection import Ending, Tested, test_connection
from checkout.payments.rotation import end_former, former_of
from checkout.wording import worded


def _test(request: HttpRequest, account: Account, typed: dict[str, Any]) -> Said:
    if not account.provider_class.can("probe"):
        return noted(_("%(provider)s cannot be tried.") % {"provider": provider_name(account)})
    tested = test_connection(Account.objects.get(pk=account.pk))
    return _said_of(account, tested)


_SAID: dict[Ending, tuple[Callable[[str], Said], str]] = {
    Ending.WELL: (done, gettext_noop("The connection holds. %(said)s")),
    Ending.OTHER_MODE: (
        refused,
        gettext_noop("Live and test are mixed up: %(said)s Look at the credentials and the address."),
    ),
    Ending.UNREACHABLE: (
        refused,
        gettext_noop(
            "%(said)s Look at the address, and whether this server may go out to it; then test again."
        ),
    ),
    Ending.UNKNOWN: (
        unsure,
        gettext_noop(
            "%(provider)s gave no clear answer, so nothing is known yet: %(said)s Test again in a minute."
        ),
    ),
    Ending.CHANGED: (
        noted,
        gettext_noop("The settings were changed while they were tried. Test the connection again."),
    ),
    Ending.WRONG: (
        refused,
        gettext_noop("The connection does not hold: %(said)s Mend it in the settings, save, and test again."),
    ),
}


def _said_of(account: Account, tested: Tested) -> Said:
    """What is so, and what to do."""
    say, text = _SAID[tested.ending]
    return say(worded(text, provider=provider_name(account), said=tested.said))


def _end_former(request: HttpRequest, account: Account, typed: dict[str, Any]) -> Said:
    if end_former(account):
        return done(_("The former secret is forgotten: what is still signed with it is refused from now on."))
    return noted(_("There is no former secret any more."))


def _explain_end(account: Account, typed: dict[str, Any]) -> list[str]:
    names = ", ".join(setting_title(account, name) for name in former_of(account))
    return [
        _("From now on what %(provider)s signs with the former value is refused: %(names)s.")
        % {"provider": provider_name(account), "names": names or "–"},
        _("This cannot be taken back. Look when the new one was last used before you do it."),
    ]


ACTIONS = (
    Action(
        name="test",
        label=gettext_lazy("Test the connection"),
        offered=lambda account: account.provider_class.can("probe"),
        explain=lambda account, typed: [
            _("%(provider)s is asked something that changes nothing, with the settings as they are saved.")
            % {"provider": provider_name(account)}
        ],
        do=_test,
        at_once=True,
    ),
    Action(
        name="end-former",
        label=gettext_lazy("End the former secret now"),
        offered=lambda account: bool(former_of(account)),
        explain=_explain_end,
        do=_end_former,
        tone="danger",
    ),
)
