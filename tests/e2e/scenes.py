"""How does an order come to stand where a page is to be looked at? Each scene ends with the page open."""

from collections.abc import Callable

from tests.e2e import begateway, pages
from tests.e2e.begateway import Form, open_form, opened, order_of
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


def ecomcharge_form(stage: Stage, checkout: Checkout) -> Order:
    """eComCharge's form, over our page."""
    order, _record = order_of(stage)
    open_form(checkout, order)
    return order


def ecomcharge_failed(stage: Stage, checkout: Checkout) -> Order:
    """Declined, while the attempt stays open there."""
    order, _record = order_of(stage)
    form = open_form(checkout, order)
    form.use(begateway.NO_FUNDS)
    form.to_shop()
    checkout.says(pages.FAILED)
    return order


def hosted(stage: Stage, checkout: Checkout) -> tuple[Order, Form]:
    """eComCharge's own page."""
    order, record = order_of(stage)
    opened(stage, order)
    checkout.page.goto(str(record.only_token()["redirect_url"]))
    return order, Form(checkout.page)


def ecomcharge_page(stage: Stage, checkout: Checkout) -> Order:
    order, form = hosted(stage, checkout)
    form.says("Card number")
    return order


def ecomcharge_declined(stage: Stage, checkout: Checkout) -> Order:
    order, form = hosted(stage, checkout)
    form.use(begateway.NO_FUNDS)
    form.says("Insufficient funds.")
    return order


def ecomcharge_challenge(stage: Stage, checkout: Checkout) -> Order:
    order, form = hosted(stage, checkout)
    form.use(begateway.CHALLENGED)
    form.says("Password from your bank")
    return order


SCENES: dict[str, Callable[[Stage, Checkout], Order]] = {
    scene.__name__: scene
    for scene in (
        choose, widget, failed, interrupted, checking, moment, paid, canceled, expired, saved_card, keep_card,
        ecomcharge_form, ecomcharge_failed, ecomcharge_page, ecomcharge_declined, ecomcharge_challenge,
    )
}  # fmt: skip
