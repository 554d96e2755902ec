"""Three nights of the bundled site, over HTTP, held against its hand-written records."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from jobs.replica import Replica, RobotsAnswer
from tests.conftest import Hani, one, rows

FIELDS = ("title", "subtitle", "byline", "section", "posted_at", "modified_at", "original_url")


def as_record(db: Path, article: dict[str, Any]) -> dict[str, Any]:
    """An article's row with its newest version's images, in the form of the hand-written records."""
    newest = rows(db, "select id from versions where article_id = ? order by number desc limit 1", article["id"])[0][
        "id"
    ]
    images = rows(db, "select src, caption, credit from images where version_id = ? order by position", newest)
    return {
        **{name: article[name] for name in FIELDS},
        "authors": json.loads(article["authors"]),
        "body": article["body"].split("\n\n"),
        "images": images,
    }


def expected(site: Replica, article_id: int) -> dict[str, Any] | None:
    record = site.expected(article_id)
    if record is None:
        return None
    return {name: record[name] for name in (*FIELDS, "authors", "body", "images")}


def check_night(site: Replica, db: Path) -> None:
    articles = {row["id"]: row for row in rows(db, "select * from articles")}
    for article_id in site.article_ids():
        wanted = expected(site, article_id)
        if wanted is None:
            if article_id in articles:
                assert articles[article_id]["status"] in ("missing", "moved"), article_id
            continue
        assert article_id in articles, f"{article_id} was not found"
        assert as_record(db, articles[article_id]) == wanted, article_id
        assert articles[article_id]["status"] == "live"


def check_report(report: dict[str, Any], db: Path) -> None:
    assert report["addresses"] == sum(report["outcomes"].values())
    captured = one(db, "select count(*) from captures where run_id = ?", report["run"])
    assert captured == report["addresses"] - report["outcomes"]["left_over"]
    silent = one(
        db,
        "select coalesce(sum(v.silent), 0) from versions v join captures c on c.article_id = v.article_id"
        " and c.fetched_at = v.first_seen_at where c.run_id = ?",
        report["run"],
    )
    assert report["silent"] == silent


def test_every_article_equals_its_hand_written_record_on_each_night(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    for night in (1, 2, 3):
        site.night = night
        ran = hani("nightly", "--origin", site.origin, "--delay", "0", "--json")
        assert ran.code == 0, ran.err
        check_night(site, db)
        check_report(ran.data, db)
        assert ran.data["outcomes"]["refused"] == ran.data["outcomes"]["failed"] == 0

    kinds: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for row in rows(db, "select article_id, kind, silent from versions order by article_id, number"):
        kinds[row["article_id"]].append((row["kind"], row["silent"]))
    # By hand, from the stories in jobs/replica/articles.
    assert kinds[870793] == [("first", 0), ("text", 1)]  # a number changed, the stamp did not
    assert kinds[888540] == [("first", 0), ("stamp", 0)]
    assert kinds[891980] == [("first", 0), ("metadata", 0)]  # moved to another section
    assert kinds[942450] == [("first", 0), ("text", 0)]
    assert kinds[949769] == [("first", 0), ("metadata", 0)]  # byline
    assert kinds[1001141] == [("first", 0), ("text", 0), ("revert", 1)]  # the stamp went back with the text
    assert kinds[1151829] == [("first", 0), ("text", 1)]  # a caption
    assert kinds[1258019] == [("first", 0), ("text", 1), ("revert", 1)]
    assert kinds[1273081] == [("first", 0), ("text", 0), ("text", 0)]
    assert kinds[959227] == [("first", 0)]  # gone on the second night, back on the third
    assert one(db, "select status from articles where id = 959227") == "live"
    assert one(db, "select status from articles where id = 1080430") == "missing"  # a notice under 200
    never_changed = [i for i in (1205412, 937388, 868317) if kinds[i] != [("first", 0)]]
    assert never_changed == []


def test_an_unchanged_night_adds_no_version_and_hardly_a_byte(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    assert hani("nightly", "--origin", site.origin, "--delay", "0").code == 0
    before = rows(db, "select * from versions order by id")
    rows(db, "pragma wal_checkpoint(truncate)")
    size = db.stat().st_size
    ran = hani("nightly", "--origin", site.origin, "--delay", "0", "--json")
    rows(db, "pragma wal_checkpoint(truncate)")
    outcomes = ran.data["outcomes"]
    assert outcomes["unchanged"] + outcomes["not_modified"] == ran.data["addresses"] > 60
    after = rows(db, "select * from versions order by id")
    noise = {"last_seen_at": "", "last_digest": ""}
    assert [{**v, **noise} for v in after] == [{**v, **noise} for v in before]
    pages = one(
        db,
        "select sum(p.length) from captures c join payloads p on p.digest = c.payload_digest where c.run_id = ?",
        ran.data["run"],
    )
    assert db.stat().st_size - size < 0.06 * pages


def test_what_a_list_offers_is_written_down(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    hani("nightly", "--origin", site.origin, "--delay", "0")
    offered = {row["article_id"] for row in rows(db, "select distinct article_id from sightings")}
    assert offered == set(site.article_ids())
    feed = rows(
        db,
        "select article_id, position, title from sightings where listing_url = 'https://www.hani.co.kr/rss/english_edition/'"
        " order by position",
    )
    assert [row["position"] for row in feed] == sorted(row["position"] for row in feed)
    titles = {row["article_id"]: row["title"] for row in feed}
    first = expected(site, feed[0]["article_id"])
    assert first is not None and titles[feed[0]["article_id"]] == first["title"]
    assert one(db, "select sum(other) from listings") > 0  # Korean articles: counted, not asked
    assert not [r for r in site.requests if "/politics/" in r.target]
    assert rows(db, "select distinct section from articles where section = 'e_culture'")  # a section met on the way


def test_a_capped_full_run_goes_on_where_it_stopped(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    done: set[int] = set()
    for _ in range(40):
        asked = len(site.requests)
        ran = hani("nightly", "--full", "--origin", site.origin, "--delay", "0", "--max-requests", "15", "--json")
        assert ran.code == 0, ran.err
        assert len(site.requests) - asked <= 15
        done = {row["id"] for row in rows(db, "select id from articles")}
        if ran.data["outcomes"]["left_over"] == ran.data["listings"]["left_over"] == 0:
            break
    assert done == {i for i in site.article_ids() if site.expected(i)}
    # Nothing known was asked again before everything new had been asked once.
    repeated = rows(db, "select article_id, count(*) as times from captures group by article_id having times > 1")
    assert repeated == []


def test_new_articles_come_before_rechecks(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    hani("nightly", "--origin", site.origin, "--delay", "0")
    site.night = 2
    known = {row["id"] for row in rows(db, "select id from articles")}
    hani("nightly", "--origin", site.origin, "--delay", "0")
    second = [r["article_id"] for r in rows(db, "select article_id from captures where run_id = 2 order by id")]
    fresh = [i for i in second if i not in known]
    assert len(fresh) >= 6
    assert second[: len(fresh)] == fresh
    rechecked = second[len(fresh) :]
    assert rechecked == sorted(rechecked, reverse=True)


def test_known_articles_are_asked_conditionally_and_a_304_names_what_it_confirms(
    site: Replica, hani: Hani, tmp_path: Path
) -> None:
    db = tmp_path / "archive.db"
    hani("nightly", "--origin", site.origin, "--delay", "0")
    first = one(db, "select payload_digest from captures where article_id = 1255347")
    hani("nightly", "--origin", site.origin, "--delay", "0")
    second = rows(db, "select * from captures where article_id = 1255347 order by id")[1]
    assert (second["outcome"], second["http_status"], second["payload_digest"]) == ("not_modified", 304, first)
    forced = hani("recrawl", "1255347", "--force", "--origin", site.origin, "--delay", "0", "--json")
    assert forced.data["outcomes"]["unchanged"] == 1
    again = hani("recrawl", "1255347", "--origin", site.origin, "--delay", "0", "--json")
    assert again.data["outcomes"]["not_modified"] == 1
    assert len(rows(db, "select * from versions where article_id = 1255347")) == 1


def test_a_dead_host_is_reported_and_the_other_one_serves(site: Replica, hani: Hani, tmp_path: Path) -> None:
    site.dead_hosts = {"english.hani.co.kr"}
    ran = hani("nightly", "--origin", site.origin, "--delay", "0", "--json")
    assert ran.code == 0, ran.err
    assert "robots.txt cannot be had" in ran.data["hosts"]["english.hani.co.kr"]
    found = {row["id"] for row in rows(tmp_path / "archive.db", "select id from articles")}
    assert {i for i in site.article_ids() if i > 1200000} <= found


def test_no_host_answering_is_exit_code_three(site: Replica, hani: Hani) -> None:
    site.dead_hosts = {"english.hani.co.kr", "www.hani.co.kr"}
    ran = hani("nightly", "--origin", site.origin, "--delay", "0")
    assert ran.code == 3
    assert "no host of the site" in ran.sentence
    assert "Traceback" not in ran.err


def test_an_outage_leaves_everything_as_it_was_for_the_next_run(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    hani("nightly", "--origin", site.origin, "--delay", "0")
    before = [rows(db, f"select * from {table}") for table in ("captures", "versions", "articles")]
    site.robots = RobotsAnswer(503, "")
    ran = hani("nightly", "--origin", site.origin, "--delay", "0", "--json")
    assert ran.code == 3
    assert json.loads(ran.out)["outcomes"]["left_over"] == len(before[2])
    assert [rows(db, f"select * from {table}") for table in ("captures", "versions", "articles")] == before
    site.robots = RobotsAnswer(200, "")
    again = hani("nightly", "--origin", site.origin, "--delay", "0", "--json").data
    assert again["outcomes"]["left_over"] == 0 and again["addresses"] == len(before[2])
