"""The pictures of the README, made anew: `python -m tests.screenshots`.

Of the bundled site's nights at fixed times, so that they change with the pages alone (and the machine's fonts): but for digests and
versions' ids, since no two answers of the site are the same.
"""

import sys
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.browser import TELEPHONE, hani_serve, launched, watching
from tests.conftest import ROOT
from tests.reading import FIRST, all_nights

FOLDER = ROOT / "docs" / "screens"
BEGUN = FIRST - timedelta(days=1)  # the newest article is posted a little before the last night
MOST_BYTES = 250_000  # of one picture: who reads the README loads all of them
WIDE = (1200, 840)
EDITED = "/-/hani/article/1227655"
COMPARED = f"{EDITED}/compare?from=1&to=2"


@dataclass(frozen=True)
class Screen:
    """One picture: of which page, how large, in which colours."""

    name: str
    path: str
    size: tuple[int, int] = WIDE
    dark: bool = False


SCREENS = (
    Screen("front", "/"),
    Screen("search", "/-/hani/search?q=nurse"),
    Screen("article", EDITED),
    Screen("compare", f"{COMPARED}&view=side"),
    Screen("compare-dark", f"{COMPARED}&view=side", dark=True),
    Screen("compare-telephone", f"{COMPARED}#change-1", TELEPHONE),
    Screen("changes", "/-/hani/changes?silent=1"),
    Screen("health", "/-/hani/health"),
)


def main() -> None:
    """Make every picture; ends with 1 where one has become too large."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "hankyoreh.db"
        all_nights(archive, BEGUN)
        taken(archive)
    too_large = [screen.name for screen in SCREENS if picture(screen).stat().st_size > MOST_BYTES]
    if too_large:
        sys.exit(f"larger than {MOST_BYTES:,} bytes: {', '.join(too_large)}")


def taken(archive: Path) -> None:
    """Serve the archive, and take the pictures."""
    with hani_serve(archive, "--public-url", "https://archive.example") as served, launched() as browser:
        for screen in SCREENS:
            with watching(
                browser, served.address, screen.size, color_scheme="dark" if screen.dark else "light"
            ) as watched:
                watched.go(screen.path).screenshot(path=picture(screen))
                print(f"{picture(screen).relative_to(ROOT)}  {picture(screen).stat().st_size:,} bytes")


def picture(screen: Screen) -> Path:
    """Where a picture is kept."""
    return FOLDER / f"{screen.name}.png"


if __name__ == "__main__":
    main()
