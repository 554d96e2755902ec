"""The search: whatever is typed, in texts, versions and edits; the page, through the server."""

import unicodedata
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from lxml import html

from archive.database import open_reader
from archive.errors import BadQuery
from archive.reads.search import MOST_TERMS, Scope, Sought, article_named, count, fts_query, search, terms
from archive.web.addresses import Addresses
from archive.web.answers import Asked, Page
from archive.web.forms import period
from archive.web.routing import run
from archive.web.views.search import highlighted
from archive.web.views.search import search as show_search
from tests.reading import Seen, Served, an_article, serving, written

NORTH = an_article(
    "N. Korea fires a missile", "Pyongyang said nothing.", posted_at="2018-03-01T01:00:00Z", section="e_northkorea"
)
SUMMIT = an_article(
    "Leaders agree on little",
    "The trilateral summit was short. U.S.-China relations did not come up, nor did Korea’s ports.",
    authors=("Kim Na-ri", "Lee Do"),
    posted_at="2023-06-09T08:50:00Z",
    section="e_international",
)
ASSEMBLY = an_article(
    "A vote at midnight", "국회에서 열린 회의. 한반도 평화.", posted_at="2024-12-31T15:30:00Z", section="e_national"
)
FACTORY = an_article(
    "A café where C is taught",
    "The summit of the hill; a trilateral wall.",
    posted_at="2023-01-02T00:00:00Z",
    section="e_business",
)
POWER = an_article("North Korea’s harvest", "US officials counted the fields.", posted_at="2020-05-05T00:00:00Z")
TOLD = replace(SUMMIT, body=("The trilateral summit was long. Seoul reiterated its concern.",))
SEEN: list[Seen] = [
    (1, "2018-03-01T18:00:00Z", NORTH),
    (2, "2023-06-09T18:00:00Z", SUMMIT),
    (2, "2023-06-11T18:00:00Z", TOLD),
    (3, "2025-01-01T18:00:00Z", ASSEMBLY),
    (4, "2023-01-03T18:00:00Z", FACTORY),
    (5, "2020-05-06T18:00:00Z", POWER),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("search") / "hankyoreh.db", SEEN)


@pytest.fixture(scope="module")
def served(made: Path) -> Iterator[Served]:
    with serving(made) as served:
        yield served


def found(made: Path, sought: Sought) -> list[int]:
    connection = open_reader(made)
    try:
        rows = search(connection, sought)
        assert count(connection, sought, 1001) == len(rows)
    finally:
        connection.close()
    return [row["article_id" if sought.scope.of_edits else "id"] for row in rows]


# --- what is typed ---


@pytest.mark.parametrize(
    ("typed", "articles"),
    [
        ("N. Korea", [1, 5]),
        ("n. korea", [1, 5]),
        ("N.Korea", [1, 5]),
        ('"N. Korea"', [1]),
        ("N. missile", []),
        ("Korea N.", [1]),
        ("trilateral summit", [2, 4]),
        ('"trilateral summit"', [2]),
        ("“trilateral summit”", [2]),
        ("„trilateral summit“", [2]),
        ("«trilateral summit»", [2]),
        ('"trilateral summit', [2]),
        ('trilateral"summit was"', [2]),
        ("U.S.", [5]),
        ("한반도", [3]),
        ("국회", [3]),
        ("회에서", []),
        (unicodedata.normalize("NFD", "국회"), [3]),
        ("C++", [4]),
        ("C#", [4]),
        ("'; DROP", []),
        ("'; summit --", [2, 4]),
        ("cafe", [4]),
        ("café", [4]),
        (unicodedata.normalize("NFD", "café"), [4]),
        ("CAFÉ", [4]),
        ("ｓｕｍｍｉｔ", [2, 4]),
        ("summit*", [2, 4]),
        ("summ*", [2, 4]),
        ("summ", []),
        ("m*", []),
        ("summit AND trilateral", []),
        ("summit OR missile", []),
        ("NOT summit", []),
        ("NEAR(summit trilateral)", []),
        ("title:summit", []),
        ("{body}: summit", []),
        ("^summit -trilateral", [2, 4]),
        ("(summit", [2, 4]),
        ("sum\u00admit", [2, 4]),
        ("summit\x00trilateral", [2, 4]),
        ("\x1bsummit\x07", [2, 4]),
        ("\udcffsummit", [2, 4]),
    ],
)
def test_whatever_is_typed_is_words(made: Path, typed: str, articles: list[int]) -> None:
    assert sorted(found(made, Sought(typed))) == articles


