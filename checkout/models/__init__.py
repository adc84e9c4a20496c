"""The rows and their constraints. No I/O beyond the database, and no decisions: those are in `checkout.payments`."""

from checkout.models.account import Account
from checkout.models.agreement import Agreement
from checkout.models.audit import AuditEntry
from checkout.models.card import SavedCard
from checkout.models.chargeback import Chargeback
from checkout.models.delivery import Delivery
from checkout.models.invitation import Invitation
from checkout.models.letter import Letter
from checkout.models.movement import Movement
from checkout.models.operation import Operation
from checkout.models.order import Call, Order
from checkout.models.payment import Payment, ProviderReference, Tender
from checkout.models.proposal import ApprovalLimit, Proposal
from checkout.models.second_factor import SecondFactor
from checkout.models.shop import ApiKey, IdempotencyKey, Shop, ShopEvent
from checkout.models.tally import Tally
from checkout.models.timeline import Exchange, TimelineEntry

__all__ = [
    "Account",
    "Agreement",
    "ApiKey",
    "ApprovalLimit",
    "AuditEntry",
    "Call",
    "Chargeback",
    "Delivery",
    "Exchange",
    "IdempotencyKey",
    "Invitation",
    "Letter",
    "Movement",
    "Operation",
    "Order",
    "Payment",
    "Proposal",
    "ProviderReference",
    "SavedCard",
    "SecondFactor",
    "Shop",
    "ShopEvent",
    "Tally",
    "Tender",
    "TimelineEntry",
]
