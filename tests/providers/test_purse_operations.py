"""How are captures, voids and refunds asked for at Purse, and what is made of each answer?"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from providers.base import Operation, OperationStatus, Outcome, Tender, Verb
from providers.errors import Declined, Invalid, Misconfigured, ProviderError, Uncertain, Unreachable
from providers.money import Money
from tests.providers.purse_wire import (
    API,
    ASK,
    CARD,
    CC,
    GC,
    GET,
    KNOWN,
    OAUTH,
    PAYMENT,
    SESSION,
    Wire,
    amounts,
    begun,
    known,
    links,
    operation,
    part,
    payment,
    scripted,
    session,
)

KEY = "G-GSUJHWUHC-1-c0a1b2c3d"
POST = {verb: f"POST /payment/v2/payments/{PAYMENT}/{verb}s" for verb in Verb}
LIST = {Verb.CAPTURE: "captures", Verb.VOID: "voids", Verb.REFUND: "refunds"}
ALL = links("capture", "void", "refund")


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def intent(verb: Verb, minor: int, key: str = KEY) -> Operation:
    """Our own row, written before Purse hears of it."""
    return Operation(verb=verb, money=eur(minor), status=OperationStatus.PENDING, key=key)


def operate(
    wire: Wire, verb: Verb, minor: int, plan: Any = None, settings: Any = None, **changes: Any
) -> Any:
    purse = wire.purse(**(settings or {}))
    method = {Verb.CAPTURE: purse.capture, Verb.VOID: purse.void, Verb.REFUND: purse.refund}[verb]
    asked = known(**{"operations": (intent(verb, minor),), **changes})
    return method(asked, eur(minor), key=KEY, plan=plan or {})


# --- what is asked ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", Verb)
def test_it_is_asked_where_the_payments_own_link_leads(wire: Wire, verb: Verb) -> None:
    done = payment(**{LIST[verb]: [operation(1500, key=KEY)]})
    wire.expect(GET, payment(links=ALL))
    wire.expect(POST[verb], (201, done), {"amount": 1500, "merchant_reference": KEY})
    told = operate(wire, verb, 1500)
    assert told.operations == (
        Operation(
            verb=verb,
            money=eur(1500),
            status=OperationStatus.SUCCESS,
            key=KEY,
            provider_id=f"op-{KEY}",
            message="",
        ),
    )


@pytest.mark.parametrize(
    ("plan", "settings", "field", "sent"),
    [
        ({}, {"capture_priorities": [{"method": "creditcard"}]}, "operation_priorities",
         [{"partner": "*", "method": "creditcard"}, {"partner": "*", "method": "*"}]),
        ({"priorities": [{"partner": "illicado"}, {}, {"method": "creditcard"}]}, {}, "operation_priorities",
         [{"partner": "illicado", "method": "*"}, {"partner": "*", "method": "*"},
          {"partner": "*", "method": "creditcard"}]),
        ({"priorities": [{"partner": "illicado"}]},
         {"capture_priorities": [{"method": "creditcard"}], "priority_field": "priorities"}, "priorities",
         [{"partner": "illicado", "method": "*"}, {"partner": "*", "method": "*"}]),
    ],
)  # fmt: skip
def test_the_priorities_are_sent_with_everything_else_at_the_end(
    wire: Wire, plan: Any, settings: Any, field: str, sent: Any
) -> None:
    wire.expect(GET, payment())
    wire.expect(POST[Verb.CAPTURE], payment(), {"amount": 1, "merchant_reference": KEY, field: sent})
    operate(wire, Verb.CAPTURE, 1, plan, settings)


def test_each_verb_has_its_own_priorities(wire: Wire) -> None:
    settings = {
        f"{verb}_priorities": [{"partner": "*", "method": method}, {}]
        for verb, method in (("capture", "voucher"), ("void", "wallet"), ("refund", "sdd"))
    }
    for verb, method in ((Verb.CAPTURE, "voucher"), (Verb.VOID, "wallet"), (Verb.REFUND, "sdd")):
        wire.expect(GET, payment(links=ALL)).expect(POST[verb], payment())
        operate(wire, verb, 1, settings=settings)
        assert wire.bodies[-1]["operation_priorities"][0]["method"] == method


def test_an_empty_plan_leaves_it_to_purse(wire: Wire) -> None:
    wire.expect(GET, payment())
    wire.expect(POST[Verb.CAPTURE], payment(), {"amount": 1, "merchant_reference": KEY})
    operate(wire, Verb.CAPTURE, 1, {"priorities": []}, {"capture_priorities": [{"method": "creditcard"}]})


def test_a_plan_that_is_none_is_refused_before_anything_is_asked(wire: Wire) -> None:
    with pytest.raises(Invalid):
        operate(wire, Verb.CAPTURE, 1, {"priorities": 7})
    assert wire.called == []


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 500), ("GBP", 1)])
def test_amounts_are_minor_units(wire: Wire, currency: str, minor: int) -> None:
    wire.expect(GET, payment(currency=currency)).expect(POST[Verb.CAPTURE], payment(currency=currency))
    asked = known(money=Money(minor, currency))
    wire.purse().capture(asked, Money(minor, currency), key=KEY, plan={})
    assert wire.bodies[-1]["amount"] == minor


def test_the_payment_is_found_through_its_session(wire: Wire) -> None:
    wire.expect(ASK, session("SUBMITTED", payment_id=PAYMENT)).expect(GET, payment())
    wire.expect(POST[Verb.CAPTURE], payment())
    wire.purse().capture(begun(), eur(1), key=KEY, plan={})
    wire.expect(ASK, session("SUBMITTED"))
    with pytest.raises(Misconfigured, match="names no payment"):
        wire.purse().capture(begun(), eur(1), key=KEY, plan={})


def test_what_purse_has_heard_already_is_not_sent_again(wire: Wire) -> None:
    heard = payment(captures=[operation(1500, part("p", "m", 1500), key=KEY)], amounts=amounts(captured=1500))
    wire.expect(GET, heard)
    told = operate(wire, Verb.CAPTURE, 1500)
    assert told.operations[0].status is OperationStatus.SUCCESS
    assert wire.called == [GET]


# --- the links --------------------------------------------------------------------------------------------

ROOT = API.removesuffix("/purse")


@pytest.mark.parametrize(
    "href",
    [
        f"/v2/payments/{PAYMENT}/captures",
        f"/payment/v2/payments/{PAYMENT}/captures",
        f"/purse/payment/v2/payments/{PAYMENT}/captures",
        f"{API}/payment/v2/payments/{PAYMENT}/captures",
        f"{API}/v2/payments/{PAYMENT}/captures",
    ],
)
def test_every_form_of_a_link_leads_to_one_address(wire: Wire, href: str) -> None:
    wire.expect(GET, payment(links={"capture": {"href": href, "method": "POST"}}))
    wire.expect(POST[Verb.CAPTURE], payment())
    operate(wire, Verb.CAPTURE, 1)


@pytest.mark.parametrize(
    "href",
    [
        "https://evil.example/payment/v2/payments/1/captures",
        "//evil.example/v2/payments/1/captures",
        f"https://127.0.0.1:9000/payment/v2/payments/{PAYMENT}/captures",
        "http://127.0.0.1:9001/v2/payments/1/captures",
        "http://user@127.0.0.1:9000/v2/payments/1/captures",
        "/oauth/token",
        "/v2/../oauth/token",
        "/v2/payments/1/captures?to=evil",
        "/v2/payments/1/captures#x",
        "/v2/payments/%2e%2e/captures",
        "v2/payments/1/captures",
        "http://[",
        "/v3/payments",
    ],
)
def test_a_link_that_leads_elsewhere_is_not_followed(wire: Wire, href: str) -> None:
    wire.expect(GET, payment(links={"capture": {"href": href, "method": "POST"}}))
    with pytest.raises(Misconfigured, match="Purse's link"):
        operate(wire, Verb.CAPTURE, 1)
    assert wire.called == [GET]


@pytest.mark.parametrize("there", [links("refund"), {}, {"capture": {"href": None}}, {"capture": {}}])
def test_without_its_link_an_operation_is_not_possible(wire: Wire, there: Any) -> None:
    wire.expect(GET, payment(links=there))
    with pytest.raises(Declined, match="offers no capture of this payment now"):
        operate(wire, Verb.CAPTURE, 1)


@pytest.mark.parametrize("there", [None, 7, [], {"capture": 7}])
def test_without_any_links_the_documented_address_is_asked(wire: Wire, there: Any) -> None:
    wire.expect(GET, payment(links=there)).expect(POST[Verb.CAPTURE], payment())
    operate(wire, Verb.CAPTURE, 1)


# --- each no ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, {"title": "Validation Error", "detail": "Too much."}), Declined),
        ((404, {}), Declined),
        ((409, {}), Declined),
        ((422, "<html>"), Declined),
        ((403, {}), Misconfigured),
        ((418, {}), Uncertain),
        ((500, {}), Uncertain),
        ((502, {}), Uncertain),
        ((202, ""), Uncertain),
        ((200, "[]"), Uncertain),
        ((200, payment(id="another")), Uncertain),
        (requests.exceptions.ReadTimeout(), Uncertain),
        (requests.exceptions.ConnectTimeout(), Unreachable),
    ],
)
def test_each_kind_of_no_and_never_a_second_try(wire: Wire, answer: Any, kind: type[ProviderError]) -> None:
    wire.expect(GET, payment()).expect(POST[Verb.CAPTURE], answer)
    with pytest.raises(kind) as caught:
        operate(wire, Verb.CAPTURE, 1)
    assert type(caught.value) is kind
    assert len(wire.called) == 2
    if isinstance(answer, tuple) and answer[0] == 400:
        assert str(caught.value) == "Purse refuses the capture: Too much."


def test_after_a_silence_the_list_tells(wire: Wire) -> None:
    wire.expect(GET, payment()).expect(POST[Verb.CAPTURE], requests.exceptions.ReadTimeout())
    with pytest.raises(Uncertain):
        operate(wire, Verb.CAPTURE, 1500)
    listed = operation(1500, part("illicado", "giftcard", 1500), key=KEY)
    wire.expect(GET, payment(captures=[listed], amounts=amounts(captured=1500)))
    told = wire.purse().sync(known(operations=(intent(Verb.CAPTURE, 1500),)))
    assert [(known.key, known.status) for known in told.operations or ()] == [(KEY, OperationStatus.SUCCESS)]
    assert told.captured == eur(1500)


# --- what the lists say -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("SUCCESS", OperationStatus.SUCCESS),
        ("PENDING", OperationStatus.PENDING),
        ("FAILURE", OperationStatus.FAILURE),
        ("CONFLICT", OperationStatus.CONFLICT),
        ("UNCERTAIN", OperationStatus.UNCERTAIN),
    ],
)
@pytest.mark.parametrize("verb", Verb)
def test_every_word_of_an_operation(wire: Wire, verb: Verb, word: str, status: OperationStatus) -> None:
    wire.expect(GET, payment(**{LIST[verb]: [operation(100, key=KEY, status=word)]}))
    told = wire.purse().sync(known())
    assert [(row.verb, row.money, row.status, row.key) for row in told.operations or ()] == [
        (verb, eur(100), status, KEY)
    ]
    assert told.warning == ""


@pytest.mark.parametrize("word", ["BLESSED", ""])
def test_a_word_that_purse_never_wrote_is_uncertain(wire: Wire, word: str) -> None:
    wire.expect(GET, payment(captures=[operation(100, key=KEY, status=word)]))
    told = wire.purse().sync(known())
    assert told.operations[0].status is OperationStatus.UNCERTAIN  # type: ignore[index]
    assert "operation" in told.warning
    assert told.outcome is Outcome.AUTHORIZED


def test_one_reference_on_three_lists_is_ours_once(wire: Wire) -> None:
    """Purse's own sample calls a capture, a void and a refund by one reference."""
    same = [operation(100, key=KEY)]
    wire.expect(GET, payment(captures=same, voids=same, refunds=same))
    told = wire.purse().sync(known(operations=(intent(Verb.VOID, 100),)))
    assert [(row.verb, row.key) for row in told.operations or ()] == [
        (Verb.CAPTURE, f"op-{KEY}"), (Verb.VOID, KEY), (Verb.REFUND, f"op-{KEY}"),
    ]  # fmt: skip


