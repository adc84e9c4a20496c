"""eComCharge rings late, twice and out of turn, browsers return, sweeps ask, and an old answer comes in last. Does it
all end in one record? Its real answers, read by the real provider file, in an order that nobody has chosen.
"""

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from checkout.models import Account, Delivery, Order, Payment
from checkout.payments.apply import apply, started
from checkout.payments.border import charge_for, provider_for
from checkout.payments.figures import violations
from checkout.payments.inbox import follow_up, keep
from checkout.payments.operate import operate
from checkout.payments.recover import check
from checkout.payments.settle import returned
from checkout.payments.start import start
from checkout.states import State
from providers.base import Incoming, OperationStatus, Outcome, Report, Started, Verb, Widget
from providers.ecomcharge import EcomchargeSettings
from providers.errors import ProviderError, Uncertain
from providers.http import Answer, Http
from providers.money import Money
from tests.providers.begateway import SECRET, SETTINGS
from tests.scripted import Clock, make_order, make_payment, make_shop

PROOF = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_SHORT = frozenset({"a1", "a2", "c1", "c2", "r1", "r2", "v1"})
SUMS = ("authorized", "captured", "refunded", "voided")
_numbers = itertools.count(1)


def gbp(minor: int) -> Money:
    return Money(minor, "GBP")


@dataclass
class Truth:
    """One payment form at eComCharge, and all that came of it."""

    kind: str = "payment"
    method: str = "credit_card"
    attempts: int = 1
    token: str = ""
    reference: str = ""
    form: str | None = None
    finished: bool = False
    expired: bool = False
    last: str = ""
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    silent: bool = False  # what is sent is done, but its answer is lost
    number: int = field(default_factory=lambda: next(_numbers))

    # What happens there.

    def named(self, short: str) -> str:
        """Nothing is called like anything else."""
        return f"{short}-{self.number}" if short in _SHORT else short

    def attempt(self, uid: str, status: str) -> None:
        uid = self.named(uid)
        told = {"tracking_id": self.reference, "payment_method_type": self.method,
                "additional_data": {"vendor": {"name": "CTP", "token": self.token}}}  # fmt: skip
        self.made[uid] = self._transaction(uid, self.kind, 4299, status, told)
        self.form, self.last = status, uid
        self.finished = status == "successful" or (status == "failed" and self.attempts == 1)

    def child(self, verb: str, uid: str, minor: int, parent: str, status: str = "successful") -> None:
        uid = self.named(uid)
        self.made[uid] = self._transaction(uid, verb, minor, status, {"parent_uid": self.named(parent)})

    def lapse(self) -> None:
        self.form, self.expired = "error", True

    def _transaction(self, uid: str, kind: str, minor: int, status: str, more: Any) -> dict[str, Any]:
        return {
            "uid": uid,
            "type": kind,
            "status": status,
            "amount": minor,
            "currency": "GBP",
            "test": True,
            **more,
        }

    # What it says.

    def ring(self, uid: str) -> bytes:
        if not uid:
            told = {"token": self.token, "order": {"tracking_id": self.reference}, "status": "error",
                    "finished": False, "expired": True, "test": True}  # fmt: skip
            return json.dumps(told).encode()
        return json.dumps({"transaction": self.made[self.named(uid)]}).encode()

    def answer(self, method: str, url: str, **request: Any) -> Answer:
        status, told = self._answer(method, url.split("9000/")[1], request.get("json"))
        if status >= 500:
            raise Uncertain(f"The provider answered HTTP {status}.")
        return Answer(status=status, headers={}, body=json.dumps(told).encode())

    def _answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        name = path.rpartition("/")[2]
        if method == "POST" and path.startswith("checkout"):
            self.token = f"{self.number:064x}"
            self.reference = body["checkout"]["order"]["tracking_id"]
            page = f"http://127.0.0.1:9000/checkout/page?token={self.token}"
            return 201, {"checkout": {"token": self.token, "redirect_url": page}}
        if method == "POST":
            asked = body["request"]
            uid = f"{name}-{len(self.made)}-{self.number}"
            self.child(name.removesuffix("s"), uid, asked["amount"], asked["parent_uid"])
            return (503, {}) if self.silent else (200, {"transaction": self.made[uid]})
        if path.startswith("checkout"):
            return 200, {"checkout": self._form()}
        if "/tracking_id/" in path:
            return 200, {"transactions": [t for t in self.made.values() if t.get("tracking_id") == name]}
        here = self.made.get(name)
        card = here is not None and here.get("payment_method_type", "credit_card") == "credit_card"
        known = here is not None and card == path.startswith("gateway")
        return (200, {"transaction": here}) if known else (404, {"message": "Record not found"})

    def _form(self) -> dict[str, Any]:
        said = {self.kind: {"uid": self.last, "status": self.form}} if self.last else None
        return {"token": self.token, "shop_id": 361, "transaction_type": self.kind, "gateway_response": said,
                "order": {"amount": 4299, "currency": "GBP", "tracking_id": self.reference},
                "finished": self.finished, "expired": self.expired, "test": True, "status": self.form}  # fmt: skip


