"""How does the merchant take a list along? The rows of the search and filters at hand, as CSV or XLSX."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from checkout.merchant.audit import audited
from checkout.merchant.finding import too_many, too_many_text
from checkout.merchant.sheets import Column, csv_lines, xlsx_file

PERMISSION = "checkout.export_order"
_CHUNK = 2000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def note_export(request: HttpRequest, model: str, rows: int) -> None:
    """Who took how many rows along. Called when the file has been written, or given up by whoever asked for it."""
    audited(request, "export", None, model=model, rows=rows, query=request.META.get("QUERY_STRING", "")[:500])


class Exported:
    """Mixed into a ModelAdmin with a list: its rows as a file."""

    export_columns: Sequence[Column] = ()

    # What the ModelAdmin beside it brings along.
    opts: Any
    admin_site: Any
    has_view_permission: Callable[..., bool]
    get_changelist_instance: Callable[..., Any]

    def export_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_view)
        return [path("export.<slug:form>", view, name=f"{self.opts.app_label}_{self.opts.model_name}_export")]

    def exported(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows with what the columns read of others, and without what they do not read."""
        return rows

    def may_export(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(PERMISSION)

    def export_links(self, request: HttpRequest) -> dict[str, Any]:
        if not self.may_export(request):
            return {}
        query = request.GET.copy()
        for turned in (PAGE_VAR, ALL_VAR, ERROR_FLAG):
            query.pop(turned, None)
        links = [(form.upper(), self._address("export", form)) for form in ("csv", "xlsx")]
        return {"exports": [(name, f"{url}?{query.urlencode()}" if query else url) for name, url in links]}

    def export_view(self, request: HttpRequest, form: str) -> HttpResponseBase:
        if form not in ("csv", "xlsx"):
            raise Http404
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not self.may_export(request):
            raise PermissionDenied
        back = f"{self._address('changelist')}?{request.GET.urlencode()}"
        try:
            listed = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(f"{self._address('changelist')}?{ERROR_FLAG}=1")
        if listed.errors:
            return HttpResponseRedirect(back)  # where they stand beside their fields
        if too_many(request):
            messages.error(request, _("Nothing was exported.") + " " + too_many_text())
            return HttpResponseRedirect(back)
        rows = self._noted(request, self.exported(listed.queryset).iterator(chunk_size=_CHUNK))
        return self._csv(rows) if form == "csv" else self._xlsx(rows)

    def _address(self, what: str, *args: str) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{what}", args=args)

    def _noted(self, request: HttpRequest, rows: Iterator[Any]) -> Iterator[Any]:
        number = 0
        try:
            for number, row in enumerate(rows, start=1):  # noqa: B007 - read when it is over
                yield row
        finally:
            note_export(request, self.opts.model_name, number)

    def _csv(self, rows: Iterator[Any]) -> StreamingHttpResponse:
        answer = StreamingHttpResponse(
            csv_lines(self.export_columns, rows), content_type="text/csv; charset=utf-8; header=present"
        )
        answer.headers["Content-Disposition"] = f'attachment; filename="{self._name()}.csv"'
        answer.headers["X-Accel-Buffering"] = (
            "no"  # a proxy that gathers it all first would keep people waiting
        )
        return answer

    def _xlsx(self, rows: Iterator[Any]) -> FileResponse:
        title = str(self.opts.verbose_name_plural).capitalize()[:28]
        file = xlsx_file(self.export_columns, rows, title)
        return FileResponse(file, as_attachment=True, filename=f"{self._name()}.xlsx", content_type=_XLSX)

    def _name(self) -> str:
        """orders-2026-11-21, by UTC."""
        return f"{self.opts.model_name}s-{timezone.now():%Y-%m-%d}"
