"""Does the first page say whether all is well, and are its figures right?"""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from checkout.merchant.charts import course, percent
from checkout.models import Account, Call, Exchange, Movement, Order, Payment, Shop, Tally
from checkout.payments import account_health, calls, outcomes, takings, tallies
from checkout.payments.attention import flag
from checkout.payments.outcomes import Rate
from checkout.states import State
from checkout.tasks import count_figures, have_figures_counted
from providers.money import Money
from tests.merchant import rows

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 14, 32, tzinfo=UTC)


def front(client: Client) -> str:
    html = client.get(reverse("admin:index")).content.decode()
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html)))


def verdict(client: Client) -> str:
    found = re.search(r"((?:Not all|All) is well: .*?\.) ", front(client))
    assert found is not None
    return re.sub(r" +([;.)])", r"\1", found[1])


def test_all_is_well(client: Client, shop: Shop, account: Account) -> None:
    rows.payment(rows.order(shop), account, State.PAID)
    tallies.count_anew()
    assert verdict(client).startswith("All is well: the rules of money hold")


def test_what_is_not_well_stands_in_order_of_urgency(client: Client, shop: Shop, account: Account) -> None:
    assert "the rules of money were never checked" in verdict(client)
    live = rows.account(shop, live=True, name="Live")
    payment = rows.payment(rows.order(shop), live, State.PAID)
    flag(payment.order, "42.99 EUR came late", Call.LATE_MONEY)
    rows.payment(rows.order(shop), live, State.STARTED, next_check_at=timezone.now() - timedelta(minutes=9))
    for status in [200] * 15 + [0] * 3 + [502] * 2:
        Exchange.objects.create(account=live, method="GET", url="https://scripted.example", status=status)
    Payment.objects.filter(pk=payment.pk).update(captured_minor=4298)
    tallies.count_money_rules()
    Tally.objects.update(counted_at=timezone.now() - timedelta(hours=3))
    assert verdict(client) == (
        "Not all is well: a rule of money is broken once; the rules of money were last checked 3 hours ago: does a "
        "worker run?; checks are late, the oldest by 9 minutes: does a worker run?; Scripted Pay left 5 of 20 requests "
        "without an answer; 1 order needs a person (money came late)."
    )
    page = front(client)
    assert "counted 3 hours ago" in page
    assert "what moved is not what a payment's sums say (1)" in page
    assert "25 % 5 of 20" in page
    assert "due for 9 minutes" in page


def move(payment: Payment, kind: Movement.Kind, minor: int, at: datetime, currency: str = "EUR") -> None:
    Movement.objects.create(
        payment=payment, account=payment.account, shop=payment.order.shop, kind=kind, amount_minor=minor,
        currency=currency, at=at,
    )  # fmt: skip


def test_takings_are_of_their_day_month_currency_and_mode(shop: Shop, account: Account) -> None:
    live = rows.account(shop, live=True, name="Live")
    payment = rows.payment(rows.order(shop), live)
    of_test = rows.payment(rows.order(shop), account)
    midnight = NOW.replace(hour=0, minute=0)
    move(payment, Movement.Kind.CAPTURED, 5000, midnight)
    move(payment, Movement.Kind.REFUNDED, 700, NOW)
    move(payment, Movement.Kind.CHARGED_BACK, 100, NOW)
    move(payment, Movement.Kind.CAPTURED, 900, midnight - timedelta(seconds=1))
    move(payment, Movement.Kind.CAPTURED, 300, NOW, "JPY")
    move(
        payment, Movement.Kind.CAPTURED, 80_000, NOW.replace(day=1, hour=0) - timedelta(days=1)
    )  # last month
    move(of_test, Movement.Kind.CAPTURED, 60_000, NOW)

    euro, yen = takings.takings(takings.accounts_told(), NOW)
    assert (euro.today.takings, euro.month.takings) == (Money(4300, "EUR"), Money(5200, "EUR"))
    assert (euro.today.captured_minor, euro.today.refunded_minor, euro.today.charged_back_minor) == (
        5000,
        700,
        100,
    )
    assert (yen.provider, yen.today.takings) == ("scripted", Money(300, "JPY"))
    assert takings.totals([euro, yen]) == []
    [total] = takings.totals([euro, euro, yen])
    assert total.month.takings == Money(10400, "EUR")

    Account.objects.filter(pk=live.pk).update(live=False)
    assert not takings.accounts_told().live
    assert takings.takings(takings.accounts_told(), NOW)[0].today.takings == Money(64_300, "EUR")
    assert takings.takings(takings.accounts_told(shops=[]), NOW) == []


