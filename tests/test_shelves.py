"""Authors, sections, a day and health: what the pages show of archives whose history is written by hand."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from archive import shelves
from archive.database import open_reader
from archive.records import Article
from archive.reports import Point
from archive.run_figures import filled_over, outcomes_over, over_runs
from tests.conftest import one
from tests.reading import Served, an_article, serving, written


def posted(
    title: str, at: str, *authors: str, section: str = "e_national", text: str = "Text.", **more: str
) -> Article:
    return an_article(title, text, posted_at=at, authors=authors, byline=", ".join(authors), section=section, **more)


RAIN = posted("Rain", "2026-11-20T01:00:00Z", "Kim A", "Lee B")
SNOW = posted("Snow", "2026-11-21T16:00:00Z", "Kim A", section="e_business")  # the 22nd in Korea
FOG = posted("Fog", "2025-03-31T16:00:00Z", "Kim A")  # the first of April in Korea
HAIL = posted("Hail", "2026-11-22T02:00:00Z", "O'Neil <b>", section="e_business")
SEEN = [
    (1, "2026-11-20T02:00:00Z", RAIN),
    (3, "2026-11-20T02:00:00Z", FOG),
    (2, "2026-11-22T00:00:00Z", SNOW),
    (1, "2026-11-22T16:00:00Z", posted("Heavy rain", RAIN.posted_at, "Kim A", "Lee B", text="Other text.")),
    (4, "2026-11-23T03:00:00Z", HAIL),
    (2, "2026-11-24T00:00:00Z", None),
    (2, "2026-11-25T00:00:00Z", None),
    (2, "2026-11-26T01:00:00Z", None),
]


@pytest.fixture(scope="module")
def weather(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("weather") / "weather.db", SEEN)


@pytest.fixture(scope="module")
def served(weather: Path) -> Iterator[Served]:
    with serving(weather) as server:
        yield server


def words(served: Served, path: str) -> str:
    """A page's text, without its tags."""
    answer = served.get(path)
    assert answer.status_code == 200, answer.text[:500]
    main = answer.text.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", main).split()))


# --- authors ---------------------------------------------------------------------------------------------------------


def test_authors_are_counted_with_what_was_edited(weather: Path) -> None:
    archive = open_reader(weather)
    rows = shelves.authors(archive, "", "articles", 10)
    assert [tuple(row.values()) for row in rows] == [
        ("Kim A", 3, 1, 1, "2026-11-21T16:00:00Z"),
        ("Lee B", 1, 1, 1, "2026-11-20T01:00:00Z"),
        ("O'Neil <b>", 1, 0, 0, "2026-11-22T02:00:00Z"),
    ]
    assert [row["name"] for row in shelves.authors(archive, "LEE", "name", 10)] == ["Lee B"]
    assert [row["name"] for row in shelves.authors(archive, "", "name", 1, 1)] == ["Lee B"]
    archive.close()


def test_the_authors_page_can_be_searched_and_sorted(served: Served) -> None:
    text = words(served, "/-/hani/authors?sort=edited&part=kim")
    assert "Kim A 3 1 33% 1 2026-11-22" in text and "Lee B" not in text
    assert "Nobody of that name is found" in words(served, "/-/hani/authors?part=zzz")
    assert words(served, "/-/hani/authors?sort=nothing&page=-1").count("Kim A") == 1


def test_an_authors_page_has_articles_and_edits(served: Served) -> None:
    text = words(served, "/-/hani/author?name=Kim+A")
    assert (
        "3 articles, posted from 2025-04-01 to 2026-11-22. 1 article (33%) was edited later, 1 of them silently."
        in text
    )
    assert re.search(r"Articles .*Snow .*Heavy rain .*Fog .*Newest edits Heavy rain", text)
    assert "Fog" not in words(served, "/-/hani/author?name=Kim+A&year=2026")
    assert "Snow" not in words(served, "/-/hani/author?name=Kim+A&edited=1")
    assert "is no year such as 2026" in words(served, "/-/hani/author?name=Kim+A&year=next")


def test_an_author_of_any_name_has_a_page(served: Served) -> None:
    assert "O'Neil <b>" in words(served, "/-/hani/author?name=O%27Neil+%3Cb%3E")
    assert (
        "<b>" not in served.get("/-/hani/author?name=O%27Neil+%3Cb%3E").text.partition("<h1>")[2].partition("</h1>")[0]
    )


