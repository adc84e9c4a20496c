"""Can every sentence of a provider's be read in another language: the sentence itself, and what fills it?"""

import ast
from collections.abc import Iterator, Mapping

import pytest
from django.utils.translation import override

from checkout.wording import reason, spoken
from providers.agreements import Agreement, Ending
from providers.errors import Declined, Invalid, ProviderError, Uncertain
from providers.money import Money
from providers.syspay import agreements, operations
from tests import french
from tests.ground.sources import PROVIDER_FILES, PROVIDERS
from tests.providers import eterminal, payzen_wire, syspay_wire

# Who says something to a merchant, and which of its arguments are no sentence of ours: a field's path.
SAYERS = {"Misconfigured": 0, "Uncertain": 0, "Unreachable": 0, "Declined": 0, "Invalid": 1}
VALIDATORS = {**SAYERS, "ValueError": 0}  # what pydantic passes on; elsewhere nobody is shown it
SAID_IN = {"message", "warning"}
TEXTS = {
    "cannot be locked: the order has no %(field)s": "[fr] pas de %(field)s",
    "%(input)s %(why)s": "%(input)s %(why)s",
    "SysPay cannot take this order: %(field)s %(why)s.": "[fr] non : %(field)s %(why)s.",
    "is one line of text": "[fr] une ligne",
    "SysPay was told to end it, but how it stands could not be asked: %(why)s": "[fr] demandé, mais : %(why)s",
    "SysPay knows no %(name)s: look at the base address and the API login.": "[fr] inconnu : %(name)s.",
    "SysPay refuses the %(what)s: %(why)s": "[fr] refus (%(what)s) : %(why)s",
    "PayZen refuses the %(what)s: %(why)s.": "[fr] refus (%(what)s) : %(why)s.",
    "%(message)s (%(code)s)": "%(message)s [%(code)s]",
    "it was refunded already: look at the Back Office": "[fr] déjà fait",
    "refund": "[fr] remboursement",
    "PayZen cannot take this order: %(why)s.": "[fr] non : %(why)s.",
    "%(first)s; %(other)s": "%(first)s / %(other)s",
    "%(field)s: %(why)s": "%(field)s = %(why)s",
    "has more than %(most)s characters": "[fr] dépasse %(most)s",
    "must be more than 0": "[fr] trop peu",
    "SysPay only reserved %(reference)s, which was to be charged at once: capture it.": "[fr] réservé %(reference)s.",
    "SysPay took the money of %(reference)s more than once: also as payment %(numbers)s. "
    "Refund at SysPay what is too much.": "[fr] deux fois %(reference)s : %(numbers)s",
    "PayZen has taken money more than once for one order: also %(uuids)s. Refund it there.":
        "[fr] deux fois : %(uuids)s",
}  # fmt: skip


@pytest.fixture(autouse=True)
def catalogue() -> Iterator[None]:
    with french.spoken(TEXTS):
        yield


def test_an_objection_and_the_refusal_that_quotes_it() -> None:
    locked = {"locked_inputs": {"payment_mandate": {"amount": True}}}
    order, syspay = eterminal.mandate(options=locked), eterminal.provider()
    ((field, why),) = syspay.complaints(order)
    refusal = syspay.refuses(order)
    asked = "options.syspay.mandate_amount"
    assert why == f"cannot be locked: the order has no {asked}"
    assert refusal == f"SysPay cannot take this order: {field} {why}."
    with override("fr"):
        assert spoken(why) == f"[fr] pas de {asked}"
        assert spoken(refusal) == f"[fr] non : {field} [fr] pas de {asked}."


def test_a_validators_objection_and_pydantics_own() -> None:
    order = eterminal.one_off(options={"company_name": "two\nlines", "website": "mine"})
    company, website = sorted(eterminal.provider().complaints(order))
    assert company == ("options.syspay.company_name", "is one line of text")
    assert website == ("options.syspay.website", "Input should be a valid integer")
    with override("fr"):
        assert spoken(company[1]) == "[fr] une ligne"


def test_several_objections_in_one_sentence() -> None:
    customer = payzen_wire.charge().customer.__class__(email="a" * 151)
    order = payzen_wire.charge(money=Money(0, "EUR"), customer=customer)
    with payzen_wire.scripted() as wire:
        refusal = wire.payzen().refuses(order)
    assert refusal == (
        "PayZen cannot take this order: amount: must be more than 0; customer.email: has more than 150 characters."
    )
    with override("fr"):
        assert spoken(refusal) == "[fr] non : amount = [fr] trop peu / customer.email = [fr] dépasse 150."


def test_a_no_that_another_one_quotes() -> None:
    agreement = Agreement(provider_id="subscription:5", reference="")
    with syspay_wire.scripted() as wire:
        wire.expect("POST subscription/5/cancel", {})
        wire.expect("GET subscription/5", syspay_wire.no(80001, "Not found", status=404))
        with pytest.raises(Uncertain) as caught:
            agreements.end_agreement(wire.wire, wire.settings, agreement, Ending.NOW)
    with override("fr"):
        assert str(reason(caught.value)) == "[fr] demandé, mais : [fr] inconnu : subscription:5."


