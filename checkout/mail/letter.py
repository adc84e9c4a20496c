"""What do our other e-mails say? Receipts, refunds, "we know now", reminders; to the merchant, of paused webhooks."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from checkout.mail.sending import deliver, dress_of
from checkout.models import Invitation, Letter, Order, Payment
from checkout.states import HELD_STATES, OrderState, State
from checkout.templatetags.guichet import money, names_of, plain_moment
from providers.money import Money

Fact = tuple[str, str]


@dataclass(frozen=True)
class Words:
    """Sentences above the facts, and below them; where the button leads, if there is one."""

    subject: str
    said: list[str]
    facts: list[Fact] = field(default_factory=list)
    button: str = ""
    url: str = ""
    after: list[str] = field(default_factory=list)


def send_letter_of(letter: Letter) -> None:
    """Send it, in its language, as text and HTML. NotSent when the mail server does not take it."""
    with translation.override(letter.language):
        message = _message(letter, words_of(letter))
    deliver(message, about=letter.key)


def _message(letter: Letter, words: Words) -> EmailMultiAlternatives:
    shop, names = letter.shop, {"words": words, "language": letter.language, **dress_of(letter.shop)}
    to_customer = letter.order is not None
    message = EmailMultiAlternatives(
        subject=" ".join(words.subject.split()),  # no line may end within it
        body=render_to_string("mail/letter.txt", names).strip() + "\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[letter.to],
        reply_to=[shop.support_email] if to_customer and shop.support_email else None,
        headers={"Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string("mail/letter.html", names), "text/html")
    return message


def words_of(letter: Letter) -> Words:
    """In the active language."""
    makers = {
        Letter.Kind.RECEIPT: _receipt,
        Letter.Kind.REFUND: _refund,
        Letter.Kind.KNOWN: _known,
        Letter.Kind.REMINDER: _reminder,
        Letter.Kind.WEBHOOKS_PAUSED: _webhooks_paused,
    }
    words = makers[Letter.Kind(letter.kind)](letter)
    if letter.payment is not None and not letter.payment.account.live:
        return replace(words, after=[*words.after, _("Test: no real money moves.")])
    return words


def _receipt(letter: Letter) -> Words:
    payment = _payment_of(letter)
    names = _names(letter, _charged(payment))
    return Words(
        subject=_("Receipt: %(amount)s paid to %(shop)s") % names,
        said=[_("Thank you. Your payment of %(amount)s to %(shop)s has been made.") % names],
        facts=_facts_of(payment),
        button=_("See the receipt"),
        url=payment.order.pay_url,
    )


def _refund(letter: Letter) -> Words:
    payment = _payment_of(letter)
    back = Money(letter.data["refunded"], payment.currency)
    in_all = Money(letter.data["refunded_in_all"], payment.currency)
    facts = [(_("Refunded now"), money(back)), (_("Paid"), money(_charged(payment)))]
    if in_all != back:
        facts.append((_("Refunded in all"), money(in_all)))
    return Words(
        subject=_("%(shop)s has refunded %(amount)s") % _names(letter, back),
        said=[
            _("%(shop)s has paid %(amount)s back to you.") % _names(letter, back),
            _(
                "It goes to the card or account that you paid with. Banks often need a few days until it is seen there."
            ),
        ],
        facts=[*facts, *_order_facts(payment.order)],
    )


def _known(letter: Letter) -> Words:
    payment = _payment_of(letter)
    names = _names(letter, _charged(payment))
    state = letter.data["state"]
    if state == State.PAID:
        return Words(
            subject=_("We know now: your payment of %(amount)s was made") % names,
            said=[
                _("When you left us, your payment was still being checked. We know now: it was made."),
                _("You need not pay again."),
            ],
            facts=_facts_of(payment),
            button=_("See the receipt"),
            url=payment.order.pay_url,
        )
    if state == State.AUTHORIZED:
        return Words(
            subject=_("We know now: %(amount)s is reserved for your order") % names,
            said=[
                _(
                    "When you left us, your payment was still being checked. We know now: the amount is reserved."
                ),
                _("You are charged when the shop confirms your order. You need not pay again."),
            ],
            facts=_facts_of(payment),
        )
    return _known_not(letter, payment, names)


def _known_not(letter: Letter, payment: Payment, names: dict[str, str]) -> Words:
    order = payment.order
    if State(letter.data["state"]) is State.REFUNDED:
        return Words(
            subject=_("We know now: your payment of %(amount)s was refunded") % names,
            said=[_("Your payment of %(amount)s came, and was paid back to you.") % names],
            facts=_order_facts(order),
        )
    held = order.payments.filter(state__in=HELD_STATES).exists()  # by another attempt, meanwhile
    payable = order.state == OrderState.OPEN and not held and not order.is_past_hold()
    over = _("The order can no longer be paid. If you still want it, order again.")
    return Words(
        subject=_("We know now: your payment of %(amount)s was not made") % names,
        said=[
            _("When you left us, your payment was still being checked. We know now: it was not made, and you have not "
              "been charged.")
        ],
        facts=_order_facts(order),
        button=_("Pay the order") if payable else "",
        url=order.pay_url if payable else "",
        after=[] if payable else [_("You need not pay again.") if held else over],
    )  # fmt: skip


def _reminder(letter: Letter) -> Words:
    order = _order_of(letter)
    link = Invitation.objects.select_related("order").get(pk=letter.data["link"])
    names = {**_names(letter, order.money), "until": plain_moment(order.expires_at)}
    return Words(
        subject=_("A reminder: %(amount)s to pay to %(shop)s") % names,
        said=[
            _("We have sent you a link to pay %(amount)s. It can be used until %(until)s, and then no more.")
            % names,
        ],
        facts=_order_facts(order),
        button=_("Pay %(amount)s") % names,
        url=link.url,
        after=[_("If you have paid meanwhile, or do not want the order any more, there is nothing to do.")],
    )


def _webhooks_paused(letter: Letter) -> Words:
    since = plain_moment(datetime.fromisoformat(letter.data["since"]))
    names = {"shop": letter.shop.name, "since": since}
    return Words(
        subject=_("Webhooks of %(shop)s are paused") % names,
        said=[
            _("The webhook address of %(shop)s has taken nothing since %(since)s, so nothing more is sent to it.")
            % names,
            _("Nothing is lost: what your shop has not heard is kept. Mend the address, send a test from the shop's "
              "page, and resume."),
        ],
        facts=[(_("Address"), letter.data["address"])],
        button=_("Open the shop's page"),
        url=f"{settings.SITE_URL}/admin/checkout/shop/{letter.shop_id}/change/",
    )  # fmt: skip


# --- facts -----------------------------------------------------------------------------------------------------------


def _charged(payment: Payment) -> Money:
    """What the customer has paid. Of a reserve that is captured in part, no more than that."""
    return payment.captured or payment.money


def _facts_of(payment: Payment) -> list[Fact]:
    facts = [(_("Amount"), money(payment.money))]
    if _charged(payment) != payment.money:
        facts.append((_("Of which charged so far"), money(_charged(payment))))
    parts = list(payment.tenders.order_by("position"))
    if len(parts) > 1:
        names = names_of([(part.partner, part.method) for part in parts])
        for name, part in zip(names, parts, strict=True):
            facts.append((name, money(Money(part.authorized_minor, payment.currency))))
    if payment.card_last4:
        facts.append((_("Card"), f"{payment.card_brand} •••• {payment.card_last4}".strip()))
    facts.append((_("Date"), plain_moment(payment.finished_at or payment.updated_at)))
    facts.append((_("Payment"), payment.reference))
    return [*facts, *_order_facts(payment.order)]


def _order_facts(order: Order) -> list[Fact]:
    facts = [(_("Order"), order.reference)]
    return [*facts, (_("Description"), order.description)] if order.description else facts


def _names(letter: Letter, amount: Money) -> dict[str, Any]:
    return {"shop": letter.shop.name, "amount": money(amount)}


def _payment_of(letter: Letter) -> Payment:
    if letter.payment is None:
        raise LookupError(f"letter {letter.key} has no payment")
    return letter.payment


def _order_of(letter: Letter) -> Order:
    if letter.order is None:
        raise LookupError(f"letter {letter.key} has no order")
    return letter.order
