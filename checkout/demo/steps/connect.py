"""Before all else: how does the shop say who it is? With its key, in a header of every request."""

import requests

TIMEOUT_SECONDS = 10


class NoAnswer(Exception):
    """What was asked may or may not have been done. Asking again with the same key is safe."""


def connect(api_key: str) -> requests.Session:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {api_key}"
    return session
