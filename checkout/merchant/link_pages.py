"""How does the merchant send a customer a link, look at one, send it again, withdraw it? Each an address of its own
below the order's; what is to be sent is read back first, and ends in a sentence about what is true afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from checkout.merchant.action import Said, Text, acting, done, noted, refused, unsure
from checkout.merchant.audit import audited, errors_noted
from checkout.merchant.desk_fields import LANGUAGES
from checkout.merchant.link_change import of_the_attempt
from checkout.merchant.link_form import LinkForm, Message, preview, with_text
from checkout.merchant.link_rows import address, can_send_again, can_withdraw, links_of, pending_change
from checkout.merchant.link_ways import MAY_SEND, ways_for
from checkout.merchant.scope import limit
from checkout.merchant.shown import provider_name
from checkout.models import Invitation, Order
from checkout.payments.cancel import lives_on_until
from checkout.payments.change import NotChanged, change
from checkout.payments.links import NotSent, errors_of, invite, is_payable, send_again, withdraw
from checkout.payments.timeline import Who
from checkout.templatetags.guichet import money as money_text
from checkout.templatetags.guichet import plain_moment
from checkout.templatetags.qr import qr_code
from checkout.wording import in_english, listed, reason, worded

_Standing = Invitation.Standing
# What of the form is kept in the audit log.
_NOTED = ("way", "email", "phone", "language", "subject", "text", "expires_at", "until")


@dataclass(frozen=True)
class _Asked:
    """What is confirmed before it is done, as `merchant/confirm.html` draws it."""

    label: Text
    explain: Callable[[Invitation], list[str]]
    tone: str = "plain"
    confirm: bool = False  # nothing is typed, so nothing is read back


class TimesForm(forms.Form):
    """How often it was sent when the button was drawn: a second click is one too many."""

    times = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class LinkPages:
    """The addresses, below those of the order's `admin`."""

    def __init__(self, admin: Any) -> None:
        self.admin = admin

    def urls(self) -> list[URLPattern]:
        view = self.admin.admin_site.admin_view
        order, one = "<int:order_id>/link/", "<int:order_id>/link/<int:link_id>/"
        pages: tuple[tuple[str, Callable[..., HttpResponse], str], ...] = (
            (f"{order}new/", self.new, "new"),
            (f"{order}send/", self.send, "send"),
            (f"{order}qr.svg", self.own_qr, "own_qr"),
            (one, self.shown, "shown"),
            (f"{one}qr.svg", self.qr, "qr"),
            (f"{one}again/", self.again, "again"),
            (f"{one}withdraw/", self.withdraw, "withdraw"),
        )
        return [
            path(route, view(errors_noted(f"link {name}", page)), name=f"checkout_order_link_{name}")
            for route, page, name in pages
        ]

    # --- to hand over

    def new(self, request: HttpRequest, order_id: int) -> HttpResponse:
        order = _order(request, order_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            _link, made = invite(order, channel=Invitation.COPY, key=request.POST.get("once", "")[:40],
                                 who=Who.MERCHANT, user=acting(request))  # fmt: skip
        except NotSent as why:
            return self._leave(request, refused(reason(why)), order)
        said = (
            done(_("The link is there, to be copied.")) if made else noted(_("The link was there already."))
        )
        return self._leave(request, said, order)

    def shown(self, request: HttpRequest, order_id: int, link_id: int) -> HttpResponse:
        link = _link(request, order_id, link_id)
        if not link.is_good or not link.url:
            said = noted(
                _("Nothing can be paid by this link any more: %(state)s.") % {"state": link.standing.label}
            )
            return self._leave(request, said, link.order)
        return self._page(
            request, "merchant/link_shown.html", link.order, title=_("Payment link"), link=link,
            qr=address("qr", link.order, link.pk), back=self.admin.page_of(link.order),
        )  # fmt: skip

    def own_qr(self, request: HttpRequest, order_id: int) -> HttpResponse:
        order = _order(request, order_id)
        if order.agreement_id is not None:
            raise Http404
        return _picture(order, order.pay_url)

    def qr(self, request: HttpRequest, order_id: int, link_id: int) -> HttpResponse:
        link = _link(request, order_id, link_id)
        if not link.url:
            raise Http404
        return _picture(link.order, link.url)

    # --- to send

    def send(self, request: HttpRequest, order_id: int) -> HttpResponse:
        order = _order(request, order_id)
        if (known := _sent_before(request, order)) is not None:
            return self._sent_again(request, known)
        ways = ways_for(order)
        if not ways or not is_payable(order):
            return self._leave(request, unsure(_("That cannot be done now.")), order)
        if request.method != "POST":
            return self._ask(request, LinkForm(order=order, ways=ways))
        if "take" in request.POST:
            return self._ask(request, LinkForm(order=order, ways=ways, initial=with_text(request.POST)))
        form = LinkForm(request.POST, order=order, ways=ways)
        if not form.is_valid() or form.message is None or "change" in request.POST:
            return self._ask(request, form)
        if "confirmed" not in request.POST:
            return self._read_back(request, form, form.message)
        if not form.was_seen():
            notice = _("The order’s amount was changed meanwhile. Nothing was sent; is it right like this?")
            return self._read_back(request, form, form.message, notice)
        return self._send(request, form, form.message)

    def _ask(self, request: HttpRequest, form: LinkForm, *, notice: str = "") -> HttpResponse:
        return self._page(
            request, "merchant/link_send.html", form.order, title=_("Send a payment link"), form=form,
            notice=notice, back=self.admin.page_of(form.order),
        )  # fmt: skip

    def _read_back(
        self, request: HttpRequest, form: LinkForm, message: Message, notice: str = ""
    ) -> HttpResponse:
        order = form.order
        subject, text = preview(order, message)
        until = plain_moment(message.until or order.expires_at)
        if message.until:
            until = _("%(until)s; it was %(before)s") % {
                "until": until,
                "before": plain_moment(order.expires_at),
            }
        lines = [
            (_("How it is sent"), message.way.label),
            *([(_("To"), message.to)] if message.to else []),
            (_("The customer’s language"), LANGUAGES.get(message.language, message.language)),
            (_("Amount"), money_text(order.money)),
            (_("Payable until"), until),
            (_("Order"), f"{order.number} · {order.reference}"),
        ]
        return self._page(
            request, "merchant/link_confirm.html", order, title=_("Send a payment link"), form=form, lines=lines,
            message=message, subject=subject, text=text, sentences=_what_becomes(order, message), notice=notice,
            amount=f"{order.amount_minor} {order.currency}", back=self.admin.page_of(order),
        )  # fmt: skip

    def _send(self, request: HttpRequest, form: LinkForm, message: Message) -> HttpResponse:
        order, user, once = form.order, acting(request), form.cleaned_data["once"]
        notice = ""
        if message.until is not None:
            try:
                order = change(order, expires_at=message.until, who=Who.MERCHANT, user=user)
            except NotChanged as why:
                return self._not_sent(request, order, (), _nothing(why), "")
            notice = _("The order is payable until %(until)s now.") % {
                "until": plain_moment(order.expires_at)
            }
        try:
            link, made = invite(
                order,
                channel=message.way.channel,
                account=message.way.account,
                to=message.to,
                subject=message.subject,
                text=message.text,
                language=message.language,
                key=once,
                who=Who.MERCHANT,
                user=user,
            )
        except NotSent as why:
            return self._not_sent(request, order, why.errors, "" if why.errors else _nothing(why), notice)
        if not made:
            return self._sent_again(request, link)
        if link.standing == _Standing.NOT_SENT and (errors := errors_of(link)):
            return self._not_sent(request, order, errors, "", notice)
        return self._leave(request, outcome(link), order)

    def _not_sent(
        self, request: HttpRequest, order: Order, errors: Any, sentence: str, notice: str
    ) -> HttpResponse:
        """The form again, with why; under a new key, where its own has named an attempt that failed."""
        self._note(request, order, ended=sentence or listed(errors))
        if (known := _sent_before(request, order)) is not None and not errors:
            return self._sent_again(request, known)
        order = _order(request, order.pk)
        if not is_payable(order):  # by now
            return self._leave(request, refused(sentence or _("That cannot be done now.")), order)
        typed = request.POST.copy()
        if known is not None:
            typed["once"] = str(LinkForm(order=order, ways=[])["once"].value())
        form = LinkForm(typed, order=order, ways=ways_for(order))
        form.is_valid()
        form.object(errors)
        if sentence:
            form.add_error(None, sentence)
        return self._ask(request, form, notice=notice)

    def _sent_again(self, request: HttpRequest, link: Invitation) -> HttpResponse:
        said = outcome(link)
        again = _("This form was sent before; nothing was sent again. %(said)s") % {"said": said.text}
        return self._leave(request, Said(said.level, again), link.order)

    # --- later

    def again(self, request: HttpRequest, order_id: int, link_id: int) -> HttpResponse:
        link = _link(request, order_id, link_id)
        form = TimesForm(request.POST if request.method == "POST" else {"times": str(link.times)})
        if request.method != "POST":
            if not can_send_again(link) or not is_payable(link.order):
                return self._leave(request, unsure(_("That cannot be done now.")), link.order)
            return self._confirm(request, _AGAIN, link, form)
        if not form.is_valid() or form.cleaned_data["times"] != link.times:
            said = noted(_("It was sent again meanwhile; look at the links below."))
            return self._leave(request, said, link.order)
        try:
            row = send_again(link, who=Who.MERCHANT, user=acting(request))
        except NotSent as why:
            whole = listed(why.errors) if why.errors else reason(why)
            said = refused(worded(gettext_noop("It was not sent again: %(why)s"), why=whole))
            return self._leave(request, said, link.order)
        return self._leave(request, outcome(_fresh(row)), link.order)

    def withdraw(self, request: HttpRequest, order_id: int, link_id: int) -> HttpResponse:
        link = _link(request, order_id, link_id)
        if request.method != "POST":
            if not can_withdraw(link):
                return self._leave(request, unsure(_("That cannot be done now.")), link.order)
            return self._confirm(request, _WITHDRAW, link, None)
        try:
            row = withdraw(link, who=Who.MERCHANT, user=acting(request))
        except NotSent as why:
            said = unsure(worded(gettext_noop("It was not withdrawn: %(why)s"), why=reason(why)))
            return self._leave(request, said, link.order)
        return self._leave(request, _withdrawn(row), link.order)

    # --- what all of them do

    def _confirm(
        self, request: HttpRequest, action: _Asked, link: Invitation, form: forms.Form | None
    ) -> HttpResponse:
        shown = {"action": action, "sentences": action.explain(link), "form": form, "title": action.label}
        return self._page(
            request, "merchant/confirm.html", link.order, **shown, back=self.admin.page_of(link.order),
            read_back=False, notice="",
        )  # fmt: skip

    def _leave(self, request: HttpRequest, said: Said, order: Order) -> HttpResponse:
        if request.method == "POST":  # something was to be done, and this is how it ended
            self._note(request, order, ended=strip_tags(in_english(said.text)))
        self.admin.message_user(request, str(said.text), said.level)
        return HttpResponseRedirect(self.admin.page_of(order))

    def _note(self, request: HttpRequest, order: Order, **told: Any) -> None:
        word = (request.resolver_match.url_name or "").rpartition("_")[2] if request.resolver_match else ""
        given = {name: request.POST[name] for name in _NOTED if request.POST.get(name)}
        if given:
            told["typed"] = given
        audited(request, f"link {word}", order, **told)

    def _page(self, request: HttpRequest, template: str, order: Order, **shown: Any) -> HttpResponse:
        context = {
            **self.admin.admin_site.each_context(request),
            "opts": self.admin.opts,
            "original": order,
            "order": order,
            **shown,
        }
        request.current_app = self.admin.admin_site.name
        return TemplateResponse(request, template, context)


# --- what is true of it ----------------------------------------------------------------------------------------------


def _nothing(why: Exception) -> str:
    return worded(gettext_noop("Nothing was sent: %(why)s"), why=reason(why))


def outcome(link: Invitation) -> Said:
    """For the person who asked for it."""
    provider = provider_name(link.payment.account) if link.payment else ""
    about = {"to": link.to, "provider": provider, "state": link.standing.label, "why": link.problem or "–"}
    if link.standing == _Standing.ON_ITS_WAY:
        return (
            noted(_("The link is being made by %(provider)s at this moment.") % about)
            if provider
            else done(_("The e-mail to %(to)s is on its way.") % about)
        )
    if link.standing == _Standing.READY:
        return done(_("The link is there, to be handed over by you.") % about)
    if link.standing == _Standing.SENT:
        return done(
            _("%(provider)s has sent the link to %(to)s.") % about
            if provider
            else _("The link was sent to %(to)s.") % about
        )
    if link.standing == _Standing.NOT_SENT:
        return refused(_("The link was not sent: %(why)s") % about)
    if link.standing == _Standing.UNKNOWN:
        return unsure(
            _("Nobody knows yet whether %(provider)s has sent the link. It is not sent again; %(provider)s is asked "
              "until it is known.") % about
        )  # fmt: skip
    level = messages.WARNING if link.standing == _Standing.FAILED else messages.INFO
    return Said(level, _("How the link stands: %(state)s.") % about)


def _withdrawn(link: Invitation) -> Said:
    payment = link.payment
    until = lives_on_until(payment) if payment else None
    if payment is None or until is None:
        return done(_("The link is withdrawn. If money comes by it all the same, it is counted."))
    about = {"provider": provider_name(payment.account), "until": plain_moment(until)}
    return unsure(
        _("The link is withdrawn here, but %(provider)s cannot close it at once: it can still be paid until %(until)s. "
          "Money that comes is counted. Wait until then, and look at the order again before it is paid otherwise.")
        % about
    )  # fmt: skip


def _what_becomes(order: Order, message: Message) -> list[str]:
    """Of an attempt that is open, and of what is out."""
    pending = pending_change(order)
    told = [pending] if pending else []
    attempt = order.open_attempt()
    if message.way.account is not None and attempt is not None:
        told += of_the_attempt(order, given_up=True)
    elif message.until is not None:
        told += of_the_attempt(order, given_up=False)
    if message.way.account is not None and message.way.to_field and message.text:
        told.append(
            _("%(provider)s fills in the link, the amount and the time, and may write them in another way.")
            % {"provider": provider_name(message.way.account)}
        )
    if message.way.account is not None and message.way.to_field and not message.text:
        told.append(
            _("The message has %(provider)s’s own text.") % {"provider": provider_name(message.way.account)}
        )
    return told


def _explain_again(link: Invitation) -> list[str]:
    if link.payment is not None:
        about = {"provider": provider_name(link.payment.account), "to": link.to}
        return [_("%(provider)s is asked to send the same message to %(to)s once more.") % about]
    return [
        _("The same e-mail is sent to %(to)s once more, with what is owed now: %(money)s.")
        % {"to": link.to, "money": money_text(link.order.money)}
    ]


def _explain_withdraw(link: Invitation) -> list[str]:
    if link.payment is not None:
        return [
            _("%(provider)s is told that nothing is to be paid by this link any more. If money has come, the order "
              "becomes paid.") % {"provider": provider_name(link.payment.account)},
            _("The order stays open and can be paid in another way."),
        ]  # fmt: skip
    return [
        _("Whoever follows this link reads that it was withdrawn."),
        _("The order stays open, and whoever is on its page already can go on there."),
    ]


_AGAIN = _Asked(gettext_lazy("Send the link again"), _explain_again)
_WITHDRAW = _Asked(gettext_lazy("Withdraw the link"), _explain_withdraw, tone="danger")


# --- rows ------------------------------------------------------------------------------------------------------------


def _order(request: HttpRequest, order_id: int) -> Order:
    if not request.user.has_perms(MAY_SEND):
        raise PermissionDenied
    found = limit(Order.objects, request.user).select_related("shop").filter(pk=order_id).first()
    if found is None:
        raise Http404
    return found


def _link(request: HttpRequest, order_id: int, link_id: int) -> Invitation:
    order = _order(request, order_id)
    found = next((link for link in links_of(order) if link.pk == link_id), None)
    if found is None:
        raise Http404
    return found


def _fresh(link: Invitation) -> Invitation:
    rows = Invitation.objects.select_related("order__shop", "payment__account", "payment__order")
    return rows.get(pk=link.pk)


def _sent_before(request: HttpRequest, order: Order) -> Invitation | None:
    """What this very form has sent already, whatever it says now."""
    once = request.POST.get("once", "")
    if request.method != "POST" or not once:
        return None
    known = order.invitations.filter(request_key=once).first()
    return _fresh(known) if known else None


def _picture(order: Order, url: str) -> HttpResponse:
    title = _("QR code of the payment link of order %(number)s") % {"number": order.number}
    answer = HttpResponse(qr_code(url, title), content_type="image/svg+xml")
    answer["Content-Disposition"] = f'attachment; filename="{order.number}.svg"'
    return answer
