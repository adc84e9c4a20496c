"""Whose rows may somebody in the admin see? Those of the shops that name them, or all, where no shop does.

One place says how each model hangs on a shop. Every list, page, action, filter and choice of the admin asks `limit`, so
another shop's row is to them as if it were not there. A superuser sees all of them.
"""

from typing import Any, TypeVar, cast

from django.contrib.admin import FieldListFilter, RelatedFieldListFilter
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Field, Manager, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from checkout.models import Shop

# From each row to the shop that it belongs to. What is not named here is nobody's who is limited to shops.
PATHS: dict[str, str] = {
    "Account": "shop",
    "Agreement": "shop",
    "ApiKey": "shop",
    "ApprovalLimit": "shop",
    "AuditEntry": "shop",
    "Chargeback": "payment__order__shop",
    "Delivery": "account__shop",
    "Exchange": "account__shop",
    "Invitation": "order__shop",
    "Letter": "shop",
    "Movement": "shop",
    "Operation": "payment__order__shop",
    "Order": "shop",
    "Payment": "order__shop",
    "Proposal": "order__shop",
    "ProviderReference": "account__shop",
    "SavedCard": "shop",
    "Shop": "pk",
    "ShopEvent": "shop",
    "Tender": "payment__order__shop",
    "TimelineEntry": "order__shop",
}

_Row = TypeVar("_Row", bound=Model)
_KEPT = "_shops_that_name_them"


def shops_of(user: Any) -> frozenset[int] | None:
    """The shops whose rows `user` may see; None: all. Asked once a request, since a request has a user of its own."""
    if isinstance(user, AnonymousUser) or not user.is_authenticated:
        return frozenset()
    if user.is_superuser:
        return None
    if not hasattr(user, _KEPT):
        setattr(user, _KEPT, named_at(user))
    return cast("frozenset[int] | None", getattr(user, _KEPT))


def named_at(user: User) -> frozenset[int] | None:
    """The same, asked anew, and whether or not they are a superuser."""
    return Shop.naming(user)


def limit(rows: "QuerySet[_Row] | Manager[_Row]", user: Any) -> QuerySet[_Row]:
    """Of `rows`, those that `user` may see."""
    found = rows.all()
    shops = shops_of(user)
    if shops is None:
        return found
    path = PATHS.get(found.model.__name__)
    return found.none() if path is None else found.filter(**{f"{path}__in": shops})


def shop_of(row: Model) -> Shop | None:
    """The shop that `row` belongs to."""
    if isinstance(row, Shop):
        return row
    path = PATHS.get(type(row).__name__)
    found: Any = row
    for name in path.split("__") if path else ():
        found = getattr(found, name, None)
    return found if isinstance(found, Shop) else None


class OwnShopsOnly:
    """Mixed into a ModelAdmin: its rows, and what its forms let one choose, are those of the person's shops."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return limit(super().get_queryset(request), request.user)  # type: ignore[misc]

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> QuerySet[Any] | None:
        rows: QuerySet[Any] | None = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]
        if shops_of(request.user) is None:
            return rows
        return limit(db_field.remote_field.model._default_manager if rows is None else rows, request.user)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        raise Http404  # the same for a row that never was and for another shop's


class OwnShopsFilter(RelatedFieldListFilter):
    """The choices of a filter by account, shop and so on."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        if shops_of(request.user) is None:
            return super().field_choices(field, request, model_admin)
        rows = limit(field.remote_field.model._default_manager, request.user)
        return field.get_choices(
            include_blank=False,
            ordering=self.field_admin_ordering(field, request, model_admin),
            limit_choices_to={"pk__in": rows.values("pk")},
        )


def _refers_to_a_row(field: Field[Any, Any]) -> bool:
    return bool(field.remote_field)


def limit_filters() -> None:
    """Every filter by a related row, of every list, from now on."""
    FieldListFilter.register(_refers_to_a_row, OwnShopsFilter, take_priority=True)
