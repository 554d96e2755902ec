"""What the end-to-end tests share: the bundled site, and the command as a user runs it."""

import fcntl
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jobs.replica import Replica

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
# What a command heeds, and what the tests' own caller may have set: pytest-xdist sets COLUMNS.
OF_THE_CALLER = (
    *("HANI_DB", "HANI_NOW", "COVERAGE_PROCESS_START", "COLUMNS", "LINES", "HANI_PAGER", "PAGER", "LESS"),
    *("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"),
)
PATIENCE = 60  # seconds, for a command of the tests to end


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """The last line said on standard error."""
        return self.err.strip().splitlines()[-1] if self.err.strip() else ""


Hani = Callable[..., Ran]


@pytest.fixture
def site() -> Iterator[Replica]:
    with Replica() as replica:
        yield replica


def run_hani(db: Path | None, cwd: Path, *arguments: str, script: str = "", **environment: str) -> Ran:
    """Run `hani --db DB …` as a process of its own; `script` is Python that starts it otherwise."""
    named = ["--db", str(db)] if db else []
    start = ["-c", script] if script else ["-m", "jobs"]
    env = {k: v for k, v in os.environ.items() if k not in OF_THE_CALLER}
    done = subprocess.run(
        [sys.executable, *start, *named, *arguments],
        cwd=cwd,
        env={**env, "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def hani(tmp_path: Path) -> Hani:
    """Run `hani --db tmp_path/archive.db …` as a process of its own, in an empty folder."""

    def run(
        *arguments: str, db: Path | None = tmp_path / "archive.db", cwd: Path = tmp_path, **environment: str
    ) -> Ran:
        return run_hani(db, cwd, *arguments, **environment)

    return run


def rows(database: Path, sql: str, *values: object) -> list[dict[str, Any]]:
    """Rows of an archive as plain dicts."""
    connection = sqlite3.connect(database)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(sql, values)]
    finally:
        connection.close()


def one(database: Path, sql: str, *values: object) -> Any:
    """The single value of a query's single row."""
    found = rows(database, sql, *values)
    assert len(found) == 1, found
    return next(iter(found[0].values()))


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of all nights of the bundled site, made once however many processes test; only to be read."""
    from tests.reading import all_nights

    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "nights"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "made").exists():
            all_nights(folder / "hankyoreh.db")
            (folder / "made").touch()
    return folder / "hankyoreh.db"


@pytest.fixture
def archive(nights: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    from tests.reading import copied

    return copied(nights, tmp_path)


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """A real browser; see tests/browser.py."""
    from tests.browser import launched

    with launched() as browser:
        yield browser
