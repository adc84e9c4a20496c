"""The scripted provider, as one with opinions about the order's fields that also charges saved cards."""

from pydantic import BaseModel, ConfigDict

from providers.base import Charge, Occasion, OrderOptions
from providers.errors import FieldError
from tests.scripted import Scripted


class CustomerFields(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    read_only: tuple[str, ...] = ()


class ChargeableOptions(OrderOptions):
    customer_fields: CustomerFields = CustomerFields()


class Chargeable(Scripted):
    options_type = ChargeableOptions
    occasions = frozenset({Occasion.RECURRING, Occasion.NO_SHOW})

    def complaints(self, charge: Charge) -> tuple[FieldError, ...]:
        said: tuple[FieldError, ...] = self._say("complaints", charge, usual=lambda call: ())
        return said
