"""Whose call is it? OAuth client credentials against an opaque token, and the account the token belongs to.

The endpoint, Basic and the answer are documented; the error bodies are RFC 6749's [inferred]. A token ages by
the sandbox's clock: the shop learns its age from expires_in and may be tested with an expired one.
"""

import base64
import binascii
import hmac
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from providers.sandbox import accounts, clock
from providers.sandbox.purse.models import PurseToken
from providers.sandbox.purse.problems import Problem
from providers.sandbox.wire import json_answer

SLUG = "purse"


@dataclass(frozen=True)
class Caller:
    """Who calls: the account's name and its settings."""

    name: str
    settings: dict[str, Any]


def _same(given: str, expected: object) -> bool:
    return hmac.compare_digest(given.encode(), str(expected).encode())


def _basic(header: str | None) -> tuple[str, str] | None:
    scheme, _, encoded = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, secret) if colon else None


def _client(request: HttpRequest) -> Caller | None:
    credentials = _basic(request.headers.get("Authorization"))
    if credentials is None:
        return None
    for name, settings in accounts.all_of(SLUG).items():
        if _same(credentials[0], settings["client_id"]) and _same(credentials[1], settings["client_secret"]):
            if settings["require_api_key"] and not _api_key_fits(request, settings):
                return None
            return Caller(name, settings)
    return None


def _api_key_fits(request: HttpRequest, settings: dict[str, Any]) -> bool:
    return _same(request.headers.get("x-api-key", ""), settings["api_key"])


def _refusal(error: str, status: int) -> HttpResponse:
    answer = json_answer({"error": error}, status)
    if status == 401:
        answer["WWW-Authenticate"] = 'Basic realm="purse"'
    answer["Cache-Control"] = "no-store"
    return answer


def token(request: HttpRequest) -> HttpResponse:
    """POST oauth/token; grant_type in the form or in the query."""
    if request.method != "POST":
        answer = _refusal("invalid_request", 405)
        answer["Allow"] = "POST"
        return answer
    caller = _client(request)
    if caller is None:
        return _refusal("invalid_client", 401)
    grant = request.POST.get("grant_type") or request.GET.get("grant_type")
    if not grant:
        return _refusal("invalid_request", 400)
    if grant != "client_credentials":
        return _refusal("unsupported_grant_type", 400)
    seconds = caller.settings["token_seconds"]
    with transaction.atomic():
        PurseToken.objects.filter(expires_at__lt=clock.now()).delete()
        made = PurseToken.objects.create(
            account=caller.name, expires_at=clock.now() + timedelta(seconds=seconds)
        )
    answer = json_answer({"access_token": made.value, "token_type": "Bearer", "expires_in": seconds})
    answer["Cache-Control"] = "no-store"
    return answer


def caller_of(request: HttpRequest) -> Caller:
    """The account of the call's token, or a Problem 401."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not value.strip():
        raise Problem(401, "Authorization: a Bearer token is required")
    found = PurseToken.objects.filter(value=value.strip()).first()
    if found is None or found.account not in accounts.names(SLUG):
        raise Problem(401, "the token is not known")
    if found.expires_at <= clock.now():
        raise Problem(401, "the token has expired")
    settings = accounts.settings_of(SLUG, found.account)
    if settings["require_api_key"] and not _api_key_fits(request, settings):
        raise Problem(401, "x-api-key: is missing or not this account's")
    return Caller(found.account, settings)


def of_entity(caller: Caller, entity_id: str) -> None:
    """A token scopes its calls to the account's own entity."""
    if entity_id != caller.settings["entity_id"]:
        raise Problem(403, "entity_id: is not an entity of these credentials", field="entity_id")
