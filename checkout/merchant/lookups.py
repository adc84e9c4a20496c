"""What may an address ask of a list, and what if no database can answer it? Of every list there is, whoever wrote it.

`site.CounterSite` puts this before each page that is registered, a library's included."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.db import DataError
from django.http import HttpRequest

# How Django's own filters ask of their column. Others ask more than they offer, or break on a value of the wrong shape.
_ASKED_BY_FILTERS = frozenset({"exact", "id", "in", "isnull", "isempty", "gte", "lt"})


class SoundLookups:
    """Mixed into a ModelAdmin."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """What no database can compare, such as a number of thirty digits, is asked wrongly."""
        try:
            return super().get_changelist_instance(request)  # type: ignore[misc]
        except (OverflowError, DataError) as why:
            raise IncorrectLookupParameters(why) from why

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Of the row's columns those that a filter offers, and no other: Django lets any be asked, and by
        `token__startswith` somebody who may only look would find out an order's payment page."""
        own: Any = self
        column, *asked = lookup.split("__")
        columns = {name for field in own.opts.fields for name in (field.name, field.attname)}
        if column in {*columns, "pk"}:
            filters = [one[0] if isinstance(one, tuple) else one for one in own.list_filter]
            by_field = any(lookup in _fields_of(one) for one in filters)
            by_column = column in filters and _ASKED_BY_FILTERS.issuperset(asked)
            if not by_field and not by_column:
                return False
        return bool(super().lookup_allowed(lookup, value, request))  # type: ignore[misc]


def _fields_of(one: Any) -> tuple[str, ...]:
    """The form's fields that a filter of ours reads."""
    return tuple(getattr(one, "parameter_names", (getattr(one, "parameter_name", ""),)))


def sound(page: type[Any]) -> type[Any]:
    """The same page, and its list answers for whatever it is asked."""
    return page if issubclass(page, SoundLookups) else type(page.__name__, (SoundLookups, page), {})
