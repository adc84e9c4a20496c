"""What was the shop told, and what is it still owed? For a shop that was away, and catches up."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema
from pydantic import Field

from checkout.models import ShopEvent
from checkout.shop_api.access import shop_of
from checkout.shop_api.pages import CREATED_FROM, CREATED_TO, CURSOR, LIMIT, page
from checkout.shop_api.problems import Problem
from checkout.shop_api.routing import Router
from checkout.shop_api.shapes import At, ListOut, Moment, ProblemOut

router = Router(tags=["events"])


class EventOut(Schema):
    """One webhook, whether it has arrived or not."""

    id: str = Field(description="The `webhook-id`.")
    type: str
    created_at: At
    sequence: int = Field(description="1, 2, 3 ... of its order's; 0: of no order.")
    order: str | None = Field(description="The order's id; null of a test event.")
    delivered: bool = Field(description="Has your webhook address answered 2xx?")
    delivered_at: At | None
    attempts: int = Field(description="How often it was tried, since a paused address was resumed last.")


class WholeEventOut(EventOut):
    body: dict[str, Any] = Field(description="What your webhook address is sent.")


class EventsOut(ListOut):
    events: list[EventOut]


@router.get(
    "/events",
    response={200: EventsOut, 422: ProblemOut},
    operation_id="find_events",
    summary="List your webhooks",
)
def find(
    request: HttpRequest,
    response: HttpResponse,
    order: str | None = Query(None, min_length=1, max_length=20, description="Of this order alone."),
    type: str | None = Query(None, min_length=1, max_length=50, description="Such as order.paid."),  # noqa: A002
    delivered: bool | None = Query(None, description="false: those that have not arrived."),
    created_from: Moment | None = CREATED_FROM,
    created_to: Moment | None = CREATED_TO,
    cursor: str | None = CURSOR,
    limit: int = LIMIT,
) -> Any:
    """The oldest first. Each tells of its order as it stood then: read the order to see how it stands now."""
    wanted = {
        "order__number": order,
        "type": type,
        "delivered_at__isnull": None if delivered is None else not delivered,
        "created_at__gte": created_from,
        "created_at__lt": created_to,
    }
    found = _events_of(request).filter(**{name: value for name, value in wanted.items() if value is not None})
    rows, following = page(
        request, response, found.defer("payload"), by=("created_at", "pk"), cursor=cursor, limit=limit
    )
    return {"events": [_snapshot(event) for event in rows], "next_cursor": following}


@router.get(
    "/events/{event_id}",
    response={200: WholeEventOut},
    operation_id="read_event",
    summary="Read a webhook, with its body",
)
def read(request: HttpRequest, event_id: str) -> Any:
    """What was sent, or is still to be."""
    event = _events_of(request).filter(pk=name).first() if (name := _uuid(event_id)) else None
    if event is None:
        raise Problem(404, "no-such-event", "You have no event with this id.")
    return {**_snapshot(event), "body": event.payload}


def _events_of(request: HttpRequest) -> QuerySet[ShopEvent]:
    return ShopEvent.objects.select_related("order").filter(shop=shop_of(request))


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def _snapshot(event: ShopEvent) -> dict[str, Any]:
    return {
        "id": str(event.pk),
        "type": event.type,
        "created_at": _utc(event.created_at),
        "sequence": event.sequence,
        "order": event.order.number if event.order else None,
        "delivered": event.delivered_at is not None,
        "delivered_at": _utc(event.delivered_at),
        "attempts": event.attempts,
    }


def _utc(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
