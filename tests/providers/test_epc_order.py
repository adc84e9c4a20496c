"""Which S360 order is paid? Made of what the shop brings, or left over from the last attempt."""

from typing import Any

import pytest

from providers.base import Kind
from providers.errors import Invalid, Misconfigured, Uncertain
from providers.money import Money
from tests.providers.s360 import (
    MEMO,
    OPERATIONS,
    ORDER,
    S360,
    STARTED,
    charge,
    made,
    order,
)

DETAILS = "externalOrderService/getOrderDetails"

MAKE = "externalOrderFacade/createOrUpdateOrder"


def test_the_order_is_made_of_the_operations_that_the_shop_brings(s360: S360) -> None:
    s360.expect(
        MAKE,
        made(),
        {
            "requestId": None,
            "pointOfSalesId": 466653735,
            "orderType": "SALE",
            "purchasersInfo": [{"contactReference": "752565"}],
            "externalReference": "order-7",
            "simpleProductOperations": [
                {"audienceSubCategoryId": 306159078, "quantity": 1, "itemId": 10228231110052}
            ],
        },
    )
    assert s360.epc().prepare(charge()) == MEMO


def test_our_names_and_s360s_names_say_the_same(s360: S360) -> None:
    ours = {
        "contact_number": "752565",
        "external_reference": "basket-3",
        "file_id": 12,
        "single_entry_attribution_operations": [
            {
                "operation_attributions": {
                    "audience_sub_category_id": 1,
                    "quantity": 2,
                    "performance_id": 10228231109243,
                    "seat_category_id": 4,
                },
                "prefered_areas": [{"areaId": 5}],
            }
        ],
        "charge_operations": [{"anything": "goes"}],
    }
    s360.expect(
        MAKE,
        made(),
        {
            "requestId": None,
            "pointOfSalesId": 466653735,
            "orderType": "SALE",
            "purchasersInfo": [{"contactReference": "752565"}],
            "externalReference": "basket-3",
            "fileId": 12,
            "singleEntryAttributionOperations": [
                {
                    "operationAttributions": {
                        "audienceSubCategoryId": 1,
                        "quantity": 2,
                        "performanceId": 10228231109243,
                        "seatCategoryId": 4,
                    },
                    "preferedAreas": [{"areaId": 5}],
                }
            ],
            "chargeOperations": [{"anything": "goes"}],
        },
    )
    assert s360.epc().prepare(charge(options=ours))["order_id"] == ORDER


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (made(40000), "amount: asked 24.00 GBP, S360 sells it for 40.00 GBP"),
        (made(0), "amount: asked 24.00 GBP, S360 sells it for 0.00 GBP"),
        (made(24001), "amount: 24001 thousandths of GBP are no whole amount"),
        (made(None), "amount: asked 24.00 GBP, S360 sells it without saying for how much"),
        (
            made(catalogCurrency={"currencyCode": "EUR"}),
            "amount: asked 24.00 GBP, S360 sells it for 24.00 EUR",
        ),
    ],
)
def test_another_price_is_refused_before_any_payment_is_made(s360: S360, answer: Any, sentence: str) -> None:
    s360.expect(MAKE, answer)
    with pytest.raises(Invalid) as refused:
        s360.epc().prepare(charge())
    assert str(refused.value) == sentence
    assert s360.called == ["createOrUpdateOrder"]


def test_every_operation_counts(s360: S360) -> None:
    operations = [{"unitPrice": 8000, "quantity": 2}, {"totalAmount": "7500.0"}, {"totalAmount": 500}]
    s360.expect(MAKE, made(operationDataUpdates=operations))
    assert s360.epc().prepare(charge()) == MEMO


def test_a_catalogue_without_a_currency_needs_the_setting(s360: S360) -> None:
    s360.expect(MAKE, made(catalogCurrency=None)).expect(MAKE, made(catalogCurrency=None))
    with pytest.raises(Misconfigured, match="catalogue currency"):
        s360.epc().prepare(charge())
    assert s360.epc(catalogue_currency="GBP").prepare(charge()) == MEMO


