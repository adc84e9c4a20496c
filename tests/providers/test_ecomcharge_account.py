"""An account at eComCharge: its settings, its doorbell, its question, and what must never be shown of it."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import ValidationError

from providers import PROVIDERS, provider_class
from providers.base import Approval, Claim, Incoming, Notification, Occasion
from providers.ecomcharge import Ecomcharge, EcomchargeOrder, EcomchargeSettings
from providers.ecomcharge.amounts import from_vendor, is_disputed, to_vendor
from providers.errors import Forged, Invalid, Misconfigured, ProviderError
from providers.http import Http
from providers.money import Money
from tests.providers.begateway import (
    CARD,
    LIVE,
    REFERENCE,
    SECRET,
    SETTINGS,
    TOKEN,
    UID,
    BeGateway,
    charge,
    child,
    form,
    opened,
    paid,
    scripted,
    transaction,
)

# Computed with a throw-away key; four implementations agree on it, the vendor's own among them.
BODY = b'{"transaction":{"uid":"1-310b0da80b","status":"successful","amount":100,"currency":"USD"}}'
PUBLIC_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAt391BYjRjyiBsXloei7AXxWMXV/GntSRsnOX3jsZvhWOvg8ker/4XMtDN5ySTwqN"
    "L2Vk/cCgbdt6/rVLUJnyXrBL2+GMswH8H+TDX77mx8pWi2mlFaDjrkB0JoFDWGccBi9AR62dSHvJixZg5w9s1ZYbIk7s59xFpDyW5zl6C60B"
    "llfW8IkaB5d8KS4GVyaml7fQSM53qm/fphoxKFKqj2PPos7aoXKSX5WDPUkyE7SVPlifkTQQClQLGbZ+Siawp4ovitn5hchCL8lWUqWpknQ8"
    "EFYcpwlHzkl2Sz1BQYG0aK5F3riZXNkFvCFechABEMe/lj6v4/1lznY8K0JTRQIDAQAB"
)
SIGNATURE = (
    "HsvsD/ijSxG9081PsDwgn/mAN+qlufoUoeIgdUqVrLVDuOcYPzoshdXwfWxPXfG2nD0m7Y+Jx/U83fneaKtdqiiBjDB6bpV44P+NG4bmGhVW"
    "bVE0721ZuxkpvdZvgdDgUd+TE2W/l7etmtjlAByruopSGh+O/oje4Oer23bVCe7YBlkR7a3kwcYxDnQp46y1laWQUgVl9d+wxkOTkYG0boXD"
    "PjIsXfdzDxUbB7RsIyNPvDghD623M1bf22SOx/tv2q79FkywF+tPOj4bZYb7G0S38OOazK63ncxW7qyv/88OUTab2rXFk6QQe7TetLB08gk7"
    "BKMHzb2JHtz2+7L8rA=="
)
PEM = f"-----BEGIN PUBLIC KEY-----\n{PUBLIC_KEY[:64]}\r\n{PUBLIC_KEY[64:]}\n-----END PUBLIC KEY-----\n"


@pytest.fixture
def wire() -> Iterator[BeGateway]:
    with scripted() as script:
        yield script


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def bare(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def account(**changes: Any) -> EcomchargeSettings:
    return EcomchargeSettings.model_validate({**SETTINGS, **changes})


def basic(user: str = "361", password: str = SECRET) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def ring(body: Any, headers: dict[str, str] | None = None) -> Incoming:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Incoming(headers=basic() if headers is None else headers, query={}, body=raw)


# --- settings ----------------------------------------------------------


def test_every_setting_says_what_it_is_and_where_it_stands() -> None:
    for name, field in EcomchargeSettings.model_fields.items():
        assert field.title, name
        assert field.description, name
        assert field.description.endswith("."), name


def test_a_shop_needs_two_things_and_the_rest_has_its_default() -> None:
    settings = EcomchargeSettings.model_validate({"shop_id": "361", "secret_key": "s"})
    assert settings.addresses == (
        "https://checkout.begateway.com",
        "https://demo-gateway.begateway.com",
        "https://api.begateway.com",
        "https://js.begateway.com/widget/be_gateway.js",
    )
    assert (settings.contracts, settings.tokenization_amount, settings.verify) == (
        ("card_on_file",),
        100,
        True,
    )
    assert settings.sent_settings == settings.sent_methods == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"shop_id": ""},
        {"shop_id": "361:x"},
        {"secret_key": ""},
        {"checkout_url": "checkout.example"},
        {"gateway_url": "ftp://gateway.example"},
        {"api_url": "https://user:pass@api.example"},
        {"api_url": "https://api.example:99999"},
        {"script_url": "javascript:alert(1)"},
        {"public_key": "MIIB"},
        {"public_key": "nonsense"},
        {"attempts": 0},
        {"auto_return": -1},
        {"visible_fields": ["shoe_size"]},
        {"payment_types": ["credit card"]},
        {"contracts": []},
        {"contracts": ["forever"]},
        {"save_card_toggle": "maybe"},
        {"show": "letter"},
        {"disputed_currencies": "guess"},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_be(changes: Any) -> None:
    with pytest.raises(ValidationError):
        account(**changes)


def test_the_public_key_comes_in_two_coats() -> None:
    account(public_key=PUBLIC_KEY)
    account(public_key=f"  {PUBLIC_KEY[:100]}\r\n{PUBLIC_KEY[100:]}\n")
    account(public_key=PEM)
    with pytest.raises(ValidationError, match="not an RSA key"):
        account(public_key=bare(ec.generate_private_key(ec.SECP256R1())))


@pytest.mark.parametrize(
    ("changes", "fine"),
    [
        ({}, True),
        ({"checkout_url": "http://checkout.ecomcharge.example"}, False),
        ({"script_url": "http://js.ecomcharge.example"}, False),
        ({"gateway_url": "https://demo-gateway.begateway.com"}, False),
    ],
)
def test_live_accounts_are_particular(changes: Any, fine: bool) -> None:
    settings = account(**LIVE | changes)
    Ecomcharge(settings, live=False, http=Http())
    if fine:
        Ecomcharge(settings, live=True, http=Http())
    else:
        with pytest.raises(Misconfigured):
            Ecomcharge(settings, live=True, http=Http())


def test_it_is_found_by_its_name() -> None:
    assert PROVIDERS["ecomcharge"] == "providers.ecomcharge:Ecomcharge"
    assert provider_class("ecomcharge") is Ecomcharge
    verbs = ("cancel", "reopen", "update", "capture", "void", "refund")
    assert {verb for verb in verbs if Ecomcharge.can(verb)} == {"capture", "void", "refund"}
    assert Ecomcharge.occasions == frozenset(Occasion)
    assert Ecomcharge.options_type is EcomchargeOrder
    assert not Ecomcharge.needs_script  # there is always its own page


# --- amounts ----------------------------------------------------------


@pytest.mark.parametrize(
    ("money", "units"),
    [
        (Money(4299, "EUR"), 4299),
        (Money(4299, "BYN"), 4299),
        (Money(4299, "JPY"), 4299),
        (Money(4299, "KWD"), 4299),
        (Money(42, "UGX"), 4200),
        (Money(4200, "IDR"), 42),
        (Money(4210, "MOP"), 421),
        (Money(42000, "IQD"), 42),
        (Money(420000, "CLF"), 42),
    ],
)
def test_amounts_go_there_and_back(money: Money, units: int) -> None:
    assert to_vendor(money, "vendor") == units
    assert from_vendor(units, money.currency) == money


@pytest.mark.parametrize("currency", ["UGX", "IDR", "MOP", "IQD", "CLF", "CVE", "LAK", "IRR"])
def test_a_disputed_currency_is_refused_unless_somebody_says_how(currency: str) -> None:
    assert is_disputed(currency)
    with pytest.raises(Invalid) as problem:
        to_vendor(Money(10_000, currency), "refuse")
    assert problem.value.field == "currency"


def test_what_cannot_be_told_is_not_rounded() -> None:
    with pytest.raises(Invalid, match=r"42\.01 MOP has more decimals"):
        to_vendor(Money(4201, "MOP"), "vendor")
    with pytest.raises(ValueError, match="no whole amount"):
        from_vendor(4250, "UGX")
    with pytest.raises(ValueError, match="not an ISO 4217"):
        from_vendor(1, "euro")


# --- the signature ----------------------------------------------------------


def test_the_signature_of_the_vector_holds(wire: BeGateway) -> None:
    for text in (PUBLIC_KEY, PEM):
        told = wire.provider(public_key=text).read_notification(ring(BODY, {"content-signature": SIGNATURE}))
        assert told.provider_ids == ("1-310b0da80b",)
    folded = {"content-signature": f"{SIGNATURE[:76]}\n {SIGNATURE[76:]}"}
    wire.provider(public_key=PUBLIC_KEY).read_notification(ring(BODY, folded))


@pytest.mark.parametrize(
    "body",
    [
        BODY + b"\n",
        BODY.replace(b"100", b"999"),
        BODY.replace(b"successful", b"failed"),
        json.dumps(json.loads(BODY)).encode(),
        b"",
    ],
)
def test_another_body_is_forged(wire: BeGateway, body: bytes) -> None:
    with pytest.raises(Forged):
        wire.provider(public_key=PUBLIC_KEY).read_notification(ring(body, {"content-signature": SIGNATURE}))


@pytest.mark.parametrize("given", ["", " ", "garbage", "é", SIGNATURE[:-8], "AAAA", SIGNATURE + "AAAA"])
def test_another_signature_is_forged_whatever_else_comes(wire: BeGateway, given: str) -> None:
    """With a key the signature alone decides: the shop's own credentials do not help."""
    headers = {**basic(), "content-signature": given}
    with pytest.raises(Forged):
        wire.provider(public_key=PUBLIC_KEY).read_notification(ring(BODY, headers))


