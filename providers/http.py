"""How does a provider file talk over the wire? The only file in the project that opens a socket to a provider.

Pooled sessions, time limits, bounded answers, back-off when told to slow down, and every exchange shown, redacted,
to whoever records it. What goes wrong is raised as one of the kinds of no in `errors`.
"""

import json as jsonlib
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import unquote_plus, urlencode

import requests
import urllib3.exceptions

from providers.errors import Misconfigured, Uncertain, Unreachable
from providers.said import said as _

CONNECT_SECONDS = 5
READ_SECONDS = 20
MAX_ANSWER_BYTES = 2_000_000
SHOWN_CHARACTERS = 20_000
LONGEST_TEXT = (
    2 * SHOWN_CHARACTERS
)  # longer than what is shown, so that no secret is cut in half before it is found
# Told to slow down (429; SecuTix says 509): the request was refused unread, so sending it again is safe.
SLOW_DOWN = frozenset({429, 509})
BACK_OFF_SECONDS = (0.5, 1.0, 2.0)
LONGEST_RETRY_AFTER_SECONDS = 5

_SECRET_NAME = re.compile(
    r"(^|[-_.])auth(orization)?$|auth.?(key|token)|passw|passphrase|secret|token|api.?key|credential|digest|nonce|"
    r"cvc|cvv|signature|checksum|hash|verification_value|private|session|alias|card.?number|\bpan\b|cookie|wsse|jwt",
    re.IGNORECASE,
)
# Names that the pattern above would hide although what they say is no secret, and a merchant wants to read it.
_HARMLESS = frozenset(
    {
        "aliasstatus",
        "cardmaskednumber",
        "createtoken",
        "expires_in",
        "kr-hash-algorithm",
        "kr-hash-key",
        "token_type",
        "tokenization",
    }
)
# Base64 has a digit, a capital or a sign somewhere; "Basic authentication failed" has not.
_BEARER = re.compile(r"\b((?i:bearer|basic))\s+(?=\S+[\dA-Z+/=])[A-Za-z0-9+/=._~-]{8,}")
_JWT = re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?")
# None of these looks at a character many times over: an answer may be two megabytes of brackets.
# What is left of names and values where the text is no JSON: a form, an address, half an answer.
_PAIRS = (
    re.compile(r"(?<![\w.\[\]-])((?:[\w.\[\]-]|%5[BbDd]){1,80})(=)(\"[^\"]*|[^&\s\"'<>]+)"),
    re.compile(r'"([\w.-]{1,80})("\s*:\s*)("[^"]*|[^\s",}\]]+)'),
)
# What a provider refuses it may quote: "Invalid input value [name=card.token, value=...]".
_QUOTED = re.compile(r"(\[name=)([\w.]{1,80})(, value=)([^\]]{1,500})")
# A field of a form that holds JSON.
_JSON_FIELD = re.compile(r"(?<![^&])([\w.-]{1,80}=)(%7B[^&\s]*)", re.IGNORECASE)
# In a path there is no name beside it: the address of a payment form, of a receipt.
_LONG_HEX = re.compile(r"(?<=/)[0-9a-f]{64}(?![0-9a-f])")
# SysPay's form: whoever has the address sees the customer, and may pay.
_FORM = re.compile(r"(?:(?<=/eterminal/)|(?<=\\/eterminal\\/))[A-Za-z0-9_-]{8,}")
_CARD = re.compile(
    r"(?<!\d)(?<!\d\.)(?:\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{2,7}|\d{4}([ -])\d{6}\2\d{4,5})(?!\d|\.\d)"
)
HIDDEN = "***"


def _luhn(digits: str) -> bool:
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _hide_card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match.group())
    # Only what starts like a card: S360 ids are as long as card numbers, and one in ten passes Luhn.
    if digits[0] in "23456" and _luhn(digits):
        return f"{HIDDEN}{digits[-4:]}"
    return match.group()


def _is_secret(name: str) -> bool:
    return name.lower() not in _HARMLESS and _SECRET_NAME.search(name) is not None


