"""How does an e-mail of ours go, and what is said when it does not?"""

from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

import structlog
from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage

from checkout.looks import logo_url, look_of
from checkout.models import Shop
from providers.said import Said
from providers.said import said as _

log = structlog.get_logger("checkout.mail")


class NotSent(Exception):
    """The e-mail did not go; `sentence` says why, fit for the merchant's eyes, and can be said in any language."""

    def __init__(self, sentence: Said) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def deliver(message: EmailMessage, *, about: str) -> None:
    """Send it. NotSent when the mail server, or the mail service, does not take it. `about`: what the log calls it."""
    try:
        message.send()
    except (SMTPRecipientsRefused, AnymailRecipientsRefused) as why:
        raise _not_sent(about, why, _("The mail server refuses the address.")) from why
    # The last: of a mail service whose keys are not set, which nobody hears of before the first e-mail.
    except (SMTPException, AnymailError, OSError, ImproperlyConfigured) as why:
        sentence = _("The mail server did not take it (%(error)s).", error=type(why).__name__)
        raise _not_sent(about, why, sentence) from why
    except ValueError as why:  # a line break in a header, a domain that no mail can go to
        raise _not_sent(about, why, _("No e-mail can be made of this address and subject.")) from why
    if not _was_taken(message):
        log.warning("mail not sent", about=about, why="no word of it")
        raise NotSent(_("The mail service does not say that it took it."))


def _was_taken(message: EmailMessage) -> bool:
    """An answer that the library did not know for a refusal may still name no e-mail that is on its way."""
    told = getattr(message, "anymail_status", None)
    return told is None or bool(told.message_id) or bool({"sent", "queued"} & (told.status or set()))


def dress_of(shop: Shop) -> dict[str, Any]:
    """What every template needs of the shop whose e-mail it is."""
    return {"shop": shop, "look": look_of(shop), "logo": logo_url(shop)}


def _not_sent(about: str, why: Exception, sentence: Said) -> NotSent:
    log.warning("mail not sent", about=about, why=type(why).__name__)
    return NotSent(sentence)
