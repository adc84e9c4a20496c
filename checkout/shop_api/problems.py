"""How does the shop API say no? As RFC 9457 problems, which name every field that is not right."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse, JsonResponse
from ninja.errors import ValidationError

FieldError = tuple[str, str]  # the field's path, "items.0.quantity", and what is wrong with it


class Problem(Exception):
    """A refusal. `kind` is its stable name, for programs; `detail` is for people; `more` goes along as it is."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
        self.more = more

    def answer(self) -> HttpResponse:
        body = {
            "type": f"urn:guichet:problem:{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "errors": [{"field": field[:200], "message": message} for field, message in self.errors],
            **self.more,
        }
        response = JsonResponse(
            body, status=self.status, content_type="application/problem+json", headers=self.headers
        )
        if self.status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = 'Bearer realm="shop API"'
        return response


def fields_problem(errors: Sequence[FieldError], *, status: int = 422) -> Problem:
    """One problem out of many small ones; its detail is the first of them, so that a log line is enough to act on."""
    field, message = errors[0]
    others = f" ({len(errors) - 1} more in errors)" if len(errors) > 1 else ""
    return Problem(status, "invalid-request", f"{field}: {message}{others}", errors=errors)


def from_ninja(error: ValidationError) -> Problem:
    found = [_field_error(problem) for problem in error.errors]
    in_header = all(problem["loc"][0] == "header" for problem in error.errors)
    return fields_problem(found, status=400 if in_header else 422)


def _field_error(problem: dict[str, Any]) -> FieldError:
    source, *path = problem["loc"]
    if source == "body":
        path = path[1:]  # the name of the function's own parameter
    return ".".join(map(str, path)) or source, sentence(problem)


def sentence(problem: Mapping[str, Any]) -> str:
    """What pydantic found, in words for the shop."""
    plain = {"missing": "is missing", "extra_forbidden": "is not a field there"}.get(problem["type"])
    return plain or problem["msg"].removeprefix("Value error, ")


def nothing_here() -> Problem:
    return Problem(404, "no-such-address", "There is nothing at this address.")


def wrong_method(allowed: Iterable[str]) -> Problem:
    """RFC 9110 has it name the methods that there are."""
    named = ", ".join(sorted(allowed))
    return Problem(405, "method-not-allowed", f"This address takes {named}.", headers={"Allow": named})


def too_large() -> Problem:
    return Problem(413, "body-too-large", "The body is larger than any order needs to be.")
