"""Scripted providers with a form for the desk."""

from typing import ClassVar

import pytest

from providers import PROVIDERS
from providers.base import Charge, DeskInput, Kind, Provider, Redirect, Started
from providers.errors import FieldError
from tests.merchant.scripted import Scripted


class Phone(Scripted):
    """... which has a form for the desk."""

    slug = "phone"
    name = "Phone Pay"
    kinds = frozenset({Kind.ONE_OFF, Kind.SUBSCRIPTION, Kind.PAYMENT_PLAN, Kind.MANDATE, Kind.SAVE_CARD})
    desk = True
    charges: ClassVar[list[Charge]] = []
    objects_to: ClassVar[tuple[FieldError, ...]] = ()
    sentence: ClassVar[str] = ""
    url: ClassVar[str] = "https://phone.example/form/1"

    def desk_inputs(self, kind: Kind) -> tuple[DeskInput, ...]:
        own = {
            Kind.SUBSCRIPTION: DeskInput(name="sub.trial", label="Trial", needs="terms.trial.amount"),
            Kind.PAYMENT_PLAN: DeskInput(name="plan.total", label="Total amount", needs="terms.total"),
        }.get(kind, DeskInput(name="one.amount", label="Amount", needs="amount"))
        return (
            DeskInput(name="description", label="Description", needs="description"),
            DeskInput(name="customer.email", label="E-mail", needs="customer.email"),
            own,
        )

    def complaints(self, charge: Charge) -> tuple[FieldError, ...]:
        return Phone.objects_to

    def refuses(self, charge: Charge) -> str:
        return Phone.sentence if charge.desk else ""

    def start(self, charge: Charge) -> Started:
        Phone.charges.append(charge)
        self._say("start", charge)
        return Started(show=Redirect(url=Phone.url), provider_id=f"P-{charge.reference}")


class Mute(Phone):
    """... and cannot be told that a form is given up."""

    slug = "mute"
    cancel = Provider.cancel


def install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register both for one test, content with whatever they are asked."""
    for cls in (Phone, Mute):
        monkeypatch.setitem(PROVIDERS, cls.slug, f"tests.merchant.phone:{cls.__name__}")
    Phone.charges.clear()
    for name, value in (("objects_to", ()), ("sentence", ""), ("url", "https://phone.example/form/1")):
        monkeypatch.setattr(Phone, name, value)
