"""How does a provider say something to people, when it does not know who will read it?

In English, with the sentence and what fills it kept beside the words, so that whoever shows it can say it in the
reader's language. Imported as `_`, so that the mark for translation stands where the text does.
"""

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any


class Said(str):
    """The English words, as any `str`. `text` is the sentence with its %(name)s, `about` what they stand for."""

    text: str
    about: Mapping[str, object]

    __slots__ = ("about", "text")

    def __new__(cls, text: str, about: Mapping[str, object]) -> "Said":
        words = super().__new__(cls, text % about if about else text)
        words.text, words.about = text, about
        return words

    def __getnewargs__(self) -> Any:
        """What `__new__` takes, so that it can be copied."""
        return self.text, self.about


def said(text: str, /, **about: object) -> Said:
    """`text` with its %(name)s filled in. What fills them may be said in the same way."""
    return Said(text, about)


_ = said  # the mark for translation, as everybody else calls it


def joined(parts: Iterable[str], between: str) -> Said:
    """One after the other; each stays what it is, and is translated by itself."""
    about = {f"part{number}": part for number, part in enumerate(parts)}
    return Said(between.join(f"%({name})s" for name in about), about)


def listed(errors: Iterable[tuple[str, str]]) -> Said:
    """Fields, and what is wrong with each; at least one."""
    told = (_("%(field)s: %(why)s", field=field, why=why) for field, why in errors)
    return reduce(lambda first, other: _("%(first)s; %(other)s", first=first, other=other), told)


def objection(error: Mapping[str, Any]) -> str:
    """What one of pydantic's `errors()` says: of a validator of ours its own sentence, without pydantic's before it."""
    own = error.get("ctx", {}).get("error")
    if isinstance(own, ValueError) and own.args and isinstance(own.args[0], Said):
        return own.args[0]
    return str(error["msg"]).removeprefix("Value error, ")