@pytest.mark.parametrize(
    ("typed", "articles"),
    [("U.S.-China", [2]), ("Korea's ports", [2]), ("Korea’s ports", [2]), ("China relations", [2]), ("China-U.S.", [])],
)
def test_words_joined_by_punctuation_are_a_phrase(made: Path, typed: str, articles: list[int]) -> None:
    assert found(made, Sought(typed, Scope.VERSIONS)) == articles


@pytest.mark.parametrize("typed", ["", " \t", '"', "“”", "*", "…", "( )", "\x00", "_", "::", "'", "\udcff", "\u00ad"])
def test_without_a_word_there_is_nothing_to_search_for(typed: str) -> None:
    assert terms(typed) == []
    with pytest.raises(BadQuery, match="no word to search for"):
        fts_query(typed)


def test_a_query_of_a_book_is_cut(made: Path) -> None:
    assert len(terms("summit " * 15_000)) == 15_000
    assert found(made, Sought("summit " * 15_000)) == [2, 4] or sorted(found(made, Sought("summit " * 15_000))) == [
        2,
        4,
    ]
    assert fts_query("summit " * 15_000).count("summit") == MOST_TERMS
    assert found(made, Sought("x" * 100_000)) == []


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1095276", 1095276),
        (" 01095276 ", 1095276),
        ("1095276@0123456789ab", 1095276),
        ("https://www.hani.co.kr/arti/english_edition/e_national/1095276.html", 1095276),
        ("http://english.hani.co.kr/arti/english_edition/1095276.html?utm_source=rss#x", 1095276),
        ("web.archive.org/web/2025/http://english.hani.co.kr/arti/english%5Fedition/e_national/1095276.html", 1095276),
        ("0", None),
        ("12 13", None),
        ("1095276.5", None),
        ("https://example.org/1095276.html", None),
        ("１０９", None),
        ("9" * 13, None),
        ("/arti/" * 50_000, None),
    ],
)
def test_an_article_is_named_by_its_number_or_address(typed: str, number: int | None) -> None:
    assert article_named(typed) == number


# --- what is found ---


def test_the_headline_counts_most(made: Path) -> None:
    assert sorted(found(made, Sought("Korea"))[:2]) == [1, 5]
    assert found(made, Sought("Korea", Scope.VERSIONS))[2:] == [2]


@pytest.mark.parametrize(
    ("sought", "articles"),
    [
        (Sought("summit", section="e_business"), [4]),
        (Sought("summit", section="e_sports"), []),
        (Sought("summit", author="Lee Do"), [2]),
        (Sought("summit", author="Lee"), []),
        (Sought("summit", author="' or 1=1 --"), []),
        (Sought("summit", since="2023-06-09T08:50:00Z"), [2]),
        (Sought("summit", until="2023-06-09T08:50:00Z"), [4]),
        (Sought("summit", edited=True), [2]),
        (Sought("summit", silent=True), [2]),
        (Sought("summit", removed=True), []),
        (Sought("summit", newest=True), [2, 4]),
        (Sought("summit", edited=True, section="e_business"), []),
        (Sought("summit", newest=True, since="2023-01-01T00:00:00Z", author="Kim Na-ri"), [2]),
        (Sought("summit", Scope.VERSIONS, newest=True), [2, 4]),
        (Sought("summit", Scope.VERSIONS, author="Kim Na-ri", silent=True), [2]),
        (Sought("reiterated", Scope.ADDED), [2]),
        (Sought("reiterated", Scope.REMOVED), []),
        (Sought("ports", Scope.REMOVED), [2]),
        (Sought("ports", Scope.REMOVED, newest=True), [2]),
        (Sought("ports", Scope.REMOVED, section="e_international", author="Lee Do"), [2]),
        (Sought("ports", Scope.REMOVED, section="e_business"), []),
        (Sought("summit", Scope.REMOVED), []),
    ],
)
def test_filters_and_scopes(made: Path, sought: Sought, articles: list[int]) -> None:
    assert found(made, sought) == articles


