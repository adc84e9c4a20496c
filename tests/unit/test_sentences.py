"""Has every entry its sentence, every sentence its particulars and its French? Read from the source itself."""

import ast
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.utils.translation import override
from django.utils.translation.template import templatize

from checkout.models.payment import OCCASIONS
from checkout.sentences import BY_MERCHANT, SENTENCES, WITHOUT, sentence
from checkout.states import OrderState, State
from providers import PROVIDERS, provider_class
from providers.base import Kind, Occasion, OperationStatus, Outcome, Verb
from tests.ground.sources import PROVIDER_FILES

ROOT = Path(__file__).parents[2]
CHECKOUT = ROOT / "checkout"
CATALOGUE = ROOT / "locale/fr/LC_MESSAGES/django.po"
DECLINE_CODES = ROOT / "tests/providers/decline_codes.json"
# What marks a text for translation, and which of its arguments are texts. Templates become calls of these as well.
MARKS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
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


def test_an_order_of_the_merchants_says_so() -> None:
    about = {"money": "42.99 EUR", "until": "10:00"}
    shops = sentence("order.created", about)
    assert shops == "The shop created the order: 42.99 EUR, payable until 10:00."
    made_here = sentence("order.created", about, by_merchant=True)
    assert made_here == "The order was made here: 42.99 EUR, payable until 10:00."
    assert sentence("order.canceled", {}, by_merchant=True) == sentence("order.canceled", {})


@pytest.mark.parametrize("code", BY_MERCHANT)
def test_what_the_merchant_did_has_the_same_particulars(code: str) -> None:
    assert particulars(BY_MERCHANT[code]) == particulars(SENTENCES[code])


@pytest.mark.parametrize("code", WITHOUT)
def test_what_is_not_known_is_not_spoken_of(code: str) -> None:
    missing, shorter = WITHOUT[code]
    assert particulars(shorter) == particulars(SENTENCES[code]) - {missing}
    known = {name: f"<{name}>" for name in particulars(shorter)}
    for nothing in ({missing: "—"}, {missing: ""}):
        assert sentence(code, {**known, **nothing}) == shorter.format(**known)
    assert sentence("payment.started", {"number": 1, "provider": "EPC", "provider_id": "—"}) == (
        "Attempt 1 is open at EPC."
    )


@pytest.mark.parametrize("occasion", Occasion)
def test_why_a_card_was_charged_is_said_in_words(occasion: Occasion) -> None:
    about = {"number": 1, "card": "Visa •••• 4444", "occasion": occasion.value}
    words = str(dict(OCCASIONS)[occasion.value])
    told = sentence("payment.charged", about)
    assert told == f"Attempt 1: Visa •••• 4444 is charged without the customer ({words})."
    with override("fr"):
        assert words not in sentence("payment.charged", about)


def test_an_occasion_of_another_version_says_its_own_name() -> None:
    assert "(whim)" in sentence("payment.charged", {"number": 1, "card": "Visa", "occasion": "whim"})


def marked() -> Iterator[tuple[str, ...]]:
    """Every text in the site's source that is marked for translation; of what is counted, singular and plural."""
    pages = [*ROOT.glob("templates/**/*.html"), *CHECKOUT.glob("**/templates/**/*.html")]
    for file in [*sorted([*CHECKOUT.rglob("*.py"), *pages]), *PROVIDER_FILES]:
        source = file.read_text()
        code = source if file.suffix == ".py" else templatize(source, origin=file.name)
        lines = BytesIO(code.encode())
        for _line, texts, _comments, _context in extract(
            "python", lines, MARKS, options={"encoding": "utf-8"}
        ):
            yield (texts,) if isinstance(texts, str) else tuple(text for text in texts[:2] if text)


def catalogue() -> set[tuple[str, ...]]:
    with CATALOGUE.open("rb") as lines:
        return {
            (message.id,) if isinstance(message.id, str) else tuple(message.id) for message in read_po(lines)
        }


def in_french() -> set[str]:
    return {texts[0] for texts in catalogue()}


def test_whatever_is_marked_stands_in_the_french_catalogue() -> None:
    texts = set(marked())
    assert len(texts) > 600
    found = catalogue()
    either = {one[0] for one in found}  # what is counted in one place may be said alone in another
    missing = {one for one in texts - found if len(one) == 2 or one[0] not in either}
    assert sorted(missing) == []


@pytest.mark.parametrize("slug", PROVIDERS)
def test_a_providers_settings_stand_in_the_french_catalogue(slug: str) -> None:
    """The form of an account translates what the provider's file says in English."""
    fields = provider_class(slug).settings_type.model_fields.values()
    texts = {text for info in fields for text in (info.title, info.description) if text}
    assert sorted(texts - in_french()) == []


@pytest.mark.parametrize("slug", PROVIDERS)
def test_what_a_providers_codes_say_stands_in_the_french_catalogue(slug: str) -> None:
    """The merchant's pages translate what the provider's table says in English. A family of codes has no entry of its
    own there, so it is asked for by one of its members."""
    cls = provider_class(slug)
    members = (cls.code(word) for word in json.loads(DECLINE_CODES.read_text())[slug])
    said = {code for code in (*cls.codes.values(), *members) if code is not None}
    texts = {text for code in said for text in (code.meaning, code.advice) if text}
    assert len(texts) > 10
    assert sorted(texts - in_french()) == []


@pytest.mark.parametrize("slug", [slug for slug in PROVIDERS if provider_class(slug).desk])
def test_what_can_be_locked_at_the_desk_stands_in_the_french_catalogue(slug: str) -> None:
    cls = provider_class(slug)
    # What can be locked hangs on no setting, so an account without any is enough.
    provider = cls.__new__(cls)
    texts = {shown.label for kind in Kind for shown in provider.desk_inputs(kind)}
    assert texts
    assert sorted(texts - in_french()) == []


# What of an account's setup is shown to the merchant, and translated there.
SHOWN = {"Probe": ("said",), "Address": ("label", "where")}


def told_of_a_setup() -> Iterator[str]:
    """Every text that a provider says of a tried connection or an address. Fixed, or nobody could translate it."""
    for file in PROVIDER_FILES:
        for node in ast.walk(ast.parse(file.read_text())):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            for word in node.keywords if isinstance(node, ast.Call) else ():
                if word.arg in SHOWN.get(name, ()):
                    where = f"{file.relative_to(ROOT)}:{word.value.lineno}"
                    assert isinstance(word.value, ast.Constant), f"{where} is put together"
                    yield str(word.value.value)


def test_what_is_told_of_a_setup_stands_in_the_french_catalogue() -> None:
    texts = set(told_of_a_setup()) - {""}
    assert len(texts) > 10
    assert sorted(texts - in_french()) == []
