"""May a person have an agreement asked about now? `manage.py sync_payments --agreement`."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from checkout.models import Account
from providers.agreements import AgreementState
from providers.errors import Uncertain
from providers.money import Money
from tests.scripted import Script, active, make_agreement, renewal


def said(*words: str) -> str:
    out = StringIO()
    call_command("sync_payments", *words, stdout=out)
    return out.getvalue()


def test_asked_by_their_numbers(script: Script, account: Account) -> None:
    one, two, other = (make_agreement(account, provider_id=f"S-{number}") for number in (1, 2, 3))
    made = renewal("R-2", Money(1500, "EUR"))
    script.will("sync_agreement", active("S-1", state=AgreementState.ENDED, charges=(made,)), Uncertain("no"))
    assert said("--agreement", one.number, two.number) == (
        f"{one.number}: active -> ended, 1 payment found\n{two.number}: active -> no answer\n2 asked about.\n"
    )
    assert said("--agreement", other.number) == f"{other.number}: active -> no news\n1 asked about.\n"
    assert len(script.asked_agreement("sync_agreement")) == 3


@pytest.mark.parametrize(
    "words",
    [("--agreement", "A-1"), ("--agreement", "A-1", "--all-open"), ("--agreement", "A-1", "--order", "G-1")],
)
def test_what_to_ask_about_has_to_be_clear(script: Script, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        said(*words)
