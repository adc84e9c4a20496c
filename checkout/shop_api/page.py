"""Where does a developer read what the API can do? On a page made of the OpenAPI description itself, and on a
quickstart made of files that the tests run. Both are for everybody and hold nothing of any shop's."""

import hashlib
import json
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt

from checkout.shop_api import quickstart
from checkout.shop_api.code import as_json, coloured
from checkout.shop_api.problems import wrong_method
from checkout.shop_api.schema_view import Operation, Page, page_of
from checkout.shop_api.telling import EVENTS, webhook_example

_FRESH_SECONDS = 300
_READING = ("GET", "HEAD")


def _read_only(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Below /api/ whatever is refused is refused as a problem; so is a method that a page does not take."""

    @csrf_exempt  # nothing is changed here; and else another method would be told of its missing token
    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        if request.method in _READING:
            return view(request)
        refused = wrong_method(_READING).answer()
        refused["Cache-Control"] = "no-store"
        return refused

    return answered


@_read_only
def docs(request: HttpRequest) -> HttpResponse:
    return _answer(request, _docs(settings.SITE_URL))


@_read_only
def quick(request: HttpRequest) -> HttpResponse:
    return _answer(request, _quick(settings.SITE_URL))


def _answer(request: HttpRequest, made: tuple[bytes, str]) -> HttpResponse:
    """The same for everybody, so a browser or a proxy may keep it, and asks by its ETag whether it is still so."""
    body, tag = made
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    response = HttpResponse(status=304) if tag in known else HttpResponse(body)
    response["ETag"] = tag
    response["Cache-Control"] = f"public, max-age={_FRESH_SECONDS}"
    response["Content-Language"] = "en"
    return response


@cache
def described() -> Page:
    """Read once: the operations do not change while a process lives."""
    from checkout.shop_api.urls import api  # the API's own module is built of the doors, and this is one

    return page_of(api.get_openapi_schema())


@cache
def _docs(site: str) -> tuple[bytes, str]:
    page = described()
    context = {
        "page": page,
        "groups": [
            {
                "name": name,
                "anchor": name.replace(" ", "-"),
                "operations": [_shown(one, site) for one in operations],
            }
            for name, operations in page.groups.items()
        ],
        "parts": [{"part": part, "example": as_json(part.example)} for part in page.parts],
        "paging": [one for one in page.operations if one.paging],
        "problem": as_json(
            {name: said for name, said in _example_of(page, "ProblemOut").items() if said is not None}
        ),
        "events": EVENTS,
        "webhook": {name: as_json(webhook_example(name, _example_of(page, "OrderOut"))) for name in EVENTS},
        "verify": quickstart.snippet("4-webhook.py"),
        "statuses": sorted({answer.status for one in page.operations for answer in one.answers}),
        "limited": any(answer.status == "429" for one in page.operations for answer in one.answers),
        "rate": getattr(settings, "API_RATE_PER_MINUTE", 0),
        "scopes": sorted({one.scope for one in page.operations if one.scope}),
    }
    return _rendered("api/docs.html", site, context)


@cache
def _quick(site: str) -> tuple[bytes, str]:
    known = {operation.id for operation in described().operations}
    return _rendered("api/quickstart.html", site, {"steps": quickstart.steps(known), "page": described()})


def _rendered(template: str, site: str, context: dict[str, Any]) -> tuple[bytes, str]:
    addresses = {
        "site": site,
        "docs": reverse("api_docs"),
        "quickstart": reverse("api_quickstart"),
        "description": reverse("shop_api:openapi-json"),
    }
    with override("en"):
        body = render_to_string(template, {**addresses, **context}).encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _shown(operation: Operation, site: str) -> dict[str, Any]:
    example = operation.body_example
    return {
        "operation": operation,
        "curl": coloured(curl(operation, site), "bash"),
        "example": as_json(example) if example is not None else "",
        "answers": [
            {
                "answer": answer,
                "example": as_json(answer.example) if isinstance(answer.example, dict | list) else "",
            }
            for answer in operation.answers
        ],
    }


def curl(operation: Operation, site: str) -> str:
    """A line that can be pasted once the key is set."""
    address = f"{site}{operation.address}"
    lines = [f'curl "{address}"' if "?" in address else f"curl {address}"]
    if operation.verb not in ("GET", "POST") or (operation.verb == "POST" and not operation.body):
        lines[0] += f" -X {operation.verb}"
    lines.append('-H "Authorization: Bearer $GUICHET_KEY"')
    if any(row.where == "header" and row.path == "Idempotency-Key" for row in operation.parameters):
        lines.append(f'-H "Idempotency-Key: {operation.id.replace("_", "-")}-8841"')
    if operation.body_example is not None:
        lines.append('-H "Content-Type: application/json"')
        said = json.dumps(operation.body_example, ensure_ascii=False).replace("'", "'\\''")
        lines.append(f"-d '{said}'")
    return " \\\n  ".join(lines)


def _example_of(page: Page, name: str) -> Any:
    return next(part.example for part in page.parts if part.name == name)


urlpatterns = [
    path("", docs, name="api_front"),
    path("v1/docs", docs, name="api_docs"),
    path("v1/quickstart", quick, name="api_quickstart"),
]
