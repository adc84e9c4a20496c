"""How does Purse share an operation out? Every worked example, and an oracle that counts the pennies."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from providers.base import Operation, OperationStatus, Tender, Verb
from providers.errors import Invalid
from providers.http import Http
from providers.money import Money
from providers.purse import Purse, PurseSettings
from providers.purse.priorities import available, share_out
from providers.purse.settings import Solution
from tests.providers.purse_wire import SETTINGS, charge


def tender(
    name: str, solution: str, authorized: int, captured: int = 0, voided: int = 0, refunded: int = 0
) -> Tender:
    partner, _, method = solution.partition("/")
    sums = {"captured": captured, "voided": voided, "refunded": refunded}
    return Tender(
        id=name,
        partner=partner,
        method=method,
        authorized=Money(authorized, "EUR"),
        **{sum_name: Money(value, "EUR") for sum_name, value in sums.items()},
    )


def listed(*solutions: str) -> tuple[Solution, ...]:
    return tuple(Solution(partner=s.partition("/")[0], method=s.partition("/")[2]) for s in solutions)


class Payment:
    """A payment whose operations all succeed: what the examples do one after the other."""

    def __init__(self, **solutions: tuple[str, int]) -> None:
        self.tenders = [tender(name, solution, amount) for name, (solution, amount) in solutions.items()]

    def share(self, verb: Verb, amount: int, *priorities: str) -> dict[str, int]:
        shares = share_out(self.tenders, verb, Money(amount, "EUR"), listed(*priorities))
        return {share.tender.id: share.money.minor for share in shares}

    def do(self, verb: Verb, amount: int, *priorities: str) -> dict[str, int]:
        shares = self.share(verb, amount, *priorities)
        for position, told in enumerate(self.tenders):
            if given := shares.get(told.id):
                sums = {name: getattr(told, name).minor for name in ("captured", "voided", "refunded")}
                sums[{Verb.CAPTURE: "captured", Verb.VOID: "voided", Verb.REFUND: "refunded"}[verb]] += given
                self.tenders[position] = tender(
                    told.id, f"{told.partner}/{told.method}", told.authorized.minor, **sums
                )
        return shares

    def totals(self) -> tuple[int, int, int, int, int]:
        """Captured, voided, refunded; what can be captured or voided; what can be refunded."""
        captured, voided, refunded, authorized = (
            sum(getattr(told, name).minor for told in self.tenders)
            for name in ("captured", "voided", "refunded", "authorized")
        )
        return captured, voided, refunded, authorized - captured - voided, captured - refunded


CAPTURE, VOID, REFUND = Verb.CAPTURE, Verb.VOID, Verb.REFUND
CUSTOM = ("*/creditcard", "*/*", "illicado/*")


def split_s() -> Payment:
    return Payment(CC=("ingenico/creditcard", 10000), GC=("illicado/giftcard", 2000))


def split_q() -> Payment:
    return Payment(
        CC=("ingenico/creditcard", 6000),
        GC=("illicado/giftcard", 2000),
        PP=("paypal/wallet", 3000),
        AV=("ancv/voucher", 1000),
    )


# --- the worked examples ----------------------------------------------------------------------------------


def test_example_a_the_defaults_one_after_the_other() -> None:
    payment = split_s()
    assert payment.totals() == (0, 0, 0, 12000, 0)
    assert payment.do(CAPTURE, 1500) == {"GC": 1500}
    assert payment.totals() == (1500, 0, 0, 10500, 1500)
    assert payment.do(CAPTURE, 3000) == {"GC": 500, "CC": 2500}
    assert payment.totals() == (4500, 0, 0, 7500, 4500)
    assert payment.do(VOID, 2500) == {"CC": 2500}  # nobody else has anything left, so it is known
    assert payment.totals() == (4500, 2500, 0, 5000, 4500)
    assert payment.do(CAPTURE, 5000) == {"CC": 5000}
    assert payment.totals() == (9500, 2500, 0, 0, 9500)
    assert payment.do(REFUND, 8000) == {"CC": 7500, "GC": 500}
    assert payment.totals() == (9500, 2500, 8000, 0, 1500)
    assert payment.do(REFUND, 1500) == {"GC": 1500}
    assert payment.totals() == (9500, 2500, 9500, 0, 0)


def test_example_a_in_one_capture() -> None:
    assert split_s().do(CAPTURE, 12000) == {"GC": 2000, "CC": 10000}


def test_example_b_purses_own_list_and_the_defaults() -> None:
    default, custom = split_s(), split_s()
    assert default.do(CAPTURE, 11000) == {"GC": 2000, "CC": 9000}
    assert custom.do(CAPTURE, 11000, *CUSTOM) == {"CC": 10000, "GC": 1000}
    assert default.totals() == custom.totals() == (11000, 0, 0, 1000, 11000)
    assert default.do(REFUND, 10500) == {"CC": 9000, "GC": 1500}
    assert custom.do(REFUND, 10500, *CUSTOM) == {"CC": 10000, "GC": 500}
    assert default.totals() == custom.totals() == (11000, 0, 10500, 1000, 500)


def test_example_c_four_solutions() -> None:
    payment = split_q()
    assert payment.do(CAPTURE, 8000, *CUSTOM) == {"CC": 6000, "PP": 2000}
    assert payment.totals() == (8000, 0, 0, 4000, 8000)
    assert payment.do(CAPTURE, 2000, *CUSTOM) == {"PP": 1000, "AV": 1000}
    assert payment.totals() == (10000, 0, 0, 2000, 10000)
    assert payment.do(CAPTURE, 2000, *CUSTOM) == {"GC": 2000}
    assert payment.totals() == (12000, 0, 0, 0, 12000)
    assert payment.do(REFUND, 7000, *CUSTOM) == {"CC": 6000, "PP": 1000}
    assert payment.totals() == (12000, 0, 7000, 0, 5000)
    assert payment.do(REFUND, 5000, *CUSTOM) == {"PP": 2000, "AV": 1000, "GC": 2000}
    assert payment.totals() == (12000, 0, 12000, 0, 0)


def test_example_c_by_the_defaults() -> None:
    payment = split_q()
    assert payment.do(CAPTURE, 8000) == {"GC": 2000, "CC": 6000}
    assert payment.do(CAPTURE, 4000) == {"PP": 3000, "AV": 1000}
    assert payment.do(REFUND, 7000)["CC"] == 6000  # who gives the last 10.00 is our reading, not Purse's word


@pytest.mark.parametrize(
    ("priorities", "expected"),
    [
        (("*/*", "*/creditcard"), {"GC": 2000, "PP": 3000, "AV": 1000, "CC": 1000}),
        (("illicado/*", "*/*"), {"GC": 2000, "CC": 5000}),
        (("ingenico/creditcard", "*/*", "*/giftcard"), {"CC": 6000, "PP": 1000}),
        (("illicado/*",), {"GC": 2000, "CC": 5000}),
        (("*/*",), {"CC": 6000, "GC": 1000}),
    ],
)
def test_example_d_where_everything_else_stands(priorities: Any, expected: dict[str, int]) -> None:
    assert split_q().do(CAPTURE, 7000, *priorities) == expected


@pytest.mark.parametrize(
    ("priorities", "expected"),
    [
        (("adyen/*", "*/creditcard"), {"CC": 5000, "GC": 1000}),
        (("*/giftcard", "adyen/*"), {"GC": 3000, "CC": 3000}),
    ],
)
def test_example_e_the_first_match_wins(priorities: Any, expected: dict[str, int]) -> None:
    payment = Payment(CC=("adyen/creditcard", 5000), GC=("adyen/giftcard", 3000))
    assert payment.do(CAPTURE, 6000, *priorities) == expected


def test_example_f_two_gift_cards_of_one_name() -> None:
    payment = Payment(
        G1=("illicado/giftcard", 1000), G2=("illicado/giftcard", 1500), CC=("ingenico/creditcard", 9500)
    )
    assert payment.do(CAPTURE, 2000) == {"G1": 1000, "G2": 1000}
    assert payment.do(CAPTURE, 10000) == {"G2": 500, "CC": 9500}
    shares = payment.do(REFUND, 10000)
    assert shares.pop("CC") == 9500
    assert sum(shares.values()) == 500
    assert set(shares) < {"G1", "G2"}


# Example G is about statuses: it stands in test_purse_operations.py.


# --- the oracle -------------------------------------------------------------------------------------------


def oracle(
    tenders: Sequence[Tender], verb: Verb, amount: int, entries: Sequence[tuple[str, str]]
) -> dict[str, int]:
    """Penny by penny: each comes from the tender that stands lowest of those that have one left."""

    def place(position: int) -> tuple[float, int]:
        told = tenders[position]
        for number, (partner, method) in enumerate(entries):
            if (
                (partner, method) != ("*", "*")
                and partner in ("*", told.partner)
                and method in ("*", told.method)
            ):
                return number, position
        rest = [number for number, entry in enumerate(entries) if entry == ("*", "*")]
        return (rest[0] if rest else float("inf")), position

    purse = []
    for told in tenders:
        if verb is Verb.REFUND:
            purse.append(told.captured.minor - told.refunded.minor)
        else:
            purse.append(told.authorized.minor - told.captured.minor - told.voided.minor)
    given = [0] * len(tenders)
    for _ in range(amount):
        with_some = [position for position in range(len(tenders)) if purse[position] > 0]
        giver = min(with_some, key=place)
        purse[giver] -= 1
        given[giver] += 1
    return {told.id: minor for told, minor in zip(tenders, given, strict=True) if minor}


PARTNERS, METHODS = ("adyen", "illicado", "ingenico"), ("creditcard", "giftcard", "voucher")
OWN = {CAPTURE: [("*", "giftcard"), ("*", "*")], REFUND: [("*", "creditcard"), ("*", "*")]}


@pytest.mark.parametrize("seed", range(8))
def test_the_planner_agrees_with_the_oracle(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(1000):
        tenders = []
        for number in range(dice.randint(2, 5)):
            authorized = dice.randint(0, 12)
            captured = dice.randint(0, authorized)
            voided = dice.randint(0, authorized - captured)
            solution = f"{dice.choice(PARTNERS)}/{dice.choice(METHODS)}"
            tenders.append(
                tender(f"t{number}", solution, authorized, captured, voided, dice.randint(0, captured))
            )
        verb = dice.choice((CAPTURE, VOID, REFUND))
        least = 1 if verb is VOID else 0  # of voids Purse tells no default
        entries = [
            (dice.choice(("*", *PARTNERS)), dice.choice(("*", *METHODS)))
            for _ in range(dice.randint(least, 4))
        ]
        whole = sum(available(told, verb).minor for told in tenders)
        if not whole:
            continue
        amount = dice.randint(1, whole)
        chosen = tuple(Solution(partner=partner, method=method) for partner, method in entries)
        shares = share_out(tenders, verb, Money(amount, "EUR"), chosen)
        expected = oracle(tenders, verb, amount, entries or OWN[verb])
        assert {share.tender.id: share.money.minor for share in shares} == expected, (
            tenders,
            verb,
            amount,
            entries,
        )
        assert sum(share.money.minor for share in shares) == amount


# --- what a merchant may ask ------------------------------------------------------------------------------


def purse(**changes: Any) -> Purse:
    return Purse(PurseSettings.model_validate({**SETTINGS, **changes}), live=False, http=Http())


def shares(provider: Purse, verb: Verb, amount: int, plan: Any = None, **changes: Any) -> dict[str, int]:
    asked = charge(tenders=tuple(split_s().tenders), **changes)
    told = provider.share_out(asked, verb, Money(amount, "EUR"), plan=plan or {})
    return {share.tender.id: share.money.minor for share in told}


CARD_FIRST = [{"partner": "*", "method": "creditcard"}]


def test_the_plan_goes_before_the_account_and_the_account_before_purse() -> None:
    assert shares(purse(), CAPTURE, 2500) == {"GC": 2000, "CC": 500}
    account = purse(capture_priorities=CARD_FIRST)
    assert shares(account, CAPTURE, 2500) == {"CC": 2500}
    assert shares(account, CAPTURE, 2500, {"priorities": [{"partner": "illicado"}]}) == {
        "GC": 2000,
        "CC": 500,
    }
    assert shares(account, CAPTURE, 2500, {"priorities": []}) == {"GC": 2000, "CC": 500}


def test_a_void_that_purse_does_not_tell_of_is_not_guessed() -> None:
    assert shares(purse(), VOID, 2500) == {}
    assert shares(purse(), VOID, 12000) == {"CC": 10000, "GC": 2000}  # everybody gives all
    assert shares(purse(void_priorities=CARD_FIRST), VOID, 10500) == {"CC": 10000, "GC": 500}


def test_one_means_of_payment_has_nothing_to_share() -> None:
    asked = charge(tenders=(tender("CC", "ingenico/creditcard", 12000),))
    assert purse().share_out(asked, CAPTURE, Money(1, "EUR"), plan={}) == ()
    assert purse().share_out(charge(), CAPTURE, Money(1, "EUR"), plan={}) == ()


def test_more_than_there_is_cannot_be_shared() -> None:
    with pytest.raises(Invalid, match=r"amount: only 120\.00 EUR is left to capture"):
        shares(purse(), CAPTURE, 12001)
    with pytest.raises(Invalid, match=r"amount: only 0\.00 EUR is left to refund"):
        shares(purse(), REFUND, 1)


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"priority": []}, "plan.priority"),
        ({"priorities": "gift"}, "plan.priorities"),
        ({"priorities": [{"partner": "*", "kind": "x"}]}, "plan.priorities.0.kind"),
        ({"priorities": [{"partner": ""}]}, "plan.priorities.0.partner"),
        ({"priorities": [{}, {"method": "a b"}]}, "plan.priorities.1.method"),
        ({"priorities": [{}] * 51}, "plan.priorities"),
    ],
)
def test_a_plan_that_is_none(plan: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        shares(purse(), CAPTURE, 1, plan)
    assert caught.value.field == field


def test_a_plan_from_a_row_may_be_null() -> None:
    assert shares(purse(), CAPTURE, 2500, {"priorities": None}) == {"GC": 2000, "CC": 500}


def test_what_is_under_way_does_not_change_the_shares() -> None:
    """The checkout offers no more than what is left of it; who of them is busy, Purse alone knows."""
    busy = Operation(verb=CAPTURE, money=Money(1000, "EUR"), status=OperationStatus.PENDING, key="k")
    assert shares(purse(), CAPTURE, 2500, operations=(busy,)) == {"GC": 2000, "CC": 500}
