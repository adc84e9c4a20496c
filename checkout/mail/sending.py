"""How does an e-mail of ours go, and what is said when it does not?"""

from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

import structlog
from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMessage

from checkout.looks import logo_url, look_of
from checkout.models import Shop

log = structlog.get_logger("checkout.mail")


class NotSent(Exception):
    """The e-mail did not go; `str()` says why, fit for the merchant's eyes."""


def deliver(message: EmailMessage, *, about: str) -> None:
    """Send it. NotSent when the mail server, or the mail service, does not take it. `about`: what the log calls it."""
    try:
        message.send()
    except (SMTPRecipientsRefused, AnymailRecipientsRefused) as why:
        raise _not_sent(about, why, "The mail server refuses the address.") from why
    except (SMTPException, AnymailError, OSError) as why:
        raise _not_sent(about, why, f"The mail server did not take it ({type(why).__name__}).") from why
    except ValueError as why:  # a line break in a header, a domain that no mail can go to
        raise _not_sent(about, why, "No e-mail can be made of this address and subject.") from why
    if not _was_taken(message):
        log.warning("mail not sent", about=about, why="no word of it")
        raise NotSent("The mail service does not say that it took it.")


def _was_taken(message: EmailMessage) -> bool:
    """An answer that the library did not know for a refusal may still name no e-mail that is on its way."""
    told = getattr(message, "anymail_status", None)
    return told is None or bool(told.message_id) or bool({"sent", "queued"} & (told.status or set()))


def dress_of(shop: Shop) -> dict[str, Any]:
    """What every template needs of the shop whose e-mail it is."""
    return {"shop": shop, "look": look_of(shop), "logo": logo_url(shop)}


def _not_sent(about: str, why: Exception, sentence: str) -> NotSent:
    log.warning("mail not sent", about=about, why=type(why).__name__)
    return NotSent(sentence)
