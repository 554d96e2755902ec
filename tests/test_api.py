"""The archive for programs: what docs/api.md shows is what is answered; what cannot be answered is one sentence."""

import re
from pathlib import Path

from archive.records import Image
from tests.conftest import ROOT
from tests.reading import Seen, an_article, written

DOCS = (ROOT / "docs" / "api.md").read_text("utf-8") if (ROOT / "docs" / "api.md").exists() else ""
EXAMPLES = re.findall(r"```http\nGET (\S+)\n```\n+```json\n(.*?)```", DOCS, re.S)
CUT = "…"
FERRY, KIMCHI = 1095276, 1095300
FERRY_TITLE = "Ferry to Ulleung Island to sail twice a day from July"


def documented(folder: Path) -> Path:
    """The archive that docs/api.md asks: an article with a silent edit, and one that was removed."""
    ferry = [
        an_article(
            FERRY_TITLE,
            "The ferry from Pohang to Ulleung Island will sail twice a day from July 1.",
            f"It takes {passengers} passengers and no cars, the company said.",
            authors=("Kim A-ra",),
            byline="By Kim A-ra, staff reporter",
            section="e_national",
            modified_at="2023-06-09T09:10:00Z",
            images=(Image("https://img.hani.co.kr/ferry.jpg", "The ferry off 울릉도. (Yonhap)", "Yonhap"),),
            original_url="https://www.hani.co.kr/arti/area/1095270.html",
        )
        for passengers in (970, 790)
    ]
    kimchi = an_article("Kimchi prices double", "A head of cabbage costs 6,000 won.", section="e_business")
    seen: list[Seen] = [
        (FERRY, "2023-06-09T18:00:00Z", ferry[0]),
        (KIMCHI, "2023-06-09T18:00:01Z", kimchi),
        (FERRY, "2023-06-10T18:00:00Z", ferry[1]),
        *((KIMCHI, f"2023-06-{day}T18:00:00Z", None) for day in (10, 11, 13)),
    ]
    return written(folder / "hankyoreh.db", seen)
