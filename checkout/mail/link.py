"""What does the e-mail with a payment link say? The merchant's words, or ours, and the link, as text and HTML."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from checkout.link_texts import LINK_TEXTS, filled
from checkout.mail.sending import deliver, dress_of
from checkout.models import Invitation
from checkout.templatetags.guichet import money, plain_moment


def send_link(invitation: Invitation) -> None:
    """Send a payment link of ours, in its language. NotSent when the mail server does not take it."""
    deliver(_message(invitation), about=f"link of {invitation.order.number}")


def _message(invitation: Invitation) -> EmailMultiAlternatives:
    order = invitation.order
    with translation.override(invitation.language):
        subject, text = words_of(invitation)
        names = {
            "link": invitation.url,
            "amount": money(order.money),
            "until": plain_moment(order.expires_at),
        }
        body = filled(text, **names)
        html = render_to_string(
            "mail/link.html",
            {
                **dress_of(order.shop),
                "order": order,
                "language": invitation.language,
                "before": filled(text.split("{link}", 1)[0], **names).strip(),
                "after": filled(text.split("{link}", 1)[1], **names).strip() if "{link}" in text else "",
                "url": invitation.url,
            },
        )
        message = EmailMultiAlternatives(
            subject=" ".join(filled(subject, **names).split()),  # no line may end within it
            body=body if "{link}" in text else f"{body}\n\n{invitation.url}",
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[invitation.to],
            reply_to=[order.shop.support_email] if order.shop.support_email else None,
        )
        message.attach_alternative(html, "text/html")
    return message


def words_of(invitation: Invitation) -> tuple[str, str]:
    """Subject and text as the merchant wrote them, else our own."""
    subject, text = LINK_TEXTS[0].in_language(invitation.language)
    return invitation.subject or subject, invitation.text or text
