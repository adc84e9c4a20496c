"""How do we talk to Purse? The calls with their token, the links of a payment, and what a no of Purse's is.

Purse publishes neither the shape of an error nor what most statuses mean, so a no is told by its status alone, and
its text is only repeated to the merchant.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import BaseModel, ValidationError

from providers.errors import Decline, Declined, Misconfigured, ProviderError, Uncertain
from providers.http import Answer, Http
from providers.purse import oauth
from providers.purse.settings import PurseSettings
from providers.purse.shapes import PaymentTold, SessionMade, SessionTold
from providers.purse.words import plain
from providers.said import said as _

BASE = "/payment"  # the links' paths begin after it
SESSIONS, PAYMENTS, JWKS = "/v2/client-sessions", "/v2/payments", "/v2/signing-jwks"
ELIGIBLE = "/v2/eligible-solutions"
NOBODYS = "00000000-0000-0000-0000-000000000000"  # a session that there is not
READ_SECONDS = 30  # an operation waits for the partners

A = TypeVar("A", bound=BaseModel)

_SESSION, _PAYMENT = _("session"), _("payment")
_OPERATIONS = {"capture": _("capture"), "void": _("void"), "refund": _("refund")}  # by the name of their link


class Refused(Exception):
    """Purse answered no: what it said, for whoever asked to make a kind of no of it."""

    def __init__(self, status: int, told: Any) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.told = told

    @property
    def why(self) -> str:
        sentences = list(dict.fromkeys(_sentences(self.told)))
        return plain("; ".join(sentences), 250) or f"HTTP {self.status}"

    def fields(self) -> Iterator[tuple[str, str]]:
        """(the field's path as Purse names it, the sentence), as far as the answer names any."""
        listed = self.told.get("errors") if isinstance(self.told, Mapping) else None
        for entry in listed if isinstance(listed, list) else ():
            if isinstance(entry, Mapping):
                named = next((str(entry[name]) for name in _NAMES_A_FIELD if entry.get(name)), "")
                if path := re.sub(r"[/\[\].#$]+", ".", named).strip("."):
                    yield path, plain("; ".join(_sentences(entry))) or _("is refused")


class Purse:
    """One account's way to Purse's API."""

    def __init__(self, settings: PurseSettings, http: Http) -> None:
        self._settings = settings
        self._http = http

    # --- the calls --------------------------------------------------------------------------------------

    def create_session(self, body: Mapping[str, Any]) -> SessionMade:
        """Refused when Purse says no."""
        return _read(self._send("POST", SESSIONS, body), SessionMade, _SESSION)

    def session(self, session_id: str) -> SessionTold:
        told = self._get(f"{SESSIONS}/{quote(session_id, safe='')}", SessionTold, _SESSION)
        if told.id != session_id:
            raise Uncertain(_("Asked about one session, Purse answered about another."))
        return told

    def abort(self, session_id: str) -> None:
        """Whether it was aborted, the session tells. Purse answers with the shopper's redirect, a 303.

        Purse shows this body without saying whether it is what is sent or what is answered [inferred].
        """
        body = {"session_id": session_id, "status": "AbortedByCustomer"}
        try:
            self._send("POST", f"{SESSIONS}/{quote(session_id, safe='')}/abort", body)
        except Refused as no:
            if no.status in (401, 403):
                raise self.closed(no) from no

    def payment(self, payment_id: str) -> PaymentTold:
        told = self._get(f"{PAYMENTS}/{quote(payment_id, safe='')}", PaymentTold, _PAYMENT)
        if told.id != payment_id:
            raise Uncertain(_("Asked about one payment, Purse answered about another."))
        return told

    def keys(self) -> Any:
        try:
            return self._send("GET", JWKS).json()
        except Refused as no:
            raise Uncertain(_("Purse does not give its signing keys: %(why)s", why=no.why)) from no

    def knock(self) -> None:
        """Do the credentials get a new token, and does the API take it? There is no such session, and that is all that
        Purse has to say."""
        oauth.TOKENS.forget(self._settings)
        try:
            answer = self._send("GET", f"{SESSIONS}/{NOBODYS}")
        except Refused as no:
            if no.status in (401, 403):
                raise self.closed(no) from no
            if no.status not in (400, 404, 410, 422):  # [inferred]: of an unknown id, 404 is our reading
                raise _not_understood(_SESSION, no) from no
            return
        if answer.status >= 300:
            raise Misconfigured(_("Purse's address leads elsewhere: look at the API address."))

    def knows_entity(self, body: Mapping[str, Any]) -> bool:
        """Would this entity be offered means of payment? False: Purse does not tell. Purse only answers the question;
        nothing is made."""
        try:
            self._send("POST", ELIGIBLE, body)
        except Refused as no:
            if no.status in (401, 403):
                raise Misconfigured(
                    _("Purse takes the credentials, but not for this entity (HTTP %(status)s): look at the Entity ID, "
                      "and ask Purse whether these credentials are for it. It says: %(why)s",
                      status=no.status, why=no.why)
                ) from no  # fmt: skip
            return False
        return True

    def operate(self, payment: PaymentTold, rel: str, body: Mapping[str, Any]) -> PaymentTold:
        """Ask once for a capture, void or refund, at the address that the payment itself names for it."""
        path, what = self._path(payment, rel), _OPERATIONS[rel]
        try:
            answer = self._send("POST", path, body)
        except Refused as no:
            if no.status in (401, 403):
                raise self.closed(no) from no
            if no.status in (400, 404, 405, 409, 410, 412, 422):
                sentence = _("Purse refuses the %(what)s: %(why)s", what=what, why=no.why)
                raise Declined(Decline(code=f"HTTP {no.status}", message=sentence)) from no
            sentence = _("Purse's answer to the %(what)s is not understood: %(why)s", what=what, why=no.why)
            raise Uncertain(sentence) from no
        told = _read(answer, PaymentTold, what)
        if told.id != payment.id:
            raise Uncertain(_("Asked for a %(what)s, Purse answered about another payment.", what=what))
        return told

    @staticmethod
    def closed(no: Refused) -> ProviderError:
        about = {"status": no.status, "why": no.why}
        return Misconfigured(_("Purse refuses this account (HTTP %(status)s): %(why)s", **about))

    # --- addresses --------------------------------------------------------------------------------------

    def _path(self, payment: PaymentTold, rel: str) -> str:
        """Where to ask for it. A link is there while there is something left to be done."""
        if payment.links is None:
            return f"{PAYMENTS}/{quote(payment.id, safe='')}/{rel}s"
        link = payment.links.get(rel)
        if link is None or not link.href:
            sentence = _("Purse offers no %(what)s of this payment now.", what=_OPERATIONS[rel])
            raise Declined(Decline(code="no_link", message=sentence))
        return self.resolve(link.href)

    def resolve(self, href: str) -> str:
        """A link's path below the API's base: "/v2/...", which is how Purse writes it, "/payment/v2/..." or whole.

        Misconfigured when it leads anywhere else: our token must not travel there.
        """
        api = urlsplit(self._settings.api)
        try:
            parts = urlsplit(href)
        except ValueError as problem:
            raise Misconfigured(_("Purse's link is no address.")) from problem
        path = parts.path
        whole = bool(parts.scheme or parts.netloc)
        if whole and (parts.scheme, parts.netloc) != (api.scheme, api.netloc):
            raise Misconfigured(_("Purse's link leads to another host than the API address."))
        path = path.removeprefix(api.path) if api.path and path.startswith(f"{api.path}/") else path
        path = path.removeprefix(BASE) if path.startswith(f"{BASE}/") else path
        if not re.fullmatch(r"/v2(/[A-Za-z0-9_-]+)+", path) or parts.query or parts.fragment:
            raise Misconfigured(_("Purse's link leads out of its own API."))
        return path

    # --- the wire ---------------------------------------------------------------------------------------

    def _get(self, path: str, shape: type[A], what: str) -> A:
        try:
            return _read(self._send("GET", path), shape, what)
        except Refused as no:
            if no.status in (401, 403):
                raise self.closed(no) from no
            if no.status in (404, 410):
                raise Misconfigured(
                    _("Purse knows no such %(what)s: was the entity or the address changed?", what=what)
                ) from no
            raise _not_understood(what, no) from no

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Ask; Refused for a 4xx. Once more with a new token after a 401, which comes before anything is done."""
        token = oauth.TOKENS.get(self._settings, self._http)
        for again in (True, False):
            answer = self._http.request(
                method,
                f"{self._settings.api}{BASE}{path}",
                headers={
                    "Authorization": f"Bearer {token.get_secret_value()}",
                    "x-api-key": self._settings.api_key.get_secret_value(),
                    "Accept": "application/json",
                },
                json=body,
                read_seconds=READ_SECONDS,
            )
            if answer.status != 401 or not again:
                break
            token = oauth.TOKENS.get(self._settings, self._http, refused=token)
        if answer.status >= 400:
            raise Refused(answer.status, _maybe_json(answer))
        return answer


_NAMES_A_FIELD = ("pointer", "field", "property", "path", "name", "parameter")
_SAYS = ("detail", "message", "error_description", "error", "title")


def _sentences(told: Any) -> Iterator[str]:
    """What an error says, whatever its shape: problem details, OAuth's, or a list of either."""
    if not isinstance(told, Mapping):
        return
    said = next((told[name] for name in _SAYS if isinstance(told.get(name), str) and told[name]), "")
    if said:
        yield said
    for entry in told["errors"] if isinstance(told.get("errors"), list) else ():
        yield from _sentences(entry)


def _not_understood(what: str, no: Refused) -> Uncertain:
    about = {"what": what, "why": no.why}
    return Uncertain(_("Purse's answer about the %(what)s is not understood: %(why)s", **about))


def _maybe_json(answer: Answer) -> Any:
    try:
        return answer.json()
    except Uncertain:
        return None


def _read(answer: Answer, shape: type[A], what: str) -> A:
    try:
        return shape.model_validate(answer.json())
    except ValidationError as problem:
        field = ".".join(str(part) for part in problem.errors(include_input=False)[0]["loc"])
        if not field:
            whole = _("Purse's answer about the %(what)s could not be read: it.", what=what)
            raise Uncertain(whole) from None
        raise Uncertain(
            _("Purse's answer about the %(what)s could not be read: %(field)s.", what=what, field=field)
        ) from None
