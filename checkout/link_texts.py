"""What does the message with a payment link say, unless the merchant writes it? A few texts to choose from, each in the
customer's language. {link}, {amount} and {until} are filled in by whoever sends it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

Text = str | Promise


@dataclass(frozen=True, kw_only=True)
class LinkText:
    name: str
    title: Text  # for the merchant who chooses
    subject: Text
    text: Text

    def in_language(self, language: str) -> tuple[str, str]:
        """Subject and text."""
        with override(language):
            return str(self.subject), str(self.text)


LINK_TEXTS = (
    LinkText(
        name="order",
        title=_("Your order"),
        subject=_("Your payment of {amount}"),
        text=_(
            "Hello,\n\nthank you for your order. You can pay {amount} here until {until}:\n\n{link}\n\n"
            "The page shows what you pay before you do. Nothing is charged until you confirm it there."
        ),
    ),
    LinkText(
        name="reminder",
        title=_("A reminder"),
        subject=_("A reminder: {amount} to pay"),
        text=_(
            "Hello,\n\nyour payment of {amount} has not reached us yet. You can make it here until {until}:\n\n"
            "{link}\n\nIf you have paid meanwhile, please forget this message."
        ),
    ),
    LinkText(
        name="phone",
        title=_("After a talk on the phone"),
        subject=_("Your payment of {amount}, as we discussed"),
        text=_("Hello,\n\nas we discussed, here is the link to pay {amount} until {until}:\n\n{link}"),
    ),
    LinkText(
        name="short",
        title=_("Short, for a text message"),
        subject=_("Your payment of {amount}"),
        text=_("Please pay {amount} until {until}: {link}"),
    ),
)


def filled(text: str, *, link: str, amount: str, until: str) -> str:
    """The three names filled in; whatever else stands in braces stays as it was written."""
    for name, value in (("{link}", link), ("{amount}", amount), ("{until}", until)):
        text = text.replace(name, value)
    return text
