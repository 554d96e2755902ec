"""`hani serve`: as an operator starts it, and what readers get while others write the archive."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

from archive.web.compatibility import NEXT
from crawler.config import Config, Serve, check_serve, load
from crawler.errors import BadConfig
from jobs.replica import Replica
from jobs.serve import is_local, names_of, offer
from tests.browser import hani_serve
from tests.conftest import PATIENCE, ROOT, Hani, one
from tests.reading import an_article, written

NUMBER = 1095001
AT, LATER = "2026-11-24T18:00:00Z", "2026-11-25T18:00:00Z"
ENDLESS = "with recursive c(x) as (select 1 union all select x + 1 from c) select count(*) from c"


def small(folder: Path, title: str = "Heavy rain in Busan") -> Path:
    return written(folder / "archive.db", [(NUMBER, AT, an_article(title, "It rained."))])


def front(address: str) -> str:
    answer = httpx.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


# --- begin and end ---------------------------------------------------------------------------------------------------


def test_it_says_in_one_line_where_the_archive_can_be_read(tmp_path: Path) -> None:
    archive = small(tmp_path)
    with hani_serve(archive) as started:
        assert started.said == [f"{archive} can be read at {started.address}/ (Ctrl-C ends this)\n"]
        assert "Heavy rain in Busan" in front(started.address)
        assert "It rained." in front(f"{started.address}/-/hani/article/{NUMBER}")
        (row,) = httpx.get(f"{started.address}/archive/articles.json?_shape=objects").json()["rows"]
        assert row["id"] == NUMBER


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_well_and_without_a_word_when_told_to(tmp_path: Path, by: signal.Signals) -> None:
    with hani_serve(small(tmp_path)) as started:
        front(started.address)
        assert started.end(by) == (0, "")


def test_it_ends_though_a_question_is_being_answered(tmp_path: Path) -> None:
    (tmp_path / "hani.toml").write_text("[serve]\nsql_milliseconds = 60000\n")
    with hani_serve(small(tmp_path), "--sql") as started, socket.create_connection(place(started.address)) as asking:
        asked = httpx.URL(f"{started.address}/archive.json", params={"sql": ENDLESS})
        asking.sendall(b"GET " + asked.raw_path + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        front(started.address)  # the question was taken up before this one
        started.process.send_signal(signal.SIGTERM)
        assert started.process.wait(timeout=20) == 0


def place(address: str) -> tuple[str, int]:
    url = httpx.URL(address)
    assert url.port
    return url.host, url.port


def test_as_json_it_tells_programs_where_it_is(tmp_path: Path) -> None:
    archive = small(tmp_path)
    with hani_serve_json(archive) as (process, told):
        assert told["database"] == str(archive) and told["public_url"] is None
        assert "Heavy rain in Busan" in front(told["address"])
        process.terminate()
        assert process.wait(PATIENCE) == 0


@contextmanager
def hani_serve_json(archive: Path) -> Iterator[tuple["subprocess.Popen[str]", dict[str, str]]]:
    command = [sys.executable, "-m", "jobs", "--db", str(archive), "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process, json.loads(process.stdout.readline())


def test_what_is_open_to_other_machines_says_so(tmp_path: Path) -> None:
    with hani_serve(small(tmp_path), "--host", "0.0.0.0") as started:
        assert started.process.stdout
        assert started.process.stdout.readline() == "Every computer that reaches this one can read it too.\n"
        assert "Heavy rain in Busan" in front(started.address)


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--host", "no.such.host.invalid"], 1, "there is no address no.such.host.invalid to serve at"),
        (["--host", "198.51.100.7"], 1, "198.51.100.7 is no address of this machine"),
        (["--host", "http://127.0.0.1/"], 2, "host must be a name or number of this machine"),
        (["--host", ""], 2, "host must be a name or number of this machine"),
        (["--port", "99999"], 2, "99999 is not in the range"),
        (["--public-url", "archive.example"], 2, "public_url must be an address such as https://archive.example"),
        (["--public-url", "https://user@archive.example"], 2, "public_url must be an address"),
        (["--public-url", "https://archive.example/?a"], 2, "public_url must be an address"),
        (["--public-url", "javascript:alert(1)"], 2, "public_url must be an address"),
        (["--public-url", 'https://a.example/"><script>'], 2, "public_url must be an address"),
    ],
)
def test_what_cannot_be_served_so_is_said_in_one_sentence(
    hani: Hani, tmp_path: Path, options: list[str], code: int, sentence: str
) -> None:
    ran = hani("serve", *options, db=small(tmp_path))
    assert ran.code == code and sentence in ran.sentence and "Traceback" not in ran.err, ran.err


def test_a_port_in_use_is_said(hani: Hani, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = hani("serve", "--port", str(port), db=small(tmp_path))
    assert (ran.code, f"port {port} of 127.0.0.1 is in use" in ran.sentence) == (1, True), ran.err


def test_without_an_archive_nothing_is_served(hani: Hani, tmp_path: Path) -> None:
    ran = hani("serve", "--port", "0")
    assert ran.code == 2 and "there is no archive at" in ran.sentence
    assert not (tmp_path / "archive.db").exists()


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("delete from _sqlite_migrations where name = 'reading'", "was made by an older version of hani"),
        ("update _sqlite_migrations set name = 'holograms' where name = 'reading'", "was made by a newer version"),
        ("drop table _sqlite_migrations", "is no archive of this program"),
    ],
)
def test_an_archive_of_another_version_is_not_served(hani: Hani, tmp_path: Path, statement: str, sentence: str) -> None:
    archive = small(tmp_path)
    with closing(sqlite3.connect(archive)) as connection, connection:
        connection.execute(statement)
    ran = hani("serve", "--port", "0")
    assert ran.code == 2 and sentence in ran.sentence, ran.err


def test_a_file_that_is_no_database_is_not_served(hani: Hani, tmp_path: Path) -> None:
    (tmp_path / "archive.db").write_text("Dear diary")
    ran = hani("serve", "--port", "0")
    assert ran.code == 2 and "is not an SQLite database" in ran.sentence


# --- how it is told --------------------------------------------------------------------------------------------------


def test_hani_toml_says_how_and_options_say_otherwise(tmp_path: Path) -> None:
    (tmp_path / "hani.toml").write_text("[serve]\nsql = true\npage_size = 7\nindexed = true\n")
    archive = written(tmp_path / "archive.db", [(NUMBER + place, AT, an_article()) for place in range(9)])
    with hani_serve(archive) as started:
        assert len(httpx.get(f"{started.address}/archive/captures.json?_shape=objects").json()["rows"]) == 7
        assert ask(started.address).json()["rows"]
        assert "x-robots-tag" not in httpx.get(started.address).headers
    with hani_serve(archive, "--no-sql", "--not-indexed") as started:
        assert ask(started.address).status_code == 403
        assert httpx.get(started.address).headers["x-robots-tag"] == "noindex, nofollow, noarchive"


def ask(address: str) -> httpx.Response:
    return httpx.get(f"{address}/archive.json?sql=select+1", follow_redirects=True)  # 1.0 has another place for it


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("port = 70000", "[serve] port must be 0 to 65535, not 70000"),
        ('port = "80"', "[serve] port must be a whole number"),
        ("page_size = 0", "[serve] page_size must be 1 to 9999"),
        ("page_size = 1000", "[serve] most_rows must be 1001 to 10000, not 1000"),
        ("sql_milliseconds = 0", "[serve] sql_milliseconds must be 10 to 60000"),
        ("threads = 0", "[serve] threads must be 1 to 64"),
        ('host = "a/b"', "[serve] host must be a name or number of this machine"),
        ('public_url = "ftp://x"', "[serve] public_url must be an address"),
        ('secret = "x"', "[serve] has no setting 'secret'"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(tmp_path: Path, line: str, sentence: str) -> None:
    path = tmp_path / "hani.toml"
    path.write_text(f"[serve]\n{line}\n")
    with pytest.raises(BadConfig, match=re.escape(sentence)):
        load(path)


def test_by_default_little_is_open() -> None:
    assert Config().serve == Serve("127.0.0.1", 8001, sql=False, payloads=False, indexed=False, public_url=None)
    check_serve(Serve(), "the defaults")
    ready = offer(Serve())
    assert ready.settings["default_allow_sql"] is False and ready.settings["allow_download"] is False
    assert ready.plugin == {
        "payloads": False,
        "indexed": False,
        "public_url": None,
        "hosts": ["localhost", "127.0.0.1", "[::1]"],
        "closed": True,
    }


def test_a_public_address_may_have_a_path() -> None:
    assert offer(Serve(public_url="https://library.example/hani/")).settings["base_url"] == "/hani/"
    assert offer(Serve(public_url="https://library.example")).settings["base_url"] == "/"


@pytest.mark.parametrize(
    ("host", "public", "names"),
    [
        ("127.0.0.1", None, ("localhost", "127.0.0.1", "[::1]")),
        ("127.0.0.9", None, ("localhost", "127.0.0.1", "[::1]", "127.0.0.9")),
        ("::1", "https://a.example:8443/x", ("localhost", "127.0.0.1", "[::1]", "a.example")),
        ("0.0.0.0", None, ()),
        ("192.0.2.1", "https://a.example", ()),
    ],
)
def test_who_is_served_for_this_machine_alone_has_no_other_name(
    host: str, public: str | None, names: tuple[str, ...]
) -> None:
    assert names_of(Serve(host=host, public_url=public)) == names


def test_what_is_local() -> None:
    assert [is_local(host) for host in ("127.0.0.1", "::1", "LOCALHOST", "127.3.3.3")] == [True] * 4
    assert [is_local(host) for host in ("0.0.0.0", "::", "192.168.0.1", "library.example")] == [False] * 4


# --- while others write ----------------------------------------------------------------------------------------------


def test_a_commit_shows_in_the_next_answer_while_another_write_is_open(tmp_path: Path) -> None:
    archive = small(tmp_path)
    with hani_serve(archive) as started, closing(sqlite3.connect(archive, isolation_level=None)) as writer:
        assert "Heavy rain in Busan" in front(started.address)
        writer.execute("update articles set title = 'Snow in Busan'")
        assert "Snow in Busan" in front(started.address)
        assert httpx.get(f"{started.address}/archive/articles.json?_shape=array").json()[0]["title"] == "Snow in Busan"
        writer.execute("begin immediate")
        writer.execute("update articles set title = 'Hail in Busan'")
        assert "Snow in Busan" in front(started.address)
        assert "Hail" not in front(started.address)
        writer.execute("commit")
        assert "Hail in Busan" in front(started.address)


def test_what_a_writer_writes_is_not_held_up_by_a_reader(tmp_path: Path) -> None:
    archive = small(tmp_path)
    with hani_serve(archive) as started:
        front(started.address)
        with closing(sqlite3.connect(archive, timeout=0, isolation_level=None)) as writer:
            writer.execute("update articles set title = 'Snow in Busan'")
            assert writer.execute("pragma wal_checkpoint(truncate)").fetchone()[0] == 0


def test_a_crawl_and_its_readers_do_not_meet(site: Replica, hani: Hani, tmp_path: Path) -> None:
    archive = tmp_path / "archive.db"
    crawl = ("-q", "nightly", "--origin", site.origin, "--delay", "0", "--no-notify")
    assert hani(*crawl).code == 0
    before = one(archive, "select count(*) from articles")
    with hani_serve(archive) as started, reading_steadily(started.address) as answers:
        site.night = 2
        assert hani(*crawl).code == 0
    assert len(answers) > 10 and set(answers) == {200}
    assert one(archive, "select count(*) from articles") > before


@contextmanager
def reading_steadily(address: str) -> Iterator[list[int]]:
    """Two readers who ask for one page after the other; each answer's number."""
    answers: list[int] = []
    ended = threading.Event()
    paths = ("/", "/-/hani/changes", "/archive/captures.json", "/archive/articles?_sort=posted_at")

    def read() -> None:
        with httpx.Client(base_url=address, timeout=PATIENCE) as client:
            while not ended.is_set():
                answers.extend(client.get(path).status_code for path in paths)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        yield answers
    finally:
        ended.set()
        for reader in readers:
            reader.join(PATIENCE)


