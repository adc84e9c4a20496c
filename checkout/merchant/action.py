"""What can the merchant have done to a row, what is said before, and what after?

Each action is an address of its own under the row's page, never atomic, so that a provider is asked outside of any
transaction. GET explains and asks; POST does, and ends in a message that tells the truth.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from checkout.merchant.audit import watched

Text = str | Promise


@dataclass(frozen=True)
class Said:
    """The message an action ends in."""

    level: int
    text: str


@dataclass(frozen=True)
class AskAgain:
    """Nothing was done: what was read back is no longer true. It is read back anew, and `why` stands above it."""

    why: str


def done(text: str) -> Said:
    return Said(messages.SUCCESS, text)


def noted(text: str) -> Said:
    return Said(messages.INFO, text)


def unsure(text: str) -> Said:
    return Said(messages.WARNING, text)


def refused(text: str) -> Said:
    return Said(messages.ERROR, text)


class Asked(forms.Form):
    """What an action wants to be told. Knows the row it is about."""

    read_back_part = ""  # a template: what stands on the page that reads back, below the sentences
    shown_part = ""  # ... and what stands there in any case
    confirms = "yes"  # what the button of the page that reads back says to `do`, in "confirmed"
    confirm_label: Text = ""  # ... and to its reader, where that is not the action's label

    def __init__(self, *args: Any, row: Any, **kwargs: Any) -> None:
        self.row = row
        super().__init__(*args, **kwargs)


class AsItIsNow(forms.HiddenInput):
    """Says `now`, whatever was sent: a page that is drawn anew has been read anew."""

    now = ""

    def format_value(self, value: Any) -> str:
        return self.now


def acting(request: HttpRequest) -> User:
    """Who is at the counter; the admin lets nobody in who is not logged in."""
    return cast(User, request.user)


Explain = Callable[[Any, dict[str, Any]], Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Action:
    name: str  # the last word of its address
    label: Text
    offered: Callable[[Any], bool]
    explain: Explain  # (row, what was typed) -> what will happen, in sentences
    do: Callable[[HttpRequest, Any, dict[str, Any]], Said | AskAgain | HttpResponse]
    # "change", or a whole permission such as "checkout.add_apikey"; of several, any one will do.
    needs: str | tuple[str, ...] = "change"
    form: type[Asked] | None = None
    confirm: bool = False  # what was typed is read back before it is done
    at_once: bool = False  # harmless: its button does it without a page in between
    tone: Literal["plain", "main", "danger"] = "plain"


@dataclass(frozen=True)
class Button:
    """An action as a page offers it."""

    action: Action
    url: str
    back: str


# What harms nobody and moves nothing: to ask the provider, to write a note, to mark as seen.
HARMLESS = ("checkout.change_order", "checkout.change_payment")


class WithActions:
    """Mixed into a ModelAdmin: gives every row's page its actions."""

    row_actions: tuple[Action, ...] = ()

    # What the ModelAdmin beside it brings along.
    opts: Any
    admin_site: Any
    get_object: Callable[..., Any]
    has_view_permission: Callable[..., bool]
    has_change_permission: Callable[..., bool]
    message_user: Callable[..., None]

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<path:object_id>/do/<slug:name>/",
            self.admin_site.admin_view(self.action_view),
            name=f"{self.opts.app_label}_{self.opts.model_name}_do",
        )
        return [own, *super().get_urls()]  # type: ignore[misc]

    def may(self, request: HttpRequest, action: Action, row: Any) -> bool:
        if not self.has_view_permission(request, row):
            return False
        # Not has_change_permission: of a record nothing can be typed, whoever may act on it.
        change = f"{self.opts.app_label}.change_{self.opts.model_name}"
        needs = (action.needs,) if isinstance(action.needs, str) else action.needs
        return any(request.user.has_perm(change if one == "change" else one) for one in needs)

    def page_of(self, row: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])

    def buttons(self, request: HttpRequest, row: Any, *, back: str = "") -> list[Button]:
        names = f"admin:{self.opts.app_label}_{self.opts.model_name}_do"
        return [
            Button(action, reverse(names, args=[row.pk, action.name]), back or self.page_of(row))
            for action in self.row_actions
            if self.may(request, action, row) and action.offered(row)
        ]

    def action_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        action = next((action for action in self.row_actions if action.name == name), None)
        row = self.get_object(request, unquote(object_id))
        if action is None or row is None:
            raise Http404
        if not self.may(request, action, row):
            raise PermissionDenied
        back = self._back(request, row)
        if request.method != "POST":
            if not action.offered(row):
                self.message_user(request, _("That cannot be done now."), messages.WARNING)
                return HttpResponseRedirect(back)
            form = action.form(row=row) if action.form else None
            return self._ask(request, action, row, form=form, back=back)
        form = action.form(request.POST, row=row) if action.form else None
        if form is not None and not form.is_valid():
            return self._ask(request, action, row, form=form, back=back)
        if action.confirm and "confirmed" not in request.POST:
            return self._ask(request, action, row, form=form, back=back, read_back=True)
        # What is no longer offered is done all the same: a second click is answered like the first, by what is true.
        data = form.cleaned_data if form else {}
        said = watched(request, name, row, lambda: action.do(request, row, data), form=form)
        if isinstance(said, HttpResponse):
            return said
        if isinstance(said, AskAgain):
            row = self.get_object(request, unquote(object_id))  # as it is now
            form = action.form(request.POST, row=row) if action.form else None
            fits = form is None or form.is_valid()
            return self._ask(request, action, row, form=form, back=back, read_back=fits, notice=said.why)
        self.message_user(request, str(said.text), said.level)
        return HttpResponseRedirect(back)

    def _back(self, request: HttpRequest, row: Any) -> str:
        asked = request.POST.get("back") or request.GET.get("back") or ""
        ours = url_has_allowed_host_and_scheme(
            asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )
        return asked if ours and asked.startswith("/") else self.page_of(row)

    def _ask(
        self,
        request: HttpRequest,
        action: Action,
        row: Any,
        *,
        form: Asked | None,
        back: str,
        read_back: bool = False,
        notice: str = "",
    ) -> HttpResponse:
        typed = form.cleaned_data if form is not None and form.is_bound and form.is_valid() else {}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": action.label,
            "action": action,
            "sentences": action.explain(row, typed),
            "form": form,
            "back": back,
            "read_back": read_back,
            "notice": notice,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "merchant/confirm.html", context)
