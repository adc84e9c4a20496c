"""What crosses the border to a provider? Builds the `Charge` from our rows, and the provider from the account."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.urls import reverse
from django.utils import timezone
from pydantic import ValidationError

from checkout.models import (
    Account,
    Agreement,
    Exchange,
    Invitation,
    Operation,
    Order,
    Payment,
    ProviderReference,
    SavedCard,
)
from checkout.models import Tender as TenderRow
from checkout.payments.rehearsal import rehearsing
from checkout.payments.terms import terms_of
from checkout.payments.texts import fit
from providers import PROVIDERS
from providers.agreements import Agreement as Agreed
from providers.base import (
    Charge,
    Customer,
    Desk,
    Item,
    Kind,
    Occasion,
    OperationStatus,
    Provider,
    Tender,
    Urls,
    Verb,
)
from providers.base import Invitation as Invited
from providers.base import Operation as Known
from providers.errors import FieldError, Misconfigured
from providers.http import SHOWN_CHARACTERS, Http
from providers.http import Exchange as WireExchange
from providers.money import Money
from providers.said import said as _

log = structlog.get_logger("checkout.border")


def provider_for(
    account: Account,
    payment: Payment | None = None,
    *,
    patience: float | None = None,
    former: Mapping[str, Any] | None = None,
    marks: bool = True,
) -> Provider:
    """The account's provider, ready to be called. Every exchange is kept, redacted. `patience`: seconds, for pages.
    `former`: values in the place of the present ones. `marks`: what is rehearsed is told in the payment's timeline.

    Misconfigured when the stored settings do not fit what the provider declares.
    """
    try:
        values = account.full_settings(former or {})
    except ValidationError as error:
        names = ", ".join(".".join(str(part) for part in problem["loc"]) for problem in error.errors())
        raise Misconfigured(
            _("The settings of %(account)s are not right: %(names)s.", account=account.name, names=names)
        ) from None

    def record(exchange: WireExchange) -> None:
        try:
            Exchange.objects.create(
                account=account,
                payment=payment,
                method=exchange.method,
                url=fit(exchange.url, 500),
                request=fit(exchange.request, SHOWN_CHARACTERS),
                status=exchange.status,
                answer=fit(exchange.answer, SHOWN_CHARACTERS),
                milliseconds=exchange.milliseconds,
                error=fit(exchange.error, 100),
            )
            if exchange.status:
                Account.objects.filter(pk=account.pk).update(last_answer_at=timezone.now())
        except DatabaseError:
            # The answer matters more than the note of it: it may be the only word of money that moved.
            log.exception("exchange not recorded", account=str(account.pk))

    cls = rehearsing(account.provider_class, account, payment, marks=marks)
    return cls(values, live=account.live, http=Http(record=record, patience_seconds=patience))


def charge_for(payment: Payment) -> Charge:
    """All that the provider may know of `payment`."""
    order = payment.order
    earlier = (
        order.payments.filter(account=payment.account, number__lt=payment.number).order_by("-number").first()
        if order.pk
        else None
    )
    site = settings.SITE_URL
    back = site + reverse("shopper:returned", args=[order.token, payment.token])
    invitation = Invitation.objects.filter(payment=payment).first() if payment.pk else None
    return Charge(
        reference=payment.reference,
        order_reference=order.number,
        money=payment.money,
        kind=Kind(order.kind),
        terms=terms_of(order.terms, order.currency),
        description=order.description,
        items=tuple(_item(item, order.currency) for item in order.items),
        customer=Customer(**_known(order.customer)),
        language=invitation.language if invitation else order.language,
        urls=Urls(
            back=back,
            cancelled=back,
            notify=site + reverse("notify", args=[payment.account_id]),
            approve=site + reverse("approve", args=[payment.account_id]),
        ),
        capture_later=order.capture_later,
        channel=payment.channel,
        saved_card=(payment.saved_card.token.reveal() or "") if payment.saved_card else "",
        save_card=payment.save_card,
        occasion=Occasion(payment.occasion) if payment.occasion else None,
        agreement=agreement_for(order.agreement) if order.agreement else None,
        desk=_desk(payment),
        invitation=_invitation(invitation) if invitation else None,
        expires_at=order.expires_at,
        options=order.option_values(payment.account.provider),
        memo=payment.memo,
        previous=earlier.memo if earlier else {},
        provider_id=payment.provider_id,
        provider_ids=_ids(payment),
        begun_at=payment.created_at,
        captured=payment.captured,
        refunded=payment.refunded,
        operations=tuple(_operation(row) for row in payment.operations.order_by("pk")) if payment.pk else (),
        tenders=tuple(_tender(payment, row) for row in payment.tenders.all()) if payment.pk else (),
    )


def agreement_for(row: Agreement, *, also: tuple[str, ...] = ()) -> Agreed:
    """All that the provider may know of an agreement. `also`: ids of payments that it may have made."""
    rows = ProviderReference.objects.filter(account=row.account_id)
    first = rows.filter(payment=row.payment_id).order_by("pk").values_list("value", flat=True)
    later = rows.filter(payment__order__agreement=row).order_by("pk").values_list("value", flat=True)
    known = (*first, *later)
    return Agreed(
        provider_id=row.provider_id,
        reference=row.payment.reference,
        known=known,
        also=tuple(value for value in also if value not in known),
        memo=row.memo,
    )


def invitation_charge(order: Order, account: Account, asked: Invitation) -> Charge:
    """The charge whose link `asked` (not saved) is to be."""
    charge = prospective_charge(order, account)
    return replace(charge, channel=asked.channel, language=asked.language, invitation=_invitation(asked))


def _invitation(row: Invitation) -> Invited:
    return Invited(to=row.to, subject=row.subject, text=row.text)


def _desk(payment: Payment) -> Desk | None:
    if not payment.desk:
        return None
    locked = payment.desk.get("locked")
    return Desk(
        back=settings.SITE_URL + payment.desk["back"], locked=None if locked is None else tuple(locked)
    )


def prospective_charge(
    order: Order, account: Account, *, saved_card: SavedCard | None = None, occasion: Occasion | None = None
) -> Charge:
    """The charge that a first attempt would make, to ask a provider whether it could take it."""
    return charge_for(Payment(order=order, account=account, number=0, reference="", amount_minor=order.amount_minor,
                              currency=order.currency, saved_card=saved_card, occasion=occasion or ""))  # fmt: skip


def complaints_of(order: Order) -> list[FieldError]:
    """What the shop has to mend in a new order: each field that an account it brought options for would refuse, by its
    path in the request. Asks nobody; `order` need not be saved."""
    found: list[FieldError] = []
    for account in Account.objects.filter(shop_id=order.shop_id, enabled=True, provider__in=order.options):
        try:
            found += provider_for(account).complaints(prospective_charge(order, account))
        except Misconfigured as why:
            log.warning("account not asked", account=account.name, why=str(why))
    return list(dict.fromkeys(found))


def _ids(payment: Payment) -> tuple[str, ...]:
    if not payment.pk:
        return ()
    return tuple(payment.provider_references.order_by("pk").values_list("value", flat=True))


def _operation(row: Operation) -> Known:
    return Known(
        verb=Verb(row.verb),
        money=row.money,
        status=OperationStatus(row.status),
        key=row.key,
        provider_id=row.provider_id,
    )


def _tender(payment: Payment, row: TenderRow) -> Tender:
    sums = {name: Money(minor, payment.currency) for name, minor in row.values().items()}
    return Tender(id=row.tender_id, partner=row.partner, method=row.method, **sums)


def _item(item: dict[str, Any], currency: str) -> Item:
    return Item(
        name=item["name"],
        quantity=item["quantity"],
        unit_price=Money(item["unit_price"], currency),
        sku=item.get("sku", ""),
    )


def _known(customer: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in customer.items() if name in Customer.__dataclass_fields__}


def methods_for(order: Order) -> list[Account]:
    """The enabled accounts that could take this order, in the merchant's sequence. Asks nobody; `order` need not be
    saved."""
    fitting = []
    for account in Account.objects.filter(shop_id=order.shop_id, enabled=True, provider__in=PROVIDERS):
        try:
            if not provider_for(account).refuses(prospective_charge(order, account)):
                fitting.append(account)
        except Misconfigured as why:
            log.warning("account left out", account=account.name, why=str(why))
    return fitting


def keeps_cards(order: Order, account: Account) -> bool:
    """Could this order's customer leave a card with the payment? Asks nobody; `order` need not be saved."""
    if not order.customer_reference() or order.kind != Kind.ONE_OFF:
        return False
    if Kind.SAVE_CARD not in account.provider_class.kinds:
        return False
    charge = replace(prospective_charge(order, account), save_card=True)
    return not provider_for(account).refuses(charge)


def sends_again(account: Account) -> bool:
    """Can the account's provider be asked to send a link's message once more? Asks nobody."""
    try:
        return provider_for(account).sends_again()
    except Misconfigured:
        return False


def aware(moment: datetime) -> str:
    """A time as it is told in timelines: UTC, to the minute."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def minute_after(moment: datetime) -> datetime:
    """For people, who are told no seconds: the full minute by which it has passed."""
    return (moment + timedelta(seconds=59)).replace(second=0, microsecond=0)
