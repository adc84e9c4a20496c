"""The site's bare address leads to the demo shop."""

from django.urls import path
from django.views.generic import RedirectView

urlpatterns = [path("", RedirectView.as_view(url="/shop/"))]
