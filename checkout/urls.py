"""Who comes in by which door?"""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from checkout import health
from checkout.inbound import approve, notify
from checkout.shopper.link import follow
from checkout.shopper.look import colours, logo

urlpatterns = [
    path("pay/", include("checkout.shopper.urls")),
    path("l/<str:token>/", follow, name="link"),
    path("look/<slug:slug>/<slug:version>.css", colours, name="look"),
    path("look/<slug:slug>/<slug:version>.png", logo, name="logo"),
    path("notify/<uuid:account_id>/", notify, name="notify"),
    path("approve/<uuid:account_id>/", approve, name="approve"),
    path("api/", include("checkout.shop_api.page")),
    path("api/", include("checkout.shop_api.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
]

# Programs are told of errors in their way, people in theirs.
handler400 = "checkout.shop_api.faults.bad_request"
handler403 = "checkout.shop_api.faults.permission_denied"
handler404 = "checkout.shop_api.faults.not_found"
handler500 = "checkout.shop_api.faults.server_error"

if settings.DEMO:
    urlpatterns += [path("shop/", include("checkout.demo.urls")), path("", include("checkout.demo.front"))]