def test_a_missing_signature_is_forged(wire: BeGateway) -> None:
    with pytest.raises(Forged, match="without its signature"):
        wire.provider(public_key=PUBLIC_KEY).read_notification(ring(BODY, basic()))


def test_another_way_of_signing_is_forged(wire: BeGateway, key: rsa.RSAPrivateKey) -> None:
    provider = wire.provider(public_key=bare(key))
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    good = key.sign(BODY, padding.PKCS1v15(), hashes.SHA256())
    for signature in (
        key.sign(BODY, padding.PKCS1v15(), hashes.SHA1()),
        key.sign(BODY, pss, hashes.SHA256()),
        rsa.generate_private_key(65537, 2048).sign(BODY, padding.PKCS1v15(), hashes.SHA256()),
    ):
        with pytest.raises(Forged):
            provider.read_notification(
                ring(BODY, {"content-signature": base64.b64encode(signature).decode()})
            )
    provider.read_notification(ring(BODY, {"content-signature": base64.b64encode(good).decode()}))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic(password="wrong"),
        basic(user="362"),
        {"authorization": "Basic"},
        {"authorization": "Basic é"},
        {"authorization": "Basic !!!"},
        {"authorization": f"Bearer {basic()['authorization'].split()[1]}"},
        {"authorization": SECRET},
        {"content-signature": SIGNATURE},
    ],
)
def test_without_a_key_the_shops_credentials_decide(wire: BeGateway, headers: dict[str, str]) -> None:
    assert wire.provider().read_notification(ring(BODY)).provider_ids == ("1-310b0da80b",)
    with pytest.raises(Forged):
        wire.provider().read_notification(ring(BODY, headers))
    with pytest.raises(Forged):
        wire.provider().read_approval(ring(BODY, headers))


