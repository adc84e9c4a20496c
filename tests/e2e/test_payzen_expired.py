"""What does PayZen's open page do once the time of its link is over? On a stage of its own, whose clock it may move."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext

from tests.e2e import pages
from tests.e2e.payzen import APPROVED, go_to_page, order_of, plain_visitor
from tests.e2e.stage import Stage, raised

HOLD_MINUTES = 20


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with raised(tmp_path_factory.mktemp("later"), SWEEP_SECONDS="1", RETURN_PATIENCE_SECONDS="4") as stage:
        yield stage


def test_an_expired_link_pays_nothing(stage: Stage, visitor: Callable[..., BrowserContext]) -> None:
    plain = plain_visitor(visitor)
    order, record = order_of(stage, hold_minutes=HOLD_MINUTES)
    form = go_to_page(plain, order)
    stage.sandbox.advance(HOLD_MINUTES * 60 + 60)
    form.type(APPROVED)
    form.heads("This link has expired")
    form.says("Nothing can be paid here any more. Please ask the shop for a new link.")
    assert record.link()["status"] == "EXPIRED"
    form.to_shop()
    # By our own clock the order waits still, and can be paid in another way.
    plain.says(pages.INTERRUPTED)
    told = order.read()
    assert (told["state"], told["amount_captured"], told["payment"]["state"]) == ("open", 0, "expired")
    order.run_out()
    order.becomes("expired")
    plain.open(order.pay_url).says(pages.OVER)
    plain.tells("Nothing was charged.")
    assert record.money() == []