@pytest.mark.parametrize("order_id", ["2621264", 2621264])
def test_an_order_that_is_brought_along_is_looked_at_first(s360: S360, order_id: object) -> None:
    s360.expect(DETAILS, order("OPEN", orderId="2621264"), {"orderId": ORDER})
    assert s360.epc().prepare(charge(options={"order_id": order_id})) == MEMO


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (
            order("CLOSED"),
            Invalid,
            "options.epc.order_id: S360 order 2621264 is closed: it has been paid already",
        ),
        (order("ABANDONED"), Invalid, "options.epc.order_id: S360 order 2621264 can no longer be paid"),
        (
            order("OPEN", expirationDate="2020-10-13T10:32:33.738+00:00"),
            Invalid,
            "options.epc.order_id: S360 order 2621264 can no longer be paid",
        ),
        (order("CLOSING"), Uncertain, "A payment for S360 order 2621264 is still under way."),
        (order("OPEN", saleAmount=40000), Invalid, "amount: asked 24.00 GBP, S360 sells it for 40.00 GBP"),
        (
            order("OPEN", orderId=990735),
            Uncertain,
            "Asked about order 2621264, S360 answered about order 990735.",
        ),
    ],
)
def test_an_order_that_is_brought_along_must_be_payable(
    s360: S360, answer: Any, kind: type[Exception], sentence: str
) -> None:
    s360.expect(DETAILS, answer)
    with pytest.raises(kind) as refused:
        s360.epc().prepare(charge(options={"orderId": ORDER}))
    assert str(refused.value) == sentence


def test_a_further_attempt_pays_the_same_order(s360: S360) -> None:
    s360.expect(DETAILS, order("OPEN"))
    assert s360.epc().prepare(charge(previous=STARTED)) == MEMO


def test_a_further_attempt_makes_a_new_order_when_the_old_one_is_gone(s360: S360) -> None:
    s360.expect(DETAILS, order("ABANDONED")).expect(MAKE, made(orderId=990735))
    assert s360.epc().prepare(charge(previous=STARTED))["order_id"] == 990735


def test_a_payment_that_nobody_ever_saw_blocks_nobody(s360: S360) -> None:
    s360.expect(DETAILS, order("CLOSING")).expect(MAKE, made(orderId=990735))
    assert s360.epc().prepare(charge(previous=MEMO))["order_id"] == 990735


@pytest.mark.parametrize("previous", [STARTED, {**MEMO, "with_saved_card": True}])
def test_a_payment_under_way_blocks_the_next(s360: S360, previous: dict[str, Any]) -> None:
    s360.expect(DETAILS, order("CLOSING"))
    with pytest.raises(Uncertain, match="still under way"):
        s360.epc().prepare(charge(previous=previous))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        (
            {"options": {}},
            "SecuTix sells what S360 sells: the order brings neither product operations nor an order_id.",
        ),
        ({"kind": Kind.SUBSCRIPTION}, "SecuTix EPC does not do subscription orders."),
        (
            {"capture_later": True},
            "SecuTix takes the money when the order is closed: it cannot be captured later.",
        ),
        (
            {"money": Money.zero("GBP")},
            "SecuTix cannot take this order: amount: 0.00 GBP is nothing to be paid.",
        ),
        (
            {"money": Money(25, "CLF")},
            "SecuTix cannot take this order: amount: 0.0025 CLF cannot be told in thousandths.",
        ),
        (
            {"options": {"orderID": 1}},
            "SecuTix cannot take this order: options.epc.orderID: Extra inputs are not permitted.",
        ),
        (
            {"options": {"simple_product_operations": [{"item_id": 1, "quantity": 0}]}},
            (
                "SecuTix cannot take this order: "
                "options.epc.simple_product_operations.0.audienceSubCategoryId: Field required."
            ),
        ),
        (
            {"options": {**OPERATIONS, "order_id": 1}},
            (
                "SecuTix cannot take this order: "
                "options.epc: Value error, bring an order id or product operations, not both."
            ),
        ),
        (
            {"kind": Kind.SAVE_CARD, "money": Money.zero("GBP"), "options": {}},
            "A card is kept for a known S360 contact: the order has to bring its contact_number.",
        ),
        (
            {"kind": Kind.SAVE_CARD, "money": Money.zero("GBP"), "options": {"contact_number": "752565"}},
            "",
        ),
    ],
)
def test_what_cannot_be_taken_is_said_without_asking(s360: S360, changes: Any, sentence: str) -> None:
    asked = charge(**changes)
    assert s360.epc().refuses(asked) == sentence
    if sentence:
        with pytest.raises(Invalid):
            s360.epc().prepare(asked)
