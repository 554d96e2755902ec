"""The pages that stand beside the articles: a day as it was known, sections, authors, health, feeds."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import rows
from tests.reading import Seen, Served, an_article, serving, written
from tests.test_reading_pages import links, page, words

EARLY = an_article(
    "Early", "One figure is 7.", posted_at="2023-06-01T03:00:00Z", section="e_national", authors=("Kim Na-ri",)
)
EDITED = replace(EARLY, title="Early, corrected", body=("One figure is 8.",))
SECOND = an_article("Second", posted_at="2023-06-05T03:00:00Z", section="e_national", authors=("Lee Do", "Kim Na-ri"))
LATE = an_article("Seen late", posted_at="2023-06-05T04:00:00Z", section="e_editorial", authors=("Lee Do",))
NOTHING_OF_ANYBODY = an_article("No section, no author", posted_at="2023-06-06T04:00:00Z")
SEEN: list[Seen] = [
    (1, "2023-06-02T18:00:00Z", EARLY),  # 3 June, 03:00 in Korea
    (2, "2023-06-05T10:00:00Z", SECOND),  # 5 June, 19:00
    (1, "2023-06-05T14:59:59Z", EARLY),
    (1, "2023-06-05T15:00:00Z", EDITED),  # the first second of 6 June
    (3, "2023-06-09T10:00:00Z", LATE),
    (4, "2023-06-09T10:00:00Z", NOTHING_OF_ANYBODY),
]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(written(tmp_path / "hankyoreh.db", SEEN)) as served:
        yield served


def test_a_day_shows_what_was_known_at_its_end_and_nothing_else(served: Served) -> None:
    found = page(served, "/-/hani/day/2023-06-05")
    assert words(found, "section[aria-labelledby=posted] .headline") == ["Second"]
    assert words(found, "section[aria-labelledby=later] .headline") == ["Seen late"]
    assert "first seen 2023-06-09" in words(found, "section[aria-labelledby=later] .facts")[0]
    assert words(found, "section[aria-label=National] .headline") == ["Early"]
    assert not found.cssselect("section[aria-label=Editorial]")
    assert words(found, "section[aria-label=National] a:last-child")[-1] == "changed since"


def test_a_day_begins_and_ends_in_korea(served: Served) -> None:
    found = page(served, "/-/hani/day/2023-06-06")
    assert words(found, "section[aria-label=National] .headline") == ["Second", "Early, corrected"]
    assert "1 edit was seen" in words(found, ".lede")[0]
    assert links(found, "nav.pager a") == ["/-/hani/day/2023-06-05", "/-/hani/day/2023-06-07"]


def test_a_day_before_the_archive_began_says_so(served: Served) -> None:
    found = page(served, "/-/hani/day/2023-06-01")
    assert "The archive saw its first article only on 2023-06-03" in words(found, ".lede")[0]
    assert words(found, "section[aria-labelledby=posted] .none") == ["Nothing that the archive knew then."]
    assert words(found, "section[aria-labelledby=later] .headline") == ["Early"]


def test_a_quiet_day_leads_to_the_next_ones(served: Served) -> None:
    found = page(served, "/-/hani/day/2023-06-03")
    assert words(found, "section[aria-labelledby=posted] .none") == [
        "Nothing was posted that day. The last before: 2023-06-01. The first after: 2023-06-05."
    ]


@pytest.mark.parametrize(
    "day", ["2023-02-30", "yesterday", "2023-6-5", "0001-01-01", "9999-12-31", "20230605", "%2e%2e"]
)
def test_what_is_no_day_is_said(served: Served, day: str) -> None:
    assert "is no day such as 2026-11-23" in words(page(served, f"/-/hani/day/{day}", 404), "h1 + p")[0]


def test_a_day_is_asked_for_by_a_form(served: Served) -> None:
    assert served.get("/-/hani/day?day=2023-06-05").headers["location"] == "/-/hani/day/2023-06-05"
    assert "'soon' is no day" in words(page(served, "/-/hani/day?day=soon"), ".problems")[0]


def test_sections_and_one_of_them(served: Served) -> None:
    listed = page(served, "/-/hani/sections")
    assert [text for text in words(listed, "main td:first-child, main th[scope=row]") if text] == [
        "Editorial",
        "National",
    ]
    found = page(served, "/-/hani/section/e_national")
    assert (
        "2 articles, posted from 2023-06-01 to 2023-06-05; 1 edit seen, 1 of them silent." in words(found, ".lede")[0]
    )
    assert words(found, "section:nth-of-type(1) .headline")[:2] == ["Second", "Early, corrected"]
    page(served, "/-/hani/section/e_unknown", 404)


def test_authors_and_how_often_they_are_edited(served: Served) -> None:
    listed = page(served, "/-/hani/authors?sort=name")
    cells = [words(row, "th, td") for row in listed.cssselect("tbody tr")]
    assert [cell[:5] for cell in cells] == [["Kim Na-ri", "2", "1", "50%", "1"], ["Lee Do", "2", "0", "0%", "0"]]
    found = page(served, "/-/hani/author?name=Kim+Na-ri")
    assert words(found, "h1") == ["Kim Na-ri"]
    assert words(found, ".list .headline")[:2] == ["Second", "Early, corrected"]
    page(served, "/-/hani/author?name=Nobody", 404)


def test_health_tells_of_each_run(nights: Path) -> None:
    with serving(nights) as served:
        found = page(served, "/-/hani/health")
    runs = rows(
        nights,
        "select id, status, json_extract(report, '$.outcomes.new') as new, json_extract(report, '$.outcomes.changed') as changed"
        " from runs order by id desc",
    )
    shown = [words(row, "th, td") for row in found.cssselect("section:last-of-type tbody tr")]
    assert [(row[0], row[2], row[3], row[4]) for row in shown] == [
        (str(run["id"]), run["status"].replace("_", " "), str(run["new"]), str(run["changed"])) for run in runs
    ]
    drawn = found.cssselect("svg.chart")
    assert [svg.get("aria-label") for svg in drawn][:2] == [
        "New and changed articles per run",
        "Requests per run",
    ]
    assert len(drawn[0].cssselect("a")) == len(runs)


def test_a_drift_is_told_by_the_health_page(archive: Path) -> None:
    with closing(sqlite3.connect(archive)) as connection, connection:
        connection.execute(
            "insert into drifts select max(id), 'g3', 'refused', 40, 0.88, 0.0, max(id), max(started_at), '[]', 0 from runs"
        )
    with serving(archive) as served:
        found = page(served, "/-/hani/health")
    assert words(found, ".banner li") == ["g3: refused is 88%, was 0%"]


def test_the_feeds_are_listed_with_how_to_follow_them(served: Served) -> None:
    found = page(served, "/-/hani/feeds")
    for name in ("articles", "edits", "silent", "removals"):
        assert f"/-/hani/feed/{name}.atom" in links(found, "main a")
        assert served.get(f"/-/hani/feed/{name}.json").status_code == 200
