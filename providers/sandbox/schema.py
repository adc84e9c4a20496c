"""How do the tables come to be? Made at the start; a file of another version is emptied and made anew.

There are no migrations: a sandbox holds nothing that is worth carrying over.
"""

import zlib

from django.apps import apps
from django.db import connection


def prepare() -> None:
    """Make the tables, unless this database has exactly these already."""
    models = list(apps.get_app_config("sandbox").get_models())
    with connection.schema_editor(collect_sql=True) as editor:
        for model in models:
            editor.create_model(model)
        wanted = "\n".join(editor.collected_sql)
    version = zlib.crc32(wanted.encode()) & 0x7FFFFFFF

    with connection.cursor() as cursor:
        if cursor.execute("PRAGMA user_version").fetchone()[0] == version:
            return
        cursor.execute("PRAGMA foreign_keys=OFF")
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}")
    with connection.schema_editor() as editor:
        for model in models:
            editor.create_model(model)
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA user_version={version}")
    connection.close()
