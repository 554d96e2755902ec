"""Full disks, folders that may not be written, other programs, damaged bytes: one sentence, and nothing half-written."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from jobs.cli import main
from jobs.replica import Replica
from tests.conftest import PATIENCE, Ran, one, rows, run_hani
from tests.test_running import captured, start, wait_until

ARTICLE = "1277502"
STORAGE = 1
READING = {
    "show": ("show", ARTICLE),
    "versions": ("versions", ARTICLE),
    "diff": ("diff", ARTICLE),
    "search": ("search", "the"),
    "changes": ("changes",),
    "as-of": ("as-of", "2030-01-01"),
    "removed": ("removed", "--suspected"),
    "duplicates": ("duplicates", "--no-sweep"),
}
_STEP = re.compile(
    r"[\d-]{10} \d\d:\d\d:\d\d (list |new|changed|unchanged|not_modified|gone|refused|blocked|reading pages|folding)"
)

LIMIT = """
import resource
from pathlib import Path

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

def full_now():
    limit(max(path.stat().st_size for path in Path(".").glob("archive.db*")))
"""
BEGIN = "\nfrom jobs.cli import main\nmain()\n"


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive after two nights; to be copied."""
    folder = tmp_path_factory.mktemp("grown")
    with Replica() as site:
        for night in (1, 2):
            site.night = night
            now = f"2026-11-2{night}T18:00:00Z"
            ran = run_hani(folder / "archive.db", folder, *nightly(site), HANI_NOW=now)
            assert ran.code == 0, ran.err
    assert run_hani(folder / "archive.db", folder, "duplicates").code == 0
    return folder / "archive.db"


@pytest.fixture
def db(grown: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(grown, tmp_path / "archive.db"))


def nightly(site: Replica) -> tuple[str, ...]:
    return "nightly", "--origin", site.origin, "--delay", "0"


def refused(ran: Ran, *words: str, code: int = STORAGE) -> None:
    """Exactly one sentence beside the steps, with these words in it; no traceback."""
    said = [line for line in ran.err.splitlines() if not _STEP.match(line)]
    assert len(said) == 1 and said[0].startswith("hani: "), ran.err[-3000:]
    assert ran.code == code
    for word in words:
        assert word in said[0]


def goes_on(site: Replica, db: Path) -> None:
    """The next run completes what was broken off, and all is as it should be."""
    assert run_hani(db, db.parent, *nightly(site)).code == 0
    assert run_hani(db, db.parent, "rebuild", "--check").code == 0
    assert one(db, "pragma integrity_check") == "ok"
    assert rows(db, "pragma foreign_key_check") == []
    live = {row["id"]: row["body"] for row in rows(db, "select id, body from articles where status = 'live'")}
    wanted = {number: record for number in site.article_ids() if (record := site.expected(number))}
    assert live.keys() == wanted.keys()
    assert all(live[number] == "\n\n".join(record["body"]) for number, record in wanted.items())


