"""What do SysPay's words mean in ours?"""

from providers.http import redact_text


def plain(text: str, length: int = 200) -> str:
    """A sentence of SysPay's: one line, without card numbers and credentials, not too long."""
    return redact_text(" ".join(text[:5000].split()))[:length]
