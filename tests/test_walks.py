"""How far the lists are walked: nothing between the feed and what is known may stay unseen."""

from pathlib import Path

import pytest

from jobs.replica import Misbehaviour, Replica
from tests.conftest import Hani, one, rows

SECTION = "e_national"
NEW_LIST = f"/arti/english_edition/{SECTION}?page="
OLD_LIST = f"/arti/english_edition/{SECTION}/list"


@pytest.fixture
def lists(site: Replica, tmp_path: Path) -> Replica:
    """One section alone, two articles a page."""
    site.page_size = 2
    (tmp_path / "hani.toml").write_text(f'[site]\nsections = ["{SECTION}"]\n[crawl]\ncontact = "x@library.example"\n')
    return site


def of_section(site: Replica) -> set[int]:
    return {i for i in site.article_ids() if site.expected(i) and f"/{SECTION}/" in site.address(i)}


def nightly(hani: Hani, site: Replica) -> None:
    ran = hani("nightly", "--origin", site.origin, "--delay", "0", "--json")
    assert ran.code in (0, 6), ran.err


def stored(db: Path) -> set[int]:
    return {row["id"] for row in rows(db, "select id from articles where section = ?", SECTION)}


def feed_of(site: Replica, articles: list[int]) -> Misbehaviour:
    items = "".join(f"<item><title>x</title><link>{site.address(i)}</link></item>" for i in articles)
    return Misbehaviour("status", times=None, status=200, body=f"<rss><channel>{items}</channel></rss>")


def asked_lists(site: Replica) -> list[str]:
    return [r.target for r in site.requests if r.target.startswith((NEW_LIST, OLD_LIST))]


def test_a_page_that_the_feed_has_named_does_not_end_a_walk(lists: Replica, hani: Hani, tmp_path: Path) -> None:
    newest = sorted(of_section(lists))[-2:]
    lists.misbehave = {"/rss/*": [feed_of(lists, newest)]}
    nightly(hani, lists)
    assert len(of_section(lists)) > 6
    assert stored(tmp_path / "archive.db") >= of_section(lists)


def test_what_the_feed_of_a_killed_run_has_named_does_not_end_a_walk(
    lists: Replica, hani: Hani, tmp_path: Path
) -> None:
    db = tmp_path / "archive.db"
    lists.misbehave = {"/rss/*": [feed_of(lists, sorted(of_section(lists))[-2:])]}
    ran = hani("nightly", "--origin", lists.origin, "--delay", "0", "--max-requests", "2")  # robots.txt and the feed
    assert ran.code == 0 and one(db, "select count(*) from articles") == 0
    rows(db, "delete from frontier where kind = 'listing'")
    lists.misbehave = {"/rss/*": [feed_of(lists, [])]}
    nightly(hani, lists)
    assert stored(db) >= of_section(lists)


def test_a_walk_ends_at_what_earlier_runs_knew(lists: Replica, hani: Hani) -> None:
    lists.misbehave = {"/rss/*": [feed_of(lists, [])]}
    nightly(hani, lists)
    lists.requests.clear()
    nightly(hani, lists)
    assert sorted(asked_lists(lists)) == [f"{OLD_LIST}1.html", f"{NEW_LIST}1"]


def test_a_page_that_failed_is_passed_over_and_asked_again_in_the_next_run(
    lists: Replica, hani: Hani, tmp_path: Path
) -> None:
    db = tmp_path / "archive.db"
    broken = [Misbehaviour("status", times=None, status=500)]
    lists.misbehave = {"/rss/*": [feed_of(lists, [])], f"{NEW_LIST}2": broken}
    nightly(hani, lists)
    missing = of_section(lists) - stored(db)
    assert 0 < len(missing) <= 2  # of the page that failed, and no others
    waiting = rows(db, "select url, attempts from frontier where kind = 'listing'")
    assert [(row["url"].partition("hani.co.kr")[2], row["attempts"]) for row in waiting] == [(f"{NEW_LIST}2", 1)]
    del lists.misbehave[f"{NEW_LIST}2"]
    nightly(hani, lists)
    assert stored(db) >= of_section(lists)
    assert rows(db, "select url from frontier where kind = 'listing'") == []


def test_a_page_that_fails_for_ever_is_given_up(lists: Replica, hani: Hani, tmp_path: Path) -> None:
    lists.misbehave = {f"{NEW_LIST}2": [Misbehaviour("status", times=None, status=500)]}
    for _ in range(7):
        nightly(hani, lists)
    assert rows(tmp_path / "archive.db", "select url from frontier where kind = 'listing'") == []
