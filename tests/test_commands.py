"""The commands as a user meets them, with good input and with bad."""

import json
import sqlite3
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from jobs.replica import Replica
from tests.conftest import Hani, one, rows, run_hani

ADDRESS = "https://www.hani.co.kr/arti/english_edition/e_national/1218433.html"
TEXT_PAGE = Path(__file__).parent / "pages/text/1096001.txt"
TEXT_ADDRESS = "https://english.hani.co.kr/arti/english_edition/e_national/1096001.html"


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of two nights, to be read only."""
    folder = tmp_path_factory.mktemp("two_nights")
    db = folder / "archive.db"
    with Replica() as site:
        for site.night in (1, 2):
            assert run_hani(db, folder, "nightly", "--origin", site.origin, "--delay", "0").code == 0
    return db


def test_the_archive_can_be_read_in_a_terminal(two_nights: Path, hani: Hani) -> None:
    hani = partial(hani, db=two_nights)
    shown = hani("show", "1213377")
    assert shown.code == 0 and "KST" in shown.out and "Satellite photos show new rail spur" in shown.out
    listed = hani("versions", "1213377").out.splitlines()
    assert len(listed) == 2 and "silent" in listed[1] and "text" in listed[1]
    diff = hani("diff", "1213377").out
    assert "[-14-]" in diff and "{+11+}" in diff and "stamp did not change" in diff
    by_number, by_id = hani("diff", "1213377", "1", "2").out, hani("diff", "1213377", *ids(two_nights, 1213377)).out
    assert diff == by_number == by_id
    assert json.loads(hani("diff", "1213377", "--json").out)["after"]["silent"] is True
    old = hani("show", "1213377", "--version", "1", "--json").data
    new = hani("--json", "show", "https://english.hani.co.kr/arti/english_edition/x/1213377.html?utm_source=rss").data
    assert old["number"] == 1 and new["versions"] == 2 and old["body"] != new["body"]
    assert "one version" in hani("diff", "1205412").out


def ids(db: Path, article_id: int) -> list[str]:
    found = [row["id"] for row in rows(db, "select id from versions where article_id = ? order by number", article_id)]
    assert all(version.startswith(f"{article_id}@") for version in found)
    return found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["rail spur"], 1213377),
        (['"rail spur"'], 1213377),
        (["Yeosu", "chemical"], 1273081),
        (["소매도"], None),
        (["C++"], None),
        (["'; DROP"], None),
        (["U.S.-China"], None),
        (["N. Korea"], None),
        (['unbalanced "quote'], None),
    ],
)
def test_search_takes_whatever_is_typed(two_nights: Path, hani: Hani, words: list[str], found: int | None) -> None:
    ran = hani("search", *words, "--json", db=two_nights)
    assert ran.code == 0, ran.err
    if found:
        assert found in [row["id"] for row in ran.data]
        assert any("«" in row["snippet"] for row in ran.data)


def test_a_hangul_word_is_found_with_its_particle(hani: Hani, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(TEXT_PAGE.read_text(encoding="utf-8").replace("(소매도)", "(소매도에서)"), encoding="utf-8")
    assert hani("recrawl", "--from-file", str(page), TEXT_ADDRESS).code == 0
    assert [row["id"] for row in hani("search", "소매도", "--json").data] == [1096001]


@pytest.mark.parametrize(
    "spelling",
    [
        "http://www.hani.co.kr/arti/english_edition/e_national/1218433.html",
        "https://english.hani.co.kr/arti/english_edition/e_national/1218433.html?utm_source=rss",
        "HTTPS://WWW.HANI.CO.KR/arti/english_edition/e_elsewhere/1218433.html#.XOqNVIgzY2w",
        "https://web.archive.org/web/20250910123456/http://www.hani.co.kr/arti/english_edition/e_national/1218433.html",
        "https://www.hani.co.kr/arti/english%5Fedition/e%5Fnational/1218433.html/",
        "www.hani.co.kr/arti/english_edition/e_national/1218433.html",
    ],
)
def test_any_spelling_leads_to_the_one_article(site: Replica, hani: Hani, tmp_path: Path, spelling: str) -> None:
    ran = hani("recrawl", spelling, "--origin", site.origin, "--delay", "0", "--json")
    assert ran.code == 0, ran.err
    assert ran.data["outcomes"]["new"] == 1
    row = rows(tmp_path / "archive.db", "select id, url, section from articles")[0]
    assert row == {"id": 1218433, "url": ADDRESS, "section": "e_national"}
    again = hani("recrawl", "1218433", "--origin", site.origin, "--delay", "0", "--json")
    assert again.data["outcomes"]["unchanged"] == 1


def test_a_saved_page_is_read_instead_of_fetched(hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    saved = ["recrawl", "--from-file", str(TEXT_PAGE), TEXT_ADDRESS, "--captured-at"]
    assert hani(*saved, "2023-06-16 10:00 KST").code == 0
    expected = json.loads(TEXT_PAGE.with_suffix(".json").read_text(encoding="utf-8"))
    article = rows(db, "select * from articles")[0]
    assert article["body"].split("\n\n") == expected["body"]
    assert (article["title"], article["subtitle"]) == (expected["title"], expected["subtitle"])
    assert article["section"] == "e_national"  # of the address that the command was given
    assert article["first_seen_at"] == "2023-06-16T01:00:00Z"
    assert one(db, "select source from captures") == "file"
    assert one(db, "select origin from captures") is None
    # An older copy that comes in later lands before it.
    earlier = tmp_path / "earlier.txt"
    earlier.write_text(TEXT_PAGE.read_text(encoding="utf-8").replace("1.2 billion", "1.1 billion"), encoding="utf-8")
    assert hani("recrawl", "--from-file", str(earlier), TEXT_ADDRESS, "--captured-at", "2023-06-15T12:00:00Z").code == 0
    numbered = rows(db, "select number, kind, silent, first_seen_at, body from versions order by number")
    assert [(v["kind"], v["silent"]) for v in numbered] == [("first", 0), ("text", 1)]
    assert "1.1 billion" in numbered[0]["body"] and "1.2 billion" in numbered[1]["body"]


def test_a_saved_page_that_is_no_article_is_kept_and_refused(hani: Hani, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<html><body><h1>Hello</h1><p>Nothing to see.</p></body></html>")
    ran = hani("recrawl", "--from-file", str(page), ADDRESS)
    assert ran.code != 0 and "Traceback" not in ran.err and "kept" in ran.sentence
    db = tmp_path / "archive.db"
    assert one(db, "select count(*) from payloads") == one(db, "select count(*) from captures") == 1
    assert one(db, "select status from readings") == "refused"
    assert rows(db, "select * from articles") == []


BAD_INPUT: list[tuple[list[str], int, str]] = [
    (["recrawl", "https://www.example.org/arti/english_edition/e_national/1.html"], 2, "not an address of"),
    (["recrawl", "http://169.254.169.254/latest/meta-data"], 2, "not an address of"),
    (["recrawl", "https://www.hani.co.kr@evil.example/arti/english_edition/e_national/1.html"], 2, "not an address of"),
    (["recrawl", "https://www.hani.co.kr:8443/arti/english_edition/e_national/1.html"], 2, "not an address of"),
    (["recrawl", "https://www.hani.co.kr/arti/politics/diplomacy/1095207.html"], 2, "Korean edition"),
    (["recrawl", "https://www.hani.co.kr/arti/english_edition/e_national"], 2, "not the address of an article"),
    (["recrawl", "999"], 2, "not in the archive"),
    (["recrawl", "nonsense"], 2, "not an address of"),
    (["recrawl", ADDRESS, "--captured-at", "2023-06-09T08:50:00Z"], 2, "--from-file"),
    (["recrawl", "--from-file", "missing.html", ADDRESS], 2, "cannot be read"),
    (["recrawl", "--from-file", "picture.png", ADDRESS], 2, "neither HTML nor text"),
    (["recrawl", "--from-file", "empty.txt", ADDRESS], 2, "neither HTML nor text"),
    (["recrawl", "--from-file", "page.txt", ADDRESS, "--captured-at", "yesterday"], 2, "is no time"),
    (["recrawl", "--from-file", "page.txt", ADDRESS, "--captured-at", "2023-06-09T08:50:00"], 2, "no zone"),
    (["recrawl", "--from-file", "page.txt", ADDRESS, "--captured-at", "2999-01-01T00:00:00Z"], 2, "still to come"),
    (["nightly", "--origin", "http://127.0.0.1:1"], 3, "does not answer"),
    (["nightly", "--origin", "ftp://127.0.0.1"], 2, "not of the form"),
    (["nightly", "--origin", "http://127.0.0.1/path"], 2, "not of the form"),
    (["nightly", "--origin", ""], 2, "not of the form"),
    (["recrawl", "--from-file", "page.txt", ADDRESS, "--captured-at", "0001-01-01T00:00:00+09:00"], 2, "is no time"),
    (["recrawl", "--from-file", "page.txt", ADDRESS, "--captured-at", "9999-12-31T23:59:59Z"], 2, "is no time"),
    (["nightly", "--delay", "-1"], 2, "delay must be"),
    (["nightly", "--delay", "nan"], 2, "delay must be"),
    (["nightly", "--max-requests", "0"], 2, "max_requests must be"),
    (["nightly", "--pages", "0"], 2, "--pages"),
    (["nightly", "--what"], 2, "--what"),
    (["unknown"], 2, "unknown"),
    (["show", "1"], 2, "no archive"),
    (["search", "rice"], 2, "no archive"),
    (["versions", "https://www.example.org/"], 2, "not an address of"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "says"), BAD_INPUT, ids=lambda v: " ".join(v)[:60] if isinstance(v, list) else None
)
def test_bad_input_gets_one_sentence_and_changes_nothing(
    hani: Hani, tmp_path: Path, arguments: list[str], code: int, says: str
) -> None:
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "page.txt").write_text("A page\n\nPosted on : 2023-06-09 17:50 KST\n\nText.\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    ran = hani(*arguments)
    assert ran.code == code, ran.err
    assert says in ran.sentence, ran.err
    assert "Traceback" not in ran.err and ran.out == ""
    lines = [line for line in ran.err.splitlines() if line.strip() and not line.startswith(("Usage:", "Try "))]
    assert len(lines) == 1, ran.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("command", [["nightly"], ["show", "1"], ["recrawl", ADDRESS], ["search", "x"]])
@pytest.mark.parametrize("kind", ["text", "other database", "newer"])
def test_a_database_that_cannot_be_used_is_left_as_it_is(
    site: Replica, hani: Hani, tmp_path: Path, command: list[str], kind: str
) -> None:
    db = tmp_path / "archive.db"
    if kind == "text":
        db.write_text("this is no database, it only has the name of one\n")
    else:
        connection = sqlite3.connect(db)
        connection.execute(
            "create table _sqlite_migrations (id integer, migration_set text, name text, applied_at text)"
            if kind == "newer"
            else "create table recipes (name text)"
        )
        if kind == "newer":
            connection.execute("insert into _sqlite_migrations values (1, 'hani', 'a step from the future', '')")
        connection.commit()
        connection.close()
    before = db.read_bytes()
    origin = ["--origin", site.origin, "--delay", "0"] if command[0] in ("nightly", "recrawl") else []
    ran = hani(*command, *origin)
    assert ran.code == 2 and len(ran.err.strip().splitlines()) == 1, ran.err
    words = {"text": "not an SQLite database", "other database": "no archive", "newer": "newer version"}
    assert words[kind] in ran.sentence and str(db) in ran.sentence
    assert db.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[crawl]\ndelai = 3\n", "did you mean 'delay'?"),
        ("[crawling]\ndelay = 3\n", "did you mean 'crawl'?"),
        ("[crawl]\ndelay = 'three'\n", "delay must be a number"),
        ("[crawl\n", "not valid TOML"),
        ("[schedule]\nhour = 25\n", "hour must be 0 to 23"),
        ('[crawl]\ncontact = "a\\nX-Evil: 1"\n', "one line of text"),
        ('[site]\nfeeds = ["http://example.org/rss"]\n', "is not on"),
        ('[site]\norigin = "nowhere"\n', "not of the form"),
    ],
)
def test_a_configuration_with_a_mistake_is_refused(hani: Hani, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "hani.toml").write_text(text)
    for arguments in (["nightly"], ["--config", "hani.toml", "show", "1"]):
        ran = hani(*arguments)
        assert ran.code == 2 and says in ran.sentence, ran.err
        assert len(ran.err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["hani.toml"]


def test_dry_runs_ask_nothing_and_write_nothing(site: Replica, hani: Hani, tmp_path: Path) -> None:
    nightly = hani("nightly", "--dry-run", "--origin", site.origin, "--json")
    assert {"kind": "listing", "url": "https://www.hani.co.kr/rss/english_edition/"} in nightly.data
    assert "https://english.hani.co.kr/arti/english_edition/e_northkorea/list1.html" in [e["url"] for e in nightly.data]
    assert "https://www.hani.co.kr/arti/english_edition/e_northkorea?page=1" in [e["url"] for e in nightly.data]
    recrawl = hani("recrawl", "--dry-run", ADDRESS + "?x=1")
    assert ADDRESS in recrawl.out
    assert site.requests == [] and list(tmp_path.iterdir()) == []


def test_init_writes_a_configuration_that_the_other_commands_use(site: Replica, hani: Hani, tmp_path: Path) -> None:
    assert hani("init", db=None).code == 2  # no terminal to ask on, no contact given
    made = hani("init", "--contact", "archive@library.example", "--database", "kept/news.db", "--hour", "4", db=None)
    assert made.code == 0, made.err
    assert hani("init", "--contact", "x", db=None).code == 2  # it is there already
    line = hani("cron", db=None, TZ="UTC").out.splitlines()[-1]
    assert line.startswith("30 19 * * * ") and "kept/news.db" in line and "hani.toml" in line
    assert hani("cron", db=None, TZ="America/New_York").out.splitlines()[-1].split()[1] in ("14", "15")
    (tmp_path / "kept").mkdir()
    ran = hani("recrawl", ADDRESS, "--origin", site.origin, "--delay", "0", db=None)
    assert ran.code == 0 and (tmp_path / "kept/news.db").exists()
    assert "archive@library.example" in site.requests[0].headers["user-agent"]


def test_hani_db_names_the_database(site: Replica, hani: Hani, tmp_path: Path) -> None:
    ran = hani("recrawl", ADDRESS, "--origin", site.origin, "--delay", "0", db=None, HANI_DB=str(tmp_path / "named.db"))
    assert ran.code == 0 and (tmp_path / "named.db").exists()


def test_what_steers_a_terminal_is_not_printed(hani: Hani, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text(
        "A \x1b[31mred\x1b[0m \u202etitle\n\nPosted on : 2023-06-09 17:50 KST\n\nOne \x07 paragraph.\n",
        encoding="utf-8",
    )
    assert hani("recrawl", "--from-file", str(page), TEXT_ADDRESS).code == 0
    shown = hani("show", "1096001").out
    assert "\x1b" not in shown and "\u202e" not in shown and "\x07" not in shown


def test_two_spellings_of_one_article_are_asked_once(site: Replica, hani: Hani) -> None:
    other = "http://english.hani.co.kr/arti/english_edition/e_elsewhere/1218433.html"
    ran = hani("recrawl", other, ADDRESS, "1218433/", "--origin", site.origin, "--delay", "0", "--json")
    assert ran.code == 2  # "1218433/" is neither a number nor an address
    ran = hani("recrawl", other, ADDRESS, "--origin", site.origin, "--delay", "0", "--json")
    assert ran.code == 0 and ran.data["addresses"] == ran.data["outcomes"]["new"] == 1


def test_a_file_that_never_ends_is_no_page(hani: Hani, tmp_path: Path) -> None:
    ran = hani("recrawl", "--from-file", "/dev/zero", ADDRESS)
    assert ran.code == 2 and "not a file" in ran.sentence


@pytest.mark.parametrize("command", [["nightly"], ["recrawl", ADDRESS], ["show", "1"]])
def test_a_database_in_a_folder_that_is_not_there(
    site: Replica, hani: Hani, tmp_path: Path, command: list[str]
) -> None:
    origin = ["--origin", site.origin] if command[0] != "show" else []
    ran = hani(*command, *origin, db=tmp_path / "missing/archive.db")
    assert ran.code == 2 and "there is no folder" in ran.sentence and len(ran.err.strip().splitlines()) == 1
    assert site.requests == [] and list(tmp_path.iterdir()) == []


def test_the_demo_shows_a_silent_edit_and_says_where_to_look(hani: Hani, tmp_path: Path) -> None:
    db = tmp_path / "demo.db"
    ran = hani("demo", db=db)
    assert ran.code == 0, ran.err
    assert "text, silent: the newspaper's stamp did not change" in ran.out
    assert "live → missing" in ran.out and "missing → removed" in ran.out and "→ returned" in ran.out
    nights = rows(db, "select started_at from runs order by id")
    apart = datetime.fromisoformat(nights[1]["started_at"]) - datetime.fromisoformat(nights[0]["started_at"])
    assert timedelta(hours=24) < apart < timedelta(hours=26)
    for command in ("changes --silent", "removed", "as-of "):
        line = next(line for line in ran.out.splitlines() if f"hani --db {db} {command}" in line)
        assert hani(*line.split()[3:], db=db).code == 0
    assert ran.out.splitlines()[-1] == f"  hani --db {db} serve"  # nobody watches: it ends, and says how
    again = hani("demo", "--nights", "1", db=db)
    assert (again.code, len(rows(db, "select id from runs"))) == (0, 1)
