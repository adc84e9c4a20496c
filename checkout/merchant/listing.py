"""How does a long list find its rows, as fast with a million of them, and give them away as a file?"""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from checkout.merchant.exports import Exported
from checkout.merchant.finding import Found, too_many, too_many_text
from checkout.merchant.record import RecordAdmin


class ListedAdmin(Exported, RecordAdmin):
    """A record whose list may be a million rows long."""

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
        return answer
