"""A card that is saved without a payment, EPC's alias: begun, and asked about. All of it is the sandbox's convention,
for the manual does not tell it."""

from datetime import UTC, datetime

from providers.base import Charge, Outcome, Report, Started
from providers.epc import bodies
from providers.epc.settings import EpcSettings
from providers.epc.wire import S360, AliasChecked, Payments, card, plain
from providers.epc.words import provider_ids, report_of, saved, unknown, widget
from providers.errors import Decline, Uncertain
from providers.money import Money
from providers.said import said as _

_OUTCOMES = {
    "WAITING": Outcome.OPEN,
    "CREATED": Outcome.PAID,
    "FAILED": Outcome.FAILED,
    "CANCELLED_BY_USER": Outcome.CANCELED,
}


def start(settings: EpcSettings, wire: S360, charge: Charge) -> Started:
    service, method = settings.alias_service, settings.alias_create_method
    body = bodies.alias(settings, charge)
    transaction = wire.call(service, method, body, Payments).transaction_id
    if not transaction:
        raise Uncertain(_("EPC was asked to save a card, but named no transaction."))
    memo = {**charge.memo, "transaction_id": transaction}
    show = widget(settings, "alias", transaction, charge)
    return Started(show=show, provider_id=str(transaction), provider_ids=provider_ids(memo), memo=memo)


def sync(settings: EpcSettings, wire: S360, charge: Charge) -> Report:
    transaction = charge.memo.get("transaction_id")
    if not transaction:
        late = charge.expires_at <= datetime.now(UTC)
        odd = _("EPC was not asked yet.")
        return report_of(charge, Outcome.EXPIRED if late else Outcome.OPEN, warning=odd)
    body = {"requestId": None, "transactionId": transaction}
    service, method = settings.alias_service, settings.alias_check_method
    told = wire.call(service, method, body, AliasChecked)
    outcome = _OUTCOMES.get(told.alias_status)
    if outcome is None:
        return report_of(charge, Outcome.PENDING, warning=unknown(_("alias"), told.alias_status))
    if outcome is not Outcome.PAID:
        decline = Decline(code=told.alias_status, message=plain(told.status_detail))
        return report_of(charge, outcome, decline=decline if outcome is Outcome.FAILED else None)
    if not told.card_alias:
        odd = _("EPC says the card is saved, but not under which name.")
        return report_of(charge, Outcome.PENDING, warning=odd)
    nothing = Money.zero(charge.money.currency)
    return report_of(
        charge, outcome, authorized=nothing, captured=nothing, card=card(told), saved_card=saved(told)
    )
