"""Feeds: valid by validators, readable by an independent reader, the same for ever, and cheap to ask for again."""

import json
import re
import sqlite3
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from archive.display.feeds import MOST_HTML, Entry, Feed, Tag, permanent, to_atom, to_json_feed
from archive.records import Article
from tests.conftest import ROOT, Hani
from tests.reading import POSTED, Served, an_article, serving, written

RNG = etree.RelaxNG(etree.parse(ROOT / "tests" / "atom.rng"))
SCHEMA = Draft202012Validator(json.loads((ROOT / "tests" / "jsonfeed.schema.json").read_text("utf-8")))
STORIES: list[dict[str, Any]] = json.loads((ROOT / "tests" / "histories.json").read_text("utf-8"))
NAMES = ("articles", "edits", "silent", "removals", "changes")
ALLOWED = {"p", "h4", "del", "ins", "em", "br", "a", "span", "mark"}
AT_FIRST, THEN, LATER = "2023-06-10T01:00:00Z", "2023-06-11T01:00:00Z", "2023-06-12T01:00:00Z"


class Shape(HTMLParser):
    """What elements and attributes a piece of HTML has, and whether it closes what it opens."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[tuple[str, str | None]] = set()
        self.links: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {(name, None if name == "href" else value) for name, value in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check_html(html: str) -> None:
    """Nothing in it runs, loads or styles anything."""
    shape = Shape(html)
    assert shape.open == []
    assert shape.elements <= ALLOWED
    assert {name for name, _ in shape.attributes} <= {"href", "class", "lang"}
    assert all(re.match(r"https?://[!-~]+$", link) for link in shape.links)


def check_atom(body: bytes) -> Any:
    """Valid by the RFC's schema, and as an independent reader has it."""
    document = etree.fromstring(body)
    assert RNG.validate(document), RNG.error_log
    parsed = feedparser.parse(body)
    assert not parsed.bozo, parsed.bozo_exception
    assert parsed.version == "atom10"
    assert len({entry.id for entry in parsed.entries}) == len(parsed.entries)
    for content in document.iterfind("{*}entry/{*}content"):
        check_html(content.text or "")
    return parsed


def check_json(body: bytes) -> Any:
    found = json.loads(body)
    assert [error.message for error in SCHEMA.iter_errors(found)] == []
    for item in found["items"]:
        check_html(item["content_html"])
    return found


def asked(served: Served, name: str, query: str = "") -> tuple[Any, Any]:
    """A feed in both forms, both checked and alike."""
    atom, in_json = (served.get(f"/-/hani/feed/{name}.{form}{query}") for form in ("atom", "json"))
    assert (atom.headers["content-type"], in_json.headers["content-type"]) == (
        "application/atom+xml; charset=utf-8",
        "application/feed+json",
    )
    one, other = check_atom(atom.content), check_json(in_json.content)
    assert [(entry.id, entry.title, entry.link, entry.updated) for entry in one.entries] == [
        (item["id"], item["title"], item["url"], item["date_modified"]) for item in other["items"]
    ]
    assert one.feed.title == other["title"]
    return one, other


def article_of(item: dict[str, Any]) -> int:
    found = re.search(r"/-/hani/article/(\d+)", item["url"])
    assert found
    return int(found[1])


def only_format(version: dict[str, Any]) -> bool:
    return {kind for kinds in version.get("changes", {}).values() for kind in kinds} == {"format"}


def edits_by_hand(silent: bool) -> list[int]:
    """The articles of the edits that the hand-written histories tell of, one for each edit."""
    return sorted(
        story["id"]
        for story in STORIES
        for version in story["versions"]
        if version["kind"] in ("text", "revert") and not only_format(version) and (version["silent"] or not silent)
    )


# --- what they tell --------------------------------------------------------------------------------------------------


def test_each_feed_is_valid_and_tells_what_the_histories_written_by_hand_do(nights: Path) -> None:
    with serving(nights) as served:
        found = {name: asked(served, name)[1]["items"] for name in NAMES}
    assert sorted(map(article_of, found["edits"])) == edits_by_hand(silent=False)
    assert sorted(map(article_of, found["silent"])) == edits_by_hand(silent=True)
    gone = {story["id"] for story in STORIES if set(story["status"].values()) & {"removed", "moved", "returned"}}
    assert set(map(article_of, found["removals"])) == gone
    back = {story["id"] for story in STORIES if "returned" in story["status"].values()}
    assert {article_of(item) for item in found["removals"] if item["title"].startswith("Back again: ")} == back
    assert len(found["articles"]) == len(found["changes"]) == 30
    assert article_of(found["articles"][0]) == 1279118  # posted last
    for items in found.values():
        moments = [item["date_published"] for item in items]
        assert moments == sorted(moments, reverse=True)


