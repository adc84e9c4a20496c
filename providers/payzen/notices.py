"""What does PayZen ring about? The IPN: a form whose `kr-answer` is the payment as JSON, signed with the password.

It has no id of its own, and a repetition has another hash: one ring is told from another by its transactions and how
they stand. Where the id of a payment order stands in it is not documented, so it is looked for wherever it may be.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from pydantic import ValidationError

from providers.base import Incoming, Notification
from providers.errors import Forged, Invalid
from providers.payzen import signing, words
from providers.payzen.settings import PayzenSettings
from providers.payzen.shapes import Payment
from providers.said import said as _

MOST_BYTES = 1_000_000
MOST_FIELDS = 50
MOST_IDS = 50
ANSWER_TYPE = "V4/Payment"
_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


def notification(settings: PayzenSettings, incoming: Incoming, *, live: bool) -> Notification:
    form = _form(incoming)
    if not signing.holds(form, signing.PASSWORD, (settings.password, settings.previous_password)):
        raise Forged("The notification's signature does not hold.")
    if (kind := form.get("kr-answer-type", ANSWER_TYPE)) != ANSWER_TYPE:
        # The kind is not signed: it must not take the place of the true one.
        key = hashlib.sha256(f"{kind} {form['kr-answer']}".encode("utf-8", "surrogatepass")).hexdigest()
        about = f"a notification of the kind {words.plain(kind)[:40]}"
        return Notification(key=key, about=about, ignored=f"{about}, which is not read")
    told = payment(form["kr-answer"])
    if told.shop_id != settings.shop_id:
        raise Invalid("shopId", _("the notification is of another shop"))
    order = told.order_details
    key = _key(told) or hashlib.sha256(form["kr-answer"].encode("utf-8", "surrogatepass")).hexdigest()
    about = words.plain(f"order {order.order_id or '—'} {told.order_status.lower() or 'without a status'}")
    mode = {"TEST": False, "PRODUCTION": True}.get(order.mode)
    if mode is not None and mode is not live:
        which = (
            "a test notification on a live account" if live else "a production notification on a test account"
        )
        return Notification(key=f"{order.mode} {key}", about=about, ignored=which)
    ids = tuple(dict.fromkeys(name for name in _ids(told) if _ID.fullmatch(name)))[:MOST_IDS]
    if not (order.order_id or ids):
        raise Invalid("orderDetails.orderId", _("the notification names no order and no transaction"))
    return Notification(key=key, about=about, reference=order.order_id, provider_ids=ids)


def payment(answer: str) -> Payment:
    """`kr-answer`, read; Invalid when it is no payment."""
    try:
        data = json.loads(answer)
    except (ValueError, RecursionError):
        raise Invalid("kr-answer", _("is no JSON")) from None
    if not isinstance(data, Mapping):
        raise Invalid("kr-answer", _("is no object"))
    try:
        return Payment.model_validate(data)
    except ValidationError as problem:
        field = ".".join(str(part) for part in problem.errors(include_input=False)[0]["loc"])
        raise Invalid(f"kr-answer.{field}", _("cannot be read")) from None


def _form(incoming: Incoming) -> Mapping[str, str]:
    """The fields, each exactly as it came. Nothing is verified yet, so what cannot be read is nobody's."""
    if len(incoming.body) > MOST_BYTES:
        raise Forged("The notification is too large to be one.")
    try:
        text = incoming.body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Forged("The notification is no form.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Forged("The notification says a field twice.")
    return form


def _key(told: Payment) -> str:
    """The order, and every transaction, how it stands and for how much: a repetition says the same, news does not. What
    is lessened before its capture keeps its name and its status."""
    ends = sorted(
        f"{one.uuid}:{one.detailed_status}:{one.amount}:{one.currency}" for one in told.transactions
    )
    return ",".join([f"{told.order_status}:{told.order_cycle}", *ends]) if ends else ""


def _ids(told: Payment) -> Iterator[str]:
    yield told.payment_order_id
    yield told.order_details.payment_order_id
    for one in told.transactions:
        yield one.payment_order_id
        yield one.transaction_details.payment_order_id
        yield one.uuid
        yield one.parent if one.kind == words.CREDIT else ""
