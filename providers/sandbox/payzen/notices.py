"""What is the shop told? The IPN: form fields over one exact string, before the shopper is sent back (section 7)."""

import json
import time
from urllib.parse import parse_qsl, urlencode

from django.db import connection, transaction

from providers.sandbox import accounts, clock, outbox
from providers.sandbox.models import Notification
from providers.sandbox.payzen import shapes, signing
from providers.sandbox.payzen.envelope import Answer, compact
from providers.sandbox.payzen.models import PayzenCharge, PayzenTransaction
from providers.sandbox.payzen.signing import SLUG, TEST
from providers.sandbox.standins import Outgoing

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# HTTP statuses that count as delivered [public: L-ipn_usage].
_TAKEN = (*range(200, 207), 301, 302, 303, 307, 308)
PATIENCE = 30  # seconds a shop may take to answer [public: L-ipn_usage]


def taken(status: int) -> bool:
    return status in _TAKEN


def target(account: str, mode: str, own: str = "") -> str:
    """The order's own address, else the rule of the account's mode; empty: nobody is told."""
    settings = accounts.settings_of(SLUG, account)
    return own or str(settings["notification_url" if mode == TEST else "production_notification_url"])


def _exact(account: str, told: Answer) -> str:
    """The one string that is signed and sent."""
    answer = compact(told)
    return answer.replace("/", "\\/") if accounts.settings_of(SLUG, account)["escaped_slashes"] else answer


def tell(tx: PayzenTransaction, *, status: str = "") -> list[Notification]:
    """Post the payment as it stands now. Rows are saved before: a shop asks back from inside its IPN."""
    url = target(tx.account, tx.mode, tx.ipn_url)
    return (
        _post(tx.account, tx.mode, tx.uuid, url, shapes.payment(tx.charge, tx, status=status)) if url else []
    )


def tell_abandoned(charge: PayzenCharge) -> None:
    """Nothing was tried: the shopper left."""
    if url := target(charge.account, charge.mode, charge.asked.get("ipnTargetUrl", "")):
        _post(charge.account, charge.mode, charge.id, url, shapes.no_payment(charge, "ABANDONED"))


def _post(account: str, mode: str, subject: str, url: str, told: Answer) -> list[Notification]:
    fields = signing.seal(_exact(account, told), account, mode, "password")
    return outbox.post(SLUG, subject, url, urlencode(fields), _FORM)


def tell_again(tx: PayzenTransaction, *, forged: bool = False, wrong_signature: bool = False) -> list[int]:
    """By hand, whatever was told before; the ids of the notifications."""
    url = target(tx.account, tx.mode, tx.ipn_url)
    if not url:
        return []
    fields = signing.seal(_exact(tx.account, shapes.payment(tx.charge, tx)), tx.account, tx.mode, "password")
    message = Outgoing(_FORM, urlencode(fields))
    message = forge(message) if forged else message
    message = missign(message) if wrong_signature else message
    with transaction.atomic():
        sent = outbox.post(SLUG, tx.uuid, url, message.body, message.headers)
    return [notification.pk for notification in sent]


def forge(message: Outgoing) -> Outgoing:
    """Paid, and another amount, under the hash of the true answer."""
    fields = dict(parse_qsl(message.body))
    told = json.loads(fields["kr-answer"])
    told["orderStatus"], told["orderDetails"]["orderTotalAmount"] = "PAID", 1
    for one in told["transactions"]:
        one |= {"amount": 1, "status": "PAID", "detailedStatus": "AUTHORISED"}
    return Outgoing(message.headers, urlencode(fields | {"kr-answer": compact(told)}))


def missign(message: Outgoing) -> Outgoing:
    """The true answer, signed by somebody else."""
    fields = dict(parse_qsl(message.body))
    return Outgoing(message.headers, urlencode(fields | {"kr-hash": signing.wrong_hash(fields["kr-answer"])}))


def first(subject: str, account: str) -> None:
    """Hold the shopper until the shop has been asked once: the IPN goes before the return.

    For at most `ipn_first_seconds` of real time; a message that is late, lost or held is not waited for.
    """
    until = time.monotonic() + int(accounts.settings_of(SLUG, account)["ipn_first_seconds"])
    while (left := until - time.monotonic()) > 0:
        seen = clock.bell.count
        waiting = Notification.objects.filter(
            provider=SLUG,
            subject=subject,
            state=Notification.State.WAITING,
            attempts=[],
            due_at__lte=clock.now(),
        )
        if not waiting.exists():
            return
        connection.close()
        clock.bell.wait(seen, left)