def test_play_money_is_called_so(client: Client, shop: Shop, account: Account) -> None:
    rows.payment(rows.order(shop), account, State.PAID)
    assert "No account is live yet: this is play money." in front(client)
    rows.account(shop, live=True, name="Live")
    assert "play money" not in front(client)
    assert "No money has moved this month." in front(client)


def test_what_is_counted_is_what_the_lists_behind_it_hold(
    client: Client, shop: Shop, account: Account
) -> None:
    live = rows.account(shop, live=True, name="Live")
    for one in (live, account):
        rows.payment(rows.order(shop), one, State.PAID)
        rows.payment(rows.order(shop), one, State.FAILED, decline_reason="declined")
    html = client.get(reverse("admin:index")).content.decode()
    links = [unescape(at) for at in re.findall(r'href="([^"]+)"', html) if "live=live" in at]
    assert len(links) == 3  # today, this month, and the reason to decline
    for at in links:
        [row] = client.get(at).context["cl"].result_list
        assert row.account == live


def attempt(shop: Shop, account: Account, state: State, days_ago: int, **fields: Any) -> None:
    row = rows.payment(rows.order(shop), account, state, **fields)
    Payment.objects.filter(pk=row.pk).update(created_at=NOW - timedelta(days=days_ago))


def test_the_success_rate_is_of_attempts_that_ended(shop: Shop, account: Account) -> None:
    for state in (State.PAID, State.AUTHORIZED, State.REFUNDED, State.FAILED, State.EXPIRED, State.STARTED):
        attempt(shop, account, state, 0)
    attempt(shop, account, State.FAILED, 0, decline_reason="")
    attempt(shop, account, State.FAILED, 29)
    attempt(shop, account, State.PAID, 30)
    found = outcomes.outcomes(takings.accounts_told(), NOW)
    rates = found.by_provider["scripted"]
    assert (rates[-1], rates[0], rates[-2]) == (Rate(6, 3), Rate(1, 0), Rate(0, 0))
    assert outcomes.together(rates) == Rate(7, 3)
    assert dict(found.declines) == {"insufficient_funds": 2, "": 1}
    assert (found.days[0].isoformat(), found.days[-1].isoformat()) == ("2026-10-23", "2026-11-21")


def test_a_day_without_attempts_is_a_gap() -> None:
    days = [NOW.date() - timedelta(days=ago) for ago in range(5, 0, -1)]
    drawn = course(days, [Rate(2, 1), Rate(4, 4), Rate(), Rate(1, 0), Rate()])
    assert drawn.lines == ["60,50 180,0"]
    assert drawn.dots == [("420", "100")]
    assert course(days, [Rate()] * 5).is_empty
    assert [percent(share) for share in (None, 0.0, 0.001, 0.5, 0.999, 1.0)] == [
        "–", "0 %", "1 %", "50 %", "99 %", "100 %",
    ]  # fmt: skip


def test_the_charts_can_be_read_without_seeing_them(client: Client, shop: Shop, account: Account) -> None:
    rows.payment(rows.order(shop), account, State.PAID)
    rows.payment(rows.order(shop), account, State.FAILED)
    html = client.get(reverse("admin:index")).content.decode()
    today = timezone.now().astimezone(UTC).date().isoformat()
    assert 'role="img" aria-labelledby="f-trend-title f-trend-text"' in html
    assert "Success rate of the last 30 days" in html
    assert f"{today}: 50 %, 1 of 2" in html
    assert re.search(rf">{today}</td><td[^>]*>2</td><td[^>]*>1</td><td[^>]*>50 %</td>", html)
    assert "style=" not in html.partition('id="takings"')[2].partition("</main>")[0].partition("<script")[0]
    link = re.search(r'href="([^"]*decline_reason=insufficient_funds[^"]*)"', html)
    assert link is not None
    listed = client.get(link[1].replace("&amp;", "&")).content.decode()
    assert len(re.findall(r"G-[2-9A-Z]{9}-1</span>", listed)) == 1


def test_orders_are_counted_by_what_a_person_is_called_for(
    client: Client, shop: Shop, account: Account
) -> None:
    first, second = (rows.order(shop) for _number in range(2))
    flag(first, "late", Call.LATE_MONEY)
    flag(first, "twice", Call.SECOND_PAYMENT)
    flag(second, "late", Call.LATE_MONEY)
    assert calls.by_kind() == {"late_money": 2, "second_payment": 1}
    assert calls.by_kind(shops=[]) == {}
    html = client.get(reverse("admin:index")).content.decode()
    assert "?flag=late_money" in html
    assert html.index(first.number) < html.index(second.number)


