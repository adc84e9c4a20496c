"""What has moved, and when? Noted beside the sums, in the transaction that writes them."""

from django.utils import timezone

from checkout.models import Movement, Payment


def note_movement(payment: Payment, kind: Movement.Kind, minor: int) -> None:
    """`minor` units of the payment's currency have moved since it was written last. Call under the order's lock."""
    Movement.objects.create(
        payment=payment,
        account_id=payment.account_id,
        shop_id=payment.order.shop_id,
        kind=kind,
        amount_minor=minor,
        currency=payment.currency,
        at=timezone.now(),
    )