@pytest.mark.parametrize("query", ["", "?name=", "?name=Nobody", "?name=%00%ff", "?name=%27%20or%201=1"])
def test_nobody_has_a_sentence(served: Served, query: str) -> None:
    answer = served.get(f"/-/hani/author{query}")
    assert answer.status_code == 404 and "<h1>Not found</h1>" in answer.text


# --- sections --------------------------------------------------------------------------------------------------------


def test_sections_are_counted(served: Served) -> None:
    text = words(served, "/-/hani/sections")
    assert "Business 2 2026-11-22 0 –" in text and "National 2 2026-11-20 1 2026-11-23" in text


def test_a_section_over_time(served: Served) -> None:
    text = words(served, "/-/hani/section/e_national")
    assert "2 articles, posted from 2025-04-01 to 2026-11-20; 1 edit seen, 1 of them silent." in text
    month = words(served, "/-/hani/section/e_national?month=2025-04")
    assert "Fog" in month and "rain" not in month and "None was seen in that month." in month
    assert "is no month such as 2026-11" in words(served, "/-/hani/section/e_national?month=2026-13")


def test_a_sections_columns_lead_to_the_rows_behind_them(served: Served) -> None:
    text = unescape(served.get("/-/hani/section/e_national").text)
    assert 'href="/-/hani/section/e_national?month=2026-11" aria-label="2026-11: 1"' in text
    assert "/-/hani/changes?section=e_national&from=2026-11&to=2026-11" in text
    assert "Heavy rain" in words(served, "/-/hani/changes?section=e_national&from=2026-11&to=2026-11")
    days = unescape(served.get("/-/hani/section/e_national?month=2026-11").text)
    assert 'href="/-/hani/day/2026-11-20" aria-label="2026-11-20: 1"' in days


def test_months_are_those_of_korea() -> None:
    names, since, until = shelves.months("2026-01-31T15:30:00Z", 3)
    assert (names, since, until) == (
        ["2025-12", "2026-01", "2026-02"],
        "2025-11-30T15:00:00Z",
        "2026-02-28T15:00:00Z",
    )


@pytest.mark.parametrize("code", ["nothing", "%2F", "..%2F..%2Fetc", "%3Cscript%3E", "e_national%27", "%20"])
def test_a_section_that_is_none_has_a_sentence(served: Served, code: str) -> None:
    answer = served.get(f"/-/hani/section/{code}")
    assert answer.status_code == 404 and "There is no section" in answer.text


# --- a day -----------------------------------------------------------------------------------------------------------


def test_a_day_shows_what_was_known_at_its_end(served: Served) -> None:
    text = words(served, "/-/hani/day/2026-11-22")
    assert re.search(r"Posted that day Hail Business .* first seen 2026-11-23 .*Snow Business", text)
    assert re.search(r"National Rain 2026-11-20 10:00 KST · changed since Fog", text)
    later = words(served, "/-/hani/day/2026-11-23")
    assert "Nothing was posted that day. The last before: 2026-11-22 ." in later
    assert "1 edit was seen" in later and "Heavy rain" in later and "changed since" not in later


def test_what_was_removed_by_then_says_so(served: Served) -> None:
    assert "removed" not in words(served, "/-/hani/day/2026-11-23")
    assert re.search(r"Snow [^A-Z]*KST removed", words(served, "/-/hani/day/2026-11-26"))


def test_a_days_neighbours_are_linked(served: Served) -> None:
    text = served.get("/-/hani/day/2026-03-01").text
    assert 'href="/-/hani/day/2026-02-28"' in text and 'href="/-/hani/day/2026-03-02"' in text
    assert "The last before: <a" in text and 'href="/-/hani/day/2025-04-01"' in text
    assert 'rel="next"' not in served.get("/-/hani/day/8999-12-31").text


def test_a_day_is_asked_for_by_a_form(served: Served) -> None:
    assert served.get("/-/hani/day?day=2026-11-22").headers["location"] == "/-/hani/day/2026-11-22"
    assert "is no day such as 2026-11-23" in words(served, "/-/hani/day?day=tomorrow")
    text = served.get("/-/hani/day").text
    assert 'href="/-/hani/day/2026-12-31">2026</a>' in text and 'value="2026-11-22"' in text


