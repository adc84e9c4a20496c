"""Is a ring believed that is signed with the secret from before? As long as the merchant said, and no forged one."""

import hashlib
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from pydantic import SecretStr

from checkout.models import Account, Delivery, Order, Payment
from checkout.payments import rotation
from checkout.payments.rotation import end_former, forget_former_secrets, former_of, keep_former
from checkout.payments.settle import returned
from checkout.states import State
from providers.base import AccountSettings
from providers.payzen import PayzenSettings
from providers.syspay.settings import SysPaySettings
from tests.providers import payzen_wire
from tests.scripted import (
    Clock,
    Script,
    make_order,
    make_payment,
    make_shop,
    signed,
)

NEW = "testpassword_canary-of-the-new-one"


def account_at(provider: str, values: AccountSettings) -> Account:
    account = Account(shop=make_shop(), provider=provider, name=provider)
    account.store_settings(values)
    account.save()
    return account


def rotate(account: Account, *, days: int = 7, **changes: Any) -> list[str]:
    """What the form does: new values stored, the former ones of what verifies kept."""
    before = {**account.settings, **(account.secrets.reveal() or {})}
    account.store_settings(account.provider_class.settings_type.model_validate({**before, **changes}))
    names = keep_former(account, before, days=days)
    account.save()
    return names


def payzen(answer: dict[str, Any], key: str) -> dict[str, str]:
    return payzen_wire.signed(json.dumps(answer), key=key)


def ring_payzen(account: Account, key: str, **changes: Any) -> int:
    form = payzen(payzen_wire.payment(**changes), key)
    address = f"/notify/{account.pk}/"
    return (
        Client().post(address, urlencode(form), content_type="application/x-www-form-urlencoded").status_code
    )


def used(account: Account) -> dict[str, list[str]]:
    account.refresh_from_db()
    return {which: sorted(names) for which, names in account.secrets_used.items() if names}


def last_use(account: Account) -> str:
    account.refresh_from_db()
    return str(account.secrets_used["now"]["password"])


def test_payzens_password(clock: Clock, transactional_db: None) -> None:
    account = account_at("payzen", PayzenSettings(**payzen_wire.SETTINGS))
    former = payzen_wire.PASSWORD
    assert ring_payzen(account, former) == 200
    assert used(account) == {}  # while one is alive, the last notification tells as much
    assert rotate(account, password=NEW) == ["password"]
    assert former_of(account) == {"password": former}
    # Either is believed, and each with its last use; a third is not, however near.
    assert [ring_payzen(account, key) for key in (former, "", "testpassword_other", f"{NEW} ")] == [
        200,
        401,
        401,
        401,
    ]
    assert used(account) == {"former": ["password"]}
    assert ring_payzen(account, NEW) == 200
    assert used(account) == {"former": ["password"], "now": ["password"]}
    # Noted once a minute at most.
    first = last_use(account)
    clock.forward(seconds=50)
    ring_payzen(account, NEW)
    assert last_use(account) == first
    clock.forward(seconds=20)
    ring_payzen(account, NEW)
    assert last_use(account) > first
    # Over is over, whether the worker has been there or not.
    clock.forward(days=7)
    assert ring_payzen(account, former) == 401
    assert ring_payzen(account, NEW) == 200
    assert forget_former_secrets() == 1
    account.refresh_from_db()
    assert (account.former_secrets.reveal(), account.former_until, account.secrets_used) == (None, None, {})
    assert forget_former_secrets() == 0


def test_syspays_passphrase_and_the_end_of_a_rotation(transactional_db: None) -> None:
    account = account_at("syspay", SysPaySettings(login="login1", passphrase=SecretStr("old-canary")))

    def ring(passphrase: str) -> int:
        body = json.dumps({"type": "unknown", "data": {}, "n": Delivery.objects.count()}).encode()
        checksum = hashlib.sha1(body + passphrase.encode(), usedforsecurity=False).hexdigest()
        headers = {"X-Merchant": "login1", "X-Checksum": checksum}
        address = f"/notify/{account.pk}/"
        return Client().post(address, body, content_type="application/json", headers=headers).status_code

    rotate(account, passphrase="new-canary")
    assert [ring(word) for word in ("old-canary", "new-canary", "other", "")] == [200, 200, 401, 401]
    assert used(account) == {"former": ["passphrase"], "now": ["passphrase"]}
    assert end_former(account) is True
    assert [ring(word) for word in ("old-canary", "new-canary")] == [401, 200]
    assert used(account) == {}
    assert end_former(account) is False
    # Who says that it is not to be kept.
    assert rotate(account, passphrase="third-canary", days=0) == []
    assert [ring(word) for word in ("new-canary", "third-canary")] == [401, 200]


