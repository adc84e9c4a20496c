"""Do capture, void and refund distribute as the seed's rules say? Every row of the contract's examples A to G."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.sandbox.purse_shop import Json, PurseShop, books, shares

CC, GC = "ingenico/creditcard", "illicado/giftcard"
PAYPAL, ANCV = "paypal/wallet", "ancv/voucher"
S = (("ingenico", "creditcard", 10000), ("illicado", "giftcard", 2000))
Q = (
    ("ingenico", "creditcard", 6000),
    ("illicado", "giftcard", 2000),
    ("paypal", "wallet", 3000),
    ("ancv", "voucher", 1000),
)
CUSTOM = [
    {"partner": "*", "method": "creditcard"},
    {"partner": "*", "method": "*"},
    {"partner": "illicado", "method": "*"},
]


@pytest.fixture
def purse(own_sandbox: str) -> Iterator[PurseShop]:
    shop = PurseShop(own_sandbox)
    shop.post("reset")
    yield shop
    shop.http.close()


def split_of(purse: PurseShop, split: Any) -> Json:
    """A payment of this split; a wallet's own page is pressed by the test."""
    parts = [
        {"partner": partner, "method": method, "amount": amount, "outcome": "approve"}
        for partner, method, amount in split
    ]
    session = purse.session(sum(amount for _, _, amount in split))
    payment: Json = purse.pay(session, parts=parts)["payment"]
    assert payment["authorization"]["status"] == "AUTHORIZED"
    return payment


def entry(words: str) -> dict[str, str]:
    partner, method = words.split("/")
    return {"partner": partner, "method": method}


def links(payment: Json) -> set[str]:
    return set(payment["links"]) - {"self"}


def test_example_a_defaults_in_sequence(purse: PurseShop) -> None:
    payment = split_of(purse, S)
    assert books(payment) == (0, 0, 0, 12000, 0, "N/N/N/N")
    assert links(payment) == {"capture", "void"}
    steps: list[tuple[str, int, list[tuple[str, int]], tuple[Any, ...], set[str]]] = [
        ("capture", 1500, [(GC, 1500)], (1500, 0, 0, 10500, 1500, "P/P/N/N"), {"capture", "void", "refund"}),
        ("capture", 3000, [(GC, 500), (CC, 2500)], (4500, 0, 0, 7500, 4500, "P/P/N/N"),
         {"capture", "void", "refund"}),
        ("void", 2500, [(CC, 2500)], (4500, 2500, 0, 5000, 4500, "P/P/P/N"), {"capture", "void", "refund"}),
        ("capture", 5000, [(CC, 5000)], (9500, 2500, 0, 0, 9500, "T/P/P/N"), {"refund"}),
        ("refund", 8000, [(CC, 7500), (GC, 500)], (9500, 2500, 8000, 0, 1500, "T/P/P/P"), {"refund"}),
        ("refund", 1500, [(GC, 1500)], (9500, 2500, 9500, 0, 0, "T/P/P/T"), set()),
    ]  # fmt: skip
    for kind, amount, distribution, told, possible in steps:
        payment = purse.operate(payment, kind, amount)
        assert shares(payment, kind) == distribution
        assert books(payment) == told
        assert links(payment) == possible
        assert payment[f"{kind}s"][-1]["status"] == "SUCCESS"
    assert purse.payment(payment["id"]) == payment


def test_example_a_one_full_capture(purse: PurseShop) -> None:
    payment = purse.operate(split_of(purse, S), "capture", 12000)
    assert shares(payment, "capture") == [(GC, 2000), (CC, 10000)]
    assert books(payment) == (12000, 0, 0, 0, 12000, "T/T/N/N")


@pytest.mark.parametrize(
    ("priorities", "captured", "refunded"),
    [
        (None, [(GC, 2000), (CC, 9000)], [(CC, 9000), (GC, 1500)]),
        (CUSTOM, [(CC, 10000), (GC, 1000)], [(CC, 10000), (GC, 500)]),
    ],
)
@pytest.mark.parametrize("name", ["operation_priorities", "priorities", "priority"])
def test_example_b_the_seeds_own_list(
    purse: PurseShop, name: str, priorities: Any, captured: Any, refunded: Any
) -> None:
    more = {name: priorities} if priorities else {}
    payment = purse.operate(split_of(purse, S), "capture", 11000, **more)
    assert shares(payment, "capture") == captured
    assert books(payment) == (11000, 0, 0, 1000, 11000, "P/P/N/N")
    payment = purse.operate(payment, "refund", 10500, **more)
    assert shares(payment, "refund") == refunded
    assert books(payment) == (11000, 0, 10500, 1000, 500, "P/P/N/P")


