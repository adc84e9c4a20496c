"""What does `manage.py check` say of the settings for e-mails and the second factor?"""

from typing import Any

import pytest
from django.conf import LazySettings

from checkout.checks import mail_has_a_sender, second_factor_is_one_of_three

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


def test_a_second_factor_that_nobody_knows_is_named(settings: LazySettings) -> None:
    settings.SECOND_FACTOR = "sometimes"
    assert [problem.id for problem in second_factor_is_one_of_three(None)] == ["checkout.E003"]
    settings.SECOND_FACTOR = "required"
    assert second_factor_is_one_of_three(None) == []
