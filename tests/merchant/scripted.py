"""A provider that says what a test tells it to, and remembers what it was asked."""

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar, Literal

from django.db import connection
from pydantic import Field, SecretStr, model_validator

from providers.base import (
    AccountSettings,
    Charge,
    Kind,
    Notification,
    Occasion,
    OperationStatus,
    Outcome,
    Provider,
    Redirect,
    Report,
    Share,
    Started,
    Tender,
    Urls,
    Verb,
)
from providers.base import Operation as Listed
from providers.errors import Misconfigured, ProviderError
from providers.http import Http
from providers.money import Money
from providers.purse import priorities
from providers.purse.settings import Solution
from providers.said import said as _
from providers.setup import Address, Probe

API_SECRET = "canary-api-secret-5f1c"
RING_SECRET = "canary-ring-secret-77aa"


class ScriptedSettings(AccountSettings):
    merchant_id: str = Field(title="Merchant id", description="As in your contract.", pattern=r"^M\d+$")
    api_secret: SecretStr = Field(title="API secret", description="Signs every call.", min_length=8)
    ring_secret: SecretStr = Field(SecretStr(""), title="Ring secret")
    region: Literal["eu", "us"] = Field("eu", title="Region")
    retries: int = Field(3, title="Retries", ge=0, le=9)
    strict: bool = Field(True, title="Strict")
    methods: tuple[str, ...] = Field((), title="Methods")
    asked_fields: tuple[Literal["email", "phone"], ...] = Field((), title="Fields")
    style: dict[str, int] = Field(default_factory=dict, title="Style")
    nickname: str | None = Field(None, title="Nickname")

    @model_validator(mode="after")
    def _together(self) -> "ScriptedSettings":
        if self.region == "us" and self.retries == 0:
            raise ValueError(_("the US never answers the first time"))
        return self


