"""Pages that nobody would write: `python -m tests.fuzzing --pages 100000 --seed 7`.

Real-form pages are mutated (bytes, tags, attributes, encodings, entities), spliced, nested and cut, and pages are made that
are as slow to read as their size allows. Of each page it is checked that reading it gives an article or a refusal and never
raises, that the article is within bounds and holds only what can be stored and shown, that the same bytes give the
same reading, and that the work is bounded by the page's size. The first page that fails is written to a file.
"""

import argparse
import random
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from archive.database import open_writer
from archive.records import Article, Capture, FetchOutcome, Reading, Refusal, Sighting
from archive.store import Store
from archive.times import moment, stamp
from crawler.discovery import MAX_ENTRIES, MAX_TITLE, MOST_FEEDS, read_listing
from crawler.extraction import MAX_LINE, MAX_TEXT, MOST_PARTS, MOST_TAGS, read_page, todays_cleaner
from crawler.robots import rules_from
from crawler.urls import MAX_LENGTH, find_article

ROOT = Path(__file__).resolve().parent.parent
SEEDS = [
    path.read_bytes()
    for folder in ("jobs/replica/pages", "tests/pages")
    for path in sorted((ROOT / folder).glob("*/*"))
    if path.suffix in (".html", ".txt")
]
LIST = "https://www.hani.co.kr/arti/english_edition/e_national?page=1"
FEED = "https://www.hani.co.kr/rss/english_edition/"
AGENT = "hani/0.1 (+mailto:tests@library.example)"
ROBOTS = (
    b"User-agent: *\nDisallow: /arti/PRINT/\nAllow: /arti/\nCrawl-delay: 2\nSitemap: https://www.hani.co.kr/s.xml\n"
)

# Function calls, of Python's and of C's, that reading a page may take: so many at once, for each "<" and for each byte.
# Measured on `WORST` at 1,500 to 29,000 tags: at most 0.9 of it, and 0.5 for the most; a real-form page takes 0.02.
WORK, WORK_A_TAG, WORK_A_BYTE = 100_000, 1_200, 24
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

# --- pages -----------------------------------------------------------------------------------------------------------

_TAG = re.compile(rb"<[^<>]{1,300}>")
_TEXT = re.compile(rb"(?<=>)[^<>]{2,}(?=<)")
_ATTRIBUTE = re.compile(rb"""(?<![\w-])[\w-]{1,40}=(?:"[^"<>]{0,300}"|'[^'<>]{0,300}')""")
_NUMBER = re.compile(rb"\d+")
SOUP = [
    *(b"&#%s;" % n for n in (b"0", b"1", b"x1b", b"xd800", b"xdfff", b"x110000", b"9" * 40, b"x80", b"x202e", b"173")),
    *(
        b"&amp;",
        b"&amp;amp;",
        b"&lt;script&gt;",
        b"&nbsp;",
        b"&bogus;",
        b"&",
        b"&#",
        b"&#x",
        b"&zwj;",
        b"&NotEqualTilde;",
    ),
    *(
        b"\x00",
        b"\x01",
        b"\x1b[31m",
        b"\x0b\x0c",
        b"\x7f",
        b"\xc2\x85",
        b"\xff\xfe",
        b"\xfe\xff",
        b"\xef\xbb\xbf",
        b"\xc0\x80",
    ),
    *(
        t.encode()
        for t in (
            "\u202e",
            "\u2066",
            "\u200f",
            "\u200b",
            "\ufeff",
            "\u0301" * 50,
            "\uffff",
            "\U0001f468\u200d",
            "\u2028",
        )
    ),
    *(
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\x80",
        b"\xb0\xa1",
        b"<!--",
        b"-->",
        b"<![CDATA[",
        b"]]>",
        b"<?php ?>",
        b"<!DOCTYPE",
    ),
    *(
        b"<script>",
        b"</script>",
        b"<style>",
        b"</style>",
        b"<noscript>",
        b"<template>",
        b"<textarea>",
        b"<plaintext>",
        b"<title>",
    ),
    *(
        b"<br>",
        b"<br/>" * 30,
        b"<p",
        b"</p",
        b"<",
        b">",
        b"'",
        b'"',
        b"=",
        b"<a b='",
        b"<table><tr>",
        b"<svg><g>",
        b"<math>",
        b"</body>",
    ),
    *(
        b"<img srcset=','>",
        b"<img src='/imgdb/x.jpg'>",
        b"<img src=//[x/imgdb>",
        b"<a href='https://[x/arti/1.html'>x</a>",
    ),
    *(b"<link rel=canonical href='//www.hani.co.kr/arti/english_edition/x/7.html'>", b"<base href='//evil.example/'>"),
    *(b"Posted on : 9999-99-99 99:99 KST", b"Posted on : 0001-01-01 00:00 KST", b"Modified on : 9999-12-31 23:59 KST"),
    *(
        b"Related stories",
        b"Most viewed articles",
        b"By Kim A-ra, staff reporter",
        b"[english@hani.co.kr]",
        b"(Yonhap)",
    ),
    *(
        b"Please direct questions or comments to [english@hani.co.kr]",
        b"This article has been deleted.",
        b"<div hidden>",
    ),
    *(
        b"<script type='application/ld+json'>",
        b'{"@type":"NewsArticle","headline":"\\ud800","datePublished":"2023-06-09"}',
    ),
    *(
        b'<div data-hani-text="1">',
        b"<h3 class='ArticleDetailView_title'>",
        b"<div id=bodyapp>",
        b"<div class=article-text>",
    ),
]


