"""robots.txt: obeyed; 4xx allows, 5xx or silence denies the host for the run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.config import Config
from crawler.robots import rules_from

AGENT = Config().user_agent
ARTICLE = "https://www.hani.co.kr/arti/english_edition/e_national/1.html"
REAL = b"""User-agent: *
Disallow: /arti/PRINT/
Disallow: /arti/PREVIEW/
Disallow: /api/
Disallow: /fortunes/result
Disallow: /test/
"""


@pytest.mark.parametrize(
    ("status", "body", "allowed"),
    [
        (200, REAL, True),
        (200, b"", True),
        (200, b"User-agent: *\nDisallow: /", False),
        (200, b"User-agent: *\nDisallow: /arti/english_edition/", False),
        (200, b"User-agent: *\nDisallow: /arti/\nAllow: /arti/english_edition/", True),
        (200, b"User-agent: *\nDisallow: /*.html$", False),
        (200, b"User-agent: hani\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
        (200, b"User-agent: HANI\nDisallow: /", False),
        (200, b"User-agent: hani\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        (200, b"User-agent: otherbot\nDisallow: /", True),
        (200, b"\xef\xbb\xbfUser-agent: *\nDisallow: /", False),
        (200, b"<html>not a robots.txt</html>", True),
        (200, b"\xff\xfe\x00\x01", True),
        (400, b"", True),
        (401, b"", True),
        (403, b"User-agent: *\nDisallow: /", True),
        (404, b"", True),
        (410, b"", True),
        (429, b"", True),
        (500, b"", False),
        (502, b"", False),
        (503, REAL, False),
        (301, b"", False),  # to somewhere off the site: it cannot be had
        (None, b"", False),
    ],
)
def test_whether_an_article_may_be_asked(status: int | None, body: bytes, allowed: bool) -> None:
    rules = rules_from(status, body, AGENT, None if status else "no answer within 30 seconds")
    refusal = rules.refusal(ARTICLE, AGENT)
    assert (refusal is None) is allowed
    assert refusal is None or "robots.txt" in refusal


@pytest.mark.parametrize(
    "path", ["/arti/PRINT/1.html", "/arti/PREVIEW/1.html", "/api/list", "/fortunes/result", "/test/x"]
)
def test_the_sites_own_rules_deny_what_they_name(path: str) -> None:
    assert rules_from(200, REAL, AGENT, None).refusal(f"https://www.hani.co.kr{path}", AGENT)


def test_silence_is_told_from_a_refusal() -> None:
    assert rules_from(None, b"", AGENT, "the connection was refused").silent
    assert "the connection was refused" in (rules_from(None, b"", AGENT, "the connection was refused").denied or "")
    assert not rules_from(503, b"", AGENT, None).silent


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"User-agent: *\nCrawl-delay: 10", 10.0),
        (b"User-agent: *\nCrawl-delay: 0.5", 0.5),
        (b"User-agent: hani\nCrawl-delay: 7\n\nUser-agent: *\nCrawl-delay: 1", 7.0),
        (b"User-agent: otherbot\nCrawl-delay: 7", None),
        (b"User-agent: *\nCrawl-delay: soon", None),
        (REAL, None),
    ],
)
def test_the_crawl_delay_is_read(body: bytes, expected: float | None) -> None:
    assert rules_from(200, body, AGENT, None).crawl_delay == expected


WORDS = st.sampled_from(
    [
        "User-agent: *",
        "Disallow: /",
        "Disallow:",
        "Crawl-delay: ",
        "nan",
        "-5",
        "1e999",
        "Allow: /%",
        "*$",
        "\n",
        "#",
        "Sitemap:",
    ]
)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=100) | st.lists(WORDS, max_size=15).map(lambda words: "\n".join(words).encode()))
def test_no_bytes_make_it_fail(body: bytes) -> None:
    rules = rules_from(200, body, AGENT, None)
    rules.refusal(ARTICLE, AGENT)
    assert rules.crawl_delay is None or isinstance(rules.crawl_delay, float)