# --- a full disk -----------------------------------------------------------------------------------------------------

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a small file system of its own at a folder; asked again it gets other options."""
    folder = tmp_path / "disk"

    def mounted(options: str) -> Path:
        again = folder.exists()
        folder.mkdir(exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", f"{'remount,' if again else ''}{options}", "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("this machine lets nobody mount")
        return folder

    yield mounted
    if folder.exists():
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


@needs_root
@pytest.mark.parametrize("size", ["64k", "1m", "3m"])
def test_a_disk_that_fills_during_a_night(site: Replica, mount: Callable[[str], Path], size: str) -> None:
    db = mount(f"size={size}") / "archive.db"
    refused(run_hani(db, db.parent, *nightly(site)), "disk is full", "make room")
    mount("size=64m")
    goes_on(site, db)


@needs_root
def test_a_disk_that_is_full_before_anything_begins(site: Replica, grown: Path, mount: Callable[[str], Path]) -> None:
    db = Path(shutil.copy(grown, mount("size=64m") / "archive.db"))
    settings = db.with_name("hani.toml")
    settings.write_text('[crawl]\ncontact = "desk@library.example"\n')
    held = sum(-(-path.stat().st_size // 4096) * 4 for path in db.parent.iterdir())
    mount(f"size={held}k")
    for command in (nightly(site), ("status",), ("report",), ("gaps",), *WRITING.values(), READING["show"]):
        refused(run_hani(db, db.parent, *command), "it is full", "what was committed is kept")
    init = ("init", "--contact", "archive@library.example", "--force")
    refused(run_hani(db, db.parent, *init), "No space left", code=2)
    assert "desk@library.example" in settings.read_text()
    settings.unlink()
    fill(db.with_name("fill"))
    refused(run_hani(db, db.parent, *init), "No space left", code=2)
    assert {path.name for path in db.parent.iterdir()} <= {"archive.db", *SQLITES, "archive.db.lock", "fill"}
    mount("size=64m")
    assert run_hani(db, db.parent, *init).code == 0
    site.night = 2
    goes_on(site, db)


SQLITES = {"archive.db-wal", "archive.db-shm"}


def fill(path: Path) -> None:
    """Take what room is left."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))


@pytest.mark.parametrize("size", [40_000, 300_000, 3_000_000])
def test_a_limit_on_file_size_reached_during_a_night(site: Replica, tmp_path: Path, size: int) -> None:
    db = tmp_path / "archive.db"
    refused(run_hani(db, tmp_path, *nightly(site), script=f"{LIMIT}limit({size}){BEGIN}"), "limit on file size")
    stored = captured(db)
    assert (stored > 0) == (size > 1_000_000)
    goes_on(site, db)


def spoil(db: Path) -> None:
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("update versions set silent = 1 - silent")
        connection.commit()


def derived(db: Path) -> list[dict[str, Any]]:
    return rows(db, "select id, silent from versions order by id")


@needs_root
@pytest.mark.parametrize("room", [100, 700, 1_200])
def test_a_disk_that_fills_during_a_rebuild(
    site: Replica, grown: Path, mount: Callable[[str], Path], room: int
) -> None:
    size = grown.stat().st_size // 1024 + room
    db = Path(shutil.copy(grown, mount("size=64m") / "archive.db"))
    spoil(db)
    before = derived(db)
    mount(f"size={size}k")
    refused(run_hani(db, db.parent, "rebuild"), "disk is full", "make room")
    assert derived(db) == before
    assert list(db.parent.glob("archive.db-rebuild*")) == []  # the room is given back
    mount("size=64m")
    site.night = 2
    assert run_hani(db, db.parent, "rebuild").code == 0
    goes_on(site, db)


@pytest.mark.parametrize("command", [("rebuild",), ("reprocess", "--apply")])
@pytest.mark.parametrize("size", [100_000, 500_000])
def test_a_limit_on_file_size_reached_during_a_rebuild(
    site: Replica, db: Path, command: tuple[str, ...], size: int
) -> None:
    spoil(db)
    before = derived(db)
    refused(run_hani(db, db.parent, *command, script=f"{LIMIT}limit({size}){BEGIN}"), "limit on file size")
    assert derived(db) == before
    assert list(db.parent.glob("archive.db-rebuild*")) == []
    site.night = 2
    assert run_hani(db, db.parent, "rebuild").code == 0
    goes_on(site, db)


FULL_AT = """
from {module} import {holder}
real, calls = {holder}.{name}, []

def full(*args, **kwargs):
    calls.append(1)
    if len(calls) == {call}:
        full_now()
    return real(*args, **kwargs)

{holder}.{name} = full
"""


