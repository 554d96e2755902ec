"""The verdict at a glance: each thing that can be wrong, case by case, and the command on real nights."""

import json
import os
import socket
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from archive.database import open_writer
from archive.health import Drift, Facts, FailedJob, Finding, LastRun, SilentList, Week, exit_code, findings, span
from archive.lock import crawl_lock, lock_path
from archive.migrations import migrations
from archive.reads import vitals
from archive.times import stamp
from crawler.config import Config, Crawl, JobSettings, Schedule
from jobs.replica import Replica, RobotsAnswer
from jobs.status import capacity, holds, longest_gap, next_run
from tests.conftest import Hani, one
from tests.test_completeness import NEW, Log

NOW = "2026-11-23T00:00:00Z"
NIGHT = LastRun(41, "hani nightly", "done", "2026-11-22T18:30:00Z", "2026-11-22T19:10:00Z")
USUAL = Week(days=(9, 8, 10, 9, 7, 2, 1), before=(9, 9, 9, 9, 8, 2, 1) * 4)
WELL = Facts(now=NOW, last=NIGHT, capacity=3000, free=50_000_000_000, growth=1_500_000.0, week=USUAL)


def names(facts: Facts) -> list[tuple[str, int]]:
    return [(finding.name, int(finding.code)) for finding in findings(facts)]


def the_one(facts: Facts) -> Finding:
    found = findings(facts)
    assert len(found) == 1, found
    return found[0]


def test_all_well() -> None:
    assert findings(WELL) == []
    assert exit_code([]) == 0


def test_a_new_archive_without_a_run_is_not_well() -> None:
    assert names(replace(WELL, last=None)) == [("no_run", 1)]


@pytest.mark.parametrize(
    ("status", "name", "code"),
    [
        ("done", None, 0),
        ("degraded", None, 0),  # what is judged now counts: a reprocess may have healed it
        ("failed", "failed", 1),
        ("interrupted", "interrupted", 1),
        ("unreachable", "unreachable", 3),
        ("partly_failed", "partly_failed", 6),
        ("running", None, 0),
    ],
)
def test_how_the_last_run_ended(status: str, name: str | None, code: int) -> None:
    facts = replace(WELL, last=replace(NIGHT, status=status))
    assert names(facts) == ([(name, code)] if name else [])
    assert exit_code(findings(facts)) == code


@pytest.mark.parametrize(
    ("begun", "late"),
    [("2026-11-21T12:00:00Z", False), ("2026-11-21T11:59:59Z", True), ("2026-11-01T18:30:00Z", True)],
)
def test_no_run_for_longer_than_one_and_a_half_periods(begun: str, late: bool) -> None:
    facts = replace(WELL, last=replace(NIGHT, started_at=begun))
    assert names(facts) == ([("late", 1)] if late else [])
    hourly = replace(WELL, period=3600.0, last=replace(NIGHT, started_at="2026-11-22T22:29:00Z"))
    assert the_one(hourly).sentence == "no run has begun for 2 hours, where one is due every 1 hour"


def test_a_run_that_is_under_way() -> None:
    running = replace(NIGHT, status="running", finished_at=None)
    assert names(replace(WELL, last=running, longest=6 * 3600.0)) == []
    assert names(replace(WELL, last=running, longest=5 * 3600.0)) == [("hangs", 1)]
    gone = the_one(replace(WELL, last=replace(running, alive=False)))
    assert gone.name == "gone" and "run 41" in gone.sentence and "2026-11-23 03:30 KST" in gone.sentence


def test_drift_says_what_drifted_since_when() -> None:
    byline = Drift("g3-rendered", "byline", 61, 0.0984, 0.95, 39, "2026-11-20T18:30:00Z")
    facts = replace(WELL, last=replace(NIGHT, status="degraded"), drifts=[byline])
    found = the_one(facts)
    assert found.code == 5
    assert found.sentence == (
        "the layout has changed (drift): g3-rendered: 10% of 61 pages with byline, where 95% are usual,"
        " since run 39 (2026-11-21 03:30 KST)"
    )
    refused, fallback = replace(byline, measure="refused"), replace(byline, measure="fallback")
    said = [finding.sentence for finding in findings(replace(WELL, drifts=[refused, fallback]))]
    assert "of 61 pages refused, where" in said[0] and "of 61 pages read only by the fallback, where" in said[1]


