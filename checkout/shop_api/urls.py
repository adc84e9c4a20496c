"""Where does the shop's own software come in? Below /api/v1/, with a bearer key."""

from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from ninja.errors import AuthenticationError, HttpError, ValidationError

from checkout.shop_api import (
    agreements,
    changes,
    events,
    keys,
    links,
    methods,
    operations,
    orders,
    payments,
    saved_cards,
)
from checkout.shop_api.door import at_the_door, not_now
from checkout.shop_api.openapi import ShopAPI
from checkout.shop_api.problems import Problem, from_ninja, nothing_here
from checkout.shop_api.wire import OneObject

api = ShopAPI(urls_namespace="shop_api", parser=OneObject(), docs_url=None)
for _part in (keys, methods, orders, changes, payments, operations, links, saved_cards, agreements, events):
    api.add_router("", _part.router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return problem.answer()


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return from_ninja(error).answer()


@api.exception_handler(AuthenticationError)
def _who_is_there(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return Problem(401, "unauthorized", "Send Authorization: Bearer and a key of your shop's.").answer()


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    cause = error.__cause__  # ninja wraps whatever the parser raises
    if isinstance(cause, Problem):
        return cause.answer()
    return Problem(error.status_code, "refused", str(error)).answer()


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _not_now(request: HttpRequest, error: Exception) -> HttpResponse:
    return not_now(error).answer()


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return nothing_here().answer()


@api.exception_handler(Exception)
def _nobody_expected(request: HttpRequest, error: Exception) -> HttpResponse:
    """Django's to log and to signal, and then of `faults` to answer; ninja would keep it to itself in DEBUG."""
    raise error


@csrf_exempt
@at_the_door
def _nothing_here(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return nothing_here().answer()


_patterns, _app, _namespace = api.urls
for _pattern in _patterns:
    if _pattern.callback is not None:
        _pattern.callback = at_the_door(_pattern.callback)

urlpatterns = [path("v1/", (_patterns, _app, _namespace)), re_path(r"", _nothing_here)]
