"""What did people do in the admin? The audit log, to read; by person, by action, by day, by what it was done to."""

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import SimpleListFilter, display
from django.contrib.auth.models import User
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from checkout.merchant.filters import MovedDays
from checkout.merchant.record import RecordAdmin
from checkout.merchant.scope import limit
from checkout.merchant.shown import moment
from checkout.models import AuditEntry

LIST = "admin:checkout_auditentry_changelist"


def entries_about(request: HttpRequest, name: str) -> str:
    """The address of what was done to whatever is called `name`, or begins with it; "" for who may not see it."""
    if not request.user.has_perm("checkout.view_auditentry"):
        return ""
    return f"{reverse(LIST)}?{urlencode({'q': name})}"


class Person(SimpleListFilter):
    title = _("person")
    parameter_name = "user"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        # Those with an entry: one look into an index for each person there is.
        seen = limit(AuditEntry.objects, request.user)
        people = User.objects.order_by("username").only("pk", "username")
        return [(str(one.pk), one.username) for one in people if seen.filter(user=one).exists()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        known = [word for word, _name in self.lookup_choices]
        return queryset.filter(user_id=self.value()) if self.value() in known else queryset.none()


class Done(SimpleListFilter):
    title = _("what")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        # Of the latest entries: a DISTINCT over all of them would read the whole table for every page.
        latest = limit(AuditEntry.objects, request.user).order_by("-id").values_list("action", flat=True)
        return [(name, name) for name in sorted(set(latest[:2000]))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(action=self.value()) if self.value() else queryset


class AuditEntryAdmin(RecordAdmin):
    record_template = "merchant/audit_entry.html"
    list_display = ["when", "person", "action", "about", "ended", "address"]
    list_display_links = ["when"]
    list_filter = [Person, Done, MovedDays]
    search_fields = ["row"]
    search_help_text = _("Order number, payment reference, name of an account or a person; as it begins")
    list_select_related = ["user"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        found = Q(row__istartswith=term) | Q(who__iexact=term) | Q(row_id=term)
        return (queryset.filter(found) if term else queryset), False

    @display(description=_("when, UTC"), ordering="id")
    def when(self, entry: AuditEntry) -> SafeString | str:
        return moment(entry.at)

    @display(description=_("who"), ordering="who")
    def person(self, entry: AuditEntry) -> str:
        return entry.who or "–"

    @display(description=_("on"))
    def about(self, entry: AuditEntry) -> SafeString | str:
        return linked(entry)

    @display(description=_("how it ended"))
    def ended(self, entry: AuditEntry) -> SafeString:
        return format_html('<span class="g-cell g-wrap">{}</span>', how_it_ended(entry))

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {
            "about": linked(row),
            "ended": how_it_ended(row),
            "data": json.dumps(row.data, indent=2, ensure_ascii=False) if row.data else "",
        }


def how_it_ended(entry: AuditEntry) -> str:
    """In a few words: the sentence that the person read, the error, or which fields were changed."""
    told = entry.data
    if told.get("failed"):
        return f"{_('error')}: {told['failed']}"
    if told.get("ended"):
        return str(told["ended"])
    return ", ".join(told.get("fields", {})) or "–"


def linked(entry: AuditEntry) -> SafeString | str:
    """What it was done to, with the way there. A row that is gone is answered by 404 there."""
    if not entry.row:
        return "–"
    for app in ("checkout", "auth"):
        try:
            page = reverse(f"admin:{app}_{entry.model}_change", args=[entry.row_id])
        except NoReverseMatch:
            continue
        return format_html('<a class="underline" href="{}">{}</a>', page, entry.row)
    return entry.row


PAGES: dict[type[Model], type[ModelAdmin]] = {AuditEntry: AuditEntryAdmin}
