"""What of an order does SysPay not take, and is the shop told so by the path in its own request, all at once?"""

from dataclasses import replace
from typing import Any

import pytest

from providers.agreements import Agreement, Period, Unit
from providers.base import Charge, Customer, Kind, Occasion
from providers.errors import FieldError, Invalid
from providers.money import Money
from tests.providers.eterminal import (
    HERE,
    MONTH,
    WEEK_OF_TRIAL,
    mandate,
    one_off,
    payment_plan,
    plain_terms,
    pounds,
    provider,
    shared,
    subscription,
    terms,
)

A_HUNDRED = "x" * 100


def complaints(charge: Charge, **settings: Any) -> tuple[FieldError, ...]:
    return provider(**settings).complaints(charge)


def customer(**changes: str) -> Charge:
    return one_off(customer=Customer(**changes))


# --- what is taken ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "charge",
    [
        one_off(),
        one_off(reference=""),  # the shop has just made the order: there is no attempt
        one_off(reference=" ~"),
        one_off(capture_later=True),
        customer(first_name=A_HUNDRED, last_name=A_HUNDRED, address=A_HUNDRED, city=A_HUNDRED),
        customer(first_name="O'Neil", phone="+80012345678"),  # left out, so nothing is wrong
        subscription(),
        subscription(money=pounds(1500), terms=plain_terms()),
        subscription(money=pounds(900), terms=plain_terms(initial=pounds(900), cycles=1)),
        subscription(money=pounds(0), terms=terms(trial=pounds(0))),
        subscription(money=pounds(0), terms=terms(trial=None)),
        subscription(terms=terms(trial_period=Period(count=90, unit=Unit.MINUTE))),
        subscription(terms=terms(trial_period=Period(count=1, unit=Unit.HOUR)), options={"trial_cycles": 2}),
        subscription(terms=terms(period=Period(count=2, unit=Unit.WEEK))),
        subscription(terms=terms(period=Period(count=30, unit=Unit.DAY))),
        payment_plan(),
        payment_plan(money=pounds(3334), terms=shared(total=pounds(10000), cycles=3)),
        payment_plan(money=pounds(1), terms=shared(total=pounds(12))),
        payment_plan(money=pounds(5), terms=shared(total=pounds(5), cycles=1)),
        mandate(),
        mandate(money=pounds(0), options={"mandate_amount": 300}),
        mandate(capture_later=True),
    ],
)
def test_nobody_complains_of_what_fits(charge: Charge) -> None:
    assert complaints(charge) == ()
    assert provider().refuses(charge) == ""


# --- each rule --------------------------------------------------------------------------------------------

MINUTE, HOUR = (Period(count=1, unit=unit) for unit in (Unit.MINUTE, Unit.HOUR))
NO_UNIT = "must be day, week or month; minutes and hours are for trials"
EUROS = Money(1500, "EUR")
IN_POUNDS = "must be in the order's currency, GBP"