def test_an_edit_is_told_word_by_word(nights: Path) -> None:
    with serving(nights) as served:
        items = asked(served, "silent")[1]["items"]
    [item] = [item for item in items if article_of(item) == 870793]
    assert item["title"].startswith("Silent edit: ")
    assert "<h4>Paragraph 3 (figure)</h4>" in item["content_html"]
    assert '<del class="figure">1,284</del> <ins class="figure">1,248</ins>' in item["content_html"]
    assert item["tags"][1:] == ["figure", "silent"]
    assert re.search(r"Last seen as it was .* KST \(SHA-256 [0-9a-f]{64}\), stamp .* KST", item["content_html"])


def test_an_entry_says_what_was_written_by_hand(tmp_path: Path) -> None:
    before = an_article(
        "서울 Bridge opens", "It cost 3 billion won.", authors=("Kim A-ra",), section="e_national", modified_at=POSTED
    )
    after = an_article(
        "서울 Bridge opens", "It cost 5 billion won.", authors=("Kim A-ra",), section="e_national", modified_at=POSTED
    )
    db = written(tmp_path / "a.db", [(11, AT_FIRST, before), (11, THEN, after)])
    with serving(db, plugin={"public_url": "https://read.example.org/"}) as served:
        parsed, found = asked(served, "edits")
    [item] = found["items"]
    del item["content_html"]
    assert item.pop("id").startswith("urn:uuid:")
    assert re.fullmatch(
        r"https://read\.example\.org/-/hani/article/11/compare\?from=11%40[0-9a-f]{12}&to=11%40[0-9a-f]{12}#change-1",
        item.pop("url"),
    )
    assert item == {
        "external_url": "https://english.hani.co.kr/arti/english_edition/e_national/11.html",
        "title": "Silent edit: 서울 Bridge opens",
        "date_published": THEN,
        "date_modified": THEN,
        "authors": [{"name": "Kim A-ra"}],
        "tags": ["National", "figure", "silent"],
        "language": "en",
    }
    assert found["feed_url"] == "https://read.example.org/-/hani/feed/edits.json"
    assert found["home_page_url"] == "https://read.example.org/-/hani/changes"
    entry = parsed.entries[0]
    assert [(tag.term, tag.label) for tag in entry.tags] == [
        ("e_national", "National"),
        ("figure", "figure"),
        ("silent", "silent"),
    ]
    assert {(link.rel, link.type) for link in parsed.feed.links} == {
        ("self", "application/atom+xml"),
        ("alternate", "text/html"),
        ("alternate", "application/feed+json"),
    }


def test_an_articles_entry_has_the_beginning_of_its_text_and_says_when_it_was_edited(tmp_path: Path) -> None:
    words = "Rice rose again. " * 40
    before, after = (an_article("쌀값", figure, words, words, subtitle="Rice") for figure in ("By 3%.", "By 5%."))
    with serving(written(tmp_path / "a.db", [(11, AT_FIRST, before)])) as served:
        [item] = asked(served, "articles")[1]["items"]
        assert '<title xml:lang="ko">쌀값</title>' in served.get("/-/hani/feed/articles.atom").text
        assert (item["date_published"], item["date_modified"]) == (before.posted_at, AT_FIRST)
        assert (item["language"], item["url"]) == ("ko", "http://localhost/-/hani/article/11")
        assert item["content_html"].startswith("<p><em>Rice</em></p><p>By 3%.</p><p>Rice rose again.")
        assert 1_200 < len(item["content_html"]) < 2_000
        written(tmp_path / "a.db", [(11, THEN, after)])
        [later] = asked(served, "articles")[1]["items"]
    assert (later["id"], later["date_published"], later["date_modified"]) == (item["id"], before.posted_at, THEN)
    assert "By 5%." in later["content_html"] and "Last edit seen 2023-06-11 10:00 KST" in later["content_html"]
    assert "Last edit seen" not in item["content_html"]


