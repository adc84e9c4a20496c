"""What is true of a payment at eComCharge? Every word of its, and after a crash."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from providers.base import Card, Customer, Occasion, Outcome, SavedCard
from providers.errors import Decline, Misconfigured, Uncertain
from providers.money import Money
from tests.providers.begateway import (
    CARD,
    CARD_TOKEN,
    REFERENCE,
    TOKEN,
    UID,
    BeGateway,
    charge,
    child,
    form,
    listed,
    opened,
    paid,
    reserved,
    saving,
    scripted,
    transaction,
)

GBP = "GBP"
SHOWN = Card(brand="Visa", last4="0000", expiry_month=1, expiry_year=2030, holder="JOHN DOE")
NOTHING = listed()


@pytest.fixture
def wire() -> Iterator[BeGateway]:
    with scripted() as script:
        yield script


# --- money ----------------------------------------------------------


def test_paid_is_what_the_form_the_gateway_and_the_amount_say(wire: BeGateway) -> None:
    wire.asks(form("successful")).looks_up(transaction()).searches(listed(transaction()))
    report = wire.provider().sync(opened())
    assert (report.outcome, report.reference, report.live) == (Outcome.PAID, REFERENCE, False)
    assert (report.authorized, report.captured) == (Money(4299, GBP), Money(4299, GBP))
    assert (report.refunded, report.voided) == (Money(0, GBP), Money(0, GBP))
    assert report.operations == ()
    assert report.card == SHOWN
    assert report.saved_card is None
    assert report.provider_ids == (TOKEN, UID)
    assert report.warning == ""
    assert report.memo["uid"] == UID


def test_an_authorization_waits_for_its_capture(wire: BeGateway) -> None:
    wire.asks(form("successful", kind="authorization"))
    wire.looks_up(transaction(kind="authorization")).searches(NOTHING)
    report = wire.provider().sync(opened(capture_later=True))
    assert report.outcome is Outcome.AUTHORIZED
    assert (report.authorized, report.captured) == (Money(4299, GBP), Money(0, GBP))


def test_what_is_compared_is_told_as_it_is(wire: BeGateway) -> None:
    """The core compares: reference, test or live, amount and currency."""
    wire.asks(form("successful", test=False)).looks_up(transaction(test=False)).searches(NOTHING)
    assert wire.provider().sync(opened()).live is True
    wire.asks(form("successful", test=False)).looks_up(transaction(test=True)).searches(NOTHING)
    assert wire.provider().sync(opened()).live is False
    wire.asks(form("successful")).looks_up(transaction(tracking_id="another")).searches(NOTHING)
    assert wire.provider().sync(opened()).reference == "another"
    wire.asks(form("successful")).looks_up(transaction(amount=1)).searches(NOTHING)
    report = wire.provider().sync(opened())
    assert (report.outcome, report.authorized) == (Outcome.PAID, Money(1, GBP))
    wire.asks(form("successful")).looks_up(transaction(currency="USD"))
    assert wire.provider().sync(opened()).authorized == Money(4299, "USD")


def test_another_amount_is_told_as_it_stands(wire: BeGateway) -> None:
    """Else what is only reserved could be accepted as taken, and what went back would never end the attempt."""
    other = transaction(amount=4000, kind="authorization")
    wire.asks(form("successful", kind="authorization")).looks_up(other).searches(NOTHING)
    report = wire.provider().sync(opened(capture_later=True))
    assert (report.outcome, report.authorized, report.captured) == (
        Outcome.AUTHORIZED,
        Money(4000, GBP),
        Money(0, GBP),
    )
    wire.asks(form("successful")).looks_up(transaction(amount=4000))
    wire.searches(listed(child("refund", "r1", 4000)))
    report = wire.provider().sync(opened())
    assert (report.outcome, report.captured, report.refunded) == (
        Outcome.REFUNDED,
        Money(4000, GBP),
        Money(4000, GBP),
    )


@pytest.mark.parametrize(
    ("money", "units"),
    [
        (Money(4299, "JPY"), 4299),
        (Money(4299, "EUR"), 4299),
        (Money(4299, "KWD"), 4299),
        (Money(4200, "MOP"), 420),
        (Money(42, "UGX"), 4200),
        (Money(42000, "IQD"), 42),
    ],
)
def test_amounts_come_back_as_they_went(wire: BeGateway, money: Money, units: int) -> None:
    wire.asks(form("successful")).looks_up(transaction(amount=units, currency=money.currency))
    wire.searches(NOTHING)
    report = wire.provider().sync(opened(money=money))
    assert (report.authorized, report.captured) == (money, money)


@pytest.mark.parametrize(
    "changes", [{"amount": None}, {"amount": "much"}, {"amount": True}, {"currency": ""}, {"currency": "gbp"}]
)
def test_money_without_an_amount_is_not_believed(wire: BeGateway, changes: Any) -> None:
    wire.asks(form("successful")).looks_up(transaction(**changes))
    report = wire.provider().sync(opened())
    assert report.outcome is Outcome.PENDING
    assert report.warning == "eComCharge says successful, but not how much."


def test_half_a_unit_is_no_amount(wire: BeGateway) -> None:
    wire.asks(form("successful")).looks_up(transaction(amount=4250, currency="UGX"))
    assert wire.provider().sync(opened(money=Money(42, "UGX"))).outcome is Outcome.PENDING


def test_successful_but_not_finished_is_not_paid(wire: BeGateway) -> None:
    for finished in (False, None, "yes?"):
        wire.asks(form("successful", finished=finished))
        report = wire.provider().sync(opened())
        assert report.outcome is Outcome.PENDING
        assert report.warning == "eComCharge says successful, but not finished."


def test_the_gateway_has_to_agree(wire: BeGateway) -> None:
    wire.asks(form("successful")).looks_up(transaction("failed"))
    report = wire.provider().sync(opened())
    assert report.outcome is Outcome.PENDING
    assert report.warning == "eComCharge says successful, but its transaction is failed."


def test_successful_without_a_transaction_is_not_paid(wire: BeGateway) -> None:
    wire.asks(form("successful", gateway_response=None))
    report = wire.provider().sync(opened())
    assert report.outcome is Outcome.PENDING
    assert "which transaction" in report.warning


def test_a_form_is_believed_when_nobody_knows_its_transaction(wire: BeGateway) -> None:
    wire.asks(form("successful")).looks_up((404, {"response": {"message": "Record not found"}}))
    wire.expect(f"GET api/beyag/transactions/{UID}", (404, {"message": "Record not found"}))
    wire.searches(NOTHING)
    report = wire.provider().sync(opened())
    assert (report.outcome, report.captured) == (Outcome.PAID, Money(4299, GBP))
    assert "look at their addresses" in report.warning


def test_an_older_form_says_the_status_inside_only(wire: BeGateway) -> None:
    wire.asks(form("successful", status=None))
    report = wire.provider().sync(opened())
    assert report.outcome is Outcome.PENDING
    assert report.warning == "eComCharge says finished, but not how it ended."


# --- no money ----------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "changes", "outcome"),
    [
        (None, {}, Outcome.OPEN),
        ("incomplete", {}, Outcome.OPEN),
        ("pending", {}, Outcome.PENDING),
        ("canceled", {}, Outcome.CANCELED),
        ("expired", {}, Outcome.EXPIRED),
        ("error", {}, Outcome.FAILED),
        ("error", {"expired": True, "finished": False, "gateway_response": None}, Outcome.EXPIRED),
        (None, {"expired": True}, Outcome.EXPIRED),
        ("incomplete", {"expired": True}, Outcome.EXPIRED),
        ("start", {}, Outcome.PENDING),
        ("auto_created", {}, Outcome.PENDING),
        ("permanent", {}, Outcome.PENDING),
        ("deleted", {}, Outcome.CANCELED),
    ],
)
def test_every_word_without_money(
    wire: BeGateway, status: str | None, changes: Any, outcome: Outcome
) -> None:
    wire.asks(form(status, **changes))
    report = wire.provider().sync(opened())
    assert (report.outcome, report.warning) == (outcome, "")
    assert (report.authorized, report.captured, report.operations) == (None, None, None)
    assert report.reference == REFERENCE


@pytest.mark.parametrize("word", ["sucessful", "SUCCESSFUL", "frozen", "<b>4111111111111111</b>"])
def test_a_word_that_nobody_wrote_waits(wire: BeGateway, word: str) -> None:
    wire.asks(form(word))
    report = wire.provider().sync(opened())
    assert report.outcome is Outcome.PENDING
    assert report.warning.startswith('eComCharge calls the payment "')
    assert "4111111111111111" not in report.warning


def test_an_error_is_a_technical_failure(wire: BeGateway) -> None:
    wire.asks(form("error", message="Gateway is down"))
    assert wire.provider().sync(opened()).decline == Decline(
        code="error", message="Gateway is down", reason="technical_error"
    )


@pytest.mark.parametrize(
    ("attempts", "finished", "outcome"),
    [
        (1, True, Outcome.FAILED),
        (1, False, Outcome.FAILED),
        (3, False, Outcome.OPEN),
        (3, True, Outcome.FAILED),
    ],
)
def test_a_declined_card_may_be_followed_by_another(
    wire: BeGateway, attempts: int, finished: bool, outcome: Outcome
) -> None:
    wire.asks(form("failed", finished=finished))
    wire.looks_up(transaction("failed", message="Payment was declined", code="F.0112"))
    report = wire.provider().sync(opened(memo={"attempts": attempts}))
    assert report.outcome is outcome
    assert report.decline == Decline(code="F.0112", message="Payment was declined", reason="wrong_cvc")
    assert report.card == SHOWN
    assert report.authorized is None


def test_a_decline_of_an_expired_form_is_kept(wire: BeGateway) -> None:
    wire.asks(form("failed", finished=False, expired=True)).looks_up(transaction("failed"))
    assert wire.provider().sync(opened(memo={"attempts": 3})).outcome is Outcome.EXPIRED


@pytest.mark.parametrize(
    ("code", "bank_code", "message", "expected"),
    [
        ("F.0114", "51", "No", ("F.0114", "insufficient_funds")),
        ("", "F.0114", "No", ("F.0114", "insufficient_funds")),
        ("", "F.0111", "No", ("F.0111", "expired_card")),
        ("F.0113", "", "No", ("F.0113", "not_supported")),
        ("F.0123", "", "No", ("F.0123", "limit_exceeded")),
        ("F.0124", "", "No", ("F.0124", "limit_exceeded")),
        ("F.0129", "", "No", ("F.0129", "authentication_failed")),
        ("F.0130", "", "No", ("F.0130", "authentication_failed")),
        ("F.0105", "", "Do not honor", ("F.0105", "declined")),
        ("F.0999", "", "", ("F.0999", "declined")),
        ("F.0125", "", "The card was stolen", ("F.0125", "limit_exceeded")),
        ("F.0175", "", "The card was stolen", ("F.0175", "lost_or_stolen")),
        ("", "05", "Insufficient funds.", ("failed", "insufficient_funds")),
        ("", "05", "Payment was declined", ("failed", "declined")),
    ],
)
def test_every_code_is_one_of_our_reasons(
    wire: BeGateway, code: str, bank_code: str, message: str, expected: tuple[str, str]
) -> None:
    wire.asks(form("failed"))
    wire.looks_up(transaction("failed", code=code, message=message, payment={"bank_code": bank_code}))
    decline = wire.provider().sync(opened()).decline
    assert decline is not None
    assert (decline.code, decline.reason, decline.message) == (*expected, message)


def test_a_decline_whose_transaction_is_gone_is_told_by_the_form(wire: BeGateway) -> None:
    attempt = {"payment": {"uid": UID, "bank_code": "F.0114", "status": "failed"}}
    wire.asks(form("failed", message="Insufficient funds.", gateway_response=attempt))
    wire.looks_up((404, {"message": "x"})).expect(
        f"GET api/beyag/transactions/{UID}", (404, {"message": "x"})
    )
    assert wire.provider().sync(opened()).decline == Decline(
        code="F.0114", message="Insufficient funds.", reason="insufficient_funds"
    )


# --- cards ----------------------------------------------------------

WITH_TOKEN: dict[str, Any] = {"credit_card": {**CARD, "token": CARD_TOKEN}}


@pytest.mark.parametrize(
    ("memo", "expected"),
    [
        (
            {"contracts": ["card_on_file"]},
            SavedCard(token=CARD_TOKEN, card=SHOWN, occasions=frozenset(Occasion) - {Occasion.RECURRING}),
        ),
        (
            {"contracts": ["recurring", "oneclick"]},
            SavedCard(token=CARD_TOKEN, card=SHOWN, occasions=frozenset({Occasion.RECURRING})),
        ),
        ({"contracts": ["credit"]}, SavedCard(token=CARD_TOKEN, card=SHOWN, occasions=frozenset())),
        (
            {"agreed_there": True},
            SavedCard(
                token=CARD_TOKEN,
                card=SHOWN,
                agreed=True,
                occasions=frozenset(Occasion) - {Occasion.RECURRING},
            ),
        ),
        ({}, None),
    ],
)
def test_a_card_is_kept_when_somebody_agreed(wire: BeGateway, memo: Any, expected: SavedCard | None) -> None:
    wire.asks(form("successful")).looks_up(transaction(**WITH_TOKEN)).searches(NOTHING)
    assert wire.provider().sync(opened(memo=memo)).saved_card == expected


def test_the_toggle_was_not_used(wire: BeGateway) -> None:
    wire.asks(form("successful")).looks_up(transaction()).searches(NOTHING)
    assert wire.provider().sync(opened(memo={"agreed_there": True})).saved_card is None


def kept(**changes: Any) -> Any:
    return saving(memo={"token": TOKEN, "type": "tokenization", "contracts": ["card_on_file"]}, **changes)


def test_a_card_kept_without_a_payment(wire: BeGateway) -> None:
    wire.asks(form("successful", kind="tokenization"))
    wire.looks_up(transaction(kind="tokenization", amount=100, **WITH_TOKEN))
    report = wire.provider().sync(kept())
    assert report.outcome is Outcome.PAID
    assert (report.authorized, report.captured) == (Money(0, GBP), Money(0, GBP))
    left_for = frozenset(Occasion) - {Occasion.RECURRING}
    assert report.saved_card == SavedCard(token=CARD_TOKEN, card=SHOWN, occasions=left_for)


def test_a_kept_card_has_a_name(wire: BeGateway) -> None:
    wire.asks(form("successful", kind="tokenization")).looks_up(transaction(kind="tokenization"))
    report = wire.provider().sync(kept())
    assert (report.outcome, report.saved_card) == (Outcome.PENDING, None)
    assert "under which name" in report.warning


@pytest.mark.parametrize(
    ("word", "shown"),
    [("master", "Mastercard"), ("american_express", "American Express"), ("belkart", "Belkart")],
)
def test_a_brand_as_people_know_it(wire: BeGateway, word: str, shown: str) -> None:
    wire.asks(form("successful")).looks_up(transaction(credit_card={**CARD, "brand": word})).searches(NOTHING)
    card = wire.provider().sync(opened()).card
    assert card is not None
    assert card.brand == shown


def test_an_odd_card_is_no_card(wire: BeGateway) -> None:
    odd = {"brand": None, "last_4": ["1"], "exp_month": 13, "exp_year": "soon"}
    wire.asks(form("successful")).looks_up(transaction(credit_card=odd)).searches(NOTHING)
    assert wire.provider().sync(opened()).card is None
    odd = {"brand": "visa", "last_4": 1234, "exp_month": "13", "exp_year": "2030"}
    wire.asks(form("successful")).looks_up(transaction(credit_card=odd)).searches(NOTHING)
    assert wire.provider().sync(opened()).card == Card(brand="Visa", last4="1234", expiry_year=2030)


# --- other means than cards ----------------------------------------------------------


def test_money_without_a_card_is_looked_up_at_the_api(wire: BeGateway) -> None:
    told = transaction(payment_method_type=None, method_type="erip", credit_card=[], additional_data=[])
    wire.asks(form("successful")).looks_up((404, {"response": {"message": "Record not found"}}))
    wire.expect(f"GET api/beyag/transactions/{UID}", told)
    report = wire.provider().sync(opened())
    assert (report.outcome, report.captured, report.card) == (Outcome.PAID, Money(4299, GBP), None)
    assert report.memo["method"] == "erip"
    # From now on the API is asked first, and the gateway's search is of no use.
    wire.asks(form("successful")).expect(f"GET api/beyag/transactions/{UID}", told)
    assert wire.provider().sync(opened(memo=dict(report.memo))).outcome is Outcome.PAID


# --- what is no answer ----------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        ((401, {"message": "Unauthorized"}), Misconfigured, "Secret key"),
        ((404, "<html>"), Misconfigured, "no eComCharge at this address"),
        ((404, {"message": "Record not found"}), Misconfigured, "does not know the payment form"),
        ((422, {"message": "odd"}), Uncertain, "HTTP 422"),
        ((503, ""), Uncertain, "HTTP 503"),
        ("[]", Uncertain, "could not be read"),
        ("{", Uncertain, "could not be read"),
        ({"checkout": None}, Uncertain, "could not be read"),
        (form(None, token="another"), Uncertain, "another"),
        (form("successful", shop_id=362), Misconfigured, "belongs to the shop 362"),
        (requests.exceptions.ReadTimeout(), Uncertain, "in time"),
    ],
)
def test_what_is_no_answer(wire: BeGateway, answer: Any, kind: type[Exception], sentence: str) -> None:
    wire.asks(answer)
    with pytest.raises(kind) as problem:
        wire.provider().sync(opened())
    assert type(problem.value) is kind
    assert sentence in str(problem.value)


@pytest.mark.parametrize(
    "answer", [(500, ""), "{}", {"transaction": {"uid": "another"}}, requests.exceptions.ConnectionError()]
)
def test_money_waits_until_its_transaction_can_be_read(wire: BeGateway, answer: Any) -> None:
    wire.asks(form("successful")).looks_up(answer)
    with pytest.raises(Uncertain):
        wire.provider().sync(opened())


def test_a_form_that_is_forgotten_after_its_time_has_lapsed(wire: BeGateway) -> None:
    wire.asks((404, {"message": "Record not found"}))
    late = opened(expires_at=datetime.now(UTC) - timedelta(days=1))
    report = wire.provider().sync(late)
    assert (report.outcome, bool(report.warning)) == (Outcome.EXPIRED, True)


def test_a_form_ends_at_its_first_date_though_the_order_was_given_more_time(wire: BeGateway) -> None:
    wire.asks((404, {"message": "Record not found"}))
    over = (datetime.now(UTC) - timedelta(minutes=1)).isoformat(timespec="seconds")
    report = wire.provider().sync(opened(memo={"ends": over}))
    assert (report.outcome, bool(report.warning)) == (Outcome.EXPIRED, True)


# --- after a crash ----------------------------------------------------------


def test_nobody_pays_a_form_that_nobody_saw(wire: BeGateway) -> None:
    wire.searches(NOTHING)
    report = wire.provider().sync(charge())
    assert (report.outcome, report.authorized, report.warning) == (Outcome.OPEN, None, "")


def test_a_lost_form_is_found_by_its_payment(wire: BeGateway) -> None:
    wire.searches(listed(child("refund", "r1", 100, tracking_id=REFERENCE), transaction(tracking_id="other")))
    assert wire.provider().sync(charge()).outcome is Outcome.OPEN
    older = transaction("failed", uid="old", created_at="2026-11-21T09:00:00Z")
    wire.searches(listed(older, transaction()))
    wire.asks(form("successful")).looks_up(transaction()).searches(NOTHING)
    report = wire.provider().sync(charge())
    assert (report.outcome, report.captured) == (Outcome.PAID, Money(4299, GBP))
    assert report.memo["token"] == TOKEN
    assert report.provider_ids == (TOKEN, UID)


def test_two_payments_for_one_are_told(wire: BeGateway) -> None:
    wire.searches(listed(transaction(uid="other", additional_data={}), transaction(additional_data={})))
    wire.searches(NOTHING)
    report = wire.provider().sync(charge())
    assert report.outcome is Outcome.PAID
    assert report.warning == "eComCharge has taken the money 2 times for one payment."


def later(minutes: int | None, **changes: Any) -> Any:
    begun = None if minutes is None else datetime.now(UTC) - timedelta(minutes=minutes)
    return charge(occasion=Occasion.RECURRING, saved_card=CARD_TOKEN, begun_at=begun, **changes)


@pytest.mark.parametrize("minutes", [None, 0, 14])
def test_a_lost_charge_may_be_on_its_way(wire: BeGateway, minutes: int | None) -> None:
    wire.searches(NOTHING)
    with pytest.raises(Uncertain):
        wire.provider().sync(later(minutes))


def test_a_lost_charge_was_never_made(wire: BeGateway) -> None:
    wire.searches(NOTHING)
    report = wire.provider().sync(later(16))
    assert report.outcome is Outcome.FAILED
    assert report.decline is not None
    assert report.decline.code == "not_found"


def test_a_lost_charge_is_found(wire: BeGateway) -> None:
    wire.searches(listed(transaction(additional_data={}))).searches(NOTHING)
    report = wire.provider().sync(later(1))
    assert (report.outcome, report.captured, report.memo["uid"]) == (Outcome.PAID, Money(4299, GBP), UID)
    assert report.saved_card is None


def test_a_search_that_cannot_be_read_says_nothing(wire: BeGateway) -> None:
    answers: list[Any] = [{"transactions": {}}, {"transactions": [1]}, "[]", (500, "")]
    for answer in answers:
        wire.searches(answer)
        with pytest.raises(Uncertain):
            wire.provider().sync(later(60))
    wire.searches((404, "<html>"))
    with pytest.raises(Misconfigured):
        wire.provider().sync(later(60))


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("failed", Outcome.FAILED),
        ("incomplete", Outcome.PENDING),
        ("pending", Outcome.PENDING),
        ("expired", Outcome.EXPIRED),
        ("error", Outcome.FAILED),
        ("canceled", Outcome.CANCELED),
        ("frozen", Outcome.PENDING),
    ],
)
def test_every_word_of_a_charge(wire: BeGateway, status: str, outcome: Outcome) -> None:
    wire.looks_up(transaction(status))
    report = wire.provider().sync(later(1, memo={"uid": UID, "type": "payment"}, provider_id=UID))
    assert report.outcome is outcome
    assert bool(report.decline) is (outcome is Outcome.FAILED)
    assert bool(report.warning) is (status == "frozen")


def test_a_charge_that_the_gateway_does_not_know_is_the_merchants_to_mend(wire: BeGateway) -> None:
    wire.looks_up((404, {"response": {"message": "Record not found"}}))
    with pytest.raises(Misconfigured):
        wire.provider().sync(later(1, memo={"uid": UID}, provider_id=UID))


# --- what came of the money, found by asking ----------------------------------------------------------


def test_an_authorization_is_paid_when_a_part_is_captured(wire: BeGateway) -> None:
    wire.asks(form("successful", kind="authorization")).looks_up(transaction(kind="authorization"))
    wire.searches(NOTHING).looks_up(child("capture", "c1", 2000), "c1")
    report = wire.provider().sync(reserved(provider_ids=(TOKEN, UID, "c1")))
    assert (report.outcome, report.captured, report.voided) == (
        Outcome.PAID,
        Money(2000, GBP),
        Money(0, GBP),
    )
    assert report.authorized == Money(4299, GBP)
    assert report.provider_ids == (TOKEN, UID, "c1")
    # It has ended: nobody asks about it again.
    wire.asks(form("successful", kind="authorization")).looks_up(transaction(kind="authorization"))
    wire.searches(NOTHING)
    again = reserved(provider_ids=(TOKEN, UID, "c1"), memo=dict(report.memo))
    assert wire.provider().sync(again).captured == Money(2000, GBP)


def test_an_authorization_that_is_voided_whole_is_over(wire: BeGateway) -> None:
    wire.asks(form("successful", kind="authorization")).looks_up(transaction(kind="authorization"))
    wire.searches(listed(child("void", "v1", 4299)))
    report = wire.provider().sync(reserved())
    assert (report.outcome, report.voided) == (Outcome.CANCELED, Money(4299, GBP))


def test_a_payment_that_is_given_back_whole_is_refunded(wire: BeGateway) -> None:
    wire.asks(form("successful")).looks_up(transaction())
    wire.searches(listed(child("refund", "r1", 4000), child("refund", "r2", 299)))
    report = wire.provider().sync(paid())
    assert (report.outcome, report.refunded) == (Outcome.REFUNDED, Money(4299, GBP))


def test_a_refund_of_a_capture_comes_to_light_with_it(wire: BeGateway) -> None:
    wire.asks(form("successful", kind="authorization")).looks_up(transaction(kind="authorization"))
    wire.searches(NOTHING)
    wire.looks_up(child("refund", "r1", 500, parent_uid="c1"), "r1")
    wire.looks_up(child("capture", "c1", 4299), "c1")
    report = wire.provider().sync(reserved(provider_ids=(TOKEN, "r1", "c1")))
    assert (report.captured, report.refunded) == (Money(4299, GBP), Money(500, GBP))


def test_other_attempts_of_the_form_are_asked_about_once(wire: BeGateway) -> None:
    wire.asks(form("successful")).looks_up(transaction()).searches(NOTHING)
    wire.looks_up(transaction("failed", uid="first-try"), "first-try")
    wire.looks_up((404, {"message": "Record not found"}), "nobody")
    ids = (TOKEN, UID, "first-try", "nobody")
    report = wire.provider().sync(paid(provider_ids=ids))
    assert report.operations == ()
    assert report.memo["others"] == ["first-try"]
    wire.asks(form("successful")).looks_up(transaction()).searches(NOTHING)
    wire.looks_up((404, {"message": "Record not found"}), "nobody")  # it may not be readable yet
    wire.provider().sync(paid(provider_ids=ids, memo=dict(report.memo)))


@pytest.mark.parametrize(
    ("stranger", "warning"),
    [
        (child("refund", "x", 100, parent_uid="another-payment"), ""),
        (child("chargeback", "x", 4299), "eComCharge reports a chargeback, x."),
        (child("void", "x", 100), 'eComCharge reports a "void" that does not fit the payment.'),
        (
            child("refund", "x", 100, currency="USD"),
            "eComCharge does not say how much the refund x is, or says it in another currency.",
        ),
    ],
)
def test_what_is_no_child_of_it_moves_nothing(wire: BeGateway, stranger: Any, warning: str) -> None:
    wire.asks(form("successful")).looks_up(transaction()).searches(NOTHING).looks_up(stranger, "x")
    report = wire.provider().sync(paid(provider_ids=(TOKEN, "x")))
    assert (report.outcome, report.refunded, report.operations) == (Outcome.PAID, Money(0, GBP), ())
    assert report.warning == warning


def test_a_guests_memo_of_nothing_is_no_harm(wire: BeGateway) -> None:
    """Only what the core hands over counts: a form opened before there was a memo is asked by its id."""
    wire.asks(form(None))
    report = wire.provider().sync(charge(provider_id=TOKEN, customer=Customer()))
    assert report.outcome is Outcome.OPEN