OF_THE_ORDER: list[tuple[Charge, FieldError]] = [
    (one_off(money=pounds(0)), ("amount", "must be more than 0")),
    (one_off(money=pounds(-1)), ("amount", "must be more than 0")),
    (mandate(money=pounds(-1)), ("amount", "must be more than 0")),
    (one_off(reference="réf"), ("reference", "may only have printable ASCII characters")),
    (one_off(reference="a\tb"), ("reference", "may only have printable ASCII characters")),
    (one_off(reference="a\n"), ("reference", "may only have printable ASCII characters")),
    (one_off(language="fr-FR"), ("language", "must be two small letters (ISO 639-1)")),
    (one_off(language=""), ("language", "must be two small letters (ISO 639-1)")),
    (
        subscription(capture_later=True),
        ("capture_later", "does not go with subscriptions: SysPay reserves nothing for them"),
    ),
    (
        payment_plan(capture_later=True),
        ("capture_later", "does not go with payment plans: SysPay reserves nothing for them"),
    ),
    (mandate(money=pounds(0), capture_later=True), ("capture_later", "needs an amount that is reserved")),
]
OF_THE_CUSTOMER: list[tuple[Charge, FieldError]] = [
    (customer(first_name=A_HUNDRED + "x"), ("customer.first_name", "has more than 100 characters")),
    (customer(last_name=A_HUNDRED + "x"), ("customer.last_name", "has more than 100 characters")),
    (customer(address=A_HUNDRED + "x"), ("customer.address", "has more than 100 characters")),
    (customer(city=A_HUNDRED + "x"), ("customer.city", "has more than 100 characters")),
    (customer(email="foo"), ("customer.email", "is no e-mail address")),
    (customer(email="foo @bar.com"), ("customer.email", "is no e-mail address")),
    (customer(country="gb"), ("customer.country", "must be two capitals (ISO 3166-1)")),
    (customer(country="GBR"), ("customer.country", "must be two capitals (ISO 3166-1)")),
]
OF_THE_TERMS: list[tuple[Charge, FieldError]] = [
    (one_off(terms=plain_terms()), ("terms", "go with subscriptions and payment plans")),
    (mandate(terms=plain_terms()), ("terms", "go with subscriptions and payment plans")),
    (subscription(terms=None), ("terms", "are needed: SysPay takes no subscriptions without")),
    (payment_plan(terms=None), ("terms", "are needed: SysPay takes no payment plans without")),
    (
        subscription(terms=terms(period=replace(MONTH, count=0))),
        ("terms.period.count", "must be at least 1"),
    ),
    (subscription(terms=terms(period=MINUTE)), ("terms.period.unit", NO_UNIT)),
    (subscription(terms=terms(period=HOUR)), ("terms.period.unit", NO_UNIT)),
    (payment_plan(terms=shared(period=HOUR)), ("terms.period.unit", NO_UNIT)),
    (subscription(terms=terms(cycles=0)), ("terms.cycles", "must be at least 1")),
    (payment_plan(terms=shared(cycles=0)), ("terms.cycles", "must be at least 1")),
    (
        subscription(terms=terms(total=pounds(1))),
        ("terms.total", "goes with payment plans; a subscription has an amount"),
    ),
    (subscription(terms=terms(amount=None)), ("terms.amount", "is needed: what is paid every period")),
    (subscription(terms=terms(amount=pounds(0))), ("terms.amount", "must be more than 0")),
    (subscription(terms=terms(initial=pounds(0))), ("terms.initial_amount", "must be more than 0")),
    (subscription(terms=terms(trial=pounds(-1))), ("terms.trial.amount", "must not be less than 0")),
    (
        subscription(terms=terms(trial_period=None)),
        ("terms.trial.period", "is needed: a trial lasts for a while"),
    ),
    (
        subscription(terms=terms(trial_period=replace(WEEK_OF_TRIAL, count=0))),
        ("terms.trial.period.count", "must be at least 1"),
    ),
    (subscription(terms=terms(amount=EUROS)), ("terms.amount", IN_POUNDS)),
    (subscription(terms=terms(initial=EUROS)), ("terms.initial_amount", IN_POUNDS)),
    (subscription(terms=terms(trial=EUROS)), ("terms.trial.amount", IN_POUNDS)),
    (payment_plan(terms=shared(total=EUROS)), ("terms.total", IN_POUNDS)),
    (
        payment_plan(terms=shared(amount=pounds(1))),
        ("terms.amount", "goes with subscriptions; a payment plan has a total"),
    ),
    (
        payment_plan(terms=shared(initial=pounds(1))),
        ("terms.initial_amount", "goes with subscriptions; a payment plan has a total"),
    ),
    (
        payment_plan(terms=shared(trial=pounds(0))),
        ("terms.trial", "goes with subscriptions; a payment plan has a total"),
    ),
    (
        payment_plan(terms=shared(trial_period=WEEK_OF_TRIAL)),
        ("terms.trial", "goes with subscriptions; a payment plan has a total"),
    ),
    (payment_plan(terms=shared(cycles=None)), ("terms.cycles", "is needed: the number of payments")),
    (
        payment_plan(terms=shared(total=None)),
        ("terms.total", "is needed: what is shared out to the payments"),
    ),
    (payment_plan(terms=shared(total=pounds(0))), ("terms.total", "must be more than 0")),
    (
        payment_plan(terms=shared(total=pounds(11))),
        ("terms.total", "is too little to be shared out to 12 payments"),
    ),
    # What is due today is the trial, else the first regular payment, else a plan's first part.
    (subscription(money=pounds(1500)), ("amount", "must be what is due today under the terms: 1.00 GBP")),
    (
        subscription(money=pounds(1500), terms=plain_terms(initial=pounds(10000))),
        ("amount", "must be what is due today under the terms: 100.00 GBP"),
    ),
    (
        subscription(money=pounds(100), terms=terms(trial=None)),
        ("amount", "must be what is due today under the terms: 0.00 GBP"),
    ),
    (payment_plan(money=pounds(30000)), ("amount", "must be what is due today under the terms: 25.00 GBP")),
    (
        payment_plan(money=pounds(3333), terms=shared(total=pounds(10000), cycles=3)),
        ("amount", "must be what is due today under the terms: 33.34 GBP"),
    ),
]
OF_THE_OPTIONS: list[tuple[Charge, FieldError]] = [
    (
        subscription(money=pounds(1500), terms=plain_terms(), options={"trial_cycles": 2}),
        (f"{HERE}.trial_cycles", "goes with a subscription that has a trial"),
    ),
    (
        one_off(options={"trial_cycles": 2}),
        (f"{HERE}.trial_cycles", "goes with a subscription that has a trial"),
    ),
    (one_off(options={"mandate_amount": 300}), (f"{HERE}.mandate_amount", "goes with mandates")),
]


