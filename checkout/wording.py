"""How is a sentence said before it is known who will read it? It is put into words when it is read: in the reader's
language on a page, in English for the shop's software, and in English where a row keeps it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext, override

from providers.errors import Invalid
from providers.said import Said

KEPT_IN = "en"  # what every row is written in, whoever clicked


def worded(text: str, /, **about: object) -> str:
    """`text`, which is marked for translation, with its %(name)s filled in: in the language that is active when it is
    turned into a `str`. Imported as `_`, so that the mark stands where the text does."""
    return later(_say, text, about)


def later(say: Callable[..., str], *about: object) -> str:
    """What `say` says of `about`, in the language that is active by then."""
    return _later(say, about)


def spoken(text: object) -> str:
    """What a provider says (`providers.said`), in the language that is active now; of anything else its words."""
    if isinstance(text, Said):
        return _say(text.text, {name: _filling(value) for name, value in text.about.items()})
    return str(text)


def reason(no: Exception) -> str:
    """What an exception says, in the language of whoever reads it; `str(no)` would decide here and now."""
    return later(_of_exception, no)


def clause(no: Exception) -> str:
    """... without its full stop, to stand within another sentence."""
    return later(_without_full_stop, no)


def listed(errors: Iterable[tuple[str, str]], *, between: str = ": ") -> str:
    """Fields, and what is wrong with each."""
    return later(_one_by_one, tuple(errors), between)


def kept(said: Said, fit: Callable[[object], str]) -> dict[str, Any]:
    """The sentence and what fills it, for a row: each filling as `fit` makes it."""
    about = {name: kept(value, fit) if isinstance(value, Said) else value if isinstance(value, int) else fit(value)
             for name, value in said.about.items()}  # fmt: skip
    return {"text": said.text, "about": about}


def said_again(row: object) -> Said | None:
    """What `kept` has kept, as it was said; None when it cannot be."""
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        return None
    told = row.get("about") or {}
    about = {name: said_again(value) if isinstance(value, dict) else value for name, value in told.items()}
    try:
        return Said(row["text"], about)
    except (KeyError, TypeError, ValueError):  # not from here
        return None


def spoken_again(row: object) -> str:
    """... in the language that is active now; "" when it cannot be."""
    said = said_again(row)
    return "" if said is None else spoken(said)


def in_english(said: object) -> str:
    """As a row keeps it, and a log."""
    if isinstance(said, str):
        return said
    with override(KEPT_IN):
        return str(said)


def _say(text: str, about: Mapping[str, object]) -> str:
    return gettext(text) % about if about else gettext(text)


def _filling(value: object) -> object:
    return spoken(value) if isinstance(value, Said) else value


def _of_exception(no: Exception) -> str:
    if isinstance(no, Invalid):
        return _one_by_one(no.errors, ": ")
    return spoken(no.args[0]) if no.args and isinstance(no.args[0], Said) else str(no)


def _without_full_stop(no: Exception) -> str:
    return _of_exception(no).rstrip(".")


def _one_by_one(errors: tuple[tuple[str, str], ...], between: str) -> str:
    return "; ".join(f"{spoken(field)}{between}{spoken(why)}" for field, why in errors)


def _now(say: Callable[..., str], about: tuple[Any, ...]) -> str:
    return say(*about)


_later = lazy(_now, str)  # once: `lazy` makes a class each time
