"""Does the API's page tell everything that the description holds, and nothing that is not so?"""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.test import Client

from checkout.models import Shop
from checkout.shop_api import page as pages
from checkout.shop_api import quickstart
from checkout.shop_api.shapes import Strict
from checkout.shop_api.telling import EVENTS
from checkout.shop_api.urls import api
from tests.scripted import make_shop
from tests.shop_api.conftest import caller_for, problem

ROOT = Path(__file__).parent.parent.parent
SCHEMA: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema(), default=str))
OPERATIONS = [(path, verb, said) for path, item in SCHEMA["paths"].items() for verb, said in item.items()]
AT_MOST = 900_000  # bytes, before a proxy packs them to a tenth


def read(path: str, **headers: str) -> str:
    answer = Client().get(path, headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def part_of(text: str, anchor: str) -> str:
    """An article of the page, as text."""
    (found,) = re.findall(rf'<article class="operation" id="{anchor}".*?</article>', text, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "\n", found))


def properties(schema: Any, seen: tuple[str, ...] = ()) -> set[str]:
    """The names below a body's schema, however deep: told here in another way than the page's own."""
    if isinstance(schema, list):
        return set().union(*(properties(one, seen) for one in schema)) if schema else set()
    if not isinstance(schema, dict):
        return set()
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return set() if name in seen else properties(SCHEMA["components"]["schemas"][name], (*seen, name))
    found = set(schema.get("properties", {}))
    for inner in (*schema.get("properties", {}).values(), schema.get("items"), schema.get("anyOf")):
        found |= properties(inner, seen)
    return found


def test_every_operation_parameter_field_and_answer_is_on_the_page() -> None:
    text = read("/api/v1/docs")
    assert read("/api/") == text
    for path, verb, said in OPERATIONS:
        here = part_of(text, said["operationId"])
        assert verb.upper() in here
        assert path in here
        assert html.unescape(said["summary"]) in here
        for parameter in said.get("parameters", []):
            assert parameter["name"] in here
        for status in said["responses"]:
            assert re.search(rf"^{status}$", here, re.MULTILINE), (said["operationId"], status)
        body = said.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        for name in properties(body):
            assert re.search(rf"(^|\.|\]\.)\s*{re.escape(name)}\b", here, re.MULTILINE), (
                said["operationId"],
                name,
            )
        if said.get("x-scope"):
            assert f"scope {said['x-scope']}" in " ".join(here.split())
        assert f'href="#{said["operationId"]}"' in text
    bodies = {
        name
        for _path, _verb, said in OPERATIONS
        for name in re.findall(r'"#/components/schemas/(\w+)"', json.dumps(said.get("requestBody", {})))
    }
    inside = {
        name
        for body in bodies
        for name in re.findall(r"schemas/(\w+)", json.dumps(SCHEMA["components"]["schemas"][body]))
    }
    for name, said in SCHEMA["components"]["schemas"].items():
        if "properties" in said and name not in bodies | inside and f'id="{name}"' in text:
            here = part_of(text, name)
            assert [field for field in said["properties"] if field not in here] == []
    for linked in re.findall(r'href="#([\w.-]+)"', text):
        assert f'id="{linked}"' in text, linked


def test_every_object_of_an_answer_is_described() -> None:
    text = read("/api/v1/docs")
    for _path, _verb, said in OPERATIONS:
        for name in re.findall(r"#/components/schemas/(\w+)", json.dumps(said["responses"])):
            assert f'<article class="operation" id="{name}"' in text


def test_the_page_is_for_everybody_bounded_and_kept() -> None:
    answer = Client().get("/api/v1/docs")
    assert len(answer.content) < AT_MOST
    assert "public" in answer["Cache-Control"]
    assert not answer.cookies
    assert "unsafe" not in answer["Content-Security-Policy"]
    text = answer.content.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", text)
    assert site.SITE_URL in text
    assert 'href="/api/v1/openapi.json"' in text
    again = Client().get("/api/v1/docs", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().get("/api/v1/docs", headers={"If-None-Match": '"another"'}).status_code == 200
    assert Client().post("/api/v1/docs").status_code == 405
    french = Client().get("/api/v1/docs", headers={"Accept-Language": "fr"})
    assert (french["Content-Language"], french.content) == ("en", answer.content)


def test_an_example_of_a_body_is_what_the_api_takes() -> None:
    """Each by the shape that reads it: nothing is missing, nothing is too much."""
    shapes = {shape.__name__: shape for shape in _below(Strict)}
    tried = 0
    for operation in pages.described().operations:
        said = SCHEMA["paths"][operation.path][operation.verb.lower()]
        names = re.findall(r"#/components/schemas/(\w+)", json.dumps(said.get("requestBody", {})))
        if names:
            shapes[names[0]].model_validate(operation.body_example)
            tried += 1
    assert tried > 3


def _below(shape: type[Any]) -> set[type[Any]]:
    return {one for inner in shape.__subclasses__() for one in (inner, *_below(inner))}


def test_the_curl_line_of_an_order_is_what_the_api_takes(db: None) -> None:
    operation = next(one for one in pages.described().operations if one.id == "create_order")
    line = pages.curl(operation, "https://pay.example.com")
    assert line.startswith("curl https://pay.example.com/api/v1/orders \\\n")
    (body,) = re.findall(r"-d '(.*)'", line, re.DOTALL)
    (key,) = re.findall(r'"Idempotency-Key: (\S+)"', line)
    shop: Shop = make_shop()
    answer = caller_for(shop).call("POST", "orders", json.loads(body), Idempotency_Key=key)
    assert answer.status_code == 201, answer.content


def test_every_webhook_that_is_sent_is_told_of() -> None:
    """Each word that the payments' code owes a shop, found in that code."""
    words = set()
    for file in (ROOT / "checkout/payments").glob("*.py"):
        text = file.read_text()
        words |= set(re.findall(r'owe\(\w+(?:\.\w+)*, "([\w.]+)"', text))
        words |= set(re.findall(r'events\.append\("([\w.]+)"', text))
    assert words
    assert words - set(EVENTS) == set()
    text = read("/api/v1/docs")
    for name in EVENTS:
        assert f'id="event-{name}"' in text


def test_the_quickstart_shows_the_files_that_are_there() -> None:
    text = html.unescape(re.sub(r"<[^>]+>", "", read("/api/v1/quickstart")))
    shown = {
        name
        for step in quickstart.steps({one.id for one in pages.described().operations})
        for name in step.files
    }
    for name in shown:
        assert (quickstart.HOME / name).read_text().strip() in text, name
    named = {name for step in quickstart.STEPS for name in step.files}
    assert {file.name for file in quickstart.HOME.iterdir() if file.suffix in (".sh", ".py")} == named
    assert {step.operation for step in quickstart.steps(set())} == set()


@pytest.mark.parametrize("path", ["v1/nothing", "v1/docs/", "v2/docs"])
def test_beside_the_pages_the_api_still_answers_with_problems(path: str) -> None:
    answer: Any = Client().get(f"/api/{path}")
    problem(answer, 404)