def test_the_feed_of_changes_takes_the_pages_parameters(nights: Path) -> None:
    with serving(nights) as served:
        found = asked(served, "changes", "?kind=quote&silent=1")[1]
        assert [article_of(item) for item in found["items"]] == [1208731]
        assert found["title"] == "Changes (kind: quote, silent: 1) – The Hankyoreh, archived"
        assert found["home_page_url"] == "http://localhost/-/hani/changes?kind=quote&silent=1"
        assert found["feed_url"] == "http://localhost/-/hani/feed/changes.json?kind=quote&silent=1"
        wrong = served.get("/-/hani/feed/changes.json?kind=gossip")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "There is no kind 'gossip'.")


def test_any_search_has_its_feed_the_newest_first(nights: Path) -> None:
    with serving(nights) as served:
        found = asked(served, "search", "?q=noodles&sort=best&page=7")[1]
        assert found["home_page_url"] == "http://localhost/-/hani/search?q=noodles&sort=newest"
        assert found["feed_url"] == "http://localhost/-/hani/feed/search.json?q=noodles"
        items = found["items"]
        assert {1279118, 1242218} <= set(map(article_of, items))
        assert [item["date_published"] for item in items] == sorted((i["date_published"] for i in items), reverse=True)
        assert all("<mark>" in item["content_html"] for item in items)
        narrowed = asked(served, "search", "?q=noodles&silent=1")[1]["items"]
        assert list(map(article_of, narrowed)) == [1242218]
        page = served.get("/-/hani/search?q=noodles&silent=1").text
        assert 'href="/-/hani/feed/search.atom?q=noodles&amp;silent=1"' in page


