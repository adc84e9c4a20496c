"""SysPay: a form of its own, the eTerminal, opened for a single payment, a subscription, a payment plan or a mandate.
The shopper is sent there; at the desk the merchant fills it in for a customer on the phone.

Manual: chapter 1.4, "eTerminal API", of SysPay's merchant API v1, with its pages on authentication, notifications
(EMS) and codes, and its own PHP library for the rest, read 2026-11-21. What they do not tell is a setting or one
constant, and is called [inferred]. The API has no call to take back a form, so there is no `cancel`.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from providers.agreements import Agreement, AgreementReport, Ending
from providers.base import (
    AccountSettings,
    Charge,
    DeskInput,
    Incoming,
    Kind,
    Notification,
    Provider,
    Redirect,
    Report,
    Returned,
    Started,
    Urls,
    Verb,
)
from providers.declines import Code
from providers.errors import FieldError, Invalid, Misconfigured
from providers.http import Http
from providers.money import Money
from providers.said import said as _
from providers.setup import Address, Probe
from providers.syspay import (
    agreements,
    declines,
    locks,
    notices,
    operations,
    refusals,
    request,
    returns,
    rules,
    setup,
    standing,
)
from providers.syspay.settings import LIVE_HOST, SANDBOX_HOST, SysPayOptions, SysPaySettings
from providers.syspay.wire import Wire, WireRefusal

__all__ = ["SysPay", "SysPayOptions", "SysPaySettings"]


class SysPay(Provider):
    slug = "syspay"
    label = "Card, on SysPay's page"
    name = "SysPay"
    settings_type = SysPaySettings
    options_type = SysPayOptions
    kinds = frozenset(request.TYPES)
    desk = True
    verifies = ("passphrase",)
    codes = declines.CODES
    whole_only = frozenset({Verb.CAPTURE, Verb.VOID})

    settings: SysPaySettings

    def __init__(self, settings: AccountSettings, *, live: bool, http: Http) -> None:
        super().__init__(settings, live=live, http=http)
        self.settings = self.settings.at(live=live)
        self._wire = Wire(self.settings, http)
        host = urlsplit(self.settings.base_url)
        name = (host.hostname or "").rstrip(".")  # a full stop at its end is the same host
        if live and host.scheme != "https":
            raise Misconfigured(
                _("A live account calls SysPay over https:// only: mend the address of SysPay.")
            )
        if live and name == urlsplit(SANDBOX_HOST).hostname:
            raise Misconfigured(_("SysPay's sandbox is for test accounts: mend the address of SysPay."))
        if not live and name == urlsplit(LIVE_HOST).hostname:
            raise Misconfigured(_("A test account must not take real money: mend the address of SysPay."))

    def probe(self) -> Probe:
        return setup.probe(self._wire)

    def addresses(self, urls: Urls) -> tuple[Address, ...]:
        return setup.addresses(urls)

    @classmethod
    def code(cls, word: str) -> Code | None:
        return declines.code(word)

    def refuses(self, charge: Charge) -> str:
        if sentence := super().refuses(charge):
            return sentence
        if charge.saved_card:
            return _(
                "SysPay charges a card again by a mandate or a subscription, and keeps none to be chosen."
            )
        found = self._found(charge)
        if not found:
            return ""
        field, why = found[0]
        return _("SysPay cannot take this order: %(field)s %(why)s.", field=field, why=why)

    def complaints(self, charge: Charge) -> tuple[FieldError, ...]:
        return rules.complaints(charge)

    def desk_inputs(self, kind: Kind) -> tuple[DeskInput, ...]:
        return locks.desk_inputs(kind)

    # --- before money -----------------------------------------------------------------------------------

    def start(self, charge: Charge) -> Started:
        if found := self._found(charge):
            raise Invalid(*found[0], *found[1:])
        if sentence := self.refuses(charge):
            raise Misconfigured(sentence)
        if charge.agreement is not None:
            return agreements.rebill(self._wire, self.settings, charge)
        brought = request.options(charge)
        try:
            url = self._wire.eterminal(request.new_form(self.settings, charge, brought))
        except WireRefusal as no:
            raise refusals.of_start(no, charge, brought) from no
        if self.live and not url.startswith("https:"):
            # Nobody is sent there, so nobody can pay it.
            raise Misconfigured(_("SysPay opened a form at an address that is not https://."))
        retries = request.allowed_retries(self.settings, brought)
        return Started(show=Redirect(url=url), memo={} if retries is None else {standing.RETRIES: retries})

    # --- the truth --------------------------------------------------------------------------------------

    def sync(self, charge: Charge) -> Report:
        return standing.sync(self._wire, self.settings, charge)

    def read_notification(self, incoming: Incoming) -> Notification:
        return notices.read(incoming, self.settings)

    def resume(self, charge: Charge, query: Mapping[str, str]) -> Returned:
        return returns.read(query, self.settings, charge.reference)

    # --- afterwards -------------------------------------------------------------------------------------

    def capture(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return operations.capture(self._wire, self.settings, charge, money, key=key)

    def void(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return operations.void(self._wire, self.settings, charge, money, key=key)

    def refund(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return operations.refund(self._wire, self.settings, charge, money, key=key)

    def sync_agreement(self, agreement: Agreement) -> AgreementReport:
        return agreements.sync_agreement(self._wire, self.settings, agreement)

    def end_agreement(self, agreement: Agreement, ending: Ending) -> AgreementReport:
        return agreements.end_agreement(self._wire, self.settings, agreement, ending)

    # --------------------------------------------------------------------------------------------------------

    def _found(self, charge: Charge) -> tuple[FieldError, ...]:
        return (*rules.limits(self.settings, charge), *rules.complaints(charge))
