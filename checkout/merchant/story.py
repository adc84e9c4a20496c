"""What happened to an order, who said it, and when? The timeline in sentences, with the raw exchanges behind them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from checkout.models import Exchange, Order, Payment, TimelineEntry
from checkout.sentences import sentence

# A provider that was down for a week has thousands of exchanges; nobody reads them all on one page.
MOST_EXCHANGES = 100


@dataclass
class Line:
    """One sentence, and what was said over the wire before it was written."""

    entry: TimelineEntry | None  # None: said since the last sentence, and nothing came of it
    text: str = ""
    exchanges: list[Exchange] = field(default_factory=list)


def story(order: Order, *, payment: Payment | None = None, with_exchanges: bool) -> list[Line]:
    """The order's whole timeline, oldest first, or what in it is about `payment`."""
    entries = order.timeline.select_related("user", "payment")
    spoken = Exchange.objects.filter(payment__order=order)
    if payment is not None:
        entries = entries.filter(Q(payment=payment) | Q(payment=None))
        spoken = spoken.filter(payment=payment)
    exchanges = list(spoken.order_by("-id")[:MOST_EXCHANGES])[::-1] if with_exchanges else []
    return weave(entries, exchanges)


def weave(entries: Iterable[TimelineEntry], exchanges: list[Exchange]) -> list[Line]:
    """Every exchange under the first sentence written after it: the sentence that it led to."""
    lines: list[Line] = []
    waiting = list(exchanges)
    for entry in entries:
        line = Line(entry, _text(entry))
        while waiting and waiting[0].at <= entry.at:
            line.exchanges.append(waiting.pop(0))
        lines.append(line)
    if waiting:
        lines.append(Line(None, exchanges=waiting))
    return lines


def _text(entry: TimelineEntry) -> str:
    told = sentence(entry.code, entry.data, by_merchant=entry.who == TimelineEntry.Who.MERCHANT)
    # "{verb} of {money} is done" begins with a word of ours; a note, or a provider's name, as its owner writes it.
    theirs = entry.code == "order.note" or told.startswith(str(entry.data.get("provider", "\0")))
    return told if theirs else told[:1].upper() + told[1:]
