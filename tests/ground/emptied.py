"""How is the database emptied after a test that committed?

Django's own way, `flush`, cuts off every table there is and then writes the content types and permissions anew, which
took longer than most of those tests do. Nobody writes those two, so they stay; every other row goes, in one
transaction, whichever order the tables point at one another: all foreign keys are checked at its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction
from django.test import TransactionTestCase

STAYING = {ContentType._meta.db_table, Permission._meta.db_table}


def empty(alias: str) -> None:
    """Delete every row that a test may have written."""
    connection = connections[alias]
    tables = sorted(set(connection.introspection.django_table_names()) - STAYING)
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@contextmanager
def by_deleting() -> Iterator[None]:
    """Let every transactional test be cleaned up like this."""

    def clean_up(case: Any) -> None:
        for alias in case._databases_names(include_mirrors=False):
            empty(alias)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", clean_up)
        yield
