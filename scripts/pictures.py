"""Take the pictures in docs/pictures from a demo of their own: `pictures.py`, or `pictures.py pay-desktop shop`."""

import itertools
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.e2e import begateway, pages, scenes  # noqa: E402 - the line above is what finds it
from tests.e2e.pages import Admin, Checkout, Shop  # noqa: E402
from tests.e2e.stage import ADULT, BOOK, CHILD, POSTER, Order, Stage, raised  # noqa: E402
from tests.ground import chromium  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
DESK, PHONE = (1280, 800), (390, 844)


# Who buys what, again and again: a list of equal rows says nothing.
BUYERS = itertools.cycle(
    (
        ("amelie.roux@example.com", (ADULT, ADULT, CHILD)),
        ("b.keller@example.org", (ADULT, POSTER)),
        ("dana.osei@example.com", (BOOK,)),
        ("", (ADULT, BOOK)),
        ("t.lindqvist@example.org", (CHILD, CHILD, POSTER)),
    )
)
NUMBERS = itertools.count(20418)


class Furnished(Stage):
    """A stage whose orders look like a shop's."""

    def order(self, *items: int, customer: str = "", email: str = "", **more: Any) -> Order:
        who, bought = next(BUYERS)
        told = {"reference": f"MST-{next(NUMBERS)}", **more}
        return super().order(*(items or bought), customer=customer, email=email or who, **told)


def of_scene(scene: Callable[[Stage, Checkout], Order]) -> Callable[[Stage, Page], None]:
    def arrange(stage: Stage, page: Page) -> None:
        scene(stage, Checkout(page))

    return arrange


def shop(stage: Stage, page: Page) -> None:
    page.goto(stage.shop)


def shop_paid(stage: Stage, page: Page) -> None:
    counter = Shop(page, stage.shop)
    counter.put("Museum ticket, adult", "Exhibition catalogue")
    checkout = counter.order_as_known()
    checkout.pay_with(pages.APPROVED)
    checkout.is_receipt()
    checkout.back.click()
    counter.says("Paid")
    counter.was_told("order.paid")


def admin_orders(stage: Stage, page: Page) -> None:
    """A list in which every state can be seen."""
    for scene in (scenes.paid, scenes.expired, scenes.canceled, scenes.checking, scenes.failed, scenes.paid):
        scene(stage, Checkout(page))
    logged_in(stage, page).orders()


def admin_order(stage: Stage, page: Page) -> None:
    """Refused, then paid: two attempts, told in sentences."""
    checkout = Checkout(page)
    order = scenes.failed(stage, checkout)
    checkout.again.click()
    checkout.says(pages.WIDGET)
    checkout.card.use(pages.APPROVED)
    checkout.is_receipt()
    order.becomes("paid")
    admin = logged_in(stage, page)
    admin.open(order.id)
    admin.wait_for("SecuTix EPC sent a notification")


def logged_in(stage: Stage, page: Page) -> Admin:
    admin = Admin(page, stage.site)
    admin.log_in("admin", stage.keys["DEMO_ADMIN_PASSWORD"])
    return admin


def ecomcharge_form(stage: Stage, page: Page) -> None:
    """eComCharge's form, which comes up over our page."""
    checkout = Checkout(page)
    scenes.choose(stage, checkout)
    checkout.method(begateway.WAY).check()
    checkout.pay.click()
    checkout.says(pages.WIDGET)
    expect(begateway.form_over(checkout).number).to_be_visible()


def ecomcharge_page(stage: Stage, page: Page) -> None:
    """eComCharge's own page, where the merchant prefers it."""
    begateway.show(stage, "page")
    order, _record = begateway.order_of(stage, email="dana.osei@example.com")
    checkout = Checkout(page)
    checkout.open(order.pay_url).says(pages.CHOOSE)
    checkout.pay.click()
    expect(page.get_by_label("Card number")).to_be_visible()
    begateway.show(stage, "widget")


def charge_card(stage: Stage, page: Page) -> None:
    """A merchant's own charge, read back before it is done."""
    order, _record = begateway.order_of(stage, customer="tours-118", keep_card=True)
    form = begateway.open_form(Checkout(page), order)
    form.use(begateway.APPROVED)
    form.to_shop()
    order.becomes("paid")
    admin = logged_in(stage, page)
    page.goto(f"{stage.site}/admin/checkout/savedcard/")
    page.get_by_role("row").filter(has_text="tours-118").get_by_role("link").first.click()
    admin.body.get_by_role("link", name="Charge this card").click()
    admin.body.get_by_label(re.compile("^Amount")).fill("12.50")
    admin.body.get_by_label(re.compile("^Why")).select_option("no_show")
    admin.body.get_by_label("Description").fill("A guided tour, nobody came")
    admin.press("Go on")
    expect(admin.body.get_by_role("button", name="Charge this card")).to_be_visible()


def sandbox_console(stage: Stage, page: Page) -> None:
    scenes.failed(stage, Checkout(page))
    page.goto(f"{stage.sandbox.url}/")


TAKES: dict[str, tuple[tuple[int, int], Callable[[Stage, Page], None]]] = {
    "pay-desktop": (DESK, of_scene(scenes.widget)),
    "pay-phone": (PHONE, of_scene(scenes.widget)),
    "choose": (DESK, of_scene(scenes.choose)),
    "ecomcharge-desktop": (DESK, ecomcharge_form),
    "ecomcharge-phone": (PHONE, ecomcharge_form),
    "ecomcharge-page": (DESK, ecomcharge_page),
    "charge-card": ((1280, 420), charge_card),
    "receipt": (DESK, of_scene(scenes.paid)),
    "refused": (DESK, of_scene(scenes.failed)),
    "cancelled": (DESK, of_scene(scenes.interrupted)),
    "checking": (DESK, of_scene(scenes.checking)),
    "expired": (DESK, of_scene(scenes.expired)),
    "shop": (DESK, shop),
    "shop-paid": (DESK, shop_paid),
    "admin-orders": (DESK, admin_orders),
    "admin-order": ((1280, 1100), admin_order),
    "sandbox-console": (DESK, sandbox_console),
}


def take(name: str, stage: Stage, browser: Browser) -> None:
    (width, height), arrange = TAKES[name]
    context = browser.new_context(
        locale="en-GB", viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    page = context.new_page()
    arrange(stage, page)
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled", caret="hide")
    context.close()
    print(f"{name}.png", flush=True)


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in TAKES]
    if unknown:
        print(f"There is no picture {unknown[0]}; there are: {', '.join(TAKES)}.", file=sys.stderr)
        return 2
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = chromium.find_or_fetch()
    with (
        tempfile.TemporaryDirectory() as folder,
        raised(Path(folder), SWEEP_SECONDS="1") as bare,
        sync_playwright() as playwright,
    ):
        stage = Furnished(bare.folder, bare.site, bare.sandbox, bare.keys, bare.log)
        browser = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        for name in names or TAKES:
            take(name, stage, browser)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