def test_a_search_in_versions_or_edits_has_its_feed_too(tmp_path: Path) -> None:
    pages = [
        (11, AT_FIRST, an_article("Rice", "Rice rose sharply again.")),
        (11, THEN, an_article("Rice", "Rice rose again.")),
    ]
    with serving(written(tmp_path / "a.db", [*pages, (12, THEN, an_article("Rice", "Sharply."))])) as served:
        current, versions, removed = (
            asked(served, "search", f"?q=sharply&in={scope}")[1]["items"]
            for scope in ("current", "versions", "removed")
        )
        edits = ids(served, "edits")
    assert list(map(article_of, current)) == [12]
    assert [re.sub("@.*", "", item["url"]) for item in versions] == [
        "http://localhost/-/hani/version/12",
        "http://localhost/-/hani/version/11",
    ]
    assert [item["id"] for item in removed] == edits
    assert "<del>sharply</del>" in removed[0]["content_html"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "there is no word to search for in ''"),
        ("?q=%22%27", "there is no word to search for in '\"\\''"),
        ("?q=rice&from=someday", "'someday' is no year, month or day such as 2026, 2026-11 or 2026-11-23."),
    ],
)
def test_a_search_that_nobody_understands_has_no_feed(nights: Path, query: str, sentence: str) -> None:
    with serving(nights) as served:
        answer = served.get(f"/-/hani/feed/search.json{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, sentence)


def test_what_is_no_feed_is_said_in_a_sentence(nights: Path) -> None:
    with serving(nights) as served:
        answer = served.get("/-/hani/feed/gossip.json")
        assert served.get("/-/hani/feed/gossip.atom").status_code == 404
        assert served.get("/-/hani/feed/edits.atom", method="POST").status_code == 405
    assert answer.status_code == 404
    assert answer.json() == {
        "ok": False,
        "status": 404,
        "error": "There is no feed 'gossip'; there are articles, edits, silent, removals, changes, search.",
    }


def test_the_pages_tell_readers_of_the_feeds(nights: Path) -> None:
    with serving(nights) as served:
        for page in ("/", "/-/hani/feeds"):
            text = served.get(page).text
            links = re.findall(r'<link rel="alternate" type="([^"]+)" title="[^"]+" href="([^"]+)">', text)
            assert {address for _, address in links} == {f"/-/hani/feed/{name}.atom" for name in NAMES[:4]}
            for kind, address in links:
                assert served.get(address).headers["content-type"].startswith(kind)
        offered = re.findall(r'href="(/-/hani/feed/[^"]+\.json)"', served.get("/-/hani/feeds").text)
        assert [served.get(address).status_code for address in offered] == [200] * 4


def test_an_archive_without_anything_has_feeds_too(hani: Hani, tmp_path: Path) -> None:
    db = written(tmp_path / "a.db", [])
    with serving(db) as served:
        for name in NAMES:
            assert asked(served, name)[1]["items"] == []


# --- names that last -------------------------------------------------------------------------------------------------


def ids(served: Served, name: str) -> list[str]:
    return [item["id"] for item in served.json(f"/-/hani/feed/{name}.json")["items"]]


def test_ids_outlast_a_move_a_rebuild_and_what_comes_later(archive: Path, hani: Hani) -> None:
    names = NAMES[:4]
    with serving(archive) as served:
        before = {name: ids(served, name) for name in names}
        feed = feedparser.parse(served.get("/-/hani/feed/edits.atom").content).feed.id
    assert hani("rebuild", db=archive).code == 0
    with serving(archive, plugin={"public_url": "https://elsewhere.example.org"}) as served:
        assert {name: ids(served, name) for name in names} == before
        assert feedparser.parse(served.get("/-/hani/feed/edits.atom").content).feed.id == feed
    assert set(before["silent"]) < set(before["edits"])  # one edit is one entry, whatever feed has it
    assert set(before["edits"]).isdisjoint(before["articles"] + before["removals"])


def test_two_archives_name_their_entries_differently(tmp_path: Path) -> None:
    one = written(tmp_path / "one.db", [(11, AT_FIRST, an_article())])
    other = written(tmp_path / "other.db", [(11, THEN, an_article())])
    with serving(one) as served, serving(other) as served_too:
        assert set(ids(served, "articles")).isdisjoint(ids(served_too, "articles"))
    assert permanent("a", "b") == permanent("a", "b") != permanent("a", "c")


# --- asked again -----------------------------------------------------------------------------------------------------


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """An archive of one edited article, last looked at LATER."""
    pages = [(11, AT_FIRST, an_article("Rice", "Up 3%.")), (11, THEN, an_article("Rice", "Up 5%."))]
    return written(tmp_path / "a.db", [*pages, (11, LATER, pages[1][2])])


@pytest.mark.parametrize("form", ["atom", "json"])
def test_one_who_has_a_feed_is_told_that_it_is_the_same(edited: Path, form: str) -> None:
    address = f"/-/hani/feed/edits.{form}"
    with serving(edited) as served:
        first = served.get(address)
        tag, date = first.headers["etag"], first.headers["last-modified"]
        assert date == "Mon, 12 Jun 2023 01:00:00 GMT"
        for known in (tag, f"W/{tag}", f'"other", {tag}', f'W/"other",W/{tag}', "*"):
            again = served.get(address, {"if-none-match": known})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), known
        for known in ('"other"', 'W/"other"', tag.strip('"'), "", '"'):
            assert served.get(address, {"if-none-match": known}).status_code == 200, known
        for since, status in (
            (date, 304),
            ("Tue, 13 Jun 2023 00:00:00 GMT", 304),
            ("Mon, 12 Jun 2023 00:59:59 GMT", 200),
            ("yesterday", 200),
            ("", 200),
            ("Mon, 12 Jun 2023 01:00:00", 200),  # no zone
            ("Mon, 99 Jun 2023 01:00:00 GMT", 200),
        ):
            assert served.get(address, {"if-modified-since": since}).status_code == status, since
        both = {"if-none-match": '"other"', "if-modified-since": date}
        assert served.get(address, both).status_code == 200  # the tag decides
        assert served.get(address, {"if-none-match": tag, "if-modified-since": AT_FIRST}).status_code == 304
        assert served.get("/-/hani/feed/gossip.json", {"if-none-match": "*"}).status_code == 404


def test_head_says_what_get_says(edited: Path) -> None:
    with serving(edited) as served:
        get, head = (served.get("/-/hani/feed/edits.atom", method=method) for method in ("GET", "HEAD"))
        assert head.status_code == 200
        assert {**head.headers, "content-length": ""} == {**get.headers, "content-length": ""}
        again = served.get("/-/hani/feed/edits.atom", {"if-none-match": get.headers["etag"]}, method="HEAD")
    assert again.status_code == 304


def test_a_feed_that_lost_an_entry_is_another_one_though_nothing_newer_came(edited: Path) -> None:
    with serving(edited) as served:
        first = served.get("/-/hani/feed/edits.json")
        with closing(sqlite3.connect(edited)) as writer, writer:
            writer.execute("delete from changes")
        tagged = served.get("/-/hani/feed/edits.json", {"if-none-match": first.headers["etag"]})
    assert len(first.json()["items"]) == 1
    assert (tagged.status_code, tagged.json()["items"]) == (200, [])


