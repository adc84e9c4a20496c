"""What does a good request, or an answer, look like? Made from the schema, with a sample for each name that we know."""

from typing import Any

Json = dict[str, Any]
_REF = "#/components/schemas/"

_MOMENT = "2026-11-21T18:00:00+00:00"
# What is said of these names is the same wherever they stand. A schema's own example, default or enum comes first.
_SAMPLES: dict[str, Any] = {
    "account": "01d9dfe5-b2d3-494c-9e6b-8f637882f624",
    "agreement_id": "A-H6E4VRQS4",
    "amount": 4299,
    "amount_authorized": 0,
    "amount_captured": 4299,
    "amount_refunded": 0,
    "attempt": 1,
    "brand": "Visa",
    "card_id": "7",
    "country": "FR",
    "count": 1,
    "currency": "EUR",
    "customer": "c-1",
    "cycles": 12,
    "detail": "amount: Input should be a valid integer",
    "email": "ada@example.com",
    "event_id": "6f0d2c4e-0d5b-4a3c-9a53-1c2f0f3ad0b1",
    "expiry_month": 12,
    "expiry_year": 2030,
    "field": "amount",
    "first_name": "Ada",
    "hold_minutes": 10080,
    "id": "G-GSUJHWUHC",
    "Idempotency-Key": "basket-8841",
    "kind": "one_off",
    "language": "en",
    "last4": "1111",
    "last_name": "Byron",
    "limit": 50,
    "link_id": "1",
    "message": "Input should be a valid integer",
    "name": "Spoon",
    "operation_id": "1",
    "order": "G-GSUJHWUHC",
    "order_id": "G-GSUJHWUHC",
    "provider": "payzen",
    "provider_id": "bd52aec58caef6c8",
    "quantity": 1,
    "reference": "8841",
    "return_url": "https://shop.example/orders/8841/",
    "sku": "SPOON-1",
    "status": 422,
    "subject": "Your order 8841",
    "text": "Please pay {amount}: {link}",
    "title": "Unprocessable Entity",
    "total": 30000,
    "type": "urn:guichet:problem:invalid-request",
    "unit": "month",
    "unit_price": 4299,
    "pay_url": "https://pay.example.com/pay/LQW24TcTAzMQiEh0as3C1-AhCPBd9Fdr/",
    "url": "https://pay.example.com/l/2ZM8t8o74WanytiI_1bGQg/",
    "qr": "https://pay.example.com/api/v1/orders/G-GSUJHWUHC/links/1/qr.svg",
}
# The same name says something else in these objects.
_IN: dict[str, Json] = {
    "AgreementOut": {
        "id": "A-H6E4VRQS4", "kind": "subscription", "state": "active", "phase": "billing", "end_reason": None,
        "ended_at": None, "endings": ["now", "period_end"],
    },
    "ChannelOut": {"channel": "sms", "name": "PayZen", "reads": ["to", "text"]},
    "ChargebackOut": {"status": "received", "reason": "10.4"},
    "FieldErrorOut": {"field": "amount", "message": "Input should be a valid integer"},
    "LinkOut": {"id": "1", "channel": "email", "state": "sent", "error": None, "times": 1, "to": "ada@example.com"},
    "NextEventOut": {"what": "bill"},
    "NextOut": {"kind": "page", "url": "https://pay.example.com/pay/LQW24TcTAzMQiEh0as3C1-AhCPBd9Fdr/"},
    "OrderOut": {"state": "paid", "description": "Your order 8841", "metadata": {"basket": "8841"}, "terms": None},
    "PaymentOut": {
        "reference": "G-GSUJHWUHC-1", "state": "paid", "decline_reason": None, "decline_code": None,
        "decline_message": None, "may_retry": True, "occasion": None, "chargebacks": [], "errors": [], "next": None,
    },
    "ProblemOut": {"order": None},
    "SavedCardOut": {"id": "7", "occasions": ["recurring"]},
    "TermsOut": {"amount": 1500},
}  # fmt: skip
# Beyond what has to be there: what most requests will hold.
_WORTH_SHOWING = {"customer", "email", "items", "return_url"}


def example(schema: Json, name: str = "", *, components: Json | None = None, asked: bool = False) -> Any:
    """`asked`: a request, with what it needs and little more; else an answer, with every field."""
    return _Maker(components or {}, asked=asked).of(schema, name, ())


class _Maker:
    def __init__(self, components: Json, *, asked: bool) -> None:
        self.components = components
        self.asked = asked

    def of(self, schema: Json, name: str, seen: tuple[str, ...]) -> Any:
        if "$ref" in schema:
            part = schema["$ref"].removeprefix(_REF)
            if part in seen:
                return None
            return self.of({**self.components[part], "title": part}, name, (*seen, part))
        if several := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
            some = [one for one in several if one.get("type") != "null"]
            return self.of({**_without_default(schema), **some[0]}, name, seen)
        if schema.get("examples") or "example" in schema:
            return schema["example"] if "example" in schema else schema["examples"][0]
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            known = _SAMPLES.get(name)
            return known if known in schema["enum"] else schema["enum"][0]
        return self._by_type(schema, name, seen)

    def _by_type(self, schema: Json, name: str, seen: tuple[str, ...]) -> Any:
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            return self._object(schema, seen)
        if kind == "array":
            inner = self.of(schema.get("items", {}), name, seen)
            return [] if inner in (None, {}) else [inner]
        if kind == "boolean":
            return bool(schema.get("default", False))
        if kind == "integer":
            return _within(schema, _SAMPLES.get(name))
        if kind == "number":
            return schema.get("minimum", 1)
        return _text(schema, name)

    def _object(self, schema: Json, seen: tuple[str, ...]) -> Json:
        properties: Json = schema.get("properties", {})
        needed = set(schema.get("required", ()))
        if self.asked:
            wanted = needed | (_WORTH_SHOWING & set(properties))
            names = [name for name in properties if name in wanted] or list(properties)[:1]
        else:
            names = list(properties)
        known = _IN.get(str(schema.get("title")), {})
        return {
            name: known[name] if name in known else self.of(properties[name], name, seen) for name in names
        }


def _without_default(schema: Json) -> Json:
    return {
        name: value for name, value in schema.items() if name not in ("anyOf", "oneOf", "allOf", "default")
    }


def _within(schema: Json, known: Any) -> int:
    low, high = int(schema.get("minimum", 0)), schema.get("maximum")
    value: int = known if isinstance(known, int) else max(low, 1)
    return low if value < low or (high is not None and value > high) else value


def _text(schema: Json, name: str) -> str:
    if schema.get("format") == "date-time" or name.endswith("_at") or name == "at":
        return _MOMENT
    if schema.get("format") == "uuid":
        return str(_SAMPLES["account"])
    known = _SAMPLES.get(name)
    return known if isinstance(known, str) else str(schema.get("default") or "…")
