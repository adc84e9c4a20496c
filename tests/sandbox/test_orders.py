"""Are orders opened, priced, shown and closed as the contract says?"""

from typing import Any

import pytest
import requests

from tests.sandbox.shop import ADULT, APPROVED, AUDIENCE, BOOK, CHILD, Shop, order_request, token


def test_an_order_is_priced_from_the_catalogue_in_thousandths(shop: Shop) -> None:
    answer = shop.ok(
        "createOrUpdateOrder", **order_request((ADULT, 2), (CHILD, 1)), externalReference="web-7"
    )
    data = answer["orderUpdateData"]
    assert answer["expectedException"] is False
    assert data["orderId"] > 2**31
    assert data["catalogCurrency"]["currencyCode"] == "EUR"
    assert data["catalogCurrency"]["minAmount"] == 10
    assert [line["totalAmount"] for line in data["operationDataUpdates"]] == [48000, 12500]
    assert all(line["operationId"] > 2**31 for line in data["operationDataUpdates"])

    details = shop.ok("getOrderDetails", orderId=data["orderId"])["orderDetailsData"]
    assert details["orderState"] == "OPEN"
    assert details["saleAmount"] == 60500
    assert details["externalReference"] == "web-7"
    assert [line["quantity"] for line in details["operationDatas"]] == [2, 1]
    assert details["creationDateTime"].endswith("+01:00")
    assert len(details["creationDateTime"]) == len("2025-10-06T12:18:34.845+01:00")


def test_request_id_is_echoed_and_null_is_not(shop: Shop) -> None:
    assert shop.ok("createOrUpdateOrder", **order_request(requestId=42))["requestId"] == 42
    assert "requestId" not in shop.ok("createOrUpdateOrder", **order_request())
    refused = shop.call("getOrderDetails", requestId=7, orderId=1)
    assert (refused["requestId"], refused["statusCode"]) == (7, "error")


def test_an_order_id_may_be_text_and_is_answered_as_a_number(shop: Shop) -> None:
    order_id = shop.order()
    shown = shop.ok("getOrderDetails", orderId=str(order_id))
    assert shown["orderDetailsData"]["orderId"] == order_id


def test_an_update_replaces_the_operations(shop: Shop) -> None:
    order_id = shop.order((ADULT, 1))
    data = shop.ok("createOrUpdateOrder", **order_request((BOOK, 3)), orderId=str(order_id))[
        "orderUpdateData"
    ]
    assert data["orderId"] == order_id
    assert len(data["removeOperationIds"]) == 1
    assert shop.ok("getOrderDetails", orderId=order_id)["orderDetailsData"]["saleAmount"] == 119700


def test_an_order_being_paid_can_not_be_updated(shop: Shop) -> None:
    payment = shop.begin()
    said = shop.refused("createOrUpdateOrder", **order_request((BOOK, 1)), orderId=payment.order_id)
    assert said == f"orderId: order {payment.order_id} is CLOSING and can not be changed"


L = "simpleProductOperations"
LINE = {"audienceSubCategoryId": AUDIENCE, "quantity": 1, "itemId": ADULT}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"pointOfSalesId": None}, "pointOfSalesId: is required"),
        ({"pointOfSalesId": 1}, "pointOfSalesId: is not a point of sale"),
        ({"pointOfSalesId": "466653735"}, "pointOfSalesId: must be an integer"),
        ({"requestId": "one"}, "requestId: must be an integer"),
        ({"orderType": "GIFT"}, "orderType: must be one of"),
        ({"orderType": "REFUND_CLIENT"}, "orderType: REFUND_CLIENT is not played"),
        ({"chargeOperations": [{}]}, "chargeOperations: is not played"),
        ({L: None}, "simpleProductOperations: is required"),
        ({L: []}, "simpleProductOperations: must not be empty"),
        ({L: {}}, "simpleProductOperations: must be a list"),
        ({L: [7]}, "simpleProductOperations[0]: must be an object"),
        ({L: [LINE | {"quantity": 0}]}, "simpleProductOperations[0].quantity: must be 1.."),
        ({L: [LINE | {"quantity": 1.5}]}, "simpleProductOperations[0].quantity: must be an"),
        ({L: [LINE | {"quantity": True}]}, "simpleProductOperations[0].quantity: must be an"),
        ({L: [LINE, LINE | {"itemId": 9}]}, "simpleProductOperations[1].itemId: item 9"),
        ({L: [LINE | {"audienceSubCategoryId": 9}]}, "simpleProductOperations[0].audience"),
        ({"purchasersInfo": [{"contactReference": 5}]}, "purchasersInfo[0].contactReference: must be a text"),
        ({"externalReference": "x" * 256}, "externalReference: is longer"),
        ({"orderId": 12}, "orderId: order 12 is not known"),
    ],
)  # fmt: skip
def test_a_bad_order_is_refused_by_the_name_of_its_field(
    shop: Shop, changes: dict[str, Any], field: str
) -> None:
    assert shop.refused("createOrUpdateOrder", **(order_request() | changes)).startswith(field)


