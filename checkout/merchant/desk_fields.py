"""Which inputs does the form for a payment by phone have? The order's and the customer's, and a section for each type
of payment, of which only the chosen one is read."""

import secrets
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from unfold.widgets import (
    CHECKBOX_CLASSES,
    RADIO_CLASSES,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from checkout.payments.terms import FEWEST_PAYMENTS, MOST_COUNT, TRIAL_ONLY
from providers.agreements import Unit
from providers.base import DeskInput, Kind

ALL, SOME = "all", "some"
LANGUAGES = {"en": "English", "fr": "Français"}  # each as it calls itself
ONCE = r"^[0-9a-f]{20}$"

# The form's fields of each type, in the sequence in which they are shown.
SECTIONS: dict[Kind, tuple[str, ...]] = {
    Kind.ONE_OFF: ("one_amount", "one_reserve"),
    Kind.SUBSCRIPTION: (
        "sub_amount", "sub_every", "sub_unit", "sub_cycles", "sub_initial", "sub_trial_every", "sub_trial_unit",
        "sub_trial_amount",
    ),
    Kind.PAYMENT_PLAN: ("plan_total", "plan_cycles", "plan_every", "plan_unit"),
    Kind.MANDATE: ("mandate_amount", "mandate_reserve"),
}  # fmt: skip
ORDER = ("reference", "currency", "description", "language")
CUSTOMER = (
    "first_name", "last_name", "email", "phone", "address", "city", "postal_code", "state", "country",
    "customer_reference",
)  # fmt: skip
# Where the form's field is not called as the order's: by the path in a shop's request, which is how a provider and our
# own rules name what they object to.
PATHS: dict[Kind, dict[str, str]] = {
    Kind.ONE_OFF: {"amount": "one_amount", "capture_later": "one_reserve"},
    Kind.SUBSCRIPTION: {
        "amount": "sub_amount",
        "terms": "sub_amount",
        "terms.amount": "sub_amount",
        "terms.period": "sub_every",
        "terms.period.unit": "sub_unit",
        "terms.cycles": "sub_cycles",
        "terms.initial_amount": "sub_initial",
        "terms.trial": "sub_trial_every",
        "terms.trial.amount": "sub_trial_amount",
        "terms.trial.period.unit": "sub_trial_unit",
    },
    Kind.PAYMENT_PLAN: {
        "amount": "plan_total",
        "terms": "plan_total",
        "terms.total": "plan_total",
        "terms.cycles": "plan_cycles",
        "terms.period": "plan_every",
        "terms.period.unit": "plan_unit",
    },
    Kind.MANDATE: {"amount": "mandate_amount", "capture_later": "mandate_reserve"},
}
_OF_ANY_KIND = {
    "kind": "kind",
    "desk": "lock",
    "customer.reference": "customer_reference",
    **{name: name for name in ORDER},
    **{f"customer.{name}": name for name in CUSTOMER if name != "customer_reference"},
}


def field_of(path: str, kind: Kind) -> str:
    """The form's field for `path`, or for what it is a part of; "" when there is none."""
    known = {**_OF_ANY_KIND, **PATHS[kind]}
    while path not in known and "." in path:
        path = path.rpartition(".")[0]
    return known.get(path, "")


def order_fields() -> dict[str, forms.Field]:
    return {
        "reference": _text(
            _("Your reference"),
            100,
            required=True,
            help_text=_("Used for one order only. Proposed here; give your own if you have one."),
        ),
        "currency": _text(_("Currency"), 3, required=True, autocapitalize="characters"),
        "description": _text(
            _("Description"), 255, help_text=_("What the customer pays for. The provider is told.")
        ),
        "language": _choice(_("The customer’s language"), list(LANGUAGES.items())),
        "first_name": _text(_("First name"), 100),
        "last_name": _text(_("Last name"), 100),
        "email": forms.EmailField(
            label=_("E-mail"),
            max_length=254,
            required=False,
            widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "email", "autocomplete": "off"}),
        ),
        "phone": _text(
            _("Phone"), 30, inputmode="tel", help_text=_("With the country’s code: +33 1 23 45 67 89.")
        ),
        "address": _text(_("Address"), 200),
        "city": _text(_("City"), 100),
        "postal_code": _text(_("Postal code"), 20),
        "state": _text(_("State or province"), 100),
        "country": _text(
            _("Country"), 2, autocapitalize="characters", help_text=_("Two letters, such as FR.")
        ),
        "customer_reference": _text(
            _("Customer’s reference"), 100, help_text=_("Your own name for a known customer.")
        ),
    }


