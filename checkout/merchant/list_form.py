"""How is a list searched and narrowed? By one form that needs no script, the same for every list."""

from typing import Any

from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from unfold.views import ChangeList

from checkout.merchant.filters import Days
from checkout.merchant.paging import FURTHEST, ShortPaginator


class FormList(ChangeList):
    """The filters stand in the list's own form; Unfold's panel beside it opens by script alone."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.has_filters = False
        # The form sends those that nobody chose, too, as nothing.
        self.has_active_filters = any(map(any, self.get_filters_params().values()))

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.get_filters_params():
            self.full_result_count = self.result_count  # it is everything: "show all" would show no more

    @property
    def is_cut(self) -> bool:
        """There are more rows than pages are turned for."""
        return isinstance(self.paginator, ShortPaginator) and self.result_count >= FURTHEST

    @property
    def errors(self) -> dict[str, str]:
        """What was typed into a filter and cannot be: the field's name, and why."""
        return {
            name: text for spec in self.filter_specs for name, text in getattr(spec, "errors", {}).items()
        }

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Newest first; of some days, by the moment, so that an index by day gives the rows in their sequence."""
        days = next((spec for spec in self.filter_specs if isinstance(spec, Days)), None)
        if days and days.used_parameters and not self.params.get(ORDER_VAR):
            return [f"-{days.column}", "-pk"]
        return list(super().get_ordering(request, queryset))


class WithListForm:
    """Mixed into a ModelAdmin, whose filters are `filters.Choice`, `filters.Condition` or `filters.Days`."""

    change_list_template: Any = "merchant/list.html"
    list_filter_sheet = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[FormList]:
        return FormList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer: HttpResponse = super().changelist_view(request, extra_context)  # type: ignore[misc]
        listed = (getattr(answer, "context_data", None) or {}).get("cl")
        if listed is not None and listed.errors:
            answer.status_code = 400
        return answer