def test_removed_articles_are_told_apart(tmp_path: Path) -> None:
    gone: list[Seen] = [(1, f"2018-03-{day:02}T18:00:00Z", None) for day in (2, 3, 5)]
    path = written(
        tmp_path / "a.db", [*SEEN[:1], *gone, (6, "2018-03-02T00:00:00Z", replace(NORTH, title="Another missile"))]
    )
    assert sorted(found(path, Sought("missile"))) == [1, 6]
    assert found(path, Sought("missile", removed=True)) == [1]


def test_all_versions_give_each_article_once_by_the_newest_that_holds_the_words(made: Path) -> None:
    connection = open_reader(made)
    (old,) = search(connection, Sought("ports", Scope.VERSIONS))
    (new,) = search(connection, Sought("reiterated", Scope.VERSIONS))
    both = search(connection, Sought("trilateral", Scope.VERSIONS))
    connection.close()
    assert (old["id"], old["number"], old["versions"], old["first_seen_at"]) == (2, 1, 2, "2023-06-09T18:00:00Z")
    assert (new["id"], new["number"]) == (2, 2)
    assert sorted((row["id"], row["number"]) for row in both) == [(2, 2), (4, 1)]


def test_a_change_is_one_find_however_many_kinds_it_has(tmp_path: Path) -> None:
    first = an_article("Rice", "The fire killed 12 people, Kim Na-ri said.", "Nothing else happened on that day.")
    then = replace(first, body=("The fire killed 13 people, Lee Na-ri said.", first.body[1]))
    path = written(tmp_path / "a.db", [(1, "2023-06-09T18:00:00Z", first), (1, "2023-06-10T18:00:00Z", then)])
    connection = open_reader(path)
    for newest in (False, True):
        sought = Sought("13", Scope.ADDED, newest=newest)
        (row,) = search(connection, sought)
        assert sorted(row["kinds"]) == ["figure", "name"]
        assert (row["number"], row["field"], row["place"], row["silent"]) == (2, "body", 1, 1)
        assert count(connection, sought, 10) == 1
    connection.close()


def test_pages_do_not_overlap_and_counting_ends(tmp_path: Path) -> None:
    listed: list[Seen] = [(n, "2023-06-09T18:00:00Z", an_article(f"Rice {n}", "Same.")) for n in range(1, 46)]
    path = written(tmp_path / "a.db", listed)
    connection = open_reader(path)
    for newest in (False, True):
        pages = [search(connection, Sought("rice", newest=newest), 20, offset) for offset in (0, 20, 40)]
        assert [len(page) for page in pages] == [20, 20, 5]
        assert len({row["id"] for page in pages for row in page}) == 45
    assert count(connection, Sought("rice"), 10) == 10
    connection.close()
    with serving(path) as served:
        last = page(served, q="rice", page="3")
        assert words(last, "h2") == ["45 articles"]
        assert [e.get("start") for e in last.cssselect("ol.finds")] == ["41"]
        assert len(last.cssselect("ol.finds > li")) == 5
        assert "back to the first" in words(page(served, q="rice", page="9"), ".none")[0]


# --- the page ---


def page(served: Served, **asked: str) -> html.HtmlElement:
    answer = served.get(f"/-/hani/search?{urlencode(asked)}")
    assert answer.status_code == 200, answer.text[:500]
    return html.document_fromstring(answer.text)


def words(element: html.HtmlElement, selector: str) -> list[str]:
    return [" ".join(one.text_content().split()) for one in element.cssselect(selector)]


