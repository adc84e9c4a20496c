"""What does the wire do when it is not well, and can a secret be read off it?"""

import json
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any

import pytest
import responses
from hypothesis import given
from hypothesis import strategies as st

from providers import http
from providers.errors import Misconfigured, Uncertain, Unreachable
from providers.http import Exchange, Http, redact, redact_body, redact_text

URL = "https://provider.example/method"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def server(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that answers one connection with whatever `speak` sends, well-formed or not."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                request = b""
                while not request.endswith(b"{}"):  # what every test here sends
                    request += connection.recv(65536)
                with suppress(OSError):  # the client may have had enough
                    speak(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/method"
        finally:
            thread.join(10)


def says(answer: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(answer)


# --- broken answers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        OK + b'Content-Length: 99\r\n\r\n{"statusCode":"succ',
        OK + b'Transfer-Encoding: chunked\r\n\r\n14\r\n{"statusCode"',
        OK + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
        b"not HTTP at all\r\n\r\n",
        b"",
    ],
)
def test_half_an_answer_is_uncertain(answer: bytes) -> None:
    shown: list[Exchange] = []
    with server(says(answer)) as url, pytest.raises(Uncertain) as problem:
        Http(record=shown.append).post(url, json={})
    assert type(problem.value) is Uncertain
    assert len(shown) == 1
    assert shown[0].error


@pytest.mark.parametrize("answer", [OK + b'Connection: close\r\n\r\n{"statusCode":"succ', OK[:-9]])
def test_half_an_answer_that_looks_whole_cannot_be_read(answer: bytes) -> None:
    with server(says(answer)) as url:
        told = Http().post(url, json={})
    with pytest.raises(Uncertain):
        told.json()


def test_a_refused_connection_never_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    shown: list[Exchange] = []
    with pytest.raises(Unreachable, match="no connection"):
        Http(record=shown.append).post(f"http://127.0.0.1:{port}/", json={"a": 1})
    assert [(told.status, told.error, told.request) for told in shown] == [(0, "no connection", '{"a": 1}')]


def test_an_unknown_host_never_heard_us() -> None:
    with pytest.raises(Unreachable):
        Http().post("https://nowhere.invalid/", json={})


def test_silence_is_uncertain() -> None:
    with server(lambda connection: time.sleep(0.5)) as url, pytest.raises(Uncertain, match="in time"):
        Http().post(url, json={}, read_seconds=0.1)


def test_a_drip_is_no_way_to_hold_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.2)

    def drip(connection: socket.socket) -> None:
        connection.sendall(OK + b"Content-Length: 1000\r\n\r\n")
        for _ in range(100):
            connection.sendall(b" ")
            time.sleep(0.05)

    began = time.monotonic()
    with server(drip) as url, pytest.raises(Uncertain, match="in time"):
        Http().post(url, json={}, read_seconds=0.3)
    assert time.monotonic() - began < 3


def test_patience_is_shorter_than_the_provider_asks_for() -> None:
    with server(lambda connection: time.sleep(0.5)) as url, pytest.raises(Uncertain, match="in time"):
        Http(patience_seconds=0.1).post(url, json={}, read_seconds=40)


@responses.activate
def test_an_answer_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 1000)
    responses.post(URL, body=b"x" * 1001)
    with pytest.raises(Uncertain, match="too large"):
        Http().post(URL, json={})


def test_a_long_answer_arrives_whole() -> None:
    body = json.dumps({"text": "é" * 300_000}).encode()
    with server(says(OK + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)) as url:
        assert Http().post(url, json={}).json() == {"text": "é" * 300_000}


@pytest.mark.parametrize("url", ["nonsense", "ftp://provider.example/", "https://", "https://bad host/"])
def test_a_bad_address_is_the_merchants_to_mend(url: str) -> None:
    with pytest.raises(Misconfigured):
        Http().post(url, json={})


def test_a_credential_that_fits_in_no_header() -> None:
    with pytest.raises(Misconfigured) as problem:
        Http().post(URL, json={}, headers={"Authorization": "Bearer se\ncret"})
    assert "cret" not in str(problem.value)


@responses.activate
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_their_failure_is_uncertain_and_not_repeated(status: int) -> None:
    responses.post(URL, status=status)
    with pytest.raises(Uncertain, match=f"HTTP {status}"):
        Http().post(URL, json={})
    assert len(responses.calls) == 1


@responses.activate
@pytest.mark.parametrize("status", [200, 302, 400, 401, 404])
def test_anything_else_is_an_answer(status: int) -> None:
    responses.post(URL, status=status, body=b"{}", headers={"Location": "https://elsewhere.example/"})
    assert Http().post(URL, json={}).status == status
    assert len(responses.calls) == 1


@responses.activate
def test_numbers_stay_exact() -> None:
    responses.post(URL, body=b'{"amount": 64.10, "id": 10229102727225, "n": 64}')
    told = Http().post(URL, json={}).json()
    assert told == {"amount": Decimal("64.10"), "id": 10229102727225, "n": 64}
    assert type(told["amount"]) is Decimal


