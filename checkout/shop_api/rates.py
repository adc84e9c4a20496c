"""How often may one key ask? So many times in a minute, counted in the key's own row, whichever process counts."""

import math
from dataclasses import dataclass

from django.conf import settings
from django.utils import timezone

from checkout.models import ApiKey
from checkout.shop_api.problems import Problem


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How a key stands in its window, this request counted."""

    limit: int  # 0: none
    remaining: int
    reset: int  # seconds until the next window
    over: bool = False

    def headers(self) -> dict[str, str]:
        if not self.limit:
            return {}
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset),
        }


def rate_of(key: ApiKey) -> Rate:
    """Of a key that has just been counted."""
    limit: int = settings.API_RATE_PER_MINUTE
    since = timezone.now() - (key.window_at or timezone.now())
    return Rate(
        limit=limit,
        remaining=max(limit - key.window_count, 0),
        reset=max(math.ceil((ApiKey.WINDOW - since).total_seconds()), 1),
        over=bool(limit) and key.window_count > limit,
    )


def too_often(rate: Rate) -> Problem:
    why = f"This key may ask {rate.limit} times in a minute. Ask again in {rate.reset} seconds."
    return Problem(429, "too-many-requests", why, headers={"Retry-After": str(rate.reset)})
