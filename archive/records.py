"""The records that travel through the pipeline; standard library only.

address → Capture → Reading (an Article or a Refusal) → Version
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any


class FetchOutcome(StrEnum):
    """How a fetch ended, before anybody read the page."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    GONE = "gone"
    BLOCKED = "blocked"
    ROBOTS = "robots"
    OFF_SITE = "off_site"
    FAILED = "failed"


class Outcome(StrEnum):
    """How an address of a run ended; each in exactly one."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    NOT_MODIFIED = "not_modified"
    GONE = "gone"
    REFUSED = "refused"
    BLOCKED = "blocked"
    ROBOTS = "robots"
    OFF_SITE = "off_site"
    FAILED = "failed"
    LEFT_OVER = "left_over"


class RefusalReason(StrEnum):
    """Why a page was not read as an article."""

    EMPTY = "empty"
    NOT_A_PAGE = "not_a_page"
    DELETED = "deleted"
    BOT_CHECK = "bot_check"
    PAYWALL = "paywall"
    FRONT_PAGE = "front_page"
    NO_TITLE = "no_title"
    NO_DATE = "no_date"
    NO_BODY = "no_body"
    OTHER_ARTICLE = "other_article"
    UNKNOWN_LAYOUT = "unknown_layout"


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal: the name of a payload."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True)
class Capture:
    """One address asked once, and what was answered, as it arrived.

    `payload_digest` names the body; of a 304 it names the earlier payload which that answer confirms.
    `section` is the code in the address that answered: a page without a canonical link does not hold it.
    """

    article_id: int
    requested_url: str
    url: str
    fetched_at: str
    source: str
    outcome: FetchOutcome
    body: bytes | None = None
    payload_digest: str | None = None
    section: str | None = None
    redirects: tuple[str, ...] = ()
    origin: str | None = None
    http_status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None
    elapsed_ms: int | None = None
    attempts: int = 1
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of an article; `src` without the served size, which is no part of its identity.

    None where only the caption is known: a page of plain text has no pictures.
    """

    src: str | None
    caption: str | None = None
    credit: str | None = None


OPTIONAL = ("subtitle", "byline", "authors", "modified_at", "section", "images", "captions", "original_url")
"""The fields that a page need not hold; without the others it is no article."""


@dataclass(frozen=True, slots=True)
class Article:
    """What one reading of a page found; docs/record.md says what each field means.

    `number` is the page's own, from its canonical link; None where it does not say.
    """

    title: str
    posted_at: str
    body: tuple[str, ...]
    template: str
    number: int | None = None
    subtitle: str | None = None
    authors: tuple[str, ...] = ()
    byline: str | None = None
    modified_at: str | None = None
    section: str | None = None
    images: tuple[Image, ...] = ()
    original_url: str | None = None

    @property
    def captions(self) -> tuple[str, ...]:
        """The captions in reading order, pictures without one left out."""
        return tuple(image.caption for image in self.images if image.caption)

    @property
    def words(self) -> int:
        """How many words the body has."""
        return sum(len(paragraph.split()) for paragraph in self.body)

    @property
    def core(self) -> str:
        """A fingerprint of headline, text and time of posting."""
        return digest(json.dumps([self.title, self.body, self.posted_at], ensure_ascii=False).encode())[:16]

    @property
    def filled(self) -> tuple[str, ...]:
        """Which of OPTIONAL the page held, in that order."""
        return tuple(name for name in OPTIONAL if getattr(self, name))

    def to_json(self) -> str:
        """A canonical form: equal articles give equal text."""
        raw = {f.name: getattr(self, f.name) for f in fields(self)}
        raw["images"] = [{"src": i.src, "caption": i.caption, "credit": i.credit} for i in self.images]
        return json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Article":
        """The article that `to_json` wrote."""
        raw: dict[str, Any] = json.loads(text)
        raw["images"] = tuple(Image(**image) for image in raw["images"])
        raw["body"], raw["authors"] = tuple(raw["body"]), tuple(raw["authors"])
        return cls(**raw)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a page gave no article; the capture stays, so a better template can read it later."""

    reason: RefusalReason
    detail: str

    def __str__(self) -> str:
        return f"{self.reason.value.replace('_', ' ')}: {self.detail}"


Reading = Article | Refusal


@dataclass(frozen=True, slots=True)
class Sighting:
    """An article as one page of a list or feed offered it."""

    article_id: int
    url: str
    position: int
    title: str | None
