"""How is a secret kept at rest? Encrypted with the newest credential key, readable with any that is still alive."""

import json
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models.query_utils import DeferredAttribute


def credential_box() -> MultiFernet:
    """Encrypts with CREDENTIAL_KEYS[0], decrypts with any of them: two keys live side by side during a rotation."""
    if not settings.CREDENTIAL_KEYS:
        raise ImproperlyConfigured("CREDENTIAL_KEYS is empty: secrets can be neither stored nor read.")
    return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])


class Sealed:
    """A decrypted value that cannot be printed, logged or put on a page by accident. `reveal()` says it is meant."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        self._value = value

    def reveal(self) -> Any:
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other._value == self._value

    def __hash__(self) -> int:
        return hash(repr(self._value))

    def __reduce__(self) -> str | tuple[Any, ...]:
        raise TypeError("a sealed value is not to be pickled")


if TYPE_CHECKING:
    _TextField = models.TextField[Any, Sealed]
else:
    _TextField = models.TextField


# A Fernet token's version byte and the first bytes of its time, for the centuries to come.
_SEAL_BEGINS = "gAAAAA"


def _unsealed(token: str) -> Sealed:
    try:
        return Sealed(json.loads(credential_box().decrypt(token.encode())))
    except InvalidToken:
        raise ImproperlyConfigured(
            "A stored secret was encrypted with a key that is no longer in CREDENTIAL_KEYS."
        ) from None


class _SealingAttribute(DeferredAttribute):
    """What is assigned is sealed at once, not only when it is read back."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value if isinstance(value, Sealed) else Sealed(value)


class EncryptedField(_TextField):
    """A JSON value encrypted at rest. Python sees a `Sealed`; the database sees a Fernet token."""

    descriptor_class = _SealingAttribute

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed:
        if not value:
            return Sealed(None)
        return _unsealed(value)

    def to_python(self, value: Any) -> Sealed:
        """Also what `loaddata` brings: the token that `value_to_string` wrote is opened, not sealed a second time."""
        if isinstance(value, Sealed):
            return value
        if isinstance(value, str) and value.startswith(_SEAL_BEGINS):
            return _unsealed(value)
        return Sealed(value or None)

    def get_prep_value(self, value: Any) -> str:
        plain = value.reveal() if isinstance(value, Sealed) else value
        return credential_box().encrypt(json.dumps(plain).encode()).decode() if plain else ""

    def value_to_string(self, obj: models.Model) -> str:
        return self.get_prep_value(self.value_from_object(obj))