def test_what_was_never_asked_for_is_a_fault() -> None:
    assert "1 article that a list named" in the_one(replace(WELL, never_asked=1)).sentence
    assert names(replace(WELL, unread=2)) == [("unread", 1)]


@pytest.mark.parametrize(
    ("since", "told"),
    [
        ("2026-11-20T00:00:00Z", False),  # three days: a long weekend
        ("2026-11-19T23:59:59Z", True),
        ("2026-10-25T00:00:00Z", True),
        ("2026-10-23T00:00:00Z", False),  # given up a month ago
    ],
)
def test_a_list_that_offers_nothing_for_days(since: str, told: bool) -> None:
    facts = replace(WELL, silent_lists=[SilentList("new:e_business", since, "answered 404")])
    assert names(facts) == ([("silent", 1)] if told else [])


@pytest.mark.parametrize(
    ("days", "before", "far_below"),
    [
        ((9, 8, 10, 9, 7, 2, 1), USUAL.before, False),
        ((4, 4, 4, 4, 4, 2, 2), USUAL.before, False),  # 24 of 47: just over half
        ((4, 4, 4, 4, 4, 2, 1), USUAL.before, True),  # 23
        ((0,) * 7, USUAL.before, True),
        (
            (0, 0, 0, 2, 4, 2, 1),
            (*USUAL.before[:7], 0, 0, 0, 2, 3, 1, 1, *USUAL.before[14:]),
            False,
        ),  # as quiet a week was
        ((0,) * 7, (*[0] * 7, *USUAL.before[7:]), False),  # the archive is younger than the five weeks
        ((0,) * 7, (2, 2, 2, 2, 2, 2, 1) * 4, False),  # thirteen a week are too few to tell
        ((0,) * 7, (2,) * 28, True),
        ((), (), False),
    ],
)
def test_far_fewer_articles_than_usual(days: tuple[int, ...], before: tuple[int, ...], far_below: bool) -> None:
    week = Week(days, before)
    assert week.far_below is far_below
    assert names(replace(WELL, week=week)) == ([("few", 1)] if far_below else [])


def test_what_is_usual_is_told_by_weekday() -> None:
    one_odd_week = (9, 9, 9, 9, 8, 2, 1, 90, 0, 90, 0, 8, 20, 1, *USUAL.before[14:])
    assert Week(USUAL.days, one_odd_week).usual_days == [9, 9, 9, 9, 8, 2, 1]
    assert Week(USUAL.days, one_odd_week).usual == 47


@pytest.mark.parametrize(
    ("backlog", "of_full", "told"), [(3000, 0, False), (3001, 0, True), (40_000, 38_000, False), (40_000, 36_000, True)]
)
def test_a_backlog_bigger_than_a_run_unless_a_full_walk_left_it(backlog: int, of_full: int, told: bool) -> None:
    facts = replace(WELL, backlog=backlog, of_full_walk=of_full)
    assert names(facts) == ([("backlog", 1)] if told else [])


def test_addresses_that_never_answer() -> None:
    assert "2 addresses gave no answer" in the_one(replace(WELL, often_asked=2)).sentence
    assert "1 address gave no answer" in the_one(replace(WELL, often_asked=1)).sentence


def test_a_disk_nearly_full() -> None:
    assert names(replace(WELL, free=499_999_999, growth=0.0)) == [("disk", 1)]
    assert names(replace(WELL, free=700_000_000, growth=50_000_000.0)) == []
    found = the_one(replace(WELL, free=699_000_000, growth=50_000_000.0))
    assert found.sentence == "the disk has only 699 MB left, enough for 14 days like the last ones"


def test_tables_of_another_version() -> None:
    found = the_one(replace(WELL, outdated=["the search index articles_fts is missing"]))
    assert found.sentence == "the search index articles_fts is missing; `hani rebuild` makes that anew"


def test_the_gravest_comes_first_and_gives_the_exit_code() -> None:
    drift = Drift("g2", "refused", 50, 0.5, 0.02, 40, "2026-11-22T18:30:00Z")
    facts = replace(WELL, never_asked=1, drifts=[drift], last=replace(NIGHT, status="partly_failed"))
    assert names(facts) == [("drift", 5), ("partly_failed", 6), ("never_asked", 1)]
    assert exit_code(findings(facts)) == 5
    down = replace(facts, last=replace(NIGHT, status="unreachable", started_at="2026-11-19T18:30:00Z"))
    assert names(down)[:2] == [("unreachable", 3), ("late", 1)]


