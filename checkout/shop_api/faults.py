"""What does a program below /api/ hear when it is Django that answers? A problem, as from the door, and no page.

These are the site's handlers of errors (`checkout.urls`), so everything else about an error stays Django's: what is
logged, once and with its traceback, and who is signaled. Everywhere else its own handlers answer people, with pages."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from checkout.logs import request_id
from checkout.shop_api.problems import Problem, nothing_here, too_large
from checkout.shop_api.rates import Rate

_BELOW = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The host is none of ours, or something in the request is out of bounds. What it was is in the log."""
    if not _is_asked_by_a_program(request):
        return defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return _answer(request, too_large())
    return _answer(request, Problem(400, "bad-request", "This request cannot be read as it was sent."))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_asked_by_a_program(request):
        return defaults.permission_denied(request, exception)
    return _answer(request, Problem(403, "refused", "This is refused."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not _is_asked_by_a_program(request):
        return defaults.page_not_found(request, exception)
    return _answer(request, nothing_here())


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours. Nothing is told of it but the name under which our logs have it."""
    if not _is_asked_by_a_program(request):
        return defaults.server_error(request)
    named = request_id()
    why = (
        "Something went wrong on our side, and it is not certain what was done. Send the same again, with the same "
        f"Idempotency-Key. If it goes wrong again, tell whoever runs this checkout the request's id, {named}."
    )
    return _answer(request, Problem(500, "internal-error", why, request_id=named))


def _is_asked_by_a_program(request: HttpRequest) -> bool:
    return request.path_info.startswith(_BELOW)


def _answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    response = problem.answer()
    response["Cache-Control"] = "no-store"
    rate: Rate | None = getattr(request, "rate", None)  # put there at the door, if it came so far
    for name, value in (rate.headers() if rate else {}).items():
        response[name] = value
    return response
