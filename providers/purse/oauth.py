"""Which access token do we call Purse with? One for each set of credentials, shared by all threads of the process."""

import base64
import hashlib
import threading
from dataclasses import dataclass, field
from time import monotonic

from pydantic import BaseModel, Field, SecretStr, ValidationError

from providers.errors import Misconfigured, Uncertain, Unreachable
from providers.http import Http
from providers.purse.settings import PurseSettings
from providers.said import said as _

# Seconds before its end that a token is no longer used: five minutes, as Purse's own plugin has it, but of a short
# life at most half, and never less than a call may take.
RENEW_BEFORE, AT_LEAST = 300, 60


class _Granted(BaseModel):
    access_token: SecretStr = Field(min_length=1)
    expires_in: int = 0


@dataclass
class _Slot:
    """What is known for one set of credentials. Its lock is held while a token is fetched, so one thread does."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: SecretStr | None = None
    until: float = 0.0


class Tokens:
    def __init__(self) -> None:
        self._slots: dict[tuple[str, str, str], _Slot] = {}
        self._lock = threading.Lock()

    def get(self, settings: PurseSettings, http: Http, *, refused: SecretStr | None = None) -> SecretStr:
        """A token that still holds. `refused`: one that Purse took no longer, so another is fetched, unless another
        thread has done that meanwhile."""
        slot = self._slot(settings)
        with slot.lock:
            worn = slot.token is None or slot.token == refused or monotonic() >= slot.until
            if worn or slot.token is None:
                slot.token = None
                granted = _fetch(settings, http)
                margin = min(RENEW_BEFORE, max(AT_LEAST, granted.expires_in // 2))
                slot.token, slot.until = granted.access_token, monotonic() + granted.expires_in - margin
            return slot.token

    def forget(self, settings: PurseSettings) -> None:
        """The next call fetches a token anew: one that is kept would hide credentials that hold no longer."""
        slot = self._slot(settings)
        with slot.lock:
            slot.token = None

    def _slot(self, settings: PurseSettings) -> _Slot:
        secrets = f"{settings.client_secret.get_secret_value()}\n{settings.api_key.get_secret_value()}"
        key = (settings.api, settings.client_id, hashlib.sha256(secrets.encode()).hexdigest())
        with self._lock:
            return self._slots.setdefault(key, _Slot())


TOKENS = Tokens()


def _fetch(settings: PurseSettings, http: Http) -> _Granted:
    """Client credentials. Purse documents the grant type alone; Basic with x-api-key is the scheme of the same address
    in its first API [inferred]."""
    pair = f"{settings.client_id}:{settings.client_secret.get_secret_value()}"
    headers = {
        "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
        "x-api-key": settings.api_key.get_secret_value(),
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    try:
        answer = http.post(
            f"{settings.api}/oauth/token", headers=headers, data={"grant_type": "client_credentials"}
        )
        if 400 <= answer.status < 500:
            raise Misconfigured(
                _("Purse gives no access token (HTTP %(status)s): look at the client ID, the client secret, the API "
                  "key and the API address.", status=answer.status)
            )  # fmt: skip
        if answer.status >= 300:
            raise Uncertain(_("Purse gave no access token (HTTP %(status)s).", status=answer.status))
        return _Granted.model_validate(answer.json())
    except ValidationError:
        # Without its cause: pydantic repeats what it was given, and that may be the token.
        raise Unreachable(_("Purse's access token could not be read.")) from None
    except Uncertain as problem:
        # No token, so the call that it was for was never sent: surely nothing happened.
        raise Unreachable(_("Purse gave no access token: %(why)s", why=problem.sentence)) from problem