def test_a_rebuild_shows_at_once(hani: Hani, site: Replica, tmp_path: Path) -> None:
    archive = tmp_path / "archive.db"
    assert hani("-q", "nightly", "--origin", site.origin, "--delay", "0", "--no-notify").code == 0
    with hani_serve(archive) as started:
        number = one(archive, "select max(id) from articles")
        title = one(archive, "select title from articles where id = ?", number)
        with closing(sqlite3.connect(archive)) as writer, writer:
            writer.execute("update articles set title = 'Spoilt by hand' where id = ?", [number])
        assert "Spoilt by hand" in front(f"{started.address}/archive/articles/{number}")
        assert hani("-q", "rebuild").code == 0
        shown = httpx.get(f"{started.address}/archive/articles/{number}.json?_shape=objects").json()["rows"][0]
        assert shown["title"] == title
        assert front(started.address) and front(f"{started.address}/-/hani/article/{number}")


def test_another_file_in_its_place_is_what_is_read(tmp_path: Path) -> None:
    archive = small(tmp_path)
    (tmp_path / "other").mkdir()
    other = small(tmp_path / "other", "Drought in Jeju")
    with hani_serve(archive) as started:
        for _ in range(6):  # until each thread has a connection
            front(started.address)
        other.replace(archive)
        for _ in range(6):
            text = front(started.address)
            assert "Drought in Jeju" in text and "Heavy rain" not in text
        archive.unlink()
        gone = httpx.get(started.address)
        assert gone.status_code == 503 and "cannot be read just now" in gone.text
        small(tmp_path, "Fog in Incheon")
        assert "Fog in Incheon" in front(started.address)
        assert started.end() == (0, "")