@responses.activate
@pytest.mark.parametrize(
    "body", [b"", b"{", b"<html>", b"[" * 100_000, b'{"a": NaN}', b"\xff\xfe\xfd", b"9" * 5000]
)
def test_what_is_no_json_is_uncertain(body: bytes) -> None:
    responses.post(URL, body=body)
    with pytest.raises(Uncertain):
        Http().post(URL, json={}).json()


# --- slow down --------------------------------------------------------------------------------------------


@responses.activate
def test_told_to_slow_down_we_do() -> None:
    responses.post(URL, status=429, headers={"Retry-After": "3"})
    responses.post(URL, status=509, headers={"Retry-After": "3600"})
    responses.post(URL, status=429, headers={"Retry-After": "²"})
    responses.post(URL, body=b"{}")
    slept: list[float] = []
    tokens = iter("abcd")
    Http(sleep=slept.append).post(URL, json={}, headers=lambda: {"Authorization": next(tokens)})
    assert slept == [3, 5, 2.0]
    assert [call.request.headers["Authorization"] for call in responses.calls] == ["a", "b", "c", "d"]


@responses.activate
def test_a_waiting_person_is_not_kept_for_the_back_off() -> None:
    responses.post(URL, status=429)
    responses.post(URL, status=429)
    slept: list[float] = []
    with pytest.raises(Unreachable, match="slow down"):
        Http(sleep=slept.append, patience_seconds=0.6).post(URL, json={})
    assert slept == [0.5]


@responses.activate
def test_no_cookie_goes_from_one_account_to_the_next() -> None:
    responses.post(URL, headers={"Set-Cookie": "JSESSIONID=of-account-1; Path=/"})
    Http().post(URL, json={})
    Http().post(URL, json={})
    assert "Cookie" not in responses.calls[1].request.headers


# --- redaction --------------------------------------------------------------------------------------------

CARDS = ["4111111111111111", "5555555555554444", "2223000048400011", "378282246310005", "4000056655665556"]
JWT = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJNT1NBIn0.QR-VZzZpW0FKJQriX9x7Urh7BKEXTBPkzr92X7OJmog"


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "card {}.",
        "card:{}, expires 12/27",
        "https://x.example/{}?a=1",
        '{{"number":"{}"}}',
        '{{"number":{}}}',
        '{{"number":{}',
        "a=1&number={}&b=2",
    ],
)
def test_a_card_number_is_never_shown(card: str, text: str) -> None:
    for shown in (redact_text(text.format(card)), redact_body(text.format(card))):
        assert card not in shown
        assert card[-4:] in shown


@pytest.mark.parametrize(
    "written",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111 1111 1111 1111 12/27",
        "3782 822463 10005",
    ],
)
def test_a_card_number_in_groups_is_never_shown(written: str) -> None:
    assert written[:11] not in redact_text(f"paid with {written} today")


@pytest.mark.parametrize(
    "text",
    [
        "S360 order 10228231110052 payment 10229102727225",
        "Workcase failed : 990735_1759750930782, ROLLBACK",
        '{"itemId": 10228231110052, "performanceId": 10228231109243, "transactionId": 1638671948}',
        '{"ORDER_IDENTIFIER": "30ab1465-b39a-4212-a5f1-ea8ce345f685", "createToken": true}',
        '{"authorizedAmount": 24000, "authenticationStatus": "Y", "authorisationCode": "A1B2"}',
        '{"aliasStatus": "CREATED", "cardMaskedNumber": "411111XXXXXX1111", "cardExpirationDate": "12/30"}',
        '{"RETURN_URL": "https://shop.example/back/7", "amount": 24000, "requestId": null}',
        "Basic authentication failed. Bearer required.",
        "2025-10-06T12:18:34.845+01:00",
    ],
)
def test_what_a_merchant_wants_to_read_is_shown(text: str) -> None:
    assert redact_text(text) == text
    if text.startswith("{"):
        assert redact_body(text) == text


CANARY = "kanarienvogel"


@pytest.mark.parametrize(
    "name",
    [
        "secret",
        "client_secret",
        "password",
        "passphrase",
        "api_key",
        "apiKey",
        "x-api-key",
        "Authorization",
        "access_token",
        "cardAlias",
        "paymentMethodToken",
        "cvvCode",
        "cardNumber",
        "card_number",
        "signature",
        "kr-hash",
        "sessionId",
        "orderSecretId",
        "jwt",
        "pan",
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        '{{"{0}": "{1}"}}',
        '{{"data": [{{"{0}": "{1}", "b": 1}}]}}',
        '{{"{0}": ["{1}"]}}',
        '{{"statusCode": "success", "{0}": "{1}',
        '{{"{0}" : "{1}", "cut": "sho',
        "a=1&{0}={1}&b=2",
        "{0}={1}",
        '{{"inner": "{{\\"{0}\\":\\"{1}\\"}}"}}',
    ],
)
def test_a_secrets_value_is_never_shown(name: str, body: str) -> None:
    assert CANARY not in redact_body(body.format(name, CANARY))


