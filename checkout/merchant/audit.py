"""Who did what in the admin? One line in the audit log for each action, whether or not it succeeded.

`audited` writes one. Actions of rows come by `watched`, which writes it after the action, outside of whatever
transaction that had; saved forms come by `AuditedForms`; logins by Django's signals. What was typed as a secret is
never in it, and the rest passes the same redaction as the logs do.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from ipaddress import ip_address
from typing import Any, TypeVar

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db.models import Field, Model
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import strip_tags

from checkout.fields import EncryptedField, Sealed
from checkout.logs import without_tokens
from checkout.merchant.scope import shop_of
from checkout.models import AuditEntry, Order
from checkout.wording import in_english
from providers.http import redact

_LONGEST = 300
_MOST = 50  # of a list that was chosen
_T = TypeVar("_T")


def address_of(request: HttpRequest) -> str | None:
    """Where the request came from. A proxy of ours appends who spoke to it; what is before that is a visitor's."""
    told = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXY:
        told = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() or told
    try:
        return str(ip_address(told))
    except ValueError:
        return None


def audited(
    request: HttpRequest, action: str, row: Model | None, *, who: str = "", **data: Any
) -> AuditEntry:
    """Write down that the person of `request` did `action` to `row`; `data` is what was typed and how it ended.

    `who` is for those who are not logged in. Without a row, `data` may name a `model`.
    """
    user = getattr(request, "user", None)
    known = user if user is not None and user.is_authenticated else None
    return AuditEntry.objects.create(
        user_id=known.pk if known is not None else None,
        who=(known.get_username() if known is not None else who)[:150],
        action=action[:60],
        model=row._meta.model_name or "" if row is not None else str(data.pop("model", "")),
        row_id=str(row.pk)[:64] if row is not None and row.pk is not None else "",
        row=str(row)[:200] if row is not None else "",
        shop=shop_of(row) if row is not None else None,
        data=without_tokens(redact({name: readable(value) for name, value in data.items()})),
        address=address_of(request),
    )


