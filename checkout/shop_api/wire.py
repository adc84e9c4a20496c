"""What is read from the wire? One JSON object of bounded size, in plain UTF-8, with nothing in it that a database or
a provider could choke on."""

import json
import math
from typing import Any, NoReturn

from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from checkout.shop_api.problems import Problem, fields_problem, too_large

MAX_BODY_BYTES = 64 * 1024
MAX_DEPTH = 12


class NotAnObject(ValueError):
    """`str()` says what it is instead."""


class OneObject(Parser):
    """JSON, read strictly. What is wrong is raised as a Problem."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        if request.content_type != "application/json":
            raise Problem(415, "not-json", "Send the body as Content-Type: application/json.")
        if len(request.body) > MAX_BODY_BYTES:
            raise too_large()
        try:
            return object_of(request.body)
        except NotAnObject as why:
            raise Problem(400, "not-json", f"The body is {why}.") from None

    def parse_querydict(
        self, data: MultiValueDict[str, Any], list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        """Each name once, and no NUL in any value, which PostgreSQL compares with nothing."""
        for name, values in data.lists():
            if len(values) > 1 and name not in list_fields:
                raise _at([name], "is given twice")
            if any("\0" in str(value) for value in values):
                raise _at([name], "holds a character that no text has (NUL)")
        found: dict[str, Any] = super().parse_querydict(data, list_fields, request)
        return found


def object_of(written: bytes, *path: str) -> dict[str, Any]:
    """NotAnObject when it is none; a Problem where something in it, below `path`, cannot be."""
    try:
        value = json.loads(
            written.decode("utf-8"), object_pairs_hook=_names_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as why:
        what = "it nests too deep" if isinstance(why, RecursionError) else str(why)
        raise NotAnObject(f"not JSON: {what}") from None
    if not isinstance(value, dict):
        raise NotAnObject("JSON, but not an object")
    _sound(value, list(path))
    return value


def _names_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which of two amounts would have been meant?"""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the name {name[:40]!r} is given twice")
        found[name] = value
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a JSON value")


def _sound(value: Any, path: list[str]) -> None:
    """No NUL and no half of a surrogate pair, which PostgreSQL stores nowhere, no infinity and no deep nesting."""
    if len(path) > MAX_DEPTH:
        raise _at(path[:3], "nests too deep")
    if isinstance(value, dict):
        for name, inner in value.items():
            _sound(name, path)
            _sound(inner, [*path, name])
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            _sound(inner, [*path, str(position)])
    elif isinstance(value, str) and any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value):
        raise _at(path, "holds a character that no text has (NUL, or half of a surrogate pair)")
    elif isinstance(value, float) and not math.isfinite(value):
        raise _at(path, "is too large a number")


def _at(path: list[str], why: str) -> Problem:
    printable = ".".join(path).encode("utf-8", "replace").decode()
    return fields_problem([(printable or "body", why)])