@pytest.mark.parametrize(
    ("module", "holder", "name", "call"),
    [
        ("archive", "frontier", "end_run", 1),
        ("archive.store", "Store", "settle", 2),
        ("archive", "frontier", "begin_run", 1),
    ],
)
def test_a_disk_that_is_full_just_when_the_run_is_judged_or_its_report_written(
    site: Replica, tmp_path: Path, module: str, holder: str, name: str, call: int
) -> None:
    db = tmp_path / "archive.db"
    full_at = FULL_AT.format(module=module, holder=holder, name=name, call=call)
    refused(run_hani(db, tmp_path, *nightly(site), script=LIMIT + full_at + BEGIN), "see to that")
    assert captured(db) == (0 if name == "begin_run" else len(site.article_ids()))
    assert rows(db, "select status from runs where status <> 'running'") == []
    goes_on(site, db)
    assert {row["status"] for row in rows(db, "select status from runs where id = 1")} <= {"interrupted", "done"}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_report_that_cannot_be_printed(db: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "jobs", "--db", str(db), "show", ARTICLE],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    refused(Ran(done.returncode, "", done.stderr), "No space left", "make room")


# --- what may not be written -----------------------------------------------------------------------------------------

WRITING = {"rebuild": ("rebuild",), "check": ("rebuild", "--check"), "reprocess": ("reprocess", "--apply")}


@needs_root
def test_a_folder_that_may_only_be_read(site: Replica, grown: Path, mount: Callable[[str], Path]) -> None:
    db = Path(shutil.copy(grown, mount("size=64m") / "archive.db"))
    mount("ro")
    for command in (nightly(site), *WRITING.values(), READING["show"], READING["search"]):
        refused(run_hani(db, db.parent.parent, *command), "archive.db", "writable")
    refused(run_hani(db.with_name("none.db"), db.parent.parent, *nightly(site)), "none.db.lock", "Read-only")
    assert db.read_bytes() == grown.read_bytes()


@needs_root
def test_a_database_that_may_only_be_read(site: Replica, db: Path) -> None:
    before = db.read_bytes()
    bound = ["mount", "--bind", str(db), str(db)]
    if subprocess.run(bound, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(db)], check=True)
        for command in (nightly(site), *WRITING.values()):
            refused(run_hani(db, db.parent, *command), "only be read", "writable")
        assert run_hani(db, db.parent, *READING["show"]).code == 0
    finally:
        subprocess.run(["umount", str(db)], check=True)
    assert db.read_bytes() == before


# Root may read and write everything, but not without these capabilities.
BOUND = """
import os, sys
drop = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]
os.execvp("setpriv", [*drop, sys.executable, "-m", "jobs", *sys.argv[1:]])
"""


@pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="setpriv is missing")
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_database_whose_permissions_keep_us_out(site: Replica, db: Path, mode: int) -> None:
    db.chmod(mode)
    for command in (nightly(site), *WRITING.values()):
        refused(run_hani(db, db.parent, *command, script=BOUND if os.geteuid() == 0 else ""))
    db.chmod(0o644)
    goes_on(site, db)


def test_a_folder_in_the_place_of_the_database(site: Replica, tmp_path: Path) -> None:
    (tmp_path / "archive.db").mkdir()
    for command in (nightly(site), ("rebuild",), READING["show"]):
        refused(run_hani(tmp_path / "archive.db", tmp_path, *command), "is not a file", "name", code=2)


@pytest.mark.parametrize("suffix", [".lock", "-wal"])
def test_a_folder_in_the_place_of_a_file_beside_the_database(site: Replica, db: Path, suffix: str) -> None:
    (db.parent / f"archive.db{suffix}").mkdir()
    before = db.read_bytes()
    for command in (nightly(site), ("rebuild",)):
        refused(run_hani(db, db.parent, *command), "archive.db", "folder")
    assert db.read_bytes() == before


# --- other programs --------------------------------------------------------------------------------------------------

IMPATIENT = "import archive.database\narchive.database.BUSY_SECONDS = 0.3\n"


@contextmanager
def held(db: Path, begin: str) -> Iterator[sqlite3.Connection]:
    """Another program's transaction on the archive."""
    with closing(sqlite3.connect(db, isolation_level=None, timeout=20)) as other:
        other.execute(begin)
        other.execute("select count(*) from articles").fetchone()
        yield other
        other.execute("rollback")


