"""What feed and lists named against what is stored: the sums add up, and each gap has one reason."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.database import open_writer
from archive.reads.completeness import Completeness, Hole, Reason, completeness
from jobs.gaps import named_lately, next_page, summary
from jobs.replica import Replica
from jobs.replica.misbehaviour import Misbehaviour
from tests.conftest import Hani, rows

NOW = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
SINCE, UNTIL = "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"
FEED = "https://www.hani.co.kr/rss/english_edition/"


class Log:
    """An archive whose log is written by hand."""

    def __init__(self, path: Path) -> None:
        self.connection = open_writer(path).conn

    def run(self, day: int, command: str = "hani nightly") -> int:
        return self._insert(
            "runs", command=command, started_at=f"2026-11-{day:02}T18:30:00Z", status="done", program="hani/0.1"
        )

    def page(self, run: int, source: str, page: int, *articles: int, new: int = 0, error: str | None = None) -> None:
        url = source if "://" in source else (next_page(source, f"/list{page - 1}.html") or "")
        day = self.connection.execute("select substr(started_at, 1, 10) from runs where id = ?", [run]).fetchone()[0]
        at = f"{day}T18:31:00Z"
        listing = self._insert(
            "listings",
            run_id=run,
            source=source,
            url=url,
            fetched_at=at,
            articles=len(articles),
            new=new,
            other=0,
            error=error,
        )
        for place, number in enumerate(articles, 1):
            self._insert(
                "sightings",
                run_id=run,
                listing_id=listing,
                listing_url=url,
                article_id=number,
                url=address(number),
                position=place,
                title=f"Title {number}",
            )

    def waits(self, number: int, attempts: int = 0) -> None:
        self._insert(
            "frontier",
            url=address(number),
            kind="new",
            article_id=number,
            added_at="2026-11-20T18:31:00Z",
            attempts=attempts,
        )

    def capture(
        self, number: int, outcome: str, at: str = "2026-11-20T18:40:00Z", error: str | None = None, page: str = ""
    ) -> None:
        if page:
            self.connection.execute(
                "insert or ignore into payloads values (?, x'00', 1, null, 'g3', '2026-11-20T18:40:00Z')", [page]
            )
        self._insert(
            "captures",
            article_id=number,
            requested_url=address(number),
            url=address(number),
            fetched_at=at,
            source="crawl",
            outcome=outcome,
            error=error,
            payload_digest=page or None,
        )

    def reading(self, page: str, cleaner: str, reason: str | None, number: int | None = None) -> None:
        self._insert(
            "readings",
            payload_digest=page,
            cleaner=cleaner,
            status="refused" if reason else "record",
            reason=reason,
            detail="nothing below the headline" if reason else None,
            number=number,
        )

    def store(self, number: int) -> None:
        at = "2026-11-20T18:40:00Z"
        self._insert(
            "articles",
            id=number,
            url=address(number),
            title=f"Title {number}",
            body="Text.",
            authors="[]",
            posted_at=at,
            status="live",
            versions=1,
            word_count=1,
            first_seen_at=at,
            last_seen_at=at,
            last_checked_at=at,
        )

    def _insert(self, table: str, **row: object) -> int:
        marks = ", ".join("?" * len(row))
        cursor = self.connection.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))
        return int(cursor.lastrowid or 0)

    def found(self) -> Completeness:
        return completeness(self.connection, SINCE, UNTIL, next_page)


def address(number: int) -> str:
    return f"https://www.hani.co.kr/arti/english_edition/e_national/{number}.html"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path / "archive.db")
    yield made
    made.connection.close()


def test_each_article_named_is_stored_or_a_gap_with_one_reason(log: Log) -> None:
    run = log.run(20)
    log.page(run, FEED, 1, *range(1, 14))
    for number in (1, 2):
        log.store(number)
    log.waits(3)
    log.capture(4, "ok", page="p4")
    log.reading("p4", "c1", "no_body")
    log.capture(5, "failed", "2026-11-19T18:40:00Z", error="answered 500")
    log.capture(5, "failed", error="answered 503")
    log.waits(5, attempts=2)
    log.capture(6, "blocked", error="answered 403")
    log.capture(7, "robots", error="robots.txt forbids it")
    log.capture(8, "off_site", error="redirected off the site")
    log.capture(9, "gone", error="answered 404")
    log.capture(10, "ok", page="p10")
    log.reading("p10", "c1", "deleted")
    log.capture(11, "ok", page="p11")
    log.reading("p11", "c1", "bot_check")
    log.capture(12, "ok", page="p12")
    log.reading("p12", "c1", None, number=777)
    found = log.found()
    assert (found.named, found.stored) == (13, 2)
    assert {gap.article_id: gap.reason.value for gap in found.gaps} == {
        3: "waiting",
        4: "refused",
        5: "failed",
        6: "blocked",
        7: "robots",
        8: "off_site",
        9: "gone",
        10: "gone",
        11: "blocked",
        12: "refused",
        13: "never_asked",
    }
    assert found.stored + sum(found.reasons.values()) == found.named
    gaps = {gap.article_id: gap for gap in found.gaps}
    assert (gaps[3].since, gaps[3].asked, gaps[3].waits) == ("2026-11-20T18:31:00Z", 0, True)
    assert gaps[4].detail == "no body: nothing below the headline"
    assert (gaps[5].since, gaps[5].asked, gaps[5].detail) == ("2026-11-19T18:40:00Z", 2, "answered 503")
    assert gaps[5].waits and not gaps[6].waits
    assert gaps[12].detail == "other article: the page says that it is article 777"
    assert (gaps[13].since, gaps[13].title) == ("2026-11-20T18:31:00Z", "Title 13")
    assert found.gaps[0].reason is Reason.NEVER_ASKED  # what is a fault is said first
    assert [gap.article_id for gap in found.faults] == [13]


def test_a_reason_holds_since_the_first_of_the_same_answers(log: Log) -> None:
    log.page(log.run(20), FEED, 1, 1)
    for day, outcome in ((16, "failed"), (17, "blocked"), (18, "failed"), (19, "failed")):
        log.capture(1, outcome, f"2026-11-{day}T18:40:00Z", error=f"answer of {day}")
    (gap,) = log.found().gaps
    assert (gap.reason, gap.since, gap.detail, gap.asked) == (
        Reason.FAILED,
        "2026-11-18T18:40:00Z",
        "answer of 19",
        4,
    )


def test_a_page_that_a_later_cleaner_refuses_is_refused(log: Log) -> None:
    log.page(log.run(20), FEED, 1, 1, 2)
    for number in (1, 2):
        log.capture(number, "ok", page=f"p{number}")
        log.reading(f"p{number}", "z-older", None)
    log.reading("p1", "a-newer", "no_body")
    reasons = {gap.article_id: gap.reason for gap in log.found().gaps}
    assert reasons == {1: Reason.REFUSED, 2: Reason.UNREAD}  # of the other one the tables are out of date


def test_what_a_control_list_of_a_recrawl_names_waits_for_the_next_walk(log: Log) -> None:
    log.page(log.run(19), FEED, 1, 1)
    log.store(1)
    log.page(log.run(20, "hani recrawl"), NEW, 1, 1, 2)
    (gap,) = log.found().gaps
    assert (gap.reason, gap.since, gap.waits) == (Reason.WAITING, "2026-11-20T18:31:00Z", False)
    assert gap.detail is not None and "the next walk" in gap.detail
    log.page(log.run(21), FEED, 1, 1)  # a walk came by, and did not follow it
    assert [gap.reason for gap in log.found().gaps] == [Reason.NEVER_ASKED]


def test_only_runs_of_the_days_asked_for_count(log: Log) -> None:
    log.page(log.run(10), FEED, 1, 1)
    log.page(log.run(20), FEED, 1, 2)
    assert [gap.article_id for gap in log.found().gaps] == [2]
    assert sorted(gap.article_id for gap in named_lately(log.connection, NOW, 30).gaps) == [1, 2]
    assert named_lately(log.connection, NOW, 1).named == 0


def holes(found: Completeness) -> list[tuple[str, Hole, str | None]]:
    return [(trouble.source, trouble.hole, trouble.detail) for trouble in found.lists]


NEW = "new:e_national"


def test_a_walk_that_met_known_ground_leaves_nothing_open(log: Log) -> None:
    first, second = log.run(19), log.run(20)
    log.page(first, NEW, 1, 5, 4, 3, new=3)
    log.page(first, NEW, 2)  # empty: the end
    log.page(second, NEW, 1, 7, 6, 5, new=2)
    log.page(second, NEW, 2, 4, 3)
    assert holes(log.found()) == []


def test_a_walk_that_breaks_off_amid_new_articles_leaves_a_hole_that_later_walks_do_not_close(log: Log) -> None:
    runs = [log.run(day) for day in (18, 19, 20)]
    log.page(runs[0], NEW, 1, 1)
    log.page(runs[0], NEW, 2)
    log.page(runs[1], NEW, 1, 30, 29, new=2)
    log.page(runs[1], NEW, 2, error="answered 503")
    log.page(runs[2], NEW, 1, 30, 29)  # nothing new, all known: this walk ends well, the hole below is there
    (trouble,) = log.found().lists
    assert (trouble.hole, trouble.detail, trouble.since) == (Hole.BROKEN_OFF, "answered 503", "2026-11-19T18:31:00Z")
    assert trouble.url == "https://www.hani.co.kr/arti/english_edition/e_national?page=2"
    log.page(runs[2], NEW, 2, 28, 27, 1, new=2)
    log.page(runs[2], NEW, 3)
    assert holes(log.found()) == []


def test_a_walk_that_ends_at_the_cap_on_pages_is_told_of(log: Log) -> None:
    log.page(log.run(20), NEW, 1, 30, 29, new=2)
    assert holes(log.found()) == [(NEW, Hole.CAPPED, None)]


def test_that_the_feed_named_all_of_a_page_is_no_known_ground(log: Log) -> None:
    log.page(log.run(19), NEW, 1, 10, new=1)
    log.page(1, NEW, 2)
    run = log.run(20)
    log.page(run, FEED, 1, 31, 30, new=2)
    log.page(run, NEW, 1, 31, 30)
    assert (NEW, Hole.CAPPED, None) in holes(log.found())
    log.page(run, NEW, 2, 29, 10, new=1)
    log.page(run, NEW, 3, 9)
    assert holes(log.found()) == [(NEW, Hole.CAPPED, None)]  # now the same question is behind page 3
    log.capture(9, "ok", "2026-11-01T18:40:00Z")
    log.store(9)
    assert holes(log.found()) == []


def test_a_page_that_waits_is_left_over_and_no_hole_beside(log: Log) -> None:
    log.page(log.run(20), NEW, 1, 30, 29, new=2)
    url = next_page(NEW, "/list1.html")
    log.connection.execute(
        "insert into frontier (url, kind, source, page, added_at) values (?, 'listing', ?, 2, '2026-11-20T18:31:00Z')",
        [url, NEW],
    )
    assert holes(log.found()) == [(NEW, Hole.LEFT_OVER, None)]


def test_a_list_that_offers_nothing_any_more_is_told_from_one_that_never_did(log: Log) -> None:
    log.page(log.run(2), NEW, 1, 1, new=1)
    run = log.run(20)
    log.page(run, NEW, 1)  # answers 200, and holds nothing
    log.page(run, "old:e_national", 1, error="answered 404")
    found = log.found()
    assert holes(found) == [(NEW, Hole.SILENT, None), ("old:e_national", Hole.NEVER, "answered 404")]
    assert found.lists[0].since == "2026-11-02T18:31:00Z"
    log.page(log.run(21), NEW, 1, 1)
    assert [trouble.source for trouble in log.found().lists] == ["old:e_national"]


def test_a_feed_of_nothing_but_unknown_articles_may_have_dropped_some(log: Log) -> None:
    for day, articles in ((18, (1, 2)), (19, (2, 3)), (20, (8, 9))):
        log.page(log.run(day), FEED, 1, *articles)
    found = log.found()
    assert holes(found) == [(FEED, Hole.OVERRUN, None)]
    assert found.lists[0].since == "2026-11-20T18:31:00Z"


def test_every_query_goes_by_an_index(log: Log) -> None:
    """But for the frontier, which is what waits, and has no index by kind."""
    asked: list[str] = []
    log.page(log.run(19), FEED, 1, 1, 2)
    log.page(log.run(20), NEW, 1, 3, 4)
    log.capture(1, "failed")
    log.connection.set_trace_callback(asked.append)
    log.found()
    log.connection.set_trace_callback(None)
    scans = set()
    for query in asked:
        plan = [row[3] for row in log.connection.execute(f"explain query plan {query}")]
        scans |= {step for step in plan if step.startswith("SCAN") and "CONSTANT" not in step}
    assert len(asked) > 6
    tables = {re.sub(r"^SCAN (\w+).*", r"\1", step) for step in scans}
    # The steps over names and numbers at hand (`source`, `page`, `named`) read no table.
    assert tables <= {"source", "s", "page", "named", "n", "frontier"}, scans
    assert not [step for step in scans if re.search(r"\b(runs|listings|sightings|captures|articles)\b", step)]


def test_the_lines_add_up_and_nothing_from_the_web_steers_the_terminal(log: Log, hani: Hani) -> None:
    run = log.run(20)
    log.page(run, FEED, 1, 1, 2)
    log.store(1)
    steering = "\x1b]0;x\x07\u202eTitle\nforged line" + "x" * 1_000_000
    log.connection.execute("update sightings set title = ?", [steering[:500]])
    log.capture(2, "failed", error=steering)
    log.connection.commit()
    found = log.found()
    assert [line.split()[:2] for line in summary(found)[1:]] == [["stored", "1"], ["failed", "1"], ["articles", "2"]]
    ran = hani("gaps", HANI_NOW="2026-11-23T00:00:00Z")
    assert ran.code == 0 and len(ran.out) < 2000
    assert not re.search("[\x1b\x07\u202e]|^forged", ran.out, re.M) and "Title" in ran.out


def test_a_real_night_is_complete_and_what_is_missing_is_named(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    site.misbehave = {
        f"/arti/english_edition/{name}.html": [Misbehaviour(kind, times=None)]
        for name, kind in (
            ("e_northkorea/1277502", "unavailable"),
            ("english_editorials/1273390", "forbidden"),
            ("e_entertainment/1269377", "empty"),
        )
    }
    assert hani("nightly", "--origin", site.origin, "--delay", "0").code == 0
    missing = {row["article_id"] for row in rows(db, "select article_id from sightings")}
    missing -= {row["id"] for row in rows(db, "select id from articles")}
    data = hani("gaps", "--json").data
    assert missing >= {1277502, 1273390, 1269377}
    reasons = {gap["article_id"]: gap["reason"] for gap in data["gaps"]}
    assert (reasons[1277502], reasons[1273390], reasons[1269377]) == ("failed", "blocked", "refused")
    assert set(reasons) == missing
    assert data["named"] == data["stored"] + sum(data["reasons"].values()) == len(site.article_ids())
    site.misbehave.clear()
    assert hani("nightly", "--origin", site.origin, "--delay", "0").code == 0
    ran = hani("gaps")
    assert ran.code == 0 and "articles" in ran.out and "never asked" not in ran.out


def test_what_the_runs_budget_left_over_waits(site: Replica, hani: Hani, tmp_path: Path) -> None:
    ran = hani("nightly", "--origin", site.origin, "--delay", "0", "--max-requests", "40", "--json")
    data = hani("gaps", "--json").data
    assert data["reasons"]["waiting"] == ran.data["outcomes"]["left_over"] > 0
    assert set(data["reasons"]) == {"waiting"}
    listing = [trouble for trouble in data["lists"] if trouble["hole"] == "left_over"]
    assert len(listing) == ran.data["listings"]["left_over"]


def test_without_an_archive_or_a_run_it_says_so(hani: Hani, tmp_path: Path) -> None:
    ran = hani("gaps")
    assert ran.code == 2 and "there is no archive" in ran.sentence
    with closing(open_writer(tmp_path / "archive.db").conn):
        pass
    ran = hani("gaps")
    assert ran.code == 0 and "No list or feed named any article" in ran.out
    assert hani("gaps", "--days", "0").code == 2


def test_a_damaged_archive_is_one_sentence(hani: Hani, tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    with closing(open_writer(path).conn) as connection:
        connection.execute("drop table articles")
    ran = hani("gaps")
    assert ran.code == 1 and "rebuild" in ran.sentence and "Traceback" not in ran.err
    with pytest.raises(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
        connection.execute("select * from articles")
