"""How to cite a version: in plain text, as BibTeX, and as CSL-JSON; pure.

A citation is pasted into other people's documents: whatever a page held, it is one line of bounded length that opens and closes
nothing there.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from archive.display.markup import shown
from archive.times import KST, kst, moment

NEWSPAPER = "The Hankyoreh (English edition)"
ARCHIVE = "hani"
MOST_TITLE = 500  # letters; the longest known headline has under 200
MOST_NAME = 120
MOST_AUTHORS = 30
_INNER = str.maketrans("“”", "‘’")  # quotation marks within quotation marks
_BIBTEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",  # BibTeX counts braces, also those behind a backslash
        "}": r"\textbraceright{}",
        "$": r"\$",
        "&": r"\&",
        "%": r"\%",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)


@dataclass(frozen=True, slots=True)
class Citation:
    """What a citation says; times in UTC. `address` is the version's own in this archive, `digest` of its captured bytes."""

    version_id: str
    number: int
    authors: tuple[str, ...]
    title: str
    url: str
    posted_at: str
    modified_at: str | None
    captured_at: str
    digest: str | None
    address: str | None


def citation(version: Mapping[str, Any], url: str, address: str | None = None) -> Citation:
    """Of a version's row and its article's address. Where only a byline is known, that stands for the authors."""
    return Citation(
        version_id=version["id"],
        number=version["number"],
        authors=_authors(version),
        title=_line(version["title"], MOST_TITLE) or "Untitled",
        url=_address(url),
        posted_at=version["posted_at"],
        modified_at=version["modified_at"],
        captured_at=version["first_seen_at"],
        digest=version["first_digest"],
        address=address,
    )


def _authors(version: Mapping[str, Any]) -> tuple[str, ...]:
    """In the byline's order."""
    byline = re.sub(r"^by\s+", "", _line(version["byline"] or "", MOST_NAME), flags=re.I)
    names = [_line(name, MOST_NAME) for name in version["authors"][:MOST_AUTHORS]] or [byline]
    return tuple(name for name in names if name)


def _line(text: str, longest: int) -> str:
    return " ".join(shown(text, longest).split())


def _address(url: str) -> str:
    """An address without what could end it where it is quoted: spaces, quotation marks, braces, Hangul."""
    return quote(url, safe=":/?#[]@!$&'()*+,;=%~", errors="replace")


def to_text(cited: Citation) -> str:
    """As a note in plain text, of one line."""
    by = f"{', '.join(cited.authors)}. " if cited.authors else ""
    stop = "" if cited.title.endswith((".", "?", "!")) else "."
    modified = f", modified {kst(cited.modified_at)}" if cited.modified_at else ""
    title = cited.title.translate(_INNER)
    return (
        f"{by}“{title}{stop}” {NEWSPAPER}, posted {kst(cited.posted_at)}{modified}. {cited.url}. {_archived(cited)}.\n"
    )


def _archived(cited: Citation) -> str:
    digest = f", SHA-256 {cited.digest}" if cited.digest else ""
    at = f", {cited.address}" if cited.address else ""
    return f"Version {cited.version_id} (number {cited.number}), captured {kst(cited.captured_at)}{digest}{at}"


def to_bibtex(cited: Citation) -> str:
    """As an entry of BibTeX; the names of the fields are biblatex's, the type one that plain BibTeX knows."""
    posted = moment(cited.posted_at).astimezone(KST)
    fields = {
        "author": " and ".join(f"{{{_escaped(name)}}}" for name in cited.authors),
        "title": f"{{{_escaped(cited.title)}}}",
        "journal": _escaped(NEWSPAPER),
        "year": f"{posted:%Y}",
        "date": f"{posted:%Y-%m-%d}",
        "url": cited.url,
        "urldate": f"{moment(cited.captured_at).astimezone(KST):%Y-%m-%d}",
        "note": _escaped(_archived(cited)),
    }
    lines = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@article{{hani{_key(cited.version_id)},\n" + ",\n".join(lines) + "\n}\n"


def _key(version_id: str) -> str:
    return re.sub(r"[^0-9a-z]", "-", version_id)


def _escaped(text: str) -> str:
    return text.translate(_BIBTEX)


def to_csl_json(cited: Citation) -> str:
    """As CSL-JSON, which reference managers and pandoc take."""
    item = {
        "id": cited.version_id,
        "type": "article-newspaper",
        "author": [{"literal": name} for name in cited.authors],
        "title": cited.title,
        "container-title": NEWSPAPER,
        "language": "en",
        "issued": _date(cited.posted_at),
        "accessed": _date(cited.captured_at),
        "URL": cited.url,
        "archive": ARCHIVE,
        "archive_location": cited.address,
        "version": cited.version_id,
        "note": _archived(cited),
        "custom": {
            "posted_at": cited.posted_at,
            "modified_at": cited.modified_at,
            "captured_at": cited.captured_at,
            "sha256": cited.digest,
        },
    }
    return json.dumps([{name: value for name, value in item.items() if value}], ensure_ascii=False, indent=2) + "\n"


def _date(at: str) -> dict[str, Any]:
    day = moment(at).astimezone(KST)
    return {"date-parts": [[day.year, day.month, day.day]]}
