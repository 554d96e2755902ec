"""Seven nights of the bundled site, held against the histories written by hand; an outage; a cleaner that changes."""

import json
import sqlite3
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from jobs.replica import NIGHTS, Misbehaviour, Outage, Replica
from tests.conftest import ROOT, Hani, one, rows, run_hani

FIRST = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
APART = timedelta(hours=25)  # an hour more than a day, so that three nights are two days whatever a run takes
STORIES: list[dict[str, Any]] = json.loads((ROOT / "tests" / "histories.json").read_text("utf-8"))


def night_of(number: int) -> str:
    """When a night's run begins."""
    return (FIRST + (number - 1) * APART).isoformat()


def crawl(hani: Hani, site: Replica, number: int, *more: str) -> dict[str, Any]:
    ran = hani("nightly", "--origin", site.origin, "--delay", "0", "--json", *more, HANI_NOW=night_of(number))
    assert ran.code in ((0, 6) if site.outage else (0,)), ran.err
    report: dict[str, Any] = ran.data
    return report


def statuses(db: Path) -> dict[int, str]:
    return {row["id"]: row["status"] for row in rows(db, "select id, status from articles")}


def expected_statuses(number: int) -> dict[int, str]:
    found = {}
    for story in STORIES:
        nights = [int(night) for night in story["status"] if int(night) <= number]
        if nights:
            found[story["id"]] = story["status"][str(max(nights))]
    return found


def changes_of(db: Path) -> dict[str, dict[str, set[str]]]:
    """Of each version, the changes by the key of the hand-written histories."""
    found: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for row in rows(db, "select version_id, field, place, before, after, kind from changes"):
        place = "" if row["place"] is None else f":-{row['place']}" if row["after"] is None else f":{row['place']}"
        found[row["version_id"]].setdefault(row["field"] + place, set()).add(row["kind"])
    return found