def test_health_is_of_the_last_day(shop: Shop, account: Account) -> None:
    for status, ago in ((200, 1), (404, 1), (0, 1), (503, 1), (0, 25)):
        row = Exchange.objects.create(account=account, method="GET", url="x", status=status)
        Exchange.objects.filter(pk=row.pk).update(at=timezone.now() - timedelta(hours=ago))
    rows.account(shop, name="Off", enabled=False)
    [one] = account_health.health()
    assert (one.requests, one.errors, one.oldest_check, one.is_failing) == (4, 2, None, False)
    assert account_health.health(shops=[]) == []


def test_no_clear_answer_is_no_failure(client: Client, shop: Shop, account: Account) -> None:
    for well, word in ((True, "tested well"), (False, "the test failed"), (None, "no clear answer")):
        Account.objects.update(tested_at=timezone.now(), tested_well=well)
        html = client.get(reverse("admin:index")).content.decode()
        words = ("tested well", "the test failed", "no clear answer")
        assert [one for one in words if one in html] == [word]


def test_who_may_not_see_payments_sees_no_money(viewer: Client, shop: Shop, account: Account) -> None:
    rows.payment(rows.order(shop), account, State.PAID)
    assert "Takings" in front(viewer)
    User.objects.get(username="victor").user_permissions.remove(
        *Permission.objects.filter(codename__in=["view_payment", "view_account"])
    )
    page = front(viewer)
    assert "How it runs" in page
    assert "Takings" not in page
    assert "Provider accounts" not in page


def test_it_asks_as_often_for_many_as_for_few(client: Client, shop: Shop, account: Account) -> None:
    tallies.count_anew()

    def count() -> list[str]:
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("admin:index"))
        return [query["sql"] for query in asked]

    for state in (State.PAID, State.FAILED):
        flag(rows.payment(rows.order(shop), account, state).order, "why", Call.OTHER)
    count()
    few = count()
    for state in list(State) * 2:
        flag(rows.payment(rows.order(shop), account, state).order, "why", Call.OTHER)
    many = count()
    assert len(many) == len(few)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for sql in many:
                cursor.execute("EXPLAIN QUERY PLAN " + sql)
                plan = "; ".join(row[3] for row in cursor.fetchall())
                # Of orders, only those that need a person are gone through, by the index that holds no others.
                plan = plan.replace("SCAN checkout_order USING INDEX orders_needing_a_person", "")
                assert not re.search(r"SCAN checkout_(order|payment|movement|exchange)\b", plan), (sql, plan)


# --- counted by the worker -----------------------------------------------------------------------------------------


def test_the_worker_counts_and_nobody_else(
    client: Client, shop: Shop, account: Account, settings: Any
) -> None:
    settings.METRICS_TOKEN = "token"
    rows.payment(rows.order(shop), account, State.PAID)

    def metrics() -> str:
        return client.get("/metrics", headers={"authorization": "Bearer token"}).content.decode()

    assert "guichet_violated_money_rules{" not in metrics()
    assert "guichet_money_rules_counted_seconds" not in metrics()
    assert have_figures_counted()
    assert not have_figures_counted()  # one is queued
    count_figures.func()
    told = metrics()
    assert 'guichet_violated_money_rules{rule="an order is paid without a paid payment"} 0.0' in told
    assert 'guichet_payments{provider="scripted",state="paid"} 1.0' in told
    assert "guichet_money_rules_counted_seconds" in told
    with CaptureQueriesContext(connection) as asked:
        metrics()
    assert not [query for query in asked if "GROUP BY" in query["sql"]]

    Order.objects.update(state="open")
    count_figures.func()  # too early: another worker has just counted
    assert tallies.money_rules().broken == {}  # type: ignore[union-attr]
    Tally.objects.update(counted_at=timezone.now() - tallies.EVERY)
    count_figures.func()
    assert tallies.money_rules().broken == {"a payment is paid but its order is not": 1}  # type: ignore[union-attr]


def test_what_takes_long_is_counted_less_often(db: None) -> None:
    tallies.count_anew()
    now = timezone.now() + tallies.EVERY
    assert tallies.is_due(now)
    slow = Tally.objects.get(pk=tallies.RULES)
    slow.figures["seconds"] = 60
    slow.save()
    assert not tallies.is_due(now)
    assert tallies.is_due(now + timedelta(minutes=20))
