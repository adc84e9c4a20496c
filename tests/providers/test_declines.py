"""Does every code for a no that a provider's contract lists have its reason, its meaning and its advice?"""

import json
import re
from pathlib import Path

import pytest

from providers import PROVIDERS, provider_class
from providers.declines import Code
from providers.errors import REASONS

# Written from the contracts, and not from the tables: what they list as a no to a payment or to what is done with one.
LISTED: dict[str, list[str]] = json.loads(Path(__file__).with_name("decline_codes.json").read_text())
STRANGERS = {
    "epc": ("GREMLIN", "", "51"),
    "ecomcharge": ("F.0175", "E.2000", "S.0000", "P.0001", "05", ""),
    "purse": ("05", "000.000.000", "PENDING", ""),
    "syspay": ("bad_hair", "SUCCESS", "0", "99999", "30050", "²", "9" * 5000, ""),
    "payzen": ("ACQ_001/ZZ", "ACQ_777", "PSP_777", "PSP_108/51", "INT_1", "51", ""),
}
AGAIN = re.compile(r"\bagain\b|\bretry\b|once more|\banew\b", re.IGNORECASE)


def codes_of(slug: str) -> dict[str, Code]:
    """The provider's table, and what is in the contract's list by being one of a family."""
    cls = provider_class(slug)
    members = {word: cls.code(word) for word in LISTED[slug]}
    return {**cls.codes, **{word: code for word, code in members.items() if code is not None}}


def test_every_provider_is_listed() -> None:
    assert set(LISTED) == set(PROVIDERS) == set(STRANGERS)


@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_code_of_the_contract_is_known(slug: str) -> None:
    assert len(LISTED[slug]) > 5
    assert [word for word in LISTED[slug] if provider_class(slug).code(word) is None] == []


@pytest.mark.parametrize("slug", PROVIDERS)
def test_a_code_that_nobody_listed_is_not_guessed_at(slug: str) -> None:
    assert [word for word in STRANGERS[slug] if provider_class(slug).code(word) is not None] == []


@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_code_has_one_of_our_reasons_and_whole_sentences(slug: str) -> None:
    for word, code in codes_of(slug).items():
        assert code.reason in REASONS, word
        assert re.fullmatch(r"[\dA-Za-z].*[^.]\.", code.meaning), word
        assert not code.advice or re.fullmatch(r"[A-Z].*[^.]\.", code.advice), word
        assert len(code.meaning) <= 120, word  # it is read by somebody with a customer on the phone
        assert "'" not in code.meaning + code.advice, word  # as the rest of the admin: ’


@pytest.mark.parametrize("slug", PROVIDERS)
def test_nobody_is_told_to_try_a_stolen_card_again(slug: str) -> None:
    dangerous = [c for c in codes_of(slug).values() if c.reason in ("lost_or_stolen", "fraud_suspected")]
    assert [code.advice for code in dangerous if AGAIN.search(code.advice)] == []


@pytest.mark.parametrize("slug", PROVIDERS)
def test_one_meaning_has_one_reason(slug: str) -> None:
    reasons: dict[str, set[str]] = {}
    for code in codes_of(slug).values():
        reasons.setdefault(code.meaning, set()).add(code.reason)
    assert {meaning: found for meaning, found in reasons.items() if len(found) > 1} == {}


@pytest.mark.parametrize(
    ("slug", "word", "reason", "means"),
    [
        ("payzen", "ACQ_001/51", "insufficient_funds", "not enough money"),
        ("payzen", "ACQ_001/43", "lost_or_stolen", "stolen"),
        ("payzen", "ACQ_002/54", "expired_card", "expired"),
        ("payzen", "ACQ_001", "declined", "does not say why"),
        ("payzen", "AUTH_149", "authentication_failed", "in the time"),
        ("payzen", "CLIENT_303", "wrong_cvc", "security code"),
        ("payzen", "CLIENT_311", "invalid_card", "typed"),
        ("payzen", "CLIENT_993", "technical_error", "browser"),
        ("payzen", "INT_040", "technical_error", "what we sent"),
        ("ecomcharge", "F.0116", "fraud_suspected", "lost or stolen"),
        ("ecomcharge", "E.1047", "technical_error", "what we sent"),
        ("ecomcharge", "E.1065", "not_supported", "host to host"),
        ("syspay", "INVALID_CV2", "wrong_cvc", "security code"),
        ("syspay", "40010", "insufficient_funds", "Your SysPay account"),
        ("syspay", "110023", "technical_error", "what we sent"),
        ("purse", "CONFLICT", "technical_error", "another failed"),
        ("epc", "Stolen_Card", "lost_or_stolen", "stolen"),
    ],
)
def test_what_a_code_says(slug: str, word: str, reason: str, means: str) -> None:
    code = provider_class(slug).code(word)
    assert code is not None
    assert code.reason == reason
    assert means in code.meaning