def test_what_purse_did_by_itself_is_no_operation(wire: Wire) -> None:
    """It is in the sums. As an operation of that amount it could be taken for one of ours that got lost."""
    automatic = operation(2000, part("illicado", "giftcard", 2000), triggered_by="SYSTEM", id="auto")
    pending = operation(500, triggered_by=None, id="auto-2", status="PENDING")
    wire.expect(GET, payment(captures=[automatic, pending], amounts=amounts(captured=2000)))
    told = wire.purse().sync(known(operations=(intent(Verb.CAPTURE, 2000),)))
    assert told.operations == ()
    assert (told.captured, told.pending) == (eur(2000), eur(500))
    assert [tender.captured.minor for tender in told.tenders] == [0, 2000]


def test_what_the_merchant_did_at_purse_goes_by_its_own_id(wire: Wire) -> None:
    wire.expect(
        GET,
        payment(captures=[operation(2000, id="there")], refunds=[operation(1, triggered_by=None, id="r")]),
    )
    told = wire.purse().sync(known(operations=(intent(Verb.CAPTURE, 2000),)))
    assert [(row.key, row.provider_id) for row in told.operations or ()] == [("there", "there"), ("r", "r")]


# Example G of the contract: 30.00 by default are 20.00 of the gift card, at once, and 10.00 of the card.
GIVEN = part("illicado", "giftcard", 2000)