def links(element: html.HtmlElement, selector: str) -> list[str]:
    return [one.get("href", "") for one in element.cssselect(selector)]


def test_a_find_names_its_article_and_marks_the_words(served: Served) -> None:
    shown = page(served, q='"trilateral summit"')
    assert words(shown, "h2") == ["1 article"]
    assert words(shown, ".finds h3") == ["Leaders agree on little"]
    assert links(shown, ".finds h3 a") == ["/-/hani/article/2"]
    assert words(shown, ".finds mark") == ["trilateral summit"]
    assert shown.cssselect("#q")[0].get("value") == '"trilateral summit"'
    assert [e.get("lang") for e in page(served, q="국회").cssselect(".snippet mark span")] == ["ko"]


def test_a_find_of_an_older_version_says_that_the_article_no_longer_says_so(served: Served) -> None:
    shown = page(served, q="ports", **{"in": "versions"})
    (link,) = links(shown, ".finds h3 a")
    assert link.startswith("/-/hani/version/2@")
    assert (
        "version 1 of 2, seen 2023-06-10 03:00 KST: the article as it stands no longer says so"
        in words(shown, ".facts")[0]
    )
    assert "the newest version" in words(page(served, q="reiterated", **{"in": "versions"}), ".facts")[0]


def test_a_find_in_an_edit_leads_to_its_comparison(served: Served) -> None:
    shown = page(served, q="ports", **{"in": "removed"})
    assert links(shown, ".finds h3 a") == ["/-/hani/article/2/compare?from=1&to=2#change-1"]
    assert words(shown, ".finds del mark") == ["ports"]
    assert words(page(served, q="reiterated", **{"in": "added"}), ".finds ins mark") == ["reiterated"]


@pytest.mark.parametrize("typed", ["...", '"', "*", "\x00", "'", "()"])
def test_punctuation_alone_gets_a_sentence(served: Served, typed: str) -> None:
    shown = page(served, q=typed)
    assert words(shown, ".problems li") != [] and not shown.cssselect(".finds")


@pytest.mark.parametrize(
    "typed",
    ["", "N. Korea", "C++", "'; DROP", 'a "b', "AND", "a AND", "NEAR(", "col:word", "*", "\x00\x1b[31m", "<script>alert(1)</script>",
     "{{ 7*7 }}", "a" * 7_000, "a " * 3_500, "\u202egnp", "한" * 800, "%ED%A0%80"],
)  # fmt: skip
@pytest.mark.parametrize("scope", list(Scope))
def test_no_query_is_an_error(served: Served, typed: str, scope: str) -> None:
    answer = served.get(f"/-/hani/search?{urlencode({'q': typed, 'in': scope})}")
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text and "49" not in page(served, q="{{ 7*7 }}").text_content()
    assert "\x00" not in answer.text and "\x1b" not in answer.text and "\u202e" not in answer.text
    assert len(answer.content) < 60_000


def test_bytes_that_are_no_text_are_no_error(served: Served) -> None:
    for query in (
        "q=%ED%A0%80",
        "q=%ff%fe",
        "q=summit%00",
        "q=a&q=summit",
        "q",
        "page=-1&q=summit",
        "page=99999999999&q=summit",
    ):
        assert served.get(f"/-/hani/search?{query}").status_code == 200


def test_an_address_of_a_hundred_kilobytes_is_refused_in_a_sentence(served: Served) -> None:
    for typed in ("a" * 60_000, "%22" * 16_000):
        answer = served.get(f"/-/hani/search?q={typed}")
        assert answer.status_code == 414 and "ask for less at once" in answer.text


def test_a_hundred_kilobytes_are_no_error(made: Path) -> None:
    here = Addresses()
    for typed in ("a" * 100_000, "summit " * 15_000, '"' * 100_000, "\udcff" * 100_000):
        asked = Asked({}, {"q": typed}, here, here, "2026-11-23T00:00:00Z", "/-/hani/search")
        with closing(open_reader(made)) as connection:
            answer, body = run(show_search, connection, asked)
        assert isinstance(answer, Page) and answer.status == 200 and len(body) < 20_000


