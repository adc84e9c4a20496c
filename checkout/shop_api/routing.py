"""What does every operation have in common? The scope it needs, and the refusals that any of them may answer with."""

from typing import Any

import ninja
from ninja.constants import NOT_SET

from checkout.shop_api.access import ShopKey
from checkout.shop_api.scopes import ANY, NEEDS
from checkout.shop_api.shapes import ProblemOut, ScopeProblemOut

_WRITES = {"POST", "PATCH", "PUT", "DELETE"}
_FIRST_BAD = 400
_MEANS = {
    400: "The request cannot be read: a header, or the JSON",
    401: "No key, or not a living one",
    403: "The key has not the scope",
    404: "Not one of yours",
    409: "It cannot be done as things stand",
    413: "The body is over 64 KiB",
    415: "The body is not application/json",
    422: "Fields are not right; they are named",
    429: "Asked too often",
    503: "Not now: send the same again",
}


class Router(ninja.Router):
    """Ninja's, with `NEEDS` as the lock of each operation. What an operation answers beyond that it says itself."""

    def add_api_operation(
        self,
        path: str,
        methods: list[str],
        view_func: Any,
        *,
        response: Any = None,
        operation_id: str | None = None,
        **more: Any,
    ) -> None:
        scope = NEEDS[str(operation_id)]
        refusals: dict[int, type[ProblemOut]] = dict.fromkeys((401, 429, 503), ProblemOut)
        if scope != ANY:
            refusals[403] = ScopeProblemOut
        if "{" in path:
            refusals[404] = ProblemOut
        if _WRITES & set(methods):  # the header with the key
            refusals |= {400: ProblemOut, 409: ProblemOut, 422: ProblemOut}
        refusals |= {status: model for status, model in response.items() if status >= _FIRST_BAD}
        extra = more.pop("openapi_extra", None) or {"responses": {}}
        extra["responses"] |= {status: refusal(status, model) for status, model in sorted(refusals.items())}
        super().add_api_operation(
            path,
            methods,
            view_func,
            operation_id=operation_id,
            **{
                **more,
                "auth": ShopKey(scope),
                "response": {status: model for status, model in response.items() if status < _FIRST_BAD}
                or NOT_SET,
                "openapi_extra": extra,
            },
        )


def refusal(status: int, model: type[ProblemOut]) -> dict[str, Any]:
    """As the OpenAPI page has it. Ninja is not told of it: a problem is an answer that is ready to be sent."""
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"description": _MEANS[status], "content": {"application/problem+json": {"schema": schema}}}
