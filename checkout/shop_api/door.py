"""Who is at the door, and does every answer leave in the one form? Whatever the framework itself would say, too."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import override

from checkout.models import ApiKey
from checkout.shop_api.problems import Problem, nothing_here, too_large, wrong_method
from checkout.shop_api.rates import Rate, rate_of, too_often

log = structlog.get_logger("checkout.shop_api")

View = Callable[..., HttpResponse]
_AGAIN_IN_SECONDS = 5
_SPEAKS = "en"


def at_the_door(view: View) -> View:
    """The key is looked up and counted before anything else, so that every answer to it can say how often it may still
    ask. What is refused on the way becomes a problem, and no answer is kept by anyone on the way: it holds the address
    of a payment page. Programs read English, whatever their HTTP library asks for; what is written for a customer says
    so itself, in its own Content-Language."""

    @wraps(view)
    def in_english(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with override(_SPEAKS):
            return answered(request, *args, **kwargs)

    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        rate: Rate | None = None
        try:
            rate = _admit(request)
            request.rate = rate  # type: ignore[attr-defined]  # read by `faults`
            if rate is not None and rate.over:
                raise too_often(rate)
            response = view(request, *args, **kwargs)
        except Problem as problem:
            response = problem.answer()
        except RequestDataTooBig:
            response = too_large().answer()
        except Http404:
            response = nothing_here().answer()
        except (OperationalError, InterfaceError) as why:
            response = not_now(why).answer()
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response = wrong_method(response["Allow"].split(", ")).answer()
        response["Cache-Control"] = "no-store"
        response.headers.setdefault("Content-Language", _SPEAKS)
        for name, value in (rate.headers() if rate else {}).items():
            response[name] = value
        return response

    return in_english


def _admit(request: HttpRequest) -> Rate | None:
    """Puts the living key that was sent, or None, on the request."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    key = ApiKey.use(token.strip()) if scheme.lower() == "bearer" else None
    request.api_key = key  # type: ignore[attr-defined]  # read by `access`
    return rate_of(key) if key is not None else None


def not_now(why_not: Exception) -> Problem:
    """The database cannot be reached, or is too busy. Whatever was begun under a key can be sent again under it."""
    log.error("the database did not serve a request", why=str(why_not))
    why = "This cannot be answered at the moment. Send the same again, with the same Idempotency-Key."
    return Problem(503, "not-now", why, headers={"Retry-After": str(_AGAIN_IN_SECONDS)})
