"""A site that misbehaves: what is asked, how fast, and what each address ends as."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from jobs.replica import Misbehaviour, Replica, RobotsAnswer
from tests.conftest import Hani, Ran, one, rows

ARTICLE = "/arti/english_edition/e_national/1218433.html"
ADDRESS = f"https://www.hani.co.kr{ARTICLE}"
QUICK = '[crawl]\ncontact = "tests@library.example"\ntimeout = 1\ndelay = 0\n'


@pytest.fixture
def recrawl(site: Replica, hani: Hani, tmp_path: Path) -> Any:
    (tmp_path / "hani.toml").write_text(QUICK)

    def run(*arguments: str) -> Ran:
        return hani("recrawl", *(arguments or (ADDRESS,)), "--origin", site.origin, "--json")

    return run


def outcome(ran: Ran) -> str:
    return next(str(name) for name, count in ran.data["outcomes"].items() if count)


def asked(site: Replica, target: str) -> list[float]:
    return [r.at for r in site.requests if r.target == target]


@pytest.mark.parametrize(
    ("misbehaviour", "ends_as", "times_asked"),
    [
        (Misbehaviour("bad_gateway"), "new", 2),
        (Misbehaviour("unavailable", retry_after=1), "new", 2),
        (Misbehaviour("too_many", retry_after=1), "new", 2),
        (Misbehaviour("too_many_date", retry_after=2), "new", 2),
        (Misbehaviour("cut"), "new", 2),
        (Misbehaviour("stall", seconds=3), "new", 2),
        (Misbehaviour("gzip"), "new", 1),
        (Misbehaviour("wrong_charset"), "new", 1),
        (Misbehaviour("wrong_charset", charset="iso-8859-1"), "new", 1),
        (Misbehaviour("bad_gateway", times=None), "failed", 3),
        (Misbehaviour("cut", times=None), "failed", 3),
        (Misbehaviour("drop", times=None), "failed", 3),
        (Misbehaviour("huge", times=None), "failed", 1),
        (Misbehaviour("bomb", times=None), "failed", 1),
        (Misbehaviour("forbidden", times=None), "blocked", 1),
        (Misbehaviour("redirect_loop", times=None), "failed", 1),
        (Misbehaviour("off_site", times=None), "off_site", 1),
        (Misbehaviour("bot_check", times=None), "blocked", 1),
        (Misbehaviour("paywall", times=None), "refused", 1),
        (Misbehaviour("empty", times=None), "refused", 1),
        (Misbehaviour("redirect", location="/"), "gone", 1),
        (Misbehaviour("redirect", location="/arti/english_edition/e_national"), "gone", 1),
        (Misbehaviour("redirect", location="/arti/politics/diplomacy/1218433.html"), "gone", 1),
        (Misbehaviour("status", status=410), "gone", 1),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_each_misbehaviour_ends_in_one_outcome(
    site: Replica, recrawl: Any, tmp_path: Path, misbehaviour: Misbehaviour, ends_as: str, times_asked: int
) -> None:
    site.misbehave[ARTICLE] = [misbehaviour]
    ran = recrawl()
    assert outcome(ran) == ends_as, ran.err
    assert "Traceback" not in ran.err
    assert ran.data["addresses"] == 1
    assert len(asked(site, ARTICLE)) == times_asked
    capture = rows(tmp_path / "archive.db", "select * from captures")[0]
    assert capture["requested_url"] == ADDRESS and capture["origin"] == site.origin
    stored = rows(tmp_path / "archive.db", "select * from articles")
    assert bool(stored) == (ends_as == "new")
    if stored:
        wanted = site.expected(1218433)
        assert wanted is not None and stored[0]["body"] == "\n\n".join(wanted["body"])


def test_a_redirect_to_another_article_is_gone_and_the_other_is_queued(
    site: Replica, recrawl: Any, tmp_path: Path
) -> None:
    site.misbehave[ARTICLE] = [Misbehaviour("redirect", location="/arti/english_edition/e_national/1264432.html")]
    assert outcome(recrawl()) == "gone"
    waiting = rows(tmp_path / "archive.db", "select kind, article_id from frontier")
    assert waiting == [{"kind": "new", "article_id": 1264432}]
    assert not asked(site, "/arti/english_edition/e_national/1264432.html")


def test_a_redirect_off_the_site_is_never_followed(site: Replica, recrawl: Any, tmp_path: Path) -> None:
    with Replica() as elsewhere:
        target = elsewhere.origin.replace("127.0.0.1", "localhost") + ARTICLE
        site.misbehave[ARTICLE] = [Misbehaviour("redirect", location=target)]
        assert outcome(recrawl()) == "off_site"
        assert elsewhere.requests == []
    capture = rows(tmp_path / "archive.db", "select redirects, error from captures")[0]
    assert json.loads(capture["redirects"]) == [target] and target in capture["error"]


def test_retry_after_is_waited_for(site: Replica, recrawl: Any) -> None:
    site.misbehave[ARTICLE] = [Misbehaviour("too_many", retry_after=2)]
    recrawl()
    first, second = asked(site, ARTICLE)
    assert second - first >= 2


def test_all_requests_keep_the_delay_and_name_a_contact(site: Replica, hani: Hani, tmp_path: Path) -> None:
    (tmp_path / "hani.toml").write_text(QUICK)
    ran = hani(
        "recrawl",
        ADDRESS,
        "https://english.hani.co.kr/arti/english_edition/e_business/868317.html",
        "--origin",
        site.origin,
        "--delay",
        "0.5",
        "--json",
    )
    assert ran.data["outcomes"]["new"] == 2
    times = [r.at for r in site.requests]
    assert len(times) == 4  # two robots.txt, two articles
    assert all(later - earlier >= 0.5 for earlier, later in itertools.pairwise(times))
    agents = {r.headers["user-agent"] for r in site.requests}
    assert len(agents) == 1 and "tests@library.example" in agents.pop()
    assert {r.host for r in site.requests} == {"www.hani.co.kr", "english.hani.co.kr"}


def test_a_crawl_delay_is_never_undercut(site: Replica, recrawl: Any) -> None:
    site.robots = RobotsAnswer(200, "User-agent: *\nCrawl-delay: 1\n")
    recrawl()
    times = [r.at for r in site.requests]
    assert len(times) == 2 and times[1] - times[0] >= 1


@pytest.mark.parametrize(
    ("answer", "ends_as", "code"),
    [
        (RobotsAnswer(404, "no"), "new", 0),
        (RobotsAnswer(403, "no"), "new", 0),
        (RobotsAnswer(200, "User-agent: *\nDisallow: /arti/english_edition/e_national/\n"), "robots", 0),
        (RobotsAnswer(500, "oops"), "robots", 3),
        (RobotsAnswer(503, "oops"), "robots", 3),
    ],
)
def test_robots_txt(site: Replica, recrawl: Any, answer: RobotsAnswer, ends_as: str, code: int, tmp_path: Path) -> None:
    site.robots = answer
    ran = recrawl()
    assert (outcome(ran), ran.code) == (ends_as, code)
    assert bool(asked(site, ARTICLE)) == (ends_as == "new")
    assert one(tmp_path / "archive.db", "select outcome from captures") == ("ok" if ends_as == "new" else "robots")


def test_robots_txt_is_obeyed_for_what_a_redirect_leads_to(site: Replica, recrawl: Any) -> None:
    site.robots = RobotsAnswer(200, "User-agent: *\nDisallow: /arti/english_edition/e_secret/\n")
    hidden = "/arti/english_edition/e_secret/1218433.html"
    site.misbehave[ARTICLE] = [Misbehaviour("redirect", location=hidden)]
    assert outcome(recrawl()) == "robots"
    assert not asked(site, hidden)


def test_one_host_denied_by_its_robots_txt_leaves_the_other(site: Replica, hani: Hani, tmp_path: Path) -> None:
    site.robots = {"english.hani.co.kr": RobotsAnswer(503, "")}
    ran = hani("nightly", "--origin", site.origin, "--delay", "0", "--json")
    assert ran.code == 0
    asked_there = {r.target for r in site.requests if r.host == "english.hani.co.kr"}
    assert asked_there == {"/robots.txt"}
    assert ran.data["outcomes"]["new"] > 30


def test_lists_that_never_end_are_left(site: Replica, hani: Hani, tmp_path: Path) -> None:
    site.misbehave["/arti/english_edition/e_business?page=1"] = [Misbehaviour("endless_list", times=None)]
    ran = hani("nightly", "--full", "--origin", site.origin, "--delay", "0", "--json")
    assert ran.code == 0
    pages = one(tmp_path / "archive.db", "select count(*) from listings where source = 'new:e_business'")
    assert pages <= 5
    repeated = one(tmp_path / "archive.db", "select count(*) from listings where source = 'old:e_business'")
    assert repeated <= 4  # the last page comes again for ever


def test_a_page_that_names_another_number_is_refused(site: Replica, recrawl: Any, tmp_path: Path) -> None:
    page = (Path("jobs/replica/pages/g3/1218433.html").read_bytes()).replace(b"1218433", b"1218999")
    site.misbehave[ARTICLE] = [Misbehaviour("status", status=200, body=page.decode())]
    ran = recrawl()
    assert outcome(ran) == "refused"
    assert "1218999" in ran.data["notable"][0]["reason"]
    assert rows(tmp_path / "archive.db", "select * from articles") == []
    assert one(tmp_path / "archive.db", "select count(*) from payloads") == 1


def test_a_refused_page_never_overwrites_a_good_version(site: Replica, recrawl: Any, tmp_path: Path) -> None:
    recrawl()
    before = rows(tmp_path / "archive.db", "select * from versions")
    for kind in ("bot_check", "paywall", "empty", "forbidden", "bad_gateway"):
        site.misbehave[ARTICLE] = [Misbehaviour(kind, times=None)]
        recrawl()
    assert rows(tmp_path / "archive.db", "select * from versions") == before
    assert one(tmp_path / "archive.db", "select status from articles") == "blocked"  # until somebody lets us in again
    del site.misbehave[ARTICLE]
    recrawl()
    assert one(tmp_path / "archive.db", "select status from articles") == "live"


def test_a_cap_on_minutes_ends_a_run(site: Replica, hani: Hani) -> None:
    ran = hani("nightly", "--origin", site.origin, "--delay", "1", "--max-minutes", "0.05", "--json")
    assert ran.code == 0
    assert len(site.requests) <= 4
    assert ran.data["listings"]["left_over"] > 0


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_an_answer_that_no_decoder_takes_fails_one_address_and_not_the_run(
    site: Replica, hani: Hani, tmp_path: Path, encoding: str
) -> None:
    site.misbehave[ARTICLE] = [Misbehaviour("status", None, status=200, body="this is nothing", encoding=encoding)]
    ran = hani("nightly", "--origin", site.origin, "--delay", "0", "--json")
    assert ran.code == 0 and "Traceback" not in ran.err
    assert ran.data["outcomes"]["failed"] <= 1 and ran.data["outcomes"]["left_over"] == 0
    assert ran.data["outcomes"]["new"] >= 60


def test_an_unanswered_article_does_not_keep_a_full_run_from_beginning(
    site: Replica, hani: Hani, tmp_path: Path
) -> None:
    full = ["nightly", "--full", "--origin", site.origin, "--delay", "0", "--json"]
    site.misbehave[ARTICLE] = [Misbehaviour("forbidden", times=None)]
    first = hani(*full).data
    assert first["outcomes"]["blocked"] == 1
    site.night = 2
    second = hani(*full).data
    assert second["listings"]["asked"] > 10
    assert second["outcomes"]["changed"] > 10


def test_an_article_that_first_led_off_the_site_is_asked_again(site: Replica, hani: Hani, tmp_path: Path) -> None:
    site.misbehave[ARTICLE] = [Misbehaviour("off_site")]
    nightly = ["nightly", "--origin", site.origin, "--delay", "0", "--json"]
    assert hani(*nightly).data["outcomes"]["off_site"] == 1
    assert hani(*nightly).data["outcomes"]["new"] == 1


def test_a_redirect_to_the_print_form_is_for_robots_txt_to_judge(site: Replica, recrawl: Any, tmp_path: Path) -> None:
    assert outcome(recrawl()) == "new"
    site.misbehave[ARTICLE] = [Misbehaviour("redirect", location="/arti/PRINT/1218433.html")]
    assert outcome(recrawl()) == "robots"
    assert one(tmp_path / "archive.db", "select status from articles") == "live"


def test_when_all_that_was_asked_failed_the_site_is_unreachable(site: Replica, recrawl: Any) -> None:
    site.misbehave[ARTICLE] = [Misbehaviour("bad_gateway", times=None)]
    ran = recrawl()
    assert ran.code == 3 and "no address gave a usable answer" in ran.sentence
