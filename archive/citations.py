"""How to cite a version: in plain text, as BibTeX, and as CSL-JSON; pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archive.text import printable
from archive.times import KST, kst, moment

NEWSPAPER = "The Hankyoreh (English edition)"
ARCHIVE = "hani"
_BIBTEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
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
    """Of a version's row and its article's address."""
    return Citation(
        version_id=version["id"],
        number=version["number"],
        authors=tuple(_line(name) for name in version["authors"]),
        title=_line(version["title"]),
        url=url,
        posted_at=version["posted_at"],
        modified_at=version["modified_at"],
        captured_at=version["first_seen_at"],
        digest=version["first_digest"],
        address=address,
    )


def _line(text: str) -> str:
    return printable(" ".join(text.split()))


def to_text(cited: Citation) -> str:
    """As a note in plain text, of one line."""
    by = f"{', '.join(cited.authors)}. " if cited.authors else ""
    stop = "" if cited.title.endswith((".", "?", "!")) else "."
    modified = f", modified {kst(cited.modified_at)}" if cited.modified_at else ""
    return f"{by}“{cited.title}{stop}” {NEWSPAPER}, posted {kst(cited.posted_at)}{modified}. {cited.url}. {_archived(cited)}.\n"


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