def _hide_value(match: re.Match[str]) -> str:
    if not _is_secret(match[1]):
        return match.group()
    return (
        match.group()[: match.start(3) - match.start()] + ('"' if match[3].startswith('"') else "") + HIDDEN
    )


def _hide_quoted(match: re.Match[str]) -> str:
    return f"{match[1]}{match[2]}{match[3]}{HIDDEN}" if _is_secret(match[2]) else match.group()


def _opened(match: re.Match[str]) -> str:
    """A form's field that holds JSON, by that JSON's own names."""
    try:
        inside = jsonlib.loads(unquote_plus(match[2]))
    except (ValueError, RecursionError):
        return match.group()
    return match[1] + jsonlib.dumps(redact(inside), ensure_ascii=False)


def redact_text(text: str) -> str:
    """`text`, or its start, without bearer credentials, JWTs, card numbers and the values of secret names."""
    text = _JWT.sub(HIDDEN, _BEARER.sub(rf"\1 {HIDDEN}", text[:LONGEST_TEXT]))
    text = _FORM.sub(HIDDEN, _LONG_HEX.sub(HIDDEN, text))
    text = _QUOTED.sub(_hide_quoted, text)
    for pair in _PAIRS:
        text = pair.sub(_hide_value, text)
    return _CARD.sub(_hide_card, text)


