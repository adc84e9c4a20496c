"""Is a refusal read in the reader's language, kept in English, and never put into words too early?"""

import ast
import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils.translation import gettext_lazy, override
from pydantic import ValidationError

from checkout.merchant.audit import readable
from checkout.payments.terms import disagreements
from checkout.payments.texts import fit, fit_to_show
from checkout.wording import clause, in_english, kept, later, listed, reason, spoken, spoken_again, worded
from providers.agreements import Period, Terms, Unit
from providers.base import Kind
from providers.epc import EpcOrder
from providers.errors import Invalid, Misconfigured
from providers.money import Money
from providers.said import Said, joined, objection, said
from tests import french

ROOT = Path(__file__).parents[2]
PAYMENTS = ROOT / "checkout/payments"
# Without the sandbox, which speaks for the providers and not for us.
KINDS_OF_NO = {"Misconfigured", "Invalid", "Uncertain", "Unreachable"}  # of a provider's, with a sentence
# Whatever `payments` refuses with a sentence that a merchant or a shop's software reads.
REFUSALS = {
    "NotPossible", "NotSent", "NotChanged", "NotPayable", "NotRetypable", "NotReopenable", "NotEnded",
    "PlanChanged", "NeedsApproval", "MayNotDecide", "WaitsAlready",
}  # fmt: skip


@pytest.fixture(autouse=True)
def catalogue() -> Iterator[None]:
    texts = {
        "The order is %(state)s.": "[fr] état %(state)s.",
        "No link can be made: %(why)s.": "[fr] aucun lien : %(why)s.",
        "open": "[fr] ouverte",
        "must be %(due)s, the first payment: what is due today": "[fr] doit être %(due)s",
        "has more than %(most)d characters": "[fr] dépasse %(most)d caractères",
        "Scripted takes no order whose %(field)s %(why)s.": "[fr] refus : %(field)s %(why)s.",
    }
    with french.spoken(texts):
        yield


def test_it_is_put_into_words_when_it_is_read() -> None:
    with override("fr"):
        no = ValueError(worded("The order is %(state)s.", state=gettext_lazy("open")))
        around = worded("No link can be made: %(why)s.", why=clause(no))
        assert str(no) == f"{no}" == str(reason(no)) == "[fr] état [fr] ouverte."
        assert str(around) == "[fr] aucun lien : [fr] état [fr] ouverte."
    with override("en"):
        assert str(no) == str(reason(no)) == "The order is open."
        assert str(around) == "No link can be made: The order is open."


def test_a_row_and_the_audit_log_keep_it_in_english() -> None:
    with override("fr"):
        no = ValueError(worded("The order is %(state)s.", state=gettext_lazy("open")))
        field = listed([("state", reason(no))])
        kept = [fit(no, 300), fit_to_show(reason(no), 300), in_english(no), readable(reason(no))]
        assert kept == ["The order is open."] * 4
        assert in_english(field) == "state: The order is open."
        assert readable({"ended": reason(no), "given": [later(str, 7)]}) == {
            "ended": "The order is open.",
            "given": ["7"],
        }
        assert fit(no, 9) == "The order"
        assert json.dumps(readable(reason(no)))  # a plain text
        assert str(field) == "state: [fr] état [fr] ouverte."


def test_what_others_wrote_is_left_as_it_is() -> None:
    with override("fr"):
        assert fit("50 % (of) it", 300) == in_english("50 % (of) it") == "50 % (of) it"


def test_what_is_wrong_with_terms_is_read_in_ones_own_language() -> None:
    terms = Terms(period=Period(count=1, unit=Unit.MONTH), amount=Money(1500, "EUR"))
    with override("fr"):
        ((field, why),) = disagreements(Kind.SUBSCRIPTION, terms, Money(1, "EUR"), capture_later=False)
        assert (field, str(why)) == ("amount", "[fr] doit être 1500")
    with override("en"):
        assert str(why) == "must be 1500, the first payment: what is due today"


