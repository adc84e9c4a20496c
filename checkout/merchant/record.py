"""How is a row shown that tells of money? As a page to read: nothing on it can be typed, added or deleted."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from checkout.merchant.action import WithActions
from checkout.merchant.list_form import WithListForm
from checkout.merchant.paging import ShortPaginator
from checkout.merchant.scope import OwnShopsOnly


class RecordAdmin(WithListForm, OwnShopsOnly, WithActions, ModelAdmin):
    """A list and a page, both read-only. What can be done to a row are its `row_actions`, and nothing else."""

    record_template: str
    actions = None
    paginator = ShortPaginator
    show_full_result_count = False
    list_per_page = 50

    def page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page shows, beyond `row` and its `buttons`."""
        return {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        # No form of Django's is ever drawn or read for a record; who may look is asked by has_view_permission.
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row = self.get_object(request, unquote(object_id))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "title": str(row),
            "row": row,
            "buttons": self.buttons(request, row),
            **self.page(request, row),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.record_template, context)
