"""Which movements belong to a payment that a test makes as it stands?"""

from checkout.models import Movement, Payment
from checkout.payments.movements import note_movement


def note_its_money(payment: Payment) -> None:
    for kind in (Movement.Kind.CAPTURED, Movement.Kind.REFUNDED):
        if minor := getattr(payment, f"{kind}_minor"):
            note_movement(payment, kind, minor)
