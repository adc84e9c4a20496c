"""Does the API keep what its OpenAPI page promises, whatever is sent to it?

Every operation is asked with made-up requests, right and wrong ones, against a shop that has a row of everything. What
its answers may be stands on the page; a 5xx and an answer that the page does not know are failures. EXAMPLES=300 asks
for longer.
"""

import os
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from django.conf import LazySettings
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as bounds
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from checkout.models import Agreement, Operation, Order, SavedCard, ShopEvent
from checkout.payments.events import owe
from checkout.states import State
from tests.scripted import Script, make_account, make_agreement, make_order, make_payment
from tests.shop_api.conftest import Caller, make_card
from tests.shop_api.linking import made

EXAMPLES = int(os.environ.get("EXAMPLES", "2"))
NAMES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)


@pytest.fixture
def stocked(caller: Caller, script: Script) -> Callable[[], dict[str, Any]]:
    """A row of everything; what it gives names them as the page's paths do, anew, because requests use them up."""
    account = make_account(caller.shop)
    owe(make_order(caller.shop), "order.attention")

    def names() -> dict[str, Any]:
        order = make_order(caller.shop)
        payment = make_payment(order, account, state=State.PAID)
        operation = Operation.objects.create(
            payment=payment,
            verb="refund",
            amount_minor=1,
            currency="EUR",
            key=f"k-{payment.pk}",
            status="success",
        )
        open_order = make_order(caller.shop)
        link = made(caller, open_order.number, channel="copy")["id"]
        return {
            "order_id": [order.number, open_order.number],
            "operation_id": [str(operation.pk)],
            "link_id": [link],
            "card_id": [str(make_card(account, f"c-{payment.pk}").pk)],
            "agreement_id": [make_agreement(account).number],
            "event_id": [str(ShopEvent.objects.latest("created_at").pk)],
        }

    return names


@pytest.fixture
def app(db: None) -> Callable[..., list[bytes]]:
    """The site as a server has it, but that a request's end is not the end of the test's connection."""
    site, signals = get_wsgi_application(), (request_started, request_finished)

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        for signal in signals:
            signal.disconnect(close_old_connections)
        response = site(environ, start_response)
        body = [b"".join(response)]
        response.close()
        for signal in signals:
            signal.connect(close_old_connections)
        return body

    return answer


def test_it_answers_as_its_page_says(
    app: Any, caller: Caller, stocked: Callable[[], dict[str, Any]], settings: LazySettings
) -> None:
    settings.API_RATE_PER_MINUTE = 10**6
    load_all_checks()
    checks = [check for check in CHECKS.get_all() if check.__name__ in NAMES]
    assert len(checks) == len(NAMES)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    asked = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        asked.add(_ask(found.ok(), stocked(), {"Authorization": f"Bearer {caller.key}"}, checks))
    assert len(asked) == sum(len(verbs) for verbs in schema.raw_schema["paths"].values())
    # The shop has come to no harm.
    assert Order.objects.filter(shop=caller.shop).exists()
    assert SavedCard.objects.filter(shop=caller.shop).exists()
    assert Agreement.objects.filter(shop=caller.shop).exists()


def _ask(operation: Any, names: dict[str, Any], headers: dict[str, str], checks: list[Any]) -> str:
    """With right and with wrong requests, each about rows that there are, and the right ones about any others, too."""
    wanted = [name for name in names if f"{{{name}}}" in operation.path]
    known = st.fixed_dictionaries({name: st.sampled_from(names[name]) for name in wanted})

    def cases(mode: GenerationMode) -> st.SearchStrategy[Any]:
        about_ours = known.flatmap(
            lambda path: operation.as_strategy(
                generation_mode=mode, headers=headers, **({"path_parameters": path} if path else {})
            )
        )
        anything = operation.as_strategy(generation_mode=mode, headers=headers)
        return about_ours | anything if wanted and mode is GenerationMode.POSITIVE else about_ours

    @seed(1)
    @_bounded()
    @given(case=cases(GenerationMode.POSITIVE))
    def right(case: Any) -> None:
        case.call_and_validate(checks=checks)

    @seed(1)
    @_bounded()
    @given(case=cases(GenerationMode.NEGATIVE))
    def wrong(case: Any) -> None:
        case.call_and_validate(checks=checks)

    right()
    told = operation.definition.raw
    if "requestBody" in told or any(parameter["in"] != "path" for parameter in told["parameters"]):
        wrong()  # else there is nothing in it that could be wrong
    return str(operation.label)


def _bounded() -> bounds:
    return bounds(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