def test_an_archive_that_becomes_one_of_another_version_is_said(tmp_path: Path) -> None:
    archive = small(tmp_path)
    with hani_serve(archive) as started:
        with closing(sqlite3.connect(archive)) as writer, writer:
            writer.execute(
                "insert into _sqlite_migrations (migration_set, name, applied_at) values ('hani', 'new', '')"
            )
        answer = httpx.get(started.address)
        assert answer.status_code == 503 and "newer version of hani" in answer.text


@pytest.mark.skipif(NEXT, reason="Datasette 1.0 opens a file before a plugin can, and reads its path as an address")
def test_a_path_may_hold_anything(tmp_path: Path) -> None:
    folder = tmp_path / "a b?mode=rw#c%41"
    folder.mkdir()
    with hani_serve(small(folder)) as started:
        assert "Heavy rain in Busan" in front(started.address)


# --- a plain Datasette -----------------------------------------------------------------------------------------------


def plain(*databases: Path, path: str) -> tuple[int, str]:
    """What `datasette DB … --get PATH` prints."""
    command = [sys.executable, "-m", "datasette", *map(str, databases), "--get", path]
    done = subprocess.run(command, cwd=databases[0].parent, capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "aviary.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table birds (name text)")
        connection.execute("create table payloads (body text)")
        connection.execute("insert into payloads values ('seeds')")
    return path


