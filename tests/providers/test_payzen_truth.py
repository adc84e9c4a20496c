"""What is made of PayZen's word on a payment: of its order, of every try, of refunds, and of what nobody told us of?"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from providers.base import Card, OperationStatus, Outcome, SavedCard, Verb
from providers.errors import Misconfigured, Uncertain, Unreachable
from providers.money import Money
from providers.payzen import words
from tests.providers.payzen_wire import (
    CARD,
    GET,
    NOBODY,
    ORDER,
    OTHER,
    REFERENCE,
    TOKEN,
    UUID,
    Wire,
    charge,
    in_form,
    invited,
    listed,
    no,
    opened,
    order,
    own,
    paid,
    refunded,
    refused,
    reserved,
    scripted,
    transaction,
    yes,
)

NINE_NINETY = Money(990, "EUR")
NOTHING = Money(0, "EUR")
EARLIER = "2026-11-22T18:00:00+00:00"
AGO = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


# --- nobody has tried -----------------------------------------------------------------------------------


def test_a_link_that_nobody_has_used_is_open(wire: Wire) -> None:
    wire.asks(order(), NOBODY)
    report = wire.payzen().sync(opened())
    assert (report.outcome, report.reference, report.live) == (Outcome.OPEN, REFERENCE, False)
    assert (report.asked, report.provider_ids) == (NINE_NINETY, (ORDER,))
    assert (report.operations, report.decline, report.warning) == (None, None, "")


@pytest.mark.parametrize(
    ("word", "outcome", "odd"),
    [
        ("RUNNING", Outcome.OPEN, ""),
        ("REFUSED", Outcome.OPEN, ""),
        ("EXPIRED", Outcome.EXPIRED, ""),
        ("CANCELLED", Outcome.CANCELED, ""),
        ("CANCELED", Outcome.CANCELED, ""),
        ("PAID", Outcome.PENDING, "PayZen calls the order paid, but lists no transaction."),
        ("SETTLED", Outcome.PENDING, 'PayZen calls the order "SETTLED", a word that we do not know.'),
        ("", Outcome.PENDING, "PayZen does not say how the order stands."),
    ],
)
def test_every_word_of_an_order(wire: Wire, word: str, outcome: Outcome, odd: str) -> None:
    wire.asks(order(word), NOBODY)
    report = wire.payzen().sync(opened())
    assert (report.outcome, report.warning) == (outcome, odd)


def test_a_refused_order_ends_with_its_time(wire: Wire) -> None:
    over = order("REFUSED", expirationDate="2026-01-01T00:00:00+00:00")
    wire.asks(over, listed(refused()))
    report = wire.payzen().sync(opened())
    assert report.outcome is Outcome.FAILED
    assert report.decline is not None
    assert (report.decline.code, report.decline.reason) == ("ACQ_001/51", "insufficient_funds")
    wire.asks(over, NOBODY)
    assert wire.payzen().sync(opened()).outcome is Outcome.EXPIRED


def test_what_is_asked_for_is_told_as_it_stands_there(wire: Wire) -> None:
    wire.asks(order(amount=500), NOBODY)
    assert wire.payzen().sync(opened()).asked == Money(500, "EUR")
    wire.asks(order(amount=42, currency="IDR"), NOBODY)
    assert wire.payzen().sync(opened()).asked == Money(4200, "IDR")
    wire.asks(order(amount=None), NOBODY)
    assert wire.payzen().sync(opened()).asked is None
    wire.asks(order(expirationDate="2026-06-23T09:59:59+00:00"), NOBODY)
    assert wire.payzen().sync(opened()).payable_until == datetime(2026, 6, 23, 9, 59, 59, tzinfo=UTC)


# --- money ----------------------------------------------------------------------------------------------


def test_a_paid_link(wire: Wire) -> None:
    wire.asks(order("PAID"), listed(transaction()))
    report = wire.payzen().sync(opened())
    assert (report.outcome, report.authorized, report.captured) == (Outcome.PAID, NINE_NINETY, NINE_NINETY)
    assert (report.refunded, report.voided, report.operations) == (NOTHING, NOTHING, ())
    assert report.card == Card(brand="CB", last4="0055", expiry_month=11, expiry_year=2031)
    assert report.memo == {"uuid": UUID, "minor": 990}
    assert report.provider_ids == (ORDER, UUID)
    assert (report.live, report.may_retry, report.warning, report.saved_card) == (False, None, "", None)


STANDINGS = [
    ("ACCEPTED", Outcome.PAID),
    ("AUTHORISED", Outcome.PAID),
    ("CAPTURED", Outcome.PAID),
    ("PARTIALLY_AUTHORISED", Outcome.PAID),
    ("AUTHORISED_TO_VALIDATE", Outcome.AUTHORIZED),
    ("WAITING_AUTHORISATION", Outcome.PENDING),
    ("WAITING_AUTHORISATION_TO_VALIDATE", Outcome.PENDING),
    ("UNDER_VERIFICATION", Outcome.PENDING),
    ("INITIAL", Outcome.PENDING),
    ("WAITING_FOR_PAYMENT", Outcome.PENDING),
    ("PRE_AUTHORISED", Outcome.PENDING),
    ("CAPTURE_PENDING", Outcome.PENDING),
    ("SUSPENDED", Outcome.PENDING),
    ("PENDING", Outcome.PENDING),
    ("REFUND_TO_RETRY", Outcome.PENDING),
    ("REFUSED", Outcome.FAILED),
    ("ERROR", Outcome.FAILED),
    ("CANCELLED", Outcome.CANCELED),
    ("EXPIRED", Outcome.EXPIRED),
    ("CAPTURE_FAILED", Outcome.FAILED),
    ("ABANDONED", Outcome.CANCELED),
    ("NOT_CREATED", Outcome.FAILED),
    ("", Outcome.PENDING),
    ("BLESSED", Outcome.PENDING),
]


def test_the_table_has_no_word_more() -> None:
    assert {word for word, _ in STANDINGS} - {"", "BLESSED"} == set(words.OUTCOMES)


@pytest.mark.parametrize(("word", "outcome"), STANDINGS)
def test_every_word_of_a_transaction(wire: Wire, word: str, outcome: Outcome) -> None:
    wire.asks(order("PAID"), listed(transaction(word)))
    report = wire.payzen().sync(opened())
    assert report.outcome is outcome
    assert bool(report.authorized) is (outcome in (Outcome.PAID, Outcome.AUTHORIZED))
    assert bool(report.captured) is (outcome is Outcome.PAID)
    assert bool(report.warning) is (word in ("", "BLESSED", "WAITING_AUTHORISATION_TO_VALIDATE"))


def test_a_reserved_payment_waits_for_its_capture(wire: Wire) -> None:
    wire.asks(order("PAID"), listed(transaction("AUTHORISED_TO_VALIDATE")))
    report = wire.payzen().sync(opened(capture_later=True))
    assert (report.outcome, report.authorized, report.captured) == (Outcome.AUTHORIZED, NINE_NINETY, NOTHING)
    assert report.operations == ()


def test_another_amount_is_told_as_it_stands(wire: Wire) -> None:
    """A page that was opened before the order was changed may have taken the old amount. Where a person agrees with
    it, what was lessened since is told by the amount that is remembered; whoever does not believe it keeps nothing."""
    wire.asks(order("PAID"), listed(transaction(amount=500)))
    report = wire.payzen().sync(opened())
    assert (report.outcome, report.authorized, report.captured) == (
        Outcome.PAID,
        Money(500, "EUR"),
        Money(500, "EUR"),
    )
    assert report.memo == {"uuid": UUID, "minor": 500}
    assert report.look_again is not None
    wire.asks(order("PAID"), listed(transaction("AUTHORISED_TO_VALIDATE", currency="USD")))
    report = wire.payzen().sync(opened())
    assert (report.authorized, report.captured) == (Money(990, "USD"), Money(0, "USD"))
    done = own(Verb.VOID, 100, "key-1", OperationStatus.SUCCESS)
    wire.asks(order("PAID"), listed(transaction("AUTHORISED_TO_VALIDATE", currency="USD")))
    assert wire.payzen().sync(opened(operations=(done,))).authorized == Money(990, "USD")


@pytest.mark.parametrize(("minor", "currency"), [(500, "EUR"), (990, "USD")])
def test_another_amount_that_went_back_is_told_as_gone(wire: Wire, minor: int, currency: str) -> None:
    all_of_it = refunded(minor, "CAPTURED", currency=currency)
    wire.asks(order("PAID"), listed(transaction("CAPTURED", amount=minor, currency=currency), all_of_it))
    report = wire.payzen().sync(opened())
    gone = Money(minor, currency)
    assert (report.outcome, report.captured, report.refunded) == (Outcome.REFUNDED, gone, gone)


def test_a_bank_that_gives_a_part_has_given_a_part(wire: Wire) -> None:
    part = {"cardDetails": {**CARD, "authorizationResponse": {"amount": 500, "currency": "EUR"}}}
    wire.asks(order("PAID"), listed(transaction("PARTIALLY_AUTHORISED", details=part)))
    assert wire.payzen().sync(opened()).authorized == Money(500, "EUR")
    wire.asks(order("PAID"), listed(transaction("PARTIALLY_AUTHORISED", details={"cardDetails": None})))
    report = wire.payzen().sync(opened())
    assert (report.outcome, report.warning) == (
        Outcome.PENDING,
        "PayZen says that it is paid, but not how much.",
    )


@pytest.mark.parametrize("amount", [None, "much", 9.9, True, {"a": 1}])
def test_paid_without_an_amount_is_pending(wire: Wire, amount: Any) -> None:
    wire.asks(order("PAID"), listed(transaction(amount=amount)))
    report = wire.payzen().sync(opened())
    assert (report.outcome, report.authorized) == (Outcome.PENDING, None)
    assert report.warning == "PayZen says that it is paid, but not how much."


@pytest.mark.parametrize(
    ("units", "currency", "money"),
    [
        (990, "XPF", Money(990, "XPF")),
        (990, "JPY", Money(990, "JPY")),
        (990, "IDR", Money(99_000, "IDR")),
        (9900, "KWD", Money(9900, "KWD")),
        (9900, "TND", Money(9900, "TND")),
    ],
)
def test_amounts_of_other_decimals(wire: Wire, units: int, currency: str, money: Money) -> None:
    told = order("PAID", amount=units, currency=currency)
    wire.asks(told, listed(transaction(amount=units, currency=currency)))
    report = wire.payzen().sync(opened(money=money))
    assert (report.outcome, report.captured, report.asked) == (Outcome.PAID, money, money)


def test_once_paid_the_order_is_not_asked_about(wire: Wire) -> None:
    wire.lists(listed(transaction("CAPTURED")))
    report = wire.payzen().sync(paid())
    assert (report.outcome, report.captured, report.asked) == (Outcome.PAID, NINE_NINETY, None)
    wire.lists(NOBODY)
    with pytest.raises(Uncertain, match="does not list the payment's transaction"):
        wire.payzen().sync(paid())
    wire.lists(listed(refused(uuid=OTHER)))
    with pytest.raises(Uncertain, match="does not list"):
        wire.payzen().sync(paid())


# --- several tries --------------------------------------------------------------------------------------


def test_a_refusal_is_not_the_end_while_the_link_lives(wire: Wire) -> None:
    wire.asks(order(), listed(refused()))
    report = wire.payzen().sync(opened())
    assert report.outcome is Outcome.OPEN
    assert report.decline is not None
    assert report.decline.reason == "insufficient_funds"
    assert "Insufficient funds" in report.decline.message
    assert (report.may_retry, report.captured) == (None, None)


@pytest.mark.parametrize(
    ("word", "outcome"),
    [("EXPIRED", Outcome.EXPIRED), ("CANCELLED", Outcome.CANCELED), ("WEIRD", Outcome.PENDING)],
)
def test_a_refusal_at_a_link_that_is_over(wire: Wire, word: str, outcome: Outcome) -> None:
    wire.asks(order(word), listed(refused()))
    assert wire.payzen().sync(opened()).outcome is outcome


def test_an_abandoned_try_is_no_refusal(wire: Wire) -> None:
    wire.asks(order(), listed(transaction("ABANDONED", status="UNPAID")))
    report = wire.payzen().sync(opened())
    assert (report.outcome, report.decline) == (Outcome.OPEN, None)
    over = order("REFUSED", expirationDate="2026-01-01T00:00:00+00:00")
    wire.asks(over, listed(transaction("ABANDONED", status="UNPAID")))
    assert wire.payzen().sync(opened()).outcome is Outcome.CANCELED


def test_money_counts_more_than_a_newer_refusal(wire: Wire) -> None:
    wire.asks(order(), listed(refused(uuid=OTHER), transaction(creationDate=EARLIER)))
    assert wire.payzen().sync(opened()).outcome is Outcome.PAID


def test_what_was_under_way_and_is_refused_waits_again_as_long_as_it_can_be_paid(wire: Wire) -> None:
    wire.asks(order(), listed(refused()))
    assert wire.payzen().sync(opened()).waits_again
    wire.asks(order("EXPIRED"), listed(refused()))
    assert not wire.payzen().sync(opened()).waits_again
    wire.asks(order(), listed(transaction("UNDER_VERIFICATION")))
    assert not wire.payzen().sync(opened()).waits_again
    wire.asks(order(), NOBODY)
    assert not wire.payzen().sync(opened()).waits_again
    wire.lists(listed(refused()))
    assert wire.payzen().sync(in_form(memo={"tries": 2})).waits_again
    wire.lists(listed(refused()))
    assert not wire.payzen().sync(in_form(memo={"tries": 1})).waits_again


def test_what_is_under_way_counts_more_than_a_newer_refusal(wire: Wire) -> None:
    wire.asks(order(), listed(refused(uuid=OTHER), transaction("INITIAL", creationDate=EARLIER)))
    assert wire.payzen().sync(opened()).outcome is Outcome.PENDING


def test_money_twice_calls_a_person(wire: Wire) -> None:
    wire.asks(order("PAID"), listed(transaction(creationDate=EARLIER), transaction(uuid=OTHER)))
    report = wire.payzen().sync(opened())
    assert (report.outcome, report.captured, report.may_retry) == (Outcome.PAID, NINE_NINETY, False)
    assert report.memo["uuid"] == OTHER  # the newest
    assert UUID in report.warning
    # What is known to be the payment stays it.
    wire.lists(listed(transaction(creationDate=EARLIER), transaction(uuid=OTHER)))
    report = wire.payzen().sync(paid())
    assert report.memo["uuid"] == UUID
    assert OTHER in report.warning
    # ... unless its money has gone back and another one's has come.
    wire.lists(listed(transaction("CANCELLED", creationDate=EARLIER), transaction(uuid=OTHER)))
    assert wire.payzen().sync(reserved()).memo["uuid"] == OTHER


def test_two_tries_of_another_amount_call_a_person_too(wire: Wire) -> None:
    first = transaction(creationDate=EARLIER, amount=495)
    wire.asks(order("PAID"), listed(first, transaction(uuid=OTHER, amount=495)))
    report = wire.payzen().sync(opened())
    assert (report.authorized, report.may_retry, report.memo) == (
        Money(495, "EUR"),
        False,
        {"uuid": OTHER, "minor": 495},
    )


def test_a_verification_is_no_money(wire: Wire) -> None:
    wire.asks(order(), listed(transaction("ACCEPTED", kind="VERIFICATION")))
    assert wire.payzen().sync(opened()).outcome is Outcome.OPEN


def test_a_kind_that_nobody_told_us_of(wire: Wire) -> None:
    wire.asks(order(), listed(transaction(kind="GIFT")))
    report = wire.payzen().sync(opened())
    assert (report.outcome, report.captured) == (Outcome.PENDING, None)
    assert report.warning == 'PayZen calls the transaction "GIFT", a word that we do not know.'


# --- the form in our page -------------------------------------------------------------------------------


def test_a_form_lives_a_while(wire: Wire) -> None:
    wire.lists(NOBODY)
    assert wire.payzen().sync(in_form()).outcome is Outcome.OPEN
    wire.lists(NOBODY)
    assert wire.payzen().sync(in_form(begun_at=AGO)).outcome is Outcome.EXPIRED
    wire.lists(listed(transaction()))
    report = wire.payzen().sync(in_form())
    assert (report.outcome, report.captured, report.provider_ids) == (Outcome.PAID, NINE_NINETY, (UUID,))


def test_a_form_lets_the_shopper_try_again_as_often_as_it_was_told(wire: Wire) -> None:
    two = listed(refused(), refused(uuid=OTHER))
    wire.lists(two)
    assert wire.payzen().sync(in_form()).outcome is Outcome.OPEN
    wire.lists(two)
    assert wire.payzen().sync(in_form(memo={"tries": 3})).outcome is Outcome.OPEN
    wire.lists(two)
    report = wire.payzen().sync(in_form(memo={"tries": 2}))
    assert (report.outcome, report.decline is not None) == (Outcome.FAILED, True)
    wire.lists(two)
    assert wire.payzen().sync(in_form(begun_at=AGO)).outcome is Outcome.FAILED


# --- after a crash in `start` ---------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["", "page", "widget"])
def test_what_nobody_was_shown_nobody_can_pay(wire: Wire, channel: str) -> None:
    wire.lists(NOBODY)
    report = wire.payzen().sync(charge(channel=channel))
    assert (report.outcome, report.reference, report.warning) == (Outcome.OPEN, None, "")


@pytest.mark.parametrize("channel", ["mail", "sms", "whatsapp", "invoice"])
def test_what_payzen_may_have_sent_is_not_over_before_its_time(wire: Wire, channel: str) -> None:
    wire.lists(NOBODY)
    report = wire.payzen().sync(invited(channel, "x"))
    assert report.outcome is Outcome.PENDING
    assert report.warning.startswith("PayZen may have sent the link")
    wire.lists(NOBODY)
    assert wire.payzen().sync(invited(channel, "x", expires_at=AGO)).outcome is Outcome.EXPIRED


def test_what_was_paid_is_found_by_our_reference(wire: Wire) -> None:
    wire.lists(listed(transaction()))
    report = wire.payzen().sync(charge())
    assert (report.outcome, report.reference, report.memo["uuid"]) == (Outcome.PAID, REFERENCE, UUID)
    wire.lists(listed(refused()))
    assert wire.payzen().sync(invited("mail", "x")).outcome is Outcome.PENDING
    wire.lists(listed(refused()))
    assert wire.payzen().sync(invited("mail", "x", expires_at=AGO)).outcome is Outcome.FAILED


# --- cards that are kept --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keeps", "agreed"), [("REGISTER_PAY", False), ("ASK_REGISTER_PAY", True), ("PAYMENT", None)]
)
def test_a_card_that_was_kept(wire: Wire, keeps: str, agreed: bool | None) -> None:
    wire.asks(order("PAID"), listed(transaction(paymentMethodToken=TOKEN)))
    report = wire.payzen().sync(opened(memo={"keeps": keeps}))
    if agreed is None:
        assert report.saved_card is None
    else:
        card = Card(brand="CB", last4="0055", expiry_month=11, expiry_year=2031)
        assert report.saved_card == SavedCard(token=TOKEN, card=card, agreed=agreed)
    assert TOKEN not in repr(report)


# --- what does not fit ----------------------------------------------------------------------------------


def test_production_and_test_are_told_apart(wire: Wire) -> None:
    told = listed(transaction())
    wire.asks({**order("PAID"), "mode": "PRODUCTION"}, {**told, "mode": "PRODUCTION"})
    assert wire.payzen(live=True).sync(opened()).live is True
    wire.asks({**order(), "mode": "SOMETHING"}, NOBODY)
    assert wire.payzen().sync(opened()).live is None


def test_another_reference_is_handed_on(wire: Wire) -> None:
    wire.asks(order("PAID", orderId="G-OTHER-1"), listed(transaction()))
    assert wire.payzen().sync(opened()).reference == "G-OTHER-1"
    wire.asks(order("PAID"), listed(transaction(orderDetails={"orderId": "G-OTHER-2"})))
    assert wire.payzen().sync(opened()).reference == "G-OTHER-2"


@pytest.mark.parametrize("told", [listed(shopId="11111111"), listed(transaction(shopId="11111111"))])
def test_another_shop_is_misconfigured(wire: Wire, told: Any) -> None:
    wire.asks(order(), told)
    with pytest.raises(Misconfigured, match="the shop 11111111"):
        wire.payzen().sync(opened())


def test_an_answer_about_another_order_is_none(wire: Wire) -> None:
    wire.expect(GET, order(paymentOrderId="f" * 32))
    with pytest.raises(Uncertain, match="answered about another"):
        wire.payzen().sync(opened())


def test_an_order_of_the_other_mode(wire: Wire) -> None:
    wire.expect(GET, no("PSP_1000", "Payment order not found"))
    with pytest.raises(Misconfigured, match="PSP_1000"):
        wire.payzen().sync(opened())


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (no("INT_905", "invalid login or private key"), Misconfigured),
        ((401, no("INT_905")), Misconfigured),
        ((401, "Unauthorized"), Misconfigured),
        ((403, no("ANY_001")), Misconfigured),
        ((404, "<html>"), Misconfigured),
        ((302, ""), Misconfigured),
        (no("INT_901", "web-service not found"), Misconfigured),
        (no("PSP_100"), Misconfigured),
        (no("PSP_109"), Misconfigured),
        (no("ANY_001"), Misconfigured),
        (no("PSP_099"), Unreachable),
        (no("PSP_106"), Unreachable),
        (no("PSP_999"), Uncertain),
        (no(""), Uncertain),
        ((500, ""), Uncertain),
        ((200, "{"), Uncertain),
        ((200, "[]"), Uncertain),
        ((200, "{}"), Uncertain),
        (yes(None), Uncertain),
        (yes({}), Uncertain),
        (yes({"paymentOrderId": ""}), Uncertain),
        ((400, order()), Uncertain),
        ({**order(), "status": "MAYBE"}, Uncertain),
        ({**order(), "status": None}, Uncertain),
        (requests.exceptions.ReadTimeout(), Uncertain),
        (requests.exceptions.ConnectTimeout(), Unreachable),
    ],
)
def test_every_kind_of_no_to_a_question(wire: Wire, answer: Any, kind: type[Exception]) -> None:
    wire.expect(GET, answer)
    with pytest.raises(kind) as problem:
        wire.payzen().sync(opened())
    assert type(problem.value) is kind


def test_unknown_fields_are_let_pass(wire: Wire) -> None:
    told = order("PAID", novelty={"a": [1]}, channelDetails=None, expirationDate="soon")
    wire.asks(told, listed(transaction(novelty=1, orderDetails=None), novelty=2))
    assert wire.payzen().sync(opened()).outcome is Outcome.PAID


def test_charge_without_a_beginning_lives(wire: Wire) -> None:
    wire.lists(NOBODY)
    assert wire.payzen().sync(replace(in_form(), begun_at=None)).outcome is Outcome.OPEN