def test_a_run_in_the_future_is_a_clock_that_was_set_back() -> None:
    assert names(replace(WELL, now="2026-11-20T00:00:00Z"))[0] == ("clock", 1)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1.2, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (3600, "1 hour"),
        (86_400, "24 hours"),
        (172_800, "2 days"),
    ],
)
def test_lengths_of_time(seconds: float, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("now", "following"),
    [
        ("2026-11-23T18:29:59+00:00", "2026-11-23T18:30:00Z"),
        ("2026-11-23T18:30:00+00:00", "2026-11-24T18:30:00Z"),
        ("2026-12-31T20:00:00+00:00", "2027-01-01T18:30:00Z"),
    ],
)
def test_the_next_run(now: str, following: str) -> None:
    weekly_off = (("weekly", JobSettings("nightly --full", "30 15 * * sun", on=False)),)
    ahead = next_run(Config(schedule=Schedule(hour=3, minute=30, jobs=weekly_off)), datetime.fromisoformat(now))
    assert ahead is not None and stamp(ahead) == following


def scheduled(**jobs: JobSettings) -> Config:
    off = {name: JobSettings("nightly", "0 0 * * *", on=False) for name in ("nightly", "weekly")}
    return Config(schedule=Schedule(jobs=tuple({**off, **jobs}.items())))


def test_how_long_the_schedule_leaves_between_two_walks() -> None:
    now = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # a Monday morning in Korea
    hour = 3600
    assert longest_gap(Config(), now) == 24 * hour
    assert longest_gap(scheduled(often=JobSettings("nightly", every="20 minutes")), now) == hour / 3
    weekdays = scheduled(office=JobSettings("nightly", "0 9,18 * * mon-fri"))
    assert longest_gap(weekdays, now) == 63 * hour  # from Friday evening to Monday morning
    assert longest_gap(scheduled(), now) == 14 * 24 * hour
    assert next_run(scheduled(), now) is None


def test_the_next_run_of_an_interval() -> None:
    config = scheduled(often=JobSettings("nightly --pages 1", every="20 minutes"))
    now = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert next_run(config, now, now - timedelta(minutes=5)) == now + timedelta(minutes=15)
    assert next_run(config, now, now - timedelta(hours=5)) == now


def test_what_a_run_may_ask_for() -> None:
    assert capacity(Config()) == 3000
    assert capacity(Config(crawl=Crawl(max_minutes=10))) == 300
    assert capacity(Config(crawl=Crawl(delay=0))) == 3000


# --- the facts -------------------------------------------------------------------------------------------------------