@contextmanager
def speaking(truth: Truth) -> Iterator[None]:
    """Thousands of questions are asked here, so they are answered where the wire begins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Http, "request", lambda _http, *words, **named: truth.answer(*words, **named))
        yield


@pytest.fixture
def account(db: None) -> Account:
    account = Account(shop=make_shop(webhook_url=""), provider="ecomcharge", name="eComCharge")
    account.store_settings(EcomchargeSettings.model_validate({**SETTINGS, "attempts": 3, "show": "page"}))
    account.save()
    return account


@dataclass
class Life:
    """One payment of ours, and what is true of it there."""

    account: Account
    truth: Truth
    payment: Payment
    answers: list[Report] = field(default_factory=list)

    @classmethod
    def begun(cls, account: Account, truth: Truth) -> "Life":
        order = make_order(account.shop, money=gbp(4299), capture_later=truth.kind == "authorization")
        truth.attempts = 3
        return cls(account, truth, start(order, account))

    @property
    def row(self) -> Payment:
        return Payment.objects.select_related("order__shop", "account").get(pk=self.payment.pk)

    def ring(self, body: bytes) -> None:
        basic = base64.b64encode(f"361:{SECRET}".encode()).decode()
        came = Incoming(headers={"authorization": f"Basic {basic}"}, query={}, body=body)
        delivery, new = keep(self.account, provider_for(self.account).read_notification(came), "")
        if new:
            follow_up(delivery)

    def again(self) -> None:
        """A refund may ring before the capture that it is of: it is tried again when the capture is known."""
        for delivery in self.account.deliveries.filter(verdict=Delivery.Verdict.UNMATCHED):
            follow_up(delivery)

    def come_back(self) -> None:
        returned(self.row, {"status": "successful", "token": self.truth.token}, patience=8)

    def sweep(self) -> None:
        check(self.row)

    def ask(self) -> None:
        """An answer that is under way."""
        with suppress(ProviderError):
            self.answers.append(provider_for(self.account).sync(charge_for(self.row)))

    def hear(self) -> None:
        """... and is written down late, after newer ones."""
        if self.answers:
            apply(self.payment.pk, self.answers.pop())

    def record(self) -> Any:
        row = self.row
        sums = {name: getattr(row, f"{name}_minor") for name in SUMS}
        done = sorted(row.operations.values_list("verb", "amount_minor", "status"))
        events = sorted(set(row.order.events.values_list("type", flat=True)))
        return row.state, sums, done, row.order.state, row.order.attention, events


Deed = tuple[str, Callable[[Truth], None]]  # whose ring tells of it, and what happens
HISTORIES: dict[str, tuple[str, str, list[Deed]]] = {
    "refunded in two parts": ("payment", "credit_card", [
        ("a1", lambda t: t.attempt("a1", "failed")),
        ("a2", lambda t: t.attempt("a2", "incomplete")),
        ("a2", lambda t: t.attempt("a2", "successful")),
        ("r1", lambda t: t.child("refund", "r1", 1000, "a2", "pending")),
        ("r2", lambda t: t.child("refund", "r2", 3299, "a2")),
        ("r1", lambda t: t.child("refund", "r1", 1000, "a2")),
    ]),
    "captured in parts": ("authorization", "credit_card", [
        ("a1", lambda t: t.attempt("a1", "successful")),
        ("c1", lambda t: t.child("capture", "c1", 1000, "a1")),
        ("c2", lambda t: t.child("capture", "c2", 2000, "a1")),
        ("r1", lambda t: t.child("refund", "r1", 500, "c1")),
        ("v1", lambda t: t.child("void", "v1", 1299, "a1")),
        ("r2", lambda t: t.child("refund", "r2", 500, "c1", "failed")),
    ]),
    "given up": ("payment", "credit_card", [
        ("a1", lambda t: t.attempt("a1", "failed")),
        ("", lambda t: t.lapse()),
    ]),
    "a transfer that takes days": ("payment", "bank_transfer", [
        ("a1", lambda t: t.attempt("a1", "pending")),
        ("a1", lambda t: t.attempt("a1", "successful")),
    ]),
}  # fmt: skip
WORDS = ("ring", "come_back", "sweep", "ask", "hear")


def lived(account: Account, name: str, words: list[tuple[int, str, int]]) -> Any:
    """The history, with `words` between its deeds; in the end every ring has come, and every answer."""
    kind, method, deeds = HISTORIES[name]
    truth = Truth(kind, method)
    with speaking(truth):
        life = Life.begun(account, truth)
        rings: list[bytes] = []
        for position, (uid, deed) in enumerate(deeds):
            deed(truth)
            rings.append(truth.ring(uid))
            for at, word, which in words:
                if at == position:
                    _do(life, word, rings, which)
            held(life)
        order = [which for _at, _word, which in words]
        for number in [*order, *range(len(rings))]:
            life.ring(rings[number % len(rings)])
            held(life)
        life.again()
        while life.answers:
            life.hear()
            held(life)
        life.sweep()
        assert not any(violations().values())
        return life.record()


def _do(life: Life, word: str, rings: list[bytes], which: int) -> None:
    if word == "ring":
        life.ring(rings[which % len(rings)])
    else:
        getattr(life, word)()


def held(life: Life) -> None:
    row = life.row
    assert row.captured_minor + row.voided_minor <= row.authorized_minor <= 4299
    assert row.refunded_minor <= row.captured_minor


@pytest.mark.parametrize("name", HISTORIES)
@PROOF
@given(words=st.lists(st.tuples(st.integers(0, 5), st.sampled_from(WORDS), st.integers(0, 5)), max_size=12))
def test_it_ends_in_one_record(account: Account, name: str, words: list[tuple[int, str, int]]) -> None:
    straight = [(position, "ring", position) for position in range(6)]
    assert lived(account, name, words) == lived(account, name, straight)


def test_the_records_are_those_of_the_histories(account: Account) -> None:
    """A proof that every order ends alike would hold of nothing, too."""
    ends = {name: lived(account, name, []) for name in HISTORIES}
    assert {name: (end[0], list(end[1].values()), end[3]) for name, end in ends.items()} == {
        "refunded in two parts": ("refunded", [4299, 4299, 4299, 0], "paid"),
        "captured in parts": ("paid", [4299, 3000, 500, 1299], "paid"),
        "given up": ("expired", [0, 0, 0, 0], "open"),
        "a transfer that takes days": ("paid", [4299, 4299, 0, 0], "paid"),
    }
    assert ends["captured in parts"][2] == [
        ("capture", 1000, "success"),
        ("capture", 2000, "success"),
        ("refund", 500, "success"),
        ("void", 1299, "success"),
    ]


# --- what we do ourselves, while an old answer is under way -----------------------------------------------------------


def refund(life: Life, minor: int) -> str:
    return operate(life.row, Verb.REFUND, gbp(minor)).status


def test_an_old_answer_does_not_make_us_forget_a_refund(account: Account) -> None:
    """It would be left out of the next sum, and the same money could be promised twice."""
    truth = Truth()
    with speaking(truth):
        life = Life.begun(account, truth)
        truth.attempt("a1", "successful")
        life.sweep()
        life.ask()
        assert refund(life, 1000) == OperationStatus.SUCCESS
        life.hear()
        assert refund(life, 1000) == OperationStatus.SUCCESS
        assert (life.row.refunded_minor, len(life.row.memo["children"])) == (2000, 2)


def test_an_old_answer_does_not_take_a_refund_for_unfinished(account: Account) -> None:
    truth = Truth()
    with speaking(truth):
        life = Life.begun(account, truth)
        truth.attempt("a1", "successful")
        truth.child("refund", "r1", 1000, "a1", "pending")
        life.ring(truth.ring("r1"))
        life.ring(truth.ring("a1"))
        life.ring(truth.ring("r1").replace(b" ", b""))
        life.ask()
        truth.child("refund", "r1", 1000, "a1")
        life.ring(truth.ring("r1"))
        life.hear()
        assert refund(life, 500) == OperationStatus.SUCCESS
        assert life.row.refunded_minor == 1500


def test_two_captures_and_their_refunds_with_old_answers_between(account: Account) -> None:
    truth = Truth("authorization")
    with speaking(truth):
        life = Life.begun(account, truth)
        truth.attempt("a1", "successful")
        life.sweep()
        for verb, minor in ((Verb.CAPTURE, 1000), (Verb.CAPTURE, 2000), (Verb.REFUND, 800), (Verb.REFUND, 900),
                            (Verb.REFUND, 800), (Verb.VOID, 1299)):  # fmt: skip
            life.ask()
            assert operate(life.row, verb, gbp(minor)).status == OperationStatus.SUCCESS
            life.hear()
        given: dict[str, int] = {}
        for told in truth.made.values():
            if told["type"] == "refund":
                given[told["parent_uid"]] = given.get(told["parent_uid"], 0) + told["amount"]
        assert sorted(given.values()) == [800, 1700]
        assert life.record()[:2] == (
            State.PAID, {"authorized": 4299, "captured": 3000, "refunded": 2500, "voided": 1299},
        )  # fmt: skip


def test_a_refund_whose_answer_was_lost_is_counted_once(account: Account, clock: Clock) -> None:
    """The ring, the sweep and a person's hint all tell of the one."""
    truth = Truth()
    with speaking(truth):
        life = Life.begun(account, truth)
        truth.attempt("a1", "successful")
        life.sweep()
        truth.silent = True
        assert refund(life, 1000) == OperationStatus.UNCERTAIN
        uid = next(uid for uid, told in truth.made.items() if told["type"] == "refund")
        for _time in range(2):
            life.ring(truth.ring(uid))
            clock.forward(minutes=20)
            life.sweep()
        assert life.row.refunded_minor == 1000
        assert list(life.row.operations.values_list("amount_minor", "status")) == [(1000, "success")]