@pytest.mark.parametrize(
    ("charge", "complaint"), [*OF_THE_ORDER, *OF_THE_CUSTOMER, *OF_THE_TERMS, *OF_THE_OPTIONS]
)
def test_each_rule_is_told_by_the_shops_own_path(charge: Charge, complaint: FieldError) -> None:
    assert complaints(charge) == (complaint,)
    assert provider().refuses(charge) == f"SysPay cannot take this order: {' '.join(complaint)}."
    with pytest.raises(Invalid) as no:
        provider().start(charge)
    assert no.value.errors == (complaint,)


@pytest.mark.parametrize(
    ("options", "field", "why"),
    [
        ({"colour": "red"}, "colour", "Extra inputs are not permitted"),
        ({"locked": "yes"}, "locked", "Input should be a valid boolean"),
        ({"website": "110"}, "website", "Input should be a valid integer"),
        ({"website": 0}, "website", "Input should be greater than or equal to 1"),
        ({"company_name": ""}, "company_name", "String should have at least 1 character"),
        ({"company_name": " "}, "company_name", "is one line of text"),
        ({"description": "a\nb"}, "description", "is one line of text"),
        ({"allowed_retries": -1}, "allowed_retries", "Input should be greater than or equal to 0"),
        ({"trial_cycles": 0}, "trial_cycles", "Input should be greater than or equal to 1"),
        ({"mandate_amount": 1.5}, "mandate_amount", "Input should be a valid integer"),
        ({"locked_inputs": {"colour": True}}, "locked_inputs.colour", "Extra inputs are not permitted"),
        (
            {"locked_inputs": {"oneshot": {"preauth": True}}},
            "locked_inputs.oneshot.preauth",
            "Extra inputs are not permitted",
        ),
        (
            {"locked_inputs": {"oneshot": {"amount": 1}}},
            "locked_inputs.oneshot.amount",
            "Input should be a valid boolean",
        ),
    ],
)
def test_an_option_that_does_not_fit_is_named(options: dict[str, Any], field: str, why: str) -> None:
    assert complaints(one_off(options=options)) == ((f"{HERE}.{field}", why),)


def test_everything_is_told_at_once() -> None:
    charge = subscription(
        language="EN",
        customer=Customer(email="foo", address=A_HUNDRED + "x"),
        terms=terms(period=HOUR, cycles=0),
        options={"mandate_amount": 1, "locked_inputs": {"oneshot": {"amount": True}}},
    )
    assert [field for field, _ in complaints(charge)] == [
        "language",
        "customer.email",
        "customer.address",
        "terms.period.unit",
        "terms.cycles",
        f"{HERE}.mandate_amount",
        f"{HERE}.locked_inputs.oneshot.amount",
    ]


