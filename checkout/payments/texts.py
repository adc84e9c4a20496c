"""Which text may a row hold? One without secrets, without what a database refuses, and no longer than its column."""

from typing import Any

from checkout.wording import in_english
from providers.http import redact_text


def fit(text: object, at_most: int) -> str:
    """`text` cut to `at_most` characters, in English where it is not in words yet. What no database stores (NUL, half
    a surrogate pair: a provider's JSON may spell either) becomes a question mark."""
    return in_english(text).encode("utf-8", "replace").decode().replace("\0", "?")[:at_most]


def fit_to_show(text: object, at_most: int) -> str:
    """... and without card numbers and credentials, whoever wrote them into it."""
    return fit(redact_text(in_english(text)), at_most)


def fit_json(value: Any) -> Any:
    """`value` (JSON-like) with every text in it, names included, such as a database stores it; none is cut."""
    if isinstance(value, str):
        return fit(value, len(value))
    if isinstance(value, dict):
        return {fit_json(name): fit_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [fit_json(inner) for inner in value]
    return value
