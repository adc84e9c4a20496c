"""Compile the translations: locale/**/*.po into the .mo files that Django reads.

With --check, nothing is written and the stale ones are named.
Babel does it, so nobody needs the gettext programs to run the site.
"""

import sys
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def sentences(catalog: Catalog) -> dict[object, object]:
    """What the site would say; the header with its dates does not count."""
    # A message with a plural has a list of ids.
    return {(str(message.id), message.context): message.string for message in catalog if message.id}


def compiled(source: Path) -> bytes:
    out = BytesIO()
    with source.open("rb") as lines:
        write_mo(out, read_po(lines, locale=source.parent.parent.name))
    return out.getvalue()


def main(*, check: bool) -> int:
    stale = []
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        target, fresh = source.with_suffix(".mo"), compiled(source)
        if target.exists():
            with target.open("rb") as there:
                if sentences(read_mo(there)) == sentences(read_mo(BytesIO(fresh))):
                    continue
        stale.append(source.relative_to(LOCALE.parent))
        if not check:
            target.write_bytes(fresh)
    for source in stale:
        print(f"{source}: {'its .mo is older; run make messages' if check else 'compiled'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
