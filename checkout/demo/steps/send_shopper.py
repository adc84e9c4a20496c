"""Step 2: how does the shopper get to the checkout? The shop answers its own form with a redirect to `pay_url`."""

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpResponseRedirect

# A browser that follows a form to another site asks the form's policy, and the checkout is another site.
to_checkout = csp_update({"form-action": [settings.SITE_URL]})


def send_shopper(pay_url: str) -> HttpResponseRedirect:
    """Who has the address can see and pay the order: it goes to the shopper's browser, and into no log."""
    return HttpResponseRedirect(pay_url)
