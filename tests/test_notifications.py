"""Who is told of what: the rules, and their way to real receivers of mail, webhooks and pings."""

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive.database import open_reader, open_writer
from archive.runs import Run, record_run
from crawler.config import Notify
from jobs.notify import gather
from jobs.replica import Replica
from jobs.telling.courier import Errand, Item
from jobs.telling.notifications import MOST_ITEMS, Message, News, message_for
from tests.conftest import Hani, Ran, one, rows, run_hani
from tests.receivers import Hook, hook_server, mail_server, silent_server

URL = "https://www.hani.co.kr/arti/english_edition/e_national/1095276.html"
REPORT = {
    "run": 12,
    "command": "hani nightly",
    "status": "done",
    "requests": 99,
    "silent": 1,
    "outcomes": {"new": 7, "changed": 2, "gone": 0, "refused": 0, "blocked": 0, "failed": 0, "left_over": 0},
}


def change(kind: str, removed: str | None = None, added: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "field": "body", "removed": removed, "added": added}


def edit(
    article: int = 1095276, silent: bool = False, title: str = "A title", *changes: dict[str, Any]
) -> dict[str, Any]:
    listed = list(changes or (change("figure", "14", "11"),))
    version = {
        "id": f"{article}@3f2a9c0d1e5b",
        "article_id": article,
        "number": 2,
        "kind": "text",
        "silent": int(silent),
    }
    return {**version, "title": title, "subtitle": None, "body": "", "url": URL, "changes": listed}


def new(title: str, body: str = "") -> dict[str, Any]:
    return {**edit(title=title), "number": 1, "body": body, "changes": []}


def gone(after: str, title: str = "A title", article: int = 1095276) -> dict[str, Any]:
    version = {"version_id": "1095276@3f2a9c0d1e5b", "last_seen_at": "2026-11-20T05:57:00Z"}
    return {"id": article, "url": URL, "title": title, "subtitle": None, "body": "", "after": after, **version}


def drift() -> dict[str, Any]:
    measured = {"template": "g3", "measure": "body", "pages": 40, "found": 0.1, "expected": 0.98, "since_run": 12}
    return {**measured, "since": "2026-11-23T18:30:00Z", "examples": [{"capture": 1, "article": 1095276, "url": URL}]}


def told(rule: Notify, **found: Any) -> Message | None:
    return message_for(rule, News("hani nightly", found.pop("code", 0), report=REPORT, **found))


def lines(message: Message | None) -> list[str]:
    assert message is not None
    return message.body.splitlines()


# --- the rules -------------------------------------------------------------------------------------------------------


def test_a_silent_edit_is_told_by_default_with_what_was_changed() -> None:
    assert told(Notify(), versions=[edit(silent=True), edit(1)]) == Message(
        "hani: 1 silent edit",
        "run 12 (hani nightly) done: 99 requests, 7 new, 2 changed (1 silent)\n"
        "\n"
        "Silent edits: 1\n"
        "- 1095276 A title (silent, figure: “14” → “11”)\n"
        f"  {URL}",
    )