# --- notifications ----------------------------------------------------------

EXPIRED = {**form(None)["checkout"], "expired": True, "status": "error", "message": "Token is expired."}


@pytest.mark.parametrize(
    ("body", "about", "reference", "ids"),
    [
        (transaction(), f"payment {UID} successful", REFERENCE, (TOKEN, UID)),
        (transaction("failed", kind="authorization"), f"authorization {UID} failed", REFERENCE, (TOKEN, UID)),
        (
            transaction(kind="tokenization", additional_data=[]),
            f"tokenization {UID} successful",
            REFERENCE,
            (UID,),
        ),
        (transaction(kind="charge", tracking_id=None), f"charge {UID} successful", "", (TOKEN, UID)),
        (child("refund", "r1", 1), "refund r1 successful", "", ("r1", UID)),
        (child("capture", "c1", 1, tracking_id="key-1"), "capture c1 successful", "", ("c1", UID)),
        (child("void", "v1", 1, "pending"), "void v1 pending", "", ("v1", UID)),
        (child("chargeback", "b1", 1), "chargeback b1 successful", "", ("b1", UID)),
        (transaction(kind="novelty"), f"novelty {UID} successful", REFERENCE, (TOKEN, UID)),
        (
            transaction(type=None, method_type="erip"),
            f"transaction {UID} successful",
            REFERENCE,
            (TOKEN, UID),
        ),
        (EXPIRED, "payment form error: Token is expired.", REFERENCE, (TOKEN,)),
    ],
)
def test_a_notification_is_a_doorbell(
    wire: BeGateway, body: Any, about: str, reference: str, ids: tuple[str, ...]
) -> None:
    told = wire.provider().read_notification(ring(body))
    assert (told.about, told.reference, told.provider_ids, told.ignored) == (about, reference, ids, "")
    assert len(told.key) == 64
    assert wire.called == []