@pytest.mark.parametrize(
    ("word", "card", "gift", "sums", "status", "captured", "pending", "message"),
    [
        ("PENDING", "PENDING", GIVEN, amounts(captured=2000), OperationStatus.PENDING, 2000, 1000,
         "illicado giftcard: 20.00 EUR done; ingenico creditcard: 10.00 EUR not known yet (Said so)"),
        ("SUCCESS", "SUCCESS", GIVEN, amounts(captured=3000), OperationStatus.SUCCESS, 3000, 0, ""),
        ("CONFLICT", "FAILURE", GIVEN, amounts(captured=2000), OperationStatus.CONFLICT, 2000, 0,
         "illicado giftcard: 20.00 EUR done; ingenico creditcard: 10.00 EUR failed (Said so)"),
        ("FAILURE", "FAILURE", {**GIVEN, "status": "FAILURE"}, amounts(), OperationStatus.FAILURE, 0, 0,
         "illicado giftcard: 20.00 EUR failed; ingenico creditcard: 10.00 EUR failed (Said so)"),
        ("UNCERTAIN", "UNCERTAIN", GIVEN, amounts(captured=2000), OperationStatus.UNCERTAIN, 2000, 1000,
         "illicado giftcard: 20.00 EUR done; ingenico creditcard: 10.00 EUR not known yet (Said so)"),
    ],
)  # fmt: skip
def test_example_g_one_capture_with_two_ends(
    wire: Wire, word: str, card: str, gift: Any, sums: Any, status: OperationStatus, captured: int, pending: int,
    message: str,
) -> None:  # fmt: skip
    its = part("ingenico", "creditcard", 1000, card, partner_status_description="Said so")
    wire.expect(GET, payment())
    wire.expect(
        POST[Verb.CAPTURE],
        payment(captures=[operation(3000, gift, its, key=KEY, status=word)], amounts=sums),
    )
    told = operate(wire, Verb.CAPTURE, 3000)
    (row,) = told.operations
    assert (row.status, row.message) == (status, message)
    assert (told.captured, told.pending) == (eur(captured), eur(pending))
    assert {tender.id: tender.captured.minor for tender in told.tenders} == {
        "cc": 1000 if card == "SUCCESS" else 0,
        "gc": 2000 if captured else 0,
    }
    assert told.outcome is (Outcome.PAID if captured else Outcome.AUTHORIZED)
    assert told.warning == ""


