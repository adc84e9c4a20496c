"""What do we have to know of a buyer?"""

import uuid

from django import forms
from django.utils.translation import gettext_lazy as _

GUEST, KNOWN = "guest", "known"

# The one customer who has an account with us. `contact_number` is theirs in the ticketing system.
KNOWN_CUSTOMER = {
    "reference": "demo-customer-1",
    "email": "camille.martin@example.com",
    "first_name": "Camille",
    "last_name": "Martin",
    "contact_number": "100042",
}


class BuyerForm(forms.Form):
    buyer = forms.ChoiceField(
        choices=[(GUEST, _("A guest")), (KNOWN, _("Camille Martin, who has an account"))],
        initial=GUEST,
        widget=forms.RadioSelect,
    )
    email = forms.EmailField(label=_("E-mail address"), required=False, max_length=254)
    first_name = forms.CharField(label=_("First name"), required=False, max_length=100)
    last_name = forms.CharField(label=_("Last name"), required=False, max_length=100)

    def clean(self) -> dict[str, str]:
        values = self.cleaned_data
        if values.get("buyer") == GUEST:
            for name in ("email", "first_name", "last_name"):
                if not values.get(name) and name not in self.errors:
                    self.add_error(
                        name, _("Please fill this in: a guest has no account that we could look it up in.")
                    )
        return values

    def customer(self) -> dict[str, str]:
        if self.cleaned_data["buyer"] == KNOWN:
            return KNOWN_CUSTOMER
        return {name: self.cleaned_data[name] for name in ("email", "first_name", "last_name")}


class CardForm(forms.Form):
    """One page, one order: its key is made with the page, so that a double click says the same twice."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