def redact(value: Any, name: str = "") -> Any:
    """`value` (JSON-like) with secrets and card data replaced; keeps the shape, so that it can still be read."""
    if isinstance(value, Mapping):
        return {key: redact(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact(inner, name) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    if _is_secret(name):
        return HIDDEN
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, int) and redact_text(str(value)) != str(value):
        return redact_text(str(value))
    return value


def redact_body(body: bytes | str) -> str:
    """A request's or answer's body as text fit to be kept: JSON by its names, anything else by its looks."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        return jsonlib.dumps(redact(jsonlib.loads(text)), ensure_ascii=False)
    except (ValueError, RecursionError):
        return redact_text(_JSON_FIELD.sub(_opened, text))


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer, redacted. `status` 0: no answer came; `error` says what came instead."""

    method: str
    url: str
    request: str
    status: int
    answer: str
    milliseconds: int
    error: str = ""


def _not_json(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A complete answer with a status below 500."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON, its fractions as Decimal, never as float; Uncertain when it is none: half an answer says
        nothing about what happened."""
        try:
            return jsonlib.loads(self.body, parse_float=Decimal, parse_constant=_not_json)
        except (ValueError, RecursionError) as error:
            raise Uncertain(_("The provider's answer could not be read.")) from error


_local = threading.local()


def _session() -> requests.Session:
    """One pooled session a thread: requests does not promise that a session may be shared."""
    session: requests.Session | None = getattr(_local, "session", None)
    if session is None:
        session = _local.session = requests.Session()
        session.trust_env = False  # a stray .netrc or proxy variable must not see a payment
        session.cookies.set_policy(
            DefaultCookiePolicy(allowed_domains=[])
        )  # nor one account another's session
    return session


class Http:
    """The wire, as given to a provider. `record` is called once per exchange, outside any transaction."""

    def __init__(
        self,
        *,
        record: Callable[[Exchange], None] = lambda exchange: None,
        sleep: Callable[[float], None] = time.sleep,
        patience_seconds: float | None = None,
    ) -> None:
        """`patience_seconds`: wait no longer than this for any one answer, because a person is waiting for the page."""
        self._record = record
        self._sleep = sleep
        self._patience = patience_seconds

    def post(self, url: str, **request: Any) -> Answer:
        return self.request("POST", url, **request)

    def get(self, url: str, **request: Any) -> Answer:
        return self.request("GET", url, **request)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Callable[[], Mapping[str, str]] | Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | bytes | None = None,
        params: Mapping[str, str] | None = None,
        read_seconds: float = READ_SECONDS,
    ) -> Answer:
        """Send once; send again only after a plain "slow down". `headers` may be a function, called anew for each
        sending, for credentials that may be used but once.

        Raises Unreachable (it surely was not acted upon), Uncertain (it may have been), Misconfigured (bad address).
        """
        if self._patience is not None:
            read_seconds = min(read_seconds, self._patience)
        body = jsonlib.dumps(json).encode() if json is not None else data
        for pause in (*BACK_OFF_SECONDS, None):
            sent = dict(headers() if callable(headers) else headers or {})
            if json is not None:
                sent.setdefault("Content-Type", "application/json")
            answer = self._once(method, url, sent, body, params, read_seconds)
            if answer.status not in SLOW_DOWN:
                return answer
            if pause is None:
                break
            wait = max(pause, _retry_after(answer))
            if self._patience is not None and wait > self._patience:
                break
            self._sleep(wait)
        raise Unreachable(_("The provider asks us to slow down."))

    def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: Any,
        params: Mapping[str, str] | None,
        read_seconds: float,
    ) -> Answer:
        began = time.monotonic()
        status, content, error = 0, bytearray(), ""
        try:
            with _session().request(
                method,
                url,
                headers=dict(headers),
                data=body,
                params=params,
                timeout=(CONNECT_SECONDS, read_seconds),
                allow_redirects=False,
                stream=True,
            ) as response:
                status = response.status_code
                got = {name.lower(): value for name, value in response.headers.items()}
                _read_into(content, response, until=began + CONNECT_SECONDS + read_seconds)
        except requests.exceptions.ConnectTimeout as problem:
            error = "no connection in time"
            raise Unreachable(_("The provider could not be reached.")) from problem
        except (requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError) as problem:
            error = f"no answer within {read_seconds:g} s"
            raise Uncertain(_("The provider did not answer in time.")) from problem
        except _BAD_ADDRESS as problem:
            error = "not an address"
            sentence = _("Not an address that can be called: %(url)s", url=redact_text(url))
            raise Misconfigured(sentence) from problem
        except requests.exceptions.ConnectionError as problem:
            error, kind = _lost(problem)
            raise kind(_("The provider could not be reached: %(why)s.", why=error)) from problem
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as problem:
            error = "answer broken off"
            raise Uncertain(_("The provider's answer broke off.")) from problem
        except _TooLarge as problem:
            error = "answer too large"
            raise Uncertain(_("The provider's answer was too large to be one.")) from problem
        finally:
            self._record(
                Exchange(
                    method=method,
                    url=redact_text(f"{url}?{urlencode(params)}" if params else url),
                    request=_shown_request(body),
                    status=status,
                    answer=redact_body(bytes(content))[:SHOWN_CHARACTERS],
                    milliseconds=int((time.monotonic() - began) * 1000),
                    error=error,
                )
            )
        if status >= 500 and status not in SLOW_DOWN:
            raise Uncertain(_("The provider answered HTTP %(status)s.", status=status))
        return Answer(status=status, headers=got, body=bytes(content))


class _TooLarge(Exception):
    pass


_BAD_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,  # a credential that fits in no header
)


def _read_into(content: bytearray, response: requests.Response, *, until: float) -> None:
    """The answer's body, piece by piece as it comes. A provider that drips must not hold us longer than one that is
    silent, and the time limit of the socket starts anew with every piece."""
    while piece := response.raw.read1(65536, decode_content=True):
        content += piece
        if len(content) > MAX_ANSWER_BYTES:
            raise _TooLarge
        if time.monotonic() > until:
            raise TimeoutError


def _lost(problem: requests.exceptions.ConnectionError) -> tuple[str, type[Uncertain]]:
    """What became of the connection, and whether the request can have been read."""
    reason = getattr(problem.args[0], "reason", None) if problem.args else None
    if isinstance(reason, urllib3.exceptions.NewConnectionError):
        return _("no connection"), Unreachable
    if "CERTIFICATE_VERIFY_FAILED" in str(reason):
        return _("its certificate is not valid"), Unreachable
    return _("the connection broke before the answer was complete"), Uncertain


def _shown_request(body: Any) -> str:
    if isinstance(body, Mapping):
        return jsonlib.dumps(redact(body), ensure_ascii=False)[:SHOWN_CHARACTERS]
    return redact_body(body or b"")[:SHOWN_CHARACTERS]


def _retry_after(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    return min(int(text), LONGEST_RETRY_AFTER_SECONDS) if text.isascii() and text.isdigit() else 0
