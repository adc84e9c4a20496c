"""How does a shop give its customer a link to pay? Makes one, sees how it stands, sends it again, withdraws it.

The key of a new link stands on the link itself (`Invitation.request_key`), as that of a payment does: a provider is
asked, and that is done inside no transaction. So the same key is answered with its link as it is now.
"""

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from checkout.models import Invitation, Order
from checkout.payments.links import NotSent, errors_of, invite, send_again, withdraw
from checkout.payments.snapshot import order_snapshot
from checkout.payments.timeline import Who
from checkout.shop_api.access import links_of, own_link, own_order, shop_of
from checkout.shop_api.idempotency import (
    REPLAY,
    claimed,
    fingerprint,
    key_header,
    key_reused,
    once,
    release,
)
from checkout.shop_api.link_asked import disagreements_of_link, is_for, sender, ways_for, words_of
from checkout.shop_api.link_shapes import ChannelsOut, LinkOut, LinkProblemOut, LinksOut, NewLink
from checkout.shop_api.pages import CURSOR, LIMIT, page
from checkout.shop_api.payments import as_sentence
from checkout.shop_api.problems import Problem, fields_problem
from checkout.shop_api.routing import Router
from checkout.shop_api.shapes import ProblemOut
from checkout.templatetags.qr import qr_code

router = Router(tags=["payment links"])


@router.get(
    "/orders/{order_id}/channels",
    response={200: ChannelsOut},
    operation_id="read_channels",
    summary="List the ways to send a link",
)
def read_channels(request: HttpRequest, order_id: str) -> Any:
    """By which this order's customer can be given a link now. Asks nobody."""
    return {"channels": ways_for(own_order(request, order_id))}


@router.post(
    "/orders/{order_id}/links",
    response={201: LinkOut, 409: LinkProblemOut, 422: LinkProblemOut, 413: ProblemOut, 415: ProblemOut},
    operation_id="create_link",
    summary="Make a payment link, and have it sent",
)
def create(
    request: HttpRequest,
    order_id: str,
    link: NewLink,
    idempotency_key: str = key_header("the same link, as it is by then"),
) -> Any:
    """Of a provider's channel it takes as long as the provider takes to answer, and an attempt that is open is given up
    first. 201 whatever became of it: read `state`."""
    order = own_order(request, order_id)
    if wrong := disagreements_of_link(link):
        raise fields_problem(wrong)
    known = _known(order, link, idempotency_key)
    made, new = (known, False) if known is not None else _make(request, order, link, idempotency_key)
    response = _answer_about(order, own_link(order, str(made.pk)))
    if not new:
        response[REPLAY] = "true"
    return response


def _known(order: Order, asked: NewLink, key: str) -> Invitation | None:
    """Looked up before anything else: a switched-off account changes no answer, and a key that is a payment's gives no
    attempt up."""
    known = links_of(order).filter(request_key=key).first()
    if known is None and order.payments.filter(request_key=key, invitation=None).exists():
        raise key_reused()
    if known is not None and not is_for(known, asked):
        raise key_reused()
    return known


def _make(request: HttpRequest, order: Order, asked: NewLink, key: str) -> tuple[Invitation, bool]:
    account = sender(shop_of(request), asked)
    language = asked.language or order.language
    subject, text = words_of(asked, language)
    try:
        return invite(
            order,
            channel=asked.channel,
            account=account,
            to=asked.to,
            subject=subject,
            text=text,
            language=language,
            key=key,
            who=Who.SHOP,
        )
    except NotSent as no:
        known = _known(order, asked, key)  # the second of two at the same moment
        if known is not None:
            return known, False
        raise _refusal(no, "link-not-made", order) from None


def _answer_about(order: Order, made: Invitation) -> HttpResponse:
    """201 whatever became of it, but for fields of the shop's own request that the provider refused."""
    snapshot = link_snapshot(made)
    errors = errors_of(made)
    if made.standing == Invitation.Standing.NOT_SENT and errors:
        order.refresh_from_db()
        found = fields_problem(errors)
        more = {"order": order_snapshot(order), "link": snapshot}
        return Problem(422, "refused-by-provider", found.detail, errors=errors, **more).answer()
    return JsonResponse(snapshot, status=201)


@router.get(
    "/orders/{order_id}/links",
    response={200: LinksOut, 422: ProblemOut},
    operation_id="read_links",
    summary="List an order's payment links",
)
def read_all(
    request: HttpRequest,
    response: HttpResponse,
    order_id: str,
    cursor: str | None = CURSOR,
    limit: int = LIMIT,
) -> Any:
    """The newest first. Asks nobody."""
    found = links_of(own_order(request, order_id))
    rows, following = page(request, response, found, by=("-pk",), cursor=cursor, limit=limit)
    return {"links": [link_snapshot(link) for link in rows], "next_cursor": following}


