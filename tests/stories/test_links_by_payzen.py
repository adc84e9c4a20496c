"""What does PayZen itself say to a link? Its complaints by our names, and its ways; nothing goes over the wire."""

import pytest
from pydantic import SecretStr

from checkout.models import Account, Invitation, Order
from checkout.payments.links import NotSent, invite
from checkout.payments.timeline import Who
from providers.payzen.settings import PayzenSettings
from tests.scripted import make_order, make_shop


@pytest.fixture
def payzen(transactional_db: None) -> Account:
    account = Account(shop=make_shop(), provider="payzen", name="PayZen")
    account.store_settings(
        PayzenSettings(
            shop_id="12345678",
            password=SecretStr("testpassword_canary"),
            sends=("url", "mail", "sms", "whatsapp"),
        )
    )
    account.save()
    return account


@pytest.fixture
def order(payzen: Account) -> Order:
    return make_order(payzen.shop)


@pytest.mark.parametrize(
    ("channel", "asked", "errors"),
    [
        ("sms", {"to": "0600000000"}, (("to", "is a mobile number such as +33600000000"),)),
        ("mail", {"to": "ada", "subject": "Pay"}, (("to", "is one e-mail address"),)),
        ("mail", {"to": "ada@example.com"}, (("subject", "is needed: the account has no e-mail template"),)),
        (
            "whatsapp",
            {"to": "+33600000000", "text": "Pay"},
            (("text", "cannot be sent: PayZen's WhatsApp message has a text of its own"),),
        ),
        ("invoice", {"to": ""}, (("channel", "is not one of this account's"),)),
    ],
)
def test_its_complaints_name_what_was_asked(
    payzen: Account, order: Order, channel: str, asked: dict[str, str], errors: tuple[tuple[str, str], ...]
) -> None:
    with pytest.raises(NotSent) as no:
        invite(order, account=payzen, channel=channel, who=Who.MERCHANT, user=None, **asked)
    assert no.value.errors == errors
    assert (order.payments.count(), Invitation.objects.count()) == (0, 0)
