"""What feeds and lists offer: articles of the English edition, each once; everything else is only counted."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.discovery import MAX_ENTRIES, Listing, Walk, read_listing, section_walks, walk_named, walks

FEED = "https://www.hani.co.kr/rss/english_edition/"
OLD = "http://english.hani.co.kr/arti/english_edition/e_northkorea/list1.html"
NEW = "https://www.hani.co.kr/arti/english_edition/e_national?page=1"
EN = "https://www.hani.co.kr/arti/english_edition/e_national"


def item(link: str, title: str = "A title", more: str = "") -> str:
    return f"<item><title><![CDATA[{title}]]></title><link>{link}</link>{more}</item>"


def rss(*items: str, head: str = '<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    return f'{head}<rss version="2.0"><channel><title>Hani</title>{"".join(items)}</channel></rss>'.encode()


def cards(*links: str, kind: str = "ArticleList_item__9k", link_class: str = "BaseArticleCard_link__9k") -> bytes:
    listed = "".join(
        f'<li class="{kind}"><a class="{link_class}" href="{link}"><h3>Title {n}</h3></a></li>'
        for n, link in enumerate(links, 1)
    )
    return f'<html><body><ul class="ArticleList_list__9k">{listed}</ul></body></html>'.encode()


def next_data(page_props: object) -> bytes:
    data = json.dumps({"props": {"pageProps": page_props}})
    return f'<html><body><div></div><script id="__NEXT_DATA__" type="application/json">{data}</script></body></html>'.encode()


def numbers(listing: Listing) -> list[int]:
    return [sighting.article_id for sighting in listing.sightings]


IMAGE = (
    '<description><![CDATA[<img src="https://img.hani.co.kr/imgdb/original/2026/0814/1.webp" border=0>]]></description>'
)


@pytest.mark.parametrize(
    ("body", "url", "found", "other"),
    [
        (rss(item(f"{EN}/3.html", more=IMAGE), item(f"{EN}/1.html")), FEED, [3, 1], 0),
        (
            rss(item(f"{EN}/3.html?utm_source=rss"), item("http://english.hani.co.kr/arti/english_edition/e_x/3.html")),
            FEED,
            [3],
            0,
        ),
        (rss(item("https://www.hani.co.kr/arti/politics/diplomacy/1095207.html"), item(f"{EN}/1.html")), FEED, [1], 1),
        (rss(item("https://example.org/1.html"), item("")), FEED, [], 2),
        (rss(), FEED, [], 0),
        (rss(item(f"{EN}/3.html"), head=""), FEED, [3], 0),
        (rss(item(f"{EN}/3.html"), head='\ufeff<?xml version="1.0" encoding="euc-kr"?>\n'), FEED, [3], 0),
        (rss(item(f"{EN}/3.html"))[:-30], FEED, [3], 0),  # cut off
        (
            f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>t</title><link href="{EN}/5.html"/></entry></feed>'.encode(),
            FEED,
            [5],
            0,
        ),
        (
            b'<html><body><ul class="list-group"><li><a href="/arti/english_edition/e_northkorea/9.html">Nine</a>'
            b'<a href="/arti/english_edition/e_northkorea/10.html">More</a></li><li><a href="8.html">Eight</a></li></ul></body></html>',
            OLD,
            [9, 8],
            0,
        ),
        (cards("/arti/english_edition/e_national/7.html", "/arti/politics/6.html", f"{EN}/5.html"), NEW, [7, 5], 1),
        (
            cards(
                "/arti/english_edition/e_national/7.html",
                kind="ArticleGalleryList_item__x",
                link_class="BaseArticleCardVertical_link__x",
            ),
            NEW,
            [7],
            0,
        ),
        (next_data({"list": [{"id": 7, "title": "T", "url": "/arti/english_edition/e_national/7.html"}]}), NEW, [7], 0),
        (next_data({"listData": {"articleList": [{"title": "T", "url": f"{EN}/7.html"}]}}), NEW, [7], 0),
        (next_data({"list": []}), NEW, [], 0),
        (next_data({"list": [None, 1, "x", {}, {"url": None}, {"url": 7, "title": 7}]}), NEW, [], None),
        (next_data(None), NEW, [], 0),
        (cards(), NEW, [], 0),
        (b"", NEW, [], 0),
        (b"  \n", NEW, [], 0),
        (b"<!-- -->", NEW, [], 0),
        (b"<?xml version='1.0'?>", FEED, [], 0),
        (b"<rss", FEED, [], 0),
        (b"Not found", NEW, [], 0),
        (b"\x00\x01\xff", NEW, [], 0),
    ],
)
def test_what_a_page_offers(body: bytes, url: str, found: list[int], other: int | None) -> None:
    listing = read_listing(body, url)
    assert numbers(listing) == found
    assert other is None or listing.other == other


def test_a_sighting_tells_address_position_and_title() -> None:
    listing = read_listing(
        rss(item(f"{EN}/3.html", "“Quotes” &amp; more"), item(f"{EN}/1.html?utm_source=rss", "Second")), FEED
    )
    assert [(s.url, s.position) for s in listing.sightings] == [(f"{EN}/3.html", 1), (f"{EN}/1.html", 2)]
    assert listing.sightings[1].title == "Second"


def test_an_article_in_both_forms_of_a_list_is_seen_once() -> None:
    data = next_data({"list": [{"title": "As data", "url": "/arti/english_edition/e_national/7.html"}]})
    body = cards("/arti/english_edition/e_national/7.html").replace(b"</body></html>", b"") + data
    assert numbers(read_listing(body, NEW)) == [7]


def test_side_links_of_a_known_list_are_not_its_items() -> None:
    body = cards(f"{EN}/7.html").replace(
        b"</body>", f'<aside><a href="{EN}/99.html">Most viewed</a></aside></body>'.encode()
    )
    assert numbers(read_listing(body, NEW)) == [7]


def test_an_empty_known_list_offers_nothing_although_the_page_has_links() -> None:
    body = cards().replace(b"</body>", f'<aside><a href="{EN}/99.html">Most viewed</a></aside></body>'.encode())
    assert numbers(read_listing(body, NEW)) == []


def test_a_page_of_feeds_leads_to_those_of_the_english_edition() -> None:
    body = (
        b'<html><body><a href="/rss/english_edition/">English</a><a href="/rss/politics/">Politics</a>'
        b'<a href="https://example.org/rss/english_edition/">Elsewhere</a></body></html>'
    )
    assert read_listing(body, "https://www.hani.co.kr/rss/").feeds == (FEED,)


def test_entities_are_neither_loaded_nor_multiplied() -> None:
    bomb = (
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
        + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
        + '<!ENTITY file SYSTEM "file:///etc/passwd">]>'
    )
    listing = read_listing(
        rss(
            item(f"{EN}/3.html").replace("A title", "x"),
            f"<item><title>&j;&file;</title><link>{EN}/4.html</link></item>",
            head=bomb,
        ),
        FEED,
    )
    assert all("root:" not in (s.title or "") and len(s.title or "") < 600 for s in listing.sightings)


def test_no_page_offers_more_than_the_bound() -> None:
    body = rss(*(item(f"{EN}/{n}.html", "t" * 2000) for n in range(1, MAX_ENTRIES + 500)))
    listing = read_listing(body, FEED)
    assert len(listing.sightings) == MAX_ENTRIES
    assert max(len(s.title or "") for s in listing.sightings) <= 500


def test_half_a_character_in_the_pages_data_is_no_text() -> None:
    data = '{"props":{"pageProps":{"list":[{"title":"cut \\ud83d","url":"/arti/english_edition/e_national/7.html"}]}}}'
    body = f'<html><body><script id="__NEXT_DATA__">{data}</script></body></html>'.encode()
    listing = read_listing(body, NEW)
    assert numbers(listing) == [7]
    assert all((s.title or "").encode() is not None for s in listing.sightings)


PIECES = st.sampled_from(
    [
        b"<?xml version='1.0'?>",
        b"<rss>",
        b"<item>",
        b"</item>",
        b"<link>",
        b"<title>",
        b"<!-- -->",
        b"<![CDATA[",
        b"]]>",
        b"<html>",
        b"<ul class='list-group'>",
        b"<li>",
        b"<a href='",
        b"'>",
        b"</a>",
        b"//[",
        b"http://[",
        b"/arti/english_edition/e_x/1.html",
        b"\x00",
        b"<script id='__NEXT_DATA__'>",
        b'{"props":{"pageProps":{"list":[',
        b"]}}}",
        b"</script>",
        b"&a;",
        b"<!DOCTYPE a [",
        b"\xff\xfe",
    ]
)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(PIECES | st.binary(max_size=8), max_size=12).map(b"".join),
    st.sampled_from([FEED, OLD, NEW, "https://www.hani.co.kr/rss/"]),
)
def test_no_bytes_make_reading_a_list_fail(body: bytes, url: str) -> None:
    listing = read_listing(body, url)
    assert len(set(numbers(listing))) == len(listing.sightings)
    assert listing.other >= 0


@pytest.mark.parametrize(
    ("walk", "page", "url"),
    [
        (
            Walk("old:e_northkorea", "e_northkorea", "old"),
            2,
            "https://english.hani.co.kr/arti/english_edition/e_northkorea/list2.html",
        ),
        (
            Walk("new:e_national", "e_national", "new"),
            3,
            "https://www.hani.co.kr/arti/english_edition/e_national?page=3",
        ),
        (Walk(FEED, None, "feed"), 1, FEED),
    ],
)
def test_the_addresses_of_a_walk(walk: Walk, page: int, url: str) -> None:
    assert walk.page_url(page) == url
    assert walk_named(walk.name) == walk


def test_a_night_looks_through_feeds_and_both_forms_of_every_section() -> None:
    listed = walks([FEED], ["e_national", "e_business"])
    assert listed[0].name == FEED
    assert listed[1:] == [*section_walks("e_national"), *section_walks("e_business")]
    assert {walk.form for walk in section_walks("e_national")} == {"old", "new"}
