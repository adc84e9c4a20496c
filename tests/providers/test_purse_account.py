"""An account at Purse: its settings, its access token, and what must never be shown of it."""

import base64
import json
import threading
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from pydantic import SecretStr, ValidationError

from checkout.merchant.settings_form import field_for
from providers import PROVIDERS, provider_class
from providers.base import Incoming, Provider
from providers.errors import Misconfigured, ProviderError, Uncertain, Unreachable
from providers.http import Http
from providers.money import Money
from providers.purse import Purse, PurseSettings, oauth
from providers.purse.session import passport
from tests.providers.purse_wire import (
    ABORT,
    ASK,
    GET,
    MAKE,
    PAYMENT,
    REFERENCE,
    SETTINGS,
    TOKEN,
    Wire,
    begun,
    charge,
    known,
    made,
    payment,
    scripted,
    session,
)


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


def account(**changes: Any) -> PurseSettings:
    return PurseSettings.model_validate({**SETTINGS, **changes})


# --- settings ---------------------------------------------------------------------------------------------


def test_what_a_merchant_has_to_fill_in() -> None:
    needed = {name for name, field in PurseSettings.model_fields.items() if field.is_required()}
    assert needed == {"entity_id", "api_key", "client_id", "client_secret", "webhook_secret"}
    defaults = account(api="https://api.purse-sandbox.com").model_dump(exclude=needed | {"api"})
    assert defaults == {
        "show": "widget",
        "page_beside_widget": False,
        "pay_button": "ours",
        "widget_origins": (),
        "challenge": "",
        "item_type": "PHYSICAL",
        "webhook_header": "x-webhook-secret",
        "priority_field": "operation_priorities",
        "capture_priorities": (),
        "void_priorities": (),
        "refund_priorities": (),
    }  # fmt: skip
    assert PurseSettings.model_fields["api"].default == "https://api.purse-sandbox.com"


def test_every_setting_says_what_it_is_and_can_be_typed() -> None:
    for name, field in PurseSettings.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith("."), name
        assert field_for(field, stored=False).label == field.title


def test_settings_come_back_from_where_they_are_stored() -> None:
    settings = account(capture_priorities=[{"method": "creditcard"}], widget_origins=["https://more.example"])
    stored = json.loads(json.dumps(settings.model_dump(mode="json")))
    secrets = {name: SETTINGS[name] for name in ("api_key", "client_secret", "webhook_secret")}
    assert PurseSettings.model_validate({**stored, **secrets}) == settings


