"""What does the OpenAPI description say, in rows that a template can show? Nothing is told that it does not hold."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from checkout.shop_api.samples import example

Json = dict[str, Any]
_REF = "#/components/schemas/"
_REF_TO_ANSWER = "#/components/responses/"
# Said beside the operation's name as it is.
_SCOPE_SENTENCE = re.compile(r"\s*Scope: `[\w:.-]+`\.\s*\Z")
_EVERYWHERE = "RateLimit-"  # the headers of every answer, told of once
_VERBS = ("get", "post", "put", "patch", "delete")
_LIMITS = (
    ("minLength", "at least {} characters"),
    ("maxLength", "at most {} characters"),
    ("minimum", "from {}"),
    ("maximum", "up to {}"),
    ("minItems", "at least {} of them"),
    ("maxItems", "at most {} of them"),
    ("maxProperties", "at most {} names"),
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One field, one parameter. `path` is the name as an error would give it, but for a list's `[]`."""

    path: str
    type: str
    required: bool
    text: str = ""
    limits: tuple[str, ...] = ()
    values: tuple[str, ...] = ()  # the words that it may be
    default: str = ""
    parts: tuple[str, ...] = ()  # the objects that are described elsewhere on the page
    where: str = ""  # of a parameter: path, query, header


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: str
    text: str
    media: str
    part: str  # the object's name; "" where there is none
    example: Any = None
    headers: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        return self.status.startswith("2")


@dataclass(frozen=True, kw_only=True)
class Operation:
    id: str
    verb: str
    path: str
    tag: str
    summary: str
    text: str
    scope: str
    parameters: tuple[Row, ...]
    body: tuple[Row, ...]
    body_text: str
    body_example: Json | None
    answers: tuple[Answer, ...]

    @property
    def address(self) -> str:
        """With samples for what is in braces, and for what the query has to hold."""
        filled = self.path
        query = []
        for row in self.parameters:
            if row.where == "path":
                filled = filled.replace("{%s}" % row.path, str(example({}, row.path)))  # noqa: UP031  # braces
            elif row.where == "query" and row.required:
                query.append(f"{row.path}={example({}, row.path)}")
        return f"{filled}?{'&'.join(query)}" if query else filled

    @property
    def paging(self) -> tuple[Row, ...]:
        rows = tuple(row for row in self.parameters if row.path in ("limit", "before", "after", "cursor"))
        return rows if self.verb == "GET" else ()


@dataclass(frozen=True, kw_only=True)
class Part:
    """An object that answers hold."""

    name: str
    text: str
    rows: tuple[Row, ...]
    example: Any


