"""Who may change the sandbox itself? Whoever sits at it: no other site's page, through the visitor's browser.

The stand-ins' own paths are open to every origin, because that is where shops embed them.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse

from providers.sandbox.standins import STANDINS

_SAFE = ("GET", "HEAD", "OPTIONS")
_CONSOLE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class SameOrigin:
    """No cookie and no login is in use here, so the origin of the request is what is checked."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.split("/", 2)[1] in STANDINS:
            return self._open(request)
        if request.method not in _SAFE and self._foreign(request):
            return JsonResponse(
                {"error": "another site's page may not change the sandbox", "field": "Origin"}, status=403
            )
        response = self.answer(request)
        response.headers.setdefault("Content-Security-Policy", _CONSOLE_POLICY)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        return response

    @staticmethod
    def _foreign(request: HttpRequest) -> bool:
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return True
        origin = request.headers.get("Origin")
        return origin is not None and urlsplit(origin).netloc != request.get_host()

    def _open(self, request: HttpRequest) -> HttpResponse:
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            response = HttpResponse(status=204)
            response["Access-Control-Allow-Methods"] = "GET, POST, PUT, DELETE"
            response["Access-Control-Allow-Headers"] = request.headers.get(
                "Access-Control-Request-Headers", "*"
            )
        else:
            response = self.answer(request)
        response["Access-Control-Allow-Origin"] = "*"
        return response