@pytest.mark.parametrize(
    "text", [JWT, f"token is {JWT}.", f'{{"error": "{JWT} is expired"}}', JWT.rpartition(".")[0]]
)
def test_a_jwt_is_never_shown(text: str) -> None:
    assert "eyJ" not in redact_text(text)
    assert "eyJ" not in redact_body(text)


@pytest.mark.parametrize(
    "text", ["Bearer abcDEF123456", "bearer   0123456789", "Basic dXNlcjpwYXNz", "BASIC dXNlcjpwYXNzd29yZA=="]
)
def test_a_credential_is_never_shown(text: str) -> None:
    assert redact_text(f"sent {text} to them").endswith(" *** to them")


@pytest.mark.parametrize("end", ["", "/status", "?a=1", '"}'])
def test_the_address_of_a_payment_form_is_never_shown(end: str) -> None:
    name = "2d579c5625da92b088f12d41c0c7548472e7a5f4477c4d579ca8976a53ecf6d2"
    assert redact_text(f"https://x.example/checkouts/{name}{end}") == f"https://x.example/checkouts/***{end}"
    assert redact_text(f"sha256:{name}") == f"sha256:{name}"


@pytest.mark.parametrize("slash", ["/", "\\/"])
def test_the_address_of_a_form_that_has_no_long_name_is_never_shown(slash: str) -> None:
    """It comes in an answer, which is kept: whoever may read that may not therefore open the form."""
    address = f"https:{slash}{slash}www.syspay.example{slash}eterminal{slash}"
    name = "ckrwsv5jxzrgkn3nqx6k6sjqngqgfg3s"
    assert redact_text(f"{address}{name}?a=1") == f"{address}***?a=1"
    assert name not in redact_body(f'{{"data": {{"eterminal": {{"url": "{address}{name}"}}}}}}')
    assert redact_text("POST /api/v1/merchant/eterminal") == "POST /api/v1/merchant/eterminal"


@pytest.mark.parametrize(
    "text",
    ["data%5Bpayment%5D%5Btoken%5D=", "data%5bpayment%5d%5btoken%5d%5bkey%5d=", "data[payment][token]="],
)
def test_a_secret_in_a_form_as_php_writes_it_is_never_shown(text: str) -> None:
    assert redact_body(f"type=payment&{text}{CANARY}&a=1") == f"type=payment&{text}***&a=1"


def test_a_secret_between_quotes_is_never_shown() -> None:
    said = f'AuthToken MerchantAPILogin="login1", PasswordDigest="{CANARY}", Nonce="{CANARY}", Created="1"'
    assert redact_text(said) == (
        'AuthToken MerchantAPILogin="login1", PasswordDigest="***", Nonce="***", Created="1"'
    )


def test_redaction_keeps_the_shape() -> None:
    told = {
        "token": None,
        "ok": True,
        "cvc": 123,
        "list": ({"secret": "a"}, 5),
        "n": Decimal("1.5"),
        "pan": {"a": "b"},
    }
    assert redact(told) == {
        "token": None,
        "ok": True,
        "cvc": "***",
        "list": [{"secret": "***"}, 5],
        "n": Decimal("1.5"),
        "pan": {"a": "b"},
    }


@pytest.mark.parametrize("piece", ["[", "eyJ-", '"', "bearer ", "a=", "<", '{"a":', "4 ", "eyJa.", "token"])
def test_hostile_answers_are_redacted_quickly(piece: str) -> None:
    began = time.monotonic()
    redact_body(piece * (2_000_000 // len(piece)))
    assert time.monotonic() - began < 5


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_anything_at_all_can_be_redacted(body: str | bytes) -> None:
    assert isinstance(redact_body(body), str)


@responses.activate
def test_the_canary_sings_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    responses.post(
        re.compile(f"{URL}.*"), json={"cardAlias": CANARY, "echo": f"Bearer {CANARY.upper()}1", "id": 5}
    )
    responses.get(re.compile(f"{URL}.*"), body=f"secret={CANARY}")
    shown: list[Exchange] = []
    wire = Http(record=shown.append)
    sent: dict[str, Any] = {"secret": CANARY, "card": {"number": CARDS[0]}, "visible": "yes"}
    posted = wire.post(
        URL, json=sent, headers={"Authorization": f"Bearer {CANARY}"}, params={"token": CANARY, "a": "b"}
    )
    got = wire.get(URL, data={"password": CANARY, "visible": "yes"})
    told = f"{shown} {posted} {got} {caplog.text}"
    assert CANARY not in told.lower()
    assert CARDS[0] not in told
    assert shown[0].url == f"{URL}?token=***&a=b"
    assert json.loads(shown[0].request) == {"secret": "***", "card": {"number": "***1111"}, "visible": "yes"}
    assert json.loads(shown[0].answer) == {"cardAlias": "***", "echo": "Bearer ***", "id": 5}
    assert json.loads(shown[1].request) == {"password": "***", "visible": "yes"}
    assert shown[1].answer == "secret=***"
