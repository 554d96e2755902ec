"""A page that is no article is recognised as what it is and never stored as text; reading never fails."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.records import Article, Refusal, RefusalReason
from crawler.extraction import read_page

PAGES = sorted((Path(__file__).resolve().parent.parent / "jobs" / "replica" / "pages").glob("*/*.html"))
SHELL = "<!DOCTYPE html><html><head><title>{title}</title></head><body>{body}</body></html>"
LINKS = "".join(
    f'<li><a href="/arti/english_edition/e_national/{n}.html">Headline number {n}</a></li>'
    for n in range(1095000, 1095040)
)


def shell(body: str, title: str = "The Hankyoreh") -> bytes:
    return SHELL.format(title=title, body=body).encode()


def article(*paragraphs: str, date: str = "2026-01-06 15:45", title: str = "A title") -> bytes:
    body = "".join(f'<p class="text">{p}</p>' for p in paragraphs)
    return shell(
        f'<article id="renewal2023"><h3 class="ArticleDetailView_title__9k">{title}</h3>'
        f'<ul class="ArticleDetailView_dateList__9k"><li class="dateListItem__9k">등록 <span>{date}</span></li></ul>'
        f'<div class="article-text">{body}</div></article>',
        title,
    )


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (shell("<p>This article has been deleted.</p>"), RefusalReason.DELETED),
        (
            shell("<h1>Notice</h1><p>The article you requested has been removed.</p><a href='/'>Home</a>"),
            RefusalReason.DELETED,
        ),
        (shell("<p>The requested page could not be found.</p>"), RefusalReason.DELETED),
        (shell("<p>This article is no longer available.</p>"), RefusalReason.DELETED),
        (shell("<div>삭제된 기사입니다.</div>"), RefusalReason.DELETED),
        (shell("<p>This story has been retracted and taken down.</p>"), RefusalReason.DELETED),
        (shell("<p>This article was unpublished.</p>"), RefusalReason.DELETED),
        (shell("<p>This content is unavailable.</p>"), RefusalReason.DELETED),
        (shell("<h1>404</h1><p>Not Found</p>"), RefusalReason.DELETED),
        (shell("<script>alert('삭제된 기사입니다.');location.href='/';</script>"), RefusalReason.DELETED),
        (shell('<script>alert("This article has been deleted.");history.back();</script>'), RefusalReason.DELETED),
        (
            b'<html><head><meta http-equiv="Refresh" content="0;url=https://www.hani.co.kr/"></head></html>',
            RefusalReason.DELETED,
        ),
        (article("This article has been deleted at the request of the reporter."), RefusalReason.DELETED),
        (
            shell("<h1>Checking your browser before accessing www.hani.co.kr</h1>", "Just a moment..."),
            RefusalReason.BOT_CHECK,
        ),
        (shell("<p>Please verify you are a human.</p><iframe src='/captcha'></iframe>"), RefusalReason.BOT_CHECK),
        (shell("<p>Access denied. Unusual traffic from your network.</p>"), RefusalReason.BOT_CHECK),
        (article("The ministry said on Monday that …", "Subscribe to continue reading."), RefusalReason.PAYWALL),
        (shell(f"<ul>{LINKS}</ul>"), RefusalReason.FRONT_PAGE),
        (shell(f"<h1>The Hankyoreh</h1><ul>{LINKS}</ul>"), RefusalReason.FRONT_PAGE),
        (b"", RefusalReason.EMPTY),
        (b"\n \n", RefusalReason.EMPTY),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 4, RefusalReason.NOT_A_PAGE),
        (b"PK\x03\x04" + bytes(200), RefusalReason.NOT_A_PAGE),
        (article("A body.", date="soon"), RefusalReason.NO_DATE),
        (article("A body.", title=""), RefusalReason.NO_TITLE),
        (article(), RefusalReason.NO_BODY),
    ],
)
def test_what_is_no_article_is_recognised(page: bytes, reason: RefusalReason) -> None:
    found = read_page(page)
    assert isinstance(found, Refusal), found
    assert found.reason is reason
    assert found.detail and "\n" not in str(found)


LONG = "The ministry said on Monday that it would publish the names of all 412 companies by the end of the month, and did not."


@pytest.mark.parametrize(
    "sentence",
    [
        "This article has been deleted, the notice on the site of the ministry says.",
        "Those who want to read on are told to subscribe to continue reading.",
        "A captcha asks whether you are a robot; access is denied to all who hesitate.",
        "The page was removed from the site of the ministry within an hour.",
        "The story is no longer available, and nobody remembers it.",
        "“Just a moment,” she said, and verified that he was human.",
    ],
)
@pytest.mark.parametrize("place", range(5))
def test_an_article_may_speak_of_all_of_these(sentence: str, place: int) -> None:
    prose = [LONG] * 4
    prose.insert(place, sentence)
    found = read_page(article(*prose))
    assert isinstance(found, Article), found
    assert list(found.body) == prose


@pytest.mark.parametrize(
    "first",
    [
        "The page was removed from the site of the ministry on Monday after 412 complaints, officials in Sejong said.",
        "A captcha that asks whether you are a robot cost the county 218 applications, an audit says.",
    ],
)
def test_a_short_article_may_too(first: str) -> None:
    found = read_page(article(first, LONG, "By Kim A-ra, staff reporter"))
    assert isinstance(found, Article), found
    assert found.body == (first, LONG)


def test_there_are_pages_to_spoil() -> None:
    assert len(PAGES) >= 12


@settings(deadline=None, max_examples=300)
@given(
    st.binary(max_size=300)
    | st.binary(max_size=200).map(lambda b: b"<html><body>" + b)
    | st.text(max_size=200).map(str.encode)
)
def test_no_bytes_make_reading_fail(body: bytes) -> None:
    assert isinstance(read_page(body), Article | Refusal)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A real-looking page with a few stretches cut out, doubled, moved or overwritten."""
    body = draw(st.sampled_from(PAGES)).read_bytes()
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, max(0, len(body) - 1)))
        end = min(len(body), start + draw(st.integers(0, 4000)))
        stretch = body[start:end]
        place = draw(st.integers(0, len(body)))
        change = draw(st.sampled_from(["cut", "double", "move", "overwrite", "end"]))
        if change == "cut":
            body = body[:start] + body[end:]
        elif change == "double":
            body = body[:place] + stretch + body[place:]
        elif change == "move":
            rest = body[:start] + body[end:]
            body = rest[:place] + stretch + rest[place:]
        elif change == "overwrite":
            body = body[:start] + draw(st.binary(max_size=40)) + body[end:]
        else:
            body = body[:end]
    return body


