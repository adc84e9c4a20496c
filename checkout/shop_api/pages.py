"""Where does a list go on? After the last row of the page before, whatever has come in meanwhile.

The cursor holds that row's place, signed for this list of this shop: nobody has to understand it, and no other will do.
"""

from typing import Any, TypeVar

from django.conf import settings
from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query

from checkout.shop_api.access import shop_of
from checkout.shop_api.problems import fields_problem

MOST, USUAL = 100, 25
LIMIT: Any = Query(USUAL, ge=1, le=MOST, description=f"How many at most; {USUAL} when left out.")
CURSOR: Any = Query(
    None, max_length=500, description="`next_cursor` of the page before. Left out: the first page."
)
CREATED_FROM: Any = Query(None, description="Not before; ISO 8601 with its offset, + written as %2B.")
CREATED_TO: Any = Query(None, description="Before; ISO 8601 with its offset, + written as %2B.")
_SALT = "checkout.shop_api.pages"

Row = TypeVar("Row", bound=Model)


def page(
    request: HttpRequest,
    response: HttpResponse,
    rows: QuerySet[Row],
    *,
    by: tuple[str, ...],
    cursor: str | None,
    limit: int,
) -> tuple[list[Row], str | None]:
    """One page of `rows`, and the next one's cursor, which stands in the `Link` header as well. `by`: columns that tell
    any two rows apart, all of them ascending or all of them ("-") descending."""
    if cursor is not None:
        rows = rows.filter(_beyond(by, _read(request, cursor)))
    found = list(rows.order_by(*by)[: limit + 1])
    if len(found) <= limit:
        return found, None
    found = found[:limit]
    place = [_plain(getattr(found[-1], name.removeprefix("-"))) for name in by]
    following = _signer(request).sign_object(place)
    query = request.GET.copy()
    query["cursor"] = following
    address = f"{settings.SITE_URL.rstrip('/')}{request.path}?{query.urlencode()}"
    response["Link"] = f'<{address}>; rel="next"'
    return found, following


def _beyond(by: tuple[str, ...], place: list[Any]) -> Q:
    """Everything that comes after `place` in the sequence of `by`."""
    word = "lt" if by[0].startswith("-") else "gt"
    names = [name.removeprefix("-") for name in by]
    found = Q()
    for position, name in enumerate(names):
        same = dict(zip(names[:position], place, strict=False))
        found |= Q(**same, **{f"{name}__{word}": place[position]})
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, int):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _read(request: HttpRequest, cursor: str) -> list[Any]:
    try:
        place: list[Any] = _signer(request).unsign_object(cursor)
    except (signing.BadSignature, ValueError):
        why = "is no cursor of this list; send next_cursor as it was given"
        raise fields_problem([("cursor", why)]) from None
    return place


def _signer(request: HttpRequest) -> signing.Signer:
    return signing.Signer(salt=f"{_SALT}:{shop_of(request).pk}:{request.path}")
