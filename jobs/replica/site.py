"""The articles of the copy and their state on each night."""

import json
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Record = dict[str, Any]

HERE = Path(__file__).parent
ENGLISH_HOST = "english.hani.co.kr"
WWW_HOST = "www.hani.co.kr"
KST = timezone(timedelta(hours=9))
LISTED_IN_FEED = 30
NIGHTS = 7  # of a layout that is known; on the next one the site is relaunched

SECTIONS: dict[str, str] = {
    "e_national": "National",
    "e_international": "International",
    "e_northkorea": "North Korea",
    "e_business": "Business",
    "e_entertainment": "Culture",
    "e_editorial": "Editorials & Opinions",
    "english_editorials": "Editorials",
}
FIELDS = (
    "id",
    "title",
    "subtitle",
    "authors",
    "byline",
    "posted_at",
    "modified_at",
    "section",
    "body",
    "images",
    "original_url",
    "template",
)
_ANSWER = re.compile(r"200|403|404|410|deleted|front|article:\d+")


def pick(article_id: int, salt: str, count: int) -> int:
    """A number below `count` that is always the same for an article: how its markup varies."""
    return zlib.crc32(f"{salt}:{article_id}".encode()) % count


def kst(stamp: str) -> datetime:
    """A record's UTC time as the newspaper prints it."""
    return datetime.fromisoformat(stamp).astimezone(KST)


@dataclass(frozen=True)
class Hints:
    """How an article's page is to look; all of it optional. The names are those of the files."""

    image_after: list[int] = field(default_factory=list)
    midtitles: list[int] = field(default_factory=list)
    midtitle_form: str = "box"
    double_br: bool = True
    soft_breaks: list[int] = field(default_factory=list)
    subtitle_lines: list[str] = field(default_factory=list)
    series: str | None = None
    caption_twice: bool = False
    image_sizes: list[list[int]] = field(default_factory=list)
    ads: bool = True
    audio: bool = False
    newsletter: str | None = None
    embed: bool = False
    related: bool | None = None
    links: list[list[Any]] = field(default_factory=list)
    emphasis: list[list[Any]] = field(default_factory=list)
    byline_form: str | None = None
    canonical: bool = True
    conditional: bool = False


@dataclass(frozen=True)
class Article:
    """One article as it stands on one night."""

    id: int
    generation: str
    host: str
    path: str
    record: Record
    hints: Hints
    answer: str = "200"
    changed: int = 0
    raw: bytes | None = None

    @property
    def live(self) -> bool:
        """Whether its own page is served tonight."""
        return self.answer == "200"

    @property
    def listed(self) -> bool:
        """Whether lists and feed offer it tonight: what a bot check stands before has not left the site."""
        return self.answer in ("200", "403")

    @property
    def title(self) -> str:
        """The headline."""
        return str(self.record["title"])

    @property
    def section(self) -> str:
        """The code in its address."""
        return self.path.split("/")[3]

    @property
    def section_name(self) -> str:
        """The section as printed."""
        code = self.section
        return SECTIONS.get(code, code.removeprefix("e_").replace("_", " ").title())

    @property
    def address(self) -> str:
        """The whole address."""
        return f"https://{self.host}{self.path}"

    @property
    def posted(self) -> datetime:
        """When it was posted, in Korean time."""
        return kst(self.record["posted_at"])

    @property
    def modified(self) -> datetime | None:
        """When it was modified, in Korean time, where that is printed."""
        stamp = self.record.get("modified_at")
        return kst(stamp) if stamp else None

    @property
    def last_modified(self) -> datetime:
        """The HTTP time of the page. A silent edit moves it though the printed time stays."""
        stamp = (self.modified or self.posted).astimezone(UTC)
        return stamp + timedelta(hours=self.changed)


@dataclass(frozen=True)
class Entry:
    """One article's file: its first state and what happens to it."""

    first_night: int
    first: Article
    nights: Mapping[int, Mapping[str, Any]]

    def on(self, night: int) -> Article | None:
        """The article on a night; None before it is published."""
        if night < self.first_night:
            return None
        record = dict(self.first.record)
        answer, changed = "200", 0
        for number in sorted(n for n in self.nights if n <= night):
            step = self.nights[number]
            if "set" in step:
                record.update(step["set"])
                changed = number
            answer = str(step.get("answer", answer))
        first = self.first
        path = first.path if first.raw is not None else _path(record, first.id)
        return Article(
            first.id,
            first.generation,
            first.host,
            path,
            record,
            first.hints,
            answer,
            changed,
            first.raw,
        )


def _path(record: Record, article_id: int) -> str:
    """The address' path, without a host."""
    return f"/arti/english_edition/{record['section']}/{article_id}.html"


