"""How does an order come to stand where a page is to be looked at? Each scene ends with the page open."""

from collections.abc import Callable

from tests.e2e import pages
from tests.e2e.pages import Checkout
from tests.e2e.stage import Order, Stage


def choose(stage: Stage, checkout: Checkout) -> Order:
    order = stage.order()
    checkout.open(order.pay_url).says(pages.CHOOSE)
    return order


def widget(stage: Stage, checkout: Checkout) -> Order:
    order = stage.order()
    checkout.open(order.pay_url).choose()
    return order


def failed(stage: Stage, checkout: Checkout) -> Order:
    order = widget(stage, checkout)
    checkout.card.use(pages.NO_FUNDS)
    checkout.says(pages.FAILED)
    return order


def interrupted(stage: Stage, checkout: Checkout) -> Order:
    order = widget(stage, checkout)
    checkout.card.cancel()
    checkout.says(pages.INTERRUPTED)
    return order


def checking(stage: Stage, checkout: Checkout) -> Order:
    order = widget(stage, checkout)
    checkout.card.use(pages.LATE)
    checkout.says(pages.CHECKING)
    return order


def moment(stage: Stage, checkout: Checkout) -> Order:
    order = stage.order()
    stage.sandbox.arm("http_500", method="createPaymentsAndCloseOrder", when="after")
    checkout.open(order.pay_url)
    checkout.pay.click()
    checkout.says(pages.MOMENT)
    return order


def paid(stage: Stage, checkout: Checkout) -> Order:
    order = widget(stage, checkout)
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()
    order.becomes("paid")
    return order


def canceled(stage: Stage, checkout: Checkout) -> Order:
    order = choose(stage, checkout)
    checkout.give_up.click()
    checkout.says(pages.CANCELED)
    return order


def expired(stage: Stage, checkout: Checkout) -> Order:
    order = stage.order()
    order.run_out()
    order.becomes("expired")
    checkout.open(order.pay_url).says(pages.OVER)
    return order


def saved_card(stage: Stage, checkout: Checkout) -> Order:
    """Two ways to pay: the card that was kept, and another one."""
    first = stage.order(customer="scene")
    checkout.open(first.pay_url)
    checkout.keep_card.check()
    checkout.pay_with(pages.APPROVED)
    checkout.is_receipt()
    first.becomes("paid")
    order = stage.order(customer="scene")
    checkout.open(order.pay_url).says(pages.CHOOSE)
    return order


def keep_card(stage: Stage, checkout: Checkout) -> Order:
    order = stage.order(customer="scene", kind="save_card")
    checkout.open(order.pay_url).says("Keep a card for later")
    return order


SCENES: dict[str, Callable[[Stage, Checkout], Order]] = {
    scene.__name__: scene
    for scene in (
        choose, widget, failed, interrupted, checking, moment, paid, canceled, expired, saved_card, keep_card,
    )
}  # fmt: skip