def _spot(draw: random.Random, page: bytes) -> int:
    return draw.randrange(len(page) + 1)


def _found(draw: random.Random, pattern: re.Pattern[bytes], page: bytes) -> tuple[int, int]:
    """A random match's bounds; an empty spot where there is none."""
    start = _spot(draw, page)
    match = pattern.search(page, start) or pattern.search(page)
    return match.span() if match else (start, start)


def flip(draw: random.Random, page: bytes) -> bytes:
    """Other bytes in a few places."""
    changed = bytearray(page)
    for _ in range(draw.randint(1, 40) if changed else 0):
        changed[draw.randrange(len(changed))] = draw.randrange(256)
    return bytes(changed)


def drop(draw: random.Random, page: bytes) -> bytes:
    """A tag, an attribute or a text less."""
    start, end = _found(draw, draw.choice((_TAG, _ATTRIBUTE, _TEXT)), page)
    return page[:start] + page[end:]


def double(draw: random.Random, page: bytes) -> bytes:
    """A tag or text many times."""
    start, end = _found(draw, draw.choice((_TAG, _TEXT)), page)
    return page[:start] + page[start:end] * draw.choice((2, 3, 30, 120)) + page[end:]


def nest(draw: random.Random, page: bytes) -> bytes:
    """Everything from a tag on, in many elements of its kind."""
    start, end = _found(draw, re.compile(rb"<[a-z][^<>/]{0,100}>"), page)
    return page[:end] + page[start:end] * draw.choice((2, 20, 90, 300)) + page[end:]


def swap(draw: random.Random, page: bytes) -> bytes:
    """Two attributes, tags or texts in each other's place."""
    pattern = draw.choice((_ATTRIBUTE, _TAG, _TEXT))
    first, second = sorted((_found(draw, pattern, page), _found(draw, pattern, page)))
    if first[1] > second[0]:
        return page
    (a, b), (c, d) = first, second
    return page[:a] + page[c:d] + page[b:c] + page[a:b] + page[d:]


def splice(draw: random.Random, page: bytes) -> bytes:
    """The start of one page, then the end of another."""
    other = draw.choice(SEEDS)
    return page[: _spot(draw, page)] + other[_spot(draw, other) :]


def cut(draw: random.Random, page: bytes) -> bytes:
    """The page as far as it came."""
    return page[: _spot(draw, page)]


def soup(draw: random.Random, page: bytes) -> bytes:
    """Odd bytes, entities and markup in some places."""
    for _ in range(draw.randint(1, 12)):
        spot = _spot(draw, page)
        page = page[:spot] + draw.choice(SOUP) * draw.choice((1, 1, 1, 40)) + page[spot:]
    return page


