"""What did the merchant say of a link that is to be sent, and is it right? What is not is said at its field: by this
form, and by the provider, which is not asked but knows its rules."""

import copy
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from unfold.widgets import (
    INPUT_CLASSES,
    RADIO_CLASSES,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from checkout.link_texts import LINK_TEXTS, filled
from checkout.mail.link import words_of
from checkout.merchant.desk_fields import LANGUAGES, ONCE
from checkout.merchant.link_ways import Way
from checkout.models import Invitation, Order
from checkout.payments.border import invitation_charge, provider_for
from checkout.payments.change import LONGEST_HOLD
from checkout.payments.links import LONGEST
from checkout.templatetags.guichet import money, plain_moment
from checkout.wording import reason, spoken
from providers.errors import FieldError, Misconfigured

SENSIBLE = timedelta(days=7)  # a link that is sent is read tomorrow, or after the weekend
_REQUIRED = forms.Field.default_error_messages["required"]
_TEXTS = {one.name: one for one in LINK_TEXTS}
_READ_BY_SOME = ("email", "phone", "subject", "text")
# Where the form's field is not called as what is objected to.
_FIELDS = {
    "invitation.subject": "subject",
    "invitation.text": "text",
    "hold_minutes": "until",
    "expires_at": "until",
    "channel": "way",
}


def until_field(label: Any, help_text: Any) -> forms.DateTimeField:
    """A moment in UTC, to the minute, as browsers ask for it."""
    kind = {"type": "datetime-local", "class": " ".join(INPUT_CLASSES), "autocomplete": "off"}
    widget = forms.DateTimeInput(attrs=kind, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, help_text=help_text, widget=widget)


def to_the_minute(when: datetime) -> datetime:
    return when.replace(second=0, microsecond=0)


def complain_of_until(when: datetime) -> str:
    now = timezone.now()
    if when <= now:
        return _("That time is over.")
    if when > now + LONGEST_HOLD:
        return _("An order waits for %(days)s days at most.") % {"days": LONGEST_HOLD.days}
    return ""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A link that is right, as it is to be sent. `until` None: the order's end stays."""

    way: Way
    to: str
    subject: str
    text: str
    language: str
    until: datetime | None


class LinkForm(forms.Form):
    """`message`: what a form that is right asks for."""

    once = forms.RegexField(ONCE, widget=forms.HiddenInput, initial=lambda: secrets.token_hex(10))
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=30)
    way = forms.ChoiceField(
        label=gettext_lazy("How it is sent"),
        widget=forms.RadioSelect(attrs={"class": " ".join(RADIO_CLASSES)}),
    )
    email = forms.CharField(
        label=gettext_lazy("To the e-mail address"),
        max_length=LONGEST["to"],
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "email", "autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("To the mobile number"),
        max_length=LONGEST["to"],
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=gettext_lazy("With the country’s code: +33 1 23 45 67 89."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("The customer’s language"),
        choices=list(LANGUAGES.items()),
        widget=UnfoldAdminSelectWidget(),
    )
    words = forms.ChoiceField(
        label=gettext_lazy("A text to begin with"), required=False, widget=UnfoldAdminSelectWidget()
    )
    subject = forms.CharField(
        label=gettext_lazy("Subject"),
        max_length=LONGEST["subject"],
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=LONGEST["text"],
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 9}),
        help_text=gettext_lazy("{link}, {amount} and {until} are filled in when it is sent."),
    )
    until = until_field(
        gettext_lazy("Payable until (UTC)"),
        gettext_lazy("The order itself is changed to this, so that the link is good for as long."),
    )

    message: Message | None = None

    def __init__(self, data: Any = None, *, order: Order, ways: list[Way], **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        self.order = order
        self.ways = {way.value: way for way in ways}
        self.fields["way"].choices = [(way.value, way.label) for way in ways]  # type: ignore[attr-defined]
        self.fields["words"].choices = [(one.name, one.title) for one in LINK_TEXTS]  # type: ignore[attr-defined]
        self._propose()

    def _propose(self) -> None:
        order = self.order
        language = order.language if order.language in LANGUAGES else "en"
        subject, text = LINK_TEXTS[0].in_language(language)
        proposed = {
            "seen": _seen(order),
            "way": self._first_way(),
            "email": order.email or order.customer.get("email", ""),
            "phone": order.customer.get("phone", ""),
            "language": language,
            "words": LINK_TEXTS[0].name,
            "subject": subject,
            "text": text,
            "until": to_the_minute(max(order.expires_at, timezone.now() + SENSIBLE)),
        }
        self.initial = {**proposed, **self.initial}

    def _first_way(self) -> str:
        """The first by which the customer can be reached with what the order knows."""
        known = {
            "email": self.order.email or self.order.customer.get("email"),
            "phone": self.order.customer.get("phone"),
        }
        reached = (way.value for way in self.ways.values() if way.to_field and known[way.to_field])
        return next(reached, next(iter(self.ways), ""))

    # --- how it is shown

    @property
    def for_script(self) -> dict[str, Any]:
        """What the page's script wants to know: which fields a way reads, and the texts in each language."""
        return {
            "needs": {value: way.needs for value, way in self.ways.items()},
            "some": _READ_BY_SOME,
            "texts": {
                language: {one.name: one.in_language(language) for one in LINK_TEXTS}
                for language in LANGUAGES
            },
        }

    @property
    def recipients(self) -> list[BoundField]:
        read = {way.to_field for way in self.ways.values()}
        return [self[name] for name in ("email", "phone") if name in read]

    # --- what was typed

    def was_seen(self) -> bool:
        """Is the amount still the one that was read back?"""
        return self["seen"].value() == _seen(self.order)

    def clean_phone(self) -> str:
        return re.sub(r"[\s().\-]", "", self.cleaned_data["phone"])

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        way = self.ways.get(typed.get("way", ""))
        if way is None:
            return typed
        for name in _READ_BY_SOME:
            if name not in way.needs:  # it is not read, so it cannot be wrong either
                self.errors.pop(name, None)
        self._check_recipient(way)
        self._check_words(way)
        if "until" in typed and (why := complain_of_until(typed["until"])):
            self.add_error("until", why)
        if not self.errors:
            message = self._message(way)
            self._ask_rules_of_provider(message)
            self.message = None if self.errors else message
        return typed

    def _check_recipient(self, way: Way) -> None:
        name = way.to_field
        if not name or name in self.errors:
            return
        to = self.cleaned_data[name]
        if not to:
            self.add_error(name, _REQUIRED)
        elif name == "email":
            try:
                validate_email(to)
            except ValidationError as why:
                self.add_error(name, why)

    def _check_words(self, way: Way) -> None:
        text = self.cleaned_data.get("text", "")
        if "text" in way.needs and text and "{link}" not in text:
            self.add_error("text", _("Write {link} where the link is to stand."))

    def _message(self, way: Way) -> Message:
        typed = self.cleaned_data
        read = {name: typed[name] if name in way.needs else "" for name in _READ_BY_SOME}
        same = typed["until"] == to_the_minute(self.order.expires_at)
        return Message(
            way=way,
            to=read[way.to_field] if way.to_field else "",
            subject=" ".join(read["subject"].split()),
            text=read["text"].replace("\r\n", "\n"),
            language=typed["language"],
            until=None if same else typed["until"],
        )

    def _ask_rules_of_provider(self, message: Message) -> None:
        account = message.way.account
        if account is None:
            return
        try:
            provider = provider_for(account)
        except Misconfigured as why:
            self.add_error("way", reason(why))
            return
        order = copy.copy(self.order)
        order.expires_at = message.until or order.expires_at
        charge = invitation_charge(order, account, invitation_of(order, message))
        self.object(provider.complaints(charge))
        if not self.errors and (sentence := provider.refuses(charge)):
            self.add_error(None, spoken(sentence))

    def object(self, found: Iterable[FieldError]) -> None:
        """Each at its field, where the form has one; else above the form, with what it is called by whoever objects."""
        way = self.ways.get(self["way"].value() or "")
        to = {"invitation.to": way.to_field, "to": way.to_field} if way else {}
        for path, said in dict.fromkeys(found):
            why = spoken(said)
            name = {**_FIELDS, **to}.get(path, path)
            ended = why if why.endswith(".") else f"{why}."
            if name in self.fields:
                self.add_error(name, ended[:1].upper() + ended[1:])
            else:
                self.add_error(None, f"{path}: {ended}")


def _seen(order: Order) -> str:
    return f"{order.amount_minor} {order.currency}"


def with_text(data: Any) -> dict[str, Any]:
    """What was typed, with the chosen text in the chosen language in it: to begin anew with."""
    names = ("once", "way", "email", "phone", "language", "words", "until")
    typed = {name: data[name] for name in names if name in data}
    chosen = _TEXTS.get(typed.get("words", ""), LINK_TEXTS[0])
    language = typed.get("language", "")
    subject, text = chosen.in_language(language if language in LANGUAGES else "en")
    return {**typed, "subject": subject, "text": text}


def invitation_of(order: Order, message: Message) -> Invitation:
    """Not saved: what the provider, or our e-mail, would be made of."""
    return Invitation(order=order, channel=message.way.channel, to=message.to, subject=message.subject,
                      text=message.text, language=message.language)  # fmt: skip


def preview(order: Order, message: Message) -> tuple[str, str]:
    """Subject and text as the customer reads them; "" where they are the provider's own."""
    subject, text = message.subject, message.text
    if message.way.account is None:
        subject, text = words_of(invitation_of(order, message))
    with override(message.language):
        names = {
            "link": f"{settings.SITE_URL.rstrip('/')}/l/…/" if message.way.account is None else "https://…",
            "amount": money(order.money),
            "until": plain_moment(message.until or order.expires_at),
        }
        return filled(subject, **names), filled(text, **names)
