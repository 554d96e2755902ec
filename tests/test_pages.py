"""Hand-written pages against their hand-written records; and a guard over what the cleaner makes of them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from archive.records import Article, Reading, Refusal, RefusalReason
from crawler.extraction import cleaner_version, read_page
from tests.conftest import ROOT
from tests.golden import GOLDEN, PAGES, outputs

FIELDS = (
    "title",
    "subtitle",
    "byline",
    "authors",
    "posted_at",
    "modified_at",
    "section",
    "original_url",
    "images",
    "body",
    "template",
)


def record(reading: Reading) -> dict[str, Any]:
    assert isinstance(reading, Article), reading
    raw = json.loads(reading.to_json())
    return {name: raw[name] for name in FIELDS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_gives_its_hand_written_record(page: Path) -> None:
    expected = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    got = record(read_page(page.read_bytes()))
    if got["section"] is None:  # the page does not say; the address that answered does
        got["section"] = expected["section"]
    assert got == {name: expected[name] for name in FIELDS}


def test_what_the_cleaner_makes_of_a_page_changes_only_with_its_version() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert golden["cleaner"] == cleaner_version(), (
        "a version was raised: `python -m tests.golden` writes the new outputs"
    )
    assert outputs() == golden["outputs"], (
        "the output changed: raise the version of the rule or template that changed it"
    )


SHELL = "<html><head><title>{title}</title></head><body><nav><a href='/'>Home</a></nav><div class='c'>{body}</div></body></html>"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", RefusalReason.EMPTY),
        (b"   \n ", RefusalReason.EMPTY),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", RefusalReason.NOT_A_PAGE),
        (SHELL.format(title="Notice", body="<p>This article has been deleted.</p>").encode(), RefusalReason.DELETED),
        (SHELL.format(title="알림", body="<p>삭제된 기사입니다.</p>").encode(), RefusalReason.DELETED),
        (SHELL.format(title="Just a moment...", body="<p>Checking your browser</p>").encode(), RefusalReason.BOT_CHECK),
        (
            SHELL.format(title="x", body="<h1>x</h1><p>Nothing here yet, come back on Monday.</p>").encode(),
            RefusalReason.NO_DATE,
        ),
        (
            SHELL.format(
                title="Front",
                body="".join(f"<a href='/arti/english_edition/e_national/{n}.html'>Story {n}</a>" for n in range(20)),
            ).encode(),
            RefusalReason.FRONT_PAGE,
        ),
        (
            b"<div class='article-head'><p class='title'>Rice</p><p class='date-time'><span>Posted on : 2022-01-02 10:00 KST</span></p></div>"
            b"<div class='article-text'><div class='text'>The price of rice rose.</div></div><div class='wall'>Subscribe to continue reading</div>",
            RefusalReason.PAYWALL,
        ),
        (
            b"<div class='article-head'><p class='title'>Rice</p><p class='date-time'><span>Posted on : 2022-13-42 10:00 KST</span></p></div>"
            b"<div class='article-text'><div class='text'>The price of rice rose.</div></div>",
            RefusalReason.NO_DATE,
        ),
        (
            b"<div class='article-head'><p class='title'></p><p class='date-time'><span>Posted on : 2022-01-02 10:00 KST</span></p></div>"
            b"<div class='article-text'><div class='text'>The price of rice rose.</div></div>",
            RefusalReason.NO_TITLE,
        ),
        (
            b"<div class='article-head'><p class='title'>Rice</p><p class='date-time'><span>Posted on : 2022-01-02 10:00 KST</span></p></div>"
            b"<div class='article-text'><div class='text'></div></div>",
            RefusalReason.NO_BODY,
        ),
    ],
)
def test_a_page_that_is_no_article_is_refused_with_its_reason(body: bytes, reason: RefusalReason) -> None:
    reading = read_page(body)
    assert isinstance(reading, Refusal), reading
    assert reading.reason is reason, reading


SHELL_G2 = (
    "<html><body><div class='article-head'><p class='title'>Frost</p><p class='date-time'><span>Posted on : 2022-01-02 10:00 KST"
    "</span></p></div><div class='article-text'><div class='text'>{text}</div></div></body></html>"
)
PARAGRAPHS = [
    "The weather bureau in Wonju said on Monday that the first frost had come nine days earlier than in an average year.",
    "Farmers who had left their radishes in the ground lost about a third of the crop, according to the county office.",
    "“We counted on another week,” said Ok Min-a, who grows vegetables on two hectares outside the city.",
    "The bureau began to keep its record of first frosts in 1973, when it was a hut with a thermometer.",
]


def test_an_unknown_layout_is_read_by_what_a_reader_sees_and_marked() -> None:
    body = "".join(f"<p>{p}</p>" for p in PARAGRAPHS)
    page = (
        "<html><head><meta property='og:title' content='First frost comes early to Wonju : The Hankyoreh'></head><body>"
        "<header><a href='/'>Home</a></header><main><h1>First frost comes early to Wonju</h1>"
        "<div class='meta'><span>Posted on : 2027-10-11 18:20 KST</span> <span>Modified on : 2027-10-11 19:00 KST</span></div>"
        f"<section class='story2027'>{body}<p>By Ok Su-a, staff reporter</p></section></main>"
        "<aside><h4>Most viewed articles</h4><a href='/x'>Other news</a></aside></body></html>"
    )
    reading = read_page(page.encode())
    assert isinstance(reading, Article)
    assert (reading.template, reading.title) == ("fallback", "First frost comes early to Wonju")
    assert (reading.posted_at, reading.modified_at) == ("2027-10-11T09:20:00Z", "2027-10-11T10:00:00Z")
    assert reading.body == tuple(PARAGRAPHS)
    assert reading.authors == ("Ok Su-a",)


def test_an_unknown_layout_without_labels_is_read_from_its_data() -> None:
    data = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": "First frost comes early to Wonju",
        "datePublished": "2027-10-11T18:20:00+09:00",
        "author": {"@type": "Person", "name": "Ok Su-a"},
        "articleBody": "\n".join(PARAGRAPHS),
    }
    page = f"<html><head><script type='application/ld+json'>{json.dumps(data)}</script></head><body><h1>First frost comes early to Wonju</h1></body></html>"
    reading = read_page(page.encode())
    assert isinstance(reading, Article)
    assert (reading.template, reading.posted_at, reading.body) == (
        "fallback",
        "2027-10-11T09:20:00Z",
        tuple(PARAGRAPHS),
    )
    assert reading.authors == ("Ok Su-a",)


def test_an_unknown_layout_with_a_time_alone_gives_its_densest_text() -> None:
    body = "".join(f"<div class='x{n}'>{p}</div>" for n, p in enumerate(PARAGRAPHS))
    page = (
        "<html><head><meta property='og:title' content='First frost comes early to Wonju'>"
        "<meta property='article:published_time' content='2027-10-11T18:20:00+09:00'></head>"
        f"<body><ul><li><a href='/a'>Home</a></li></ul><h2>First frost comes early to Wonju</h2><article>{body}</article></body></html>"
    )
    reading = read_page(page.encode())
    assert isinstance(reading, Article)
    assert (reading.template, reading.title) == ("fallback", "First frost comes early to Wonju")
    assert PARAGRAPHS[0] in reading.body and PARAGRAPHS[3] in reading.body


def test_the_hash_of_a_build_is_no_class_name() -> None:
    """Class names of 2025 and 2026 end in a hash that can spell anything, also "ad" or "share"."""
    page = (ROOT / "jobs/replica/pages/g3/1218433.html").read_text(encoding="utf-8")
    build = re.search(r"ArticleDetailView_title__(\w+)", page)
    assert build is not None
    plain = read_page(page.encode())
    for name in ("ad3f1", "Ad_x9", "ads_1", "btn12", "sns9a", "share", "blind", "zoom1", "embed", "desc1", "image"):
        assert read_page(page.replace(build[1], name).encode()) == plain, name


@pytest.mark.parametrize("label", ["utf-8", "euc-kr", "iso-8859-1", ""])
def test_a_page_in_korean_encoding_is_read_whatever_it_says_of_itself(label: str) -> None:
    quotes = "“" + PARAGRAPHS[0] + "” (원주)"
    page = (
        f"<html><head><meta charset='{label}'></head><body><div class='article-head'><p class='title'>Frost 서리</p>"
        "<p class='date-time'><span>Posted on : 2022-01-02 10:00 KST</span></p></div>"
        f"<div class='article-text'><div class='text'>{quotes}<br><br>{PARAGRAPHS[3]}</div></div></body></html>"
    )
    reading = read_page(page.encode("cp949"))
    assert isinstance(reading, Article), reading
    if label != "iso-8859-1":  # a declared single-byte encoding takes any bytes: it has to be believed
        assert (reading.title, reading.body[0]) == ("Frost 서리", quotes)


def test_a_few_broken_bytes_do_not_make_a_page_korean() -> None:
    page = SHELL_G2.format(text="한국 뉴스 “quoted” " + PARAGRAPHS[0]).encode()
    broken = page.replace("한".encode(), "한".encode()[:2], 1)
    reading = read_page(broken)
    assert isinstance(reading, Article)
    assert "“quoted”" in reading.body[0]


def test_a_page_made_of_tags_is_refused_before_it_costs_time() -> None:
    reading = read_page(SHELL_G2.format(text="<br>" * 300_000).encode())
    assert isinstance(reading, Refusal) and reading.reason is RefusalReason.NOT_A_PAGE
