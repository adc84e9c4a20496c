"""Where is what? The console at /, the tests' API under /_sandbox/, each stand-in under its own name."""

from django.urls import include, path

from providers.sandbox import api, cardform, console
from providers.sandbox.standins import STANDINS

urlpatterns = [
    path("", console.page),
    path("console/pulse", console.pulse),
    path("console/faults", console.arm),
    path("console/faults/clear", console.clear),
    path("console/clock", console.move_clock),
    path("console/reset", console.reset),
    path("console/notifications/<int:number>/send", console.send_again),
    path("console/actions/<slug:slug>/<slug:action>/<str:number>", console.act),
    path("console/static/<path:name>", console.static),
    path("card/static/<str:name>", cardform.static),
    path("_sandbox/healthz", api.healthz),
    path("_sandbox/faults", api.faults_view),
    path("_sandbox/reset", api.reset),
    path("_sandbox/clock", api.clock_view),
    path("_sandbox/calls", api.calls),
    path("_sandbox/notifications", api.notifications),
    path("_sandbox/notifications/<int:number>/send", api.resend),
    path("_sandbox/accounts", api.accounts_view),
    *(path(f"console/{slug}/", include(standin.pages)) for slug, standin in STANDINS.items()),
    *(path(f"_sandbox/{slug}/", include(standin.api)) for slug, standin in STANDINS.items()),
    *(path(f"{slug}/", include(standin.urls)) for slug, standin in STANDINS.items()),
]
