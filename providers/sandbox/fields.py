"""Is this JSON what the contract asks for? Typed reading of a body that names the field when it is not."""

from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import urlsplit

_LONG = 2**63 - 1


class Wrong(Exception):
    """A field is missing or not what it must be; `field` is its path, such as `payments[0].amount`."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class Fields:
    """A JSON object read field by field. null counts as absent."""

    def __init__(self, data: Any, at: str = "") -> None:
        if not isinstance(data, dict):
            raise Wrong(at or "body", "must be an object")
        self.data = data
        self.at = at

    def path(self, name: str) -> str:
        return f"{self.at}.{name}" if self.at else name

    def _value(self, name: str, *, required: bool) -> Any:
        value = self.data.get(name)
        if value is None and required:
            raise Wrong(self.path(name), "is required")
        return value

    def only(self, known: Iterable[str]) -> None:
        """For our own API: a field nobody reads is a spelling mistake."""
        if strange := sorted(set(self.data) - set(known)):
            raise Wrong(self.path(strange[0]), "is not known here")

    def integer(
        self, name: str, *, least: int | None = None, most: int = _LONG, also_text: bool = False
    ) -> int:
        value = self.optional_integer(name, least=least, most=most, also_text=also_text)
        if value is None:
            raise Wrong(self.path(name), "is required")
        return value

    def optional_integer(
        self, name: str, *, least: int | None = None, most: int = _LONG, also_text: bool = False
    ) -> int | None:
        """A JSON integer. `also_text`: digits in quotes do as well."""
        value = self._value(name, required=False)
        if value is None:
            return None
        if also_text and isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise Wrong(self.path(name), "must be an integer")
        if (least is not None and value < least) or value > most:
            raise Wrong(self.path(name), f"must be {least if least is not None else 'at most'}..{most}")
        return value

    def text(self, name: str, *, longest: int = 255) -> str:
        value = self.optional_text(name, longest=longest)
        if not value:
            raise Wrong(self.path(name), "is required")
        return value

    def optional_text(self, name: str, *, longest: int = 255) -> str:
        value = self._value(name, required=False)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Wrong(self.path(name), "must be a text")
        if len(value) > longest:
            raise Wrong(self.path(name), f"is longer than {longest} characters")
        return value

    def choice(self, name: str, among: Collection[str], default: str | None = None) -> str:
        value = self.optional_text(name)
        if not value and default is not None:
            return default
        if value not in among:
            raise Wrong(self.path(name), f"must be one of {', '.join(among)}")
        return value

    def boolean(self, name: str, *, default: bool = False) -> bool:
        value = self._value(name, required=False)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise Wrong(self.path(name), "must be true or false")
        return value

    def url(self, name: str) -> str:
        value = self.text(name, longest=2000)
        parts = urlsplit(value)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or any(mark in value for mark in ' <>"')
        ):
            raise Wrong(self.path(name), "must be an http or https address")
        return value

    def object(self, name: str) -> "Fields":
        return Fields(self._value(name, required=True), self.path(name))

    def objects(self, name: str, *, required: bool = True) -> list["Fields"]:
        """A list of objects; an empty one counts as absent."""
        value = self._value(name, required=required)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Wrong(self.path(name), "must be a list")
        if required and not value:
            raise Wrong(self.path(name), "must not be empty")
        return [Fields(item, f"{self.path(name)}[{place}]") for place, item in enumerate(value)]
