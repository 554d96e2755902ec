"""Ten thousand pages that nobody would write: each is read or refused, within bounds, and harms nothing."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.records import Article, Refusal
from crawler.dates import machine_time, printed_time
from crawler.discovery import read_listing
from crawler.extraction import MAX_PAGE, MOST_DEPTH, MOST_TAGS, read_page
from crawler.origin_address import from_origin
from crawler.robots import rules_from
from crawler.text import plain
from crawler.urls import HOSTS, resolve, site_host
from tests.fuzzing import (
    AGENT,
    FEED,
    LIST,
    SEEDS,
    SOUP,
    WORST,
    Kept,
    allowed_work,
    check_listing,
    check_page,
    check_reading,
    check_robots,
    check_work,
    counted,
    run,
    worst,
)

CHUNKS, CHUNK = 10, 1_000
NET = 120  # seconds; what hangs is ended, nothing else is: the tests themselves count work
SMALL, LARGE = 1_500, 3_000  # tags


@contextmanager
def net() -> Iterator[None]:
    """Ends what hangs where no call is counted, as in a pattern or in libxml2."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail(f"nothing for {NET} seconds"))
    signal.alarm(NET)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("seed", range(CHUNKS))
def test_mutated_pages(seed: int, tmp_path: Path) -> None:
    tally = run(CHUNK, seed, Kept(tmp_path))
    assert sum(tally.values()) == CHUNK
    # Mutations that break every page, or none, would test nothing.
    assert sum(tally.get(template, 0) for template in ("g1", "g2", "g3", "fallback", "text")) > CHUNK / 3
    assert tally["no_date"] > 10 and tally["no_title"] > 10 and tally["not_a_page"] > 10


@pytest.mark.parametrize("name", WORST)
def test_the_slowest_pages_take_work_that_grows_with_their_size_alone(name: str) -> None:
    with net():
        small, large = check_work(worst(name, SMALL)), check_work(worst(name, LARGE))
    assert large < 2.5 * small + 1000
    check_reading(read_page(worst(name, SMALL)))


def test_a_real_form_page_takes_far_less_than_is_allowed() -> None:
    for page in SEEDS:
        read_page(page)  # what is compiled or imported once is not counted
        assert check_work(page) < 0.1 * allowed_work(page)


def test_work_beyond_its_bound_is_noticed() -> None:
    with pytest.raises(AssertionError, match="more than 100 calls"):
        counted(lambda: [len("") for _ in range(1000)], 100)


def framed(text: str) -> bytes:
    return (
        '<html><body><div class="article-head"><h1 class="title">Bridge to open</h1>'
        '<p class="date-time">Posted on : 2023-06-09 17:50 KST</p></div>'
        f'<div class="article-text"><div class="text">{text}</div></div></body></html>'
    ).encode()


PROSE = "<p>The county said that it would open the bridge again.</p>"
G3 = (
    '<article id="renewal2023"><h3 class="ArticleDetailView_title__x">Bridge</h3>'
    '<h4 class="ArticleDetailView_subtitle__x">In spring<br>or later&#1;\x01</h4><ul class="ArticleDetailView_dateList__x">'
    '<li><span>2026-01-06 15:45</span></li></ul><div class="article-text"><p class="text">It opens.</p></div></article>'
)
RAISED = {
    "a srcset of a comma": framed(f'<img srcset=",">{PROSE}'),
    "a srcset of blanks": framed(f'<img srcset=" , a.jpg">{PROSE}'),
    "a control character behind a script": framed(f"<p>It opens <script>x</script>again \x01 soon.</p>{PROSE}"),
    "a control character in a subtitle": G3.encode(),
    "a control character behind a subtitle": framed(f'It opens.<div class="subtitle">In spring</div>\x01 tail {PROSE}'),
}


@pytest.mark.parametrize("name", RAISED)
def test_what_once_raised_is_read(name: str) -> None:
    assert isinstance(check_page(RAISED[name]), Article)


def test_a_subtitle_is_read_around_its_control_characters() -> None:
    reading = read_page(G3.encode())
    assert isinstance(reading, Article) and reading.subtitle == "In spring or later"


def test_no_address_holds_what_steers_a_terminal() -> None:
    canonical = '<link rel="canonical" href="https://www.hani.co.kr/arti/english_edition/%1b%5b31m%00/7.html">'
    original = '<a href="/arti/politics/7.html?\u202e\x01">In Korean</a>'
    pictures = '<img src="/imgdb/a\x01.jpg"><img src="/imgdb/\u202eb.jpg"><img src="/imgdb/%s.jpg">' % ("c" * 5000)
    reading = check_page(framed(canonical + original + pictures + PROSE))
    assert isinstance(reading, Article)
    assert (reading.section, reading.number, reading.original_url) == (None, None, None)
    assert [image.src for image in reading.images] == [
        "https://www.hani.co.kr/imgdb/a%01.jpg",
        "https://www.hani.co.kr/imgdb/%E2%80%AEb.jpg",
    ]