@pytest.mark.parametrize(
    ("on", "title"),
    [
        (("figure",), "hani: 1 silent edit, 2 edits"),
        (("quote",), "hani: 1 edit"),
        (("silent",), "hani: 1 silent edit"),
        (("silent", "quote", "new"), "hani: 1 silent edit, 1 edit, 1 new article"),
        (("removal",), "hani: 1 removal, 1 moved article"),
        (("return", "removal"), "hani: 1 removal, 1 moved article, 1 return"),
        (("drift",), "hani: 1 drift of the layout"),
        (("typo",), None),
        (("failure",), None),
    ],
)
def test_each_rule_gets_what_it_asks_for(on: tuple[str, ...], title: str | None) -> None:
    versions = [
        edit(1, True),
        edit(2),
        edit(3, False, "A", change("quote", "a", "b"), change("figure", "1", "2")),
        new("N"),
    ]
    turns = [gone("removed"), gone("moved", article=2), gone("returned", article=3)]
    message = told(Notify(on=on), versions=versions, turns=turns, drifts=[drift()])
    assert (message.title if message else None) == title


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("trilateral", "A Trilateral summit", True),
        ("trilateral", "multitrilateral", False),
        ("trilateral", "trilaterals", False),
        ("TRILATERAL summit", "the trilateral\n summit", True),
        ("국회", "오늘 국회에서 열린", True),
        ("국회", "제국회의", False),
        ("국회", "국회", True),
        ("C++", "in C++ and", True),
        ("U.S.", "UXSX", False),
        ("straße", "STRASSE", True),
    ],
)
def test_a_keyword_is_found_as_a_word_whatever_its_case(keyword: str, text: str, found: bool) -> None:
    rule = Notify(keywords=(keyword,))
    assert bool(told(rule, versions=[edit(1, False, "Title", change("rewrite", text, "else"))])) is found
    assert bool(told(rule, versions=[edit(1, False, "Title", change("rewrite", "else", text))])) is found
    assert bool(told(rule, versions=[edit(title=text)])) is found
    assert bool(told(rule, versions=[new("Title", text)])) is found
    assert bool(told(rule, turns=[gone("removed", text)])) is found


def test_keywords_narrow_what_is_told_of_articles_but_not_of_failures() -> None:
    rule = Notify(on=("failure", "silent", "drift"), keywords=("rice",))
    assert told(rule, versions=[edit(silent=True)]) is None
    assert told(rule, versions=[edit(title="Rice")]) is None  # a loud edit is not asked for
    assert told(rule, versions=[edit(title="Rice", silent=True)]) is not None
    assert told(rule, drifts=[drift()]) is not None and told(rule, code=3) is not None


@pytest.mark.parametrize(
    ("code", "title"),
    [
        (0, None),
        (4, None),  # another run is at work, and tells of itself
        (130, None),  # somebody stopped it; the next run tells
        (1, "hani: hani nightly failed (the archive could not be written or read, exit code 1)"),
        (2, "hani: hani nightly failed (exit code 2)"),
        (3, "hani: hani nightly failed (the site is unreachable, exit code 3)"),
        (5, "hani: hani nightly failed (the layout of the site drifted, exit code 5)"),
        (6, "hani: hani nightly failed (many addresses failed, exit code 6)"),
    ],
)
def test_a_failure_is_told_by_its_exit_code(code: int, title: str | None) -> None:
    message = told(Notify(), code=code)
    assert (message.title if message else None) == title
    assert message is None or message.level == "failure"


def test_a_run_that_was_killed_is_a_failure_of_its_own() -> None:
    killed = [{"id": 11, "command": "hani nightly", "started_at": "2026-11-22T18:30:00Z"}]
    message = told(Notify(on=("failure",)), killed=killed)
    assert "- run 11 (hani nightly), begun 2026-11-23 03:30 KST, was killed before it ended" in lines(message)
    assert message is not None and (message.title, message.level) == ("hani: 1 killed run", "warning")


def test_a_drift_is_told_in_figures() -> None:
    assert lines(told(Notify(), drifts=[drift()]))[-1] == (
        "- body found on 10% of 40 pages of g3, expected 98%, since run 12 (2026-11-24 03:30 KST); such as 1095276"
    )


HOSTILE = (
    "<script>alert(1)</script> <!channel> @everyone [bank](http://evil.example) *b* `c` ||d|| ~~e~~ __f__\r\n"
    "Subject: gotcha\r\n\r\nBcc: all@evil.example \x1b[31m\u202e\x00"
)


def test_nothing_from_the_web_is_markup_or_a_line_of_its_own() -> None:
    versions = [edit(1, True, HOSTILE, change("rewrite", HOSTILE, HOSTILE)), new(HOSTILE)]
    message = told(Notify(on=("silent", "new", "removal")), versions=versions, turns=[gone("removed", HOSTILE)])
    assert message is not None
    assert message.title == "hani: 1 removal, 1 silent edit, 1 new article"
    ours = message.body.replace(URL, "").replace("1095276@3f2a9c0d1e5b", "")
    assert not re.search(r"[<>\[\]@*`|~_\\\x00-\x09\x0b-\x1f\u202e]|://", ours)
    assert not any(line.startswith(("Subject", "Bcc")) for line in message.body.splitlines())


