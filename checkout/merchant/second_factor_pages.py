"""Where does somebody give their code, set up their second factor, make new backup codes, or remove it?"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME, logout
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.crypto import salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminTextInputWidget

from checkout.merchant import second_factor as factors
from checkout.merchant.action import acting
from checkout.merchant.audit import audited, failed_login
from checkout.merchant.login import Pending, finish, give_up, pending, wait_page
from checkout.merchant.onetime import GOOD_FOR_SECONDS, fresh
from checkout.models import SecondFactor

_SALT = "checkout.merchant.onetime"


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
    )


class NewCodesForm(CodeForm):
    """Makes backup codes: `once` is the random word that they are made of."""

    once = forms.CharField(widget=forms.HiddenInput, max_length=300, initial=fresh)

    def clean_once(self) -> str:
        try:
            word: str = signing.loads(self.cleaned_data["once"], salt=_SALT, max_age=GOOD_FOR_SECONDS)
        except signing.BadSignature:
            raise forms.ValidationError(_("This form is too old. Open it again.")) from None
        return word


def _codes_of(word: str, factor: SecondFactor) -> list[str]:
    seed = salted_hmac(f"{_SALT}.backup-codes.{factor.pk}", word, algorithm="sha256").digest()
    return factors.backup_codes(seed)


class SecondFactorPages:
    """The addresses, of the admin `site`."""

    def __init__(self, site: Any) -> None:
        self.site = site

    def urls(self) -> list[URLPattern]:
        own: tuple[tuple[str, Callable[..., HttpResponse], str], ...] = (
            ("second-factor/", self.shown, "second_factor"),
            ("second-factor/set-up/", self.set_up, "second_factor_set_up"),
            ("second-factor/backup-codes/", self.backup_codes, "second_factor_backup_codes"),
            ("second-factor/remove/", self.remove, "second_factor_remove"),
        )
        hidden = sensitive_post_parameters()
        code = never_cache(csrf_protect(hidden(self.code)))
        return [
            path("login/code/", code, name="second_factor_code"),
            *(path(route, self.site.admin_view(hidden(page)), name=name) for route, page, name in own),
        ]

    # --- the second step of the login

    def code(self, request: HttpRequest) -> HttpResponse:
        held = pending(request)
        user = held.user if held is not None else request.user
        factor = factors.factor_of(user)
        if factor is None or (held is None and factors.is_given(request)):
            return HttpResponseRedirect(reverse("admin:login"))
        if request.method == "POST" and "leave" in request.POST:
            give_up(request)
            logout(request)
            return HttpResponseRedirect(reverse("admin:login"))
        form = CodeForm(request.POST or None)
        if form.is_valid():
            found = factors.check(factor, form.cleaned_data["code"])
            if isinstance(found, factors.Wait):
                failed_login(request, user.get_username(), throttled=True, step="code")
                return wait_page(request, found, again=reverse("admin:second_factor_code"))
            if found is not None:
                return self._let_in(request, held, factor, found)
            failed_login(request, user.get_username(), step="code")
            form.add_error("code", _("This code is not right, or was used before."))
        return self._page(
            request, "merchant/second_factor_code.html", title=_("Second factor"), form=form, who=user,
            status=200 if request.method == "GET" else 422,
        )  # fmt: skip

    def _let_in(
        self, request: HttpRequest, held: Pending | None, factor: SecondFactor, how: str
    ) -> HttpResponse:
        if held is not None:
            finish(request, held, factor, how)
            onward = held.onward
        else:
            factors.keep_given(request, factor)
            audited(request, "second factor given", None, how=how)
            onward = self._onward(request)
        if how == "backup code":
            left = SecondFactor.objects.get(pk=factor.pk).backup_digests
            messages.warning(
                request,
                _("A backup code was used; %(n)s are left. Make new ones in time.") % {"n": len(left)},
            )
        return HttpResponseRedirect(onward)

    # --- one's own

    def shown(self, request: HttpRequest) -> HttpResponse:
        factor = SecondFactor.objects.filter(user=acting(request), confirmed_at__isnull=False).first()
        return self._page(
            request, "merchant/second_factor.html", title=_("Second factor"), factor=factor,
            codes_left=len(factor.backup_digests) if factor else 0,
            required=settings.SECOND_FACTOR == factors.REQUIRED, off=settings.SECOND_FACTOR == factors.OFF,
        )  # fmt: skip

    def set_up(self, request: HttpRequest) -> HttpResponse:
        if settings.SECOND_FACTOR == factors.OFF:
            return HttpResponseRedirect(reverse("admin:second_factor"))
        factor = factors.begin(acting(request))
        form = NewCodesForm(request.POST or None)
        if factor.confirmed_at is not None:
            return self._set_up_before(request, factor, form)
        if form.is_valid():
            found = factors.check(factor, form.cleaned_data["code"])
            if isinstance(found, factors.Wait):
                return wait_page(request, found, again=reverse("admin:second_factor_set_up"))
            if found is not None:
                codes = _codes_of(form.cleaned_data["once"], factor)
                factors.confirm(factor, codes)
                factors.keep_given(request, factor)
                audited(request, "second factor set up", acting(request))
                return self._codes(request, codes)
            form.add_error("code", _("This code is not right. Is the clock of your phone right?"))
        return self._page(
            request, "merchant/second_factor_set_up.html", title=_("Set up a second factor"), form=form,
            address=factors.address(factor), secret=factors.in_groups(factor.secret.reveal()),
            required=settings.SECOND_FACTOR == factors.REQUIRED, onward=self._onward(request),
            status=200 if request.method == "GET" else 422,
        )  # fmt: skip

    def _set_up_before(self, request: HttpRequest, factor: SecondFactor, form: NewCodesForm) -> HttpResponse:
        """A double click is shown what the first one made; whoever comes later is not."""
        if form.is_valid():
            codes = _codes_of(form.cleaned_data["once"], factor)
            if factors.digests(codes) == factor.backup_digests:
                return self._codes(request, codes)
        messages.info(request, _("Your second factor is set up already."))
        return HttpResponseRedirect(reverse("admin:second_factor"))

    def backup_codes(self, request: HttpRequest) -> HttpResponse:
        factor = self._confirmed(request)
        form = NewCodesForm(request.POST or None)
        if form.is_valid():
            codes = _codes_of(form.cleaned_data["once"], factor)
            if factors.digests(codes) == factor.backup_digests:  # a double click
                return self._codes(request, codes)
            refused = self._wrong(request, factor, form)
            if refused is None:
                factors.new_backup_codes(factor, codes)
                audited(request, "backup codes made", acting(request))
                return self._codes(request, codes)
            if isinstance(refused, HttpResponse):
                return refused
        return self._ask(request, form, title=_("Make new backup codes"), tone="main", sentences=[
            _("Ten new backup codes are made and shown once. Those of before are no longer good."),
        ])  # fmt: skip

    def remove(self, request: HttpRequest) -> HttpResponse:
        factor = self._confirmed(request)
        form = CodeForm(request.POST or None)
        if form.is_valid():
            refused = self._wrong(request, factor, form)
            if refused is None:
                factor.delete()
                audited(request, "second factor removed", acting(request))
                messages.success(request, _("Your second factor is removed."))
                return HttpResponseRedirect(reverse("admin:second_factor"))
            if isinstance(refused, HttpResponse):
                return refused
        told = [_("From then on your password alone lets you in.")]
        if settings.SECOND_FACTOR == factors.REQUIRED:
            told = [_("A second factor is required here: you will be asked to set up another one at once.")]
        return self._ask(request, form, title=_("Remove the second factor"), tone="danger", sentences=told)

    # --- what all of them do

    def _confirmed(self, request: HttpRequest) -> SecondFactor:
        factor = factors.factor_of(acting(request))
        if factor is None:
            raise PermissionDenied
        return factor

    def _wrong(
        self, request: HttpRequest, factor: SecondFactor, form: CodeForm
    ) -> HttpResponse | bool | None:
        """None: the code is right. Else the page that tells to wait, or True, and the form says why."""
        found = factors.check(factor, form.cleaned_data["code"])
        if isinstance(found, factors.Wait):
            return wait_page(request, found, again=request.path)
        if found is not None:
            return None
        failed_login(request, acting(request).get_username(), step="code")
        form.add_error("code", _("This code is not right, or was used before."))
        return True

    def _codes(self, request: HttpRequest, codes: list[str]) -> HttpResponse:
        return self._page(
            request, "merchant/second_factor_codes.html", title=_("Your backup codes"), codes=codes,
            onward=self._onward(request),
        )  # fmt: skip

    def _ask(self, request: HttpRequest, form: CodeForm, **shown: Any) -> HttpResponse:
        status = 200 if request.method == "GET" else 422
        back = reverse("admin:second_factor")
        return self._page(
            request, "merchant/second_factor_ask.html", form=form, back=back, status=status, **shown
        )

    def _onward(self, request: HttpRequest) -> str:
        asked = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or ""
        ours = url_has_allowed_host_and_scheme(
            asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )
        return asked if ours and asked.startswith("/") else reverse("admin:index")

    def _page(self, request: HttpRequest, template: str, *, status: int = 200, **shown: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        request.current_app = self.site.name
        context = {**self.site.each_context(request), **shown}
        return TemplateResponse(
            request, template, context, status=status, headers={"Cache-Control": "no-store"}
        )