def test_one_ring_is_told_from_another(wire: BeGateway) -> None:
    provider = wire.provider()
    first, again = (provider.read_notification(ring(transaction())) for _ in range(2))
    assert first == again
    assert provider.read_notification(ring(transaction("failed"))).key != first.key


@pytest.mark.parametrize(
    ("body", "ignored"),
    [
        (
            {"id": "sbs_1", "state": "active", "plan": {}, "tracking_id": REFERENCE},
            "a notification about a subscription",
        ),
        (transaction(kind="payout"), "a notification about a payout"),
        (transaction(kind="credit"), "a notification about a credit"),
        ({"hello": "world"}, "a notification of a kind that is not used"),
        ({}, "a notification of a kind that is not used"),
    ],
)
def test_what_is_authentic_but_not_ours_is_ignored(wire: BeGateway, body: Any, ignored: str) -> None:
    told = wire.provider().read_notification(ring(body))
    assert (told.ignored, told.reference, told.provider_ids) == (ignored, "", ())


@pytest.mark.parametrize("body", [transaction(), EXPIRED])
def test_a_test_on_a_live_account_is_ignored(wire: BeGateway, body: Any) -> None:
    told = wire.provider(live=True).read_notification(ring(body))
    assert told.ignored == "a test notification on a live account"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b"\xff\xfe",
        b'{"transaction": null}',
        b'{"transaction": []}',
        b'{"transaction": {}}',
        b'{"transaction": {"uid": ""}}',
        b'{"transaction": {"uid": {"a": 1}}}',
        b'{"transaction":' + b"[" * 100_000,
        b'{"transaction": {"uid": "' + b"1" * 65 + b'"}}',
        b'{"a": ' + b"1" * 5000 + b"}",
        b" " * 1_000_001,
    ],
)
def test_authentic_and_unreadable(wire: BeGateway, body: bytes) -> None:
    with pytest.raises(Invalid):
        wire.provider().read_notification(ring(body))
    with pytest.raises(Invalid):
        wire.provider().read_approval(ring(body))


# --- it asks before it charges ----------------------------------------------------------


def test_a_question_says_how_much_and_for_what(wire: BeGateway) -> None:
    asked = wire.provider().read_approval(ring(transaction("incomplete")))
    assert asked == Approval(
        provider_id=UID,
        money=Money(4299, "GBP"),
        reference=REFERENCE,
        provider_ids=(TOKEN, UID),
        live=False,
    )
    assert wire.provider().read_approval(ring(transaction(test=None))).live is None


@pytest.mark.parametrize(
    "changes",
    [{"amount": None}, {"amount": "4299.5"}, {"currency": None}, {"amount": 4250, "currency": "UGX"}],
)
def test_a_question_without_an_amount_is_none(wire: BeGateway, changes: Any) -> None:
    with pytest.raises(Invalid) as problem:
        wire.provider().read_approval(ring(transaction(**changes)))
    assert problem.value.field == "amount"


def test_the_answer_is_yes_with_the_same_amount(wire: BeGateway) -> None:
    provider = wire.provider()
    answer = dict(provider.answer_approval(provider.read_approval(ring(transaction())), ""))
    assert answer.pop("created_at").endswith("Z")
    assert answer == {"code": 0, "uid": UID, "amount": 4299}
    ugx = provider.read_approval(ring(transaction(amount=4200, currency="UGX")))
    assert ugx.money == Money(42, "UGX")
    assert provider.answer_approval(ugx, "")["amount"] == 4200


def test_keeping_a_card_asks_for_no_money(wire: BeGateway) -> None:
    provider = wire.provider(tokenization_amount=1)
    asked = provider.read_approval(ring(transaction(kind="tokenization", amount=1)))
    assert asked.money == Money(0, "GBP")
    assert provider.answer_approval(asked, "")["amount"] == 1
    strange = provider.read_approval(ring(transaction(kind="tokenization", amount=4299)))
    assert strange.money == Money(4299, "GBP")


def test_the_answer_may_be_no(wire: BeGateway) -> None:
    provider = wire.provider()
    answer = provider.answer_approval(provider.read_approval(ring(transaction())), "The order was given up.")
    assert answer == {
        "code": 1,
        "message": "The order was given up.",
        "friendly_message": "The order was given up.",
    }