def test_example_c_four_solutions(purse: PurseShop) -> None:
    payment = split_of(purse, Q)
    steps: list[tuple[str, int, list[tuple[str, int]], tuple[Any, ...]]] = [
        ("capture", 8000, [(CC, 6000), (PAYPAL, 2000)], (8000, 0, 0, 4000, 8000, "P/P/N/N")),
        ("capture", 2000, [(PAYPAL, 1000), (ANCV, 1000)], (10000, 0, 0, 2000, 10000, "P/P/N/N")),
        ("capture", 2000, [(GC, 2000)], (12000, 0, 0, 0, 12000, "T/T/N/N")),
        ("refund", 7000, [(CC, 6000), (PAYPAL, 1000)], (12000, 0, 7000, 0, 5000, "T/T/N/P")),
        ("refund", 5000, [(PAYPAL, 2000), (ANCV, 1000), (GC, 2000)], (12000, 0, 12000, 0, 0, "T/T/N/T")),
    ]
    for kind, amount, distribution, told in steps:
        payment = purse.operate(payment, kind, amount, priorities=CUSTOM)
        assert shares(payment, kind) == distribution
        assert books(payment) == told


def test_example_c_defaults(purse: PurseShop) -> None:
    payment = purse.operate(split_of(purse, Q), "capture", 8000)
    assert shares(payment, "capture") == [(GC, 2000), (CC, 6000)]
    payment = purse.operate(payment, "capture", 4000)
    assert shares(payment, "capture") == [(PAYPAL, 3000), (ANCV, 1000)]
    payment = purse.operate(payment, "refund", 7000)
    assert shares(payment, "refund") == [(CC, 6000), (GC, 1000)]


@pytest.mark.parametrize(
    ("priorities", "distribution"),
    [
        (["*/*", "*/creditcard"], [(GC, 2000), (PAYPAL, 3000), (ANCV, 1000), (CC, 1000)]),
        (["illicado/*", "*/*"], [(GC, 2000), (CC, 5000)]),
        (["ingenico/creditcard", "*/*", "*/giftcard"], [(CC, 6000), (PAYPAL, 1000)]),
        (["illicado/*"], [(GC, 2000), (CC, 5000)]),
        (["*/*"], [(CC, 6000), (GC, 1000)]),
    ],
)
def test_example_d_the_place_of_everything_else(
    purse: PurseShop, priorities: list[str], distribution: list[tuple[str, int]]
) -> None:
    given = [entry(words) for words in priorities]
    payment = purse.operate(split_of(purse, Q), "capture", 7000, priorities=given)
    assert shares(payment, "capture") == distribution


@pytest.mark.parametrize(
    ("priorities", "distribution"),
    [
        (["adyen/*", "*/creditcard"], [("adyen/creditcard", 5000), ("adyen/giftcard", 1000)]),
        (["*/giftcard", "adyen/*"], [("adyen/giftcard", 3000), ("adyen/creditcard", 3000)]),
    ],
)
def test_example_e_the_first_match_wins(
    purse: PurseShop, priorities: list[str], distribution: list[tuple[str, int]]
) -> None:
    payment = split_of(purse, (("adyen", "creditcard", 5000), ("adyen", "giftcard", 3000)))
    given = [entry(words) for words in priorities]
    payment = purse.operate(payment, "capture", 6000, operation_priorities=given)
    assert shares(payment, "capture") == distribution


def test_example_f_two_gift_cards_are_two_transactions(purse: PurseShop) -> None:
    split = (("illicado", "giftcard", 1000), ("illicado", "giftcard", 1500), ("ingenico", "creditcard", 9500))
    payment = purse.operate(split_of(purse, split), "capture", 2000)
    assert shares(payment, "capture") == [(GC, 1000), (GC, 1000)]
    payment = purse.operate(payment, "capture", 10000)
    assert shares(payment, "capture") == [(GC, 500), (CC, 9500)]
    payment = purse.operate(payment, "refund", 10000)
    assert shares(payment, "refund") == [(CC, 9500), (GC, 500)]
    first, second, _ = payment["authorization"]["partner_transactions"]
    assert (first["partner"], first["method"]) == (second["partner"], second["method"])
    assert first["id"] != second["id"]


def started_g(purse: PurseShop, fault: str = "pending") -> Json:
    """Capture 3000 of S, of which the card's part does not end at once."""
    payment = split_of(purse, S)
    purse.arm(fault, method="capture", reason="creditcard")
    return purse.operate(payment, "capture", 3000)