class Scripted(Provider):
    slug = "scripted"
    label = "Scripted card"
    name = "Scripted Pay"
    settings_type = ScriptedSettings
    kinds = frozenset(Kind)
    occasions = frozenset({Occasion.RECURRING, Occasion.NO_SHOW})

    verifies = ("ring_secret",)

    answer: ClassVar[Report | ProviderError] = Report(outcome=Outcome.OPEN)
    probed: ClassVar[Probe | ProviderError] = Probe(said="It was asked, and it answered.")
    asked: ClassVar[list[tuple[str, str]]] = []
    in_transaction: ClassVar[list[bool]] = []

    @classmethod
    def forget(cls) -> None:
        cls.answer = Report(outcome=Outcome.OPEN)
        cls.probed = Probe(said="It was asked, and it answered.")
        cls.asked.clear()
        cls.in_transaction.clear()

    def __init__(self, settings: AccountSettings, *, live: bool, http: Http) -> None:
        super().__init__(settings, live=live, http=http)
        if live and getattr(settings, "nickname", None) == "sandbox":
            raise Misconfigured(_("A live account does not use the sandbox."))

    def probe(self) -> Probe:
        Scripted.asked.append(("probe", ""))
        Scripted.in_transaction.append(connection.in_atomic_block)
        if isinstance(Scripted.probed, ProviderError):
            raise Scripted.probed
        return Scripted.probed

    def addresses(self, urls: Urls) -> tuple[Address, ...]:
        return (
            Address(
                label="Notification address", url=urls.notify, where="In the back office: Settings, Webhooks."
            ),
            Address(label="Return address", url=urls.back, where=""),
        )

    def _say(self, verb: str, charge: Charge) -> Report:
        Scripted.asked.append((verb, charge.reference))
        Scripted.in_transaction.append(connection.in_atomic_block)
        if isinstance(Scripted.answer, ProviderError):
            raise Scripted.answer
        return replace(Scripted.answer, reference=charge.reference)

    def start(self, charge: Charge) -> Started:
        said = self._say("start", charge)
        show = Redirect(url="https://scripted.example/pay") if said.outcome is Outcome.OPEN else None
        return Started(show=show, provider_id=f"P-{charge.reference}", report=None if show else said)

    def sync(self, charge: Charge) -> Report:
        return self._say("sync", charge)

    def cancel(self, charge: Charge, *, give_up: bool) -> Report:
        return self._say("cancel", charge)

    def reopen(self, charge: Charge) -> None:
        self._say("reopen", charge)

    def _operate(self, verb: Verb, charge: Charge, money: Money, key: str, sums: dict[str, Any]) -> Report:
        self._say(verb.value, charge)
        listed = Listed(
            verb=verb, money=money, status=OperationStatus.SUCCESS, key=key, provider_id=f"O-{key}"[:90]
        )
        outcome = Outcome.PAID
        if sums.get("refunded") == charge.money:
            outcome = Outcome.REFUNDED
        return Report(
            outcome=outcome,
            reference=charge.reference,
            operations=(listed,),
            **{"authorized": charge.money, **sums},
        )

    def capture(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._operate(
            Verb.CAPTURE,
            charge,
            money,
            key,
            {"captured": (charge.captured or Money.zero(money.currency)) + money},
        )

    def refund(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        before = charge.refunded or Money.zero(money.currency)
        captured = charge.captured or charge.money
        return self._operate(
            Verb.REFUND, charge, money, key, {"captured": captured, "refunded": before + money}
        )

    def read_notification(self, incoming: Any) -> Notification:
        return Notification(key="k", about="a ring")


class Splitting(Scripted):
    """... whose payments are split, and shared out by the only rules that are known: Purse's."""

    slug = "splitting"
    name = "Splitting Pay"
    own_list: ClassVar[dict[Verb, tuple[Solution, ...]]] = {}  # what the account's settings would say
    told: ClassVar[list[Mapping[str, Any]]] = []
    status: ClassVar[OperationStatus] = OperationStatus.SUCCESS
    done: ClassVar[int | None] = None  # of how much the operation was done; all of it

    @classmethod
    def forget(cls) -> None:
        cls.own_list, cls.status, cls.done = {}, OperationStatus.SUCCESS, None
        cls.told.clear()

    def _shares(self, charge: Charge, verb: Verb, money: Money, plan: Mapping[str, Any]) -> tuple[Share, ...]:
        own = SimpleNamespace(**{f"{one.value}_priorities": Splitting.own_list.get(one, ()) for one in Verb})
        chosen = priorities.asked(own, verb, plan)  # type: ignore[arg-type]  # the three lists are all it reads
        return priorities.share_out(charge.tenders, verb, money, chosen)

    def share_out(
        self, charge: Charge, verb: Verb, money: Money, *, plan: Mapping[str, Any]
    ) -> tuple[Share, ...]:
        return self._shares(charge, verb, money, plan)

    def _split(self, verb: Verb, charge: Charge, money: Money, key: str, plan: Mapping[str, Any]) -> Report:
        """The operation as it was planned, `done` of it at the first means of payment."""
        Splitting.told.append(dict(plan))
        self._say(verb.value, charge)
        left = money.minor if Splitting.done is None else Splitting.done
        name = {Verb.CAPTURE: "captured", Verb.VOID: "voided", Verb.REFUND: "refunded"}[verb]
        tenders = {tender.id: tender for tender in charge.tenders}
        for share in self._shares(charge, verb, money, plan):
            given = Money(min(left, share.money.minor), money.currency)
            left -= given.minor
            before = tenders[share.tender.id]
            grown: dict[str, Any] = {name: getattr(before, name) + given}
            tenders[share.tender.id] = replace(before, **grown)
        return split_report(
            charge,
            tuple(tenders.values()),
            Listed(verb=verb, money=money, status=Splitting.status, key=key, provider_id=f"O-{key}"[:90],
                   message="" if Splitting.status is OperationStatus.SUCCESS else "visa creditcard: refused"),
        )  # fmt: skip

    def capture(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._split(Verb.CAPTURE, charge, money, key, plan)

    def void(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._split(Verb.VOID, charge, money, key, plan)

    def refund(self, charge: Charge, money: Money, *, key: str, plan: Mapping[str, Any]) -> Report:
        return self._split(Verb.REFUND, charge, money, key, plan)


def split_report(charge: Charge, tenders: tuple[Tender, ...], *operations: Listed) -> Report:
    """What is true, told by its parts."""
    sums: dict[str, Any] = {
        name: Money(sum(getattr(tender, name).minor for tender in tenders), charge.money.currency)
        for name in ("authorized", "captured", "refunded", "voided")
    }
    outcome = Outcome.PAID if sums["captured"] else Outcome.AUTHORIZED
    if sums["captured"] and sums["refunded"] == sums["captured"]:
        outcome = Outcome.REFUNDED
    elif sums["voided"] == charge.money:
        outcome = Outcome.CANCELED
    return Report(outcome=outcome, reference=charge.reference, tenders=tenders, operations=operations, **sums)