# --- what the account cannot take -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("charge", "others", "words"),
    [
        (one_off(), ["SUBSCRIPTION", "PAYMENT_PLAN", "PAYMENT_MANDATE"], "single payments"),
        (subscription(), ["ONESHOT", "PAYMENT_PLAN", "PAYMENT_MANDATE"], "subscriptions"),
        (payment_plan(), ["ONESHOT", "SUBSCRIPTION", "PAYMENT_MANDATE"], "payment plans"),
        (mandate(), ["ONESHOT", "SUBSCRIPTION", "PAYMENT_PLAN"], "mandates"),
    ],
)
def test_an_account_takes_its_own_types_alone(charge: Charge, others: list[str], words: str) -> None:
    limited = provider(types=others)
    why = f"is not for this SysPay account, which takes no {words}"
    assert limited.refuses(charge) == f"SysPay cannot take this order: kind {why}."
    assert limited.complaints(charge) == ()  # another account of the shop's may take it
    with pytest.raises(Invalid) as no:
        limited.start(charge)
    assert no.value.errors == (("kind", why),)


def test_an_account_takes_its_own_currencies_alone() -> None:
    limited = provider(currencies=["EUR", "USD"])
    why = "is GBP, which this SysPay account does not take"
    assert limited.refuses(one_off()) == f"SysPay cannot take this order: currency {why}."
    assert limited.refuses(one_off(money=Money(1200, "EUR"))) == ""


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_a_currency_without_cents_is_taken_only_when_the_account_names_it(currency: str) -> None:
    charge = one_off(money=Money(1200, currency))
    assert provider().refuses(charge) == (
        "SysPay cannot take this order: currency has no cents, in which SysPay counts; the account has to name "
        f"{currency} to take it."
    )
    assert provider(currencies=[currency]).refuses(charge) == ""


def test_a_plan_with_one_cent_over_is_taken_and_one_with_more_is_not() -> None:
    one_over = payment_plan(money=pounds(3334), terms=shared(total=pounds(10000), cycles=3))
    two_over = payment_plan(money=pounds(3335), terms=shared(total=pounds(10001), cycles=3))
    assert provider().refuses(one_over) == ""
    why = "cannot be shared equally: 2 cents are left over, and SysPay does not say in which payment"
    assert provider().refuses(two_over) == f"SysPay cannot take this order: terms.total {why}."
    assert provider().complaints(two_over) == ()
    assert provider(plan_remainder="first").refuses(two_over) == ""
    eleven_over = payment_plan(money=pounds(2511), terms=shared(total=pounds(30011)))
    assert "11 cents are left over" in provider().refuses(eleven_over)
    assert provider(plan_remainder="first").refuses(eleven_over) == ""


@pytest.mark.parametrize("kind", set(Kind) - set(provider().kinds))
def test_a_kind_that_syspay_does_not_know_is_refused(kind: Kind) -> None:
    assert provider().refuses(one_off(kind=kind)) == f"SysPay does not do {kind.value} orders."
    assert provider().complaints(one_off(kind=kind)) == ()


@pytest.mark.parametrize("occasion", Occasion)
def test_no_saved_card_is_charged_while_the_customer_is_away(occasion: Occasion) -> None:
    charge = one_off(occasion=occasion, saved_card="token")
    assert provider().refuses(charge) == f"SysPay charges no saved card for {occasion.value}."


def test_no_saved_card_is_charged_at_all() -> None:
    assert provider().refuses(one_off(saved_card="token")) == (
        "SysPay charges a card again by a mandate or a subscription, and keeps none to be chosen."
    )


# --- a further charge of an agreement ---------------------------------------------------------------------

AGREEMENT = Agreement(provider_id="agreement:8", reference="sh10004")


def test_a_further_charge_needs_an_amount_and_is_taken_at_once() -> None:
    assert provider().complaints(one_off(agreement=AGREEMENT)) == ()
    assert provider().complaints(one_off(agreement=AGREEMENT, money=pounds(0))) == (
        ("amount", "must be more than 0"),
    )
    assert provider().complaints(one_off(agreement=AGREEMENT, capture_later=True)) == (
        ("capture_later", "does not go with a further charge of an agreement, which is taken at once"),
    )


def test_a_further_charge_is_made_while_the_customer_is_away() -> None:
    """As the core asks for it: with an occasion, and without a card."""
    assert provider().refuses(one_off(agreement=AGREEMENT, occasion=Occasion.RECURRING)) == ""


def test_an_account_of_mandates_alone_may_charge_them() -> None:
    assert provider(types=["PAYMENT_MANDATE"]).refuses(one_off(agreement=AGREEMENT)) == ""
