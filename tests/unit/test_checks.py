"""What does `manage.py check --deploy` say of the e-mail settings?"""

from typing import Any

import pytest

from checkout.checks import mail_has_a_sender

SMTP = "django.core.mail.backends.smtp.EmailBackend"
CONSOLE = "django.core.mail.backends.console.EmailBackend"


@pytest.mark.parametrize(
    ("backend", "sender", "ids"),
    [
        (SMTP, "checkout@localhost", ["checkout.W002"]),
        (SMTP, "pay@example.com", []),
        (CONSOLE, "checkout@localhost", []),  # no e-mails: links are copied
    ],
)
def test_a_mail_server_needs_a_sender(settings: Any, backend: str, sender: str, ids: list[str]) -> None:
    settings.EMAIL_BACKEND, settings.DEFAULT_FROM_EMAIL = backend, sender
    assert [found.id for found in mail_has_a_sender(None)] == ids