@dataclass(frozen=True, kw_only=True)
class Page:
    title: str
    version: str
    text: str
    groups: dict[str, list[Operation]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    @property
    def operations(self) -> list[Operation]:
        return [operation for group in self.groups.values() for operation in group]


def page_of(schema: Json) -> Page:
    """The whole description. Operations come in the sequence in which the API has them, by their tag."""
    reader = _Reader(schema)
    page = Page(
        title=schema["info"]["title"],
        version=schema["info"]["version"],
        text=schema["info"].get("description", ""),
        parts=[],
    )
    for path, item in schema["paths"].items():
        for verb in _VERBS:
            if verb in item:
                operation = reader.operation(path, verb, item[verb])
                page.groups.setdefault(operation.tag, []).append(operation)
    page.parts.extend(reader.parts(page.operations))
    return page


class _Reader:
    def __init__(self, schema: Json) -> None:
        self.components: Json = schema.get("components", {}).get("schemas", {})
        self.common: Json = schema.get("components", {}).get("responses", {})  # answers that several refer to

    # --- an operation ----------------------------------------------------------------------------------------------

    def operation(self, path: str, verb: str, said: Json) -> Operation:
        body = _schema_of(said.get("requestBody", {}))
        return Operation(
            id=said["operationId"],
            verb=verb.upper(),
            path=path,
            tag=(said.get("tags") or ["more"])[0],
            summary=said.get("summary", ""),
            text=_SCOPE_SENTENCE.sub("", said.get("description", "")),
            scope=_scope(said),
            parameters=tuple(self._parameter(one) for one in said.get("parameters", [])),
            body=tuple(self._nested(body)) if body else (),
            body_text=self.resolved(body).get("description", "") if body else "",
            body_example=example(body, components=self.components, asked=True) if body else None,
            answers=tuple(
                self._answer(str(status), answer)
                for status, answer in sorted(said["responses"].items(), key=_by_status)
            ),
        )

    def _parameter(self, said: Json) -> Row:
        row = self._row(said["name"], said["schema"], required=bool(said.get("required")))
        return Row(**{**vars(row), "where": said["in"], "text": said.get("description") or row.text})

    def _answer(self, status: str, said: Json) -> Answer:
        said = self.common[said["$ref"].removeprefix(_REF_TO_ANSWER)] if "$ref" in said else said
        media = next(iter(said.get("content", {})), "")
        schema = _schema_of(said)
        part = _name(schema) if schema else ""
        if media == "application/json" and status[0] in "45" and part.endswith("ProblemOut"):
            media = "application/problem+json"
        shown = example(schema, components=self.components) if schema and not part else None
        return Answer(
            status=status,
            text=said.get("description", ""),
            media=media,
            part=part,
            example=shown,
            headers=tuple(name for name in said.get("headers", {}) if not name.startswith(_EVERYWHERE)),
        )

    # --- fields ----------------------------------------------------------------------------------------------------

    def resolved(self, schema: Json) -> Json:
        """What a reference leads to; what is said beside the reference wins."""
        if "$ref" in schema:
            beside = {name: value for name, value in schema.items() if name != "$ref"}
            return {**self.components[_name(schema)], **beside}
        return schema

    def _nested(self, schema: Json, path: str = "", seen: tuple[str, ...] = ()) -> Iterator[Row]:
        """Every field below `schema`, however deep: what a request may hold."""
        if _name(schema) in seen:
            return
        here = (*seen, _name(schema)) if _name(schema) else seen
        whole = self.resolved(schema)
        for name, said in whole.get("properties", {}).items():
            row = self._row(f"{path}{name}", said, required=name in whole.get("required", ()))
            yield Row(**{**vars(row), "parts": ()})
            for inner, mark in self._inside(said):
                yield from self._nested(inner, f"{path}{name}{mark}.", here)

    def _inside(self, said: Json) -> Iterator[tuple[Json, str]]:
        """The objects that a field may hold, with what stands between its name and theirs."""
        for one in _choices(said):
            whole = self.resolved(one)
            if "properties" in whole:
                yield one, ""
            elif whole.get("type") == "array":
                yield from ((inner, f"[]{mark}") for inner, mark in self._inside(whole["items"]))

    def _row(self, path: str, said: Json, *, required: bool) -> Row:
        choices = [self.resolved(one) for one in _choices(said)]
        limits = [limit for one in choices for limit in _limits(one)]
        values = [str(value) for one in choices for value in (one.get("enum") or _const(one))]
        text = said.get("description") or next(
            (one["description"] for one in choices if "description" in one), ""
        )
        return Row(
            path=path,
            type=self._type(said),
            required=required,
            text=text,
            limits=tuple(dict.fromkeys(limits)),
            values=tuple(values),
            default=_default(said),
            parts=tuple(dict.fromkeys(self._named(said))),
        )

    def _type(self, said: Json) -> str:
        words = []
        for one in _choices(said, null=True):
            whole = self.resolved(one)
            kind = str(whole.get("type") or ("text" if "enum" in whole else "anything"))
            if kind == "array":
                words.append(f"list of {self._type(whole['items'])}")
            else:
                words.append({"string": whole.get("format", "text"), "number": "number"}.get(kind, kind))
        return " or ".join(dict.fromkeys(words))

    def _named(self, said: Json) -> Iterator[str]:
        for one in _choices(said):
            whole = self.resolved(one)
            if whole.get("type") == "array":
                yield from self._named(whole["items"])
            elif "properties" in whole and _name(one):
                yield _name(one)

    # --- objects ---------------------------------------------------------------------------------------------------

    def parts(self, operations: list[Operation]) -> list[Part]:
        """The objects of all answers, and those inside them, each once, in the sequence in which they are met."""
        waiting = [answer.part for operation in operations for answer in operation.answers if answer.part]
        found: dict[str, Part] = {}
        while waiting:
            name = waiting.pop(0)
            if name in found:
                continue
            found[name] = self._part(name)
            waiting = [inner for row in found[name].rows for inner in row.parts] + waiting
        return list(found.values())

    def _part(self, name: str) -> Part:
        whole = self.components[name]
        needed = whole.get("required", ())
        return Part(
            name=name,
            text=whole.get("description", ""),
            rows=tuple(
                self._row(field_name, said, required=field_name in needed)
                for field_name, said in whole.get("properties", {}).items()
            ),
            example=example(whole, components=self.components),
        )


def _schema_of(said: Json) -> Json:
    for content in said.get("content", {}).values():
        schema: Json = content.get("schema", {})
        return schema
    return {}


def _name(schema: Json) -> str:
    return str(schema.get("$ref", "")).removeprefix(_REF)


def _scope(said: Json) -> str:
    """The word that a key needs: as an extension, or among the security requirement's scopes."""
    listed = [scope for lock in said.get("security") or () for scopes in lock.values() for scope in scopes]
    return str(said.get("x-scope") or ", ".join(listed))


def _by_status(pair: tuple[Any, Any]) -> str:
    return str(pair[0])


def _choices(said: Json, *, null: bool = False) -> list[Json]:
    """The alternatives, with or without "it may be null"."""
    several = said.get("anyOf") or said.get("oneOf") or said.get("allOf") or [said]
    return [one for one in several if null or one.get("type") != "null"]


def _const(said: Json) -> list[Any]:
    return [said["const"]] if "const" in said else []


def _limits(said: Json) -> Iterator[str]:
    for word, text in _LIMITS:
        if word in said and not (word == "minLength" and said[word] == 0):
            told = text.format(_figure(said[word]))
            yield (
                told.replace("characters", "character").replace("names", "name") if said[word] == 1 else told
            )
    if pattern := said.get("pattern"):
        yield f"matches {pattern}"
    if said.get("additionalProperties") not in (None, False, True):
        inner = said["additionalProperties"]
        for one in _choices(inner):
            yield from (f"each: {limit}" for limit in _limits(one))
    if names := said.get("propertyNames"):
        yield from (f"each name: {limit}" for limit in _limits(names))


def _figure(value: Any) -> str:
    return re.sub(r"(?<=\d)(?=(\d{3})+$)", "\u202f", str(value)) if isinstance(value, int) else str(value)


def _default(said: Json) -> str:
    value = said.get("default")
    if value is None or value == "" or isinstance(value, list | dict):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
