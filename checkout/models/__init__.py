"""The rows and their constraints. No I/O beyond the database, and no decisions: those are in `checkout.payments`."""

from checkout.models.account import Account
from checkout.models.agreement import Agreement
from checkout.models.card import SavedCard
from checkout.models.chargeback import Chargeback
from checkout.models.delivery import Delivery
from checkout.models.invitation import Invitation
from checkout.models.operation import Operation
from checkout.models.order import Order
from checkout.models.payment import Payment, ProviderReference, Tender
from checkout.models.shop import ApiKey, IdempotencyKey, Shop, ShopEvent
from checkout.models.timeline import Exchange, TimelineEntry

__all__ = [
    "Account",
    "Agreement",
    "ApiKey",
    "Chargeback",
    "Delivery",
    "Exchange",
    "IdempotencyKey",
    "Invitation",
    "Operation",
    "Order",
    "Payment",
    "ProviderReference",
    "SavedCard",
    "Shop",
    "ShopEvent",
    "Tender",
    "TimelineEntry",
]
