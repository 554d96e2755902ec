"""The drift alarm: the pure judgement, held against cases by hand; and the night on which the bundled site is relaunched."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.drift import (
    ACCEPT_DAYS,
    ALL,
    FALLBACK,
    NEW,
    REFUSED,
    WINDOW,
    Counts,
    Courses,
    Drift,
    Seen,
    Tally,
    departs,
    step,
)
from archive.history import Observation, fold
from archive.layout import courses_as, courses_from
from archive.records import Article, FetchOutcome, Reading
from archive.times import stamp
from jobs.replica import NIGHTS, RELAUNCH, Replica
from tests.conftest import one, rows, run_hani
from tests.tomorrow import tomorrows_program

START = datetime(2026, 11, 1, 18, 30, tzinfo=UTC)
ALL_FIELDS = frozenset(
    {"subtitle", "byline", "authors", "modified_at", "section", "images", "captions", "original_url"}
)


def at(night: int) -> str:
    return stamp(START + timedelta(days=night))


def pages(count: int, filled: int, had: int = 0, kept: int = 0, known: int | None = None, gained: int = 0) -> Counts:
    return Counts(count, filled, had if known is None else known, had, kept, gained)


MONTH = [pages(60, 54), pages(61, 55), pages(59, 53), pages(60, 55), pages(62, 56)]  # about 0.9


@pytest.mark.parametrize(
    ("measure", "sample", "usual", "alarms"),
    [
        # The same articles: 12 had a byline, and hardly one has it still.
        ("byline", pages(14, 1, had=12, kept=1), MONTH, True),
        ("byline", pages(14, 1, had=12, kept=1), [], True),
        # Most of them have it still, though the night's share is low: news of another sort.
        ("byline", pages(40, 12, had=12, kept=12), MONTH, False),
        # Nothing known was asked: the share itself decides, of twelve pages or more.
        ("byline", pages(14, 0), MONTH, True),
        ("byline", pages(11, 0), MONTH, False),
        ("byline", pages(14, 0), [], False),
        ("byline", pages(14, 0), [pages(19, 19)], False),  # too short a history
        ("byline", pages(14, 11), MONTH, False),
        # Half of the pages have a standfirst: a share of few pages varies much.
        ("subtitle", pages(12, 2), [pages(60, 30)] * 5, False),
        ("subtitle", pages(60, 3), [pages(60, 30)] * 5, True),
        # What was never there appears on all of them: something else is taken for it.
        ("original_url", pages(20, 20, known=15, gained=15), [pages(60, 1)] * 5, True),
        ("original_url", pages(20, 3, known=15, gained=2), [pages(60, 1)] * 5, False),
        # A stamp that appears is an edit.
        ("modified_at", pages(20, 20, known=15, gained=15), [pages(60, 1)] * 5, False),
        ("modified_at", pages(20, 0, had=15, kept=0), [pages(60, 55)] * 5, True),
        (REFUSED, pages(40, 35), [pages(40, 0)] * 5, True),
        (REFUSED, pages(40, 2), [pages(40, 0)] * 5, False),
        (REFUSED, pages(40, 0), [pages(40, 30)] * 5, False),  # better than usual is no alarm
        (FALLBACK, pages(12, 12), [], True),  # articles that the template had read before
    ],
)
def test_what_departs(measure: str, sample: Counts, usual: list[Counts], alarms: bool) -> None:
    assert (departs(("g3", measure), sample, usual) is not None) is alarms


def test_a_few_bad_nights_do_not_move_what_is_usual() -> None:
    usual = [pages(60, 55)] * 8 + [pages(60, 0)] * 3
    assert departs(("g3", "byline"), pages(60, 2), usual) is not None
    assert departs(("g3", "byline"), pages(60, 54), usual) is None


def test_new_articles_and_all_pages_need_a_history() -> None:
    for group in (NEW, ALL):
        assert departs((group, REFUSED), pages(12, 12), []) is None
        assert departs((group, REFUSED), pages(12, 12), [pages(60, 1)]) is not None


def night(number: int, count: int, without: int = 0, before: frozenset[str] = ALL_FIELDS) -> Tally:
    """Rechecks of the same articles, of which earlier runs read `before`; `without` of them show no byline."""
    tally = Tally()
    for article in range(count):
        filled = ALL_FIELDS - {"byline"} if article < without else ALL_FIELDS
        tally.add(Seen(100 * number + article, article, f"https://x/{article}", "g3", filled, 400, ("g3", before, 400)))
    return tally


def played(tallies: list[Tally], apart: float = 1) -> list[list[Drift]]:
    courses: Courses = {}
    found = []
    for number, tally in enumerate(tallies):
        courses, drifts = step(courses, (stamp(START + timedelta(days=number * apart)), number + 1), tally)
        found.append(drifts)
    return found


def test_since_when_which_field_on_which_template_and_three_examples() -> None:
    found = played([night(n, 20, 0 if n < 4 else 20) for n in range(7)])
    assert [len(drifts) for drifts in found] == [0, 0, 0, 0, 1, 1, 1]
    for number, (drift,) in enumerate(found[4:], 5):
        assert (drift.run_id, drift.template, drift.measure) == (number, "g3", "byline")
        assert (drift.since_run, drift.since) == (5, at(4))
        assert (drift.pages, drift.found, drift.expected) == (20, 0.0, 1.0)
        assert [e.article for e in drift.examples] == [19, 18, 17]


def test_what_has_departed_for_a_month_is_how_the_site_is() -> None:
    since = [night(n, 20, 20, ALL_FIELDS if n == 4 else ALL_FIELDS - {"byline"}) for n in range(4, ACCEPT_DAYS + 8)]
    found = played([night(n, 20) for n in range(4)] + since)
    assert [bool(drifts) for drifts in found] == [False] * 4 + [True] * ACCEPT_DAYS + [False] * 4


def test_a_drift_that_ends_and_comes_again_has_another_beginning() -> None:
    found = played([night(n, 20, 20 if n in (2, 5) else 0) for n in range(6)])
    assert [[d.since_run for d in drifts] for drifts in found] == [[], [], [3], [], [], [6]]


def test_small_runs_are_taken_together_and_all_of_them_are_in_doubt() -> None:
    """Every twenty minutes three pages: the third run makes nine."""
    found = played([night(0, 20), *(night(n, 3, 3) for n in range(1, 5))], apart=1 / 72)
    assert [sorted(d.run_id for d in drifts if d.measure == "byline") for drifts in found] == [
        [],
        [],
        [],
        [2, 3, 4],
        [],
    ]


def test_what_is_older_than_a_week_is_not_taken_together() -> None:
    assert played([night(0, 20), *(night(n, 3, 3) for n in range(1, 5))], apart=8) == [[], [], [], [], []]


def test_text_that_is_lost_on_most_pages() -> None:
    short = Tally()
    for article in range(10):
        short.add(Seen(article, article, "u", "g3", ALL_FIELDS, 80, ("g3", ALL_FIELDS, 400)))
    (drift,) = played([night(0, 20), short])[1]
    assert (drift.template, drift.measure) == ("g3", "body")


def test_a_page_of_another_known_template_is_no_drift() -> None:
    """The site moves its articles to a layout that we know."""
    moved = Tally()
    for article in range(20):
        moved.add(Seen(article, article, "u", "g4", ALL_FIELDS - {"byline"}, 400, ("g3", ALL_FIELDS, 400)))
    assert played([night(0, 20), night(1, 20), moved])[2] == []


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=12))
def test_counts_add_up_and_drifts_name_only_runs_that_were(nights: list[tuple[int, int]]) -> None:
    tallies = [night(n, count, min(count, without)) for n, (count, without) in enumerate(nights)]
    for tally in tallies:
        for counts in tally.counts.values():
            assert 0 <= counts.kept <= counts.had <= counts.known <= counts.pages
            assert counts.filled <= counts.pages and counts.gained <= counts.known - counts.had
    for number, drifts in enumerate(played(tallies), 1):
        assert all(drift.run_id <= number and drift.since_run <= drift.run_id for drift in drifts)


def test_courses_are_the_same_when_they_are_taken_up_again() -> None:
    tallies = [night(n, 9 if n % 2 else 3, n % 5) for n in range(45)]
    courses: Courses = {}
    kept: Courses = {}
    for number, tally in enumerate(tallies):
        courses, drifts = step(courses, (at(number), number), tally)
        again, same = step(kept, (at(number), number), tally)
        assert (again, same) == (courses, drifts)
        kept = courses_from(json.loads(json.dumps(courses_as(again))))
    assert all(len(course.usual) <= WINDOW and len(course.drifted) <= WINDOW for course in courses.values())


# --- what is believed of a page in doubt ---

A = Article(
    title="Rice",
    posted_at="2023-06-01T00:00:00Z",
    modified_at="2023-06-01T01:00:00Z",
    body=("Rice rose by 3 percent.",),
    template="g3",
    subtitle="Prices",
    byline="By Kim Su-jin",
    authors=("Kim Su-jin",),
)
DOUBT = {("g3", "byline"), ("g3", "authors"), ("g3", "modified_at"), ("g2", "subtitle")}


def history(second: Reading, doubts: set[tuple[str, str]]) -> Any:
    first = Observation("2023-06-10T01:00:00Z", FetchOutcome.OK, "u", "e_national", "d0")
    later = replace(first, fetched_at="2023-06-11T01:00:00Z", payload_digest="d1", doubts=frozenset(doubts))
    return fold(1, [first, later], {"d0": A, "d1": second})


def test_a_field_in_doubt_stays_what_it_was_and_an_edit_beside_it_counts() -> None:
    lost = replace(A, byline=None, authors=())
    assert len(history(lost, set()).versions) == 2
    assert len(history(lost, DOUBT).versions) == 1
    edited = history(replace(lost, body=("Rice rose by 5 percent.",)), DOUBT)
    assert [v.kind for v in edited.versions] == ["first", "text"]
    assert edited.versions[1].article.byline == "By Kim Su-jin"
    assert len(history(replace(A, subtitle=None), DOUBT).versions) == 2  # in doubt on another template alone
    assert len(history(replace(A, byline="By Lee Ha-neul"), DOUBT).versions) == 2  # there, and another


def test_an_edit_is_not_called_silent_where_the_stamp_itself_is_in_doubt() -> None:
    edited = replace(A, body=("Rice rose by 5 percent.",), modified_at=None)
    assert history(edited, set()).versions[1].silent
    assert not history(edited, DOUBT).versions[1].silent


def test_the_cascade_for_unknown_layouts_never_edits_what_a_template_read() -> None:
    other = replace(A, template="fallback", body=("Rice rose by 3 percent.", "Share this story"))
    found = history(other, set())
    assert len(found.versions) == 1 and found.standing.last_seen_at == "2023-06-11T01:00:00Z"
    assert found.standing.status == "live"
    assert len(history(replace(A, template="fallback"), set()).versions) == 1


# --- the night of the relaunch ---


def crawl(db: Path, site: Replica, number: int) -> Any:
    site.night = number
    begun = (START + number * timedelta(hours=25)).isoformat()
    return run_hani(db, db.parent, "nightly", "--origin", site.origin, "--delay", "0", "--json", HANI_NOW=begun)


@pytest.fixture(scope="module")
def relaunched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """An archive after the relaunch, and the run of that night."""
    db = tmp_path_factory.mktemp("relaunch") / "archive.db"
    with Replica() as site:
        for number in (1, NIGHTS - 1, NIGHTS):
            assert crawl(db, site, number).code == 0
        return db, crawl(db, site, RELAUNCH)


def test_the_alarm_fires_and_says_what_broke_where_since_when(relaunched: tuple[Path, Any]) -> None:
    db, ran = relaunched
    report = ran.data
    assert ran.code == report["exit_code"] == 5
    assert report["status"] == "degraded" == one(db, "select status from runs order by id desc limit 1")
    drifts = {(d["template"], d["measure"]): d for d in report["drift"]}
    assert set(drifts) == {("g3", "refused"), ("g2", "subtitle")}
    for drift in drifts.values():
        assert (drift["since_run"], drift["since"]) == (
            4,
            one(db, "select min(fetched_at) from captures where run_id = 4"),
        )
        assert len(drift["examples"]) == 3
        for example in drift["examples"]:
            found = rows(db, "select article_id, url, run_id from captures where id = ?", example["capture"])
            assert found == [{"article_id": example["article"], "url": example["url"], "run_id": 4}]
    assert drifts[("g3", "refused")]["expected"] == 0 and drifts[("g3", "refused")]["found"] > 0.8
    assert report["addresses"] == sum(report["outcomes"].values())


def test_no_junk_is_stored_and_a_real_edit_is_seen(relaunched: tuple[Path, Any]) -> None:
    db, ran = relaunched
    tonight = rows(
        db,
        "select v.article_id, v.kind, v.subtitle from versions v join captures c on c.article_id = v.article_id"
        " and c.fetched_at = v.first_seen_at where c.run_id = 4",
    )
    # By hand: the one edit of that night on a page that can be read, and its standfirst stays.
    assert tonight == [
        {
            "article_id": 1036980,
            "kind": "text",
            "subtitle": "Wildfire destroys 23 homes and 410 hectares of forest in North Gyeongsang Province",
        }
    ]
    assert ran.data["outcomes"]["changed"] == 1 and ran.data["versions"] == {"text": 1}
    assert ran.data["held"] >= 8
    assert one(db, "select count(*) from articles where id = 1279160") == 0
    assert one(db, "select count(*) from articles where status <> 'live' and last_checked_at >= ?", at(8)) < 12


def test_a_rebuild_gives_the_same_rows(relaunched: tuple[Path, Any]) -> None:
    db, _ = relaunched
    ran = run_hani(db, db.parent, "rebuild", "--check")
    assert ran.code == 0, ran.out + ran.err


def test_a_template_that_is_added_heals_the_history(relaunched: tuple[Path, Any], tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    db.write_bytes(relaunched[0].read_bytes())
    program = tomorrows_program(tmp_path / "later")
    before = rows(db, "select id, content_hash from versions")

    def later(*arguments: str) -> str:
        command = [sys.executable, "-m", "jobs", "--db", str(db), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(program)}
        done = subprocess.run(
            command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    foreseen = json.loads(later("--json", "reprocess"))
    assert rows(db, "select id, content_hash from versions") == before
    assert foreseen["articles"] > 0
    later("reprocess", "--apply")
    assert rows(db, "select * from drifts") == []
    edited = rows(db, "select number, kind, template, body, first_seen_at from versions where article_id = 1279118")
    assert [(v["number"], v["kind"], v["template"]) for v in edited] == [(1, "first", "g3"), (2, "text", "g4")]
    assert "400 grams" in edited[1]["body"]
    capture = one(relaunched[0], "select fetched_at from captures where article_id = 1279118 and run_id = 4")
    assert edited[1]["first_seen_at"] == capture  # when the newspaper's page was seen, not when we learnt to read it
    assert one(db, "select title from articles where id = 1279160").startswith("Incheon school bakes")
    known = {row["id"] for row in before}
    more = rows(db, "select article_id, id from versions")
    assert {row["article_id"] for row in more if row["id"] not in known} == {1279118, 1279160}
    assert known <= {row["id"] for row in more}
    later("rebuild", "--check")
