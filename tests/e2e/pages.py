"""Where is what on the pages? All roles and labels that the tests press and read stand here, and nowhere else."""

import re

from playwright.sync_api import FrameLocator, Locator, Page, Route, expect

APPROVED = "4970 1000 0000 0055"
NO_FUNDS = "4970 1000 0000 1004"
STOLEN = "4970 1000 0000 4008"
CHALLENGED = "4970 1000 0000 5005"
LATE = "4970 1000 0000 8009"

CHOOSE = "How would you like to pay?"
WIDGET = "Enter your payment details"
MOMENT = "One moment, please"
CHECKING = "We are checking your payment"
INTERRUPTED = "The payment was not completed"
FAILED = "Your payment did not go through"
OVER = "The time to pay is over"
PAID = "Paid, thank you"
CANCELED = "The order is cancelled"

# Where an open page asks how its order stands.
STATUS = "**/status.json"


def _no_news(route: Route) -> None:
    route.fulfill(status=204)


def has_its_height(frame: Locator) -> None:
    """The provider's frame was told how high its form is. Until then all that stands below it may still move, and
    with it a button, between the press and the release of the mouse."""
    expect(frame).not_to_have_attribute("style", re.compile(r"\bheight: \d+rem"))


class CardForm:
    """The provider's form, in its frame."""

    def __init__(self, page: Page) -> None:
        self.frame: FrameLocator = page.frame_locator("#paymentWidget iframe")

    @property
    def number(self) -> Locator:
        return self.frame.get_by_label("Card number")

    @property
    def code(self) -> Locator:
        return self.frame.get_by_label("Code from your bank")

    def use(self, card: str) -> None:
        """One click on a test card, which pays."""
        self.frame.get_by_text("Use a test card").click()
        self.frame.get_by_role("button", name=re.compile(card)).click()

    def type(self, card: str) -> None:
        self.number.fill(card)
        self.frame.get_by_label("Expiry date").fill("12/30")
        self.frame.get_by_label("Security code").fill("123")
        self.frame.get_by_label("Name on the card").fill("Ada Lovelace")
        self.frame.get_by_role("button", name=re.compile("^(Pay|Save)")).click()

    def cancel(self) -> None:
        self.frame.get_by_role("button", name="Cancel").click()

    def answer(self, code: str) -> None:
        self.code.fill(code)
        self.frame.get_by_role("button", name="Confirm").click()


class Checkout:
    """An order's page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.card = CardForm(page)

    def open(self, url: str) -> "Checkout":
        self.page.goto(url)
        return self

    def hold_still(self) -> None:
        """Not to hear that the order has moved, which would draw the page anew while a test is at work on it."""
        self.page.route(STATUS, _no_news)

    def go_on(self) -> None:
        """To hear it again."""
        self.page.unroute(STATUS, _no_news)

    def says(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def tells(self, sentence: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("main")).to_contain_text(sentence)

    def hides(self, sentence: str) -> None:
        expect(self.page.get_by_role("main")).not_to_contain_text(sentence)

    def warns(self, sentence: str) -> None:
        """To whoever has switched JavaScript off. Playwright leaves such text out where it reads whole parts."""
        expect(self.page.locator("noscript > *").filter(has_text=sentence)).to_be_visible()

    @property
    def ways(self) -> Locator:
        return self.page.get_by_role("group", name="Ways to pay")

    def method(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("radio", name=name)

    @property
    def pay(self) -> Locator:
        return self.page.get_by_role(
            "button", name=re.compile("^((Pay|Reserve) .*[0-9]|Continue|Subscribe|Agree )")
        )

    @property
    def again(self) -> Locator:
        return self.page.get_by_role("button", name="Try again")

    @property
    def give_up(self) -> Locator:
        return self.page.get_by_role("button", name="Give up this order")

    @property
    def more_time(self) -> Locator:
        return self.page.get_by_role("button", name="I need more time")

    @property
    def back(self) -> Locator:
        return self.page.get_by_role("link", name="Back to the shop")

    @property
    def french(self) -> Locator:
        return self.page.get_by_role("button", name="Français")

    @property
    def keep_card(self) -> Locator:
        return self.page.get_by_role("checkbox", name=re.compile("^Keep my card"))

    @property
    def reference(self) -> str:
        """The shop's, as the page shows it."""
        return self.page.get_by_role("term").filter(has_text="Reference").locator("+ dd").inner_text()

    @property
    def deadline(self) -> Locator:
        return self.page.locator("#deadline")

    def choose(self, name: str = "Bank card") -> None:
        """Choose a way to pay and go on to the form."""
        self.says(CHOOSE)
        expect(self.ways).to_contain_text(name)
        if self.page.get_by_role("radio").count():  # one way alone is nothing to choose from
            self.method(name).check()
        self.pay.click()
        self.says(WIDGET)
        expect(self.card.number).to_be_visible()
        has_its_height(self.page.locator("#paymentWidget iframe"))

    def pay_with(self, card: str) -> None:
        self.choose()
        self.card.use(card)

    def is_receipt(self, *, amount: str = "") -> None:
        self.says(PAID)
        if amount:
            self.tells(re.compile(f"Amount paid\\s*{re.escape(amount)}"))


