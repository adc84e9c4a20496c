"""How are rows written to a file for a spreadsheet, or for bookkeeping? Row by row, however many there are."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

import xlsxwriter
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from providers.money import Money, exponent

# A spreadsheet would calculate what begins like this; a customer's own words do not get to.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Where semicolons part the cells, as in France, quotes do not hold a text together, and a cell begins in its midst.
_CELL_BEGINS = re.compile(r"(?<=[;\r\n])(?=[=+\-@])")
_AT_ONCE = 500  # lines of a CSV that go out together
_ROWS_OF_A_SHEET = 1_048_576  # as many as Excel opens


@dataclass(frozen=True)
class Column:
    """`value` gives text, a number, a moment or nothing; of a column of `money`, a Money."""

    heading: str | Promise
    value: Callable[[Any], Any]
    money: bool = False


def csv_lines(columns: Sequence[Column], rows: Iterable[Any]) -> Iterator[str]:
    """RFC 4180. Of money the amount as it is read, and in minor units as it is counted."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(_csv_headings(columns))
    for number, row in enumerate(rows, start=1):
        writer.writerow([text for column in columns for text in _csv_cells(column, row)])
        if number % _AT_ONCE == 1:  # the first line goes out at once: whoever asked sees that it comes
            yield _emptied(buffer)
    yield _emptied(buffer)


def _emptied(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _csv_headings(columns: Sequence[Column]) -> Iterator[str]:
    for column in columns:
        yield str(column.heading)
        if column.money:
            yield _("%(amount)s, minor units") % {"amount": column.heading}


def _csv_cells(column: Column, row: Any) -> tuple[str, ...]:
    value = column.value(row)
    if column.money:
        return ("", "") if value is None else (str(value.decimal), str(value.minor))
    return (harmless(plain(value)),) if not isinstance(value, int) else (str(value),)


def plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return str(value)


def harmless(text: str) -> str:
    """With an apostrophe in front of what a spreadsheet would take for a formula."""
    text = _CELL_BEGINS.sub("'", text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def xlsx_file(columns: Sequence[Column], rows: Iterable[Any], title: str) -> IO[bytes]:
    """A workbook in a temporary file, read from its beginning. Rows beyond what a sheet holds begin another one."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the response that sends it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd"})
    pages = _Pages(book, columns, title)
    for row in rows:
        pages.write(row)
    book.close()
    file.seek(0)
    return file


class _Pages:
    def __init__(self, book: Any, columns: Sequence[Column], title: str) -> None:
        self.book, self.columns, self.title = book, columns, title
        self.heading = book.add_format({"bold": True})
        self.formats: dict[int, Any] = {}  # decimals -> how a sum is shown
        self.number = 0
        self._turn()

    def _turn(self) -> None:
        self.number += 1
        self.page = self.book.add_worksheet(f"{self.title} {self.number}" if self.number > 1 else self.title)
        self.page.freeze_panes(1, 0)
        self.page.set_column(0, len(self.columns) - 1, 20)
        for place, column in enumerate(self.columns):
            self.page.write_string(0, place, str(column.heading), self.heading)
        self.next = 1

    def write(self, row: Any) -> None:
        if self.next == _ROWS_OF_A_SHEET:
            self._turn()
        for place, column in enumerate(self.columns):
            self._cell(place, column, column.value(row))
        self.next += 1

    def _cell(self, place: int, column: Column, value: Any) -> None:
        if value is None or value == "":
            return
        if isinstance(value, Money):
            self.page.write_number(self.next, place, value.decimal, self._sum(exponent(value.currency)))
        elif isinstance(value, int):
            self.page.write_number(self.next, place, value)
        else:
            self.page.write_string(self.next, place, plain(value))  # as text: it is never calculated

    def _sum(self, decimals: int) -> Any:
        if decimals not in self.formats:
            pattern = "0." + "0" * decimals if decimals else "0"
            self.formats[decimals] = self.book.add_format({"num_format": pattern})
        return self.formats[decimals]
