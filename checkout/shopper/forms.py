"""What may a shopper's form say? Only what the page offered."""

from typing import Any

from django import forms

from checkout.models import Order, SavedCard
from checkout.shopper.choices import Option
from providers.money import Money


class _Owed(forms.Form):
    """`seen`: what the page said is owed, in minor units of the order's currency. A page that was drawn before pages
    carried it says nothing."""

    seen = forms.IntegerField(required=False, min_value=0)

    def seen_of(self, order: Order) -> Money | None:
        minor = self.cleaned_data["seen"]
        return None if minor is None else Money(minor, order.currency)


class ChoiceForm(_Owed):
    """One of the ways to pay that this order offers."""

    choice = forms.ChoiceField()
    save_card = forms.BooleanField(required=False)
    channel = forms.CharField(required=False, max_length=20)

    def __init__(self, *args: Any, options: list[Option], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = {option.value: option for option in options}
        self.fields["choice"] = forms.ChoiceField(choices=[(value, value) for value in self.options])

    def clean_channel(self) -> str:
        option = self.options.get(self.cleaned_data.get("choice", ""))
        return option.channel(self.cleaned_data["channel"]) if option else ""

    @property
    def option(self) -> Option:
        return self.options[self.cleaned_data["choice"]]

    @property
    def save_card_agreed(self) -> bool:
        """The consent, where it was asked for."""
        return bool(self.cleaned_data["save_card"]) and self.option.can_keep


class RetryForm(_Owed):
    """`attempt` is the one the shopper saw: a second click must not undo what the first began. `channel`, with "again",
    is asked for by a browser without JavaScript; left out, the last attempt's is kept."""

    attempt = forms.IntegerField(min_value=1)
    then = forms.ChoiceField(choices=[("again", ""), ("choose", ""), ("this", "")])
    channel = forms.CharField(required=False, max_length=20)


class LanguageForm(forms.Form):
    def __init__(self, *args: Any, spoken: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(choices=[(code, code) for code in spoken])


class CardForm(forms.Form):
    card: "forms.ModelChoiceField[SavedCard]"

    def __init__(self, *args: Any, cards: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["card"] = forms.ModelChoiceField(queryset=cards)
