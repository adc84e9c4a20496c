"""Has every entry its sentence, and every sentence its particulars? Read from the source, not from memory."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from checkout.sentences import SENTENCES, sentence
from checkout.states import OrderState, State
from providers.base import OperationStatus, Outcome, Verb

CHECKOUT = Path(__file__).parents[2] / "checkout"
TELLERS = {"tell", "tell_once"}
BY_PAYMENT = {"number", "provider"}
# What stands behind the codes that are put together when they are told.
FAMILIES = {
    "payment.": [f"payment.{state}" for state in State if state not in {State.CREATED, State.STARTED}],
    # What `close` is for.
    "order.": [f"order.{state}" for state in (OrderState.CANCELED, OrderState.EXPIRED)],
    "operation.": [
        f"operation.{status}" for status in OperationStatus if status is not OperationStatus.PENDING
    ],
}


def told() -> Iterator[tuple[str, set[str], str]]:
    """(code, names of the particulars, where) of every call of `tell` in the source."""
    for file in sorted(CHECKOUT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TELLERS
            ):
                continue
            code = node.args[1]
            names = {word.arg for word in node.keywords if word.arg}
            if "payment" in names:
                names |= BY_PAYMENT
            if any(word.arg is None for word in node.keywords):
                names.add("**")
            where = f"{file.name}:{node.lineno}"
            if isinstance(code, ast.Constant):
                yield str(code.value), names, where
            elif isinstance(code, ast.JoinedStr):
                first = code.values[0]
                assert isinstance(first, ast.Constant), where
                for full in FAMILIES[str(first.value)]:
                    yield full, names, where


TOLD = list(told())


def particulars(text: str) -> set[str]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(text) if name}


def test_the_source_was_read() -> None:
    assert len(TOLD) > 30
    assert {"payment.created", "payment.paid", "operation.conflict", "order.expired"} <= {
        c for c, _n, _w in TOLD
    }


@pytest.mark.parametrize(
    ("code", "names", "where"), TOLD, ids=[f"{where}-{code}" for code, _n, where in TOLD]
)
def test_what_is_told_has_its_sentence_and_its_particulars(code: str, names: set[str], where: str) -> None:
    assert code in SENTENCES
    if "**" not in names:
        assert particulars(SENTENCES[code]) <= names


@pytest.mark.parametrize("code", SENTENCES)
def test_every_sentence_formats(code: str) -> None:
    wanted = particulars(SENTENCES[code])
    text = sentence(code, {name: f"<{name}>" for name in wanted})
    assert text
    assert "{" not in text
    for name in wanted:
        assert f"<{name}>" in text
    if code != "order.note":
        assert text[0].isupper() or text.startswith("<")
        assert text[-1] in ".:>…"


def test_an_older_versions_entry_does_not_break_the_page() -> None:
    assert sentence("payment.teleported", {}) == "payment.teleported"
    assert sentence("payment.paid", {"provider": "EPC"}) == "EPC confirms: … paid."
    assert sentence("order.note", {"text": "{0.__class__} {missing}"}) == "{0.__class__} {missing}"


@pytest.mark.parametrize("word", [*Outcome, *State, *Verb])
def test_words_of_ours_can_be_translated(word: str) -> None:
    from checkout import sentences

    assert str(word) in sentences._TRANSLATED
