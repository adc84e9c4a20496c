"""How does an agreement end? The provider is asked to end it, and what it says is what is true."""

import pytest

from checkout.models import Account, Agreement, Order
from checkout.payments.agreement_follow_up import NotEnded, end, look_at
from checkout.payments.timeline import Who
from checkout.tasks import check_agreement, run_sweep
from providers.agreements import AgreementReport, AgreementState, Ending, Phase
from providers.errors import Invalid, Misconfigured, ProviderError, Uncertain
from tests.scripted import (
    Clock,
    Script,
    active,
    codes,
    ended,
    events,
    make_account,
    make_agreement,
    story,
    work,
)


@pytest.fixture
def agreement(account: Account, clock: Clock) -> Agreement:
    return make_agreement(account, provider_id="S-1", next_check_at=None)


@pytest.fixture
def order(agreement: Agreement) -> Order:
    return agreement.payment.order


def test_ended_now(script: Script, agreement: Agreement, order: Order) -> None:
    after = end(agreement, Ending.NOW, who=Who.SHOP)
    assert (after.state, after.phase, after.end_reason, after.endings, after.may_charge) == (
        "ended", "closed", "canceled_by_merchant", [], False,
    )  # fmt: skip
    assert [call.ending for call in script.asked_agreement("end_agreement")] == [Ending.NOW]
    assert codes(order)[1:] == ["agreement.end_asked", "agreement.stands"]
    assert story(order)[1] == f"Scripted is asked to end agreement {agreement.number}: now."
    assert order.timeline.get(code="agreement.end_asked").who == Who.SHOP
    assert events(order) == ["agreement.updated"]
    assert order.events.get().payload["data"]["agreement"]["state"] == "ended"
    with pytest.raises(NotEnded, match="cannot be ended this way now"):
        end(agreement, Ending.NOW, who=Who.SHOP)  # as it was read before: what counts is how it stands
    assert len(script.asked_agreement("end_agreement")) == 1


def test_ended_with_what_is_paid(script: Script, clock: Clock, agreement: Agreement, order: Order) -> None:
    after = end(agreement, Ending.PERIOD_END, who=Who.MERCHANT)
    assert (after.state, after.phase, after.endings) == ("active", "last", ["now"])
    assert events(order) == ["agreement.updated"]
    with pytest.raises(NotEnded):
        end(after, Ending.PERIOD_END, who=Who.MERCHANT)
    assert end(after, Ending.NOW, who=Who.MERCHANT).state == "ended"
    assert events(order) == ["agreement.updated"] * 2


def test_the_provider_takes_its_time(script: Script, clock: Clock, agreement: Agreement) -> None:
    script.will("end_agreement", active("S-1"))
    assert end(agreement, Ending.NOW, who=Who.SHOP).state == "active"
    script.will("sync_agreement", AgreementReport(provider_id="S-1", state=AgreementState.ENDED))
    clock.forward(minutes=2)
    run_sweep()
    work()
    agreement.refresh_from_db()
    assert agreement.state == "ended"


def test_the_provider_does_not_answer_and_has_ended_it(
    script: Script, clock: Clock, agreement: Agreement, order: Order
) -> None:
    script.will("end_agreement", Uncertain("no answer within 30 s"))
    with pytest.raises(NotEnded, match="no answer within 30 s"):
        end(agreement, Ending.NOW, who=Who.SHOP)
    agreement.refresh_from_db()
    assert (agreement.state, codes(order)[1:]) == (
        "active", ["agreement.end_asked", "agreement.uncertain"],
    )  # fmt: skip
    script.will("sync_agreement", Uncertain("HTTP 503"),
                AgreementReport(provider_id="S-1", state=AgreementState.ENDED))  # fmt: skip
    for minutes in (1.1, 5.1):
        clock.forward(minutes=minutes)
        run_sweep()
        work()
    agreement.refresh_from_db()
    order.refresh_from_db()
    assert (agreement.state, events(order), order.attention) == ("ended", ["agreement.updated"], "")
    assert len(script.asked_agreement("end_agreement")) == 1  # it is asked about, not sent again


@pytest.mark.parametrize(
    ("no", "flagged"), [(Misconfigured("not allowed"), True), (Invalid("ending", "not this way"), False)]
)
def test_the_provider_refuses(
    script: Script, clock: Clock, agreement: Agreement, order: Order, no: ProviderError, flagged: bool
) -> None:
    script.will("end_agreement", no)
    with pytest.raises(NotEnded, match="not "):
        end(agreement, Ending.NOW, who=Who.SHOP)
    agreement.refresh_from_db()
    order.refresh_from_db()
    assert agreement.state == "active"
    assert codes(order)[1:3] == ["agreement.end_asked", "agreement.not_ended"]
    assert story(order)[2] == f"Scripted did not end agreement {agreement.number}: {no}"
    assert order.attention == (f"{agreement.account.name}: {no}" if flagged else "")
    clock.forward(minutes=1.1)
    run_sweep()
    assert "check_agreement" in work()


def test_a_way_that_is_not_offered(script: Script, agreement: Agreement, order: Order) -> None:
    Agreement.objects.update(endings=["now"])
    with pytest.raises(NotEnded):
        end(agreement, Ending.PERIOD_END, who=Who.SHOP)
    assert (script.agreement_calls, codes(order)[1:]) == ([], [])


def test_a_provider_that_cannot(script: Script, clock: Clock) -> None:
    agreement = make_agreement(make_account(provider="bare"))
    with pytest.raises(NotEnded):
        end(agreement, Ending.NOW, who=Who.SHOP)


def test_a_look_that_was_under_way_while_it_was_ended(
    script: Script, agreement: Agreement, order: Order
) -> None:
    """Asked before the end and answered after it: it does not bring the agreement back to life."""
    script.during("sync_agreement", lambda: end(agreement, Ending.PERIOD_END, who=Who.SHOP))
    script.will("sync_agreement", active("S-1"))
    look_at(agreement)
    agreement.refresh_from_db()
    assert (agreement.state, agreement.phase, agreement.endings) == ("active", "last", ["now"])
    assert events(order) == ["agreement.updated"]


def test_it_dies_after_it_was_asked_for(
    script: Script, clock: Clock, agreement: Agreement, order: Order
) -> None:
    class Killed(BaseException):
        pass

    script.will("end_agreement", Killed())
    with pytest.raises(Killed):
        end(agreement, Ending.NOW, who=Who.SHOP)
    assert codes(order)[1:] == ["agreement.end_asked"]
    script.will("sync_agreement", AgreementReport(provider_id="S-1", state=AgreementState.TERMINATED,
                                                  phase=Phase.CLOSED))  # fmt: skip
    clock.forward(seconds=91)
    run_sweep()
    work()
    agreement.refresh_from_db()
    assert agreement.state == "terminated"
    check_agreement.func(str(agreement.pk))


def test_ended_twice_at_the_provider(script: Script, agreement: Agreement, order: Order) -> None:
    """Two ask at once: the provider is told once, and the other one hears that it is being done."""

    def other() -> None:
        with pytest.raises(NotEnded, match="asked for a moment ago"):
            end(agreement, Ending.NOW, who=Who.SHOP)

    script.during("end_agreement", other)
    script.always("end_agreement", ended)
    assert end(agreement, Ending.NOW, who=Who.MERCHANT).state == "ended"
    assert len(script.asked_agreement("end_agreement")) == 1
    assert events(order) == ["agreement.updated"]
