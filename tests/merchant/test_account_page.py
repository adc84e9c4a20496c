"""Is a provider account right, what is pasted at the provider, and which of its secrets are in use?"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from checkout.models import Account, Shop
from checkout.states import State
from providers.errors import Misconfigured, ProviderError, Uncertain, Unreachable
from providers.setup import Probe
from tests.merchant import rows
from tests.merchant.clicks import address, do
from tests.merchant.scripted import API_SECRET, RING_SECRET, Scripted
from tests.merchant.test_typing import PLAIN

NEW_RING = "canary-ring-new-11bb"


def page(account: Account) -> str:
    return reverse("admin:checkout_account_change", args=[account.pk])


def save(client: Client, account: Account, **typed: Any) -> Any:
    return client.post(page(account), {**PLAIN, "enabled": "on", **typed})


def errors(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


# --- test the connection -------------------------------------------------------------------------------------------


def test_the_connection_is_tested_and_what_was_said_is_kept(
    transactional_db: None, client: Client, account: Account
) -> None:
    listed = reverse("admin:checkout_account_changelist")
    assert "not tested" in client.get(listed).content.decode()
    mixed = (
        "Live and test are mixed up: The provider answered as for production, and this account is for tests: "
        "money would be taken. Look at the credentials and the address."
    )
    wrong = (
        "The connection does not hold: The secret is refused. Mend it in the settings, save, and test again."
    )
    silent = "No connection. Look at the address, and whether this server may go out to it; then test again."
    unclear = "Scripted Pay gave no clear answer, so nothing is known yet: HTTP 503. Test again in a minute."
    endings: list[tuple[Probe | ProviderError, bool | None, str, str]] = [
        (Probe(said="It let us in."), True, "The connection holds. It let us in.", "holds"),
        (Probe(said="It let us in.", live=True), False, mixed, "does not hold"),
        (Misconfigured("The secret is refused."), False, wrong, "does not hold"),
        (Unreachable("No connection."), False, silent, "does not hold"),
        (Uncertain("HTTP 503."), None, unclear, "no clear answer"),
    ]
    for answer, well, said, word in endings:
        Scripted.probed = answer
        assert do(client, account, "test") == said
        account.refresh_from_db()
        assert (account.tested_well, account.tested_at is None) == (well, False)
        for shown in (page(account), listed):
            assert f">{word}</span>" in client.get(shown).content.decode()
        assert account.tested_said in client.get(page(account)).content.decode()
    assert Scripted.asked == [("probe", "")] * len(endings)
    assert set(Scripted.in_transaction) == {False}
    # Of other settings it says nothing.
    assert save(client, account, name="Renamed", setting_api_secret="another-canary-1").status_code == 302
    account.refresh_from_db()
    assert (account.name, account.tested_at, account.tested_well, account.tested_said) == (
        "Renamed",
        None,
        None,
        "",
    )


def test_settings_that_were_changed_while_they_were_tried(
    client: Client, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(provider: Scripted) -> Probe:
        Account.objects.filter(pk=account.pk).update(settings={**account.settings, "merchant_id": "M77"})
        return Probe(said="It let us in.")

    monkeypatch.setattr(Scripted, "probe", slow)
    assert do(client, account, "test").startswith("The settings were changed while they were tried.")
    account.refresh_from_db()
    assert account.tested_at is None


def test_who_may_only_look_tests_nothing(viewer: Client, account: Account) -> None:
    html = viewer.get(page(account)).content.decode()
    assert "/do/test/" not in html
    assert "Settings, Webhooks." in html  # but reads what is pasted
    assert viewer.post(address(account, "test")).status_code == 403
    assert Scripted.asked == []


# --- addresses -----------------------------------------------------------------------------------------------------


def test_the_addresses_to_paste_and_where(client: Client, account: Account) -> None:
    html = client.get(page(account)).content.decode()
    notify = f"http://testserver{reverse('notify', args=[account.pk])}"
    assert f'<code class="g-copy" tabindex="0">{notify}</code>' in html
    assert "In the back office: Settings, Webhooks." in html
    assert "http://testserver/pay/ORDER/return/ATTEMPT/" in html
    assert html.count("Nothing to do: every payment brings it.") == 1
    account.settings = {"merchant_id": "wrong"}
    account.save()
    html = client.get(page(account)).content.decode()
    assert notify in html
    assert "The settings of Scripted, test are not right: merchant_id." in html


# --- live and test -------------------------------------------------------------------------------------------------


def test_live_and_test_are_not_mixed(client: Client, shop: Shop, account: Account) -> None:
    other = rows.account(shop, name="Real money", live=True)
    assert "“Real money” of this shop is a live account" in str(errors(save(client, account))["enabled"])
    answer = client.post(page(other), {**PLAIN, "enabled": "on", "live": "on"})
    assert "“Scripted, test” of this shop is a test account" in str(errors(answer)["enabled"])
    # Switched off it may be saved, and then the other may be switched on.
    off = {name: value for name, value in PLAIN.items() if name != "enabled"}
    assert client.post(page(account), off).status_code == 302
    assert client.post(page(other), {**PLAIN, "enabled": "on", "live": "on"}).status_code == 302
    typed = {**PLAIN, "shop": str(shop.pk), "enabled": "on", "setting_api_secret": API_SECRET}
    added = client.post(reverse("admin:checkout_account_add") + "?provider=scripted", typed)
    assert list(errors(added)) == ["enabled"]
    assert Account.objects.count() == 2
    # Another shop's are another shop's.
    elsewhere = Shop.objects.create(name="Elsewhere", slug="elsewhere")
    assert save(client, rows.account(elsewhere)).status_code == 302
    listed = client.get(reverse("admin:checkout_shop_changelist")).content.decode()
    assert listed.count('<span class="g-state g-success">live</span>') == 1
    assert listed.count('<span class="g-state g-pending">test</span>') == 1


def test_test_keys_on_a_live_account_are_refused_at_the_field(client: Client, account: Account) -> None:
    answer = save(client, account, live="on", setting_nickname="sandbox")
    assert "A live account does not use the sandbox." in str(errors(answer)["live"])
    assert save(client, account, setting_nickname="sandbox").status_code == 302
    # Once it was used, its mode is no field any more; then it stands above them all.
    rows.payment(rows.order(account.shop), account, State.PAID)
    Account.objects.filter(pk=account.pk).update(live=True)
    answer = save(client, account, setting_nickname="sandbox")
    assert list(errors(answer)) == ["__all__"]


# --- two secrets alive ---------------------------------------------------------------------------------------------


def test_a_secret_is_rotated_and_the_former_one_ended(client: Client, account: Account) -> None:
    html = client.get(page(account)).content.decode()
    assert 'name="former_days" value="7"' in html
    assert "When you change “Ring secret”" in html
    assert "Set. Leave it empty to keep it. A new one is used at once." in html  # of the API secret
    assert "/do/end-former/" not in html

    answer = save(client, account, setting_ring_secret=NEW_RING, former_days="3")
    assert answer.status_code == 302
    account.refresh_from_db()
    assert account.former_secrets.reveal() == {"ring_secret": RING_SECRET}
    assert account.former_until is not None
    assert timedelta(days=2, hours=23) < account.former_until - timezone.now() < timedelta(days=3)
    html = client.get(page(account)).content.decode()
    assert "The former value is still believed until" in html
    assert "Two secrets are believed, until" in html
    assert html.count("nothing yet") == 2
    Account.objects.update(
        secrets_used={"now": {"ring_secret": datetime(2026, 11, 21, 9, 30, tzinfo=UTC).isoformat()}}
    )
    html = client.get(page(account)).content.decode()
    assert "2026-11-21 09:30:00 UTC" in html
    assert html.count("nothing yet") == 1

    explained = client.get(address(account, "end-former")).content.decode()
    assert "signs with the former value is refused: Ring secret." in explained
    assert do(client, account, "end-former").startswith("The former secret is forgotten")
    assert do(client, account, "end-former") == "There is no former secret any more."
    account.refresh_from_db()
    assert (account.former_secrets.reveal(), account.former_until, account.secrets_used) == (None, None, {})
    for canary in (NEW_RING, *rows.CANARIES):
        assert canary not in html + explained


def test_what_does_not_verify_is_not_kept_and_nought_days_keep_nothing(
    client: Client, account: Account
) -> None:
    save(client, account, setting_api_secret="another-canary-1", former_days="7")
    account.refresh_from_db()
    assert account.former_secrets.reveal() is None
    save(client, account, setting_ring_secret=NEW_RING, former_days="0")
    account.refresh_from_db()
    assert account.former_secrets.reveal() is None
    assert "former_days" in errors(save(client, account, former_days="91"))


# --- rehearsal -----------------------------------------------------------------------------------------------------


def test_a_rehearsal_is_switched_on_seen_and_switched_off(client: Client, account: Account) -> None:
    assert "A rehearsal is on" not in client.get(page(account)).content.decode()
    assert save(client, account, rehearse=["duplicate", "slow_bank"]).status_code == 302
    account.refresh_from_db()
    assert account.rehearsal == {"duplicate": True, "slow_bank": True}
    html = client.get(page(account)).content.decode()
    assert "A rehearsal is on: on this test account things go wrong on purpose." in html
    assert "rehearsal</span>" in client.get(reverse("admin:checkout_account_changelist")).content.decode()
    assert "rehearse" in errors(save(client, account, rehearse=["duplicate"], live="on"))
    assert "rehearse" in errors(save(client, account, rehearse=["earthquake"]))
    assert save(client, account).status_code == 302
    account.refresh_from_db()
    assert account.rehearsal == {}
    Account.objects.filter(pk=account.pk).update(live=True)
    assert "What goes wrong on purpose" not in client.get(page(account)).content.decode()


# --- a provider that is gone ---------------------------------------------------------------------------------------


def test_what_was_paid_through_a_provider_that_is_gone_stays_readable(
    client: Client, shop: Shop, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.everything(shop, account)
    Account.objects.update(provider="gone")
    for model in ("order", "payment", "delivery", "savedcard", "account"):
        listed = client.get(reverse(f"admin:checkout_{model}_changelist"))
        assert listed.status_code == 200
        for row in listed.context["cl"].result_list:
            shown = client.get(reverse(f"admin:checkout_{model}_change", args=[row.pk]))
            assert shown.status_code == 200, f"{model} {row}"
    html = client.get(page(account)).content.decode()
    assert "The provider “gone” is no longer installed." in html
    assert "/do/test/" not in html
    assert "canary" not in html
    payment = account.payments.get(state=State.STARTED)
    assert do(client, payment, "ask").startswith("gone could not be asked about attempt 1")
    payment.refresh_from_db()
    assert payment.state == State.STARTED
    payment.order.refresh_from_db()
    assert "no longer installed" in payment.order.attention
    assert save(client, account, name="Of old").status_code == 302
    account.refresh_from_db()
    assert (account.name, account.secrets.reveal()) == (
        "Of old",
        {"api_secret": API_SECRET, "ring_secret": RING_SECRET},
    )