def test_a_browsers_return_is_verified_likewise_and_each_key_noted_for_itself(transactional_db: None) -> None:
    account = account_at("payzen", PayzenSettings(**payzen_wire.SETTINGS))
    rotate(account, password=NEW, hmac_key="new-hmac-canary")
    payment = make_payment(make_order(account.shop), account, state=State.PAID)

    def back(key: str) -> str:
        told = payzen_wire.payment(
            orderDetails={**payzen_wire.payment()["orderDetails"], "orderId": payment.reference}
        )
        form = payzen_wire.signed(json.dumps(told), key=key, door="sha256_hmac")
        Payment.objects.filter(pk=payment.pk).update(claim="", claimed_at=None)
        return returned(payment, form, patience=1).claim

    assert [back(key) for key in ("forged", payzen_wire.HMAC_KEY)] == ["nothing", "success"]
    assert used(account) == {"former": ["hmac_key"]}
    assert back("new-hmac-canary") == "success"
    assert used(account) == {"former": ["hmac_key"], "now": ["hmac_key"]}
    # A return's key is no doorbell's: not the new one, and not the former one either.
    assert [ring_payzen(account, key) for key in ("new-hmac-canary", payzen_wire.HMAC_KEY)] == [401, 401]


def test_two_keys_are_alive_and_not_three(clock: Clock, transactional_db: None) -> None:
    account = account_at("payzen", PayzenSettings(**payzen_wire.SETTINGS))
    rotate(account, password=NEW)
    ring_payzen(account, NEW)
    last = last_use(account)
    rotate(account, password="testpassword_third")
    assert former_of(account) == {"password": NEW}
    assert account.secrets_used == {"now": {}, "former": {"password": last}}
    assert [ring_payzen(account, key) for key in (payzen_wire.PASSWORD, NEW, "testpassword_third")] == [
        401,
        200,
        200,
    ]
    # Another one's rotation brings nothing back that has run out.
    account.refresh_from_db()
    clock.forward(days=8)
    rotate(account, hmac_key="another-hmac")
    assert former_of(account) == {"hmac_key": payzen_wire.HMAC_KEY}
    # What is emptied is believed no more, and what was empty never was.
    assert rotate(account, hmac_key="", form_key="first-form-key") == []
    assert former_of(account) == {}
    assert account.former_until is None


def test_each_former_one_is_good_for_as_long_as_was_said_of_it(clock: Clock, transactional_db: None) -> None:
    """Another one's rotation neither revives it nor ends it."""
    account = account_at("payzen", PayzenSettings(**payzen_wire.SETTINGS))
    rotate(account, days=1, password=NEW)
    clock.forward(hours=12)
    rotate(account, days=30, hmac_key="another-key")
    assert sorted(former_of(account)) == ["hmac_key", "password"]
    clock.forward(hours=13)
    assert list(former_of(account)) == ["hmac_key"]
    rotate(account, days=1, password="testpassword_a-third")
    clock.forward(days=2)
    assert list(former_of(account)) == ["hmac_key"]
    assert forget_former_secrets() == 0
    clock.forward(days=28)
    assert (former_of(account), forget_former_secrets()) == ({}, 1)


def test_an_empty_former_value_lets_nobody_in(script: Script, account: Account) -> None:
    account.former_secrets = {"password": ""}
    account.former_until = account.created_at.replace(year=account.created_at.year + 1)
    account.save()
    body = b'{"id": "n-1"}'
    answer = Client().post(
        f"/notify/{account.pk}/",
        body,
        content_type="application/json",
        headers={"X-Signature": signed(body, "")},
    )
    assert answer.status_code == 401


def test_what_is_said_of_a_former_value_that_fits_no_more(
    script: Script, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings around it have changed so that it cannot be tried: refused, and no page breaks."""
    account.former_secrets = {"password": 17}
    account.former_until = account.created_at.replace(year=account.created_at.year + 1)
    account.save()
    monkeypatch.setattr(account.provider_class, "verifies", ("password",))
    body = b'{"id": "n-1"}'
    answer = Client().post(
        f"/notify/{account.pk}/",
        body,
        content_type="application/json",
        headers={"X-Signature": signed(body, "17")},
    )
    assert answer.status_code == 401


def test_a_former_one_that_is_ended_meanwhile_is_not_noted(
    script: Script, account: Account, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account.provider_class, "verifies", ("password",))
    rotate(account, password="new-canary")
    stale = Account.objects.get(pk=account.pk)
    end_former(account)
    rotation._note(stale, rotation.FORMER, ["password"])
    assert used(account) == {}
