"""What is each page called, and what else does it say that hangs on no row?"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from checkout.shopper.pages import Page

TITLES: dict[Page, Promise] = {
    Page.CHOOSE: _("How would you like to pay?"),
    Page.WIDGET: _("Enter your payment details"),
    Page.ONWARD: _("Continue to the payment page"),
    Page.LINK: _("Your payment link is ready"),
    Page.DESK: _("The shop is taking this payment by phone"),
    Page.FURTHER: _("A payment under your agreement"),
    Page.MOMENT: _("One moment, please"),
    Page.CHECKING: _("We are checking your payment"),
    Page.INTERRUPTED: _("The payment was not completed"),
    Page.FAILED: _("Your payment did not go through"),
    Page.BLOCKED: _("We cannot take another payment for the moment"),
    Page.OVERDUE: _("The time to pay is over"),
    Page.PAID: _("Paid, thank you"),
    Page.AUTHORIZED: _("The amount is reserved, thank you"),
    Page.REFUNDED: _("Refunded"),
    Page.CANCELED: _("The order is cancelled"),
    Page.EXPIRED: _("The time to pay is over"),
}

# An order that keeps a card moves no money, so it does not speak of any.
SAVE_CARD_TITLES: dict[Page, Promise] = {
    Page.CHOOSE: _("Keep a card for later"),
    Page.WIDGET: _("Enter your card"),
    Page.ONWARD: _("Continue to the card page"),
    Page.LINK: _("Your link is ready"),
    Page.CHECKING: _("We are checking your card"),
    Page.INTERRUPTED: _("Your card was not kept"),
    Page.FAILED: _("Your card could not be kept"),
    Page.BLOCKED: _("We cannot take another card for the moment"),
    Page.OVERDUE: _("The time to leave a card is over"),
    Page.PAID: _("Your card is kept, thank you"),
    Page.AUTHORIZED: _("Your card is kept, thank you"),
    Page.REFUNDED: _("Your card is kept, thank you"),
    Page.CANCELED: _("No card was kept"),
    Page.EXPIRED: _("The time to leave a card is over"),
}

# Nothing is due today, so nothing is paid: a subscription that begins with a free trial, a mandate.
FREE_TITLES: dict[Page, Promise] = {
    Page.CHOOSE: _("Where are the later payments to come from?"),
    Page.WIDGET: _("Enter your details"),
    Page.LINK: _("Your link is ready"),
    Page.CHECKING: _("We are checking whether it is agreed"),
    Page.INTERRUPTED: _("Nothing was agreed yet"),
    Page.FAILED: _("It could not be agreed"),
    Page.OVERDUE: _("The time to agree is over"),
    Page.PAID: _("It is agreed, thank you"),
    Page.AUTHORIZED: _("It is agreed, thank you"),
    Page.REFUNDED: _("It is agreed, thank you"),
    Page.CANCELED: _("Nothing was agreed"),
    Page.EXPIRED: _("The time to agree is over"),
}

# A press that could not be followed, told on the page it came back to.
NOTES: dict[str, Promise] = {
    "choose": _("Please choose how you would like to pay."),
    "changed": _("The amount was changed: please look again. Nothing was begun."),
    "unreached": _(
        "We could not reach the payment service, so nothing was changed. Please try again in a moment."
    ),
}

# The providers' own labels: they know no Django, so their words are marked for translation here.
LABELS = (
    gettext_noop("Bank card"),
    gettext_noop("Card or local payment method"),
    gettext_noop("Card, gift card or wallet"),
    gettext_noop("Card, on SysPay's page"),
    gettext_noop("Card, by payment link"),
)


def title_of(page: Page, *, saves_card: bool, free: bool = False) -> Promise:
    """`free`: something is agreed, and nothing is due today."""
    own = SAVE_CARD_TITLES if saves_card else FREE_TITLES if free else {}
    return own.get(page, TITLES[page])