def test_json_as_deep_as_json_can_be_gives_nothing() -> None:
    for deep in (5, 300, 900, 980, 1200, 100_000):
        nested = "[" * deep + "]" * deep
        data = f'<script id="__NEXT_DATA__">{{"props":{{"pageProps":{{"list":[{{"url":{nested}}}]}}}}}}</script>'
        assert read_listing(data.encode(), LIST).sightings == ()
        check_page(f'<h1>x</h1><script type="application/ld+json">{{"@type":{nested}}}</script>'.encode())


@pytest.mark.parametrize(
    ("page", "why"),
    [
        (framed("<p>x" * MOST_TAGS), "tags"),
        (framed("x" * MAX_PAGE), "characters"),
        (framed("<div>" * MOST_DEPTH + PROSE), "nested deeper"),
        (framed(f"<p {'a ' * 30_000}>x</p>{PROSE}"), "attributes"),
        (framed(PROSE * 9_000), "no article is as large"),
        (framed(f"<p>{'word ' * 90_000}</p>"), "no article is as large"),
        (framed(PROSE).replace(b"Bridge", b"Bridge " * 400), "no article is as large"),
    ],
)
def test_what_is_far_larger_than_any_page_is_refused(page: bytes, why: str) -> None:
    reading = read_page(page)
    assert isinstance(reading, Refusal) and why in reading.detail


def test_a_time_that_no_clock_in_seoul_can_show_is_none() -> None:
    for time in (
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "1987-12-31T00:00:00+09:00",
        "2200-01-01T00:00:00+09:00",
    ):
        assert machine_time(time) is None
    assert printed_time("9999-12-31 23:59 KST") is None and printed_time("0001-01-01 00:00") is None
    assert machine_time("2199-12-31T23:59:59+09:00") == "2199-12-31T14:59:59Z"


def test_marks_beyond_thirty_on_a_letter_are_left_out() -> None:
    assert plain("a" + "\u0301\u0316" * 15) == "\u00e1" + "\u0316" * 15 + "\u0301" * 14
    assert len(plain("a" + "\u0301" * 1000)) <= 31
    for word in ("한겨레" * 30, "ครั้งที่สอง" * 20, "ἀρχαῖος" * 20, "\u1112\u1161\u11ab" * 40):
        assert len(plain(word)) >= 40


# --- feeds, lists, robots.txt, addresses -----------------------------------------------------------------------------

LAUGHS = "<!DOCTYPE r [<!ENTITY a0 'lol'>{}]>".format(
    "".join(f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 12))
)
TITLES = {
    "laughs": (LAUGHS, "&a11;"),
    "a long entity often": (f"<!DOCTYPE r [<!ENTITY a '{'x' * 100_000}'>]>", "&a;" * 100_000),
    "an entity in itself": ("<!DOCTYPE r [<!ENTITY a '&b;'><!ENTITY b '&a;'>]>", "&a;"),
    "a file": ("<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>", "&a;"),
    "a parameter entity": ("<!DOCTYPE r [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p; <!ENTITY a 'root:'>]>", "&a;"),
    "an external DTD": ("<!DOCTYPE r SYSTEM 'file:///etc/passwd'>", "&a;"),
    "an inclusion": (
        "",
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
    ),
}
ARTICLE = "https://www.hani.co.kr/arti/english_edition/e_national/7.html"


@pytest.mark.parametrize("name", TITLES)
def test_no_entity_is_resolved(name: str) -> None:
    head, text = TITLES[name]
    rss = f'<?xml version="1.0"?>{head}<rss><item><title>T {text}</title><link>{ARTICLE}</link></item></rss>'
    atom = f'{head}<feed><entry><title>{text}</title><link href="{text}"/></entry><entry><link href="{ARTICLE}"/></entry></feed>'
    for feed in (rss, f"<?xml version='1.0'?>{atom}"):
        for encoding in ("utf-8", "utf-16", "utf-7"):
            with net():
                listing = read_listing(feed.encode(encoding), FEED)
            assert {s.article_id for s in listing.sightings} <= {7}
            told = "".join(s.title or "" for s in listing.sightings)
            assert "root:" not in told and "lol" not in told and "xxx" not in told


def test_an_entry_of_half_a_surrogate_pair_is_passed_over() -> None:
    feed = f"<rss><item><link>&#xd800;</link></item><item><title>&#xdfff;</title></item><item><link>{ARTICLE}</link></item></rss>"
    assert [s.article_id for s in read_listing(feed.encode(), FEED).sightings] == [7]


def test_a_list_of_any_size_is_bounded() -> None:
    feeds = "".join(f'<a href="/rss/english/{n}">x</a>' for n in range(5000))
    assert len(read_listing(f"<html>{feeds}".encode(), FEED).feeds) == 20
    assert read_listing(("<html>" + "<a href=x>" * MOST_TAGS).encode(), LIST).sightings == ()
    nested = '<li class="ArticleList_item"><div><ul>' * 60 + f'<a href="{ARTICLE}">t</a>' * 10_000
    with net():
        assert counted(lambda: read_listing(f"<ul>{nested}".encode(), LIST), 2_000_000) > 0