@pytest.mark.parametrize(
    "changes",
    [
        {"entity_id": ""},
        {"entity_id": "a/../b"},
        {"api_key": ""},
        {"api_key": "two words"},
        {"api_key": "line\nbreak"},
        {"client_id": "with:colon"},
        {"client_secret": ""},
        {"webhook_secret": "short"},
        {"api": "api.purse-sandbox.com"},
        {"api": "ftp://api.purse-sandbox.com"},
        {"api": "https://user:pass@api.purse-sandbox.com"},
        {"api": "https://api.purse-sandbox.com?x=1"},
        {"show": "popup"},
        {"pay_button": "none"},
        {"challenge": "please"},
        {"webhook_header": "X Y"},
        {"priority_field": "a.b"},
        {"widget_origins": ["https://cdn.example/path"]},
        {"widget_origins": ["https://cdn.example; script-src *"]},
        {"widget_origins": ["*"]},
        {"capture_priorities": [{"partner": "a b"}]},
        {"capture_priorities": [{"kind": "*"}]},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_be(changes: Any) -> None:
    with pytest.raises(ValidationError):
        account(**changes)


@pytest.mark.parametrize(
    ("live", "api", "fine"),
    [
        (False, "http://127.0.0.1:9000/purse", True),
        (False, "https://api.purse-sandbox.com", True),
        (True, "http://127.0.0.1:9000/purse", False),
        (True, "https://api.purse-sandbox.com", False),
        (True, "https://api.purse-live.com", True),
        (True, "https://api.purse-secure.com/", True),
    ],
)
def test_live_accounts_call_production_over_https(live: bool, api: str, fine: bool) -> None:
    if fine:
        Purse(account(api=api), live=live, http=Http())
    else:
        with pytest.raises(Misconfigured):
            Purse(account(api=api), live=live, http=Http())


def test_a_live_page_loads_nothing_without_https() -> None:
    purse = Purse(account(api="https://api.purse-live.com"), live=True, http=Http())
    assert purse._address("http://cdn.purse-secure.com/p.js") == ""
    assert purse._address("https://cdn.purse-secure.com/p.js") == "https://cdn.purse-secure.com/p.js"


def test_purse_is_found_by_its_name() -> None:
    assert PROVIDERS["purse"] == "providers.purse:Purse"
    assert provider_class("purse") is Purse
    verbs = ("cancel", "reopen", "update", "capture", "void", "refund", "share_out")
    assert {verb for verb in verbs if Purse.can(verb)} == {"cancel", "capture", "void", "refund", "share_out"}
    assert issubclass(Purse, Provider)


# --- the token --------------------------------------------------------------------------------------------


def test_the_token_is_asked_for_as_the_contract_says(wire: Wire) -> None:
    seen: list[str] = []
    answer = wire._token
    wire._token = lambda request: seen.append(request.headers["Authorization"]) or answer(request)  # type: ignore[method-assign, func-returns-value]
    wire.expect(ASK, session())
    wire.purse().sync(begun())
    assert base64.b64decode(seen[0].removeprefix("Basic ")) == b"client-1:canary-client-secret"
    assert wire.headers[0]["Authorization"] == f"Bearer {TOKEN}"


def test_a_token_is_kept_until_five_minutes_before_its_end(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(oauth, "monotonic", lambda: now[0])
    for elapsed, given in ((0, 1), (3299, 1), (1, 2)):
        now[0] += elapsed
        wire.expect(ASK, session())
        wire.purse().sync(begun())  # another object, the same process
        assert wire.tokens_given == given


@pytest.mark.parametrize(
    ("lifetime", "kept"),
    [(3600, 3300), (600, 300), (400, 200), (120, 60), (90, 30), (60, 0), (0, 0), (-5, 0)],
)
def test_a_short_life_is_used_in_part(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, lifetime: int, kept: int
) -> None:
    now = [1000.0]
    monkeypatch.setattr(oauth, "monotonic", lambda: now[0])
    wire.token = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": lifetime}
    purse = wire.purse()
    moments = (0.0, kept - 1.0, float(kept)) if kept else (0.0, 0.0)
    for moment in moments:
        now[0] = 1000.0 + moment
        wire.expect(ASK, session())
        purse.sync(begun())
    assert wire.tokens_given == 2


def test_every_set_of_credentials_has_its_own_token(wire: Wire) -> None:
    different: list[Any] = [{}, {"client_id": "client-2"}, {"client_secret": "another"}, {}]
    for changes in different:
        wire.expect(ASK, session())
        wire.purse(**changes).sync(begun())
    assert wire.tokens_given == 3


def test_threads_share_one_token(wire: Wire) -> None:
    entered, release, results = threading.Event(), threading.Event(), []

    def slowly(_: int) -> Any:
        entered.set()
        assert release.wait(10)
        return {"access_token": TOKEN, "expires_in": 3600}

    wire.token = slowly
    settings = account()

    def ask() -> None:
        results.append(oauth.TOKENS.get(settings, Http()).get_secret_value())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    threads[0].start()
    assert entered.wait(10)
    for thread in threads[1:]:
        thread.start()
    release.set()
    for thread in threads:
        thread.join(10)
    assert (results, wire.tokens_given) == ([TOKEN] * 8, 1)


def test_a_token_that_is_no_longer_taken_is_fetched_again_once(wire: Wire) -> None:
    wire.token = lambda number: {"access_token": f"token-{number}", "expires_in": 3600}
    wire.expect(ASK, (401, {})).expect(ASK, session())
    wire.purse().sync(begun())
    wire.expect(ASK, session())
    wire.purse().sync(begun())
    assert [sent["Authorization"] for sent in wire.headers] == [
        "Bearer token-1", "Bearer token-2", "Bearer token-2",
    ]  # fmt: skip
    wire.expect(ASK, (401, {})).expect(ASK, (401, {"detail": "still not"}))
    with pytest.raises(Misconfigured, match="still not"):
        wire.purse().sync(begun())
    assert wire.tokens_given == 3


def test_a_refused_token_is_replaced_once_for_all_threads(wire: Wire) -> None:
    wire.token = lambda number: {"access_token": f"token-{number}", "expires_in": 3600}
    settings, http = account(), Http()
    old = oauth.TOKENS.get(settings, http)
    assert [oauth.TOKENS.get(settings, http, refused=old).get_secret_value() for _ in range(3)] == [
        "token-2"
    ] * 3
    assert wire.tokens_given == 2


def test_an_operation_refused_for_its_token_was_not_read(wire: Wire) -> None:
    post = f"POST /payment/v2/payments/{PAYMENT}/captures"
    wire.expect(GET, payment()).expect(post, (401, {})).expect(post, payment())
    wire.purse().capture(known(), Money(1, "EUR"), key="k", plan={})
    assert wire.called == [GET, post, post]


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ((401, {"error": "invalid_client"}), Misconfigured),
        ((400, {"error": "unsupported_grant_type"}), Misconfigured),
        ((404, {}), Misconfigured),
        ((500, {}), Unreachable),
        ((302, ""), Unreachable),
        ((200, "{"), Unreachable),
        ((200, "[]"), Unreachable),
        ({"access_token": ""}, Unreachable),
        ({"token_type": "Bearer"}, Unreachable),
        ({"access_token": "canary-in-an-odd-answer", "expires_in": "soon"}, Unreachable),
        (requests.exceptions.ReadTimeout(), Unreachable),
        (requests.exceptions.ConnectTimeout(), Unreachable),
    ],
)
def test_without_a_token_nothing_has_happened(wire: Wire, token: Any, kind: type[Exception]) -> None:
    wire.token = token
    with pytest.raises(kind) as caught:
        wire.purse().start(charge())
    assert type(caught.value) is kind
    assert wire.called == []
    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_a_failure_is_not_kept(wire: Wire) -> None:
    wire.token = lambda number: (500, {}) if number == 1 else {"access_token": TOKEN, "expires_in": 3600}
    with pytest.raises(Unreachable):
        wire.purse().sync(begun())
    wire.expect(ASK, session())
    wire.purse().sync(begun())


# --- what is not shown ------------------------------------------------------------------------------------


def test_no_secret_can_be_printed() -> None:
    settings = account()
    purse = Purse(settings, live=False, http=Http())
    told = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {purse!r} {vars(purse)}"
    assert "canary" not in told
    assert isinstance(settings.client_secret, SecretStr)
    with pytest.raises(ValidationError) as caught:
        account(webhook_secret="canary short")
    assert "canary" not in str(caught.value.errors(include_input=False))


def test_no_secret_is_in_what_is_kept_of_the_wire(wire: Wire) -> None:
    """The passport of one payment's webhooks is: it opens the door for that payment, and says nothing of the secret."""
    purse = wire.purse()
    echoed = {
        "url": "x",
        "headers": [{"name": "x-webhook-secret", "values": [passport(purse.settings, REFERENCE)]}],
    }
    noes: list[BaseException] = []
    told: list[Any] = []
    wire.expect(MAKE, made(webhook=echoed))
    told.append(purse.start(charge()))
    wire.expect(GET, payment(webhook=echoed))
    told.append(purse.sync(known()))
    wire.expect(ASK, session()).expect(ABORT, (303, "")).expect(ASK, session("ABORTED"))
    told.append(purse.cancel(begun(), give_up=True))
    for answer in ((401, {"detail": f"Bearer {TOKEN} is not valid"}), (400, f"Bearer {TOKEN}")):
        wire.expect(ASK, answer)
        if answer[0] == 401:
            wire.expect(ASK, answer)
        with pytest.raises(ProviderError) as caught:
            purse.sync(begun())
        noes.append(caught.value)
    wire.expect(MAKE, (400, {"detail": f"no: client_secret={SETTINGS['client_secret']}&x, Bearer {TOKEN}"}))
    with pytest.raises(ProviderError) as refused:
        purse.start(charge())
    noes.append(refused.value)
    with pytest.raises(ProviderError) as forged:
        purse.read_notification(Incoming(headers={"x-webhook-secret": "canary-guess"}, query={}, body=b"{}"))
    noes.append(forged.value)
    assert len(wire.shown) >= 8
    assert "canary" not in f"{wire.shown} {told} {oauth.TOKENS!r} {vars(oauth.TOKENS)}"
    for no in noes:
        # Their causes too, which a log would write; the source lines of this file are no part of them.
        chain: BaseException | None = no
        while chain is not None:
            assert "canary" not in f"{chain} {chain!r}"
            chain = chain.__cause__ or chain.__context__


def test_a_token_in_the_recorded_answer_is_hidden(wire: Wire) -> None:
    wire.expect(ASK, session())
    wire.purse().sync(begun())
    assert wire.shown[0].url.endswith("/oauth/token")
    assert json.loads(wire.shown[0].answer) == {
        "access_token": "***",
        "token_type": "Bearer",
        "expires_in": 3600,
    }
    assert json.loads(wire.shown[0].request) == {"grant_type": "client_credentials"}


def test_card_data_is_not_kept_beyond_the_last_four(wire: Wire) -> None:
    wire.expect(GET, payment(note="4111 1111 1111 1111"))
    told = wire.purse().sync(known())
    assert "4111 1111 1111 1111" not in f"{wire.shown} {told}"


def test_uncertain_is_what_a_half_answer_is(wire: Wire) -> None:
    wire.expect(MAKE, (200, '{"id": "76fc'))
    with pytest.raises(Uncertain):
        wire.purse().start(charge())
