"""How is a card saved without a payment? Against a scripted S360."""

from typing import Any

import pytest

from providers.base import Card, Outcome, SavedCard
from providers.money import Money
from tests.providers.s360 import (
    S360,
    TRANSACTION,
    saving,
)


def test_a_card_is_saved_without_money(s360: S360) -> None:
    s360.expect(
        "externalPaymentService/createAlias",
        {"statusCode": "success", "epcTransactionData": {"transactionId": TRANSACTION}},
        {
            "requestId": None,
            "contactNumber": "752565",
            "paymentMethodId": 16362,
            "paymentParametersMap": {
                "ORDER_IDENTIFIER": "your-unique-session-id-12345",
                "RETURN_URL": "https://yourdomain.com/payment-success",
            },
        },
    )
    epc = s360.epc()
    assert epc.prepare(saving()) == {}
    done = epc.start(saving())
    assert done.memo == {"transaction_id": TRANSACTION}
    assert done.provider_ids == ("1638671948",)
    assert done.show.data["mode"] == "alias"  # type: ignore[union-attr]
    assert done.show.data["paymentId"] == "1638671948"  # type: ignore[union-attr]

    told = {
        "statusCode": "success",
        "aliasStatus": "CREATED",
        "cardAlias": "alias-9",
        "cardMaskedNumber": "XXXX-4242",
        "cardType": "VISA",
        "cardExpirationDate": "2030-12",
    }
    s360.expect("externalPaymentService/checkAlias", told, {"requestId": None, "transactionId": TRANSACTION})
    report = epc.sync(saving(memo=done.memo))
    assert report.outcome is Outcome.PAID
    assert report.authorized == report.captured == Money.zero("GBP")
    card = Card(brand="VISA", last4="4242", expiry_month=12, expiry_year=2030)
    assert report.saved_card == SavedCard(token="alias-9", card=card)


@pytest.mark.parametrize(
    ("told", "outcome", "warning"),
    [
        ({"aliasStatus": "WAITING"}, Outcome.OPEN, ""),
        ({"aliasStatus": "FAILED"}, Outcome.FAILED, ""),
        ({"aliasStatus": "CANCELLED_BY_USER"}, Outcome.CANCELED, ""),
        (
            {"aliasStatus": "CREATED"},
            Outcome.PENDING,
            "EPC says the card is saved, but not under which name.",
        ),
        (
            {"aliasStatus": "DONE"},
            Outcome.PENDING,
            'S360 calls the alias "DONE", a word that we do not know.',
        ),
        ({}, Outcome.PENDING, "S360 does not say how the alias stands."),
    ],
)
def test_how_saving_a_card_ends(s360: S360, told: Any, outcome: Outcome, warning: str) -> None:
    s360.expect("checkAlias", {"statusCode": "success", **told})
    report = s360.epc().sync(saving(memo={"transaction_id": TRANSACTION}))
    assert (report.outcome, report.warning, report.saved_card) == (outcome, warning, None)


def test_cancelling_a_card_that_is_being_saved(s360: S360) -> None:
    s360.expect("checkAlias", {"statusCode": "success", "aliasStatus": "WAITING"})
    report = s360.epc().cancel(saving(memo={"transaction_id": TRANSACTION}), give_up=True)
    assert report.outcome is Outcome.CANCELED
    assert s360.epc().sync(saving()).outcome is Outcome.OPEN


def test_the_alias_methods_are_settings(s360: S360) -> None:
    s360.expect(
        "aliasService/makeAlias", {"statusCode": "success", "epcTransactionData": {"transactionId": 5}}
    )
    s360.expect("aliasService/seeAlias", {"statusCode": "success", "aliasStatus": "WAITING"})
    epc = s360.epc(
        alias_service="aliasService", alias_create_method="makeAlias", alias_check_method="seeAlias"
    )
    epc.sync(saving(memo=epc.start(saving()).memo))