def readable(value: Any) -> Any:
    """As JSON, and short. What is unknown is named by its own words, never by its repr."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str | Promise):
        return in_english(value)[:_LONGEST]
    if isinstance(value, Sealed | bytes):
        return "***"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(name): readable(inner) for name, inner in list(value.items())[:_MOST]}
    if isinstance(value, Iterable):
        return [readable(inner) for inner in list(value)[:_MOST]]
    return in_english(value)[:_LONGEST]


# --- actions ---------------------------------------------------------------------------------------------------------


def typed(form: forms.BaseForm | None) -> dict[str, Any]:
    """What somebody typed into a form that is right: nothing hidden, and no secret."""
    if form is None or not form.is_bound:
        return {}
    told = {}
    for name, field in form.fields.items():
        if field.widget.is_hidden or name not in form.cleaned_data:
            continue
        value = form.cleaned_data[name]
        if value in (None, "", [], {}, ()):
            continue
        told[name] = "***" if isinstance(field.widget, forms.PasswordInput) else value
    return told


def watched(
    request: HttpRequest, action: str, row: Model, do: Callable[[], _T], *, form: forms.BaseForm | None = None
) -> _T:
    """`do`, and a line about how it ended: in the sentence that the person reads (in English, where it was refused), or
    in an error."""
    told = {"typed": readable(typed(form))} if form is not None else {}
    try:
        said = do()
    except (Http404, PermissionDenied):
        raise
    except Exception as why:
        audited(request, action, row, **told, failed=type(why).__name__)
        raise
    # A page that an action ends in may show a secret, once; it is not looked into.
    page = isinstance(said, HttpResponse)
    sentence = "" if page else getattr(said, "text", "") or getattr(said, "why", "")
    ended = {"ended": strip_tags(in_english(sentence))} if sentence else {}
    audited(request, action, row, **told, **ended)
    return said


def errors_noted(action: str, page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that writes its own lines, but for the one about an error that nobody expected."""

    def with_errors(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return page(request, *args, **kwargs)
        except (Http404, PermissionDenied):
            raise
        except Exception as why:
            if request.method == "POST":
                order = Order.objects.filter(pk=kwargs.get("order_id", 0)).select_related("shop").first()
                audited(request, action, order, failed=type(why).__name__)
            raise

    return with_errors


# --- forms that are saved --------------------------------------------------------------------------------------------


class AuditedForms:
    """Mixed into a ModelAdmin: says which fields were changed, and to what, unless they are secret."""

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> list[dict[str, Any]]:
        request._audited_fields = _changes(form, formsets or [])  # type: ignore[attr-defined]
        message: list[dict[str, Any]] = super().construct_change_message(request, form, formsets, add)  # type: ignore[misc]
        return message

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        audited(request, "add", obj, fields=getattr(request, "_audited_fields", {}))
        return super().log_addition(request, obj, message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:
        fields = getattr(request, "_audited_fields", None)
        if fields is not None:  # what an action of a row logs is written down by `watched`
            audited(request, "change", obj, fields=fields)
        return super().log_change(request, obj, message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for row in queryset:
            audited(request, "delete", row)
        return super().log_deletions(request, queryset)  # type: ignore[misc]


def _changes(form: Any, formsets: Iterable[Any]) -> dict[str, Any]:
    changed = {name: _new_value(form, name) for name in form.changed_data}
    for formset in formsets:
        about = formset.model._meta.model_name
        lines = {
            "added": [str(row) for row in formset.new_objects],
            "changed": [str(row) for row, _fields in formset.changed_objects],
            "deleted": [str(row) for row in formset.deleted_objects],
        }
        changed |= {f"{about} {verb}": names for verb, names in lines.items() if names}
    return changed


def _new_value(form: Any, name: str) -> Any:
    """Only of what is a plain column or a choice of rows; a provider's settings, secrets and files are "changed"."""
    if name not in form.fields:  # what the form says of itself: a new password
        return "changed"
    try:
        column = form._meta.model._meta.get_field(name)
    except (AttributeError, FieldDoesNotExist):
        column = None
    plain = isinstance(column, Field) and not isinstance(column, EncryptedField)
    chosen = isinstance(form.fields[name], forms.ModelMultipleChoiceField)
    if (plain and name not in {"password", "logo"}) or chosen:
        return readable(form.cleaned_data.get(name))
    return "changed"


# --- logins ----------------------------------------------------------------------------------------------------------


def watch_logins() -> None:
    user_logged_in.connect(_logged_in, dispatch_uid="checkout.audit.login")
    user_logged_out.connect(_logged_out, dispatch_uid="checkout.audit.logout")
    user_login_failed.connect(_not_logged_in, dispatch_uid="checkout.audit.failed")


def _logged_in(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    request.user = user
    by = getattr(request, "second_factor_given", "")
    audited(request, "login", None, **({"second_factor": by} if by else {}))


def _logged_out(sender: Any, request: HttpRequest, user: Any, **kwargs: Any) -> None:
    if user is not None:
        audited(request, "logout", None)


def _not_logged_in(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    if request is not None:
        name = str(credentials.get("username", ""))
        failed_login(request, name, throttled=getattr(request, "turned_away", False))


def failed_login(request: HttpRequest, name: str, *, throttled: bool = False, **data: Any) -> None:
    """Under the name that was typed. Tries while one has to wait are one line a wait, however many there are."""
    request.user = getattr(request, "user", AnonymousUser())
    if not throttled:
        audited(request, "login failed", None, who=name, **data)
        return
    since = timezone.now() - timedelta(minutes=settings.LOGIN_WAIT_MINUTES)
    same = AuditEntry.objects.filter(action="login refused", who=name[:150], at__gte=since)
    if not same.filter(address=address_of(request)).exists():
        audited(request, "login refused", None, who=name, **data)


__all__ = ["AuditedForms", "address_of", "audited", "failed_login", "readable", "typed", "watched"]