@pytest.mark.parametrize("day", ["today", "2026-02-30", "2026-1-1", "0001-01-01", "9999-12-31", "%2F", "2026-11-22%20"])
def test_a_day_that_is_none_has_a_sentence(served: Served, day: str) -> None:
    answer = served.get(f"/-/hani/day/{day}")
    assert answer.status_code == 404 and "is no day such as 2026-11-23" in answer.text


# --- health ----------------------------------------------------------------------------------------------------------


def test_health_shows_runs_outcomes_and_fill_rates(nights: Path) -> None:
    with serving(nights) as served:
        text = served.get("/-/hani/health").text
        shown = words(served, "/-/hani/health")
    last = one(nights, "select max(id) from runs")
    assert "ended as done" in shown and f"What the last {last} runs brought" in shown
    assert text.count('<svg class="chart"') == 8 and text.count('<svg class="spark"') > 10
    assert f'href="/hankyoreh/runs/{last}"' in text
    assert "Layout g3" in shown


def test_where_nothing_ran_health_says_so(served: Served) -> None:
    assert words(served, "/-/hani/health") == "Health No run has walked the lists yet."


def test_an_empty_archive_has_all_the_pages(tmp_path: Path) -> None:
    with serving(written(tmp_path / "empty.db", [])) as served:
        for page in ("health", "authors", "sections", "day", "day/2026-11-22"):
            assert served.get(f"/-/hani/{page}").status_code == 200, page


def test_charts_over_runs_tell_what_was_not_recorded() -> None:
    ends = "2026-11-24T18:30:00Z"
    fields = [{"template": "g3", "pages": 4, "filled": {"byline": 3}}]
    full = Point(
        2, "2026-11-24T18:00:00Z", ends, "done", 5, 1, 70, 2_000_000, fields, {"gone": 3, "blocked": 2, "failed": 1}
    )
    bare = Point(1, "2026-11-23T18:00:00Z", None, "interrupted", None, None, None, None, [])
    articles, requests, received, lasted = over_runs([bare, full], lambda run: f"/runs/{run}")
    assert articles.keys == ("new", "changed") and "run 2, 11-25: 5" in articles.svg
    assert 'href="/runs/2"' in requests.svg and "2.0 MB" in received.svg and "run 2, 11-25: 30" in lasted.svg
    unchanged, gone, without, left = outcomes_over([bare, full])
    assert "run 2, 11-25: 3" in gone.svg and "run 2, 11-25: 3" in without.svg
    assert "<a " not in unchanged.svg and "run 2, 11-25: 0" in left.svg
    (layout,) = filled_over([bare, full])
    assert (layout.template, layout.pages) == ("g3", 4) and layout.fields[0][:2] == ("byline", "75%")


def test_every_query_searches_by_an_index(weather: Path) -> None:
    archive = open_reader(weather)
    plans: list[str] = []
    traced: list[str] = []
    archive.set_trace_callback(traced.append)
    shelves.authors(archive, "", "articles", 5)
    shelves.author(archive, "Kim A")
    shelves.articles_by(archive, "Kim A", *shelves.EVER, False, 5)
    shelves.edits_of(archive, "Kim A", 5)
    shelves.years_by(archive, "Kim A")
    shelves.sections(archive, 5)
    shelves.section(archive, "e_national")
    shelves.articles_in(archive, "e_national", *shelves.EVER, 5)
    shelves.edits_in(archive, "e_national", *shelves.EVER, 5)
    shelves.over_time(archive, "e_national", ["2026-11"], *shelves.EVER)
    shelves.posted_on(archive, *shelves.EVER, 5)
    shelves.standing_in(archive, "e_national", *shelves.EVER, 5)
    shelves.edits_between(archive, *shelves.EVER)
    shelves.neighbours(archive, *shelves.EVER)
    archive.set_trace_callback(None)
    for statement in traced:
        plans += [row[3] for row in archive.execute(f"explain query plan {statement}")]
    archive.close()
    tables = r"\b(articles|versions|authors|statuses|a|v|w|k|n|s)\b"
    assert [
        plan for plan in plans if plan.startswith("SCAN") and re.search(tables, plan[5:]) and "INDEX" not in plan
    ] == []
    assert len(traced) >= 14
