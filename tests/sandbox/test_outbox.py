"""Do notifications arrive, and go wrong in the ways that were armed?"""

from typing import Any

from tests.sandbox.shop import APPROVED, Letterbox, Shop, eventually


def close_one(shop: Shop) -> int:
    payment = shop.begin()
    shop.pay(payment, card=APPROVED)
    shop.notify(payment.order_id)
    return payment.order_id


def all_in(shop: Shop, *states: str) -> list[dict[str, Any]]:
    """The notifications, once they are in these states, in their order."""

    def look() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = shop.get("notifications")["notifications"]
        return found if tuple(one["state"] for one in found) == states else []

    return eventually(look)


def attempted(shop: Shop, times: int) -> dict[str, Any]:
    """The only notification, once it has been attempted so often."""

    def look() -> dict[str, Any]:
        found: dict[str, Any] = shop.get("notifications")["notifications"][0]
        return found if len(found["attempts"]) == times else {}

    return eventually(look)


def test_the_shop_is_told_when_an_order_closes(shop: Shop, hook: Letterbox) -> None:
    order_id = close_one(shop)
    [sent] = all_in(shop, "delivered")
    details = shop.ok("getOrderDetails", orderId=order_id)
    assert hook.received == [details]
    assert hook.received[0]["orderDetailsData"]["orderState"] == "CLOSED"
    assert sent["body"].count("***") == 1  # orderSecretId
    assert [attempt["status"] for attempt in sent["attempts"]] == [204]


def test_nobody_is_told_of_anything_else(shop: Shop, hook: Letterbox) -> None:
    payment = shop.begin()
    shop.pay(payment, outcome="refuse")
    shop.notify(payment.order_id, 30000)
    shop.advance(3600)
    assert shop.get("notifications")["notifications"] == []
    assert hook.received == []


def test_no_address_no_notification(shop: Shop) -> None:
    close_one(shop)
    assert shop.get("notifications")["notifications"] == []


def test_a_shop_that_fails_is_told_again_with_growing_gaps(shop: Shop, hook: Letterbox) -> None:
    hook.answers = [500, 404, 302]
    close_one(shop)
    for attempts, ahead in ((1, 10), (2, 50), (3, 240)):
        waiting = attempted(shop, attempts)
        assert waiting["state"] == "waiting"
        shop.advance(ahead)
    [done] = all_in(shop, "delivered")
    assert [attempt["status"] for attempt in done["attempts"]] == [500, 404, 302, 204]
    assert len(hook.received) == 4


def test_a_dead_address_is_given_up_and_can_be_told_again(shop: Shop, hook: Letterbox) -> None:
    shop.account(notification_url="http://127.0.0.1:9/hook")
    close_one(shop)
    attempted(shop, 1)
    shop.advance(86_400)
    [given_up] = all_in(shop, "given_up")
    assert [attempt["error"] for attempt in given_up["attempts"]] == ["ConnectionError"] * 6
    again = shop.post(f"notifications/{given_up['id']}/send")
    assert again["state"] == "waiting"
    attempted(shop, 7)


def test_lost(shop: Shop, hook: Letterbox) -> None:
    shop.arm("lost")
    close_one(shop)
    all_in(shop, "lost")
    close_one(shop)
    all_in(shop, "lost", "delivered")
    assert len(hook.received) == 1


def test_doubled(shop: Shop, hook: Letterbox) -> None:
    shop.arm("doubled")
    close_one(shop)
    all_in(shop, "delivered", "delivered")
    assert hook.received[0] == hook.received[1]


def test_late(shop: Shop, hook: Letterbox) -> None:
    shop.arm("late", seconds=120)
    close_one(shop)
    all_in(shop, "waiting")
    shop.advance(119)
    all_in(shop, "waiting")
    shop.advance(1)
    all_in(shop, "delivered")


def test_reordered(shop: Shop, hook: Letterbox) -> None:
    shop.arm("reordered")
    first = close_one(shop)
    all_in(shop, "held")
    second = close_one(shop)
    all_in(shop, "delivered", "delivered")
    assert [body["orderDetailsData"]["orderId"] for body in hook.received] == [second, first]


def test_forged(shop: Shop, hook: Letterbox) -> None:
    shop.arm("forged")
    order_id = close_one(shop)
    all_in(shop, "delivered")
    assert hook.received[0]["orderDetailsData"]["saleAmount"] == 10
    assert shop.ok("getOrderDetails", orderId=order_id)["orderDetailsData"]["saleAmount"] == 24000


def test_an_order_can_be_told_at_any_time_truly_or_not(shop: Shop, hook: Letterbox) -> None:
    payment = shop.begin()
    shop.post(f"epc/orders/{payment.order_id}/notify")
    all_in(shop, "delivered")
    shop.post(f"epc/orders/{payment.order_id}/notify", forged=True)
    all_in(shop, "delivered", "delivered")
    assert [body["orderDetailsData"]["orderState"] for body in hook.received] == ["CLOSING", "CLOSED"]
    assert shop.state(payment.order_id) == "CLOSING"
