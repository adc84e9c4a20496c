"""Is `travel.airline` what airlines ask for? The rules and sentences of the vendor's own gem [public: airline].

Its patterns are not anchored: a longer value than the sentence asks for passes. Whether the checkout runs exactly
this gem is [inferred].
"""

import re
from datetime import datetime
from typing import Any

from providers.sandbox.ecomcharge.objections import Objections

_PLACE = ("travel", "airline")
_SENTENCES = {
    "ticket_number": "should contain 3-digit ticketing code, 4-digit form number, 6-digit serial number, and "
    "check digit",
    "restricted_ticked_indicator": "should be 0 or 1",
}
_CODES = {
    "airline_code": (r"\w{2}", "should be 2-letter IATA code"),
    "originating_airport_code": (r"\w{3}", "should be 3-letter IATA code"),
    "destination_airport_code": (r"\w{3}", "should be 3-letter IATA code"),
    "class": (r"\w{1}", "should be 1-letter IATA code"),
}
_TIMES = ("departure_date_time", "arrival_date_time")
_FILLED = (
    "stop_over_code", "flight_number", "originating_country", "originating_city", "destination_country",
    "destination_city",
)  # fmt: skip


def _said(name: str, sentence: str) -> str:
    """The gem's messages are whole sentences: `Ticket number should contain ...`."""
    return f"{name.replace('_', ' ').capitalize()} {sentence}"


def check(airline: dict[str, Any], wrong: Objections) -> None:
    digits = re.sub(r"\D", "", str(airline.get("ticket_number") or ""))
    if len(digits) != 14:
        _object(wrong, "ticket_number", _SENTENCES["ticket_number"])
    if str(airline.get("restricted_ticked_indicator")) not in ("0", "1"):
        _object(wrong, "restricted_ticked_indicator", _SENTENCES["restricted_ticked_indicator"])
    for leg in _list(airline, "legs", wrong):
        _check_leg(leg, wrong)
    for passenger in _list(airline, "passengers", wrong):
        for name in ("first_name", "last_name"):
            if not _text(passenger, name):
                _object(wrong, "passengers", "can't be blank", said_of=name)


def _check_leg(leg: dict[str, Any], wrong: Objections) -> None:
    for name, (pattern, sentence) in _CODES.items():
        if not re.search(pattern, _text(leg, name)):
            _object(wrong, "legs", sentence, said_of=name)
    for name in _TIMES:
        try:
            datetime.fromisoformat(_text(leg, name))
        except ValueError:
            _object(wrong, "legs", "should has valid format", said_of=name)
    for name in _FILLED:
        if not _text(leg, name):
            _object(wrong, "legs", "can't be blank", said_of=name)


def _list(airline: dict[str, Any], name: str, wrong: Objections) -> list[dict[str, Any]]:
    given = airline.get(name)
    if not isinstance(given, list) or not given:
        _object(wrong, name, "should be an array")
        return []
    return [one if isinstance(one, dict) else {} for one in given]


def _object(wrong: Objections, name: str, sentence: str, said_of: str = "") -> None:
    """Sentences about the parts of a list stand at the list: where else is not known [inferred]."""
    wrong.add((*_PLACE, name), _said(said_of or name, sentence))


def _text(data: dict[str, Any], name: str) -> str:
    value = data.get(name)
    return str(value).strip() if isinstance(value, str | int) else ""
