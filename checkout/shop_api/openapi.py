"""What does the OpenAPI page promise? What ninja tells of the operations, and what they all have in common: the form of
a refusal, the headers, the scope that each needs, and examples."""

from typing import Any

from django.conf import settings
from ninja import NinjaAPI
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema

from checkout.shop_api.examples import EXAMPLES, KEY_EXAMPLE
from checkout.shop_api.idempotency import HEADER, REPLAY
from checkout.shop_api.link_shapes import LinkProblemOut
from checkout.shop_api.scopes import ANY, NEEDS
from checkout.shop_api.shapes import AgreementProblemOut, FaultProblemOut, ProblemOut, ScopeProblemOut

_DESCRIPTION = (
    "Orders in; what became of them, back. Amounts are integers in the currency's minor units, times ISO 8601 in UTC. "
    "Refusals are problem+json (RFC 9457), and name the field. Every write takes an Idempotency-Key, remembered for 30 "
    "days; lists go on by cursor. An address takes the methods that are described for it; any other is a 405, whose "
    "Allow header names them."
)
_KEY = "ShopKey"  # the class's name, by which ninja calls the scheme
_FIRST_BAD = 400

_HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Limit": {
        "description": "How often this key may ask in a minute.",
        "schema": {"type": "integer"},
    },
    "RateLimit-Remaining": {"description": "How often it still may.", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "Seconds until it may anew.", "schema": {"type": "integer"}},
    "Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "Bearer.", "schema": {"type": "string"}},
    REPLAY: {
        "description": "true: this was asked for under the same key before, and was not done again.",
        "schema": {"type": "string", "const": "true"},
    },
    "Allow": {
        "description": "The methods that this address takes.",
        "required": True,
        "schema": {"type": "string", "examples": ["GET, POST"]},
    },
    "X-Request-Id": {
        "description": "Under which our logs have this request.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Link": {"description": 'The next page, rel="next"; none on the last one.', "schema": {"type": "string"}},
}
_RATES = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


# What any address may answer and no operation decides. OpenAPI has no place for the answers of an address, so each of
# its operations refers to them.
_EVERYWHERE: tuple[tuple[int, str, type[ProblemOut], str, str], ...] = (
    (
        405,
        "MethodNotAllowed",
        ProblemOut,
        "Allow",
        "Another method was sent than this address takes; `Allow` names those it does",
    ),
    (
        500,
        "InternalError",
        FaultProblemOut,
        "X-Request-Id",
        "A fault of ours, which says nothing about what was done: send the same again",
    ),
)


class ShopAPI(NinjaAPI):
    def __init__(self, **more: Any) -> None:
        super().__init__(
            title="Guichet shop API",
            version="1",
            description=_DESCRIPTION,
            servers=[{"url": settings.SITE_URL}],
            **more,
        )
        self._told: OpenAPISchema | None = None

    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        """The same for everybody, so it is made once."""
        if self._told is None:
            self._told = self._tell(**where)
        return self._told

    def _tell(self, **where: Any) -> OpenAPISchema:
        schema = super().get_openapi_schema(**where)
        for path in schema["paths"].values():
            for operation in path.values():
                _complete(operation)
        components = schema["components"]
        for model in (ProblemOut, ScopeProblemOut, LinkProblemOut, AgreementProblemOut, FaultProblemOut):
            shape = model.model_json_schema(ref_template=REF_TEMPLATE, mode="serialization")
            components["schemas"] |= shape.pop("$defs", {})
            components["schemas"][model.__name__] = shape
        components["headers"] = _HEADERS
        components["responses"] = {
            name: {
                "description": text,
                "headers": _told([*_RATES, header]),
                "content": {
                    "application/problem+json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
                },
            }
            for _status, name, model, header, text in _EVERYWHERE
        }
        components["securitySchemes"][_KEY]["description"] = (
            "A key of the shop's, `gk_...`, with the scope that the operation names."
        )
        for name, example in EXAMPLES.items():
            components["schemas"][name]["examples"] = [example]
        return schema


def _complete(operation: dict[str, Any]) -> None:
    scope = NEEDS[operation["operationId"]]
    if scope != ANY:
        operation["security"] = [{_KEY: [scope]}]
        operation["x-scope"] = scope
        told = operation.get("description", "")
        operation["description"] = f"{told}\n\nScope: `{scope}`.".strip()
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        if parameter["name"] == HEADER:
            parameter["example"] = KEY_EXAMPLE
    names = {parameter["name"] for parameter in parameters}
    for status, answer in operation["responses"].items():
        _complete_answer(int(status), answer, with_key=HEADER in names, is_list="cursor" in names)
    for everywhere, name, *_said in _EVERYWHERE:
        operation["responses"][everywhere] = {"$ref": f"#/components/responses/{name}"}


def _complete_answer(status: int, answer: dict[str, Any], *, with_key: bool, is_list: bool) -> None:
    headers = [] if status == 401 else [*_RATES]
    if status >= _FIRST_BAD:
        headers += {
            401: ["WWW-Authenticate"],
            409: ["Retry-After"],
            429: ["Retry-After"],
            503: ["Retry-After"],
        }.get(status, [])
    elif with_key:
        headers.append(REPLAY)
    elif is_list:
        headers.append("Link")
    answer["headers"] = _told(headers)


def _told(headers: list[str]) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