def test_an_open_operation_without_its_parts_is_all_under_way(wire: Wire) -> None:
    wire.expect(
        GET,
        payment(refunds=[operation(700, key=KEY, status="PENDING")], voids=[operation(1, status="PENDING")]),
    )
    assert wire.purse().sync(known()).pending == eur(701)


# --- who gave how much ------------------------------------------------------------------------------------


def tenders_of(wire: Wire, *parts: Any, **changes: Any) -> Any:
    wire.expect(GET, payment("AUTHORIZED", *parts, **changes))
    told = wire.purse().sync(known())
    sums = {
        tender.id: (tender.captured.minor, tender.voided.minor, tender.refunded.minor)
        for tender in told.tenders
    }
    return sums, told.warning


def test_each_operations_parts_are_added_up(wire: Wire) -> None:
    card, gift = ("ingenico", "creditcard"), ("illicado", "giftcard")
    sums = tenders_of(
        wire,
        captures=[
            operation(1500, part(*gift, 1500)),
            operation(3000, part(*gift, 500), part(*card, 2500)),
            operation(5000, part(*card, 5000), part(*gift, 1, "FAILURE")),
        ],
        voids=[operation(2500, part(*card, 2500))],
        refunds=[operation(8000, part(*card, 7500), part(*gift, 500))],
        amounts=amounts(12000, 9500, 2500, 8000),
    )
    assert sums == ({"cc": (7500, 2500, 7500), "gc": (2000, 0, 500)}, "")