def test_whatever_comes_in_makes_the_date_a_newer_one(edited: Path) -> None:
    with serving(edited) as served:
        first = served.get("/-/hani/feed/edits.json")
        since = {"if-modified-since": first.headers["last-modified"]}
        written(edited, [(11, "2023-06-13T01:00:00Z", an_article("Rice", "Up 7%."))])
        answer = served.get("/-/hani/feed/edits.json", since)
    assert (answer.status_code, len(answer.json()["items"])) == (200, 2)


def test_no_date_lies_in_the_future(tmp_path: Path) -> None:
    db = written(tmp_path / "a.db", [(11, "2923-06-10T01:00:00Z", an_article())])
    with serving(db) as served:
        answer = served.get("/-/hani/feed/articles.atom")
    assert "2923" not in answer.headers["last-modified"]


# --- hostile ---------------------------------------------------------------------------------------------------------

TRICKS = (
    "<script>alert(1)</script>",
    "]]><entry><id>urn:x</id></entry><![CDATA[",
    '"><img src=x onerror=alert(1)>',
    "</content></entry></feed><!-- ",
    "&lt;b&gt; &amp;amp; &#0; &nbsp;",
    "\x00\x01\x0b\x1f\x7f\x85 control",
    "\u202eevil\u2066 turned \u200f",
    "\ufffe\uffff \U0001fffe not characters",
    "javascript:alert(1) <a href='javascript:alert(1)'>x</a>",
    "{{ 7 * 7 }} {% raw %}",
    "   ",
    "\x1b",
)


def hostile(text: str, more: str) -> Article:
    return an_article(text, f"{text} {more}", text, subtitle=text, authors=(text, "\x1b"), byline=text, section=text)


@pytest.mark.parametrize("trick", TRICKS, ids=range(len(TRICKS)))
def test_feeds_of_hostile_articles_are_valid_and_harmless(tmp_path: Path, trick: str) -> None:
    pages = [(11, AT_FIRST, hostile(trick, "one")), (11, THEN, hostile(trick, "two <del>x</del>")), (12, THEN, None)]
    with serving(written(tmp_path / "a.db", pages)) as served:
        for name in NAMES:
            asked(served, name)
        asked(served, "search", "?q=one+OR+two")
        asked(served, "search", f"?q={quote(trick)}+two&in=versions")
        assert "7 * 7" in trick or "49" not in served.get("/-/hani/feed/articles.json").json()["items"][0]["title"]


def test_a_feed_of_megabytes_is_short_and_compares_little(tmp_path: Path) -> None:
    long = "&" * 1_000_000
    before, after = (an_article(f"{long}{end}", f"{long}{end}", "Rice rose.", f"By {end}.") for end in ("3%", "5%"))
    with serving(written(tmp_path / "a.db", [(11, AT_FIRST, before), (11, THEN, after)])) as served:
        for name in NAMES:
            parsed, found = asked(served, name)
            for item in found["items"]:
                assert len(item["title"]) <= 320
                assert len(item["content_html"]) <= MOST_HTML + 2_000
            assert len(parsed.entries) == (name != "removals")
        [edit] = found["items"]
    assert edit["content_html"].count("<h4>") == 1
    assert "<h4>Paragraph 3 (figure)</h4>" in edit["content_html"]
    assert "<p>3 more changes.</p>" in edit["content_html"]


TEXT = st.text(st.characters(), max_size=60)


@settings(max_examples=60, deadline=None)
@given(TEXT, st.lists(TEXT, max_size=3), TEXT)
def test_whatever_a_record_holds_both_forms_are_valid(title: str, names: list[str], html: str) -> None:
    entry = Entry(
        id=permanent("here", title.encode("utf-8", "replace").decode()),
        title=title,
        link="https://read.example.org/a?b=1&c=2",
        html=html,
        updated=THEN,
        published=AT_FIRST,
        authors=tuple(names),
        tags=tuple(Tag(name, name) for name in names),
    )
    address = "https://read.example.org/feed"
    feed = Feed(permanent("here", "feed"), f"About {title}", html, "hani", address, address, address, THEN, (entry,))
    document = etree.fromstring(to_atom(feed))
    assert RNG.validate(document), RNG.error_log
    assert [error.message for error in SCHEMA.iter_errors(json.loads(to_json_feed(feed)))] == []