def _whole(record: Mapping[str, Any], article_id: int, template: str) -> Record:
    """A record with every field of docs/record.md, in its order."""
    whole: Record = dict.fromkeys(FIELDS)
    whole.update(authors=[], body=[], images=[])
    whole.update({name: value for name, value in record.items() if name in whole})
    whole.update(id=article_id, template=template)
    return whole


def _nights(data: Mapping[str, Any], where: Path) -> dict[int, Mapping[str, Any]]:
    """What changes on which night, checked."""
    nights = {int(number): step for number, step in data.get("nights", {}).items()}
    for step in nights.values():
        unknown = set(step) - {"set", "answer"} or set(step.get("set", {})) - set(FIELDS)
        if unknown or not _ANSWER.fullmatch(str(step.get("answer", "200"))):
            raise ValueError(f"{where}: cannot do {step!r}")
    return nights


def load_article(path: Path) -> Entry:
    """Read one file of articles/."""
    data = json.loads(path.read_text("utf-8"))
    try:
        record = _whole(data["record"], data["id"], data["generation"])
        hints = Hints(**data.get("page", {}))
        address = _path(record, data["id"])
        first = Article(data["id"], data["generation"], data["host"], address, record, hints)
        return Entry(int(data.get("first_night", 1)), first, _nights(data, path))
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error


def load_page(path: Path) -> Entry:
    """Read one raw page of pages/, named by its expected record."""
    data = json.loads(path.read_text("utf-8"))
    url = urlsplit(data["url"])
    record = _whole(data, data["id"], data["template"])
    first = Article(
        data["id"],
        path.parent.name,
        url.hostname or WWW_HOST,
        url.path,
        record,
        Hints(),
        raw=path.with_suffix(".html").read_bytes(),
    )
    return Entry(1, first, {})


def _encodable(entry: Entry) -> bool:
    """Whether an article's text can be written in EUC-KR, on every night."""
    text = json.dumps([entry.first.record, entry.nights], ensure_ascii=False, default=dict)
    try:
        text.encode("euc_kr")
    except UnicodeEncodeError:
        return False
    return True


class Edition:
    """The site on one night."""

    def __init__(self, night: int, entries: Iterable[Entry]) -> None:
        """Work out the state of every article."""
        self.night = night
        found = [entry.on(night) for entry in entries]
        self.articles = {article.id: article for article in found if article is not None}
        # A page that is gone leaves the lists and the feed at once, as on the real site.
        self.listed = sorted(
            (article for article in self.articles.values() if article.listed),
            key=lambda article: article.id,
            reverse=True,
        )

    @cached_property
    def by_section(self) -> dict[str, list[Article]]:
        """The lists of the sections, newest number first."""
        lists: dict[str, list[Article]] = {code: [] for code in SECTIONS}
        # A section keeps its list, if an empty one, when its only article is gone.
        lists.update({article.section: [] for article in self.articles.values()})
        for article in self.listed:
            lists[article.section].append(article)
        return lists


class Site:
    """All that the two folders hold."""

    def __init__(self, articles: Path | None = None, pages: Path | None = None) -> None:
        """Load the folders; None is the bundled one, a missing one is empty."""
        folder = HERE / "articles" if articles is None else articles
        raw = HERE / "pages" if pages is None else pages
        self.entries = [load_article(path) for path in sorted(folder.glob("*.json"))]
        self.entries += [load_page(path) for path in sorted(raw.glob("*/*.json"))]
        self._check_ids()
        self._editions: dict[int, Edition] = {}
        self.euc_kr = self._euc_kr()

    def _check_ids(self) -> None:
        """Refuse two articles under one number."""
        seen: set[int] = set()
        for entry in self.entries:
            if entry.first.id in seen:
                raise ValueError(f"article {entry.first.id} is there twice")
            seen.add(entry.first.id)

    def _euc_kr(self) -> frozenset[int]:
        """The two old articles whose pages are in the old encoding."""
        old = [e for e in self.entries if e.first.generation == "g1" and e.first.raw is None]
        old.sort(key=lambda entry: pick(entry.first.id, "euc-kr", 1 << 32))
        return frozenset([e.first.id for e in old if _encodable(e)][:2])

    def edition(self, night: int) -> Edition:
        """The site on a night."""
        if night not in self._editions:
            self._editions[night] = Edition(night, self.entries)
        return self._editions[night]

    @cached_property
    def originals(self) -> dict[str, Article]:
        """Korean articles that English ones were translated from, by path."""
        found: dict[str, Article] = {}
        for entry in self.entries:
            url = urlsplit(entry.first.record["original_url"] or "")
            if url.hostname in (WWW_HOST, ENGLISH_HOST):
                found[url.path] = entry.first
        return found