def test_whether_the_process_of_a_run_lives(tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    begun = "2026-11-22T18:30:01Z"
    assert not holds(lock_path(db), begun)  # nobody ever took it
    with crawl_lock(db, "hani nightly", lambda: datetime(2026, 11, 22, 18, 30, 1, tzinfo=UTC)):
        assert holds(lock_path(db), begun)
        assert not holds(lock_path(db), "2026-11-22T18:29:59Z")  # taken after that run began: by another one
    who = {"pid": 2**22 + 1, "host": socket.gethostname(), "command": "hani nightly", "since": begun}
    lock_path(db).write_text(json.dumps(who))
    assert not holds(lock_path(db), begun)
    lock_path(db).write_text(json.dumps({**who, "host": "another.example"}))
    assert holds(lock_path(db), begun)
    lock_path(db).write_text("{")
    assert not holds(lock_path(db), begun)


def test_articles_are_counted_by_whole_days_in_korea(tmp_path: Path) -> None:
    log = Log(tmp_path / "archive.db")
    posted = {
        1: "2026-11-22T14:59:59Z",  # the last second of the 22nd in Korea
        2: "2026-11-22T15:00:00Z",  # the 23rd, not over
        3: "2026-11-21T15:00:00Z",  # the 22nd
        4: "2026-11-15T15:00:00Z",  # the 16th, the first of the seven
        5: "2026-11-15T14:59:59Z",  # the 15th, of the week before
        6: "2026-10-18T15:00:00Z",  # the first of the twenty-eight before
        7: "2026-10-18T14:59:59Z",
    }
    for number, at in posted.items():
        log.store(number)
        log.connection.execute("update articles set posted_at = ? where id = ?", [at, number])
    week = vitals.week(log.connection, "2026-11-22T18:30:00Z")
    log.connection.close()
    assert week.days == (1, 0, 0, 0, 0, 0, 2)
    assert week.before == (1, *[0] * 26, 1)


def drift_row(run: int) -> list[Any]:
    return [run, "g3", "byline", 61, 0.1, 0.9, 2, "2026-11-20T18:30:00Z", "[]", 0]


def test_a_drift_stands_until_enough_pages_were_seen_again(tmp_path: Path) -> None:
    log = Log(tmp_path / "archive.db")

    def saw(run: int, pages: int) -> None:
        row = [run, "g3", "byline", pages, pages, 0, 0, 0, 0]
        log.connection.execute(f"insert into fills values ({', '.join('?' * 9)})", row)

    assert vitals.drifts(log.connection) == []
    for run in (1, 2, 3):
        saw(run, 61)
    log.connection.execute(f"insert into drifts values ({', '.join('?' * 10)})", drift_row(2))
    assert vitals.drifts(log.connection) == []  # run 3 read pages and found none
    log.connection.execute(f"insert into drifts values ({', '.join('?' * 10)})", drift_row(3))
    saw(4, 1)  # the recrawl of one article
    assert vitals.drifts(log.connection) == [Drift("g3", "byline", 61, 0.1, 0.9, 2, "2026-11-20T18:30:00Z")]
    saw(5, 7)  # with the one before enough to tell
    found = vitals.drifts(log.connection)
    log.connection.close()
    assert found == []


def test_a_job_that_failed_stays_wrong_until_it_ends_well(tmp_path: Path) -> None:
    log = Log(tmp_path / "archive.db")

    def ended(job: str, status: str, code: int) -> None:
        row = [f"hani {job}", f"2026-11-2{job.count('w')}T18:30:00Z", status, json.dumps({"exit_code": code}), job]
        log.connection.execute(
            "insert into runs (command, started_at, status, program, report, job) values (?, ?, ?, '-', ?, ?)", row
        )

    for job, status, code in (("weekly", "failed", 2), ("nightly", "done", 0), ("other", "failed", 1)):
        ended(job, status, code)
    assert [(j.name, j.exit_code) for j in vitals.failed_jobs(log.connection, ["weekly", "nightly"])] == [("weekly", 2)]
    ended("weekly", "done", 0)
    assert vitals.failed_jobs(log.connection, ["weekly", "nightly"]) == []
    log.connection.close()
    failed = FailedJob("weekly", 3, "2026-11-21T18:30:00Z", 2)
    said = findings(replace(WELL, failed_jobs=[failed]))
    assert [finding.sentence for finding in said] == [
        "the job weekly failed with exit code 2 when it last ran (run 3, 2026-11-22 03:30 KST)"
    ]


# --- the command -----------------------------------------------------------------------------------------------------


def test_real_nights_are_healthy(site: Replica, hani: Hani, tmp_path: Path) -> None:
    assert hani("nightly", "--origin", site.origin, "--delay", "0").code == 0
    ran = hani("status")
    assert (ran.code, ran.out.splitlines()[0], ran.err) == (0, "healthy", "")
    assert "run 1 (hani nightly) done" in ran.out and "KST" in ran.out
    data = hani("--json", "status").data
    assert data["healthy"] is True and data["findings"] == [] and data["exit_code"] == 0
    assert data["size"]["articles"] == one(tmp_path / "archive.db", "select count(*) from articles") > 60
    assert data["size"]["growth"] > 10_000
    assert data["named"]["articles"] == data["named"]["stored"]
    days_later = stamp(datetime.now(UTC) + timedelta(days=3))
    late = hani("status", HANI_NOW=days_later)
    assert late.code == 1 and late.out.startswith("wrong: no run has begun for 3 days")


def test_an_outage_is_the_last_run_unreachable(site: Replica, hani: Hani) -> None:
    site.robots = RobotsAnswer(503, "")
    assert hani("nightly", "--origin", site.origin, "--delay", "0").code == 3
    ran = hani("status")
    assert ran.code == 3 and ran.out.startswith("wrong: run 1, begun")


def test_an_origin_that_does_not_listen_is_a_run_that_reached_nothing(
    site: Replica, hani: Hani, tmp_path: Path
) -> None:
    assert hani("nightly", "--origin", "http://127.0.0.1:1").code == 3
    assert list(tmp_path.glob("*.db")) == []  # nothing is made for it
    assert hani("nightly", "--origin", site.origin, "--delay", "0").code == 0
    assert hani("nightly", "--origin", "http://127.0.0.1:1").code == 3
    ran = hani("status")
    assert ran.code == 3 and ran.out.startswith("wrong: run 2, begun")


def test_commands_that_only_look_leave_an_older_archive_as_it_is(site: Replica, hani: Hani, tmp_path: Path) -> None:
    """As a program of before the latest step of the schema left it."""
    db = tmp_path / "archive.db"
    with closing(sqlite3.connect(db)) as connection:
        made = Database(connection)
        migrations.apply(made, stop_before="operations")
        connection.commit()
    before = db.read_bytes()
    for command in (["rebuild", "--check"], ["reprocess"], ["status"], ["search", "rice"]):
        ran = hani(*command)
        assert ran.code == 2 and "older version of hani; `hani rebuild`" in ran.sentence, ran.err
    assert db.read_bytes() == before
    assert hani("rebuild").code == 0
    assert hani("nightly", "--origin", site.origin, "--delay", "0").code == 0
    assert hani("status").code == 0


def test_a_run_whose_process_is_gone_and_drift_of_the_last_night(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    assert hani("nightly", "--origin", site.origin, "--delay", "0").code == 0
    with closing(open_writer(db).conn) as connection:
        connection.execute(f"insert into drifts values ({', '.join('?' * 10)})", drift_row(1))
        connection.commit()
        assert hani("status").code == 5
        connection.execute("delete from drifts")
        connection.execute("update runs set status = 'running', finished_at = null, report = null")
        connection.commit()
    ran = hani("status")
    assert ran.code == 1 and "its process is gone" in ran.out.splitlines()[0]
    lock_path(db).write_text(
        json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "command": "x", "since": "2020-01-01T00:00:00Z"})
    )
    ran = hani("status")
    assert ran.code == 0 and "run 1 (hani nightly) running" in ran.out


