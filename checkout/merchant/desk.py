"""How does the merchant take a payment for a customer on the phone? In four steps, each an address of its own: type it,
read it back, open the provider's form, and come back from there.

The provider's form is reached by a plain link on a page of ours. A form of ours that ended in a redirect to it would be
refused: browsers hold a page to its form-action through redirects, and the admin's allows nothing but the admin.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from checkout.agreed import in_words
from checkout.merchant.action import Action, Said, acting, noted, refused
from checkout.merchant.at_desk import (
    MAY_MAKE,
    MAY_OPEN,
    accounts_for,
    accounts_of,
    can_open,
    form_address,
    outcome,
    page_of,
    unanswered,
)
from checkout.merchant.audit import audited, errors_noted
from checkout.merchant.audit import typed as typed_into
from checkout.merchant.desk_fields import LANGUAGES
from checkout.merchant.desk_form import DeskForm
from checkout.merchant.desk_wish import Wish
from checkout.merchant.scope import limit
from checkout.merchant.shown import customer_lines, provider_name
from checkout.models import Account, Order, Payment
from checkout.models.order import KINDS
from checkout.payments.apply import apply
from checkout.payments.border import provider_for
from checkout.payments.cancel import give_up
from checkout.payments.orders import ReferenceTaken, create_order
from checkout.payments.recover import being_started
from checkout.payments.retype import NotRetypable, retype
from checkout.payments.settle import ask
from checkout.payments.start import KeyReused, NotPayable, start
from checkout.payments.timeline import Who
from checkout.states import State
from checkout.tasks import check_payment
from checkout.templatetags.guichet import money as money_text
from checkout.wording import clause, in_english, reason, worded
from providers.errors import Misconfigured

_MODEL = "admin:checkout_order"
_MAY_BE_PAID = frozenset({State.STARTED, State.PENDING, State.CANCELED, State.EXPIRED})
_TAKEN = "take by phone"  # in the audit log


class DeskPages:
    """The desk's addresses, below those of the order's `admin`."""

    def __init__(self, admin: Any) -> None:
        self.admin = admin

    def urls(self) -> list[URLPattern]:

        def view(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
            wrapped: Callable[..., HttpResponse] = self.admin.admin_site.admin_view(
                errors_noted(_TAKEN, page)
            )
            return wrapped

        one = "<int:order_id>/desk/"
        return [
            path("desk/", view(self.new), name="checkout_order_desk"),
            path(one, view(self.for_order), name="checkout_order_desk_for"),
            path(f"{one}<slug:once>/", view(self.opened), name="checkout_order_desk_opened"),
            path(f"{one}<slug:once>/back/", view(self.come_back), name="checkout_order_desk_back"),
        ]

    # --- type it, and read it back

    def new(self, request: HttpRequest) -> HttpResponse:
        _need(request, MAY_MAKE)
        back = reverse(f"{_MODEL}_changelist")
        return self._which_account(request, accounts_of(acting(request)), None, back)

    def for_order(self, request: HttpRequest, order_id: int) -> HttpResponse:
        _need(request, MAY_OPEN)
        order = _order(request, order_id)
        if (known := _sent_before(request)) is not None:
            return self._sent_again(request, known)
        if not can_open(order):
            self.admin.message_user(request, _("That cannot be done now."), messages.WARNING)
            return HttpResponseRedirect(self.admin.page_of(order))
        return self._which_account(request, accounts_for(order), order, self.admin.page_of(order))

    def _which_account(
        self, request: HttpRequest, accounts: list[Account], order: Order | None, back: str
    ) -> HttpResponse:
        asked = request.POST.get("account") or request.GET.get("account") or ""
        account = accounts[0] if len(accounts) == 1 else _by_id(accounts, asked)
        if account is not None:
            return self._form(request, account, order, back)
        if not accounts:
            return self._leave(request, refused(_("No account can take a payment by phone.")), back)
        title = _("Which account takes the payment?")
        names = [(account, provider_name(account)) for account in accounts]
        return self._page(
            request, "merchant/desk_account.html", order, title=title, accounts=names, back=back
        )

    def _form(self, request: HttpRequest, account: Account, order: Order | None, back: str) -> HttpResponse:
        if (known := _sent_before(request)) is not None:
            return self._sent_again(request, known)
        try:
            provider = provider_for(account)
        except Misconfigured as why:
            return self._leave(request, refused(reason(why)), back)
        sent = request.method == "POST"
        confirmed = "confirmed" in request.POST and "change" not in request.POST
        form = DeskForm(
            request.POST if sent else None,
            account=account,
            provider=provider,
            order=order,
            confirmed=confirmed,
        )
        wish = form.wish if form.is_valid() else None
        if wish is None or "change" in request.POST:
            return self._ask(request, form, back)
        if not confirmed:
            return self._read_back(request, form, wish, back)
        return self._open(request, form, wish, back)

    def _ask(self, request: HttpRequest, form: DeskForm, back: str) -> HttpResponse:
        order = form.order
        known = _customer(order.email, order.customer) if order else []
        fixed = [] if order is None or form.retypable else _terms_lines(Wish.of(order))
        shown = {"form": form, "account": form.account, "provider": provider_name(form.account), "back": back}
        return self._page(request, "merchant/desk.html", order, **shown, customer=known, fixed=fixed)

    def _read_back(self, request: HttpRequest, form: DeskForm, wish: Wish, back: str) -> HttpResponse:
        order = wish.order_of(form.account, form.order)
        lines = [
            *_terms_lines(wish),
            (_("Locked on the form"), _locked_words(form, wish)),
            (_("Order"), order.number if form.order else _("a new one")),
            (_("Your reference"), order.reference),
            (_("Description"), order.description or "–"),
            *_customer(order.email, order.customer),
            (_("The customer’s language"), LANGUAGES.get(order.language, order.language)),
            (_("Shop"), form.account.shop.name),
            (_("Account"), f"{provider_name(form.account)} · {form.account.name}"),
        ]
        shown = {"form": form, "account": form.account, "provider": provider_name(form.account), "back": back}
        return self._page(
            request, "merchant/desk_confirm.html", form.order, **shown, lines=lines,
            due=money_text(wish.money), may_change=wish.locked is not None,
            changes_order=form.order is not None and _changes(form.order, order),
        )  # fmt: skip

    # --- open the provider's form

    def _open(self, request: HttpRequest, form: DeskForm, wish: Wish, back: str) -> HttpResponse:
        once, user = form.cleaned_data["once"], acting(request)
        if form.order is None:
            made = _made(form, wish, once, user)
            if made is None:
                form.add_error("reference", _("There is an order with this reference already."))
                return self._ask(request, form, back)
            order = made
        else:
            try:
                order = retype(form.order, kind=wish.kind, terms=wish.terms, money=wish.money,
                               capture_later=wish.capture_later, user=user)  # fmt: skip
            except NotRetypable as no:
                known = _sent_before(request)
                if known:
                    return self._sent_again(request, known)
                return self._leave(request, _nothing(no), back, form.order)
        way_back = reverse(f"{_MODEL}_desk_back", args=[order.pk, once])
        desk = {"back": way_back, "locked": None if wish.locked is None else list(wish.locked)}
        try:
            payment = start(order, form.account, key=once, desk=desk, who=Who.MERCHANT, user=user)
        except KeyReused:
            said = refused(_("This form was sent before, for another payment. Open it again."))
            return self._leave(request, said, self.admin.page_of(order), order)
        except NotPayable as no:
            if form.order is None and not order.payments.exists():  # it was made for this payment alone
                give_up(order, who=Who.MERCHANT, user=user)
            return self._leave(request, _nothing(no), self.admin.page_of(order), order)
        audited(request, _TAKEN, order, payment=payment.reference, typed=typed_into(form))
        return HttpResponseRedirect(page_of(payment))

    def _sent_again(self, request: HttpRequest, payment: Payment) -> HttpResponse:
        said = noted(_("This form was sent before; nothing was opened again."))
        return self._leave(request, said, page_of(payment), payment.order)

    def opened(self, request: HttpRequest, order_id: int, once: str) -> HttpResponse:
        """The way to the provider's form. A form that is over leads to the order instead."""
        _need(request, MAY_OPEN)
        payment = _payment(request, order_id, once)
        if not payment.is_open or payment.state == State.PENDING:
            return self._leave(request, outcome(payment), self.admin.page_of(payment.order))
        title = _("%(provider)s’s form") % {"provider": provider_name(payment.account)}
        return self._page(
            request, "merchant/desk_opened.html", payment.order, title=title, payment=payment,
            provider=provider_name(payment.account), url=form_address(payment), opening=being_started(payment),
            unknown=payment.state == State.CREATED, back=self.admin.page_of(payment.order),
            locked=_so_many(payment.desk.get("locked")),
        )  # fmt: skip

    # --- come back from there: also from a form that was given up, and could not be closed

    def come_back(self, request: HttpRequest, order_id: int, once: str) -> HttpResponse:
        """Whatever the address brings along is not read: the provider is asked, and the order's page says what is true.
        A reload asks once more, and does no harm."""
        _need(request, MAY_OPEN)
        payment = _payment(request, order_id, once)
        said = outcome(payment)
        if payment.state in _MAY_BE_PAID:
            report = ask(payment, patience=settings.RETURN_PATIENCE_SECONDS)
            if report is None:
                said = unanswered(_payment(request, order_id, once))
            else:
                payment = apply(payment.pk, report)
                said = outcome(payment)
            if payment.is_open:
                check_payment.enqueue(payment.pk)
        return self._leave(request, said, self.admin.page_of(payment.order))

    # --- what all of them do

    def _leave(self, request: HttpRequest, said: Said, to: str, about: Order | None = None) -> HttpResponse:
        if request.method == "POST":  # something was to be done, and this is how it ended
            audited(request, _TAKEN, about, ended=strip_tags(in_english(said.text)))
        self.admin.message_user(request, str(said.text), said.level)
        return HttpResponseRedirect(to)

    def _page(self, request: HttpRequest, template: str, order: Order | None, **shown: Any) -> HttpResponse:
        context = {
            **self.admin.admin_site.each_context(request),
            "opts": self.admin.opts,
            "original": order,
            "order": order,
            "title": _("Take a payment by phone"),
            **shown,
        }
        request.current_app = self.admin.admin_site.name
        return TemplateResponse(request, template, context)