class Shop:
    """The demo shop, which knows only what it is told."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def put(self, *things: str) -> None:
        """Into the basket."""
        for thing in things:
            self.page.goto(self.url)
            self.page.get_by_role("button", name=re.compile(f"^Add to basket ?: {thing}$")).click()
            expect(self.page.get_by_role("heading", name="Basket")).to_be_visible()

    def order_as_guest(self) -> Checkout:
        self.check_out()
        self.page.get_by_label("A guest").check()
        self.page.get_by_label("E-mail address").fill("ada@example.com")
        self.page.get_by_label("First name").fill("Ada")
        self.page.get_by_label("Last name").fill("Lovelace")
        return self.order()

    def order_as_known(self) -> Checkout:
        self.check_out()
        self.page.get_by_label("Camille Martin, who has an account").check()
        return self.order()

    def check_out(self) -> None:
        self.page.goto(f"{self.url}basket/")
        self.page.get_by_role("link", name="Check out").click()
        expect(self.page.get_by_role("heading", name="Check out")).to_be_visible()

    def order(self) -> Checkout:
        self.page.get_by_role("button", name=re.compile("^Order and pay")).click()
        expect(self.page).to_have_url(re.compile("/pay/"))
        return Checkout(self.page)

    def leave_a_card(self) -> Checkout:
        self.page.goto(f"{self.url}save-card/")
        self.page.get_by_role("button", name="Go on to the card").click()
        expect(self.page).to_have_url(re.compile("/pay/"))
        return Checkout(self.page)

    def says(self, state: str) -> None:
        """On an order's page, and by itself."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(state)

    def was_told(self, *events: str) -> None:
        expect(self.page.locator(".events code")).to_have_text(list(events))


class Admin:
    """The merchant's side."""

    def __init__(self, page: Page, site: str) -> None:
        self.page = page
        self.site = site

    def log_in(self, user: str, password: str) -> None:
        self.page.goto(f"{self.site}/admin/")
        self.page.get_by_label("Username").fill(user)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in").click()
        expect(self.page.get_by_label("Username")).to_have_count(0)

    def orders(self) -> None:
        self.page.goto(f"{self.site}/admin/checkout/order/")

    def open(self, number: str) -> None:
        self.orders()
        self.page.get_by_role("link", name=number, exact=True).click()
        expect(self.page.get_by_role("region", name="Summary")).to_contain_text(number)

    @property
    def body(self) -> Locator:
        """Our own part of a page, between the frame's menus."""
        return self.page.locator(".g-page")

    @property
    def attempts(self) -> Locator:
        """The states of the attempts, in their sequence."""
        return self.page.locator("section", has_text="Attempts to pay").locator(
            "td[data-label=State] .g-state"
        )

    @property
    def story(self) -> Locator:
        return self.page.locator("section", has_text="What happened").locator(".g-says")

    def tells(self, *sentences: str) -> None:
        """These sentences stand in the timeline, in this sequence, whatever stands between them."""
        expect(self.story.filter(has_text=sentences[-1])).not_to_have_count(0)
        told = iter(self.story.all_inner_texts())
        for sentence in sentences:
            assert any(sentence in line for line in told), f"“{sentence}” is not told, or not then"

    def wait_for(self, sentence: str) -> None:
        """The timeline does not follow by itself: look until it is there."""
        expect(self.page.get_by_role("heading", name="What happened")).to_be_visible()
        for _look in range(40):
            if self.story.filter(has_text=sentence).count():
                return
            self.page.wait_for_timeout(250)
            self.page.reload()
        raise AssertionError(f"“{sentence}” is not told")

    def press(self, name: str) -> None:
        self.body.get_by_role("button", name=name, exact=True).first.click()

    def go(self, name: str) -> None:
        """To an action that explains itself before it is done."""
        self.body.get_by_role("link", name=name, exact=True).first.click()
        self.press(name)
