"""How does a shop get from its key to a paid order? In steps that are files below docs/quickstart/: the page shows
them, and the tests run them."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString

from checkout.shop_api.code import coloured

HOME = Path(settings.BASE_DIR) / "docs" / "quickstart"
_LANGUAGES = {".sh": "bash", ".py": "python"}


@dataclass(frozen=True, kw_only=True)
class Snippet:
    name: str
    label: str
    code: SafeString


@dataclass(frozen=True, kw_only=True)
class Step:
    slug: str
    title: str
    text: str
    operation: str  # what it calls; a step whose operation the API has not is left out
    files: tuple[str, ...]

    @property
    def snippets(self) -> list[Snippet]:
        return [snippet(name) for name in self.files]


STEPS = (
    Step(
        slug="key",
        title="Set the key",
        text="In the admin, under Shops, press “Issue an API key” and “Make a new webhook secret”. Both are shown "
        "once. Keep them on your server: the key opens all of your shop's orders.",
        operation="find_orders",
        files=("1-key.sh", "1-key.py"),
    ),
    Step(
        slug="order",
        title="Create an order",
        text="Amounts are integers in the currency's minor units. The answer is 201 with the order; a 422 names every "
        "field that is not right.",
        operation="create_order",
        files=("2-order.sh", "2-order.py"),
    ),
    Step(
        slug="shopper",
        title="Send the shopper to pay_url",
        text="The shopper chooses how to pay, tries again, or gives up, and comes back to your `return_url`. That "
        "somebody came back proves nothing.",
        operation="create_order",
        files=("3-shopper.sh", "3-shopper.py"),
    ),
    Step(
        slug="webhook",
        title="Verify the webhook",
        text="Guichet posts to your shop's webhook address whenever something happened, signed as Standard Webhooks "
        "has it. This is a whole receiver; the shell lines check one webhook by hand.",
        operation="create_order",
        files=("4-webhook.py", "4-webhook.sh"),
    ),
    Step(
        slug="read",
        title="Read the order",
        text="Whenever in doubt: the order as it is known now. Ship when its `state` is `paid`.",
        operation="read_order",
        files=("5-read.sh", "5-read.py"),
    ),
    Step(
        slug="refund",
        title="Refund a part",
        text="Of an order that is paid.",
        operation="create_operation",
        files=("6-refund.sh", "6-refund.py"),
    ),
    Step(
        slug="link",
        title="Send a link",
        text="For whoever is not in your shop: after a talk on the phone, for an invoice. Copy the link, or let "
        "Guichet send it by e-mail.",
        operation="create_link",
        files=("7-link.sh", "7-link.py"),
    ),
)


def steps(operations: set[str]) -> list[Step]:
    return [step for step in STEPS if step.operation in operations]


def snippet(name: str) -> Snippet:
    path = HOME / name
    language = _LANGUAGES[path.suffix]
    label = {"bash": "Shell", "python": "Python"}[language]
    return Snippet(name=name, label=label, code=coloured(path.read_text(encoding="utf-8"), language))
