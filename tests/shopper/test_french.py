"""Is everything said in French, too, with the same particulars, and typeset as French is?"""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

CATALOGUE = Path(__file__).parents[2] / "locale/fr/LC_MESSAGES/django.po"
PARTICULARS = re.compile(r"%\(\w+\)s|\{\w*\}")


def messages() -> list[Message]:
    with CATALOGUE.open("rb") as lines:
        return [message for message in read_po(lines, locale="fr") if message.id]


def texts(words: str | list[str] | tuple[str, ...] | None) -> list[str]:
    return [words] if isinstance(words, str) else list(words or [""])


def pairs() -> list[tuple[str, str]]:
    """The English plural, and each French form."""
    return [(texts(message.id)[-1], form) for message in messages() for form in texts(message.string)]


def test_every_sentence_has_its_french() -> None:
    assert [english for english, french in pairs() if not french.strip()] == []
    assert [message.id for message in messages() if message.fuzzy] == []


def test_a_french_sentence_has_the_particulars_of_the_english_one() -> None:
    for english, french in pairs():
        missing = set(PARTICULARS.findall(english)) - set(PARTICULARS.findall(french))
        assert missing <= {"%(n)s"}, french  # "une fois"
        assert set(PARTICULARS.findall(french)) <= set(PARTICULARS.findall(english)), french


@pytest.mark.parametrize(
    ("fault", "what"),
    [(r"[^\u00a0]:(?:\s|$)", "a colon without its space"), (r"[^\u202f][;!?](?:\s|$)", "a mark without its space"),
     (r"\w'\w", "a typewriter's apostrophe"), (r"«[^\u00a0]|[^\u00a0]»", "a quotation mark without its space")],
)  # fmt: skip
def test_the_french_is_typeset(fault: str, what: str) -> None:
    assert [french for _english, french in pairs() if re.search(fault, french)] == [], what
