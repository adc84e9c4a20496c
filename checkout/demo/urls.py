"""Where is what in the demo shop?"""

from django.urls import path

from checkout.demo import how, plain_form, views, webhook
from checkout.demo.steps import come_back

app_name = "demo"

urlpatterns = [
    path("", views.index, name="index"),
    path("basket/", views.basket, name="basket"),
    path("checkout/", views.checkout, name="checkout"),
    path("save-card/", views.save_card, name="save_card"),
    path("orders/", views.orders, name="orders"),
    path("orders/<str:reference>/", come_back.order, name="order"),
    path("orders/<str:reference>/state.json", come_back.order_state, name="order_state"),
    path("orders/<str:reference>/cancel/", views.cancel, name="cancel"),
    path("orders/<str:reference>/how/<slug:slug>/", how.how, name="how_order"),
    path("how/", how.front, name="how_front"),
    path("how/<slug:slug>/", how.how, name="how"),
    path("form/", plain_form.form, name="form"),
    path("form/thanks/<slug:basket>/", plain_form.thanks, name="form_thanks"),
    path("webhook/", webhook.receive, name="webhook"),
]
