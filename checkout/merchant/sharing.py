"""Which means of payment gives first? What a merchant may say of it, in words, and the list a provider is told instead.

Where several share a payment, a priority list settles who gives: the entries are taken in their sequence, `*` stands
for any, and what no other entry names falls to the entry that is `*` twice. Every list here has that one.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from checkout.merchant.action import Asked
from checkout.merchant.shown import provider_name
from checkout.models import Payment, Tender
from checkout.payments.plan import Part, Plan, first_of, plan_of
from checkout.templatetags.guichet import means_of, method_name, names_of
from checkout.wording import reason, spoken
from providers.base import Verb
from providers.errors import Invalid, Misconfigured
from providers.money import Money

USUAL, OWN_ORDER, GIVEN = "usual", "provider", "given"
_REST = {"partner": "*", "method": "*"}
_ENTRY = re.compile(r"(\*|[^/\s,]{1,50})/(\*|[^/\s,]{1,50})", flags=re.ASCII)
_MOST_ENTRIES = 49  # and the rest
VERB_NAMES = {
    Verb.CAPTURE: gettext_lazy("Is captured"),
    Verb.VOID: gettext_lazy("Is voided"),
    Verb.REFUND: gettext_lazy("Is refunded"),
}


@dataclass(frozen=True)
class Sequence:
    """A choice: what the merchant reads, and what the provider is told."""

    label: str
    told: dict[str, Any] = field(default_factory=dict)


def sequences(payment: Payment, verb: Verb) -> dict[str, Sequence]:
    """What may be chosen; {} where there is nothing to choose."""
    tenders = list(payment.tenders.all())
    pairs = list(dict.fromkeys((row.partner, row.method) for row in tenders))
    if len(pairs) < 2 or not payment.account.provider_class.can("share_out"):
        return {}
    provider = provider_name(payment.account)
    usual = {USUAL: Sequence(_with_first(payment, verb, {}, _("As usual")))}
    own = Sequence(
        _with_first(
            payment, verb, _listed(), _("As %(provider)s does it by itself") % {"provider": provider}
        ),
        _listed(),
    )
    if first_of(payment, verb, {}) != first_of(payment, verb, own.told):
        usual[OWN_ORDER] = own  # the account has a list of its own
    found = usual | _by_method(tenders)
    for partner, method in pairs:
        entry, about = {"partner": partner, "method": method}, {"means": means_of(partner, method)}
        found[f"first {partner}/{method}"] = Sequence(_("First %(means)s") % about, _listed(entry, _REST))
        if len(pairs) > 2:
            found[f"last {partner}/{method}"] = Sequence(_("Last %(means)s") % about, _listed(_REST, entry))
    if len(pairs) > 2:
        found[GIVEN] = Sequence(_("In an order of my own, given below"))
    return found


def _by_method(tenders: list[Tender]) -> dict[str, Sequence]:
    """Every gift card first: only where there is more than one of a method, and another method besides."""
    partners: dict[str, set[str]] = {}
    for row in tenders:
        partners.setdefault(row.method, set()).add(row.partner)
    if len(partners) < 2:
        return {}
    return {
        f"every {method}": Sequence(
            _("Every %(method)s first") % {"method": method_name(method)},
            _listed({"partner": "*", "method": method}, _REST),
        )
        for method, of in partners.items()
        if len(of) > 1
    }


def _listed(*entries: dict[str, str]) -> dict[str, Any]:
    return {"priorities": list(entries)}


def _with_first(payment: Payment, verb: Verb, told: dict[str, Any], label: str) -> str:
    first = first_of(payment, verb, told)
    if first is None:
        return label
    return _("%(label)s: first %(means)s") % {"label": label, "means": means_of(first.partner, first.method)}


def read_list(text: str, payment: Payment) -> dict[str, Any]:
    """An order of one's own: "illicado/giftcard, */creditcard". ValueError with a sentence when it is none."""
    known = {(row.partner, row.method) for row in payment.tenders.all()}
    entries: list[dict[str, str]] = []
    for word in filter(None, re.split(r"[\s,]+", text)):
        found = _ENTRY.fullmatch(word)
        if found is None:
            raise ValueError(
                _("“%(word)s” is no entry: write partner/method, or * for any.") % {"word": word}
            )
        partner, method = found.groups()
        if not any(partner in ("*", of) and method in ("*", how) for of, how in known):
            raise ValueError(
                _("No means of this payment is “%(word)s”. They are: %(known)s.")
                % {"word": word, "known": _raw(payment)}
            )
        entry = {"partner": partner, "method": method}
        if entry in entries:
            raise ValueError(_("“%(word)s” stands there twice.") % {"word": word})
        entries.append(entry)
    if not entries:
        raise ValueError(_("Give the order: which means of payment first, which next."))
    if len(entries) > _MOST_ENTRIES:
        raise ValueError(_("That are too many entries: %(most)s is the most.") % {"most": _MOST_ENTRIES})
    return _listed(*entries) if _REST in entries else _listed(*entries, _REST)


