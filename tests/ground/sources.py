"""Which files are looked at by the tests that read our own source?"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROVIDERS = ROOT / "providers"
# Without the sandbox, which speaks for the providers and not for us.
PROVIDER_FILES = [file for file in sorted(PROVIDERS.rglob("*.py")) if "sandbox" not in file.parts]