def test_warnings_one_after_the_other() -> None:
    with syspay_wire.scripted() as wire:
        wire.lists(syspay_wire.payment("AUTHORIZED"), syspay_wire.payment("AUTHORIZED", 124))
        syspay = wire.sync(syspay_wire.charge()).warning
    with payzen_wire.scripted() as once:
        twice = payzen_wire.listed(
            payzen_wire.transaction("CAPTURED"), payzen_wire.transaction("CAPTURED", uuid="f" * 32)
        )
        once.lists(twice)
        payzen = once.payzen().sync(payzen_wire.paid()).warning
    with override("fr"):
        assert spoken(syspay) == "[fr] réservé G7-1. [fr] deux fois G7-1 : 124"
        assert spoken(payzen) == f"[fr] deux fois : {'f' * 32}"


def refund_refused_by_syspay() -> ProviderError:
    with syspay_wire.scripted() as wire:
        wire.expect("POST refund", syspay_wire.no(40001, "Too late, they say"))
        with pytest.raises(Declined) as caught:
            operations.refund(wire.wire, wire.settings, syspay_wire.paid(), Money(500, "GBP"), key="key-1")
    return caught.value


def refund_refused_by_payzen() -> ProviderError:
    with payzen_wire.scripted() as wire:
        wire.lists(payzen_wire.listed(payzen_wire.transaction("CAPTURED")))
        wire.expect(payzen_wire.GIVE_BACK, payzen_wire.no("PSP_104", "Refunded"))
        with pytest.raises(Declined) as caught:
            wire.payzen().refund(payzen_wire.paid(), Money(300, "EUR"), key="key-1", plan={})
    return caught.value


def test_what_they_write_themselves_is_left_as_it_is() -> None:
    with override("fr"):
        assert str(reason(refund_refused_by_syspay())) == (
            "[fr] refus ([fr] remboursement) : Too late, they say"
        )
        assert str(reason(refund_refused_by_payzen())) == (
            "[fr] refus ([fr] remboursement) : [fr] déjà fait [PSP_104]."
        )
    assert str(refund_refused_by_payzen()) == (
        "PayZen refuses the refund: it was refunded already: look at the Back Office (PSP_104)."
    )
    assert str(Invalid("amount", "as they say it")) == "amount: as they say it"


def plain_sentences() -> Iterator[str]:
    """Where a provider says something that nobody could translate."""
    for file in PROVIDER_FILES:
        sayers = VALIDATORS if file.name == "settings.py" else SAYERS
        for node in ast.walk(ast.parse(file.read_text())):
            if any(_is_plain(text) for text in _said(node, sayers)):
                yield f"{file.relative_to(PROVIDERS)}:{getattr(node, 'lineno', 0)}"


def _said(node: ast.AST, sayers: Mapping[str, int]) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", "")
        if name in sayers:
            given = node.args[sayers[name] :]
            yield from (one.elts[-1] if isinstance(one, ast.Tuple) else one for one in given)
        yield from (word.value for word in node.keywords if word.arg in SAID_IN)
    elif isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple):
        yield node.value.elts[-1]  # (field, why)


def _is_plain(text: ast.expr) -> bool:
    """Also as one of two, or as a part. What stands in a call is marked, unless the call makes it a plain text."""
    if isinstance(text, ast.IfExp):
        return _is_plain(text.body) or _is_plain(text.orelse)
    if isinstance(text, ast.BoolOp):
        return any(map(_is_plain, text.values))
    if isinstance(text, ast.BinOp):
        return _is_plain(text.left) or _is_plain(text.right)
    if isinstance(text, ast.Call):
        made = text.func
        return isinstance(made, ast.Attribute) and made.attr == "join"
    return isinstance(text, ast.JoinedStr) or (isinstance(text, ast.Constant) and text.value != "")


def test_no_sentence_is_a_plain_english_text() -> None:
    assert list(plain_sentences()) == []


def test_plain_english_is_found() -> None:
    plains = ('"no"', 'f"no {x}"', 'x or "no"', '"no" if x else _("no")', '"no " + x', '" ".join(x)')
    for plain in plains:
        call = ast.parse(f'Invalid("field", {plain})', mode="eval").body
        assert any(map(_is_plain, _said(call, SAYERS))), plain


def test_what_is_marked_is_found_by_extraction() -> None:
    """`_` is called with the text itself, and is nothing else there."""
    odd = []
    for file in PROVIDER_FILES:
        nodes = list(ast.walk(ast.parse(file.read_text())))
        marks = [node for node in nodes if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_"]
        lines = [node.lineno for node in marks if not isinstance(node.args[0], ast.Constant)]
        if marks and file.name != "said.py":
            names = [node for node in nodes if isinstance(node, ast.Name) and node.id == "_"]
            lines += [node.lineno for node in names if isinstance(node.ctx, ast.Store)]
        odd += [f"{file.relative_to(PROVIDERS)}:{line}" for line in lines]
    assert odd == []
