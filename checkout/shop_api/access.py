"""Which shop is asking? The one whose bearer key it is."""

from datetime import timedelta

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from checkout.models import ApiKey, Shop

# Often enough to see which key is still in use; not a write for each request.
NOTED_EVERY = timedelta(minutes=1)


class ShopKey(HttpBearer):
    """`Authorization: Bearer gk_...`; `request.auth` becomes the shop."""

    def authenticate(self, request: HttpRequest, token: str) -> Shop | None:
        key = ApiKey.find(token.strip())
        if key is None:
            return None
        now = timezone.now()
        if key.last_used_at is None or key.last_used_at < now - NOTED_EVERY:
            stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_EVERY)
            ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
        return key.shop
