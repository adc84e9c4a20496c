"""Does a moved clock bill subscriptions, payment plans and mandates as the contract says?"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.sandbox.syspay import (
    APPROVED,
    CHALLENGED,
    DAY,
    DELAYED,
    NO_FUNDS,
    REFUSED_LATER,
    Browser,
    Hook,
    Merchant,
    hook,
    merchant,
    returned,
)  # fmt: skip

__all__ = ["hook", "merchant"]

MONTHLY = {"billing_amount": 1500, "billing_period": 1, "billing_period_unit": "month", "currency": "GBP"}
DAILY = MONTHLY | {"billing_period_unit": "day"}


def begun(merchant: Merchant, plan: dict[str, Any], card: str = APPROVED, **changes: Any) -> dict[str, Any]:
    """A subscription after its form."""
    found: dict[str, Any] = merchant.paid("SUBSCRIPTION", card, subscription=plan, **changes)["subscription"]
    return found


def again(merchant: Merchant, subscription: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = merchant.read(f"subscription/{subscription['id']}")["subscription"]
    return found


def billed(merchant: Merchant) -> list[tuple[str, int, str]]:
    """Type, amount and status of all payments, oldest first."""
    found = merchant.read("payments/")["payments"]
    return [(one["payment_type"], one["amount"], one["status"]) for one in reversed(found)]


def until(merchant: Merchant, moment: datetime) -> None:
    now = datetime.fromisoformat(merchant.get("clock")["now"])
    merchant.advance(max(0, round((moment - now).total_seconds()) + 1))


def state(one: dict[str, Any]) -> tuple[str, str, str | None]:
    return one["status"], one["phase"], (one["next_event"] or {}).get("event_type")


def test_the_subscription_of_the_seed(merchant: Merchant, hook: Hook) -> None:
    """1.00 for 7 days, then 100.00 for a month, then 15.00 every month."""
    subscription = merchant.paid("SUBSCRIPTION", reference="tv")["subscription"]
    assert state(subscription) == ("ACTIVE", "TRIAL", "INITIAL")
    assert subscription["plan_type"] == "SUBSCRIPTION"
    assert subscription["next_event"]["scheduled_date"] - subscription["start_date"] == 7 * DAY
    merchant.advance(7 * DAY + 5)
    assert state(again(merchant, subscription)) == ("ACTIVE", "BILLING", "BILL")
    merchant.advance(62 * DAY)
    assert billed(merchant) == [
        ("SUBSCRIPTION_TRIAL", 100, "SUCCESS"), ("SUBSCRIPTION_INITIAL", 10000, "SUCCESS"),
        ("SUBSCRIPTION_BILL", 1500, "SUCCESS"), ("SUBSCRIPTION_BILL", 1500, "SUCCESS"),
    ]  # fmt: skip
    payments = merchant.read("payments/?reference=tv")["payments"]
    assert len(payments) == 4
    assert {one["subscription"]["id"] for one in payments} == {subscription["id"]}
    assert [one["flow"] for one in payments] == ["API", "API", "API", "BUYER"]
    # Each payment, and the subscription whenever its status or phase is another one.
    assert hook.kinds(6) == [("payment", "SUCCESS")] * 4 + [("subscription", "ACTIVE")] * 2


def test_payments_bear_the_date_of_the_timetable(merchant: Merchant) -> None:
    begun(merchant, DAILY)
    merchant.advance(3 * DAY + 50)
    times = [one["processing_time"] for one in reversed(merchant.read("payments/")["payments"])]
    assert [b - a for a, b in pairwise(times)] == [DAY] * 3


@pytest.mark.parametrize(
    ("anchor", "unit", "dates"),
    [
        ((2027, 1, 31), "month", ["2027-02-28", "2027-03-31", "2027-04-30", "2027-05-31"]),
        ((2027, 11, 30), "month", ["2027-12-30", "2028-01-30", "2028-02-29", "2028-03-30"]),
        ((2027, 12, 31), "week", ["2028-01-07", "2028-01-14", "2028-01-21", "2028-01-28"]),
    ],
)
def test_the_thirty_first(
    anchor: tuple[int, int, int], unit: str, dates: list[str], merchant: Merchant
) -> None:
    until(merchant, datetime(*anchor, 12, tzinfo=UTC))
    begun(merchant, MONTHLY | {"billing_period_unit": unit, "billing_cycles": 5})
    merchant.advance(125 * DAY)
    times = [one["processing_time"] for one in reversed(merchant.read("payments/")["payments"])]
    assert [datetime.fromtimestamp(one, UTC).date().isoformat() for one in times[1:]] == dates


def test_the_end_one_cycle_after_the_last_payment(merchant: Merchant, hook: Hook) -> None:
    subscription = begun(merchant, DAILY | {"billing_cycles": 2})
    assert state(subscription) == ("ACTIVE", "BILLING", "BILL")
    merchant.advance(DAY + 5)
    assert state(again(merchant, subscription)) == ("ACTIVE", "LAST", "END")
    merchant.advance(DAY)
    ended = again(merchant, subscription)
    assert state(ended) == ("ENDED", "CLOSED", None)
    assert ended["end_reason"] == "COMPLETE"
    assert ended["end_date"] - ended["start_date"] == 2 * DAY
    assert len(billed(merchant)) == 2
    assert hook.kinds(5)[-1] == ("subscription", "ENDED")


def test_the_initial_amount_is_the_first_cycle(merchant: Merchant) -> None:
    begun(merchant, DAILY | {"billing_cycles": 2, "initial_amount": 10})
    merchant.advance(10 * DAY)
    assert billed(merchant) == [
        ("SUBSCRIPTION_INITIAL", 10, "SUCCESS"),
        ("SUBSCRIPTION_BILL", 1500, "SUCCESS"),
    ]


@pytest.mark.parametrize(
    ("unit", "seconds"), [("minute", 60), ("hour", 3600), ("day", DAY), ("week", 7 * DAY)]
)
def test_trials_of_several_cycles(unit: str, seconds: int, merchant: Merchant) -> None:
    plan = DAILY | {"trial_amount": 5, "trial_period": 2, "trial_period_unit": unit, "trial_cycles": 3}
    subscription = begun(merchant, plan)
    assert state(subscription) == ("ACTIVE", "TRIAL", "TRIAL")
    merchant.advance(4 * seconds + 5)
    assert state(again(merchant, subscription)) == ("ACTIVE", "TRIAL", "BILL")
    assert billed(merchant) == [("SUBSCRIPTION_TRIAL", 5, "SUCCESS")] * 3
    merchant.advance(2 * seconds)
    assert billed(merchant)[-1] == ("SUBSCRIPTION_BILL", 1500, "SUCCESS")


def test_a_free_trial_takes_nothing(merchant: Merchant, hook: Hook) -> None:
    plan = DAILY | {"trial_period": 1, "trial_period_unit": "week", "trial_cycles": 2}
    token = merchant.token("SUBSCRIPTION", subscription=plan)
    browser = Browser(merchant, token)
    browser.send()
    result = returned(browser.left_for)
    assert list(result) == ["subscription"]
    assert state(result["subscription"]) == ("ACTIVE", "TRIAL", "FREE_TRIAL")
    merchant.advance(7 * DAY + 5)
    assert (billed(merchant), len(hook.wait(1))) == ([], 1)
    merchant.advance(7 * DAY)
    assert billed(merchant) == [("SUBSCRIPTION_BILL", 1500, "SUCCESS")]
    refused = Browser(merchant, merchant.token("SUBSCRIPTION", subscription=plan, allowed_retries=1))
    assert "The payment was refused." in refused.send(NO_FUNDS).text
    refused.send(NO_FUNDS)
    assert returned(refused.left_for)["subscription"]["status"] == "CANCELLED"


def test_the_first_payment_fails(merchant: Merchant, hook: Hook) -> None:
    subscription = begun(merchant, DAILY, NO_FUNDS)
    assert state(subscription) == ("CANCELLED", "CLOSED", None)
    assert hook.kinds(2) == [("payment", "FAILED"), ("subscription", "CANCELLED")]
    merchant.advance(10 * DAY)
    assert len(billed(merchant)) == 1
    assert merchant.refused(f"subscription/{subscription['id']}/cancel", {"now": True}) == 80002


def test_pending_until_the_bank_has_answered(merchant: Merchant) -> None:
    waiting = begun(merchant, DAILY, DELAYED)
    assert state(waiting) == ("PENDING", "NEW", None)
    merchant.advance(61)
    assert state(again(merchant, waiting)) == ("ACTIVE", "BILLING", "BILL")
    token = merchant.token("SUBSCRIPTION")
    assert merchant.pay(token, card=CHALLENGED)["subscription"]["status"] == "PENDING"
    assert merchant.pay(token, code="1234")["subscription"]["status"] == "ACTIVE"
    token = merchant.token("SUBSCRIPTION", allowed_retries=1)
    first = merchant.pay(token, card=NO_FUNDS)["subscription"]
    second = merchant.pay(token, card=APPROVED)["subscription"]
    assert (first["status"], second["status"], first["id"] == second["id"]) == ("PENDING", "ACTIVE", True)


def test_retried_and_suspended(merchant: Merchant, hook: Hook) -> None:
    """1, 3 and 5 days after the date of the timetable."""
    subscription = begun(
        merchant, MONTHLY | {"billing_period": 4, "billing_period_unit": "week"}, REFUSED_LATER
    )
    merchant.advance(28 * DAY + 5)
    retry = again(merchant, subscription)
    assert state(retry) == ("ACTIVE", "RETRY", "BILL")
    for days, count in ((1, 3), (2, 4)):
        merchant.advance(days * DAY)
        assert len(billed(merchant)) == count
        assert again(merchant, subscription)["phase"] == "RETRY"
    merchant.advance(2 * DAY)
    ended = again(merchant, subscription)
    assert (*state(ended), ended["end_reason"]) == ("ENDED", "CLOSED", None, "SUSPENDED_ATTEMPTS")
    statuses = [status for _, _, status in billed(merchant)]
    assert statuses == ["SUCCESS"] + ["FAILED"] * 4
    assert hook.kinds(8)[-3:] == [
        ("subscription", "ACTIVE"),
        ("subscription", "ACTIVE"),
        ("subscription", "ENDED"),
    ]


def test_a_retry_that_succeeds(merchant: Merchant) -> None:
    subscription = begun(merchant, MONTHLY)
    merchant.arm("refuse", method="renew", reason="insufficient_funds")
    until(merchant, datetime.fromtimestamp(subscription["next_event"]["scheduled_date"] + 5, UTC))
    failed = again(merchant, subscription)
    assert failed["phase"] == "RETRY"
    merchant.advance(DAY)
    back = again(merchant, subscription)
    assert state(back) == ("ACTIVE", "BILLING", "BILL")
    start = datetime.fromtimestamp(back["start_date"], UTC)
    upcoming = datetime.fromtimestamp(back["next_event"]["scheduled_date"], UTC)
    assert (upcoming.month - start.month) % 12 == 2
    assert [status for _, _, status in billed(merchant)] == ["SUCCESS", "FAILED", "SUCCESS"]


def test_another_card_ends_the_retries(merchant: Merchant) -> None:
    subscription = begun(merchant, DAILY, REFUSED_LATER)
    merchant.advance(DAY + 5)
    merchant.post(f"syspay/subscriptions/{subscription['id']}/card", card=APPROVED)
    merchant.post(f"syspay/subscriptions/{subscription['id']}/bill")
    assert again(merchant, subscription)["phase"] == "BILLING"


def test_cancelled_now(merchant: Merchant, hook: Hook) -> None:
    subscription = begun(merchant, DAILY)
    ended = merchant.ask(f"subscription/{subscription['id']}/cancel", {"now": True})["subscription"]
    assert (*state(ended), ended["end_reason"]) == ("TERMINATED", "CLOSED", None, "UNSUBSCRIBED_MERCHANT")
    merchant.advance(5 * DAY)
    assert len(billed(merchant)) == 1
    assert hook.kinds(3)[-1] == ("subscription", "TERMINATED")
    rebill = {"reference": "again", "amount": 100, "currency": "GBP"}
    assert merchant.refused(f"subscription/{subscription['id']}/rebill", rebill) == 80002


@pytest.mark.parametrize("raw", [b'{"now":false}', b"null", b"", b"{}", b'{"subscription_id":"5"}'])
def test_cancelled_at_the_end_of_what_is_paid(raw: bytes, merchant: Merchant) -> None:
    subscription = begun(merchant, DAILY)
    answer = merchant.call("POST", f"subscription/{subscription['id']}/cancel", raw=raw)
    assert state(answer.json()["data"]["subscription"]) == ("ACTIVE", "LAST", "END")
    merchant.advance(DAY + 5)
    ended = again(merchant, subscription)
    assert (*state(ended), ended["end_reason"]) == ("ENDED", "CLOSED", None, "UNSUBSCRIBED_MERCHANT")
    assert len(billed(merchant)) == 1


def test_cancelled_while_it_is_retried(merchant: Merchant) -> None:
    later, now = begun(merchant, DAILY, REFUSED_LATER), begun(merchant, DAILY, REFUSED_LATER)
    merchant.advance(DAY + 5)
    path = "subscription/{}/cancel"
    assert state(merchant.ask(path.format(later["id"]), {"now": False})["subscription"])[1] == "RETRY"
    assert merchant.ask(path.format(now["id"]), {"now": True})["subscription"]["status"] == "TERMINATED"
    assert merchant.refused(path.format(later["id"]), {"now": "yes"}) == 10009
    merchant.advance(9 * DAY)
    assert again(merchant, later)["end_reason"] == "SUSPENDED_ATTEMPTS"
    admin = begun(merchant, DAILY)
    merchant.post(f"syspay/subscriptions/{admin['id']}/cancel", now=True, by="admin")
    assert again(merchant, admin)["end_reason"] == "UNSUBSCRIBED_ADMIN"


def test_a_chargeback_and_an_old_card_end_it(merchant: Merchant) -> None:
    paid = merchant.paid("SUBSCRIPTION", subscription=DAILY)
    merchant.post(f"syspay/payments/{paid['payments'][0]['id']}/chargeback")
    ended = again(merchant, paid["subscription"])
    assert (ended["status"], ended["end_reason"]) == ("TERMINATED", "SUSPENDED_CHARGEBACK")
    now = datetime.fromisoformat(merchant.get("clock")["now"])
    token = merchant.token("SUBSCRIPTION", subscription=MONTHLY)
    old = merchant.pay(token, card=APPROVED, expiry=f"{now:%m/%Y}")["subscription"]
    merchant.advance(40 * DAY)
    assert again(merchant, old)["end_reason"] == "SUSPENDED_EXPIRED"


def test_rebilled_by_hand(merchant: Merchant, hook: Hook) -> None:
    subscription = begun(merchant, DAILY | {"billing_cycles": 1})
    path = f"subscription/{subscription['id']}/rebill"
    body = {"reference": "extra-1", "amount": 250, "currency": "GBP", "description": "Extra", "extra": "x"}
    payment = merchant.ask(path, body)["payment"]
    expected = ("SUBSCRIPTION_MANUAL_REBILL", "extra-1", 250, "SUCCESS")
    assert tuple(payment[name] for name in ("payment_type", "reference", "amount", "status")) == expected
    assert merchant.refused(path, body) == 30008
    assert merchant.refused(path, body | {"reference": "y", "currency": "EUR"}) == 30014
    assert merchant.refused(path, {"amount": 1}) == 10003
    merchant.advance(2 * DAY)
    assert again(merchant, subscription)["status"] == "ENDED"
    assert merchant.ask(path, body | {"reference": "extra-2"})["payment"]["status"] == "SUCCESS"


def test_renewals_may_have_references_of_their_own(merchant: Merchant) -> None:
    merchant.account(renewal_reference="numbered")
    begun(merchant, DAILY, reference="tea")
    merchant.advance(2 * DAY + 5)
    references = [one["reference"] for one in merchant.read("payments/")["payments"]]
    assert references == ["tea-3", "tea-2", "tea"]


# Payment plans.


@pytest.mark.parametrize(
    ("total", "cycles", "amounts"),
    [(10000, 3, [3334, 3333, 3333]), (30000, 12, [2500] * 12), (11, 4, [5, 2, 2, 2]), (7, 1, [7])],
)
def test_a_plan_is_split(total: int, cycles: int, amounts: list[int], merchant: Merchant) -> None:
    plan = {
        "total_amount": total, "billing_cycles": cycles, "billing_period": 1, "billing_period_unit": "month",
        "currency": "EUR",
    }  # fmt: skip
    subscription = merchant.paid("PAYMENT_PLAN", payment_plan=plan)["subscription"]
    assert subscription["plan_type"] == "INSTALMENT"
    merchant.advance(366 * DAY)
    assert [amount for _, amount, _ in billed(merchant)] == amounts
    ended = again(merchant, subscription)
    assert (*state(ended), ended["end_reason"]) == ("ENDED", "CLOSED", None, "COMPLETE")
    last = merchant.read("payments/")["payments"][0]
    assert ended["end_date"] == last["processing_time"]


def test_a_plan_is_retried_and_cancelled(merchant: Merchant) -> None:
    plan = merchant.paid("PAYMENT_PLAN", REFUSED_LATER)["subscription"]
    merchant.advance(31 * DAY + 5)
    assert again(merchant, plan)["phase"] == "RETRY"
    ended = merchant.ask(f"subscription/{plan['id']}/cancel", {"now": True})["subscription"]
    assert ended["status"] == "TERMINATED"


# Mandates.


def agreement(merchant: Merchant, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = merchant.paid("PAYMENT_MANDATE", **changes)["agreement"]
    return found


FREE = {"payment_mandate": {"currency": "GBP"}}


def test_a_mandate_with_a_charge(merchant: Merchant, hook: Hook) -> None:
    paid = merchant.paid("PAYMENT_MANDATE")
    payment = paid["payments"][0]
    assert (payment["payment_type"], payment["amount"]) == ("BILLING_AGREEMENT_INITIAL", 1200)
    assert payment["billing_agreement"]["id"] == paid["agreement"]["id"]
    found = merchant.read(f"billing-agreement/{paid['agreement']['id']}")["billing_agreement"]
    assert (found["status"], found["end_reason"], found["currency"]) == ("ACTIVE", None, "GBP")
    assert found["customer"] == {"email": "foo@bar.com", "language": "en", "ip": None, "mobile": "2012341234"}
    assert datetime.fromtimestamp(found["expiration_date"], UTC) == datetime(2031, 1, 1, tzinfo=UTC)
    assert hook.kinds(2) == [("billing_agreement", "ACTIVE"), ("payment", "SUCCESS")]


def test_a_mandate_without_a_charge(merchant: Merchant, hook: Hook) -> None:
    browser = Browser(merchant, merchant.token("PAYMENT_MANDATE", locked=True, **FREE))
    page = browser.open().text
    assert "Nothing to pay now" in page
    assert ">Confirm</button>" in page
    browser.send()
    result = returned(browser.left_for)
    assert (list(result), result["billing_agreement"]["status"]) == (["billing_agreement"], "ACTIVE")
    assert hook.kinds(1) == [("billing_agreement", "ACTIVE")]
    assert merchant.read("payments/") == {"payments": []}
    cancelled = Browser(merchant, merchant.token("PAYMENT_MANDATE", **FREE))
    cancelled.send("", action="cancel")
    assert returned(cancelled.left_for)["billing_agreement"]["status"] == "CANCELLED"


def test_a_mandate_preauthorised(merchant: Merchant) -> None:
    paid = merchant.paid(
        "PAYMENT_MANDATE", payment_mandate={"currency": "GBP", "initial_charge": 1200, "preauth": True}
    )
    assert (paid["payments"][0]["status"], paid["agreement"]["status"]) == ("AUTHORIZED", "ACTIVE")


def test_a_mandate_whose_first_charge_fails(merchant: Merchant, hook: Hook) -> None:
    assert agreement(merchant, card=NO_FUNDS)["status"] == "CANCELLED"
    assert hook.kinds(2) == [("billing_agreement", "CANCELLED"), ("payment", "FAILED")]
    token = merchant.token("PAYMENT_MANDATE", allowed_retries=1)
    merchant.pay(token, card=NO_FUNDS)
    second = merchant.pay(token, card=APPROVED)
    assert second["agreement"]["status"] == "ACTIVE"
    assert second["payments"][1]["payment_type"] == "BILLING_AGREEMENT_INITIAL_RETRY"


def test_a_mandate_rebilled(merchant: Merchant, hook: Hook) -> None:
    path = f"billing-agreement/{agreement(merchant, **FREE)['id']}/rebill"
    inner = {"reference": "stay-1", "amount": 9900, "currency": "GBP", "description": "Minibar"}
    payment = merchant.ask(path, {"payment": inner, "ems_url": hook.url})["payment"]
    assert (payment["payment_type"], payment["amount"], payment["status"]) == (
        "BILLING_AGREEMENT_REBILL",
        9900,
        "SUCCESS",
    )
    assert merchant.refused(path, {"payment": inner}) == 30008
    assert merchant.refused(path, {"payment": inner | {"reference": "b", "currency": "EUR"}}) == 30027
    assert merchant.refused(path, {"payment": inner | {"reference": "c", "amount": -5}}) == 30012
    assert merchant.refused(path, inner) == 10003
    merchant.arm("refuse", method="renew", reason="card_flagged")
    failed = merchant.ask(path, {"payment": inner | {"reference": "d"}})["payment"]
    assert (failed["status"], failed["failure_category"]) == ("FAILED", "card_flagged")
    assert hook.kinds(3)[1:] == [("payment", "FAILED"), ("payment", "SUCCESS")]


def test_a_mandate_refused_later(merchant: Merchant) -> None:
    found = agreement(merchant, card=REFUSED_LATER)
    inner = {"reference": "later", "amount": 1, "currency": "GBP"}
    path = f"billing-agreement/{found['id']}/rebill"
    assert merchant.ask(path, {"payment": inner})["payment"]["failure_category"] == "declined"
    merchant.post(f"syspay/agreements/{found['id']}/card", card=APPROVED)
    assert merchant.ask(path, {"payment": inner | {"reference": "x"}})["payment"]["status"] == "SUCCESS"


@pytest.mark.parametrize("raw", [b"null", b"{}", b""])
def test_a_mandate_cancelled(raw: bytes, merchant: Merchant) -> None:
    found = agreement(merchant)
    path = f"billing-agreement/{found['id']}"
    ended = merchant.call("POST", f"{path}/cancel", raw=raw).json()["data"]["billing_agreement"]
    assert (ended["status"], ended["end_reason"]) == ("ENDED", "UNSUBSCRIBED_MERCHANT")
    assert merchant.refused(f"{path}/cancel") == 60003
    assert (
        merchant.refused(f"{path}/rebill", {"payment": {"reference": "z", "amount": 1, "currency": "GBP"}})
        == 60003
    )
    listed = merchant.read("billing-agreements/")["billing_agreements"]
    assert [one["id"] for one in listed] == [found["id"]]


def test_a_mandate_ends_with_its_card_and_with_a_chargeback(merchant: Merchant) -> None:
    paid = merchant.paid("PAYMENT_MANDATE")
    merchant.post(f"syspay/payments/{paid['payments'][0]['id']}/chargeback")
    read = f"billing-agreement/{paid['agreement']['id']}"
    assert merchant.read(read)["billing_agreement"]["end_reason"] == "SUSPENDED_CHARGEBACK"
    found = agreement(merchant)
    until(merchant, datetime.fromtimestamp(found["expiration_date"], UTC) + timedelta(seconds=5))
    ended = merchant.read(f"billing-agreement/{found['id']}")["billing_agreement"]
    assert (ended["status"], ended["end_reason"]) == ("ENDED", "SUSPENDED_EXPIRED")