def _need(request: HttpRequest, permissions: tuple[str, ...]) -> None:
    if not request.user.has_perms(permissions):
        raise PermissionDenied


def _order(request: HttpRequest, order_id: int) -> Order:
    found = limit(Order.objects, request.user).select_related("shop").filter(pk=order_id).first()
    if found is None:
        raise Http404
    return found


def _payment(request: HttpRequest, order_id: int, once: str) -> Payment:
    rows = limit(Payment.objects, request.user).select_related("order__shop", "account").exclude(desk={})
    found = rows.filter(order_id=order_id, request_key=once).first()
    if found is None:
        raise Http404
    return found


def _by_id(accounts: list[Account], asked: str) -> Account | None:
    try:
        wanted = UUID(asked)
    except ValueError:
        return None
    return next((account for account in accounts if account.pk == wanted), None)


def _sent_before(request: HttpRequest) -> Payment | None:
    """What this very form has opened already, whatever it says now."""
    once = request.POST.get("once", "")
    if request.method != "POST" or not once:
        return None
    return limit(Payment.objects, request.user).exclude(desk={}).filter(request_key=once).first()


def _made(form: DeskForm, wish: Wish, once: str, user: Any) -> Order | None:
    """The new order; the one that the same form has just made, when it is sent twice; None when another one has its
    reference."""
    shop = form.account.shop
    try:
        return create_order(
            shop,
            reference=wish.reference,
            money=wish.money,
            who=Who.MERCHANT,
            user=user,
            **wish.all_columns(),
        )
    except ReferenceTaken:
        order = shop.orders.get(reference=wish.reference)
    wanted = wish.order_of(form.account, None)
    names = (*wish.all_columns(), "amount_minor", "currency")
    same = all(getattr(order, name) == getattr(wanted, name) for name in names)
    others = order.payments.exclude(request_key=once).exists()
    by_hand = order.timeline.filter(code="order.created", who=Who.MERCHANT, user=user).exists()
    return order if same and by_hand and not others else None