def repeat(draw: random.Random, page: bytes) -> bytes:
    """A stretch of the page many times."""
    start = _spot(draw, page)
    end = min(len(page), start + draw.randint(1, 400))
    return page[:end] + page[start:end] * draw.choice((1, 5, 50)) + page[end:]


def encode(draw: random.Random, page: bytes) -> bytes:
    """The page in another encoding, or with another's mark in front."""
    how = draw.choice(("utf-16", "utf-16-be", "utf-32", "cp949", "utf-7", "latin-1", "bom", "bom16"))
    if how.startswith("bom"):
        return (b"\xef\xbb\xbf" if how == "bom" else b"\xff\xfe") + page
    return page.decode("utf-8", "replace").encode(how, "replace")


def number(draw: random.Random, page: bytes) -> bytes:
    """Another number in the place of one, as in dates, ids and addresses."""
    start, end = _found(draw, _NUMBER, page)
    odd = (b"0", b"-1", b"9" * 5000, b"99", b"\xd9\xa3", b"1e999", b"0001", b"9999", b"2023", b"\xef\xbc\x91")
    return page[:start] + draw.choice(odd) + page[end:]


def script(draw: random.Random, page: bytes) -> bytes:
    """JSON as deep or as large as JSON can be, in a script that is read."""
    kind = draw.choice((b"id='__NEXT_DATA__'", b"type='application/ld+json'"))
    deep = draw.choice((5, 500, 990, 5000, 100_000))
    inside = draw.choice((b"[" * deep + b"]" * deep, b'{"a":' * deep, b"1" * deep, b'"' + b"\\ud800" * deep + b'"'))
    around = draw.choice((b"%s", b'{"@type":%s}', b'{"props":{"pageProps":{"list":[{"url":%s}]}}}', b'{"headline":%s}'))
    spot = _spot(draw, page)
    return page[:spot] + b"<script " + kind + b">" + around % inside + b"</script>" + page[spot:]


MUTATIONS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(
        flip,
        drop,
        drop,
        double,
        nest,
        swap,
        swap,
        splice,
        cut,
        soup,
        soup,
        soup,
        repeat,
        encode,
        number,
        number,
        script,
    ),
)
LARGEST = 30_000  # bytes of a mutated page: the pages of `WORST` are the large ones


def mutated(draw: random.Random) -> bytes:
    """A real-form page after one to five mutations."""
    page = draw.choice(SEEDS)
    for _ in range(draw.randint(1, 5)):
        page = draw.choice(MUTATIONS)(draw, page)[: 2 * LARGEST]
    return page[:LARGEST]


_HEAD = (
    '<div class="article-head"><h1 class="title">Bridge to open</h1>'
    '<p class="date-time">Posted on : 2023-06-09 17:50 KST</p></div>'
)
_PROSE = "<p>The county said that it would open the bridge again.</p>"
_TIMED = '<html><head><meta property="article:published_time" content="2023-06-09T17:50:00Z"></head><body><h1>T</h1>'


def _framed(text: str) -> str:
    return f'<html><body>{_HEAD}<div class="article-text"><div class="text">{text}</div></div></body></html>'


def _wrapped(depth: int, text: str, around: str = "div") -> str:
    return f"<{around}>" * depth + text + f"</{around.split()[0]}>" * depth


def _pictures(count: int) -> str:
    return "".join(f'<img src="/imgdb/{n}.jpg">' for n in range(count))


