"""Where is what in the demo shop?"""

from django.urls import path

from checkout.demo import views, webhook

app_name = "demo"

urlpatterns = [
    path("", views.index, name="index"),
    path("basket/", views.basket, name="basket"),
    path("checkout/", views.checkout, name="checkout"),
    path("save-card/", views.save_card, name="save_card"),
    path("orders/", views.orders, name="orders"),
    path("orders/<str:reference>/", views.order, name="order"),
    path("orders/<str:reference>/state.json", views.order_state, name="order_state"),
    path("webhook/", webhook.receive, name="webhook"),
]