# --- the return ----------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "claim"),
    [
        ({"end": "success", "token": TOKEN, "status": "successful", "uid": UID}, Claim.SUCCESS),
        ({"end": "decline", "status": "failed"}, Claim.FAILURE),
        ({"end": "fail", "status": "error"}, Claim.FAILURE),
        ({"end": "cancel"}, Claim.CANCEL),
        ({"end": "return", "status": "successful"}, Claim.SUCCESS),
        ({"end": "return", "status": "failed"}, Claim.FAILURE),
        ({"end": "return", "status": "pending"}, Claim.NOTHING),
        ({"end": "widget", "status": "successful"}, Claim.SUCCESS),
        ({"end": "widget", "status": "error"}, Claim.FAILURE),
        ({"end": "widget", "status": "null"}, Claim.CANCEL),
        ({"end": "widget", "status": "redirected"}, Claim.NOTHING),
        ({"end": "success", "token": "another"}, Claim.NOTHING),
        ({}, Claim.NOTHING),
    ],
)
def test_a_return_is_a_hint_and_asks_nobody(wire: BeGateway, query: dict[str, str], claim: Claim) -> None:
    returned = wire.provider().resume(opened(), query)
    assert (returned.claim, returned.show) == (claim, None)
    assert wire.called == []


# --- nothing secret is shown ----------------------------------------------------------


def test_a_secret_cannot_be_printed(wire: BeGateway) -> None:
    settings = account(secret_key="canary-secret")
    provider = Ecomcharge(settings, live=False, http=Http())
    told = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()} {provider!r}"
    assert "canary" not in told


def test_nothing_secret_is_shown_of_any_exchange(wire: BeGateway) -> None:
    """A canary in the key, in the card's name, in the holder and in what the provider says of them."""
    provider = wire.provider(secret_key="canary-key")
    card = {**CARD, "token": "canary-card", "holder": "canary-holder"}
    words = "Bearer canary.TOKEN.1234 of 4111111111111111"
    told: list[Any] = []

    def note(action: Any) -> None:
        try:
            told.append(action())
        except ProviderError as problem:
            told.extend([problem, getattr(problem, "decline", "")])

    wire.expect("POST checkout/ctp/api/checkouts", (201, {"checkout": {"token": TOKEN, "redirect_url": "x"}}))
    note(lambda: provider.start(charge(saved_card="canary-saved")))
    wire.expect("POST checkout/ctp/api/checkouts", (422, {"message": words, "errors": {"a": [words]}}))
    note(lambda: provider.start(charge()))
    wire.expect("POST gateway/transactions/payments", transaction("failed", message=words, credit_card=card))
    note(lambda: provider.start(charge(occasion=Occasion.NO_SHOW, saved_card="canary-saved")))
    wire.asks(form("successful")).looks_up(transaction(credit_card=card))
    wire.searches({"transactions": []})
    note(lambda: provider.sync(opened(memo={"contracts": ["card_on_file"]})))
    wire.asks(form("failed", message=words)).looks_up(transaction("failed", message=words))
    note(lambda: provider.sync(opened()))
    wire.expect("POST gateway/transactions/refunds", (400, {"response": {"message": words}}))
    note(lambda: provider.refund(paid(), Money(1, "GBP"), key="k", plan={}))
    wire.asks((401, {"message": "Unauthorized"}))
    note(lambda: provider.sync(opened()))
    for body in ({"transaction": {"uid": ["canary-uid"]}}, b"canary-body"):
        note(lambda body=body: provider.read_notification(ring(body, basic(password="canary-key"))))
    note(lambda: provider.read_notification(ring(BODY, basic(password="canary-wrong"))))
    note(lambda: provider.start(charge(options={"settings": {"colour": "canary-option"}})))

    shown = f"{wire.shown} {told} {provider.settings}"
    assert len(wire.shown) == 10
    for secret in ("canary-key", "canary-card", "canary-saved", "canary-uid", "canary-body", "canary-wrong"):
        assert secret not in shown
    assert "4111111111111111" not in shown
    assert "canary.TOKEN" not in shown
    assert base64.b64encode(b"361:canary-key").decode() not in shown
    assert "canary-holder" not in f"{told}"
    assert "canary-option" not in f"{told}"


def test_the_name_of_a_card_is_in_no_repr(wire: BeGateway) -> None:
    wire.asks(form("successful")).looks_up(transaction(credit_card={**CARD, "token": "canary"}))
    wire.searches({"transactions": []})
    report = wire.provider().sync(opened(memo={"contracts": ["card_on_file"]}))
    assert report.saved_card is not None
    assert report.saved_card.token == "canary"
    assert "canary" not in repr(report)


def test_a_notification_is_its_ids_only(wire: BeGateway) -> None:
    body = transaction(credit_card={**CARD, "token": "canary", "number": "4111111111111111"})
    told = wire.provider().read_notification(ring(body))
    assert isinstance(told, Notification)
    assert "canary" not in repr(told)
    assert "4111111111111111" not in repr(told)