def test_a_part_with_the_authorisations_id_is_that_ones(wire: Wire) -> None:
    twins = [part("illicado", "giftcard", 1000, "AUTHORIZED", name=name) for name in ("g1", "g2")]
    captures = [operation(400, part("illicado", "giftcard", 400, name="g2"))]
    sums, _ = tenders_of(wire, *twins, captures=captures, amounts=amounts(2000, 400))
    assert sums == {"g1": (0, 0, 0), "g2": (400, 0, 0)}


def test_example_f_two_gift_cards_of_one_name(wire: Wire) -> None:
    gift, card = ("illicado", "giftcard"), ("ingenico", "creditcard")
    parts = [
        part(*gift, 1000, "AUTHORIZED", name="g1"),
        part(*gift, 1500, "AUTHORIZED", name="g2"),
        part(*card, 9500, "AUTHORIZED", name="cc"),
    ]
    first = operation(2000, part(*gift, 1000), part(*gift, 1000))
    second = operation(10000, part(*gift, 500), part(*card, 9500))
    sums, warning = tenders_of(wire, *parts, captures=[first, second], amounts=amounts(12000, 12000))
    assert (sums, warning) == ({"g1": (1000, 0, 0), "g2": (1500, 0, 0), "cc": (9500, 0, 0)}, "")


def test_one_operation_takes_from_each_twin_once(wire: Wire) -> None:
    gift = ("illicado", "giftcard")
    twins = [part(*gift, 1500, "AUTHORIZED", name=name) for name in ("g1", "g2")]
    captures = [operation(1400, part(*gift, 700), part(*gift, 700))]
    sums, _ = tenders_of(wire, *twins, captures=captures, amounts=amounts(3000, 1400))
    assert sums == {"g1": (700, 0, 0), "g2": (700, 0, 0)}


def test_one_means_of_payment_has_all_the_sums(wire: Wire) -> None:
    """Purse's own sample lists 42.99 three times where its sums say 30.00, 2.99 and 0."""
    only = part("ingenico", "creditcard", 4299, "AUTHORIZED", name="only")
    listed = [operation(4299, part("ingenico", "creditcard", 4299))]
    sums = tenders_of(
        wire,
        only,
        captures=listed,
        voids=listed,
        refunds=listed,
        amounts=amounts(4299, 3000, 299),
        amount=4299,
    )
    assert sums == ({"only": (3000, 299, 0)}, "")


def test_lists_that_do_not_add_up_are_told(wire: Wire) -> None:
    sums, warning = tenders_of(wire, amounts=amounts(captured=2000))
    assert sums == {"cc": (0, 0, 0), "gc": (0, 0, 0)}
    assert warning == "Purse's transactions add up to 0.00 EUR captured, its sums say 20.00 EUR."


def test_what_did_not_come_through_is_no_means_of_payment(wire: Wire) -> None:
    refused = part("paypal", "wallet", 12000, "REFUSED", name="pp")
    sums, _ = tenders_of(wire, refused, CC, GC)
    assert list(sums) == ["cc", "gc"]


def test_a_part_of_nobody_is_left_out(wire: Wire) -> None:
    captures = [operation(100, part("nobody", "knows", 100))]
    sums, warning = tenders_of(wire, captures=captures, amounts=amounts(captured=100))
    assert sums == {"cc": (0, 0, 0), "gc": (0, 0, 0)}
    assert "add up to 0.00 EUR captured" in warning


def test_the_tenders_can_be_planned_with(wire: Wire) -> None:
    wire.expect(GET, payment())
    purse = wire.purse()
    told = purse.sync(known())
    shares = purse.share_out(known(tenders=told.tenders), Verb.CAPTURE, eur(2500), plan={})
    assert [(share.tender.id, share.money) for share in shares] == [("gc", eur(2000)), ("cc", eur(500))]
    assert all(isinstance(share.tender, Tender) for share in shares)


# --- Purse's own sample -----------------------------------------------------------------------------------

