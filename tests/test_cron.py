"""The crontab lines: as text, by the shell that reads them, and by a real cron."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crawler.config import Config
from crawler.errors import BadConfig
from crawler.timetable import Cron, Job, parse_cron, parse_every
from jobs.install import Installation, cron_lines, cron_of, knows_zones
from jobs.replica import Replica
from tests.conftest import ROOT, Hani, one, rows
from tests.programs import needs
from tests.test_schedule import asked, wait_until

SEOUL = Config().schedule.zone


def lines(expression: str, zone: str = "Asia/Seoul", zones: bool = False, folder: str = "/srv/hani") -> list[str]:
    """The lines of one job, without the comments."""
    job = Job("nightly", "nightly", parse_cron(expression))
    here = Installation(
        Path("/opt/hani/bin/hani"), Path(folder), Path(folder) / "a.log", ZoneInfo(zone), ((job, ["nightly"]),)
    )
    return [line for line in cron_lines(here, zones) if not line.startswith("#")]


@pytest.fixture
def zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


def live_in(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()


def test_a_line_by_hand(zone_of_the_machine: pytest.MonkeyPatch) -> None:
    live_in(zone_of_the_machine, "UTC")
    assert lines("30 3 * * *", folder="/srv/a b/100%") == [
        "30 18 * * * cd '/srv/a b/100\\%' && HANI_JOB=nightly PATH=/opt/hani/bin:/usr/local/bin:/usr/bin:/bin"
        " /opt/hani/bin/hani nightly >> '/srv/a b/100\\%/a.log' 2>&1"
    ]
    live_in(zone_of_the_machine, "Asia/Seoul")
    assert lines("30 3 1,15 * fri")[0].startswith("30 3 1,15 * fri cd /srv/hani && ")
    live_in(zone_of_the_machine, "America/New_York")
    first, second = lines("30 3 * * sun")
    assert first.startswith('30 14 * * 6 [ "$(date +\\%z)$(TZ=Asia/Seoul date +\\%z)" = "-0400+0900" ] && cd ')
    assert second.startswith('30 13 * * 6 [ "$(date +\\%z)$(TZ=Asia/Seoul date +\\%z)" = "-0500+0900" ] && cd ')
    assert lines("30 3 * * *", "America/New_York") == lines("30 3 * * *", "America/New_York", zones=True)
    assert len(lines("30 3 * * *", "America/New_York")) == 1  # the same clock, in summer and in winter


def test_a_cron_that_knows_zones_is_told_the_zone(zone_of_the_machine: pytest.MonkeyPatch) -> None:
    live_in(zone_of_the_machine, "UTC")
    zone, line = lines("30 3 * * sun", zones=True)
    assert zone == "CRON_TZ=Asia/Seoul" and line.startswith("30 3 * * sun cd ")


@pytest.mark.parametrize("machine", ["UTC", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"])
@pytest.mark.parametrize(
    "expression", ["30 3 * * *", "0 5 * * mon-fri", "30 15 1,31 * *", "0 2 29 feb *", "0 4 1 * sun"]
)
def test_the_lines_say_the_same_all_year(
    zone_of_the_machine: pytest.MonkeyPatch, machine: str, expression: str
) -> None:
    live_in(zone_of_the_machine, machine)
    when, here = parse_cron(expression), ZoneInfo(machine)
    read = [told(line) for line in lines(expression)]
    moment = datetime(2027, 12, 1, tzinfo=UTC)
    for _ in range(400 * 48):  # half hours, over a leap year
        there, local = moment.astimezone(SEOUL), moment.astimezone(here)
        wanted = (there.hour, there.minute) == (when.hours[0], when.minutes[0]) and when.on(there.date())
        fires = [
            fields
            for fields, offsets, dates, months in read
            if (local.hour in fields.hours and local.minute in fields.minutes and fields.on(local.date()))
            and offsets in ("", f"{local:%z}{there:%z}")
            and (not dates or f"{there:%d}" in dates.split("|"))
            and (not months or f"{there:%m}" in months.split("|"))
        ]
        assert bool(fires) == wanted, (moment, read)
        moment += timedelta(minutes=30)


def told(line: str) -> tuple[Cron, str, str, str]:
    """A line's fields, and what its guards ask for: both offsets, dates, months."""

    def asked_for(pattern: str) -> str:
        found = re.search(pattern, line)
        return found[1] if found else ""

    fields = parse_cron(" ".join(line.split()[:5]))
    dates, months = (asked_for(rf"%{form} \| grep -qxE '([^']+)'") for form in "dm")
    return fields, asked_for(r'= "([^"]+)" \]'), dates, months


def test_the_guards_hold_in_a_shell(zone_of_the_machine: pytest.MonkeyPatch) -> None:
    def holds(line: str) -> bool:
        guard = line.split(" ", 5)[5].partition(" && cd ")[0].replace("\\%", "%")
        return subprocess.run(["/bin/sh", "-c", guard], timeout=10, check=False).returncode == 0

    live_in(zone_of_the_machine, "America/New_York")
    assert [holds(line) for line in lines("30 3 * * *")].count(True) == 1  # it is summer there, or winter
    day = datetime.now(SEOUL)
    others = ",".join(str(number) for number in range(1, 32) if number != day.day)
    live_in(zone_of_the_machine, "UTC")
    assert [holds(line) for line in lines(f"0 5 {day.day} * *")] == [True]
    assert [holds(line) for line in lines(f"0 5 {others} * *")] == [False]


