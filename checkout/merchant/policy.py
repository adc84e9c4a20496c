"""What may an admin page load, that no other page may? What its own scripts need to run, and nothing from elsewhere."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Alpine.js, which Unfold is built with, evaluates the expressions in its attributes; Unfold's colours are a <style>.
_NEEDS = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}


class AdminPolicy:
    """Inside of django-csp's middleware: widens the policy of the admin's pages alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.resolver_match is not None and request.resolver_match.app_name == "admin":
            response._csp_update = _NEEDS  # type: ignore[attr-defined]
        return response
