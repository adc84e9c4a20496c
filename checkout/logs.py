"""What is written down of each request, and how is it made sure that no secret is? One JSON line an event."""

import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from providers.http import redact, redact_text

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# The tokens in a payment page's and a payment link's addresses open that page, so they are secrets.
_TOKEN_IN_PATH = re.compile(r"(/(?:pay|return|l)/)[A-Za-z0-9_-]{6,}")
_KEEP = frozenset({"event", "level", "timestamp", "logger", "request_id", "payment", "order"})


def _redacted(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    for name, value in event.items():
        if not name.startswith("_"):  # those are the logging library's own
            event[name] = _shown(name, value)
    return event


def _shown(name: str, value: Any) -> Any:
    if name in _KEEP:
        return without_tokens(redact_text(str(value)))
    return without_tokens(redact(_readable(value), name))


def _readable(value: Any) -> Any:
    """Made of what redaction knows. Anything else would be shown by its repr, after the redaction."""
    if isinstance(value, Mapping):
        return {str(name): _readable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_readable(inner) for inner in value]
    if value is None or isinstance(value, str | int | float):
        return value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def without_tokens(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_tokens(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_tokens(inner) for inner in value]
    return _TOKEN_IN_PATH.sub(r"\1***", value) if isinstance(value, str) else value


def logging_config(*, level: str, form: str) -> None:
    """Everything that anyone logs, ours and the libraries', through the same redaction, to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redacted,
    ]
    shape: Any = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, shape],
    )
    output = logging.StreamHandler()
    output.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [output]
    root.setLevel(level.upper())
    # Django's own line per request says less than ours, and says it with the path unredacted.
    logging.getLogger("django.server").setLevel(logging.WARNING)
    logging.getLogger("django.request").setLevel(logging.ERROR)
    logging.getLogger("django_tasks").setLevel(logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    logging.getLogger("axes").setLevel(logging.WARNING)  # of each login four lines; the audit log has one


def request_id() -> str:
    """Under which name the logs have the request that is being answered; "" outside of one."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


class RequestLog:
    """Gives every request an id (the proxy's, if it sent a sound one), answers with it, and logs one line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.log = structlog.get_logger("checkout.request")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        offered = request.headers.get("X-Request-Id", "")
        name = offered if _REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=name)
        began = time.monotonic()
        response = self.get_response(request)
        response["X-Request-Id"] = name
        if request.path not in {"/healthz", "/readyz", "/metrics"}:
            self.log.info(
                "request",
                method=request.method,
                path=request.path,
                status=response.status_code,
                milliseconds=int((time.monotonic() - began) * 1000),
            )
        return response
