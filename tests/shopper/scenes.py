"""Every page an order can show, brought about by the rows and the calls that bring it about in life."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from checkout.models import Account, Call, Order, Payment, SavedCard
from checkout.payments import settle
from checkout.payments.apply import apply
from checkout.payments.attention import flag
from checkout.payments.cancel import cancel_attempt, give_up
from checkout.payments.expire import expire
from checkout.payments.locks import order_lock
from checkout.payments.start import start
from checkout.payments.timeline import Who
from providers.base import Card, Kind, Link, Occasion, Outcome, Report
from providers.errors import Uncertain
from providers.money import Money
from tests.shopper.scripted import (
    FORM,
    REDIRECT,
    WIDGET_AND_PAGE,
    Scripted,
    authorized,
    paid,
    refused,
    refused_there,
)

Make = Callable[..., Order]


class Stage:
    """What a scene plays on."""

    def __init__(self, make: Make, account: Account) -> None:
        self.make = make
        self.account = account

    def begun(self, **fields: Any) -> Payment:
        return start(self.make(**fields), self.account)

    def after(self, report: Report, **fields: Any) -> Order:
        return apply(self.begun(**fields).pk, report).order

    def came_back(self, claim: str) -> Order:
        payment = self.begun()
        settle.returned(payment, {"result": claim}, patience=1)
        return payment.order

    def needs_a_person(self, order: Order) -> Order:
        with order_lock(order.pk) as locked:
            flag(locked, "asked 42.99 EUR, provider reports 42.99 USD", Call.WRONG_AMOUNT)
        return order


def run_out(order: Order) -> Order:
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(minutes=1))
    order.refresh_from_db()
    return order


def choose(stage: Stage) -> Order:
    return stage.make()


def choose_with_cards(stage: Stage, customer: str = "C-9") -> Order:
    order = stage.make(customer={"reference": customer})
    for digits, month in (("0055", 12), ("4444", 3)):
        SavedCard.objects.create(
            shop=order.shop, account=stage.account, customer_reference=customer, token=f"tok-{digits}",
            fingerprint=digits, brand="Visa", last4=digits, expiry_month=month, expiry_year=2044,
            consented_at=timezone.now(),
        )  # fmt: skip
    return order


def choose_agreed(stage: Stage) -> Order:
    """The customer agreed in the shop that the card is kept."""
    return stage.make(customer={"reference": "C-7"}, keep_card=True)


def widget_and_page(stage: Stage) -> Order:
    Scripted.show = WIDGET_AND_PAGE
    return stage.begun().order


def widget(stage: Stage) -> Order:
    return stage.begun().order


def onward(stage: Stage) -> Order:
    Scripted.show = REDIRECT
    return stage.begun().order


def onward_by_form(stage: Stage) -> Order:
    Scripted.show = FORM
    return stage.begun().order


def link(stage: Stage) -> Order:
    Scripted.show = Link(url="https://pay.example/l/1", sent_to="ada@bread.example")
    return stage.begun().order


def moment(stage: Stage) -> Order:
    Scripted.start_error = Uncertain("no answer within 30 s")
    return stage.begun().order


def checking(stage: Stage) -> Order:
    return stage.after(Report(outcome=Outcome.PENDING))


def checking_with_attention(stage: Stage) -> Order:
    return stage.needs_a_person(checking(stage))


def claimed_success(stage: Stage) -> Order:
    return stage.came_back("success")


def claimed_cancel(stage: Stage) -> Order:
    return stage.came_back("cancel")


def claimed_failure(stage: Stage) -> Order:
    return stage.came_back("failure")


def interrupted(stage: Stage) -> Order:
    payment = stage.begun()
    return cancel_attempt(payment, give_up=False, who=Who.SHOPPER).order


def failed(stage: Stage) -> Order:
    return stage.after(refused("insufficient_funds"))


def failed_agreed(stage: Stage) -> Order:
    report = refused("insufficient_funds")
    return stage.after(report, customer={"reference": "C-7"}, keep_card=True)


def failed_there(stage: Stage) -> Order:
    """The attempt stays open at the provider."""
    Scripted.truth = refused_there()
    return stage.came_back("failure")


def confirm(stage: Stage) -> Order:
    """The merchant charged a saved card, and the bank wants the customer."""
    Scripted.show = REDIRECT
    order = choose_with_cards(stage, "C-10")
    card = stage.account.saved_cards.filter(customer_reference="C-10").first()
    start(order, stage.account, saved_card=card, occasion=Occasion.RECURRING, who=Who.SHOP)
    return order


def under_way_for_days(stage: Stage) -> Order:
    """A bank transfer, long after the hold."""
    Scripted.truth = Report(outcome=Outcome.PENDING)
    return expire(run_out(checking(stage)))


def blocked(stage: Stage) -> Order:
    return stage.after(refused("declined", may_retry=False))


def overdue(stage: Stage) -> Order:
    return run_out(stage.begun().order)


def receipt(stage: Stage) -> Order:
    return stage.after(paid(card=Card(brand="Visa", last4="0055")))


def receipt_partly_refunded(stage: Stage) -> Order:
    return stage.after(paid(card=Card(brand="Visa", last4="0055"), refunded=Money(1899, "EUR")))


def receipt_with_attention(stage: Stage) -> Order:
    return stage.needs_a_person(receipt(stage))


def reserved(stage: Stage) -> Order:
    return stage.after(authorized(), capture_later=True)


def refunded(stage: Stage) -> Order:
    money = Money(4299, "EUR")
    return stage.after(Report(outcome=Outcome.REFUNDED, authorized=money, captured=money, refunded=money))


def given_up(stage: Stage) -> Order:
    return give_up(stage.begun().order, who=Who.SHOPPER)


def expired(stage: Stage) -> Order:
    return expire(run_out(stage.make()))


def keep_a_card(stage: Stage) -> Order:
    return stage.make(minor=0, kind=Kind.SAVE_CARD, items=[], customer={"reference": "C-8"})


def card_kept(stage: Stage) -> Order:
    payment = start(keep_a_card(stage), stage.account)
    report = Report(outcome=Outcome.PAID, card=Card(brand="Visa", last4="0055"))
    return apply(payment.pk, report).order


SCENES: dict[str, tuple[Callable[[Stage], Order], str]] = {
    # scene: (how it comes about, its heading)
    "choose": (choose, "How would you like to pay?"),
    "choose_with_cards": (choose_with_cards, "How would you like to pay?"),
    "choose_agreed": (choose_agreed, "How would you like to pay?"),
    "widget_and_page": (widget_and_page, "Enter your payment details"),
    "widget": (widget, "Enter your payment details"),
    "onward": (onward, "Continue to: Bank card"),
    "onward_by_form": (onward_by_form, "Continue to: Bank card"),
    "link": (link, "Your payment link is ready"),
    "moment": (moment, "One moment, please"),
    "checking": (checking, "We are checking your payment"),
    "checking_with_attention": (checking_with_attention, "We are checking your payment"),
    "claimed_success": (claimed_success, "We are checking your payment"),
    "claimed_cancel": (claimed_cancel, "The payment was not completed"),
    "claimed_failure": (claimed_failure, "The payment was not completed"),
    "interrupted": (interrupted, "The payment was not completed"),
    "failed": (failed, "Your payment did not go through"),
    "failed_agreed": (failed_agreed, "Your payment did not go through"),
    "failed_there": (failed_there, "Your payment did not go through"),
    "confirm": (confirm, "Continue to: Bank card"),
    "under_way_for_days": (under_way_for_days, "We are checking your payment"),
    "blocked": (blocked, "We cannot take another payment for the moment"),
    "overdue": (overdue, "The time to pay is over"),
    "receipt": (receipt, "Paid, thank you"),
    "receipt_partly_refunded": (receipt_partly_refunded, "Paid, thank you"),
    "receipt_with_attention": (receipt_with_attention, "Paid, thank you"),
    "reserved": (reserved, "The amount is reserved, thank you"),
    "refunded": (refunded, "Refunded"),
    "given_up": (given_up, "The order is cancelled"),
    "expired": (expired, "The time to pay is over"),
    "keep_a_card": (keep_a_card, "Keep a card for later"),
    "card_kept": (card_kept, "Your card is kept, thank you"),
}
