"""How does a long list find and narrow its rows? By one form that needs no script, and as fast with a million rows."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from checkout.merchant.exports import Exported
from checkout.merchant.filters import Days
from checkout.merchant.finding import Found, too_many, too_many_text
from checkout.merchant.paging import FURTHEST
from checkout.merchant.record import RecordAdmin, RecordList


class FoundList(RecordList):
    """The filters stand in the list's own form; Unfold's panel beside it opens by script alone."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.has_filters = False
        # The form sends those that nobody chose, too, as nothing.
        self.has_active_filters = any(map(any, self.get_filters_params().values()))

    @property
    def is_cut(self) -> bool:
        """There are more rows than pages are turned for."""
        return self.result_count >= FURTHEST

    @property
    def errors(self) -> dict[str, str]:
        """What was typed into a filter and cannot be: the field's name, and why."""
        return {
            name: text for spec in self.filter_specs for name, text in getattr(spec, "errors", {}).items()
        }

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Newest first; of some days, by the moment, so that the index by day gives the rows in their sequence."""
        days = next((spec for spec in self.filter_specs if isinstance(spec, Days)), None)
        if days and days.used_parameters and not self.params.get(ORDER_VAR):
            return [f"-{days.column}", "-pk"]
        return list(super().get_ordering(request, queryset))


class ListedAdmin(Exported, RecordAdmin):
    """A record whose list may be a million rows long."""

    change_list_template = "merchant/list.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[FoundList]:
        return FoundList

    def get_urls(self) -> list[URLPattern]:
        return [*self.export_urls(), *super().get_urls()]

    found_by = "pk"  # the column that `find` gives the values of

    def find(self, typed: str) -> Found:
        """Which rows what was typed may mean."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        found = self.find(search_term)
        request.found_too_many = found.more  # type: ignore[attr-defined]
        return queryset.filter(**{f"{self.found_by}__in": found.pks}), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().changelist_view(request, {**(extra_context or {}), **self.export_links(request)})
        if too_many(request):
            messages.warning(request, too_many_text())
        listed = getattr(answer, "context_data", None) or {}
        if "cl" in listed and listed["cl"].errors:
            answer.status_code = 400
        return answer