def test_many_robots_over_many_rules_are_read_as_one() -> None:
    robots = b"".join(b"User-agent: a%d\n" % n for n in range(10_000)) + b"Disallow: /x\n" * 20_000
    ours = b"User-agent: *\nDisallow: /arti/PRINT/\n"
    assert counted(lambda: rules_from(200, robots + ours, AGENT, None), 3_000_000) > 0
    rules = rules_from(200, robots + ours, AGENT, None)
    assert rules.refusal("https://www.hani.co.kr/x", AGENT) is None
    assert rules.refusal("https://www.hani.co.kr/arti/PRINT/1.html", AGENT)


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [
        ("User-agent: other\nUser-agent: hani\nDisallow: /", False),
        ("User-agent: hani\nUser-agent: other\nDisallow: /", False),
        ("User-agent: other\nDisallow: /\nUser-agent: another one\nDisallow: /", True),
        ("User-agent: *\nAllow: /\n\nUser-agent: other\nDisallow: /", True),
        ("useragent hani*\nDisallow: /", False),
        ("USER AGENT: Hani/0.1 # us\nDisallow: /", False),
        ("\n".join(f"User-agent: x{n}" for n in range(99)) + "\nUser-agent: *\nDisallow: /", False),
    ],
)
def test_robots_under_one_name_leave_our_rules_as_they_are(robots: str, allowed: bool) -> None:
    assert (rules_from(200, robots.encode(), AGENT, None).refusal(ARTICLE, AGENT) is None) is allowed


NAMES = st.sampled_from(
    "div p span a b br img h1 h2 h3 h4 ul li table td figure figcaption article script i font".split()
)
ATTRIBUTES = st.sampled_from(
    [
        'class="article-head"',
        'class="article-text"',
        'class="text"',
        'class="title"',
        'class="date-time"',
        'class="subtitle"',
        'id="bodyapp"',
        'id="titleapp"',
        'id="renewal2023"',
        'class="headline-data"',
        'class="ArticleDetailView_title__1"',
        'class="ArticleDetailView_dateList__1"',
        'class="image-area"',
        'class="desc"',
        'src="/imgdb/a.jpg"',
        "hidden",
        "",
        "",
        'href="/arti/politics/1.html"',
        'style="display:none"',
        'class="ad"',
        'data-hani-text="1"',
        "srcset=,",
    ]
)
WORDS = st.sampled_from(
    [
        "Posted on : 2023-06-09 17:50 KST",
        "Modified on : 2023-06-09 17:50",
        "By Kim A-ra, staff reporter",
        "Related stories",
        "The bridge opens.",
        "(Yonhap)",
        "[english@hani.co.kr]",
        "Please direct questions to [a@hani.co.kr]",
        " ",
        "\n",
    ]
) | st.text(max_size=30)
TREES = st.recursive(
    WORDS,
    lambda inside: st.builds(
        lambda name, attribute, parts: f"<{name} {attribute}>{''.join(parts)}</{name}>",
        NAMES,
        ATTRIBUTES,
        st.lists(inside, max_size=6),
    ),
    max_leaves=40,
)


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(st.lists(TREES, max_size=6).map("".join))
def test_trees_that_nobody_would_write(markup: str) -> None:
    check_page(markup.encode("utf-8", "surrogatepass"))
    check_page(framed("").replace(b'class="text">', b'class="text">' + markup.encode("utf-8", "surrogatepass")))
    check_listing(markup.encode("utf-8", "surrogatepass"), LIST)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(SOUP) | st.binary(max_size=20), max_size=12).map(b"".join))
def test_bytes_that_nobody_would_send(body: bytes) -> None:
    check_page(body)
    check_listing(body, LIST)
    check_listing(b"<rss>" + body, FEED)
    check_robots(body)


HOSTLIKE = st.lists(
    st.sampled_from(
        ["www.hani.co.kr", "evil.example", "https:", "http:", "/", "//", "\\", "@", ":", "[", "]", "#", "?", "%2e"]
    )
    | st.sampled_from(
        ["\t", "\n", ".", "443", "127.0.0.1:8800", "\u212a", "\uff0e", "arti/english_edition/x/1.html", "\x00", "xn--"]
    )
    | st.characters(),
    max_size=8,
).map("".join)


@settings(deadline=None, max_examples=1000)
@given(HOSTLIKE)
def test_every_address_is_of_the_site_or_none(reference: str) -> None:
    base, origin = "https://www.hani.co.kr/arti/english_edition/e_national/1.html", "http://127.0.0.1:8800"
    target = from_origin(resolve(base, reference), origin, HOSTS[0])
    host = site_host(target)
    assert host is None or host in HOSTS
    if host is not None:
        authority = target.split("//", 1)[1].split("/", 1)[0].split("?")[0].split("#")[0]
        assert authority.lower().rstrip(".").removesuffix(":443").removesuffix(":80").rstrip(".:") in HOSTS