def night_seen(moment: str) -> int:
    at = datetime.fromisoformat(moment)
    return int((at - FIRST) / APART) + 1


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of all nights; what stands after each of them is checked on the way."""
    folder = tmp_path_factory.mktemp("seven")
    db = folder / "archive.db"

    def hani(*arguments: str, **environment: str) -> Any:
        return run_hani(db, folder, *arguments, **environment)

    with Replica() as site:
        for number in range(1, NIGHTS + 1):
            site.night = number
            report = crawl(hani, site, number)
            found, wanted = statuses(db), expected_statuses(number)
            assert {i: found[i] for i in wanted} == wanted, f"night {number}"
            assert {s for i, s in found.items() if i not in wanted} == {"live"}, f"night {number}"
            before = expected_statuses(number - 1)
            turned = {t["id"]: t["after"] for t in report["statuses"]}
            assert turned == {i: s for i, s in wanted.items() if i in before and before[i] != s}, f"night {number}"
    return db


@pytest.mark.parametrize("story", STORIES, ids=lambda story: f"{story['id']}")
def test_a_story_is_found_as_it_was_written(seven: Path, story: dict[str, Any]) -> None:
    found = rows(seven, "select * from versions where article_id = ? order by number", story["id"])
    assert [(night_seen(v["first_seen_at"]), v["kind"], v["silent"]) for v in found] == [
        (v["night"], v["kind"], v["silent"]) for v in story["versions"]
    ]
    changes = changes_of(seven)
    for version, wanted in zip(found, story["versions"], strict=True):
        kinds = {key: set(names) for key, names in wanted.get("changes", {}).items()}
        seen = changes.get(version["id"], {})
        assert set(seen) == set(kinds)
        for key, names in kinds.items():
            assert names <= seen[key] <= names | set(wanted.get("open", {}).get(key, ())), (key, seen[key])


def test_every_change_of_text_is_silent_or_stamped_with_its_proof(seven: Path, hani: Hani) -> None:
    listed = hani("changes", "--silent", "--typography", "--json", db=seven).data
    wanted = {(s["id"], v["night"]) for s in STORIES for v in s["versions"] if v["silent"]}
    assert {(row["article_id"], night_seen(row["after_seen_at"])) for row in listed} == wanted
    for row in listed:
        for side in ("before", "after"):
            at, name = row[f"{side}_seen_at"], row[f"{side}_digest"]
            query = "select count(*) from captures where article_id = ? and fetched_at = ? and payload_digest = ?"
            assert one(seven, query, row["article_id"], at, name) == 1
        assert row["before_seen_at"] < row["after_seen_at"]
        assert row["before_digest"] != row["after_digest"]
        assert (row["after_stamp"] or row["posted_at"]) <= (row["before_stamp"] or row["posted_at"])


def test_a_correction_is_tied_to_the_edit_that_it_speaks_of(seven: Path) -> None:
    checked = 0
    for story in STORIES:
        versions = rows(seven, "select id from versions where article_id = ? order by number", story["id"])
        for number, version in enumerate(story["versions"], 1):
            if corrects := version.get("corrects", story.get("corrects")):
                tied = rows(
                    seven,
                    "select tied_to from changes where version_id = ? and kind = 'correction'",
                    versions[number - 1]["id"],
                )
                if tied:
                    assert tied == [{"tied_to": versions[corrects - 1]["id"]}]
                    checked += 1
    assert checked == 2


def test_removals_are_listed_with_the_last_good_version_and_the_evidence(seven: Path, hani: Hani) -> None:
    listed = {row["article_id"]: row for row in hani("removed", "--json", db=seven).data}
    final = expected_statuses(NIGHTS)
    assert {i: row["status"] for i, row in listed.items()} == {
        i: s for i, s in final.items() if s in ("removed", "moved", "returned")
    }
    for article, row in listed.items():
        newest = "select id from versions where article_id = ? and first_seen_at < ? order by number desc limit 1"
        assert row["version_id"] == one(seven, newest, article, row["suspected_at"])
        assert len(row["evidence"]) >= (1 if row["status"] == "moved" else 3)
        for proof in row["evidence"]:
            query = "select count(*) from captures where article_id = ? and fetched_at = ? and http_status = ?"
            assert one(seven, query, article, proof["at"], proof["http_status"]) == 1
        if row["confirmed_at"]:
            first, confirmed = (datetime.fromisoformat(row[name]) for name in ("suspected_at", "confirmed_at"))
            assert confirmed - first >= timedelta(days=2)
    suspected = hani("removed", "--suspected", "--json", db=seven).data
    assert {row["article_id"] for row in suspected} - set(listed) == {i for i, s in final.items() if s == "missing"}
    moved = {row["article_id"]: row["moved_to"] for row in listed.values() if row["status"] == "moved"}
    assert {i: str(story["moved_to"]) in moved[i] for story in STORIES if (i := story["id"]) in moved} == dict.fromkeys(
        moved, True
    )


def test_the_rebuilt_archive_is_the_grown_one(seven: Path, hani: Hani) -> None:
    ran = hani("rebuild", "--check", "--json", db=seven)
    assert ran.code == 0, ran.out + ran.err
    assert ran.data["differences"] == {}
    assert hani("reprocess", "--json", db=seven).data["differ"] == 0


# --- an outage -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "share", "outcome", "least"),
    [
        ("503", 0.5, "failed", 1),
        ("deleted", 0.5, "gone", 20),
        ("deleted", 1.0, "gone", 60),
        ("bot_check", 0.5, "blocked", 20),
        ("mixed", 0.5, "gone", 1),
    ],
)
def test_an_outage_removes_nothing(
    site: Replica, hani: Hani, tmp_path: Path, answer: str, share: float, outcome: str, least: int
) -> None:
    db = tmp_path / "archive.db"
    crawl(hani, site, 1)
    before = statuses(db)
    site.outage = Outage(share=share, answer=answer)
    for number in (2, 3, 4):  # three nights on end, at two days' distance: enough for any single article
        report = crawl(hani, site, number, "--max-minutes", "0.08")  # a 503 is waited for, longer each time
        assert report["outcomes"][outcome] >= least
        assert set(statuses(db).values()) <= {"live", "blocked"}
    assert rows(db, "select * from tombstones") == []
    assert hani("removed", "--suspected", "--json").data == []
    site.outage = None
    crawl(hani, site, 5)
    assert statuses(db) == before
    assert rows(db, "select * from versions where number > 1") == []
    assert hani("rebuild", "--check").code == 0


def test_a_removal_amid_an_outage_is_confirmed_once_the_site_is_well(site: Replica, hani: Hani, tmp_path: Path) -> None:
    """Article 882567 is taken away on night 3; on that night and the next half the site is out of order."""
    db = tmp_path / "archive.db"
    for number in (1, 2):
        site.night = number
        crawl(hani, site, number)
    for number in range(3, 8):
        site.night = number
        site.outage = Outage(share=0.5, answer="deleted", salt="other") if number in (3, 4) else None
        crawl(hani, site, number)
        assert statuses(db)[882567] == ("removed" if number == 7 else "missing" if number >= 5 else "live"), number
    assert one(db, "select suspected_at from tombstones where article_id = 882567") > night_of(5)[:10]


def let_only_one_be_due(db: Path, hani: Hani, article: int) -> None:
    """As if every article but one had stood unchanged for a hundred days: it is due in ten."""
    connection = sqlite3.connect(db)
    names = [row[1] for row in connection.execute("pragma table_info(captures)") if row[1] not in ("id", "fetched_at")]
    connection.execute(
        f"insert into captures (fetched_at, {', '.join(names)})"
        f" select strftime('%Y-%m-%dT%H:%M:%SZ', fetched_at, '-100 days'), {', '.join(names)} from captures"
        " where article_id <> ?",
        [article],
    )
    connection.execute("update captures set run_id = null where fetched_at < ?", [night_of(1)[:10]])
    connection.commit()
    connection.close()
    assert hani("rebuild").code == 0


def test_an_outage_on_nights_when_few_articles_are_due_removes_nothing(
    site: Replica, hani: Hani, tmp_path: Path
) -> None:
    db = tmp_path / "archive.db"
    crawl(hani, site, 1)
    let_only_one_be_due(db, hani, 1036878)
    site.outage = Outage(share=1.0, answer="deleted")
    for number in (2, 3, 4, 5):
        report = crawl(hani, site, number)
        assert report["outcomes"]["gone"] >= 2  # the one that is due, and controls
        assert set(statuses(db).values()) == {"live"}
    assert rows(db, "select * from tombstones") == []
    site.outage = None
    crawl(hani, site, 6)
    assert hani("rebuild", "--check").code == 0


def test_controls_that_answer_well_let_a_single_removal_count(site: Replica, hani: Hani, tmp_path: Path) -> None:
    """Article 882567 is taken away on night 3; from then on it alone is due.

    So are others; should one of them be among the controls of the first night, that night proves nothing.
    """
    db = tmp_path / "archive.db"
    crawl(hani, site, 1)
    let_only_one_be_due(db, hani, 882567)
    for number in (3, 4, 5, 6):
        site.night = number
        report = crawl(hani, site, number)
        assert report["outcomes"]["gone"] >= 1
    assert statuses(db)[882567] == "removed"
    assert statuses(db)[1092095] == "live"


def test_a_single_address_is_not_removed_while_the_lists_fail(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    crawl(hani, site, 1)
    for state in ("down", "up"):
        target = urlsplit(site.address(1036878)).path if state == "up" else "/*"
        site.misbehave = {target: [Misbehaviour("status", times=None, status=404)]}
        for number in (2, 3, 4) if state == "down" else (5, 6, 7):
            address = ("recrawl", "1036878", "--origin", site.origin, "--delay", "0", "--json")
            ran = hani(*address, HANI_NOW=night_of(number))
            assert (ran.code, ran.data["addresses"], ran.data["outcomes"]["gone"]) == (0, 1, 1)
        assert statuses(db)[1036878] == ("live" if state == "down" else "removed")


# --- a cleaner that changes ------------------------------------------------------------------------------------------

YESTERDAYS_CLEANER = """
import sys
from crawler import cleaning, extraction
# As it was before: advertising and the line for questions were left in, "Related stories" were cut as today.
old = tuple(r for r in cleaning.RULES if r.name not in ("drop_contact", "drop_advertising"))
cleaning.RULES = extraction.RULES = old
from jobs.cli import main
main()
"""


def test_a_change_of_our_cleaner_between_two_nights_shows_no_edit(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    # Without any delay a process of its own reads the pages, with today's cleaner.
    common = ("nightly", "--origin", site.origin, "--delay", "0.06", "--json")
    ran = run_hani(db, tmp_path, *common, script=YESTERDAYS_CLEANER, HANI_NOW=night_of(1))
    assert ran.code == 0, ran.err
    dirty = one(db, "select count(*) from versions where body like '%Please direct%'")
    assert dirty > 10
    one_article = rows(db, "select id, article_id from versions where body like '%Please direct%' limit 1")[0]

    dry = hani("reprocess", "--json").data
    assert not dry["applied"]
    assert dry["differ"] >= dirty
    assert dry["effects"] == {"other record": dry["differ"]}
    assert set(dry["causes"]) == {"rule drop_contact", "rule drop_advertising"}
    assert dry["causes"]["rule drop_contact"] > 10
    assert one(db, "select count(*) from versions where body like '%Please direct%'") == dirty
    text = hani("reprocess").out
    assert "rule drop_contact, for example:" in text and "[-" in text and "hani reprocess --apply" in text

    report = crawl(hani, site, 2)  # the same pages, read by today's cleaner
    assert report["outcomes"]["changed"] == report["silent"] == 0
    assert hani("changes", "--typography", "--json").data == []
    assert one(db, "select count(*) from versions where number > 1") == 0

    assert hani("reprocess", "--apply", "--json").data["applied"]
    prose = [i for i in site.article_ids() if "Please direct" in "\n".join((site.expected(i) or {"body": []})["body"])]
    left = rows(db, "select article_id from versions where body like '%Please direct%'")
    assert {row["article_id"] for row in left} == set(prose)
    assert hani("rebuild", "--check").code == 0
    again = hani("show", one_article["id"], "--json").data
    assert again["id"] == one_article["article_id"] or again["article_id"] == one_article["article_id"]