def _raw(payment: Payment) -> str:
    return ", ".join(dict.fromkeys(str(row) for row in payment.tenders.all()))


class SharedForm(Asked):
    """What is shared out between means of payment: the order in which they give, and the plan that comes of it."""

    verb: Verb
    read_back_part = "merchant/parts/plan.html"
    plan: Plan | None = None

    def __init__(self, *args: Any, row: Payment, **kwargs: Any) -> None:
        super().__init__(*args, row=row, **kwargs)
        self.provider = provider_name(row.account)
        self.verb_name = VERB_NAMES[self.verb]
        self._sequences = sequences(row, self.verb)
        if not self._sequences:
            return
        self.fields["order"] = forms.ChoiceField(
            label=_("In which order"),
            choices=[(name, one.label) for name, one in self._sequences.items()],
            required=False,
            initial=USUAL,
            widget=UnfoldAdminSelectWidget(),
            help_text=_("Which means of payment comes first. The next page shows how much falls to which."),
        )
        if GIVEN in self._sequences:
            self.fields["entries"] = forms.CharField(
                label=_("Order of my own"),
                required=False,
                max_length=2000,
                widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
                help_text=_("Separated by commas, the first one first; * stands for any. What is not named comes "
                            "where */* stands, or last. This payment’s are: %(known)s.") % {"known": _raw(row)},
            )  # fmt: skip

    @property
    def chosen(self) -> str:
        """The order that was chosen, as the page that reads it back names it."""
        name = self.cleaned_data.get("order") or USUAL
        if name not in self._sequences:
            return ""
        return self.cleaned_data["entries"] if name == GIVEN else self._sequences[name].label

    def told(self) -> dict[str, Any]:
        """What the provider is told of the order. Objections stand at their field."""
        name = self.cleaned_data.get("order") or USUAL
        entries = self.cleaned_data.get("entries", "").strip()
        if name == GIVEN:
            try:
                return read_list(entries, self.row)
            except ValueError as why:
                self.add_error("entries", str(why))
                return {}
        if entries:
            self.add_error(
                "entries", _("This is for an order of your own: choose that above, or empty this.")
            )
        return self._sequences[name].told if name in self._sequences else {}

    def look_ahead(self, money: Money, told: dict[str, Any]) -> None:
        """Make the plan; where there can be none, the objection stands at its field."""
        try:
            self.plan = plan_of(self.row, self.verb, money, told)
        except Invalid as no:
            place = "order" if no.field.startswith("plan") and "order" in self.fields else None
            self.add_error("amount" if no.field == "amount" else place, spoken(no.why))
        except Misconfigured as no:
            self.add_error(None, reason(no))

    @property
    def rows(self) -> list[tuple[str, Part]]:
        """The plan's table."""
        return rows_of(self.plan)


def rows_of(plan: Plan | None) -> list[tuple[str, Part]]:
    parts = plan.parts if plan else ()
    return list(zip(names_of([(p.tender.partner, p.tender.method) for p in parts]), parts, strict=True))
