"""Who is let into the admin? Whoever has the password, and has given a second factor where one is asked for."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite

from checkout.merchant.second_factor import is_given, must_be_set_up

# What somebody may do who still has to set up their second factor.
_FREE = {"second_factor", "second_factor_set_up", "logout", "jsi18n"}


class CounterSite(UnfoldAdminSite):
    def has_permission(self, request: HttpRequest) -> bool:
        return self._has_password(request) and is_given(request)

    def _has_password(self, request: HttpRequest) -> bool:
        return bool(super().has_permission(request))

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        guarded = super().admin_view(view, cacheable)

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if self._has_password(request):
                name = request.resolver_match.url_name if request.resolver_match else ""
                if not is_given(request) and name != "logout":
                    return _on_the_way(request, "admin:second_factor_code")
                if name == "logout":
                    return self.logout(request)
                if must_be_set_up(request) and name not in _FREE:
                    return _on_the_way(request, "admin:second_factor_set_up")
            answer: HttpResponse = guarded(request, *args, **kwargs)
            return answer

        return update_wrapper(inner, view)

    def register(self, model_or_iterable: Any, admin_class: type[Any] | None = None, **options: Any) -> None:
        """Each with a list that answers for whatever it is asked; also those that a library registers."""
        from django.contrib.admin import ModelAdmin  # no model is there yet when this file is read

        from checkout.merchant.lookups import sound

        super().register(model_or_iterable, sound(admin_class or ModelAdmin), **options)

    def get_urls(self) -> list[URLPattern]:
        from checkout.merchant.second_factor_pages import SecondFactorPages

        return [
            *SecondFactorPages(self).urls(),
            # Django's "view on site" leads whoever is staff to any row's own address; an order's is its payment page.
            path("r/<path:content_type_id>/<path:object_id>/", _nowhere, name="view_on_site"),
            *super().get_urls(),
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """As Django's, but that the password is not always the last step."""
        from checkout.merchant.login import PasswordStep

        index = reverse("admin:index", current_app=self.name)
        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(index)
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **(extra_context or {}),
        }
        if REDIRECT_FIELD_NAME not in {**request.GET, **request.POST}:
            context[REDIRECT_FIELD_NAME] = index
        request.current_app = self.name
        step = PasswordStep.as_view(
            extra_context=context,
            authentication_form=self.login_form,
            template_name=self.login_template or "admin/login.html",
        )
        answer: Any = step(request)
        return answer


def _on_the_way(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponseRedirect(
        f"{reverse(name)}?{urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})}"
    )


def _nowhere(request: HttpRequest, **kwargs: str) -> HttpResponse:
    raise Http404