def fields_of(kind: Kind, *, amount_typed: bool) -> dict[str, forms.Field]:
    """None of them required: whether one is missing depends on the type that was chosen."""
    if kind is Kind.SUBSCRIPTION:
        return {
            "sub_amount": _amount(_("Regular amount")),
            "sub_every": _count(_("Every"), initial=1),
            "sub_unit": _choice(_("Unit"), _units(trial=False), initial="month"),
            "sub_cycles": _count(_("How many payments"), help_text=_("Empty: it goes on until it is ended.")),
            "sub_initial": _amount(
                _("First regular amount"), help_text=_("Only where it differs from the others.")
            ),
            "sub_trial_every": _count(_("Length of the trial"), help_text=_("Empty: there is no trial.")),
            "sub_trial_unit": _choice(_("Unit of the trial"), _units(trial=True), initial="day"),
            "sub_trial_amount": _amount(_("Amount of the trial"), help_text=_("Empty: the trial is free.")),
        }
    if kind is Kind.PAYMENT_PLAN:
        return {
            "plan_total": _amount(
                _("Total amount"),
                help_text=_("Shared out equally; what is left over is paid with the first payment."),
            ),
            "plan_cycles": _count(_("How many payments"), least=FEWEST_PAYMENTS),
            "plan_every": _count(_("Every"), initial=1),
            "plan_unit": _choice(_("Unit"), _units(trial=False), initial="month"),
        }
    if kind is Kind.MANDATE:
        return {
            "mandate_amount": _amount(_("Amount charged now"), help_text=_("Empty: nothing is charged now.")),
            "mandate_reserve": _tick(_("Only reserve the amount")),
        }
    reserve = {
        "one_reserve": _tick(
            _("Only reserve the amount"), _("It is captured later, from the payment's page.")
        )
    }
    return {"one_amount": _amount(_("Amount")), **reserve} if amount_typed else {**reserve}


def lock_fields(inputs: dict[Kind, tuple[DeskInput, ...]]) -> dict[str, forms.Field]:
    """How much is locked, and lists to tick: two of what the forms of all types have, and one for each type."""
    fields: dict[str, forms.Field] = {
        "lock": forms.ChoiceField(
            label=_("What can be changed on the form"),
            choices=[
                (ALL, _("Nothing: everything is locked, and the form is only to be confirmed")),
                (SOME, _("What is not ticked here")),
            ],
            initial=ALL,
            widget=forms.RadioSelect(attrs={"class": " ".join(RADIO_CLASSES)}),
        )
    }
    for name, label, choices in _lists(inputs):
        fields[name] = forms.MultipleChoiceField(
            label=label,
            choices=[(one.name, _(one.label)) for one in choices],
            required=False,
            widget=forms.CheckboxSelectMultiple(attrs={"class": " ".join(CHECKBOX_CLASSES)}),
        )
    return fields


def lock_list_of(kind: Kind) -> str:
    return f"locked_{kind.value}"


def _lists(inputs: dict[Kind, tuple[DeskInput, ...]]) -> list[tuple[str, str, list[DeskInput]]]:
    names = [{one.name for one in own} for own in inputs.values()]
    shared = set.intersection(*names) if len(names) > 1 else set()
    every = {one.name: one for own in inputs.values() for one in own}
    customer = [one for one in every.values() if one.name.startswith("customer.")]
    general = [one for one in every.values() if one.name in shared and one not in customer]
    lists = [
        ("locked_general", _("Of the payment"), general),
        ("locked_customer", _("Of the customer"), customer),
    ]
    for kind, own in inputs.items():
        rest = [one for one in own if one not in general and one not in customer]
        lists.append((lock_list_of(kind), _("Of its amounts and times"), rest))
    return [(name, label, choices) for name, label, choices in lists if choices]


def once_fields(account_id: object) -> dict[str, forms.Field]:
    """Made with the form: however often it is sent, it makes one order and one attempt."""
    once = secrets.token_hex(10)
    return {
        "once": forms.RegexField(ONCE, widget=forms.HiddenInput, initial=once),
        "account": forms.CharField(widget=forms.HiddenInput, initial=str(account_id)),
    }


def kind_field(kinds: list[tuple[str, Any]]) -> forms.Field:
    return forms.TypedChoiceField(
        label=_("Type"),
        choices=kinds,
        initial=kinds[0][0],
        coerce=Kind,
        widget=forms.RadioSelect(attrs={"class": " ".join(RADIO_CLASSES)}),
    )


# --- one field ---------------------------------------------------------------------------------------------------


def _text(
    label: str, longest: int, *, required: bool = False, help_text: str = "", **attrs: str
) -> forms.Field:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(
        label=label, max_length=longest, required=required, help_text=help_text, widget=widget
    )


def _amount(label: str, help_text: str = "") -> forms.Field:
    return _text(label, 20, help_text=help_text, inputmode="decimal")


def _count(label: str, *, least: int = 1, initial: int | None = None, help_text: str = "") -> forms.Field:
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=MOST_COUNT,
        required=False,
        initial=initial,
        help_text=help_text,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"autocomplete": "off"}),
    )


def _choice(label: str, choices: list[tuple[str, Any]], initial: str | None = None) -> forms.Field:
    return forms.ChoiceField(label=label, choices=choices, initial=initial, widget=UnfoldAdminSelectWidget())


def _tick(label: str, help_text: str = "") -> forms.Field:
    return forms.BooleanField(label=label, required=False, help_text=help_text, widget=UnfoldBooleanWidget())


def _units(*, trial: bool) -> list[tuple[str, Any]]:
    words = {
        Unit.MINUTE: _("minutes"),
        Unit.HOUR: _("hours"),
        Unit.DAY: _("days"),
        Unit.WEEK: _("weeks"),
        Unit.MONTH: _("months"),
    }
    return [(unit.value, words[unit]) for unit in words if trial or unit not in TRIAL_ONLY]