def test_a_plain_datasette_has_the_pages_too(tmp_path: Path) -> None:
    code, text = plain(small(tmp_path), path="/")
    assert code == 0 and "Heavy rain in Busan" in text and "Search all articles" in text


def test_another_database_beside_the_archive_is_let_alone(tmp_path: Path, other: Path) -> None:
    archive = small(tmp_path)
    assert "Heavy rain in Busan" in plain(other, archive, path="/")[1]
    assert plain(other, archive, path="/aviary/birds.json")[0] == 0
    assert json.loads(plain(other, archive, path="/aviary/payloads.json?_shape=array")[1]) == [
        {"rowid": 1, "body": "seeds"}
    ]
    assert plain(other, archive, path="/archive/payloads.json")[0] == 1


def test_a_plain_datasette_keeps_its_own_pages(archive: Path) -> None:
    assert plain(archive, path="/-/versions.json")[0] == 0
    assert "hani" in plain(archive, path="/-/plugins.json")[1]


def test_without_an_archive_datasette_is_as_ever(other: Path) -> None:
    code, text = plain(other, path="/")
    assert code == 0 and "Search all articles" not in text and "aviary" in text
    assert plain(other, path="/-/versions.json")[0] == 0
    code, text = plain(other, path="/-/hani/changes")
    assert code == 1 and "No archive of hani is served here." in text


def test_what_comes_of_an_empty_file_is_datasettes_own_matter(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()
    assert plain(empty, path="/")[0] == 0


def test_the_plugin_can_be_loaded_in_any_order() -> None:
    for first in ("import archive.web.ready", "import datasette.app", "import jobs.serve", "import archive.web.hooks"):
        script = f"{first}; from datasette.app import pm; print(bool(pm.get_plugin('hani').register_routes))"
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            capture_output=True,
            text=True,
            env={**os.environ},
            timeout=PATIENCE,
        )
        assert done.stdout == "True\n", (first, done.stderr)
