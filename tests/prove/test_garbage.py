"""What comes in at the providers' door? Anything. It is a 2xx that is kept or a 4xx that changed nothing, no 5xx."""

import json

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from checkout.inbound import MAX_BYTES, notify
from checkout.models import Account, Delivery
from tests.scripted import signed, work

PROOF = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def ring(account: Account, body: bytes, **headers: str) -> HttpResponse:
    return Client().post(f"/notify/{account.pk}/", body, content_type="application/json", headers=headers)  # type: ignore[return-value]


@pytest.mark.usefixtures("script")
@PROOF
@given(st.binary(max_size=300), st.text(max_size=80))
def test_forged_garbage(account: Account, body: bytes, signature: str) -> None:
    kept = Delivery.objects.count()
    plain = "".join(letter for letter in signature if letter.isprintable())
    answer = ring(account, body, X_Signature=plain)
    assert answer.status_code == 401
    assert Delivery.objects.count() == kept


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.usefixtures("script")
@PROOF
@given(
    st.binary(max_size=300)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries(
        {"id": json_values},
        optional={"about": json_values, "reference": json_values, "provider_ids": json_values},
    ).map(lambda value: json.dumps(value).encode())
)
@example(b'{"id": "nul \\u0000", "reference": "\\u0000", "provider_ids": ["\\u0000"]}')
@example(b'{"id": "half \\ud83d", "about": "\\udc00", "provider_ids": ["\\ud83d"]}')
@example(b'{"id": 1' + b"0" * 5000 + b"}")
@example(b"[" * 100_000)
@example(b'{"id": ' + b"[" * 50_000)
@example(b"\xff\xfe{\x00}\x00")
@example(b"\xef\xbb\xbf{}")
@example(b"id=1&about=form")
@example(b"\x00")
def test_authentic_garbage(account: Account, body: bytes) -> None:
    kept = Delivery.objects.count()
    answer = ring(account, body, X_Signature=signed(body))
    assert answer.status_code in {200, 400}
    assert Delivery.objects.count() - kept in ({0, 1} if answer.status_code == 200 else {0})
    work()  # and following it up is no worse


@pytest.mark.usefixtures("script")
@pytest.mark.parametrize(
    ("size", "status"),
    [(0, 401), (1, 401), (MAX_BYTES, 401), (MAX_BYTES + 1, 413), (1_000_001, 413), (3_000_000, 413)],
)
def test_sizes(account: Account, size: int, status: int) -> None:
    assert ring(account, b"x" * size).status_code == status
    assert not Delivery.objects.exists()


@pytest.mark.usefixtures("script")
@pytest.mark.parametrize(
    ("length", "status"),
    [("", 401), ("abc", 400), ("-1", 400), ("1e9", 400), ("²", 400), ("99999999999999999999", 413)],
)
def test_a_length_that_is_none(account: Account, length: str, status: int) -> None:
    request = RequestFactory().post("/", b"{}", content_type="application/json")
    request.META["CONTENT_LENGTH"] = length
    assert notify(request, str(account.pk)).status_code == status


@pytest.mark.usefixtures("script")
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain; charset=nonsense",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "\u00e9",
    ],
)
def test_content_types(account: Account, content_type: str) -> None:
    body = b'{"id": "n-1"}'
    answer = Client().generic(
        "POST",
        f"/notify/{account.pk}/",
        body,
        content_type=content_type,
        headers={"X-Signature": signed(body)},
    )
    assert answer.status_code == 200
    assert Delivery.objects.get().key == "n-1"