def _nothing(why: Exception) -> Said:
    return refused(worded(gettext_noop("Nothing was opened: %(why)s."), why=clause(why)))


def _changes(order: Order, wanted: Order) -> bool:
    names = ("kind", "terms", "amount_minor", "capture_later")
    return any(getattr(order, name) != getattr(wanted, name) for name in names)


def _terms_lines(wish: Wish) -> list[tuple[str, str]]:
    lines = [(_("Type"), str(dict(KINDS)[wish.kind.value]))]
    if words := in_words(wish.kind, wish.terms, money_text):
        lines.append((_("Agreed"), words))
    today = money_text(wish.money) if wish.money else _("nothing")
    lines.append((_("Reserved today") if wish.capture_later else _("Paid today"), today))
    return lines


def _customer(email: str, customer: dict[str, Any]) -> list[tuple[str, str]]:
    return [*([(_("E-mail"), email)] if email else []), *customer_lines(customer)]


def _locked_words(form: DeskForm, wish: Wish) -> str:
    if wish.locked is None:
        return _("everything: the form is only to be confirmed")
    return ", ".join(form.label_of(name) for name in wish.locked) or _("nothing")


def _so_many(locked: list[str] | None) -> str:
    if locked is None:
        return _("Everything is locked: the form is only to be confirmed.")
    n = len(locked)
    if not n:
        return _("Nothing is locked.")
    return ngettext("%(n)s input is locked.", "%(n)s inputs are locked.", n) % {"n": n}


def _to_form(request: HttpRequest, order: Order, typed: dict[str, Any]) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"{_MODEL}_desk_for", args=[order.pk]))


TAKE = Action(
    name="desk",
    label=gettext_lazy("Take a payment by phone"),
    offered=can_open,
    explain=lambda order, typed: [_("A form is opened in which you say what the customer pays.")],
    do=_to_form,
    needs=MAY_OPEN[0],
    at_once=True,
)