@settings(deadline=None, max_examples=120)
@given(spoilt())
def test_a_spoilt_page_is_read_or_refused(body: bytes) -> None:
    found = read_page(body)
    assert isinstance(found, Article | Refusal)
    if isinstance(found, Article):
        assert found.title and found.body and all(found.body)
        assert "" not in (found.subtitle, found.byline, found.section, found.original_url)
        assert Article.from_json(found.to_json()) == found
        assert found.to_json().encode()


@pytest.mark.parametrize("depth", [100, 2000, 50_000])
@pytest.mark.parametrize("tag", ["div", "b", "span", "table", "p", "ul"])
def test_a_deeply_nested_page_is_read_or_refused(tag: str, depth: int) -> None:
    deep = f"<{tag}>" * depth + "Text." + f"</{tag}>" * depth
    assert isinstance(read_page(article(LONG, deep, LONG)), Article | Refusal)
    assert isinstance(read_page(shell(deep)), Article | Refusal)


@pytest.mark.parametrize("headline", ["\\ud83d", "A \\ud83d\\ude00 and half of one \\ud83d", "\\u0000"])
def test_machine_readable_data_cannot_smuggle_in_what_is_no_text(headline: str) -> None:
    data = (
        '<script type="application/ld+json">{"@type": "NewsArticle", "datePublished": "2026-01-06T15:45:00+09:00", '
        f'"headline": "{headline}", "alternativeHeadline": "{headline}", "author": {{"name": "{headline}"}}, '
        f'"articleBody": "{headline} {LONG}"}}</script>'
    )
    found = read_page(shell(f"{data}<p>{LONG}</p>"))
    if isinstance(found, Article):
        assert found.to_json().encode()
        assert all(line.encode() for line in (found.title, *found.body))
        assert "\x00" not in found.title
