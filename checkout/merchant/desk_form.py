"""What did the merchant type to take a payment by phone, and is it right? What is not is said at its field: by this
form, by the rules that hold for the shop's own orders, and by the provider, which is not asked but knows its rules."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from babel import Locale
from babel.numbers import list_currencies
from django import forms
from django.forms import BoundField
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from checkout.merchant.at_desk import kinds_of
from checkout.merchant.desk_fields import (
    ALL,
    CUSTOMER,
    LANGUAGES,
    ORDER,
    SECTIONS,
    field_of,
    fields_of,
    kind_field,
    lock_fields,
    lock_list_of,
    once_fields,
    order_fields,
)
from checkout.merchant.desk_wish import Wish
from checkout.merchant.payment_actions import read_amount
from checkout.models import Account, Order
from checkout.models.order import KINDS
from checkout.payments.retype import can_retype
from checkout.payments.terms import MOST_MINOR, disagreements, terms_of
from checkout.templatetags.guichet import money as money_text
from checkout.wording import spoken
from providers.agreements import Period, Terms, Unit
from providers.base import Kind, Provider
from providers.errors import FieldError
from providers.money import Money

_CURRENCIES = frozenset(list_currencies())
_COUNTRIES = Locale("en").territories
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}", flags=re.ASCII)  # E.164
_NOTHING = re.compile(r"0{1,12}([.,]0{1,4})?", flags=re.ASCII)
_REQUIRED = forms.Field.default_error_messages["required"]


class DeskForm(forms.Form):
    """`order`: the one to be paid; None: a new one is to be made. `wish`: what a form that is right asks for."""

    wish: Wish | None = None

    def __init__(
        self,
        data: Any = None,
        *,
        account: Account,
        provider: Provider,
        order: Order | None,
        confirmed: bool = False,
    ) -> None:
        super().__init__(data, label_suffix="")
        self.account, self.provider, self.order, self.confirmed = account, provider, order, confirmed
        self.retypable = order is None or can_retype(order)
        self.kinds = kinds_of(account) if self.retypable else [Kind(order.kind)]  # type: ignore[union-attr]
        self.inputs = {kind: provider.desk_inputs(kind) for kind in self.kinds}
        self.fields |= once_fields(account.pk)
        if order is None:
            self.fields |= order_fields()
        if self.retypable:
            words = dict(KINDS)
            self.fields["kind"] = kind_field([(kind.value, words[kind.value]) for kind in self.kinds])
            for kind in self.kinds:
                self.fields |= fields_of(kind, amount_typed=order is None)
        self.fields |= lock_fields(self.inputs)
        self._propose()

    # --- what is proposed

    def _propose(self) -> None:
        if self.order is None:
            latest = self.account.shop.orders.order_by("-id").first()
            language = (get_language() or "en").partition("-")[0]
            self.initial = {
                "reference": f"PHONE-{str(self.fields['once'].initial)[:8].upper()}",
                "currency": latest.currency if latest else "EUR",
                "language": language if language in LANGUAGES else "en",
            }
        elif self.retypable:
            self.initial = _as_typed(self.order, self.kinds)

    # --- how it is shown

    def part(self, names: Iterable[str]) -> list[BoundField]:
        return [self[name] for name in names if name in self.fields]

    @property
    def order_part(self) -> list[BoundField]:
        return self.part(ORDER)

    @property
    def customer_part(self) -> list[BoundField]:
        return self.part(CUSTOMER)

    @property
    def sections(self) -> list[dict[str, Any]]:
        """For each type its label, the amount that is not typed, and its fields."""
        words = dict(KINDS)
        return [
            {
                "kind": kind.value,
                "label": words[kind.value],
                "given": money_text(_whole(self.order)) if self.order and kind is Kind.ONE_OFF else "",
                "fields": self.part(SECTIONS[kind]),
            }
            for kind in (self.kinds if self.retypable else [])
        ]

    @property
    def lock_lists(self) -> list[dict[str, Any]]:
        """`kind` is the type that a list is for, "" for all."""
        of = {lock_list_of(kind): kind.value for kind in self.kinds}
        words = dict(KINDS)
        return [
            {"kind": of.get(name, ""), "of": words.get(of.get(name, ""), ""), "field": self[name]}
            for name in self.fields
            if name.startswith("locked_")
        ]

    def label_of(self, name: str) -> str:
        """What the merchant reads for one of the provider's inputs."""
        return next((_(one.label) for own in self.inputs.values() for one in own if one.name == name), name)

    # --- what was typed, field by field

    def clean_account(self) -> str:
        if self.cleaned_data["account"] != str(self.account.pk):
            raise forms.ValidationError(_("This form is for another account. Open it again."))
        return str(self.account.pk)

    def clean_reference(self) -> str:
        reference: str = self.cleaned_data["reference"]
        # Confirmed, it may be there because this form was sent twice; whoever makes the order finds that out.
        if not self.confirmed and self.account.shop.orders.filter(reference=reference).exists():
            raise forms.ValidationError(_("There is an order with this reference already."))
        return reference

    def clean_currency(self) -> str:
        code: str = self.cleaned_data["currency"].strip().upper()
        if code not in _CURRENCIES:
            raise forms.ValidationError(_("Give a currency by its three letters, such as EUR."))
        return code

    def clean_phone(self) -> str:
        number = re.sub(r"[\s().\-]", "", self.cleaned_data["phone"])
        if number and not _PHONE.fullmatch(number):
            raise forms.ValidationError(
                _("Give the number with the country’s code and without a leading zero: +33 1 23 45 67 89.")
            )
        return number

    def clean_country(self) -> str:
        code: str = self.cleaned_data["country"].strip().upper()
        if code and (len(code) != 2 or not code.isalpha() or code not in _COUNTRIES):
            raise forms.ValidationError(_("Give a country by its two letters, such as FR."))
        return code

    # --- and together

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        kind = typed.get("kind") if self.retypable else self.kinds[0]
        self._forget_other_kinds(kind)
        currency = self.order.currency if self.order else typed.get("currency")
        if kind is None or currency is None:
            return typed
        wish = self._read(kind, currency)
        if wish is None or self.errors:
            return typed
        rules = disagreements(
            wish.kind, wish.terms, wish.money, capture_later=wish.capture_later, spell=money_text
        )
        self._object(rules, kind)
        if not self.errors:
            self._ask_rules_of_provider(wish)
        if not self.errors:
            self.wish = wish
        return typed

    def _forget_other_kinds(self, kind: Kind | None) -> None:
        """What was typed for another type is not read, so it cannot be wrong either."""
        for other in self.kinds:
            if other != kind:
                for name in (*SECTIONS[other], lock_list_of(other)):
                    self.errors.pop(name, None)

    def _read(self, kind: Kind, currency: str) -> Wish | None:
        locked = self._locked(kind)
        if not self.retypable and self.order is not None:
            return replace(Wish.of(self.order), locked=locked)
        found = self._readers[kind](self, currency)
        if found is None:
            return None
        terms, money, later = found
        return Wish(
            kind=kind,
            terms=terms,
            money=money,
            capture_later=later,
            locked=locked,
            reference=self.cleaned_data.get("reference", ""),
            columns=self._columns(),
        )

    def _columns(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if self.order is not None:
            return {}
        customer = {name: typed.get(name, "") for name in CUSTOMER if name != "customer_reference"}
        customer["reference"] = typed.get("customer_reference", "")
        return {
            "description": typed.get("description", ""),
            "language": typed.get("language", "en"),
            "email": typed.get("email", ""),
            "customer": {name: value for name, value in customer.items() if value},
        }

    def _locked(self, kind: Kind) -> tuple[str, ...] | None:
        typed = self.cleaned_data
        if typed.get("lock", ALL) == ALL:
            return None
        lists = ("locked_general", "locked_customer", lock_list_of(kind))
        ticked = {name for one in lists for name in typed.get(one, ())}
        return tuple(one.name for one in self.inputs[kind] if one.name in ticked)

    def _ask_rules_of_provider(self, wish: Wish) -> None:
        missing = False
        for one in self.inputs[wish.kind]:
            if one.name not in (wish.locked or ()) or not one.needs:
                continue
            if wish.value_at(one.needs, self.account, self.order) in (None, "", {}):
                missing = True
                name = field_of(one.needs, wish.kind)
                about = {
                    "input": _(one.label),
                    "field": self.fields[name].label if name in self.fields else one.needs,
                }
                self.add_error(
                    "lock",
                    _("“%(input)s” can only be locked with a value: fill in “%(field)s”, or leave it open.")
                    % about,
                )
        charge = wish.charge(self.account, self.order)
        found = self.provider.complaints(charge)
        self._object((one for one in found if not (missing and one[0].startswith("desk"))), wish.kind)
        if not self.errors and (sentence := self.provider.refuses(charge)):
            self.add_error(None, spoken(sentence))

    def _object(self, found: Iterable[FieldError], kind: Kind) -> None:
        """At its field, where the form has one; else above the form, with the path."""
        for path, said in dict.fromkeys(found):
            why = spoken(said)
            name = field_of(path, kind)
            ended = self._with_label(why) if why.endswith(".") else f"{self._with_label(why)}."
            if name in self.fields:
                self.add_error(name, ended[:1].upper() + ended[1:])
            else:
                self.add_error(None, f"{path}: {ended}")

    def _with_label(self, why: str) -> str:
        """A provider names its input as it sends it; the merchant has read its label."""
        name, space, rest = why.partition(" ")
        known = any(one.name == name for own in self.inputs.values() for one in own)
        return f"“{self.label_of(name)}”{space}{rest}" if known else why

    # --- amounts and times

    def _one_off(self, currency: str) -> "_Read":
        reserve = self.cleaned_data.get("one_reserve", False)
        money = _whole(self.order) if self.order else self._amount("one_amount", currency)
        return None if money is None else (None, money, reserve)

    def _mandate(self, currency: str) -> "_Read":
        money = self._amount("mandate_amount", currency, needed=False, may_be_nothing=True)
        if "mandate_amount" in self.errors:
            return None
        return None, money or Money.zero(currency), self.cleaned_data.get("mandate_reserve", False)

    def _plan(self, currency: str) -> "_Read":
        total = self._amount("plan_total", currency)
        cycles, period = self._needed("plan_cycles"), self._period("plan_every", "plan_unit")
        if total is None or cycles is None or period is None:
            return None
        terms = Terms(period=period, total=total, cycles=cycles)
        return terms, terms.due_today(), False

    def _subscription(self, currency: str) -> "_Read":
        amount = self._amount("sub_amount", currency)
        period = self._period("sub_every", "sub_unit")
        first = self._amount("sub_initial", currency, needed=False)
        price = self._amount("sub_trial_amount", currency, needed=False, may_be_nothing=True)
        trial = None
        # A trial's amount without its length is half a trial; its unit alone is only what stood there.
        if price or self.cleaned_data.get("sub_trial_every") or "sub_trial_every" in self.errors:
            trial = self._period("sub_trial_every", "sub_trial_unit")
        if amount is None or period is None or self.errors:
            return None
        terms = Terms(
            period=period,
            amount=amount,
            cycles=self.cleaned_data.get("sub_cycles"),
            initial=None if first == amount else first,
            trial=price or None,
            trial_period=trial,
        )
        return terms, terms.due_today(), False

    _readers: dict[Kind, Callable[["DeskForm", str], "_Read"]] = {
        Kind.ONE_OFF: _one_off,
        Kind.SUBSCRIPTION: _subscription,
        Kind.PAYMENT_PLAN: _plan,
        Kind.MANDATE: _mandate,
    }

    def _amount(
        self, name: str, currency: str, *, needed: bool = True, may_be_nothing: bool = False
    ) -> Money | None:
        if name in self.errors:
            return None
        text = self.cleaned_data.get(name, "").strip()
        if not text:
            if needed:
                self.add_error(name, _REQUIRED)
            return None
        if may_be_nothing and _NOTHING.fullmatch(text):
            return Money.zero(currency)
        try:
            money = read_amount(text, currency)
        except ValueError as why:
            self.add_error(name, str(why))
            return None
        if money.minor > MOST_MINOR:
            most = {"most": money_text(Money(MOST_MINOR, currency))}
            self.add_error(name, _("Give an amount of at most %(most)s.") % most)
            return None
        return money

    def _needed(self, name: str) -> int | None:
        if name in self.errors:
            return None
        count: int | None = self.cleaned_data.get(name)
        if count is None:
            self.add_error(name, _REQUIRED)
        return count

    def _period(self, every: str, unit: str) -> Period | None:
        count = self._needed(every)
        if count is None or unit in self.errors:
            return None
        return Period(count=count, unit=Unit(self.cleaned_data[unit]))


_Read = tuple[Terms | None, Money, bool] | None


def _whole(order: Order) -> Money:
    """What is paid at once where it is one payment: of a payment plan, all of it."""
    terms = terms_of(order.terms, order.currency)
    return terms.total if terms and terms.total is not None else order.money


def _as_typed(order: Order, kinds: list[Kind]) -> dict[str, Any]:
    """The order's own type and terms, as a merchant would have typed them; for the other types, its amount."""

    def major(money: Money | None) -> str:
        return str(money.decimal) if money else ""

    whole = major(_whole(order))
    typed: dict[str, Any] = {
        "sub_amount": whole,
        "plan_total": whole,
        "mandate_amount": whole,
        "one_reserve": order.capture_later,
        "mandate_reserve": order.capture_later,
    }
    if Kind(order.kind) in kinds:
        typed["kind"] = order.kind
    terms = terms_of(order.terms, order.currency)
    if terms is None:
        return typed
    of = "plan" if terms.total is not None else "sub"
    typed |= {
        f"{of}_every": terms.period.count,
        f"{of}_unit": terms.period.unit.value,
        f"{of}_cycles": terms.cycles,
    }
    if terms.total is None:
        typed |= {
            "sub_amount": major(terms.amount),
            "sub_initial": major(terms.initial),
            "sub_trial_amount": major(terms.trial),
        }
    if terms.trial_period is not None:
        typed |= {
            "sub_trial_every": terms.trial_period.count,
            "sub_trial_unit": terms.trial_period.unit.value,
        }
    return typed
