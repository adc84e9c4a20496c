"""What do the providers look like from outside? Stand-ins of them, written from the contracts.

A small Django project of its own: own process (`python -m providers.sandbox`), own port, own database.
Nothing of the checkout or of the clients is imported here, so that one misreading cannot hide on both sides
of the wire.
"""
