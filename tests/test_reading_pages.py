"""The pages that a reader opens: front, article, version, comparison, changes, removals."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html

from archive.records import Image
from tests.conftest import one, rows
from tests.reading import Seen, Served, an_article, serving, written

URL = "https://english.hani.co.kr/arti/english_edition/e_national/{}.html"
KOREAN = "https://www.hani.co.kr/arti/politics/diplomacy/1095207.html"
FIRST = an_article(
    "Rice harvest falls",
    "The ministry counted 1,284 farms.",
    "“It rained,” the minister said.",
    "Nothing else happened.",
    subtitle="A wet year",
    authors=("Kim Na-ri", "Lee Do"),
    byline="By Kim Na-ri and Lee Do, staff reporters",
    modified_at="2023-06-09T09:00:00Z",
    section="e_national",
    images=(Image("https://img.hani.co.kr/1.jpg", "A field near Naju", "Yonhap"),),
    original_url=KOREAN,
)


SECOND = replace(FIRST, body=("The ministry counted 1,248 farms.", *FIRST.body[1:]))
THIRD = replace(SECOND, title="Rice harvest falls again", modified_at="2023-06-12T01:00:00Z")
SEEN: list[Seen] = [
    (41, "2023-06-09T18:00:00Z", FIRST),
    (41, "2023-06-10T18:00:00Z", SECOND),
    (41, "2023-06-12T18:00:00Z", THIRD),
    (42, "2023-06-09T18:00:00Z", an_article("A short note", "한반도 is the peninsula.", section="e_editorial")),
]


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return written(tmp_path / "hankyoreh.db", SEEN)


@pytest.fixture
def served(made: Path) -> Iterator[Served]:
    with serving(made) as served:
        yield served


def page(served: Served, path: str, status: int = 200) -> html.HtmlElement:
    answer = served.get(path)
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return html.document_fromstring(answer.text)


def words(found: html.HtmlElement, selector: str) -> list[str]:
    return [" ".join(element.text_content().split()) for element in found.cssselect(selector)]


def links(found: html.HtmlElement, selector: str) -> list[str]:
    return [element.get("href", "") for element in found.cssselect(selector)]


def test_an_article_is_read_with_all_that_is_known_of_it(served: Served) -> None:
    found = page(served, "/-/hani/article/41")
    assert words(found, "h1") == ["Rice harvest falls again"]
    assert words(found, ".subtitle") == ["A wet year"]
    assert words(found, ".body p") == list(THIRD.body)
    assert words(found, ".stamps dd") == [
        "Kim Na-ri, Lee Do",
        "2023-06-09 17:50 KST",
        "2023-06-12 10:00 KST",
        "2 times, 1 silently",
    ]
    assert links(found, ".stamps a") == [
        "/-/hani/author?name=Kim+Na-ri",
        "/-/hani/author?name=Lee+Do",
        "/-/hani/article/41/compare#change-1",
    ]
    assert words(found, "figure.caption") == ["Picture A field near Naju (Yonhap)"]
    assert links(found, ".originals a") == [URL.format(41), KOREAN]
    assert words(found, "article .byline") == ["By Kim Na-ri and Lee Do, staff reporters"]
    assert [time.get("datetime") for time in found.cssselect(".stamps time")] == [THIRD.posted_at, THIRD.modified_at]


def test_its_timeline_stands_beside_it(served: Served) -> None:
    found = page(served, "/-/hani/article/41")
    assert words(found, ".timeline > li > a:first-child") == ["Version 3", "Version 2", "Version 1"]
    assert [bool(item.cssselect(".silent")) for item in found.cssselect(".timeline > li")] == [False, True, False]
    assert words(found, ".timeline .kind") == ["stamp", "addition", "figure"] or words(found, ".timeline .kind")[
        -1
    ] == ("figure")
    assert "/-/hani/article/41/compare?from=1&to=2#change-1" in links(found, ".timeline a")
    assert len(found.cssselect(".captures li")) == 3


def test_the_captures_are_named_by_their_digests(served: Served, made: Path) -> None:
    found = page(served, "/-/hani/article/41")
    stored = [row["payload_digest"] for row in rows(made, "select payload_digest from captures where article_id = 41")]
    assert sorted(words(found, ".captures .digest")) == sorted(stored)


def test_a_version_has_a_permanent_address_that_its_citation_names(served: Served, made: Path) -> None:
    version = one(made, "select id from versions where article_id = 41 and number = 1")
    found = page(served, f"/-/hani/version/{version}")
    assert words(found, "h1") == ["Rice harvest falls"]
    assert "Version 1 of 3, seen 2023-06-10 03:00 KST" in words(found, ".banner")[0]
    cited = words(found, "#cite pre")[0]
    digest = one(made, "select first_digest from versions where id = ?", version)
    for said in ("Kim Na-ri, Lee Do", "Rice harvest falls", "2023-06-09 17:50 KST", version, digest, URL.format(41)):
        assert said in cited
    assert f"http://localhost/-/hani/version/{version}" in cited
    assert served.get(f"/-/hani/version/{version}.bib").headers["content-type"].startswith("application/x-bibtex")


def test_the_beginning_of_an_id_is_enough_and_nonsense_is_told(served: Served, made: Path) -> None:
    version = one(made, "select id from versions where article_id = 41 and number = 2")
    assert words(page(served, f"/-/hani/version/{version[:10]}"), ".banner")[0].startswith("Version 2 of 3")
    for path in ("41", "41@zzzz", "x@y", "41@", "999999@abcdef012345", "<script>"):
        found = page(served, f"/-/hani/version/{path}", 404)
        assert len(words(found, "h1 + p")[0]) > 20
    assert "characters that no page of ours has" in words(page(served, "/-/hani/version/%00@x", 400), "h1 + p")[0]


def test_a_comparison_shows_what_changed_inline_and_side_by_side(served: Served) -> None:
    found = page(served, "/-/hani/article/41/compare?from=1&to=2")
    assert words(found, "#change-1 .both") == ["The ministry counted 1,284 1,248 farms."]
    assert [(e.tag, e.get("class"), e.text) for e in found.cssselect("#change-1 del, #change-1 ins")] == [
        ("del", "figure", "1,284"),
        ("ins", "figure", "1,248"),
    ]
    assert words(found, ".lede .silent") == ["silent"]
    assert words(found, "#change-1 .kind") == ["figure"]
    side = page(served, "/-/hani/article/41/compare?from=1&to=2&view=side")
    assert words(side, ".before") == ["Before: The ministry counted 1,284 farms."]
    assert words(side, ".after") == ["After: The ministry counted 1,248 farms."]


def test_without_numbers_the_last_two_are_compared_and_any_two_can_be(served: Served, made: Path) -> None:
    newest = page(served, "/-/hani/article/41/compare")
    assert words(newest, ".change .field") == ["Headline", "Modified"]
    across = page(served, "/-/hani/article/41/compare?from=1&to=3")
    assert words(across, ".change .field") == ["Headline", "Modified", "Paragraph 1"]
    back = page(served, "/-/hani/article/41/compare?from=3&to=1")
    assert [(e.tag, e.text) for e in back.cssselect("#change-3 del, #change-3 ins")] == [
        ("del", "1,248"),
        ("ins", "1,284"),
    ]
    ids = [row["id"] for row in rows(made, "select id from versions where article_id = 41 order by number")]
    by_id = page(served, f"/-/hani/article/41/compare?from={ids[0]}&to={ids[1]}")
    assert words(by_id, ".change .field") == ["Paragraph 1"]
    same = page(served, "/-/hani/article/41/compare?from=2&to=2")
    assert words(same, ".change") == []
    assert "Nothing differs" in words(same, ".lede")[0]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/-/hani/article/42/compare", "Article 42 has one version"),
        ("/-/hani/article/41/compare?from=9", "no version '9'"),
        ("/-/hani/article/41/compare?to=nonsense", "no version 'nonsense'"),
        ("/-/hani/article/99", "Article 99 is not in the archive"),
        ("/-/hani/article/99/compare", "Article 99 is not in the archive"),
        ("/-/hani/article/000000000041/compare?from=0", "no version '0'"),
    ],
)
def test_what_is_not_there_is_told_in_a_sentence(served: Served, path: str, said: str) -> None:
    assert said in words(page(served, path, 404), "h1 + p")[0]


def test_changes_are_the_newest_first_and_can_be_chosen(served: Served) -> None:
    found = page(served, "/-/hani/changes")
    assert words(found, ".edits h2") == ["Rice harvest falls again", "Rice harvest falls"]
    assert words(found, ".edits > li:nth-child(2) .excerpt") == ["The ministry counted 1,284 1,248 farms."]
    silent = page(served, "/-/hani/changes?silent=1")
    assert words(silent, "h1") == ["Silent edits"]
    assert links(silent, ".edits h2 a") == ["/-/hani/article/41/compare?from=1&to=2#change-1"]
    assert words(page(served, "/-/hani/changes?kind=quote"), ".edits h2") == []
    assert words(page(served, "/-/hani/changes?section=e_editorial"), ".edits h2") == []
    assert words(page(served, "/-/hani/changes?from=2023-06-14"), ".edits h2") == []
    assert words(page(served, "/-/hani/changes?to=2023-06-11&from=2023-06-11"), ".edits h2") == ["Rice harvest falls"]
    assert words(page(served, "/-/hani/changes?least=0.2"), ".edits h2") == []


def test_largest_first_is_by_size(nights: Path) -> None:
    with serving(nights) as served:
        found = page(served, "/-/hani/changes?sort=largest")
        listed = links(found, ".edits h2 a")
    wanted = rows(
        nights,
        "select article_id, number from versions v where number > 1 and exists (select 1 from changes c"
        " where c.version_id = v.id and c.kind <> 'format') order by size desc, first_seen_at desc, id limit 25",
    )
    assert listed == [
        f"/-/hani/article/{row['article_id']}/compare?from={row['number'] - 1}&to={row['number']}#change-1"
        for row in wanted
    ]


def test_what_is_no_day_and_no_kind_is_said(served: Served) -> None:
    found = page(served, "/-/hani/changes?from=yesterday&kind=gossip&least=NaN&page=-3")
    assert words(found, ".problems li") == [
        "'yesterday' is no day such as 2026-11-23; it is left out.",
        "There is no kind 'gossip'; all kinds are shown.",
        "There is no size 'NaN'; edits of any size are shown.",
    ]
    assert len(found.cssselect(".edits > li")) == 2


def test_the_front_page_counts_and_lists_what_there_is(nights: Path) -> None:
    with serving(nights) as served:
        found = page(served, "/")
    assert words(found, ".figures b") == [
        str(one(nights, query))
        for query in (
            "select count(*) from versions where number > 1",
            "select count(*) from versions where silent",
            "select count(*) from articles where status = 'removed'",
            "select count(*) from versions",
        )
    ]
    newest = rows(nights, "select title from articles order by posted_at desc, id desc limit 6")
    assert words(found, "section[aria-labelledby=newest] .headline") == [row["title"] for row in newest]
    silent = rows(
        nights,
        "select title from versions v where silent and exists (select 1 from changes c where c.version_id = v.id"
        " and c.kind not in ('format', 'stamp', 'metadata')) order by first_seen_at desc, id desc limit 6",
    )
    assert words(found, "section[aria-labelledby=silent] .headline") == [row["title"] for row in silent]
    gone = rows(
        nights,
        "select a.title from tombstones t join articles a on a.id = t.article_id where confirmed_at is not null"
        " order by t.confirmed_at desc, t.article_id desc limit 6",
    )
    assert words(found, "section[aria-labelledby=gone] .headline") == [row["title"] for row in gone]


def test_the_charts_lead_to_the_rows_behind_them(nights: Path) -> None:
    with serving(nights) as served:
        found = page(served, "/")
        edits, kinds = found.cssselect(".chart")[1], found.cssselect(".chart")[2]
        for link in edits.cssselect("a"):
            counted = sum(int(word) for word in link.get("aria-label", "").partition(": ")[2].split(", "))
            listed = page(served, link.get("href", ""))
            assert len(listed.cssselect(".edits > li")) == min(counted, 25), link.get("href")
        assert edits.cssselect("a")
        assert {link.get("href", "").partition("?")[0] for link in kinds.cssselect("a")} == {"/-/hani/changes"}


def test_removals_come_with_the_evidence(nights: Path) -> None:
    with serving(nights) as served:
        found = page(served, "/-/hani/removed")
        suspected = page(served, "/-/hani/removed?suspected=1")
    stones = rows(nights, "select * from tombstones where confirmed_at is not null")
    assert stones
    assert len(found.cssselect(".edits > li")) == len(stones)
    assert len(found.cssselect(".evidence li")) == sum(len(json.loads(row["evidence"])) for row in stones)
    unconfirmed = one(nights, "select count(*) from tombstones where confirmed_at is null")
    assert len(suspected.cssselect(".edits > li")) == unconfirmed


def test_hangul_is_marked_as_korean(served: Served) -> None:
    found = page(served, "/-/hani/article/42")
    assert [(e.get("lang"), e.text) for e in found.cssselect(".body [lang]")] == [("ko", "한반도")]


def test_a_removed_article_is_still_read(tmp_path: Path) -> None:
    gone: list[Seen] = [(41, f"2023-06-{day}T18:00:00Z", None) for day in (13, 14, 16)]
    with serving(written(tmp_path / "hankyoreh.db", [*SEEN, *gone])) as served:
        found = page(served, "/-/hani/article/41")
    assert "This is the last good version." in words(found, ".banner.removed")[0]
    assert words(found, ".body p") == list(THIRD.body)
    assert len(found.cssselect("#history .evidence li")) >= 3


def test_an_empty_archive_says_so(tmp_path: Path) -> None:
    with serving(written(tmp_path / "hankyoreh.db", [])) as served:
        assert "This archive is empty" in words(page(served, "/"), ".lede")[0]
        for path in ("changes", "removed"):
            assert words(page(served, f"/-/hani/{path}"), ".none")


def test_where_only_text_can_stand_no_mark_of_a_language_does(tmp_path: Path) -> None:
    korean = an_article("국회 <b>&amp; “예산”", "예산안.", section='e_한 "글', authors=("김아라",))
    with serving(written(tmp_path / "hankyoreh.db", [(41, "2023-06-10T18:00:00Z", korean)])) as served:
        article = page(served, "/-/hani/article/41")
        section = page(served, "/-/hani/section/e_%ED%95%9C%20%22%EA%B8%80")
        day = page(served, "/-/hani/day/2023-06-12")
        search = page(served, "/-/hani/search?q=예산안&author=김아라")
    assert words(article, "head title")[0].startswith("국회 <b>&amp; “예산” · ")
    assert words(section, "head title") == ['한 "글 · The Hankyoreh, archived']
    assert [e.get("aria-label") for e in day.cssselect("section[aria-label]")] == ['한 "글']
    assert [e.get("aria-label") for e in search.cssselect(".filter a")] == ["Search without: by 김아라"]


@pytest.mark.parametrize("path", ["changes?page=9", "authors?page=9", "removed?page=9"])
def test_behind_the_last_page_nobody_says_that_there_is_nothing(served: Served, path: str) -> None:
    found = page(served, f"/-/hani/{path}")
    assert words(found, "p.none") == ["There are fewer pages than this; back to the first."]
    assert links(found, "p.none a") == [f"/-/hani/{path.partition('?')[0]}"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("changes.json?least=0.1", "There is no size '0.1'."),
        (
            "feed/changes.json?from=2023-06-12&to=2023-06-11",
            "The first day lies behind the last one: nothing can be found.",
        ),
        ("feed/search.json?q=rice&in=nonsense", "There is no text 'nonsense' to search in."),
    ],
)
def test_programs_are_told_what_was_not_understood(served: Served, path: str, said: str) -> None:
    answer = served.get(f"/-/hani/{path}")
    assert (answer.status_code, answer.json()["error"]) == (400, said)


def test_a_section_that_is_asked_for_stays_chosen(served: Served) -> None:
    assert words(page(served, "/-/hani/changes?section=e_gone"), "[name=section] [selected]") == ["e_gone"]


def test_a_question_ends_as_one(served: Served) -> None:
    assert words(page(served, "/-/hani/author", 404), "h1 + p") == ["Which author?"]


def test_the_edits_of_a_sections_month_are_asked_for_by_its_days(tmp_path: Path) -> None:
    seen: list[Seen] = [
        (41, f"2023-02-{day}T18:00:00Z", an_article("Rice", f"By {day}%.", section="e_business")) for day in (10, 11)
    ]
    with serving(written(tmp_path / "hankyoreh.db", seen)) as served:
        month = page(served, "/-/hani/section/e_business?month=2023-02")
    of_month = "/-/hani/changes?section=e_business&from=2023-02-01&to=2023-02-28"
    assert of_month in links(month, ".more a")
    assert "/-/hani/changes?section=e_business&from=2023-02-12&to=2023-02-12" in links(month, "svg a")
