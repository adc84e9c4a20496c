"""One demo for all browser tests, a fresh browser context for each of them, and an ear for what the console says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    StorageState,
    expect,
)

from tests.e2e.pages import Admin, Checkout
from tests.e2e.stage import Stage, raised

expect.set_options(timeout=10_000)


@pytest.fixture(scope="package")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with raised(tmp_path_factory.mktemp("demo"), SWEEP_SECONDS="1", RETURN_PATIENCE_SECONDS="4") as stage:
        yield stage


@pytest.fixture(autouse=True)
def _calm(stage: Stage) -> Iterator[None]:
    """No fault outlives its test."""
    stage.sandbox.disarm()
    yield
    stage.sandbox.disarm()


@dataclass
class Ear:
    """What the browser's console said that it should not have: errors, exceptions, breaches of a page's policy."""

    said: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def expect(self, part: str) -> None:
        """A fault is meant to cause this."""
        self.expected.append(part)

    def listen(self, page: Page) -> None:
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(f"exception on {page.url}: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        text = message.text
        if message.type == "error" or "Content Security Policy" in text or "Content-Security-Policy" in text:
            self.said.append(f"{text} ({message.location.get('url', '')})")

    def unexpected(self) -> list[str]:
        return [said for said in self.said if not any(part in said for part in self.expected)]


@pytest.fixture
def ear() -> Iterator[Ear]:
    ear = Ear()
    yield ear
    assert ear.unexpected() == []


@pytest.fixture
def visitor(browser: Browser, ear: Ear) -> Iterator[Callable[..., BrowserContext]]:
    """Somebody with a browser that knows nothing yet."""
    here: list[BrowserContext] = []

    def come(**options: Any) -> BrowserContext:
        context = browser.new_context(
            **{"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **options}
        )
        context.set_default_timeout(10_000)
        context.on("page", ear.listen)
        here.append(context)
        return context

    yield come
    for context in here:
        context.close()


@pytest.fixture
def context(visitor: Callable[..., BrowserContext]) -> BrowserContext:
    return visitor()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def checkout(page: Page) -> Checkout:
    return Checkout(page)


@pytest.fixture(scope="package")
def merchants_cookies(running_chromium: Browser, stage: Stage) -> StorageState:
    """What a browser keeps once the merchant has logged in."""
    context = running_chromium.new_context()
    Admin(context.new_page(), stage.site).log_in("admin", stage.keys["DEMO_ADMIN_PASSWORD"])
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def admin(visitor: Callable[..., BrowserContext], stage: Stage, merchants_cookies: StorageState) -> Admin:
    """The merchant, logged in, in a browser of their own."""
    return Admin(visitor(storage_state=merchants_cookies).new_page(), stage.site)
