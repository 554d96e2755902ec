"""An archive of articles that carry every trick: what a page, a title, a caption, an address or an error may hold at worst.

Each script would set `window.hacked`, or ask another host. The store is given them as they are: no cleaner has seen them.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from archive.database import open_writer
from archive.readings import Cleaner
from archive.records import Article, Capture, FetchOutcome, Image
from archive.store import Store
from tests.reading import read_made

POSTED = "2023-06-09T08:50:00Z"
DAYS = tuple(f"2026-11-{day}T18:00:00Z" for day in range(20, 26))

TRICKS = (
    "<script>window.hacked=1</script>",
    "</title></textarea></style></script><script>window.hacked=2</script>",
    '"><img src=x onerror="window.hacked=3">',
    "'><svg/onload=window.hacked=4>",
    "<svg><animate onbegin=window.hacked=5 attributeName=x dur=1s><foreignObject><script>window.hacked=6</script>",
    '<a href="javascript:window.hacked=7">read on</a>',
    '<iframe srcdoc="<script>parent.hacked=8</script>"></iframe><object data="data:text/html,x"></object>',
    "<meta http-equiv=refresh content=\"0;url=http://evil.example/\"><base href='http://evil.example/'>",
    '<link rel=stylesheet href="//evil.example/x.css"><style>*{display:none}@import "//evil.example/y.css"</style>',
    '<form action="http://evil.example/"><input name=q autofocus onfocus="window.hacked=9"></form>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.hacked=10&gt;">',
    "{{ 7191 * 7 }} {{ ''.__class__.__mro__ }} {% for x in [1] %}loop{% endfor %} {# gone #}",
    "${7191*7} #{7191*7} <%= 7191*7 %> [[constructor]]",
    "'; DROP TABLE articles; --",
    "&lt;script&gt;window.hacked=11&lt;/script&gt; &#x3c;b&#x3e; &amp;amp;",
    "left \u202egnp.exe\u202c and \u2066isolated\u2069 \u200f\u061cmarks",
    "zero\u200bwidth\u200d\ufeff and \x1b[31mred\x07 \x00 \x85 \u2028 line \u2029 paragraph \uffff",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍a̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘! 국회<b>에서</b>",
    "\x02marks of a snippet\x03 \x02<b>\x03",
)
ADDRESSES = (
    "javascript:window.hacked=12//https://www.hani.co.kr",
    "JaVaScRiPt:window.hacked=13",
    "data:text/html,<script>window.hacked=14</script>",
    " https://evil.example/x",
    'https://evil.example/" onmouseover="window.hacked=15',
    "//evil.example/x.js",
    "https://www.hani.co.kr/\u202egnp.exe",
)
SECTIONS = (
    'e_"><script>window.hacked=16</script>',
    "../../etc/passwd",
    "a/b?c=d#e",
    "\n\r\nSet-Cookie: x=1",
    "%2e%2e%2f",
    "'; DROP TABLE articles; --",
    "",
)
ALL = 9001
LONG_TITLE, LONG_PARAGRAPH, MANY_PARAGRAPHS, GONE, PLAIN = 9002, 9003, 9004, 9005, 9006
FIRST_OF_SECTIONS = 9100
MEGABYTE = 1_000_000
PARAGRAPHS = 20_000


def article(**more: Any) -> Article:
    """An article whose every field is a trick."""
    made = Article(
        title=" ".join(TRICKS),
        posted_at=POSTED,
        body=TRICKS,
        template=TRICKS[0],
        subtitle=TRICKS[2],
        authors=TRICKS,
        byline=TRICKS[3],
        modified_at=POSTED,
        section=SECTIONS[0],
        images=tuple(Image(address, trick, trick) for address, trick in zip(ADDRESSES * 3, TRICKS, strict=False)),
        original_url=ADDRESSES[0],
    )
    return replace(made, **more)


def seen() -> Iterator[tuple[int, str, Article | None]]:
    """Which article was seen when."""
    first = article()
    yield ALL, DAYS[0], first
    yield ALL, DAYS[1], replace(first, title=TRICKS[1], body=(*TRICKS[3:], *TRICKS[:2]), section=SECTIONS[2])
    yield ALL, DAYS[2], replace(first, authors=TRICKS[:2], byline=TRICKS[1], original_url=ADDRESSES[1])
    yield LONG_TITLE, DAYS[0], article(title="W" * MEGABYTE, body=("Short.",), authors=("A" * MEGABYTE,))
    yield LONG_TITLE, DAYS[1], article(title="V" * MEGABYTE, body=("Shorter.",), authors=("A" * MEGABYTE,))
    yield LONG_PARAGRAPH, DAYS[0], article(title="One long word", body=("x" * MEGABYTE, "<b>" * 1000))
    yield LONG_PARAGRAPH, DAYS[1], article(title="One long word", body=("y" * MEGABYTE, "<i>" * 1000))
    many = tuple(f"<p>{number}</p>" for number in range(PARAGRAPHS))
    yield MANY_PARAGRAPHS, DAYS[0], article(title="Many paragraphs", body=many)
    yield MANY_PARAGRAPHS, DAYS[1], article(title="Many paragraphs", body=(*many[:-1], TRICKS[0]))
    yield GONE, DAYS[0], article(title=TRICKS[2])
    for day in DAYS[1:]:
        yield GONE, day, None
    for place, address in enumerate(ADDRESSES):
        yield PLAIN + place, DAYS[0], article(title=address, original_url=address, section="e_national")
    for place, section in enumerate(SECTIONS):
        yield FIRST_OF_SECTIONS + place, DAYS[0], article(title=f"In {place}", section=section, authors=(section,))


def hostile_archive(database: Path) -> Path:
    """Make the archive."""
    store = Store(open_writer(database), Cleaner(read_made, "made", {"made": 1}))
    with closing(store.db.conn):
        for place, (number, at, found) in enumerate(seen()):
            store.record(_capture(place, number, at, found), None)
        store.settle()
    return database


def _capture(place: int, number: int, at: str, found: Article | None) -> Capture:
    trick, address = TRICKS[place % len(TRICKS)], ADDRESSES[place % len(ADDRESSES)]
    hostile: dict[str, Any] = {
        "redirects": (address, trick),
        "origin": address,
        "headers": {"x-trick": trick, "location": address},
        "etag": trick,
        "error": trick,
        "section": trick,
    }
    if found is None:
        return Capture(number, address, address, at, trick, FetchOutcome.GONE, http_status=404, **hostile)
    body = found.to_json().encode("utf-8", "replace")
    return Capture(number, address, address, at, trick, FetchOutcome.OK, body, http_status=200, **hostile)