def test_a_person_is_called_when_the_form_takes_the_money_twice(account: Account) -> None:
    truth = Truth()
    with speaking(truth):
        life = Life.begun(account, truth)
        truth.attempt("a1", "successful")
        life.ring(truth.ring("a1"))
        truth.attempt("a2", "successful")
        for _time in range(2):
            life.ring(truth.ring("a2"))
            life.sweep()
        why = f"eComCharge took the money once more in the same form: {truth.named('a2')}. Refund it there."
        assert life.record() == (
            State.PAID,
            {"authorized": 4299, "captured": 4299, "refunded": 0, "voided": 0},
            [], "paid", why, [],
        )  # fmt: skip


def test_money_comes_after_everybody_has_given_up(account: Account) -> None:
    truth = Truth()
    with speaking(truth):
        life = Life.begun(account, truth)
        truth.lapse()
        life.sweep()
        assert life.row.state == State.EXPIRED
        Order.objects.filter(pk=life.payment.order_id).update(state="expired")
        truth.expired = False
        truth.attempt("a1", "successful")
        life.ring(truth.ring("a1"))
        assert life.record()[3:5] == ("paid", "42.99 GBP came after the order was expired")


def test_what_no_database_stores_is_remembered_without_it(account: Account) -> None:
    """A provider's JSON may spell it anywhere, and the report would be lost with it, again and again."""
    truth = Truth()
    with speaking(truth):
        life = Life.begun(account, truth)
        truth.attempt("a1", "successful")
        truth.child("refund", "r\0 1", 1000, "a1", "pending")
        truth.made["r\0 1"] |= {"message": "half \ud83d"}
        opened = replace(charge_for(life.row), provider_ids=("r\0 1",))
        apply(life.payment.pk, provider_for(account).sync(opened))
        assert life.row.state == State.PAID
        assert "\\u0000" not in json.dumps(life.row.memo)


@pytest.mark.parametrize("kind", ["memo", "show"])
def test_half_a_letter_and_nothing_at_all(account: Account, kind: str) -> None:
    truth = Truth()
    with speaking(truth):
        row = Life.begun(account, truth).row
    odd = {"name \0": [{"half": "\ud83d"}, 7, None]}
    if kind == "memo":
        row = apply(row.pk, Report(outcome=Outcome.PENDING, memo=odd))
        assert row.memo["name ?"] == [{"half": "?"}, 7, None]
    else:
        again = make_payment(make_order(account.shop), account, state=State.CREATED)
        page = Widget(template="x", data=odd, origins=())
        assert started(again.pk, Started(show=page)).show["data"] == {"name ?": [{"half": "?"}, 7, None]}