def test_only_post_only_json_only_this_version(shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {token()}"}
    address = shop.address("getOrderDetails")
    for verb in ("GET", "PUT", "DELETE"):
        refused = requests.request(verb, address, headers=headers, timeout=10)
        assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
    assert requests.post(address, data={"orderId": 1}, headers=headers, timeout=10).status_code == 415
    for body in (b"", b"{", b"[]", b"\xff"):
        kind = headers | {"Content-Type": "application/json"}
        assert requests.post(address, data=body, headers=kind, timeout=10).status_code == 400
    other = address.replace("v1_33", "v1_11")
    assert requests.post(other, json={}, headers=headers, timeout=10).status_code == 404


def test_the_status_of_errors_is_a_setting(shop: Shop) -> None:
    shop.account(error_http_status=400)
    assert shop.raw("getOrderDetails", {"orderId": 1}).status_code == 400


def test_an_order_that_nobody_pays_expires(shop: Shop) -> None:
    order_id = shop.order()
    payment = shop.begin()
    shop.advance(24 * 60)
    assert (shop.state(order_id), shop.status(payment)) == ("OPEN", "WAITING")
    shop.advance(60)
    assert (shop.state(order_id), shop.state(payment.order_id)) == ("ABANDONED", "ABANDONED")
    assert shop.status(payment) == "ABANDONED"


def test_a_closed_order_never_expires(shop: Shop) -> None:
    payment = shop.begin()
    shop.pay(payment, card=APPROVED)
    shop.notify(payment.order_id)
    shop.advance(3600)
    assert (shop.state(payment.order_id), shop.status(payment)) == ("CLOSED", "PAID")


def test_reopen_order(shop: Shop) -> None:
    order_id = shop.order()
    assert shop.ok("reopenOrder", requestId=None, orderId=order_id) == {"statusCode": "success"}
    shop.advance(3600)
    assert shop.state(order_id) == "ABANDONED"
    shop.ok("reopenOrder", orderId=order_id)
    assert shop.state(order_id) == "OPEN"
    shop.advance(20 * 60)
    payment = shop.begin(order_id)
    assert "still running" in shop.refused("reopenOrder", orderId=order_id)
    shop.pay(payment, card=APPROVED)
    assert "still running" in shop.refused("reopenOrder", orderId=order_id)
    shop.notify(order_id)
    assert shop.refused("reopenOrder", orderId=order_id) == f"orderId: order {order_id} is CLOSED"


def test_close_order_only_where_nothing_is_to_be_paid(shop: Shop) -> None:
    order_id = shop.order()
    who = {"purchaserInfo": {"contactReference": "752565"}}
    assert "24000 to pay" in shop.refused("closeOrder", orderId=order_id, **who)
    assert "purchaserInfo: is required" in shop.refused("closeOrder", orderId=order_id)
    free_day = {"items": [{"itemId": ADULT, "name": "Free day", "price": 0}]}
    shop.http.put(f"{shop.url}/_sandbox/epc/catalogue", json=free_day, timeout=10)
    free_id = shop.order((ADULT, 1))
    assert shop.ok("closeOrder", orderId=free_id, **who)["orderData"]["orderState"] == "CLOSED"
    assert "is CLOSED" in shop.refused("closeOrder", orderId=free_id, **who)


def test_the_catalogue_can_be_set(shop: Shop) -> None:
    address = f"{shop.url}/_sandbox/epc/catalogue"
    assert [item["price"] for item in shop.get("epc/catalogue")["items"]] == [24000, 12500, 39900, 9990]
    stock = [{"itemId": 5, "name": "Guided tour", "price": 7250, "audienceSubCategoryId": AUDIENCE}]
    assert shop.http.put(address, json={"items": stock}, timeout=10).json() == {"items": stock}
    assert "is not in the catalogue" in shop.refused("createOrUpdateOrder", **order_request((ADULT, 1)))
    order_id = shop.order((5, 2))
    assert shop.ok("getOrderDetails", orderId=order_id)["orderDetailsData"]["saleAmount"] == 14500
    bad = shop.http.put(address, json={"items": [{"itemId": 5, "name": "x", "price": -1}]}, timeout=10)
    assert (bad.status_code, bad.json()["field"]) == (400, "items[0].price")
    shop.post("reset")
    assert len(shop.get("epc/catalogue")["items"]) == 4
