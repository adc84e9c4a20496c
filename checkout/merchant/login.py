"""How does somebody log in? With the password, then, where they have a second factor, with a code on a page of its own.

Between the two nobody is logged in: the session knows whose password was right, for five minutes. Wrong passwords are
counted by name and address (django-axes), wrong codes by person (`second_factor`).
"""

import time
from dataclasses import dataclass
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model, login
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from checkout.merchant.audit import address_of
from checkout.merchant.second_factor import Wait, factor_of, keep_given
from checkout.models import SecondFactor

_PENDING = "login_pending"
_GOOD_FOR_SECONDS = 300


class PasswordStep(LoginView):
    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if factor_of(user) is None:
            return super().form_valid(form)
        _hold(self.request, user, onward=self.get_success_url())
        return HttpResponseRedirect(reverse("admin:second_factor_code"))


@dataclass(frozen=True)
class Pending:
    """Whose password was right, and where they want to go."""

    user: User
    backend: str
    onward: str


def _hold(request: HttpRequest, user: Any, *, onward: str) -> None:
    request.session.cycle_key()
    rotate_token(request)
    request.session[_PENDING] = {
        "user": user.pk,
        "backend": user.backend,
        "password": user.get_session_auth_hash(),  # changed meanwhile, and it has to be given again
        "at": time.time(),
        "onward": onward,
    }


def pending(request: HttpRequest) -> Pending | None:
    held = request.session.get(_PENDING)
    if not held or not 0 <= time.time() - held["at"] < _GOOD_FOR_SECONDS:
        return None
    user = get_user_model().objects.filter(pk=held["user"], is_active=True).first()
    if user is None or not constant_time_compare(user.get_session_auth_hash(), held["password"]):
        return None
    return Pending(user, held["backend"], held["onward"])


def finish(request: HttpRequest, held: Pending, factor: SecondFactor, how: str) -> None:
    """Log them in: the code was right. `how` goes into the audit log."""
    del request.session[_PENDING]
    request.second_factor_given = how  # type: ignore[attr-defined]
    login(request, held.user, backend=held.backend)
    keep_given(request, factor)


def give_up(request: HttpRequest) -> None:
    request.session.pop(_PENDING, None)


def too_many_tries(request: HttpRequest, response: Any, credentials: dict[str, Any] | None) -> HttpResponse:
    """Instead of the login page, by django-axes."""
    name = str((credentials or {}).get("username") or request.POST.get("username", ""))
    last = (
        AccessAttempt.objects.filter(username=name, ip_address=address_of(request))
        .order_by("-attempt_time")
        .values_list("attempt_time", flat=True)
        .first()
    )
    until = (last or timezone.now()) + settings.AXES_COOLOFF_TIME
    return wait_page(request, Wait(until), again=reverse("admin:login"))


def wait_page(request: HttpRequest, wait: Wait, *, again: str) -> HttpResponse:
    context = {**admin.site.each_context(request), "title": _("Too many tries"), "wait": wait, "again": again}
    answer = render(request, "merchant/too_many_tries.html", context, status=429)
    answer["Retry-After"] = str(wait.minutes * 60)
    answer["Cache-Control"] = "no-store"
    return answer