@pytest.mark.parametrize("command", ["nightly", "rebuild", "reprocess"])
def test_a_write_lock_that_another_program_keeps(site: Replica, db: Path, command: str) -> None:
    site.night = 2
    words = nightly(site) if command == "nightly" else WRITING[command]
    spoil(db)
    before = derived(db)
    with held(db, "begin immediate"):
        refused(run_hani(db, db.parent, *words, script=IMPATIENT + BEGIN), "another program", "run the command again")
        assert run_hani(db, db.parent, *READING["show"]).code == 0
    assert derived(db) == before
    assert run_hani(db, db.parent, "rebuild").code == 0
    goes_on(site, db)


def test_a_write_lock_that_another_program_takes_amid_a_run(site: Replica, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    script = f"{IMPATIENT}{BEGIN}"
    process = start(site, tmp_path, "nightly", "--delay", "0.02", script=script)
    wait_until(lambda: captured(db) >= 5, PATIENCE)
    with held(db, "begin immediate"):
        out, said = process.communicate(timeout=30)
    refused(Ran(process.returncode, out, said), "another program")
    assert " failed: " in out
    goes_on(site, db)


def test_a_reader_that_never_lets_go(site: Replica, db: Path) -> None:
    site.night = 3
    journal = db.with_name("archive.db-wal")
    small = "import jobs.crawling\njobs.crawling.LARGE_JOURNAL = 1_000_000\n"
    with held(db, "begin"):
        ran = run_hani(db, db.parent, *nightly(site), script=small + BEGIN)
        (line,) = ran.err.splitlines()
        assert ran.code == 0 and "another program has been reading" in line and "writes it back" in line
        assert journal.stat().st_size > 1_000_000
        again = run_hani(db, db.parent, *nightly(site))
        assert again.code == 0 and "hani:" not in again.err  # it is not large yet
    goes_on(site, db)
    assert not journal.exists()


def test_an_idle_reader_keeps_no_journal(site: Replica, db: Path) -> None:
    with closing(sqlite3.connect(db)) as idle:
        idle.execute("select count(*) from articles").fetchone()
        assert run_hani(db, db.parent, *nightly(site)).code == 0
        assert db.with_name("archive.db-wal").stat().st_size == 0


# --- damaged bytes ---------------------------------------------------------------------------------------------------


def pages_of(db: Path, name: str) -> list[tuple[int, int]]:
    """Offset and size of each page of a table or index."""
    return [(row["pgoffset"], row["pgsize"]) for row in rows(db, "select * from dbstat where name = ?", name)]


def flip(db: Path, *places: tuple[int, int]) -> None:
    """Turn all bits of some stretches of the file."""
    with db.open("r+b") as file:
        for offset, size in places:
            file.seek(offset)
            old = file.read(size)
            file.seek(offset)
            file.write(bytes(0xFF - byte for byte in old))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "header": lambda db: flip(db, (16, 40)),
    "schema": lambda db: flip(db, (100, 12)),
    "half of it": lambda db: os.truncate(db, db.stat().st_size // 2),
    "fifty bytes of it": lambda db: os.truncate(db, 50),
    "captures": lambda db: flip(db, *pages_of(db, "captures")),
    "captures' index": lambda db: flip(db, *pages_of(db, "captures_article")),
    "articles": lambda db: flip(db, *pages_of(db, "articles")),
    "versions": lambda db: flip(db, *pages_of(db, "versions")),
    "changes": lambda db: flip(db, *pages_of(db, "changes")),
    "search index": lambda db: flip(db, *pages_of(db, "articles_fts_data")),
}
WHOLE = ("header", "schema", "half of it", "fifty bytes of it")


def in_process(db: Path, *words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ran:
    monkeypatch.setattr(sys, "argv", ["hani", "--db", str(db), *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return Ran(ended.value.code, said.out, said.err)


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_met_while_reading(
    db: Path, damage: str, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    DAMAGES[damage](db)
    ran = in_process(db, *READING[command], monkeypatch=monkeypatch, capsys=capsys)
    if damage in WHOLE or command in MET.get(damage, ()):
        refused(ran, "damaged", "restore it from a copy")
    else:
        assert ran.code == 0 and ran.out


MET = {
    "articles": ("show", "search", "changes", "removed"),
    "versions": ("show", "versions", "diff", "as-of", "changes"),
    "changes": ("versions", "changes"),  # a version's line names the kinds of its changes
    "search index": ("search",),
}


@pytest.mark.parametrize("damage", [*WHOLE, "captures", "captures' index", "versions"])
@pytest.mark.parametrize("command", ["nightly", "rebuild", "reprocess"])
def test_damage_met_while_writing(site: Replica, db: Path, grown: Path, damage: str, command: str) -> None:
    DAMAGES[damage](db)
    damaged = db.read_bytes()
    site.night = 2
    words = nightly(site) if command == "nightly" else WRITING[command]
    refused(run_hani(db, db.parent, *words), "damaged", "restore it from a copy")
    assert list(db.parent.glob("archive.db-rebuild*")) == []
    if damage in WHOLE:
        assert db.read_bytes() == damaged
        return
    for name in ("archive.db-wal", "archive.db-shm"):
        (db.parent / name).unlink(missing_ok=True)
    shutil.copy(grown, db)  # restored from a copy
    goes_on(site, db)


def put_payload(db: Path, digest: str, body: bytes) -> None:
    with closing(sqlite3.connect(db)) as connection:
        connection.execute("update payloads set body = ? where digest = ?", [body, digest])
        connection.commit()


def test_a_payload_that_is_damaged(site: Replica, db: Path) -> None:
    digest = one(db, "select digest from payloads where dictionary is null order by length desc limit 1")
    whole = one(db, "select body from payloads where digest = ?", digest)
    put_payload(db, digest, whole[:200] + bytes([0xFF - whole[200]]) + whole[201:])
    for command in WRITING.values():
        refused(run_hani(db, db.parent, *command), "payload", "restore it from a copy")
    site.night = 3
    ran = run_hani(db, db.parent, *nightly(site))
    refused(ran, digest, "restore it from a copy")  # nothing may lean on bytes that are wrong
    put_payload(db, digest, whole)
    goes_on(site, db)


@pytest.fixture
def killed(site: Replica, tmp_path: Path) -> Path:
    """An archive whose run was killed, with a journal that holds most of it."""
    process = start(site, tmp_path, "nightly", "--delay", "0.01")
    wait_until(lambda: captured(tmp_path / "archive.db") >= 20, PATIENCE)
    process.kill()
    process.communicate()
    assert (tmp_path / "archive.db-wal").stat().st_size > 100_000
    return tmp_path / "archive.db"


def captured_unseen(db: Path) -> int:
    """How many captures there are, counted on a copy: whoever opens the archive itself writes its journal back."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("archive.db", "archive.db-wal"):
            shutil.copy(db.with_name(name), folder)
        return captured(Path(folder) / "archive.db")


@pytest.mark.parametrize("left", [0.0, 0.3, 0.9])
def test_a_journal_cut_short_loses_no_more_than_its_end(site: Replica, killed: Path, left: float) -> None:
    journal, before = killed.with_name("archive.db-wal"), captured_unseen(killed)
    os.truncate(journal, int(left * journal.stat().st_size))
    killed.with_name("archive.db-shm").unlink(missing_ok=True)
    assert captured(killed) < before
    goes_on(site, killed)


def test_a_journal_that_is_missing(site: Replica, killed: Path) -> None:
    for suffix in ("-wal", "-shm"):
        killed.with_name(f"archive.db{suffix}").unlink(missing_ok=True)
    goes_on(site, killed)


def test_a_journal_of_garbage(site: Replica, killed: Path) -> None:
    journal = killed.with_name("archive.db-wal")
    flip(killed.with_name("archive.db-wal"), (4096, journal.stat().st_size // 2))
    goes_on(site, killed)
