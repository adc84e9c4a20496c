"""What may the merchant do with a payment's money? Capture, void and refund, once each time it is meant."""

import re
import secrets
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextInputWidget

from checkout.merchant.action import (
    HARMLESS,
    Action,
    AsItIsNow,
    AskAgain,
    Said,
    acting,
    done,
    noted,
    refused,
    unsure,
)
from checkout.merchant.asking import ask_about
from checkout.merchant.second_person import (
    SECOND,
    Beyond,
    beyond,
    how_it_stands,
    proposed,
    somebody_may_approve,
    waiting,
    waits_beside,
    why_two,
)
from checkout.merchant.sharing import SharedForm
from checkout.merchant.shown import provider_name
from checkout.models import Operation, Payment, Proposal
from checkout.payments.approvals import WaitsAlready, propose
from checkout.payments.operate import (
    MovedMeanwhile,
    NeedsApproval,
    NotPossible,
    PlanChanged,
    left,
    operate,
    whole_only,
)
from checkout.payments.operations import undone
from checkout.templatetags.guichet import money as money_text
from checkout.wording import reason
from providers.base import OperationStatus, Verb
from providers.money import Money, exponent


def read_amount(text: str, currency: str) -> Money:
    """What a merchant typed, in major units: "12.50" or "12,50". ValueError with a sentence when it is no amount.

    No thousands marks: whether "1,000" is a thousand or one is not ours to guess.
    """
    decimals = exponent(currency)
    fraction = rf"(?:[.,]\d{{1,{decimals}}})?" if decimals else ""
    if not re.fullmatch(rf"\d{{1,12}}{fraction}", text.strip(), flags=re.ASCII):
        example = Money(10 ** (decimals + 2), currency).decimal
        raise ValueError(
            _("Give an amount such as %(example)s, in %(currency)s, without marks between thousands.")
            % {"example": example, "currency": currency}
        )
    money = Money.of(text.strip().replace(",", "."), currency)
    if not money:
        raise ValueError(_("Give an amount of more than nothing."))
    return money


def moved_meanwhile(left: Money) -> str:
    return _("Nothing was done: money of this payment was moved since you opened this page, and %(left)s is left by "
             "now. Look whether it is what you were about to do.") % {"left": money_text(left)}  # fmt: skip


_WAITS = gettext_lazy("%(what)s Let it be decided first, or ask for less.")