def test_example_g_right_after_the_call(purse: PurseShop) -> None:
    payment = started_g(purse)
    assert shares(payment, "capture") == [(GC, 2000), (CC, 1000)]
    assert payment["captures"][0]["status"] == "PENDING"
    assert [part["status"] for part in payment["captures"][0]["partner_transactions"]] == [
        "SUCCESS",
        "PENDING",
    ]
    assert books(payment)[:5] == (2000, 0, 0, 9000, 2000)


@pytest.mark.parametrize(
    ("outcome", "status", "told"),
    [
        ("success", "SUCCESS", (3000, 0, 0, 9000, 3000)),
        ("failure", "CONFLICT", (2000, 0, 0, 10000, 2000)),
        ("uncertain", "UNCERTAIN", (2000, 0, 0, 9000, 2000)),
    ],
)
def test_example_g_how_it_goes_on(purse: PurseShop, outcome: str, status: str, told: Any) -> None:
    payment = purse.settle(started_g(purse), outcome=outcome)
    assert payment["captures"][0]["status"] == status
    assert books(payment)[:5] == told


def test_example_g_all_of_it_fails(purse: PurseShop) -> None:
    payment = split_of(purse, S)
    purse.arm("failure", method="capture", times=2)
    payment = purse.operate(payment, "capture", 3000)
    assert payment["captures"][0]["status"] == "FAILURE"
    assert books(payment)[:5] == (0, 0, 0, 12000, 0)


def test_what_was_uncertain_can_still_succeed(purse: PurseShop) -> None:
    payment = started_g(purse, "uncertain")
    assert payment["captures"][0]["status"] == "UNCERTAIN"
    assert books(payment)[:5] == (2000, 0, 0, 9000, 2000)
    assert purse.settle(payment)["captures"][0]["status"] == "SUCCESS"


def test_after_a_conflict_the_rest_may_be_captured_anew(purse: PurseShop) -> None:
    payment = started_g(purse, "failure")
    assert payment["captures"][0]["status"] == "CONFLICT"
    payment = purse.operate(payment, "capture", 10000, merchant_reference="again")
    assert shares(payment, "capture") == [(CC, 10000)]
    assert books(payment) == (12000, 0, 0, 0, 12000, "T/T/N/N")


def test_a_pending_refund_and_a_pending_void_reserve_their_money(purse: PurseShop) -> None:
    payment = purse.operate(split_of(purse, S), "capture", 6000)
    purse.arm("pending", method="refund", times=0)
    payment = purse.operate(payment, "refund", 6000)
    assert payment["refunds"][0]["status"] == "PENDING"
    assert books(payment)[:5] == (6000, 0, 0, 6000, 0)
    purse.arm("uncertain", method="void")
    payment = purse.operate(payment, "void", 6000)
    assert payment["voids"][0]["status"] == "UNCERTAIN"
    assert books(payment)[:5] == (6000, 0, 0, 0, 0)
    payment = purse.settle(payment, outcome="failure")
    assert books(payment)[:5] == (6000, 0, 0, 6000, 6000)


def test_an_open_part_may_end_by_the_clock_or_by_its_id(purse: PurseShop) -> None:
    payment = split_of(purse, S)
    purse.arm("pending", method="capture", times=2, seconds=60)
    payment = purse.operate(payment, "capture", 12000)
    gift, _card = payment["captures"][0]["partner_transactions"]
    payment = purse.settle(payment, outcome="failure", transaction=gift["id"])
    assert [part["status"] for part in payment["captures"][0]["partner_transactions"]] == [
        "FAILURE",
        "PENDING",
    ]
    purse.advance(60)
    assert purse.payment(payment["id"])["captures"][0]["status"] == "CONFLICT"


def test_partners_that_never_end_at_once(purse: PurseShop) -> None:
    for partner, status in ((("slimpay", "sdd"), "PENDING"), (("worldpay", "bancontact"), "UNCERTAIN")):
        payment = purse.split((*partner, 5000))
        payment = purse.operate(payment, "capture", 5000)
        assert payment["captures"][0]["status"] == status
        assert purse.settle(payment)["captures"][0]["status"] == "SUCCESS"