@pytest.mark.parametrize(
    ("every", "expression"),
    [
        ("20 minutes", "*/20 * * * *"),
        ("60 minutes", "0 */1 * * *"),
        ("6 hours", "0 */6 * * *"),
        ("1 day", "0 0 * * *"),
        ("1 week", "0 0 * * sun"),
        ("7 minutes", None),
        ("90 minutes", None),
        ("30 seconds", None),
        ("3 days", None),
    ],
)
def test_intervals_that_cron_can_say(every: str, expression: str | None) -> None:
    found = cron_of(parse_every(every))
    assert (found and found.text) == expression


def test_what_cron_cannot_say_is_said(hani: Hani, tmp_path: Path) -> None:
    (tmp_path / "hani.toml").write_text(
        '[schedule.jobs.often]\ncommand = "nightly --pages 1"\nevery = "7 minutes"\n[schedule.jobs.weekly]\non = false\n'
    )
    ran = hani("cron")
    assert ran.code == 0
    assert "# cron cannot say '7 minutes'; `hani schedule` and `hani systemd` can" in ran.out.splitlines()
    assert "HANI_JOB=weekly" not in ran.out and "HANI_JOB=nightly" in ran.out.splitlines()[-1]


def test_a_line_that_cron_would_cut_is_refused() -> None:
    with pytest.raises(BadConfig, match="too long for cron"):
        lines("30 3 * * *", folder="/" + "x" * 500)


def test_what_would_break_a_line_is_refused_and_what_a_run_will_lack_is_said(hani: Hani, tmp_path: Path) -> None:
    text = '[[notify]]\nurl_env = "HANI_MAIL"\n[[notify]]\nurl_env = "HANI_MAIL"\n[ping]\nurl_file = "ping.url"\n'
    for name in ("hani.toml", "a\nb.toml"):
        (tmp_path / name).write_text(text)
    for command in ("cron", "systemd"):
        ran = hani("--config", "a\nb.toml", command)
        assert (ran.code, ran.out) == (2, "") and "cannot stand in a line of text" in ran.sentence
        ran = hani(command)
        assert ran.code == 0 and ran.err.count("does not know the variable HANI_MAIL of your shell") == 1


def test_the_log_is_never_the_archive(hani: Hani, tmp_path: Path) -> None:
    for name, log in (("archive.db", "archive.log"), ("archive", "archive.log"), ("archive.log", "archive.log.txt")):
        line = hani("cron", db=tmp_path / name).out.splitlines()[-1]
        assert f"--db {tmp_path / name} nightly" in line and line.endswith(f" >> {tmp_path / log} 2>&1")


def test_whether_a_cron_knows_zones_is_seen_in_its_program(tmp_path: Path) -> None:
    cronie, vixie = tmp_path / "crond", tmp_path / "cron"
    cronie.write_bytes(b"\x7fELF\x00...CRON_TZ\x00")
    vixie.write_bytes(b"\x7fELF\x00...MAILTO\x00")
    assert [knows_zones(path) for path in (cronie, vixie, tmp_path / "none", None)] == [True, False, False, False]


@needs("cron")
def test_debians_cron_knows_no_zones() -> None:
    daemon = shutil.which("cron", path="/usr/sbin")
    assert daemon is not None and not knows_zones(Path(daemon))


def cron_runs() -> bool:
    names = [path.read_text() for path in Path("/proc").glob("[0-9]*/comm") if path.exists()]
    return any(name.strip() in ("cron", "crond") for name in names)


@pytest.fixture
def crontab() -> Iterator[None]:
    """The user's crontab is the test's; afterwards it is what it was."""
    before = subprocess.run(["crontab", "-l"], capture_output=True, timeout=10, check=False)
    yield
    if before.returncode == 0:
        subprocess.run(["crontab", "-"], input=before.stdout, timeout=10, check=True)
    else:
        subprocess.run(["crontab", "-r"], capture_output=True, timeout=10, check=False)


@needs("cron", os.getuid() == 0 and not cron_runs(), " as root, on a machine where none is at work")
@pytest.mark.usefixtures("crontab")
def test_a_real_cron_starts_a_run(site: Replica, hani: Hani, tmp_path: Path) -> None:
    folder = tmp_path / "an archive, 100%"
    folder.mkdir()
    db = folder / "archive.db"
    (tmp_path / "hani.toml").write_text(
        f'[site]\norigin = "{site.origin}"\n[crawl]\ncontact = "x@library.example"\ndelay = 0\n'
    )
    line = hani("cron", db=db).out.splitlines()[-1]
    each_minute = re.sub(r"^\d+ \d+ ", "* * ", line)
    assert each_minute != line
    table = f"PYTHONPATH={ROOT}\n{each_minute}\n"
    subprocess.run(["crontab", "-"], input=table.encode(), timeout=10, check=True)
    with subprocess.Popen(["cron", "-f"], cwd="/") as daemon:
        try:
            wait_until(lambda: asked(folder, "select count(*) from runs where status = 'done'") >= 1, patience=120)
        finally:
            subprocess.run(["crontab", "-r"], timeout=10, check=True)
            daemon.terminate()
            daemon.wait(timeout=10)
    found = rows(db, "select command, job, status from runs where id = 1")
    assert found == [{"command": "hani nightly", "job": "nightly", "status": "done"}]
    assert one(db, "select count(*) from articles") > 0
    assert (folder / "archive.log").read_text() == ""  # cron would send by mail what is not kept there
