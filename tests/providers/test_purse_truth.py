"""What is true of a payment at Purse? The session before there is a payment, then the payment."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from providers.base import (
    Card,
    Operation,
    OperationStatus,
    Outcome,
    Tender,
    Verb,
)
from providers.errors import Decline, Misconfigured, Uncertain
from providers.money import Money
from tests.providers.purse_wire import (
    ABORT,
    ASK,
    CARD,
    CC,
    GC,
    GET,
    PAYMENT,
    REFERENCE,
    SESSION,
    Wire,
    amounts,
    begun,
    charge,
    known,
    new_key,
    operation,
    part,
    payment,
    scripted,
    session,
)

JWKS = "GET /payment/v2/signing-jwks"
ONE, OTHER = new_key(), new_key()


@pytest.fixture
def wire() -> Iterator[Wire]:
    with scripted() as script:
        yield script


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


# --- the session ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("CREATED", Outcome.OPEN),
        ("created", Outcome.OPEN),
        ("OPEN", Outcome.OPEN),
        ("AbortedByCustomer", Outcome.CANCELED),
        ("ABORTED_BY_CUSTOMER", Outcome.CANCELED),
        ("ABORTED", Outcome.CANCELED),
        ("CANCELLED", Outcome.CANCELED),
        ("EXPIRED", Outcome.EXPIRED),
        ("FAILED", Outcome.FAILED),
        ("ERROR", Outcome.FAILED),
    ],
)
def test_every_word_of_a_session(wire: Wire, status: str, outcome: Outcome) -> None:
    wire.expect(ASK, session(status))
    told = wire.purse().sync(begun())
    assert (told.outcome, told.warning) == (outcome, "")
    assert (told.reference, told.provider_ids) == (REFERENCE, (SESSION,))
    assert (told.authorized, told.operations, told.tenders) == (None, None, ())


@pytest.mark.parametrize("status", ["FROZEN", "", None])
def test_a_word_that_purse_never_wrote_is_pending(wire: Wire, status: Any) -> None:
    wire.expect(ASK, session(status))
    told = wire.purse().sync(begun())
    assert told.outcome is Outcome.PENDING
    assert told.warning in (
        'Purse calls the session "FROZEN", a word that we do not know.',
        "Purse does not say how the session stands.",
    )


@pytest.mark.parametrize(
    ("expires", "outcome"),
    [
        (timedelta(minutes=1), Outcome.OPEN),
        (timedelta(minutes=-1), Outcome.OPEN),  # one of the two clocks may be wrong
        (timedelta(minutes=-3), Outcome.EXPIRED),
        (None, Outcome.OPEN),
    ],
)
def test_an_open_session_that_is_over_is_expired(
    wire: Wire, expires: timedelta | None, outcome: Outcome
) -> None:
    until = (datetime.now(UTC) + expires).isoformat() if expires is not None else "tomorrow"
    wire.expect(ASK, session(expires_at=until))
    assert wire.purse().sync(begun()).outcome is outcome


def test_a_submitted_session_without_its_payment_is_pending(wire: Wire) -> None:
    wire.expect(ASK, session("SUBMITTED"))
    told = wire.purse().sync(begun())
    assert told.outcome is Outcome.PENDING
    assert "names no payment yet" in told.warning


def test_a_payment_that_a_bell_named_is_believed_when_it_names_our_session(wire: Wire) -> None:
    wire.expect(ASK, session("SUBMITTED")).expect(GET, payment())
    told = wire.purse().sync(begun(provider_ids=(SESSION, PAYMENT)))
    assert told.outcome is Outcome.AUTHORIZED
    assert told.memo == {"payment_id": PAYMENT, "version": 3}


@pytest.mark.parametrize(
    "answer", [payment(client_session_id="another"), payment(client_session_id=""), (404, {}), (500, {})]
)
def test_any_other_payment_is_not(wire: Wire, answer: Any) -> None:
    wire.expect(ASK, session("SUBMITTED")).expect(GET, answer)
    assert wire.purse().sync(begun(provider_ids=(SESSION, PAYMENT))).outcome is Outcome.PENDING


def test_not_every_id_that_rang_is_asked_about(wire: Wire) -> None:
    wire.expect(ASK, session("SUBMITTED"))
    for number in (9, 8, 7, 6, 5):
        wire.expect(f"GET /payment/v2/payments/{number}", (404, {}))
    ids = (SESSION, *map(str, range(10)))
    assert wire.purse().sync(begun(provider_ids=ids)).outcome is Outcome.PENDING


def test_the_session_names_its_payment_and_is_not_asked_again(wire: Wire) -> None:
    wire.expect(ASK, session("SUBMITTED", payment_id=PAYMENT)).expect(GET, payment())
    first = wire.purse().sync(begun())
    wire.expect(GET, payment())
    second = wire.purse().sync(begun(memo={"session_id": SESSION, **first.memo}))
    assert first == second


def test_without_a_session_nobody_was_asked_to_pay(wire: Wire) -> None:
    assert wire.purse().sync(charge()).outcome is Outcome.OPEN
    assert wire.purse().cancel(charge(), give_up=False).outcome is Outcome.CANCELED
    assert wire.called == []


@pytest.mark.parametrize(
    ("call", "answer", "kind"),
    [
        (ASK, (404, {}), Misconfigured),
        (ASK, (403, {"detail": "no"}), Misconfigured),
        (ASK, (400, {"detail": "no"}), Uncertain),
        (ASK, (500, {}), Uncertain),
        (ASK, (200, "{"), Uncertain),
        (ASK, (302, ""), Uncertain),
        (ASK, session(id="another"), Uncertain),
        (ASK, requests.exceptions.ReadTimeout(), Uncertain),
        (GET, payment(id="another"), Uncertain),
        (GET, payment(client_session_id="another"), Uncertain),
        (GET, payment(currency="eur"), Uncertain),
        (GET, payment(amounts={"total_authorized": "many"}), Uncertain),
        (GET, (404, {}), Misconfigured),
        (GET, (200, "[]"), Uncertain),
    ],
)
def test_each_kind_of_no(wire: Wire, call: str, answer: Any, kind: type[Exception]) -> None:
    wire.expect(call, answer)
    with pytest.raises(kind) as caught:
        wire.purse().sync(known() if call == GET else begun())
    assert type(caught.value) is kind


# --- the payment ------------------------------------------------------------------------------------------


def of(wire: Wire, **changes: Any) -> Any:
    told = changes.pop("told", None) or payment(**changes)
    wire.expect(GET, told)
    return wire.purse().sync(known())


def test_an_authorised_payment_whole(wire: Wire) -> None:
    told = of(wire)
    assert told.outcome is Outcome.AUTHORIZED
    assert told.reference == REFERENCE
    assert told.provider_ids == (SESSION, PAYMENT)
    assert (told.authorized, told.captured, told.refunded, told.voided, told.pending) == (
        eur(12000), eur(0), eur(0), eur(0), eur(0),
    )  # fmt: skip
    nothing = {"captured": eur(0), "refunded": eur(0), "voided": eur(0)}
    assert told.tenders == (
        Tender(id="cc", partner="ingenico", method="creditcard", authorized=eur(10000), **nothing),
        Tender(id="gc", partner="illicado", method="giftcard", authorized=eur(2000), **nothing),
    )
    assert told.operations == ()
    assert told.card == Card(brand="Visa", last4="1234", expiry_month=1, expiry_year=2024, holder="John Doe")
    assert (told.decline, told.saved_card, told.live, told.may_retry, told.warning) == (
        None, None, None, None, "",
    )  # fmt: skip
    assert told.memo == {"payment_id": PAYMENT, "version": 3}


DECLINED = part(
    "ingenico",
    "creditcard",
    12000,
    "REFUSED",
    partner_status="05",
    partner_status_description="Insufficient funds",
)


@pytest.mark.parametrize(
    ("status", "outcome", "decline"),
    [
        ("PENDING", Outcome.PENDING, None),
        ("REFUSED", Outcome.FAILED, Decline(code="05", message="Insufficient funds", reason="insufficient_funds")),
        ("ERROR", Outcome.FAILED, Decline(code="05", message="Insufficient funds", reason="technical_error")),
        ("FAILED", Outcome.FAILED, Decline(code="05", message="Insufficient funds", reason="technical_error")),
        ("ABORTED", Outcome.CANCELED, None),
        ("CANCELLED", Outcome.CANCELED, None),
        ("EXPIRED", Outcome.EXPIRED, None),
    ],
)  # fmt: skip
def test_every_word_of_an_authorisation(
    wire: Wire, status: str, outcome: Outcome, decline: Decline | None
) -> None:
    told = of(wire, told=payment(status, DECLINED, amounts=amounts(0)))
    assert (told.outcome, told.decline, told.warning) == (outcome, decline, "")
    assert (told.authorized, told.captured, told.tenders) == (None, None, ())


@pytest.mark.parametrize("authorization", [{"status": "BLESSED"}, {"status": None}, None, {}])
def test_a_word_that_purse_never_wrote_of_an_authorisation(wire: Wire, authorization: Any) -> None:
    told = of(wire, authorization=authorization)
    assert told.outcome is Outcome.PENDING
    assert "authorisation" in told.warning
    assert told.authorized is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Expired card", "expired_card"),
        ("CVV mismatch", "wrong_cvc"),
        ("3DS authentication failed", "authentication_failed"),
        ("Over the limit", "limit_exceeded"),
        ("Stolen card", "lost_or_stolen"),
        ("Suspected fraud", "fraud_suspected"),
        ("Invalid card number", "invalid_card"),
        ("Method not supported", "not_supported"),
        ("Technical error", "technical_error"),
        ("Card 4111111111111111 refused", "declined"),
        (None, "declined"),
    ],
)
def test_why_a_card_was_refused(wire: Wire, text: str | None, reason: str) -> None:
    refused = part("ingenico", "creditcard", 12000, "REFUSED", partner_status_description=text)
    told = of(wire, told=payment("REFUSED", refused, amounts=amounts(0)))
    assert told.decline.reason == reason
    assert told.decline.code == "REFUSED"
    assert "4111111111111111" not in told.decline.message


def test_the_part_that_was_refused_says_why_and_not_the_one_that_was_let_go_for_it(wire: Wire) -> None:
    let_go = part("illicado", "giftcard", 2000, "ABORTED", partner_status_description="Cancelled")
    told = of(wire, told=payment("REFUSED", let_go, DECLINED, amounts=amounts(0)))
    assert told.decline == Decline(code="05", message="Insufficient funds", reason="insufficient_funds")


def test_money_that_a_refused_payment_holds_is_told_as_money(wire: Wire) -> None:
    """The gift card gave its part, the bank said no: the checkout compares, objects, and calls a person."""
    given = {**GC, "status": "AUTHORIZED"}
    told = of(wire, told=payment("REFUSED", DECLINED, given, amounts=amounts(2000, captured=2000)))
    assert (told.outcome, told.authorized, told.captured) == (Outcome.PAID, eur(2000), eur(2000))
    assert told.warning == "Purse calls the payment refused, but holds 20.00 EUR of it."
    told = of(wire, told=payment("REFUSED", DECLINED, given, amounts=amounts(2000)))
    assert (told.outcome, told.authorized) == (Outcome.AUTHORIZED, eur(2000))


def test_money_that_went_back_is_not_held(wire: Wire) -> None:
    told = of(
        wire, told=payment("REFUSED", DECLINED, GC, amounts=amounts(2000, captured=2000, refunded=2000))
    )
    assert told.outcome is Outcome.FAILED
    told = of(wire, told=payment("ERROR", DECLINED, GC, amounts=amounts(2000, voided=2000)))
    assert told.outcome is Outcome.FAILED


def test_a_payment_that_contradicts_itself_is_pending(wire: Wire) -> None:
    told = of(wire, told=payment("REFUSED", CC, GC))
    assert told.outcome is Outcome.PENDING
    assert "holds 120.00 EUR" in told.warning


def test_what_is_still_being_authorised_is_pending(wire: Wire) -> None:
    waiting = part("ingenico", "creditcard", 10000, "PENDING")
    told = of(wire, told=payment("PENDING", waiting, GC, amounts=amounts(2000, authorize_pending=10000)))
    assert (told.outcome, told.pending, told.authorized) == (Outcome.PENDING, eur(10000), None)


# Authorised is 120.00 in each: captured, voided, refunded; who captured; and what the payment is called for it.
MINE = {"merchant_reference": "our-key"}
ITSELF: dict[str, Any] = {"merchant_reference": None, "triggered_by": "SYSTEM"}
BACK_OFFICE: dict[str, Any] = {"merchant_reference": "by hand", "triggered_by": "MERCHANT"}


@pytest.mark.parametrize(
    ("captured", "voided", "refunded", "who", "outcome"),
    [
        (0, 0, 0, MINE, Outcome.AUTHORIZED),
        (2000, 0, 0, ITSELF, Outcome.AUTHORIZED),  # a gift card that captures itself
        (2000, 0, 0, MINE, Outcome.PAID),  # the merchant's own first part
        (2000, 0, 0, BACK_OFFICE, Outcome.PAID),
        (2000, 0, 2000, ITSELF, Outcome.AUTHORIZED),  # the rest can still be captured
        (2000, 0, 2000, MINE, Outcome.PAID),
        (12000, 0, 0, ITSELF, Outcome.PAID),
        (2000, 10000, 0, ITSELF, Outcome.PAID),
        (0, 12000, 0, MINE, Outcome.CANCELED),
        (0, 5000, 0, MINE, Outcome.AUTHORIZED),
        (12000, 0, 11999, MINE, Outcome.PAID),
        (12000, 0, 12000, MINE, Outcome.REFUNDED),
        (2000, 10000, 2000, MINE, Outcome.REFUNDED),
    ],
)
def test_what_the_sums_make_of_an_authorised_payment(
    wire: Wire, captured: int, voided: int, refunded: int, who: Any, outcome: Outcome
) -> None:
    captures = [operation(captured, part("illicado", "giftcard", captured), **who)] if captured else []
    sums = amounts(12000, captured, voided, refunded)
    wire.expect(GET, payment(captures=captures, amounts=sums))
    asked = Operation(
        verb=Verb.CAPTURE, money=eur(max(captured, 1)), status=OperationStatus.PENDING, key="our-key"
    )
    told = wire.purse().sync(known(operations=(asked,)))
    assert told.outcome is outcome
    assert (told.authorized, told.captured, told.voided, told.refunded) == (
        eur(12000), eur(captured), eur(voided), eur(refunded),
    )  # fmt: skip


def test_a_capture_that_failed_does_not_make_a_gift_card_a_paid_order(wire: Wire) -> None:
    itself = operation(2000, part("illicado", "giftcard", 2000), **ITSELF)
    failed = operation(100, part("ingenico", "creditcard", 100, "FAILURE"), status="FAILURE", **BACK_OFFICE)
    told = of(wire, captures=[itself, failed], amounts=amounts(captured=2000))
    assert (told.outcome, told.captured) == (Outcome.AUTHORIZED, eur(2000))


def test_every_amount_may_be_missing(wire: Wire) -> None:
    told = of(wire, amounts={"total_authorized": 12000})
    assert (told.outcome, told.captured) == (Outcome.AUTHORIZED, eur(0))
    nothing: list[Any] = [{}, None]
    for sums in nothing:
        told = of(wire, amounts=sums)
        assert (told.outcome, told.authorized) == (Outcome.AUTHORIZED, eur(0))  # and the checkout objects


def test_the_lists_may_be_missing(wire: Wire) -> None:
    lean = {
        name: value
        for name, value in payment().items()
        if name not in ("captures", "voids", "refunds", "links", "overview")
    }
    told = of(wire, told=lean)
    assert (told.outcome, told.operations) == (Outcome.AUTHORIZED, ())
    told = of(wire, captures=None, voids=None, refunds=None, links=None)
    assert told.operations == ()


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 500), ("EUR", 4299), ("KWD", 1500)])
def test_amounts_come_back_as_they_are(wire: Wire, currency: str, minor: int) -> None:
    wire.expect(GET, payment("AUTHORIZED", part("p", "creditcard", minor, "AUTHORIZED"), currency=currency,
                             amounts=amounts(minor)))  # fmt: skip
    told = wire.purse().sync(known(money=Money(minor, currency)))
    assert told.authorized == Money(minor, currency)
    assert told.tenders[0].authorized == Money(minor, currency)


def test_the_overview_decides_nothing(wire: Wire) -> None:
    said = {"consumed": "TOTALLY", "captured": "TOTALLY", "voided": "NOT", "refunded": "TOTALLY"}
    assert of(wire, overview=said).outcome is Outcome.AUTHORIZED


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"expiry_month": "13"}, {"expiry_month": None, "expiry_year": 2024}),
        ({"expiry_year": "2031"}, {"expiry_month": 1, "expiry_year": 2031}),
        ({"expiry_month": 7, "expiry_year": 31}, {"expiry_month": 7, "expiry_year": 2031}),
        ({"expiry_month": None, "expiry_year": "x"}, {"expiry_month": None, "expiry_year": None}),
        ({"last_four_digits": "4111111111111111"}, {"last4": ""}),
    ],
)
def test_a_card_is_shown_as_far_as_it_is_one(wire: Wire, changes: Any, expected: Any) -> None:
    told = of(wire, told=payment("AUTHORIZED", {**CC, "card": {**CARD, **changes}}, GC))
    assert {name: getattr(told.card, name) for name in expected} == expected


@pytest.mark.parametrize("odd", [None, "VISA", []])
def test_a_card_that_is_none_breaks_nothing(wire: Wire, odd: Any) -> None:
    assert of(wire, told=payment("AUTHORIZED", {**CC, "card": odd}, GC)).card is None


# --- giving up --------------------------------------------------------------------------------------------

ABORT_BODY = {"session_id": SESSION, "status": "AbortedByCustomer"}


@pytest.mark.parametrize("answer", [(303, ""), (200, ABORT_BODY), (204, "")])
def test_an_open_session_is_aborted(wire: Wire, answer: Any) -> None:
    wire.expect(ASK, session()).expect(ABORT, answer, ABORT_BODY).expect(ASK, session("AbortedByCustomer"))
    assert wire.purse().cancel(begun(), give_up=True).outcome is Outcome.CANCELED


@pytest.mark.parametrize("status", [400, 404, 405, 409, 422])
def test_what_cannot_be_aborted_is_asked_about(wire: Wire, status: int) -> None:
    """The shopper may have paid at that very moment."""
    wire.expect(ASK, session()).expect(ABORT, (status, {}))
    wire.expect(ASK, session("SUBMITTED", payment_id=PAYMENT)).expect(GET, payment())
    assert wire.purse().cancel(begun(), give_up=False).outcome is Outcome.AUTHORIZED


def test_a_session_that_stays_open_is_told_as_open(wire: Wire) -> None:
    wire.expect(ASK, session()).expect(ABORT, (404, {})).expect(ASK, session())
    assert wire.purse().cancel(begun(), give_up=False).outcome is Outcome.OPEN


def test_money_that_came_first_wins(wire: Wire) -> None:
    wire.expect(ASK, session("SUBMITTED", payment_id=PAYMENT)).expect(GET, payment())
    assert wire.purse().cancel(begun(), give_up=True).outcome is Outcome.AUTHORIZED


def test_an_abort_that_this_account_may_not_ask_for(wire: Wire) -> None:
    wire.expect(ASK, session()).expect(ABORT, (403, {}))
    with pytest.raises(Misconfigured):
        wire.purse().cancel(begun(), give_up=False)


LOST = pytest.mark.parametrize("answer", [(500, {}), requests.exceptions.ReadTimeout()])


@LOST
def test_an_abort_whose_answer_is_lost_is_asked_about(wire: Wire, answer: Any) -> None:
    wire.expect(ASK, session()).expect(ABORT, answer).expect(ASK, session("ABORTED"))
    assert wire.purse().cancel(begun(), give_up=True).outcome is Outcome.CANCELED


@LOST
def test_an_abort_that_may_still_be_on_its_way(wire: Wire, answer: Any) -> None:
    wire.expect(ASK, session()).expect(ABORT, answer).expect(ASK, session())
    with pytest.raises(Uncertain):
        wire.purse().cancel(begun(), give_up=False)