def test_a_message_is_bounded_and_says_what_it_leaves_out() -> None:
    long = "word " * 1000
    versions = [edit(n, True, long, change("rewrite", long, long)) for n in range(100)]
    turns = [gone("removed", article=n) for n in range(20)]
    message = told(Notify(on=("silent", "removal", "new")), versions=[*versions, new("N")], turns=turns)
    assert message is not None and len(message.body) < 7800
    listed = [line for line in lines(message) if line.startswith("- ") and "more" not in line]
    assert len(listed) == MOST_ITEMS == 25
    assert [line for line in lines(message) if "more" in line] == ["- … and 95 more", "- … and 1 more"]
    assert "Silent edits: 100" in message.body and message.title == "hani: 20 removals, 100 silent edits, 1 new article"


# --- each thing once -------------------------------------------------------------------------------------------------


def ran(db: Path, *runs: tuple[str, str, dict[str, Any] | None]) -> News:
    """What the last of some runs has to tell: each a command, how it ended, and what its report has beside the rest."""
    made = open_writer(db)
    for n, (command, status, found) in enumerate(runs, 1):
        report = None if found is None else json.dumps({**REPORT, "run": n, "statuses": [], **found})
        made.execute(
            "insert into runs (id, command, started_at, status, program, report) values (?, ?, ?, ?, 'hani', ?)",
            [n, command, f"2026-11-{n:02}T18:30:00Z", status, report],
        )
    made.conn.commit()
    made.conn.close()
    with closing(open_reader(db)) as archive:
        last = json.loads(archive.execute("select report from runs order by id desc").fetchone()[0])
        return gather(archive, len(runs), News("hani nightly", 0, report=last))


def test_a_drift_is_told_when_it_is_new(tmp_path: Path) -> None:
    old, fresh = drift(), {**drift(), "measure": "title"}
    again = {**drift(), "since_run": 4}  # it had gone, and is back
    runs = [("hani nightly", "degraded", {"drift": found}) for found in ([old], [old, fresh])]
    news = ran(
        tmp_path / "a.db", *runs, ("hani recrawl", "done", {}), ("hani nightly", "degraded", {"drift": [fresh, again]})
    )
    assert news.drifts == [again]
    assert ran(tmp_path / "b.db", *runs).drifts == [fresh]
    assert ran(tmp_path / "c.db", runs[0]).drifts == [old]
    assert ran(tmp_path / "d.db", ("hani nightly", "done", {})).drifts == []


def test_only_what_was_cut_short_since_the_last_run_is_told_with_this_one(tmp_path: Path) -> None:
    news = ran(
        tmp_path / "a.db",
        ("hani nightly", "interrupted", None),  # told of with run 2
        ("hani nightly", "done", {}),
        ("hani nightly", "interrupted", {}),  # stopped: it left a report
        ("hani recrawl", "interrupted", None),
        ("hani nightly --full", "interrupted", None),
        ("hani recrawl", "done", {}),
        ("hani nightly", "done", {}),
    )
    assert [row["id"] for row in news.killed] == [5]


