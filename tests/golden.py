"""What today's cleaner makes of the hand-written pages: `python -m tests.golden` writes it down.

It refuses to do so when an output changed while no version did: then a version is to be raised first.
"""

import hashlib
import json
import sys
from pathlib import Path

from archive.records import Article
from crawler.extraction import cleaner_version, read_page

ROOT = Path(__file__).parent
GOLDEN = ROOT / "golden.json"
PAGES = sorted(
    [*(ROOT.parent / "jobs/replica/pages").glob("*/*.html"), *(ROOT / "pages").glob("*/*.txt")],
    key=lambda page: page.stem,
)


def outputs() -> dict[str, str]:
    """A fingerprint of the reading of each page."""
    made = {}
    for page in PAGES:
        reading = read_page(page.read_bytes())
        text = reading.to_json() if isinstance(reading, Article) else str(reading)
        made[page.stem] = hashlib.sha256(text.encode()).hexdigest()[:16]
    return made


def main() -> int:
    """Write the outputs down, unless they changed under the same version."""
    made = outputs()
    new = {"cleaner": cleaner_version(), "outputs": made}
    old = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else None
    if old and old["cleaner"] == new["cleaner"]:
        changed = [name for name, value in old["outputs"].items() if made.get(name) != value]
        if changed:
            print(f"the outputs of {', '.join(changed)} changed, and no version did", file=sys.stderr)
            return 1
    GOLDEN.write_text(json.dumps(new, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