def test_what_a_provider_says_is_english_until_somebody_else_reads_it() -> None:
    long = said("has more than %(most)d characters", most=9)
    whole = said("Scripted takes no order whose %(field)s %(why)s.", field="city", why=long)
    assert whole == copy.deepcopy(whole) == "Scripted takes no order whose city has more than 9 characters."
    no, wrong = Misconfigured(whole), Invalid("city", long, ("name", "is missing"))
    with override("fr"):
        assert spoken(copy.deepcopy(whole)) == "[fr] refus : city [fr] dépasse 9 caractères."
        assert str(reason(no)) == "[fr] refus : city [fr] dépasse 9 caractères."
        assert str(clause(no)) == "[fr] refus : city [fr] dépasse 9 caractères"
        assert str(reason(wrong)) == "city: [fr] dépasse 9 caractères; name: is missing"
        assert str(listed(wrong.errors)) == str(reason(wrong))
        assert fit(no, 300) == fit(reason(no), 300) == whole
        assert fit(reason(wrong), 300) == "city: has more than 9 characters; name: is missing"
        assert spoken("as they wrote it: 9 %") == "as they wrote it: 9 %"


def test_what_a_row_keeps_of_it_is_said_in_whichever_language_reads_it() -> None:
    whole = said("Scripted takes no order whose %(field)s %(why)s.", field="card 4111111111111111",
                 why=said("has more than %(most)d characters", most=9))  # fmt: skip
    row = json.loads(json.dumps(kept(whole, lambda text: fit_to_show(text, 300))))
    assert "4111111111111111" not in str(row)
    with override("fr"):
        assert spoken_again(row) == f"[fr] refus : {row['about']['field']} [fr] dépasse 9 caractères."
        assert spoken_again({"text": "has more than %(most)d characters", "about": {"x": 1}}) == ""
    for nothing in (None, "text", {}, {"text": 7}, {"text": "%(x)s", "about": {"y": 1}}):
        assert spoken_again(nothing) == ""


def refusals() -> list[tuple[str, ast.expr]]:
    """(where, the sentence) of each refusal in the source of `payments`."""
    nodes = (
        (file, node)
        for file in sorted(PAYMENTS.glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
    )
    return [
        (f"{file.name}:{node.lineno}", node.args[0])
        for file, node in nodes
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in REFUSALS and node.args
    ]


def test_no_refusal_is_a_plain_english_text() -> None:
    found = refusals()
    assert len(found) > 70
    assert [where for where, said in found if isinstance(said, ast.Constant | ast.JoinedStr)] == []


def test_what_a_provider_says_of_several_things_is_read_in_ones_own_language() -> None:
    wrong = Invalid("city", said("has more than %(most)d characters", most=9), ("name", "is missing"))
    with override("fr"):
        assert spoken(wrong.sentence).startswith("city")
        assert "[fr] dépasse 9 caractères" in spoken(wrong.sentence)
        both = joined([said("The order is %(state)s.", state=said("open")), "As they wrote it."], " ")
        assert spoken(both) == "[fr] état [fr] ouverte. As they wrote it."
        assert both == "The order is open. As they wrote it."
    assert str(wrong) == "city: has more than 9 characters; name: is missing"


def test_an_objection_is_in_our_own_words_where_we_have_them() -> None:
    with pytest.raises(ValidationError) as caught:
        EpcOrder.model_validate({"orderId": 7, "chargeOperations": [{"a": 1}], "contactNumber": 8})
    (theirs,) = caught.value.errors()
    assert objection(theirs) == "Input should be a valid string"
    with pytest.raises(ValidationError) as caught:
        EpcOrder.model_validate({"orderId": 7, "chargeOperations": [{"a": 1}]})
    (ours,) = caught.value.errors()
    assert isinstance(objection(ours), Said)
    assert objection(ours) == "bring an order id or product operations, not both"
