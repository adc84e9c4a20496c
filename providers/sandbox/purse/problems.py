"""How does Purse say no? Problem details, in the shape of a sister API of the same house; ours for this one.

The error body of the Payment API V2 is [unknown]; the statuses 400, 403, 500, 502 and 504 are documented for
creating a session, the others are [inferred].
"""

import json
from typing import Any

from django.http import HttpResponse

_TYPE = "https://api.purse.eu/problems/"
_TITLES = {
    400: ("validation-error", "Validation Error"),
    401: ("unauthorized", "Unauthorized"),
    403: ("forbidden", "Forbidden"),
    404: ("not-found", "Not Found"),
    405: ("method-not-allowed", "Method Not Allowed"),
    409: ("conflict", "Conflict"),
    415: ("unsupported-media-type", "Unsupported Media Type"),
    422: ("unprocessable-content", "Unprocessable Content"),
}


class Problem(Exception):
    """A refusal: its HTTP status and the sentence."""

    def __init__(self, status: int, detail: str, *, field: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.field = field


def answer(status: int, detail: str, path: str, *, field: str = "") -> HttpResponse:
    slug, title = _TITLES[status]
    body: dict[str, Any] = {
        "type": _TYPE + slug, "title": title, "status": status, "detail": detail, "instance": path,
    }  # fmt: skip
    if status in (400, 422):
        body["errors"] = [{"detail": detail, **({"field": field} if field else {})}]
    response = HttpResponse(json.dumps(body), status=status, content_type="application/problem+json")
    if status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response
