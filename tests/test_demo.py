"""`hani demo`: on a terminal a newcomer lands on the front page, and finds everything there."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from jobs import demo
from jobs.replica import NIGHTS
from tests.conftest import PATIENCE, ROOT
from tests.reading import serving


def test_its_nights_are_those_of_the_bundled_site() -> None:
    assert demo.NIGHTS == NIGHTS


def test_after_its_nights_the_front_page_has_everything(nights: Path) -> None:
    with serving(nights) as served:
        text = served.get("/").text
    for missing in ("None has been seen.", "None is confirmed.", "None is stored."):
        assert missing not in text
    assert text.count('class="badge silent"') >= 6
    assert text.count('class="badge removed"') >= 3 and 'class="badge returned"' in text
    assert len(re.findall(r"<svg ", text)) == 3


def test_on_a_terminal_it_ends_by_opening_the_archive(tmp_path: Path) -> None:
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "jobs", "--db", str(tmp_path / "demo.db"), "demo", "--nights", "1"]
    env = {k: v for k, v in os.environ.items() if k != "HANI_DB"} | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=tmp_path, env=env, stdout=its, stderr=its, stdin=its) as process:
        os.close(its)
        said = ""
        while not (found := re.search(r"can be read at (http://127\.0\.0\.1:\d+/) ", said)):
            said += os.read(ours, 4096).decode()
        assert "Search all articles" in httpx.get(found[1]).text
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    os.close(ours)