def test_an_archive_of_another_version_wants_a_rebuild(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    assert hani("nightly", "--origin", site.origin, "--delay", "0").code == 0
    with closing(open_writer(db).conn) as connection:
        connection.execute("update derivation set value = 'fold 0, kinds 0'")
        connection.execute("drop table changes_fts")
        connection.commit()
    ran = hani("status", "--json")
    assert ran.code == 1
    assert [finding["name"] for finding in ran.data["findings"]] == ["outdated", "outdated"]
    assert hani("rebuild").code == 0
    assert hani("status").code == 0


def test_a_list_is_missed_only_where_no_other_one_offers_the_same_section(hani: Hani, tmp_path: Path) -> None:
    log = Log(tmp_path / "archive.db")
    for number in (1, 2):
        log.store(number)
    log.page(log.run(10), NEW, 1, 1)
    log.page(1, "old:e_national", 1, 1)
    log.page(1, "new:e_business", 1, 2)
    run = log.run(22)
    log.page(run, NEW, 1, 1)
    log.page(run, "old:e_national", 1, error="answered 404")
    log.page(run, "new:e_business", 1, error="answered 500")
    log.connection.commit()
    log.connection.close()
    data = hani("status", "--json", HANI_NOW=NOW).data
    assert [(f["name"], "new:e_business" in f["sentence"]) for f in data["findings"] if f["name"] == "silent"] == [
        ("silent", True)
    ]


def test_without_an_archive_it_says_so(hani: Hani) -> None:
    ran = hani("status")
    assert ran.code == 2 and "there is no archive" in ran.sentence


def test_an_archive_without_a_run(hani: Hani, tmp_path: Path) -> None:
    with closing(open_writer(tmp_path / "archive.db").conn):
        pass
    ran = hani("status")
    assert ran.code == 1 and ran.out.startswith("wrong: no run has walked the lists yet")
    assert hani("status", "--json").data["last_run"] is None