def test_what_is_no_crawl_hides_nothing_and_is_told_by_nobody(hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    news = ran(
        db,
        ("hani nightly", "done", {}),
        ("hani nightly", "interrupted", None),
        ("hani duplicates", "done", {"outcomes": None}),
        ("hani duplicates", "interrupted", {"outcomes": None}),
        ("hani nightly", "unreachable", {"outcomes": None}),  # its origin was down: it could not look
        ("hani nightly", "done", {}),
    )
    assert [row["id"] for row in news.killed] == [2]
    write(tmp_path, '[[notify]]\nurl = "json://127.0.0.1:1"\n')
    with closing(sqlite3.connect(db)) as connection, connection:
        for number, code in ((4, -9), (5, 3)):
            report = json.dumps({"exit_code": code})
            connection.execute("update runs set report = ? where id = ?", [report, number])
        connection.execute("delete from runs where id = 6")
    shown = hani("notify")
    assert shown.code == 0 and "failed (the site is unreachable, exit code 3), 1 killed run" in shown.out
    refused = hani("notify", "--run", "4")
    assert refused.code == 2 and "was no crawl (hani duplicates): nobody is told of it" in refused.sentence


def test_a_night_after_a_sweep_that_was_stopped_is_told_and_pinged(site: Replica, hani: Hani, tmp_path: Path) -> None:
    with hook_server() as hook:
        write(tmp_path, f'[ping]\nurl = "http://127.0.0.1:{hook.port}/ping"\n' + rule(hook, "silent"))
        assert night(hani, site, 1).code == 0
        swept = Run(0, "hani duplicates", "2026-11-23T00:30:00Z", "2026-11-23T00:31:00Z", "interrupted", "duplicates")
        record_run(swept, tmp_path / "archive.db", "hani", -15)
        second = night(hani, site, 2)
    assert (second.code, second.err) == (0, "")
    first, *others = [r.path for r in hook.received][2:]
    assert first == "/ping/start" and sorted(others) == ["/hook", "/ping"]


# --- real receivers --------------------------------------------------------------------------------------------------


def write(folder: Path, text: str) -> None:
    path = folder / "hani.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def night(hani: Hani, site: Replica, number: int, *arguments: str, **environment: str) -> Ran:
    site.night = number
    return hani("nightly", "--origin", site.origin, "--delay", "0", *arguments, **environment)


def rule(hook: Hook, *on: str, path: str = "hook") -> str:
    listed = ", ".join(f'"{event}"' for event in on)
    return f'[[notify]]\nname = "{path}"\nurl = "json://127.0.0.1:{hook.port}/{path}"\non = [{listed}]\n'


def hooked(hook: Hook, path: str = "hook") -> list[dict[str, Any]]:
    return [json.loads(r.body) for r in hook.received if r.path == f"/{path}"]


def test_a_mail_goes_out_over_tls_with_a_password_from_the_environment(
    site: Replica, hani: Hani, tmp_path: Path
) -> None:
    with mail_server(tmp_path, password="s3cret/Pass") as box:
        write(tmp_path, '[[notify]]\nname = "mail"\nurl_env = "HANI_MAIL"\non = ["silent"]\n')
        url = f"mailtos://robot:s3cret%2FPass@localhost:{box.port}/?mode=starttls&from=hani@a.example&to=me@b.example"
        environment = {"HANI_MAIL": url, "SSL_CERT_FILE": str(box.certificate)}
        assert night(hani, site, 1, **environment).code == 0
        assert box.raw == []  # a first night has no edits, and no silent ones
        ran = night(hani, site, 2, "--json", **environment)
        assert ran.code == 0, ran.err
        assert box.logins == [("robot", "s3cret/Pass", True)]
        assert box.envelopes == [("hani@a.example", ["me@b.example"])]
        (mail,) = box.messages
        assert mail["Subject"] == f"hani: {ran.data['silent']} silent edits" and mail["To"] == "me@b.example"
        assert mail.get_content_type() == "text/plain"
        text = mail.get_payload(decode=True).decode()  # type: ignore[union-attr]
        assert "870793 " in text and "“1,284” → “1,248”" in text  # by hand, from the replica's story
        # The same night again holds nothing that was not told.
        assert night(hani, site, 2, **environment).code == 0
        assert len(box.raw) == 1


def test_a_webhook_and_a_dead_mans_switch_hear_of_a_good_night(site: Replica, hani: Hani, tmp_path: Path) -> None:
    with hook_server() as hook:
        ping = f'[ping]\nurl = "http://127.0.0.1:{hook.port}/ping/0b1c"\n'
        write(tmp_path, ping + rule(hook, "new", path="a") + rule(hook, "failure", path="b"))
        ran = night(hani, site, 1, "--json")
        assert ran.code == 0, ran.err
        assert hook.pings[0] == "/ping/0b1c/start" and sorted(hook.pings[1:]) == ["/a", "/ping/0b1c"]
        (message,) = hooked(hook, "a")
        assert message["title"] == f"hani: {ran.data['outcomes']['new']} new articles"
        done = next(r for r in hook.received if r.path == "/ping/0b1c")
        assert done.body.splitlines()[0] == "exit code 0" and "run 1 (hani nightly) done" in done.body
        counted = int(message["title"].split()[1])
        assert counted == one(tmp_path / "archive.db", "select count(*) from articles") > 60


def test_a_site_that_cannot_be_reached_is_told_and_pinged_as_a_failure(
    site: Replica, hani: Hani, tmp_path: Path
) -> None:
    site.dead_hosts = {"english.hani.co.kr", "www.hani.co.kr"}
    with hook_server() as hook:
        write(tmp_path, f'[ping]\nurl = "http://127.0.0.1:{hook.port}/ping"\n' + rule(hook, "failure"))
        assert night(hani, site, 1).code == 3
        assert sorted(hook.pings) == ["/hook", "/ping/fail", "/ping/start"]
        (message,) = hooked(hook)
        assert message["title"] == "hani: hani nightly failed (the site is unreachable, exit code 3)"
        assert message["type"] == "failure" and "no host of the site let anything be asked" in message["message"]
        failed = next(r for r in hook.received if r.path == "/ping/fail")
        assert failed.body.startswith("exit code 3\nno host of the site")
        # So is one that never came to a run: nothing listens where it asks.
        ran = hani("nightly", "--origin", "http://127.0.0.1:1")
        assert ran.code == 3 and hook.pings[3:].count("/ping/fail") == 1 and len(hooked(hook)) == 2
        assert hook.pings.count("/ping/start") == 1
        # And one that was asked for what cannot be.
        assert hani("nightly", HANI_NOW="2026-11-24T00:00:00Z").code == 2
        assert "sets the clock of a replica or a mirror" in hooked(hook)[2]["message"]


CRASHES = """
import jobs.crawling
def crash(session): raise RuntimeError("a wheel came off")
jobs.crawling.crawl = crash
from jobs.cli import main
main()
"""
DIES = """
import os, jobs.crawling
crawl = jobs.crawling.crawl
def die(session):
    crawl(session)
jobs.crawling.crawl = die
from crawler.session import Session
Session.close = lambda self, status: os._exit(9)
from jobs.cli import main
main()
"""


def test_a_fault_of_ours_is_told_too(site: Replica, tmp_path: Path) -> None:
    with hook_server() as hook:
        write(tmp_path, f'[ping]\nurl = "http://127.0.0.1:{hook.port}/ping"\n' + rule(hook, "failure"))
        db = tmp_path / "archive.db"
        ran = run_hani(db, tmp_path, "nightly", "--origin", site.origin, script=CRASHES)
        assert ran.code == 1 and "a wheel came off" in ran.err
        (message,) = hooked(hook)
        assert "a fault of this program: RuntimeError: a wheel came off" in message["message"]
        assert "/ping/fail" in hook.pings


def test_what_a_killed_run_found_is_told_by_the_next_one_and_once(site: Replica, hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    with hook_server() as hook:
        write(tmp_path, rule(hook, "silent", "failure"))
        assert night(hani, site, 1).code == 0
        site.night = 2
        ran = run_hani(db, tmp_path, "nightly", "--origin", site.origin, "--delay", "0", script=DIES)
        assert ran.code == 9 and hook.received == []
        silent = one(db, "select count(*) from versions where silent")
        assert silent > 0
        assert hani("recrawl", "870793", "--origin", site.origin, "--delay", "0").code == 0  # tells nobody
        assert night(hani, site, 2).code == 0
        (message,) = hooked(hook)
        assert message["title"] == f"hani: 1 killed run, {silent} silent edits"
        assert "- run 2 (hani nightly), begun " in message["message"]
        assert night(hani, site, 2).code == 0
        assert len(hooked(hook)) == 1


def test_a_removal_is_told_when_it_is_confirmed(site: Replica, hani: Hani, tmp_path: Path) -> None:
    with hook_server() as hook:
        write(tmp_path, rule(hook, "removal"))
        # Each night begins ten minutes later than the one before: two days are 48 hours to the second, and nights
        # exactly a day apart would confirm some removals a night later, by where in its run each address was asked.
        for number, at in ((1, "20T18:30"), (2, "21T18:40"), (2, "22T18:50"), (2, "23T19:00"), (2, "24T19:10")):
            ran = night(hani, site, number, HANI_NOW=f"2026-11-{at}:00Z")
            assert ran.code == 0, ran.err
        db = tmp_path / "archive.db"
        moved, message = hooked(hook)
        assert moved["title"] == "hani: 1 moved article" and "- 1264415 " in moved["message"]
        removed = [row["id"] for row in rows(db, "select id from articles where status = 'removed' order by id")]
        told = [int(line.split()[1]) for line in message["message"].splitlines() if " (removed; last seen" in line]
        assert removed and sorted(told) == removed
        assert "last seen 2026-11-21" in message["message"]


def test_who_stops_a_run_that_is_being_told_of_leaves_its_outcome(site: Replica, tmp_path: Path) -> None:
    script = """
import os, signal, jobs.notify
class Slow(jobs.notify.Errand):
    def results(self):
        os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("it waits on")
jobs.notify.Errand = Slow
from jobs.cli import main
main()
"""
    with hook_server() as hook:
        write(tmp_path, rule(hook, "new"))
        asked = ["nightly", "--origin", site.origin, "--delay", "0", "--max-requests", "30"]
        ran = run_hani(tmp_path / "archive.db", tmp_path, *asked, script=script)
    assert ran.code == 0 and ran.err.endswith("stopped while the run was told of\n"), ran.err
    assert one(tmp_path / "archive.db", "select status from runs") == "done"


def test_two_targets_of_one_name_are_told_apart(hani: Hani, tmp_path: Path) -> None:
    with hook_server() as hook:
        closed = '[[notify]]\nname = "hook"\nurl = "json://127.0.0.1:1"\n'
        for text in (closed + rule(hook, "new"), rule(hook, "new") + closed):
            write(tmp_path, text)
            ran = hani("notify", "--test")
            assert ran.code == 1
            assert sorted(line == "hook: told" for line in ran.out.splitlines()) == [False, True]


def test_what_cannot_be_told_changes_nothing_but_a_warning(site: Replica, hani: Hani, tmp_path: Path) -> None:
    with hook_server() as hook:
        hook.status = 500
        closed = '[[notify]]\nname = "closed"\nurl = "json://127.0.0.1:1/x"\non = ["new"]\n'
        wrong = '[[notify]]\nname = "wrong"\nurl = "nonsense://x"\non = ["new"]\n'
        unset = '[[notify]]\nname = "unset"\nurl_env = "HANI_NOT_SET"\non = ["new"]\n'
        write(
            tmp_path,
            f'[ping]\nurl = "http://127.0.0.1:{hook.port}/ping"\n' + rule(hook, "new") + closed + wrong + unset,
        )
        ran = night(hani, site, 1, "--json")
        assert ran.code == 0 and ran.data["status"] == "done"
        said = [line[20:] for line in ran.err.splitlines()]
        assert "unset is not told of this run: the variable HANI_NOT_SET that is to hold the url is not set" in said
        assert "the ping at the start failed: it answered 500" in said
        assert "the ping could not be told: it answered 500" in said
        assert "wrong could not be told: Apprise cannot use this url" in said
        for name in ("hook", "closed"):
            assert any(line.startswith(f"{name} could not be told: ") for line in said)


def test_a_server_that_hangs_hangs_nobody() -> None:
    with silent_server() as port:
        items = [
            Item(f"json://127.0.0.1:{port}/x", "body", "title"),
            Item(f"http://127.0.0.1:{port}/x", "body", ping=True),
            Item(f"mailto://u:p@localhost:{port}/?from=a@b.example&to=c@d.example", "body", "title"),
        ]
        errand = Errand(items, seconds=1)
        results = errand.results()
    assert len(results) == 3 and all(results)
    assert errand._process.returncode is not None  # the process is gone, with all that hung in it


def test_a_redirect_leads_nowhere() -> None:
    with hook_server() as hook, hook_server() as elsewhere:
        hook.status, hook.location = 302, f"http://127.0.0.1:{elsewhere.port}/stolen"
        base = f"127.0.0.1:{hook.port}"
        results = Errand([Item(f"json://{base}/x", "b", "t"), Item(f"http://{base}/ping", "b", ping=True)]).results()
        assert all(results) and len(hook.received) == 2
        assert elsewhere.received == []


def test_a_run_by_hand_tells_nobody_unless_asked(site: Replica, hani: Hani, tmp_path: Path) -> None:
    with hook_server() as hook:
        write(tmp_path, f'[ping]\nurl = "http://127.0.0.1:{hook.port}/ping"\n' + rule(hook, "new"))
        asked = ["--origin", site.origin, "--delay", "0"]
        assert hani("recrawl", URL.replace("1095276", "1218433"), *asked).code == 0
        assert hani("nightly", "--no-notify", *asked).code == 0
        assert hani("nightly", "--dry-run", *asked).code == 0
        assert hook.received == []
        site.night = 2
        fresh = "https://www.hani.co.kr/arti/english_edition/e_national/1218044.html"
        again = next(
            i for i in site.article_ids() if not rows(tmp_path / "archive.db", "select 1 from articles where id = ?", i)
        )
        ran = hani("recrawl", fresh.replace("1218044", str(again)), "--notify", *asked)
        assert ran.code == 0 and hook.pings == ["/hook"]  # no ping: the switch waits for nights


# --- the command -----------------------------------------------------------------------------------------------------


def test_a_test_message_goes_to_every_target_and_says_what_came_of_it(hani: Hani, tmp_path: Path) -> None:
    with hook_server() as hook:
        ping = f'[ping]\nurl = "http://127.0.0.1:{hook.port}/ping"\n'
        write(tmp_path, ping + rule(hook, path="a") + rule(hook, "drift", path="b"))
        ran = hani("notify", "--test")
        assert (ran.code, ran.out) == (0, "a: told\nb: told\nthe dead-man's switch: told\n")
        assert sorted(hook.pings) == ["/a", "/b", "/ping"]
        hook.status = 403
        ran = hani("notify", "--test")
        assert ran.code == 1 and "the dead-man's switch: it answered 403" in ran.out
        hook.status = 200
        write(tmp_path, ping + rule(hook, path="a") + '[[notify]]\nurl_file = "missing.url"\n')
        ran = hani("notify", "--test")
        assert ran.code == 2 and "target 2: the file " in ran.out and "No such file" in ran.out and "a: told" in ran.out


def test_what_a_run_tells_can_be_seen_and_sent_again(site: Replica, hani: Hani, tmp_path: Path) -> None:
    with hook_server() as hook:
        write(tmp_path, rule(hook, "silent"))
        assert "no archive" in hani("notify").sentence
        night(hani, site, 1)
        night(hani, site, 2)
        (sent,) = hooked(hook)
        shown = hani("notify")
        assert shown.code == 0 and sent["title"] in shown.out and sent["message"] in shown.out
        assert hani("notify", "--run", "1").out == "hook\nnothing\n\n"
        assert len(hook.received) == 1
        assert hani("notify", "--run", "2", "--send").code == 0
        assert hooked(hook)[1]["message"] == sent["message"]
        assert hani("notify", "--run", "9").code == 2
    (tmp_path / "hani.toml").unlink()
    assert "nobody is to be told" in hani("notify", "--test").sentence