class AmountForm(SharedForm):
    """How much, and why. `key` is made when the form is drawn: however often it is sent, it makes one operation."""

    field_order = ("amount", "order", "entries", "reason")
    amount = forms.CharField(
        label=gettext_lazy("Amount"),
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=255,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("For your own records; it stays with the operation."),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=40)
    left = forms.IntegerField(widget=AsItIsNow, required=False)  # when the page was read, in minor units
    beyond: Beyond | None = None  # it is more than one person may move

    def __init__(self, *args: Any, row: Payment, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        self.most = left(row, self.verb)
        self.fields["left"].widget.now = str(self.most.minor)
        self.whole = whole_only(row, self.verb)
        about = {"currency": row.currency, "most": money_text(self.most), "provider": self.provider}
        amount = self.fields["amount"]
        amount.initial = str(self._first_guess().decimal)
        amount.help_text = _("In %(currency)s. At most %(most)s is left.") % about
        if self.whole:
            amount.widget.attrs["readonly"] = True
            amount.help_text = (
                _("In %(currency)s. With %(provider)s this can only be done as a whole.") % about
            )
        self.fields["key"].initial = f"{self._key_start}{secrets.token_hex(6)}"
        self.order_fields(self.field_order)

    def _first_guess(self) -> Money:
        """What is left; or of an operation that was done in part what is still to be done."""
        latest = self.row.operations.filter(verb=self.verb).order_by("-pk").first()
        rest = undone(self.row, latest) if latest else None
        return min(rest, self.most) if rest else self.most

    @property
    def _key_start(self) -> str:
        return f"{self.row.reference}-{self.verb.value[0]}"

    def clean_amount(self) -> Money:
        try:
            money = read_amount(self.cleaned_data["amount"], self.row.currency)
        except ValueError as why:
            raise forms.ValidationError(str(why)) from None
        if (
            money > self.most and not self._was_sent()
        ):  # sent a second time, nothing may be left, and nothing is needed
            raise forms.ValidationError(_("Only %(most)s is left.") % {"most": money_text(self.most)})
        if self.whole and money != self.most and not self._was_sent():
            raise forms.ValidationError(
                _("With %(provider)s this can only be done as a whole: %(most)s.")
                % {"provider": self.provider, "most": money_text(self.most)}
            )
        return money

    def _was_sent(self) -> bool:
        key = self.data.get("key", "")
        return Operation.objects.filter(key=key).exists() or Proposal.objects.filter(key=key).exists()

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        typed["told"] = self.told()
        typed["seen"] = self.data.get("seen", "")
        self._check_left(typed.get("left"))
        if not self.errors and not self._was_sent():
            self.look_ahead(typed["amount"], typed["told"])
            self._ask_whether_two(typed["amount"])
        typed["beyond"] = self.beyond
        return typed

    def _check_left(self, then: int | None) -> None:
        """Somebody else may have done just this: whoever goes on knows of it."""
        if then not in (None, self.most.minor) and not self._was_sent():
            self.add_error(None, moved_meanwhile(self.most))

    def _ask_whether_two(self, money: Money) -> None:
        self.beyond = beyond(self.row, self.verb, money)
        if self.beyond is None:
            return
        self.confirms, self.confirm_label = SECOND, _("Ask a second person")
        beside = waiting(self.row, self.verb)
        if beside is not None:
            self.add_error(None, _WAITS % {"what": how_it_stands(beside).text})

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        # A key names one operation of this payment; one that names another's would show that one's end here.
        if not re.fullmatch(re.escape(self._key_start) + r"[0-9a-f]{12}", key):
            raise forms.ValidationError(_("This form is not for this payment. Open it again."))
        return key


class CaptureForm(AmountForm):
    verb = Verb.CAPTURE


class VoidForm(AmountForm):
    verb = Verb.VOID


class RefundForm(AmountForm):
    verb = Verb.REFUND


def what_is_told(verb: Verb, payment: Payment, money: Money | None) -> str:
    """What the provider is told, in a sentence; of an amount that is still to be typed, None."""
    about = {
        "provider": provider_name(payment.account),
        "number": payment.number,
        "order": payment.order.number,
        "card": _used(payment),
        "money": _("the amount below") if money is None else money_text(money),
    }
    what = {
        Verb.CAPTURE: _("%(provider)s is told to capture %(money)s of attempt %(number)s of order %(order)s: the "
                        "shopper is charged."),
        Verb.VOID: _("%(provider)s is told to release %(money)s of attempt %(number)s of order %(order)s: it can then "
                     "no longer be captured."),
        Verb.REFUND: _("%(provider)s is told to pay %(money)s of attempt %(number)s of order %(order)s back to "
                       "%(card)s."),
    }  # fmt: skip
    return what[verb] % about


def _explain(verb: Verb, payment: Payment, typed: dict[str, Any]) -> list[str]:
    told = [what_is_told(verb, payment, typed.get("amount")), *waits_beside(payment, verb)]
    if typed.get("beyond"):
        return [*told, *why_two(typed["beyond"])]
    if typed:
        told.append(_("This cannot be taken back here."))
    return told


def _used(payment: Payment) -> str:
    if payment.tenders.count() > 1:
        return _("the means of payment that were used")
    if payment.card_last4:
        return f"{payment.card_brand} •••• {payment.card_last4}".strip()
    return _("the means of payment that was used")


def _do(verb: Verb, request: HttpRequest, payment: Payment, typed: dict[str, Any]) -> Said | AskAgain:
    known = Operation.objects.filter(key=typed["key"]).exists()
    proposal = Proposal.objects.filter(key=typed["key"]).select_related("proposed_by", "decided_by").first()
    if proposal is not None and not known:
        return _sent_before(how_it_stands(proposal))
    asked: dict[str, Any] = {
        "user": acting(request),
        "reason": typed["reason"],
        "plan": typed["told"],
        "seen": typed["seen"],
        "key": typed["key"],
    }
    then = typed.get("left")
    try:
        if request.POST["confirmed"] == SECOND and not known:
            return _propose(verb, payment, typed["amount"], asked)
        left_then = None if then is None else Money(then, payment.currency)
        said = outcome(operate(payment, verb, typed["amount"], left_then=left_then, **asked))
    except PlanChanged:
        return AskAgain(
            _("Nothing was done: the plan has changed since it was shown. This is how it is now.")
        )
    except MovedMeanwhile:
        return AskAgain(moved_meanwhile(left(payment, verb)))
    except NeedsApproval:
        return AskAgain(_("Nothing was done: by now a second person must approve it."))
    except NotPossible as why:
        return refused(reason(why))
    return _sent_before(said) if known else said


def _propose(verb: Verb, payment: Payment, money: Money, asked: dict[str, Any]) -> Said:
    try:
        said = proposed(propose(payment, verb, money, **asked))
    except WaitsAlready:
        beside = waiting(payment, verb)
        return (
            how_it_stands(beside)
            if beside
            else refused(_("Nothing was done: another proposal was decided at this moment. Try again."))
        )
    if somebody_may_approve(verb, payment.order, asked["user"]):
        return said
    return Said(said.level, _("%(said)s At present nobody else may approve it.") % {"said": said.text})


def _sent_before(said: Said) -> Said:
    again = _("This form was sent before; nothing was asked for again. %(said)s")
    return Said(said.level, again % {"said": said.text})


def outcome(operation: Operation) -> Said:
    """What became of an operation, for the person who asked for it."""
    about = {
        "what": operation.get_verb_display(),
        "money": money_text(operation.money),
        "why": operation.message or "–",
    }
    if operation.status == OperationStatus.SUCCESS:
        return done(_("The %(what)s of %(money)s is done.") % about)
    if operation.status == OperationStatus.FAILURE:
        return refused(_("The %(what)s of %(money)s failed: %(why)s") % about)
    if operation.status == OperationStatus.CONFLICT:
        return unsure(_("The %(what)s of %(money)s was done in part only: %(why)s") % about)
    if operation.status == OperationStatus.UNCERTAIN:
        return unsure(
            _("Nobody knows yet whether the %(what)s of %(money)s was done: %(why)s It is not sent again; "
              "the provider is asked until it is known.") % about
        )  # fmt: skip
    return noted(_("The %(what)s of %(money)s is under way. The timeline will say how it ends.") % about)


def can_operate(payment: Payment, verb: Verb) -> bool:
    return payment.can(verb.value) and bool(left(payment, verb))


def _action(verb: Verb, label: Any, form: type[AmountForm], tone: Any) -> Action:
    return Action(
        name=verb.value,
        label=label,
        offered=lambda payment: can_operate(payment, verb),
        explain=lambda payment, typed: _explain(verb, payment, typed),
        do=lambda request, payment, typed: _do(verb, request, payment, typed),
        needs=f"checkout.{verb.value}_payment",
        form=form,
        confirm=True,
        tone=tone,
    )


ACTIONS = (
    Action(
        name="ask",
        label=gettext_lazy("Ask the provider again"),
        offered=lambda payment: True,
        explain=lambda payment, typed: [
            _("%(provider)s is asked what is true of attempt %(number)s. Nothing is sent but the question.")
            % {"provider": provider_name(payment.account), "number": payment.number}
        ],
        do=lambda request, payment, typed: ask_about(payment),
        needs=HARMLESS,
    ),
    _action(Verb.CAPTURE, gettext_lazy("Capture"), CaptureForm, "main"),
    _action(Verb.VOID, gettext_lazy("Void"), VoidForm, "danger"),
    _action(Verb.REFUND, gettext_lazy("Refund"), RefundForm, "danger"),
)
