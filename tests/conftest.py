"""What do all tests share? Their settings, a database file and a browser's path."""

import gc
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import django
import pytest
from django.conf import settings

from tests.ground import chromium, environment, machine
from tests.ground.late import late

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Before anything imports a model. pytest-django finds Django set up and goes on from there.
environment.prepare()
django.setup()
# A password's slow hash was half the time of the merchant's tests, and none of them is about it.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files are looked for when they are asked for. Each new test client would list them all: a fifth of the time.
settings.WHITENOISE_AUTOREFRESH = True

HERE = Path(__file__).parent
# What a second database is asked: races whole, of the rest one case of each test, of pages those that count or search.
RACES = HERE / "races"
PAGES = [HERE / folder for folder in ("merchant", "shopper", "demo")]
COUNTING = {"test_finding.py", "test_exports.py", "test_first_page.py", "test_proposals.py", "test_people.py"}
# None of their tests asks for a row of ours, so they need not even be collected for it.
WITHOUT_ROWS = [HERE / folder for folder in ("providers", "sandbox", "e2e")]
# Whole files are handed out to the workers with a browser: with a long one at the end, the others wait for one.
LONG = (
    "test_access.py",
    "test_syspay_desk.py",
    "test_syspay_agreements.py",
    "test_admin.py",
    "test_faults.py",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out what a second database teaches nothing about",
    )
    parser.addoption(
        "--late",
        type=float,
        metavar="SECONDS",
        help="let a browser's scripts come so much later, to find who does not wait for them",
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if config.getoption("--database-only") and collection_path in WITHOUT_ROWS else None


def pytest_collection_finish() -> None:
    """Thousands of tests stay for a whole run. To look them through for garbage each time took a tenth of it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if chromium.END_TO_END in item.path.parents or "running_chromium" in getattr(
            item, "fixturenames", ()
        ):
            item.add_marker("browser")
        if item.get_closest_marker("browser") and not chromium.wants(item.path):
            raise pytest.UsageError(
                f"{item.path} does not name playwright, so its browser tests are not found"
            )
    items.sort(key=turn)
    if config.getoption("--database-only"):
        kept = where_the_database_matters(items)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = [item for item in items if item in kept]


def turn(item: pytest.Item) -> int:
    """Whoever stands on the stage comes last and all together, for it is raised once; of these the long files first."""
    if chromium.END_TO_END not in item.path.parents:
        return 0
    return 1 + (LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


def where_the_database_matters(items: list[pytest.Item]) -> set[pytest.Item]:
    """Races whole; of what else touches a row one case of each test, for the others ask the database the same questions
    about other words. So do a property's many examples, and most pages."""
    kept, seen = set(), set[tuple[Path, str]]()
    for item in items:
        name = (item.path, item.name.split("[")[0])
        again = name in seen and RACES not in item.path.parents
        page = any(folder in item.path.parents for folder in PAGES) and item.path.name not in COUNTING
        of_many = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if touches_database(item) and not (again or page or of_many):
            kept.add(item)
            seen.add(name)
    return kept


def touches_database(item: pytest.Item) -> bool:
    asked = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return bool(asked or item.get_closest_marker("django_db"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file, not memory: SQLite in memory is one connection, and races and live servers need several.

    No connection outlives its request: a live server's thread sleeps on an open HTTP connection, and PostgreSQL
    drops no database while one of them is in it.
    """
    for database in settings.DATABASES.values():
        database["CONN_MAX_AGE"] = 0
        if database["ENGINE"] == "django.db.backends.sqlite3":
            file = tmp_path_factory.mktemp("database") / "guichet.sqlite3"
            database.setdefault("TEST", {})["NAME"] = str(file)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    from tests.ground.emptied import by_deleting  # it knows models

    with by_deleting():
        yield


@pytest.fixture(scope="session")
def running_chromium(pytestconfig: pytest.Config) -> Iterator["Browser"]:
    """One for all tests of a worker; each has a context of its own."""
    from playwright.sync_api import sync_playwright

    try:
        path = chromium.find()
    except machine.Missing as missing:
        (pytest.fail if machine.on_ci() else pytest.skip)(str(missing))
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright, ExitStack() as stack:
        # Playwright's loop runs in this thread, and Django takes that for asynchronous code of its own.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        seconds = pytestconfig.getoption("--late")
        by_way_of = stack.enter_context(late(seconds)) if seconds else None
        flags = [*chromium.FLAGS, *chromium.proxy(by_way_of)]
        running = playwright.chromium.launch(executable_path=path, args=flags)
        yield running
        running.close()


@pytest.fixture
def browser(running_chromium: "Browser") -> Iterator["Browser"]:
    """What a test opens is closed after it."""
    before = set(running_chromium.contexts)
    yield running_chromium
    for context in set(running_chromium.contexts) - before:
        context.close()