def test_too_much_is_cut_and_that_is_said(served: Served) -> None:
    assert words(page(served, q="a " * 1_500), ".problems li") == [
        "Only the first 500 letters are searched for.",
        "Only the first 40 words are searched for.",
    ]


def test_filters_that_are_on_are_named_and_each_can_be_dropped(served: Served) -> None:
    asked = {"q": "summit", "section": "e_business", "from": "2023", "to": "2023-05", "silent": "1", "author": "Lee"}
    shown = page(served, **asked)
    assert words(shown, "h2") == ["Nothing is found"]
    assert words(shown, ".filter") == [
        "in the section e_business drop",
        "by Lee drop",
        "posted from 2023 on drop",
        "posted until 2023-05 drop",
        "silently edited drop",
    ]
    dropped = links(shown, ".filter a")
    assert dropped[1] == "/-/hani/search?q=summit&section=e_business&from=2023&to=2023-05&silent=1"
    assert "/-/hani/search?q=summit" in links(shown, ".none a")
    assert "/-/hani/search?q=summit&section=e_business&from=2023&to=2023-05&silent=1&author=Lee+Do" in links(
        shown, ".none a"
    )
    assert [e.get("value") for e in shown.cssselect("select[name=section] option[selected]")] == ["e_business"]


def test_what_is_not_understood_is_left_out_and_said(served: Served) -> None:
    shown = page(served, q="summit", **{"from": "soon", "to": "2023-13", "in": "everything", "sort": "worst"})
    assert words(shown, ".problems li") == [
        "There is no text 'everything' to search in; articles as they stand are searched.",
        "'soon' is no year, month or day such as 2026, 2026-11 or 2026-11-23; it is left out.",
        "'2023-13' is no year, month or day such as 2026, 2026-11 or 2026-11-23; it is left out.",
    ]
    assert words(shown, "h2") == ["2 articles"]
    assert words(page(served, q="summit", **{"from": "2024", "to": "2023"}), ".problems li") == [
        "The first day lies behind the last one: nothing can be found."
    ]


@pytest.mark.parametrize("typed", ["2", "https://www.hani.co.kr/arti/english_edition/e_national/2.html"])
def test_an_article_that_is_named_stands_on_top(served: Served, typed: str) -> None:
    shown = page(served, q=typed)
    assert links(shown, ".named h2 a") == ["/-/hani/article/2"]
    assert not page(served, q="77").cssselect(".named")


def test_without_words_it_says_how_to_search(served: Served) -> None:
    shown = page(served)
    assert "All the words must occur" in " ".join(words(shown, "main p"))
    assert not shown.cssselect(".problems, .finds, h2")


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2023", "2023-01-01", "2024-01-01"),
        ("2023-12", "2023-12-01", "2024-01-01"),
        ("2024-02", "2024-02-01", "2024-03-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
    ],
)
def test_a_period(text: str, begin: str, end: str) -> None:
    found = period(text)
    assert found is not None
    assert [f"{moment:%Y-%m-%d %H:%M %z}" for moment in found] == [f"{begin} 00:00 +0900", f"{end} 00:00 +0900"]


@pytest.mark.parametrize(
    "text", ["", "20", "0000", "2023-1", "2023-13", "2023-02-30", "９９９９", "2023-01-01T00", "abcd", "9999"]
)
def test_no_period(text: str) -> None:
    assert period(text) is None


def test_a_snippet_is_escaped_marked_and_short() -> None:
    assert highlighted("a \x02<b>\x03 & c\nd") == "a <mark>&lt;b&gt;</mark> &amp; c d"
    assert highlighted("\x02open \x1b[31m\u202ex") == "open [31mx"
    assert highlighted("\x03shut \x02two\x02 \x02한국\x03") == 'shut two <mark><span lang="ko">한국</span></mark>'
    assert len(highlighted(f"\x02{'x' * 1_000_000}\x03")) < 1_100
