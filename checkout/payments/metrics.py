"""Which figures does a monitoring see? Those of now from indexes, and those that read whole tables as kept last."""

from collections.abc import Iterable

from django.utils import timezone

from checkout.payments import tallies
from checkout.payments.figures import waiting

Figure = tuple[str, list[str], Iterable[tuple[tuple[str, ...], float]]]

_ROWS = {
    "payments": ("Payments by provider and state", ["provider", "state"]),
    "orders": ("Orders by state", ["state"]),
    "agreements": ("Agreements by provider, kind and state", ["provider", "kind", "state"]),
    "chargebacks": ("Chargebacks by provider", ["provider"]),
}


def figures() -> dict[str, Figure]:
    """Name -> (help, labels, rows of (label values, number)). What nobody has counted yet has no rows."""
    kept, rules = tallies.rows(), tallies.money_rules()
    told: dict[str, Figure] = {
        name: (text, labels, [(tuple(values), number) for values, number in kept.get(name, [])])
        for name, (text, labels) in _ROWS.items()
    }
    told |= {name: (text, [], [((), number)]) for name, (text, number) in waiting().items()}
    return told | {
        "violated_money_rules": (
            "Rows that break a rule of money; must be 0",
            ["rule"],
            [((rule,), number) for rule, number in (rules.rules if rules else {}).items()],
        ),
        "money_rules_counted_seconds": (
            "How long ago the rules of money were counted",
            [],
            [((), rules.age(timezone.now()).total_seconds())] if rules else [],
        ),
    }
