"""Is the ground firm: a PostgreSQL that goes away again, and a plain sentence for what is missing?"""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection

from checkout.models import Payment
from tests.ground import chromium, emptied, machine, postgres
from tests.scripted import make_account, make_order

ROOT = Path(__file__).parent.parent


def test_a_throw_away_cluster_works_and_leaves_nothing_behind() -> None:
    try:
        programs = postgres.find()
    except machine.Missing as missing:
        pytest.skip(str(missing))
    with postgres.throw_away_cluster(programs) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE one_more")
            home = connection.execute("SHOW data_directory").fetchone()
        assert home is not None
        assert Path(home[0]).parent.exists()
    assert not Path(home[0]).parent.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=5)


def test_a_database_url_that_does_not_answer_is_not_passed_over_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")
    with pytest.raises(machine.Missing, match="names a PostgreSQL that does not answer"), postgres.postgres():
        pass


def test_a_chromium_that_does_not_start_is_not_passed_over_in_silence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(machine.Missing, match="CHROMIUM is /nowhere/chromium, which does not start"):
        chromium.find()


@pytest.mark.parametrize(("ci", "verdict"), [("", 0), ("true", 1)])
def test_what_is_missing_is_a_loud_line_at_home_and_a_failure_on_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, verdict: int
) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    monkeypatch.setenv("CI", ci)
    ran = subprocess.run(
        [sys.executable, "scripts/test.py", "browser"], cwd=ROOT, capture_output=True, text=True
    )
    last = ran.stdout.splitlines()[-1]
    assert last == "!!! NOT TESTED: browser. CHROMIUM is /nowhere/chromium, which does not start."
    assert ran.returncode == verdict


@pytest.mark.django_db(transaction=True)
def test_nothing_that_was_committed_is_left_for_the_next_test() -> None:
    """Rows that point at one another go as well; the content types and permissions stay, for nobody writes them."""
    user = User.objects.create_user("margot")
    user.user_permissions.set(Permission.objects.all()[:2])
    Payment.objects.create(
        order=make_order(), account=make_account(), number=1, reference="P-1", amount_minor=1, currency="EUR"
    )
    before = rows()
    emptied.empty("default")
    assert rows() == {name: number if name in emptied.STAYING else 0 for name, number in before.items()}
    assert all(before[name] for name in {*emptied.STAYING, "auth_user_user_permissions", "checkout_payment"})


def rows() -> dict[str, int]:
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.django_table_names(only_existing=True):
            cursor.execute(f"SELECT COUNT(*) FROM {connection.ops.quote_name(table)}")
            found[table] = cursor.fetchone()[0]
    return found
