"""Where does Django look for the admin? Here, and it is led on to `checkout.merchant`."""

from checkout.merchant import register

register()