# "Response body for a full capture operation", as the manual has it: one id for everything, three operations of the
# whole amount where the sums know of parts, links to another payment, a number where elsewhere is a text.
ONE_ID = "e3a6516b-0ec4-4a5b-92b0-7bb9693e82c1"
ITS_PART = {
    "id": ONE_ID,
    "created_at": "2019-08-24T14:15:22Z",
    "amount": 4299,
    "partner": "ingenico",
    "method": "creditcard",
    "partner_reference": "AE0002ZCF7652QFF",
    "partner_status": "000.000.000",
    "partner_status_description": "Transaction succeeded",
    "partner_token": "f8a333e9-cdc2-45d1-b9e5-dba95e00fa95",
    "status": "SUCCESS",
    "remaining_amount": 4299,
}
ITS_OPERATION = {
    "id": ONE_ID,
    "amount": 4299,
    "created_at": "2020-08-25T10:42:59.123+02:00",
    "triggered_by": "MERCHANT",
    "merchant_reference": "CAP#1223445",
    "status": "SUCCESS",
    "partner_transactions": [ITS_PART],
    "order": {"shipments": [{"net_amount": 4299, "item_lines": [{"type": "PHYSICAL", "quantity": 4}]}]},
}
SAMPLE = {
    "id": "497f6eca-6276-4993-bfeb-53cbbbba6f08",
    "created_at": "2019-08-24T14:15:22Z",
    "overview": {"consumed": "NOT", "captured": "NOT", "voided": "NOT", "refunded": "NOT"},
    "client_session_id": "083e320e-e2e2-4a94-b5e1-abc028b960ab",
    "entity_id": "8161163a-f227-466f-bc01-090a01e80165",
    "version": 3,
    "order_reference": "order_01",
    "amount": 4299,
    "currency": "EUR",
    "capture_mode": "MANUAL",
    "captures": [ITS_OPERATION],
    "voids": [ITS_OPERATION],
    "refunds": [ITS_OPERATION],
    "authorization": {
        "updated_at": "2019-08-24T14:15:22Z",
        "status": "AUTHORIZED",
        "partner_transactions": [{**ITS_PART, "status": "AUTHORIZED", "card": CARD}],
    },
    "amounts": {
        "total_authorized": 4299,
        "total_voided": 299,
        "available_to_void": 1000,
        "total_captured": 3000,
        "available_to_capture": 1000,
        "total_refunded": 0,
        "available_to_refund": 3000,
    },
    "links": links("capture", "refund", "void"),
    "split": [
        {"partner": "ingenico", "method": "creditcard", "amount": 4299, "parent_partner_reference": 123456789}
    ],
    "webhook": {
        "url": "https://www.example.org/",
        "headers": [{"name": "x-order-id", "values": [123456789]}],
    },
}


def test_purses_own_sample_is_read_by_its_sums(wire: Wire) -> None:
    memo = {"session_id": SAMPLE["client_session_id"], "payment_id": SAMPLE["id"]}
    mine = known(reference="order_01", money=eur(4299), memo=memo, operations=(intent(Verb.REFUND, 500),))
    asked = f"GET /payment/v2/payments/{SAMPLE['id']}"
    wire.expect(asked, SAMPLE)
    told = wire.purse().sync(mine)
    assert (told.outcome, told.reference, told.warning) == (Outcome.PAID, "order_01", "")
    assert (told.authorized, told.captured, told.voided, told.refunded, told.pending) == (
        eur(4299), eur(3000), eur(299), eur(0), eur(0),
    )  # fmt: skip
    (tender,) = told.tenders
    assert (tender.id, tender.captured, tender.voided, tender.refunded) == (
        ONE_ID,
        eur(3000),
        eur(299),
        eur(0),
    )
    assert [row.verb for row in told.operations or ()] == list(Verb)
    # The link leads to the id that Purse put there, and its answer is about our payment.
    wire.expect(asked, SAMPLE).expect(POST[Verb.REFUND], SAMPLE, {"amount": 500, "merchant_reference": KEY})
    wire.purse().refund(mine, eur(500), key=KEY, plan={})


def test_a_memo_is_all_that_has_to_be_remembered() -> None:
    assert set(KNOWN) == {"session_id", "payment_id", "version"}
    assert KNOWN["session_id"] == SESSION
    assert OAUTH == "POST /oauth/token"
