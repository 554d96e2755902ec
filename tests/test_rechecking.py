"""The budget and the policies in whole runs, over nights that are a day apart by a clock that is set."""

import json
from pathlib import Path

from jobs.replica import Replica
from tests.conftest import Hani, Ran, one, rows

NEW_AND_OLD = "select count(*) from articles"


def configure(folder: Path, recheck: str) -> None:
    (folder / "hani.toml").write_text(f"[recheck]\n{recheck}\n", encoding="utf-8")


def nightly(site: Replica, hani: Hani, day: int, *more: str, at: str = "18:30") -> Ran:
    ran = hani("nightly", "--origin", site.origin, "--delay", "0", "--json", *more, HANI_NOW=f"2026-11-{day}T{at}:00Z")
    assert ran.code == 0, ran.err
    return ran


def rechecked(folder: Path, run: int) -> list[int]:
    """The articles that a run asked for and an earlier one had asked for, in order."""
    found = rows(
        folder / "archive.db",
        "select article_id from captures c where run_id = ? and exists"
        " (select 1 from captures e where e.article_id = c.article_id and e.run_id < c.run_id) order by id",
        run,
    )
    return [row["article_id"] for row in found]


def test_a_days_budget_holds_over_nightly_and_intraday_runs(site: Replica, hani: Hani, tmp_path: Path) -> None:
    configure(tmp_path, "budget = 6")
    nightly(site, hani, 10)
    known = one(tmp_path / "archive.db", NEW_AND_OLD)
    assert known > 60  # new articles are no rechecks
    would = json.loads(nightly(site, hani, 11, "--dry-run").out)
    nightly(site, hani, 11)
    second = rechecked(tmp_path, 2)
    assert len(second) == 6
    assert [int(e["url"].split("/")[-1][:-5]) for e in would if e["kind"] == "recheck"] == second
    nightly(site, hani, 11, at="18:55")
    assert rechecked(tmp_path, 3) == []  # the budget was spent half an hour ago
    nightly(site, hani, 12, at="03:30")
    assert len(rechecked(tmp_path, 4)) == 2  # nine hours later three eighths of it are there again
    nightly(site, hani, 14, "--full")
    assert len(rechecked(tmp_path, 5)) >= known  # a full run asks all of them


def test_the_budget_does_not_cut_what_is_in_doubt(site: Replica, hani: Hani, tmp_path: Path) -> None:
    nightly(site, hani, 10)
    site.night = 2
    nightly(site, hani, 11)
    database = tmp_path / "archive.db"
    missing = {row["id"] for row in rows(database, "select id from articles where status in ('missing', 'blocked')")}
    assert len(missing) > 1
    configure(tmp_path, "budget = 1")
    nightly(site, hani, 12)
    asked = rechecked(tmp_path, 3)
    assert missing <= set(asked[: len(missing) + 1])
    assert len(asked) <= len(missing) + 1 + 5  # with the controls of an outage


def test_the_feeds_policy_asks_what_the_feed_last_offered(site: Replica, hani: Hani, tmp_path: Path) -> None:
    nightly(site, hani, 10)
    configure(tmp_path, 'policy = "feed"')
    nightly(site, hani, 11)
    offered = {
        row["article_id"]
        for row in rows(
            tmp_path / "archive.db", "select article_id from sightings where run_id = 1 and listing_url like '%/rss/%'"
        )
    }
    assert len(offered) > 5
    assert set(rechecked(tmp_path, 2)) <= offered
    assert len(set(rechecked(tmp_path, 2))) > 5
