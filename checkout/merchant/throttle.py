"""Has this name been tried too often from this address? Asked before any password is looked at (django-axes counts)."""

from typing import Any

from axes.backends import AxesStandaloneBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


class Throttle(AxesStandaloneBackend):
    """Says on the request, for the audit log, that the password was not even looked at."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        try:
            super().authenticate(request, **credentials)
        except PermissionDenied:
            request.turned_away = True  # type: ignore[union-attr]
            raise