WORST: dict[str, Callable[[int], str]] = {
    "lines to be joined": lambda n: _framed("a<br><br>" + "<br>".join(["x" * 60 + "."] * n)),
    "paragraphs without a picture": lambda n: _framed("<p>word here.</p>" * (n // 2)),
    "a caption of many lines": lambda n: _framed(
        '<div class="image-area"><img src="/imgdb/a.jpg">' + "".join(f"<p>{i} x</p>" for i in range(n // 2)) + "</div>"
    ),
    "a picture deep in many elements": lambda n: _framed(_wrapped(90, _pictures(1) + "<b>x</b>" * (n // 2))),
    "many figures, each deep": lambda n: _framed(
        "".join(_wrapped(20, f'<img src="/imgdb/{i}.jpg">' + "<p>ab</p>" * 15) for i in range(n // 71))
    ),
    "pictures deep in many elements": lambda n: _framed(_wrapped(90, _pictures(n))),
    "one picture many times": lambda n: _framed(_wrapped(90, '<img src="/imgdb/1.jpg">' * n)),
    "a class of a megabyte": lambda n: _framed(f'<div class="{"adverz_" * 8 * n}x">{_pictures(n // 10)}</div>'),
    "a headline of suffixes": lambda n: (
        _TIMED + f'<meta property="og:title" content="{"-한겨레" * 8 * n}:">' + _PROSE * 9
    ),
    "stamps in stamps": lambda n: (
        _HEAD.replace("date-time", "x") + _wrapped(90, "x " * 30 * n, 'div class="date-time"')
    ),
    "frames in frames": lambda n: _HEAD + _wrapped(90, _PROSE * (n // 2), 'div class="article-text"'),
    "frames beside frames": lambda n: _HEAD + '<div class="article-text">x</div>' * (n // 2),
    "headlines in heads in heads": lambda n: _wrapped(
        90, '<i class="title">T</i>' * (n // 2), 'div class="article-head"'
    ),
    "a label deep in many elements": lambda n: (
        _TIMED + _wrapped(90, "<b>Posted on : 2023-06-09 17:50</b>" + "<i>x</i>" * (n // 2))
    ),
    "paragraphs in paragraphs": lambda n: (
        _TIMED + "<p><span>" * 45 + "<b>Posted on : 2023-06-09 17:50</b>" + "aaaa. " * 10 * n
    ),
    "labels without a time": lambda n: _TIMED + "Posted on " * 6 * n,
    "headings in headings": lambda n: "<h1><span>" * 45 + "x" * 60 * n + "Posted on : 2023-06-09 17:50",
    "links in links": lambda n: (
        '<a href="/arti/x/1.html"><span>' * 45 + "korean " * 9 * n + "Posted on : 2023-06-09 17:50"
    ),
    "headings of related stories": lambda n: _framed(
        "<p>Related stories</p><p>Prose goes on, and ends.</p>" * (n // 4)
    ),
    "lines that are nearly addresses": lambda n: _framed("a<br><br>" + "<br>".join(["a" * 490 + "@"] * (n // 8))),
    "lines that are nearly bylines": lambda n: _framed("<br>".join(["By Kim A-ra, " + "(" * 220] * (n // 4))),
    "texts of empty lines": lambda n: "Title\nPosted on : 2023-06-09 17:50 KST\n" + "a\n\n" * 20 * n,
    "texts of captions": lambda n: (
        "Title\nPosted on : 2023-06-09 17:50\n" + "".join(f"{i}.\n{i}.\n" for i in range(4 * n))
    ),
    "tags that never close": lambda n: "<a " * n + "Posted on : 2023-06-09 17:50",
    "marks on one letter": lambda n: _framed("<p>a" + "\u0301\u0316" * 30 * n + "</p>" + _PROSE),
    "attributes of one tag": lambda n: _framed("<p " + " ".join(f'a{i}="x"' for i in range(6 * n)) + ">x</p>" + _PROSE),
    "an unknown layout": lambda n: _TIMED + _wrapped(90, _PROSE * (n // 2)),
    "an unknown layout of one line": lambda n: _TIMED + "<p>" + "x" * 60 * n + "</p>",
    "elements without end": lambda n: _framed("<div>" * n + _PROSE),
    "tables in tables": lambda n: _framed("<table><tr><td>" * (n // 3)),
    "comments without end": lambda n: _framed("<!--" * n),
    "scripts without end": lambda n: '<script>alert("' * n + _HEAD,
    "entities": lambda n: _framed("&#x41;&amp;&nbsp;" * 3 * n),
    "ampersands": lambda n: _framed("&" * 60 * n),
    "white space": lambda n: _framed("<p>" + " \n" * 30 * n + "</p>" + _PROSE),
}
"""Pages that are slow to read, by what makes them so: each takes the number of tags (or what costs as much)."""


def worst(name: str, tags: int) -> bytes:
    """A page of `WORST`."""
    return WORST[name](tags).encode()


def feeds_and_lists(draw: random.Random, page: bytes) -> bytes:
    """A mutated page as a feed or list."""
    links = b"".join(
        b"<item><title>x &e;</title><link>https://www.hani.co.kr/arti/english_edition/x/%d.html</link></item>" % n
        for n in range(9)
    )
    bomb = (
        b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY e "&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
    )
    feed = b'<?xml version="1.0" encoding="utf-8"?>' + bomb + b"<rss><channel>" + links + b"</channel></rss>"
    made = draw.choice((feed, feed, page))
    for _ in range(draw.randint(0, 3)):
        made = draw.choice(MUTATIONS)(draw, made)[:LARGEST]
    return made


# --- what must hold --------------------------------------------------------------------------------------------------


def allowed_work(page: bytes) -> int:
    """How many function calls reading a page may take."""
    return WORK + WORK_A_TAG * page.count(b"<") + WORK_A_BYTE * len(page)


def counted(work: Callable[[], Any], most: int) -> int:
    """How many functions some work calls, Python's and C's; it is broken off beyond `most`.

    Raises AssertionError.
    """
    calls = 0

    def count(_frame: FrameType, event: str, _what: Any) -> None:
        nonlocal calls
        if event in ("call", "c_call"):
            calls += 1
            if calls > most:
                sys.setprofile(None)
                raise AssertionError(f"more than {most:,} calls")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


def check_work(page: bytes) -> int:
    """That reading a page takes no more work than its size allows; how much it took.

    Raises AssertionError.
    """
    return counted(lambda: read_page(page), allowed_work(page))


def check_reading(reading: Reading) -> None:
    """That a reading is an article within bounds, of storable text, or a refusal that can be shown.

    Raises AssertionError.
    """
    if isinstance(reading, Refusal):
        assert len(reading.detail) < 1000 and not _CONTROL.search(reading.detail), reading
        return
    assert isinstance(reading, Article)
    texts = [reading.title, *reading.body, *reading.authors, reading.byline, reading.subtitle, reading.section]
    texts += [text for image in reading.images for text in (image.src, image.caption, image.credit)]
    shown = [text for text in [*texts, reading.original_url] if text is not None]
    assert all(text and not _CONTROL.search(text) for text in shown), [t for t in shown if not t or _CONTROL.search(t)]
    assert reading.title.strip() and reading.body and reading.template
    assert sum(map(len, (*reading.body, *reading.captions, reading.subtitle or ""))) <= MAX_TEXT
    assert len(reading.body) + len(reading.images) + len(reading.authors) <= MOST_PARTS
    assert max(len(line or "") for line in (reading.title, reading.byline, reading.section)) <= MAX_LINE
    assert all(stamp(moment(at)) == at for at in (reading.posted_at, reading.modified_at) if at)
    assert Article.from_json(reading.to_json().encode().decode()) == reading


def check_page(page: bytes) -> Reading:
    """That a page is read as it must be, and the same twice.

    Raises AssertionError, or whatever reading it raised.
    """
    reading = read_page(page)
    check_reading(reading)
    assert read_page(page) == reading, "the same bytes gave another reading"
    return reading


def check_listing(page: bytes, url: str) -> None:
    """That a feed or list gives nothing but articles of the site, within bounds.

    Raises AssertionError, or whatever reading it raised.
    """
    listing = read_listing(page, url)
    assert len(listing.sightings) <= MAX_ENTRIES and len(listing.feeds) <= MOST_FEEDS
    assert [s.position for s in listing.sightings] == list(range(1, len(listing.sightings) + 1))
    for sighting in listing.sightings:
        assert _is_sound(sighting), sighting


def _is_sound(sighting: Sighting) -> bool:
    address, title = find_article(sighting.url), sighting.title or ""
    same = address is not None and address.article_id == sighting.article_id and address.url == sighting.url
    return same and len(sighting.url) <= MAX_LENGTH and len(title) <= MAX_TITLE and not _CONTROL.search(title)


def check_robots(body: bytes) -> None:
    """That a robots.txt gives rules, whatever it holds."""
    rules = rules_from(200, body, AGENT, None)
    refused = rules.refusal(LIST, AGENT)
    assert refused is None or "robots.txt" in refused
    assert rules.crawl_delay is None or isinstance(rules.crawl_delay, float)


class Kept:
    """An archive with one good version, at which broken pages are thrown."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(open_writer(folder / "fuzz.db"), todays_cleaner())
        self.at = 0
        self.good = next(page for page in SEEDS if b"renewal2023" in page)
        first = read_page(self.good)
        assert isinstance(first, Article) and first.number
        self.number = first.number
        self._record(self.good)

    def _record(self, page: bytes) -> None:
        self.at += 1
        day, second = divmod(self.at, 86_400)
        at = f"2026-{1 + day:02}-01T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"
        address = f"https://www.hani.co.kr/arti/english_edition/e_national/{self.number}.html"
        self.store.record(
            Capture(self.number, address, address, at, "crawl", FetchOutcome.OK, page, section="e_national"), None
        )

    def _versions(self) -> list[tuple[Any, ...]]:
        columns = "id, number, kind, title, subtitle, body, byline, posted_at, modified_at, content_hash, first_digest"
        rows = self.store.db.conn.execute(f"select {columns} from versions order by number")
        shown = self.store.db.conn.execute("select id, title, body, posted_at, versions, last_seen_at from articles")
        return [tuple(row) for row in [*rows, *shown]]

    def check(self, page: bytes) -> bool:
        """That a page that is refused, or is another article's, leaves the versions as they are; whether it was one.

        Raises AssertionError.
        """
        reading = read_page(page)
        if isinstance(reading, Article) and reading.number in (None, self.number):
            return False  # it reads as this article: a version by right
        before = self._versions()
        self._record(page)
        assert self._versions() == before, "a refused page changed what was known"
        return True


# --- the command -----------------------------------------------------------------------------------------------------


def pages(count: int, seed: int) -> Iterator[bytes]:
    """So many mutated pages; the same for the same seed."""
    for index in range(count):
        yield mutated(random.Random(f"{seed} {index}"))


def run(count: int, seed: int, kept: Kept, every: int = 50) -> dict[str, int]:
    """Check so many pages, every so many also for the work, for the same reading again and through an archive.

    Returns how many were read as what.

    Raises AssertionError with the page's file, or what reading it raised.
    """
    tally: dict[str, int] = {}
    for index, page in enumerate(pages(count, seed)):
        draw = random.Random(f"{seed} {index} list")
        try:
            reading = read_page(page)
            check_reading(reading)
            if index % every == 0:
                check_page(page)
                check_work(page)
                kept.check(page)
                check_listing(feeds_and_lists(draw, page), draw.choice((LIST, FEED)))
                check_robots(draw.choice(MUTATIONS)(draw, ROBOTS * draw.choice((1, 50))))
        except BaseException as error:
            file = Path(tempfile.mkstemp(suffix=".page", prefix=f"fuzz-{seed}-{index}-")[1])
            file.write_bytes(page)
            error.add_note(f"page {index} of seed {seed}, written to {file}")
            raise
        name = reading.template if isinstance(reading, Article) else reading.reason.value
        tally[name] = tally.get(name, 0) + 1
    return tally


def main() -> int:
    """Check the slowest pages at full size, then as many mutated ones as asked for; stops at the first that fails."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    options.add_argument("--pages", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=None, help="default: a random one, which is printed")
    given = options.parse_args()
    seed = random.SystemRandom().randrange(10**9) if given.seed is None else given.seed
    print(f"{given.pages:,} pages, seed {seed}", flush=True)
    for name in WORST:
        check_work(worst(name, MOST_TAGS - 1_000))
    with tempfile.TemporaryDirectory() as folder:
        tally = run(given.pages, seed, Kept(Path(folder)))
    print(", ".join(f"{count:,} {name}" for name, count in sorted(tally.items(), key=lambda item: -item[1])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
