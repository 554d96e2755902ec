"""Runs that are stopped, runs that meet, and the other doors: Scrapy, Datasette, the schedule."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from jobs.replica import Misbehaviour, Replica
from tests.conftest import ROOT, Hani, one, rows

ADDRESS = "https://www.hani.co.kr/arti/english_edition/e_national/1218433.html"


def start(site: Replica, tmp_path: Path, *arguments: str, script: str = "") -> subprocess.Popen[str]:
    """Begin `hani …`; `script` is Python that starts it otherwise."""
    begin = ["-c", script] if script else ["-m", "jobs"]
    command = [sys.executable, *begin, "--db", str(tmp_path / "archive.db"), *arguments, "--origin", site.origin]
    return subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until(holds: Any, patience: float = 20) -> None:
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def captured(db: Path) -> int:
    try:
        return int(one(db, "select count(*) from captures"))
    except sqlite3.OperationalError:
        return 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped_keeps_what_it_has_and_the_next_goes_on(
    site: Replica, hani: Hani, tmp_path: Path, number: signal.Signals
) -> None:
    db = tmp_path / "archive.db"
    process = start(site, tmp_path, "nightly", "--delay", "0.02")
    wait_until(lambda: captured(db) >= 10)
    process.send_signal(number)
    stopped = time.monotonic()
    _, said = process.communicate(timeout=20)
    assert time.monotonic() - stopped < 5
    assert "Traceback" not in said
    kept = {row["id"] for row in rows(db, "select id from articles")}
    assert len(kept) >= 10
    assert one(db, "pragma integrity_check") == "ok"
    if number is not signal.SIGKILL:
        assert one(db, "select status from runs") == "interrupted"
    asked = len(site.requests)
    ran = hani("nightly", "--origin", site.origin, "--delay", "0", "--json")
    assert ran.code == 0, ran.err
    assert one(db, "select status from runs where id = 1") == "interrupted"
    after = {row["id"] for row in rows(db, "select id from articles")}
    assert after == {i for i in site.article_ids() if site.expected(i)} > kept
    assert len(site.requests) > asked
    assert one(db, "select max(number) from versions") == 1


def test_a_stall_does_not_keep_a_run_from_ending(site: Replica, tmp_path: Path) -> None:
    site.misbehave["/arti/english_edition/e_national/1218433.html"] = [Misbehaviour("stall", seconds=30, times=None)]
    process = start(site, tmp_path, "recrawl", ADDRESS, "--delay", "0")
    wait_until(lambda: any("1218433" in r.target for r in site.requests) or len(site.requests) >= 1)
    time.sleep(0.5)
    process.terminate()
    began = time.monotonic()
    process.communicate(timeout=20)
    assert time.monotonic() - began < 5


def test_a_second_crawl_says_who_holds_the_lock(site: Replica, hani: Hani, tmp_path: Path) -> None:
    process = start(site, tmp_path, "nightly", "--delay", "0.2")
    try:
        wait_until(lambda: captured(tmp_path / "archive.db") >= 1)
        ran = hani("nightly", "--origin", site.origin)
        assert ran.code == 4
        assert f"process {process.pid}" in ran.sentence and "hani nightly" in ran.sentence
        again = hani("recrawl", ADDRESS, "--origin", site.origin)
        assert again.code == 4
        assert hani("show", "1277502").code == 0  # reading goes on
    finally:
        process.kill()
        process.communicate()
    assert hani("recrawl", ADDRESS, "--origin", site.origin, "--delay", "0").code == 0  # a dead holder holds nothing


def test_scrapys_own_command_line_stores_too(site: Replica, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "scrapy",
            "crawl",
            "hankyoreh",
            "-a",
            f"url={ADDRESS}",
            "-a",
            f"origin={site.origin}",
            "-a",
            "delay=0",
        ],
        cwd=ROOT,
        env={**os.environ, "HANI_DB": str(db)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert one(db, "select id from articles") == 1218433
    assert one(db, "select command from runs") == "scrapy crawl hankyoreh"
    assert one(db, "select status from runs") == "done"


def test_datasette_finds_the_search_box(site: Replica, hani: Hani, tmp_path: Path) -> None:
    from datasette.app import Datasette

    hani("recrawl", ADDRESS, "--origin", site.origin, "--delay", "0")

    async def ask(path: str) -> Any:
        datasette = Datasette([str(tmp_path / "archive.db")])
        return await datasette.client.get(path)

    title = one(tmp_path / "archive.db", "select title from articles")
    word = title.split()[0].strip("‘’“”[],")
    found = asyncio.run(ask(f"/archive/articles.json?_search={word}&_shape=array")).json()
    assert [row["id"] for row in found] == [1218433]
    assert 'type="search"' in asyncio.run(ask("/archive/articles")).text
    assert asyncio.run(ask('/archive/articles.json?_search=foo"bar')).status_code == 200


def test_the_schedule_runs_in_processes_of_their_own_and_ends_cleanly(site: Replica, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    (tmp_path / "hani.toml").write_text('[crawl]\ncontact = "x@library.example"\ndelay = 0.1\n')
    process = start(site, tmp_path, "schedule", "--now")
    wait_until(lambda: captured(db) >= 3)
    process.terminate()
    began = time.monotonic()
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert time.monotonic() - began < 10
    assert "next run" in said and "03:30 KST" in said and "the schedule has ended" in said
    assert one(db, "select status from runs") == "interrupted"
    assert one(db, "select command from runs") == "hani nightly"