def test_more_than_there_is_refuses_the_whole(purse: PurseShop) -> None:
    payment = split_of(purse, S)
    for kind, amount in (("captures", 12001), ("voids", 12001), ("refunds", 1)):
        problem = purse.refused("POST", f"payments/{payment['id']}/{kind}", {"amount": amount}, status=422)
        assert problem["detail"].startswith("Amount must be less or equal to the amount available")
    assert purse.payment(payment["id"]) == payment


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": "100"}, "amount"),
        ({"amount": 1.5}, "amount"),
        ({"amount": 1, "merchant_reference": 7}, "merchant_reference"),
        ({"amount": 1, "order": {"shipments": [{"item_lines": [{"quantity": "x"}]}]}},
         "order.shipments[0].item_lines[0].quantity"),
        ({"amount": 1, "priorities": [{"partner": "*"}]}, "priorities[0].method"),
        ({"amount": 1, "priorities": {}}, "priorities"),
        ({"amount": 1, "priorities": CUSTOM, "priority": CUSTOM}, "priority"),
    ],
)  # fmt: skip
def test_a_bad_operation_is_refused_by_the_name_of_its_field(
    purse: PurseShop, body: Json, field: str
) -> None:
    payment = split_of(purse, S)
    problem = purse.refused("POST", f"payments/{payment['id']}/captures", body, status=400)
    assert problem["errors"][0]["field"] == field


def test_what_the_merchant_says_is_kept_and_echoed(purse: PurseShop) -> None:
    order = {
        "shipments": [
            {"net_amount": 4299, "item_lines": [{"type": "PHYSICAL", "quantity": 4, "tax_rate": 20}]}
        ]
    }
    payment = split_of(purse, S)
    payment = purse.operate(payment, "capture", 4299, merchant_reference="CAP#1223445", order=order)
    [capture] = payment["captures"]
    assert (capture["merchant_reference"], capture["order"]) == ("CAP#1223445", order)
    assert (capture["triggered_by"], capture["amount"]) == ("MERCHANT", 4299)
    # Nothing says that it must be unique; an account may say so.
    purse.operate(payment, "capture", 1, merchant_reference="CAP#1223445")
    purse.account(enforce_merchant_reference=True)
    body = {"amount": 1, "merchant_reference": "CAP#1223445"}
    purse.refused("POST", f"payments/{payment['id']}/captures", body, status=409)


def test_what_no_source_says_is_a_setting(purse: PurseShop) -> None:
    payment = split_of(purse, Q)
    purse.account(strict_operations=True, priority_unmatched_last=False, operation_http_status=201)
    body: Json = {"amount": 3000, "operation_priority": []}
    purse.refused("POST", f"payments/{payment['id']}/captures", body, status=400)
    body = {"amount": 3000, "priorities": [entry("illicado/*")]}
    purse.refused("POST", f"payments/{payment['id']}/captures", body, status=422)
    purse.account(operation_amount_optional=True)
    answer = purse.raw("POST", f"payments/{payment['id']}/captures", {"merchant_reference": "all"})
    assert (answer.status_code, answer.json()["amounts"]["total_captured"]) == (201, 12000)


def test_remaining_amounts(purse: PurseShop) -> None:
    payment = purse.operate(split_of(purse, S), "capture", 5000)
    payment = purse.operate(payment, "capture", 1000)
    payment = purse.operate(payment, "refund", 3500)
    card, gift = payment["authorization"]["partner_transactions"]
    assert (card["remaining_amount"], gift["remaining_amount"]) == (6000, 0)
    left = [part["remaining_amount"] for one in payment["captures"] for part in one["partner_transactions"]]
    assert left == [2000, 0, 500]  # the oldest capture of the card gave first


def test_version_grows_with_every_change(purse: PurseShop) -> None:
    payment = split_of(purse, S)
    after = [purse.operate(payment, kind, 100)["version"] for kind in ("capture", "void", "refund")]
    seen = [payment["version"], *after]
    assert seen == sorted(set(seen))


def test_two_captures_at_the_same_moment_take_the_money_once(purse: PurseShop) -> None:
    payment = split_of(purse, S)
    with ThreadPoolExecutor(4) as pool:
        answers = pool.map(
            lambda _: purse.raw("POST", f"payments/{payment['id']}/captures", {"amount": 12000}).status_code,
            range(4),
        )
        assert sorted(answers) == [200, 422, 422, 422]
    assert purse.payment(payment["id"])["amounts"]["total_captured"] == 12000


def test_links_have_the_seeds_form(purse: PurseShop) -> None:
    payment = split_of(purse, S)
    assert payment["links"] == {
        "self": {"href": f"/v2/client-sessions/{payment['client_session_id']}", "method": "GET"},
        "capture": {"href": f"/v2/payments/{payment['id']}/captures", "method": "POST"},
        "void": {"href": f"/v2/payments/{payment['id']}/voids", "method": "POST"},
    }
