"""How does a provider say something to people, when it does not know who will read it?

In English, with the sentence and what fills it kept beside the words, so that whoever shows it can say it in the
reader's language. Imported as `_`, so that the mark for translation stands where the text does.
"""

from collections.abc import Mapping
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