@router.get(
    "/orders/{order_id}/links/{link_id}",
    response={200: LinkOut},
    operation_id="read_link",
    summary="Read a payment link",
)
def read(request: HttpRequest, order_id: str, link_id: str) -> Any:
    """As it is known now. Asks nobody."""
    return link_snapshot(own_link(own_order(request, order_id), link_id))


@router.get(
    "/orders/{order_id}/links/{link_id}/qr.svg",
    response={},
    operation_id="read_link_qr",
    url_name="link_qr",
    summary="The QR code of a payment link",
    openapi_extra={
        "responses": {
            200: {"description": "A picture", "content": {"image/svg+xml": {"schema": {"type": "string"}}}}
        }
    },
)
def read_qr(request: HttpRequest, order_id: str, link_id: str) -> Any:
    """An SVG, to be shown or printed. 404 `no-qr-code` where `url` is null."""
    link = own_link(own_order(request, order_id), link_id)
    url = _good_url(link)
    if not url:
        raise Problem(
            404, "no-qr-code", "There is no address to show: the link is over, or the provider names none."
        )
    with translation.override(link.language):
        title = _("QR code of the payment link of order %(number)s") % {"number": link.order.number}
        picture = HttpResponse(qr_code(url, title), content_type="image/svg+xml")
    picture["Content-Language"] = link.language
    return picture


@router.post(
    "/orders/{order_id}/links/{link_id}/send",
    response={200: LinkOut, 409: LinkProblemOut, 422: LinkProblemOut},
    operation_id="send_link",
    summary="Send a payment link again",
)
def send(
    request: HttpRequest,
    order_id: str,
    link_id: str,
    idempotency_key: str = key_header("the link as it is by then, which is not sent once more"),
) -> Any:
    """The same message once more, with what is owed now. Takes as long as the provider takes to answer."""
    order = own_order(request, order_id)
    link = own_link(order, link_id)
    shop, mark = shop_of(request), fingerprint("POST", request.path, {})
    claimed = once(shop, idempotency_key, mark, lambda: (200, {"link": str(link.pk)}))
    if not claimed.replayed:
        try:
            send_again(link, who=Who.SHOP)
        except NotSent as no:
            release(shop, idempotency_key, mark)
            raise _refusal(no, "link-not-sent", order, link) from None
    response = JsonResponse(link_snapshot(own_link(order, link_id)))
    if claimed.replayed:
        response[REPLAY] = "true"
    return response


@router.post(
    "/orders/{order_id}/links/{link_id}/withdraw",
    response={200: LinkOut, 409: LinkProblemOut, 422: LinkProblemOut},
    operation_id="withdraw_link",
    summary="Withdraw a payment link",
)
def take_back(
    request: HttpRequest,
    response: HttpResponse,
    order_id: str,
    link_id: str,
    idempotency_key: str = key_header("the link, as it is by then"),
) -> Any:
    """Nothing can be paid by it any more; the order itself stays payable. The provider is told first, and money that
    came before wins. A withdrawn link is answered as it is."""
    order = own_order(request, order_id)
    link = own_link(order, link_id)
    with claimed(request, response, idempotency_key) as new:
        if new:
            try:
                withdraw(link, who=Who.SHOP)
            except NotSent as no:
                raise _refusal(no, "link-not-withdrawn", order, link) from None
    return link_snapshot(own_link(order, link_id))


def _refusal(no: NotSent, kind: str, order: Order, link: Invitation | None = None) -> Problem:
    """With the order, and the link, as they stand by now."""
    if no.errors:
        return fields_problem(no.errors)
    order.refresh_from_db()
    more: dict[str, Any] = {"order": order_snapshot(order)}
    if link is not None:
        more["link"] = link_snapshot(own_link(order, str(link.pk)))
    return Problem(409, kind, as_sentence(no), **more)


# --- how it stands ---------------------------------------------------------------------------------------------------


def link_snapshot(link: Invitation) -> dict[str, Any]:
    """JSON-ready; times ISO 8601 in UTC."""
    account = link.payment.account if link.payment else None
    url = _good_url(link)
    return {
        "id": str(link.pk),
        "channel": link.channel,
        "provider": account.provider if account else None,
        "account": str(account.pk) if account else None,
        "payment": link.payment.reference if link.payment else None,
        "to": link.to,
        "subject": link.subject,
        "text": link.text,
        "language": link.language,
        "url": url or None,
        "qr": _qr_address(link) if url else None,
        "state": str(link.standing),
        "error": link.problem or None,
        "times": link.times,
        "created_at": _utc(link.created_at),
        "sent_at": _utc(link.sent_at),
        "first_opened_at": _utc(link.opened_at),
    }


def _good_url(link: Invitation) -> str:
    """Nobody is to be handed an address by which nothing can be paid."""
    return link.url if link.is_good else ""


def _qr_address(link: Invitation) -> str:
    names = {"order_id": link.order.number, "link_id": str(link.pk)}
    return settings.SITE_URL.rstrip("/") + reverse("shop_api:link_qr", kwargs=names)


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
