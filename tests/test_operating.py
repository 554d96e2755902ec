"""The README's chapter on operating: its commands for backup and restoring do what it says, also while a crawl writes."""

import os
import re
import shlex
import subprocess
import sys
import threading
from pathlib import Path

from jobs.replica import Replica
from tests.conftest import PATIENCE, ROOT, one, rows, run_hani

CHAPTER = re.compile(r"^## Operating it\n(.*?)^## ", re.M | re.S)


def blocks() -> list[str]:
    """The shell commands of the chapter that stand in blocks of `sh`."""
    found = CHAPTER.search((ROOT / "README.md").read_text("utf-8"))
    assert found is not None
    return re.findall(r"```sh\n(.*?)```", found[1], re.S)


def run(commands: str, folder: Path) -> str:
    python = shlex.quote(sys.executable)
    commands = commands.replace(".venv/bin/python", python).replace(".venv/bin/hani", f"{python} -m jobs")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["sh", "-ec", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_backup_made_amid_a_crawl_is_sound_and_can_be_restored(site: Replica, tmp_path: Path) -> None:
    db = tmp_path / "hankyoreh.db"
    back_up, restore = blocks()
    assert run_hani(db, tmp_path, "nightly", "--origin", site.origin, "--delay", "0").code == 0
    site.night = 2
    crawl = threading.Thread(
        target=run_hani, args=(db, tmp_path, "nightly", "--origin", site.origin, "--delay", "0.05")
    )
    crawl.start()
    said = run(back_up, tmp_path)
    crawl.join()
    assert said.startswith("ok\n") and "Checked from" in said
    kept = rows(tmp_path / "backup.db", "select id from captures")
    assert len(rows(db, "select id from captures")) > len(kept) > 60
    db.write_bytes(b"SQLite format 3\x00" + b"broken" * 999)
    assert run(restore, tmp_path).splitlines()  # what `hani status` says
    assert rows(db, "select id from captures") == kept
    assert one(db, "select count(*) from articles") > 60
