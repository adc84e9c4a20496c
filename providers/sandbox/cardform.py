"""Is what was typed into a card form a test card? Read here for every stand-in; the pages are their own.

What all forms share: templates/card/ (fields, list of test cards), static/card/ (look, behaviour), texts.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from providers.sandbox import cards, clock
from providers.sandbox.cards import TestCard
from providers.sandbox.texts import Texts

_STATIC = {"form.js": "text/javascript", "form.css": "text/css"}
# A frame or page of ours may be put anywhere; in it runs nothing but our own two files.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "base-uri 'none'"
)


@dataclass(frozen=True)
class Typed:
    """`card` is there when `errors` is empty; `expiry` is `12/2030`; a sentence for each wrong field."""

    card: TestCard | None
    expiry: str = ""
    errors: dict[str, str] = field(default_factory=dict)


def read(
    post: Mapping[str, str],
    say: Texts,
    *,
    with_holder: bool = True,
    among: tuple[TestCard, ...] = cards.COMMON,
) -> Typed:
    """The fields number, expiry, cvc and holder of a form, or the button `test_card`, which needs none."""
    if chosen := cards.find(post.get("test_card", ""), among):
        return Typed(chosen, "12/2030")
    number = cards.digits(post.get("number", ""))
    card = cards.find(number, among)
    expiry, bad_expiry = _expiry(post.get("expiry", ""), say)
    found = {
        "number": _number(number, card, say),
        "expiry": bad_expiry,
        "cvc": _code(number, post.get("cvc", "").strip(), say),
        "holder": say.required if with_holder and not post.get("holder", "").strip() else "",
    }
    errors = {name: sentence for name, sentence in found.items() if sentence}
    return Typed(None, errors=errors) if errors else Typed(card, expiry)


def _number(number: str, card: TestCard | None, say: Texts) -> str:
    if not number:
        return say.required
    if not cards.luhn(number):
        return say.bad_number
    return say.not_a_test_card if card is None else ""


def _code(number: str, code: str, say: Texts) -> str:
    if not code:
        return say.required
    digits = 4 if cards.brand(number) == "AMEX" else 3
    return "" if re.fullmatch(rf"[0-9]{{{digits}}}", code) else say.bad_cvc.format(digits=digits)


def _expiry(given: str, say: Texts) -> tuple[str, str]:
    """`12/2030` and no error, or nothing and the error."""
    if not given.strip():
        return "", say.required
    found = re.fullmatch(r"\s*(0?[1-9]|1[0-2])\s*[/ -]?\s*(20)?([0-9]{2})\s*", given)
    if not found:
        return "", say.bad_expiry
    month, year = int(found[1]), 2000 + int(found[3])
    now = clock.now()
    if (year, month) < (now.year, now.month):
        return "", say.past_expiry
    return f"{month:02d}/{year}", ""


def file(path: Path, content_type: str) -> FileResponse:
    """A script or style of a stand-in, not cached: a sandbox is changed while it is looked at."""
    kind = f"{content_type}; charset=utf-8"
    return FileResponse(path.open("rb"), content_type=kind, headers={"Cache-Control": "no-cache"})


@require_GET
def static(_request: HttpRequest, name: str) -> HttpResponse | FileResponse:
    if name not in _STATIC:
        return HttpResponse(status=404)
    return file(settings.STATIC_ROOT / "card" / name, _STATIC[name])
