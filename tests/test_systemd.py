"""The units and timers, read by systemd's own programs."""

import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crawler.timetable import Job, next_after, parse_cron, parse_every
from jobs.install import calendars, timer_lines
from tests.conftest import Hani
from tests.programs import needs

SEOUL = ZoneInfo("Asia/Seoul")


def analyze(*arguments: str, runtime: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments],
        env={**os.environ, "TZ": "UTC", "LC_ALL": "C", **({"XDG_RUNTIME_DIR": str(runtime)} if runtime else {})},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@needs("systemd-analyze")
@pytest.mark.parametrize("whose", ["user", "system"])
def test_systemd_takes_the_units(hani: Hani, tmp_path: Path, whose: str) -> None:
    folder = tmp_path / 'an "archive", $5 100%'
    folder.mkdir()
    (tmp_path / "hani.toml").write_text(
        '[schedule.jobs.often]\ncommand = "nightly --pages 1"\nevery = "20 minutes"\n'
        '[schedule.jobs.either]\ncommand = "duplicates"\ncron = "0 5 1,15 * sun"\n'
    )
    units = tmp_path / "units"
    ran = hani("systemd", "--write", str(units), *(["--system"] if whose == "system" else []), db=folder / "a.db")
    assert ran.code == 0, ran.err
    names = sorted(path.name for path in units.iterdir())
    jobs = ("duplicates", "either", "nightly", "often", "weekly")
    assert names == sorted(f"hani-{job}.{kind}" for job in jobs for kind in ("service", "timer"))
    checked = analyze("verify", *(["--user"] if whose == "user" else []), *map(str, units.iterdir()), runtime=tmp_path)
    assert (checked.returncode, checked.stderr.strip()) == (0, "")
    service = (units / "hani-nightly.service").read_text()
    assert 'Environment="HANI_JOB=nightly"' in service
    assert f'WorkingDirectory={tmp_path}/an "archive", $5 100%%\n' in service
    assert f'"--db" "{tmp_path}/an \\"archive\\", $$5 100%%/a.db"' in service
    assert ("ReadWritePaths=" in service) == (whose == "system")


@needs("systemd-analyze")
def test_systemd_refuses_a_broken_unit(tmp_path: Path) -> None:
    (tmp_path / "hani-x.service").write_text("[Service]\nType=oneshot\nRestartForceExitStatus=4\nExecStart=/bin/true\n")
    assert analyze("verify", "--user", str(tmp_path / "hani-x.service"), runtime=tmp_path).returncode != 0


@needs("systemd-analyze")
@pytest.mark.parametrize(
    ("expression", "zone"),
    [
        ("30 3 * * *", "Asia/Seoul"),
        ("30 15 * * sun", "Asia/Seoul"),
        ("*/20 8-18 * * mon-fri", "Asia/Seoul"),
        ("0 0 31 * *", "Asia/Seoul"),
        ("0 0 29 feb *", "Asia/Seoul"),
        ("0 4 1,15 * fri", "Asia/Seoul"),
        ("0 4 */2 * fri", "America/New_York"),
        ("15 22 * jan,dec 0,6", "Europe/Berlin"),
    ],
)
def test_systemd_reckons_as_we_do(expression: str, zone: str) -> None:
    when, begin = parse_cron(expression), datetime(2026, 11, 24, tzinfo=UTC)
    found: set[datetime] = set()
    for calendar in calendars(when, ZoneInfo(zone)):
        read = analyze("calendar", "--iterations=6", "--base-time=2026-11-24 00:00:00 UTC", calendar)
        assert read.returncode == 0, read.stderr
        times = re.findall(r"(?:Next elapse|Iter\. #\d+|\(in UTC\)): \w{3} (\S+ \S+) UTC", read.stdout)
        found |= {datetime.fromisoformat(time).replace(tzinfo=UTC) for time in times}
    expected = []
    for _ in range(6):
        begin = next_after(when, begin, ZoneInfo(zone))
        expected.append(begin)
    assert sorted(found)[:6] == expected


def test_the_timers_by_hand() -> None:
    night = Job("nightly", "nightly", parse_cron("30 3 * * *"), jitter=10)
    assert timer_lines(night, SEOUL) == [
        "OnCalendar=*-*-* 03:30:00 Asia/Seoul",
        "Persistent=true",
        "RandomizedDelaySec=600s",
    ]
    assert timer_lines(Job("x", "nightly", parse_every("20 minutes")), SEOUL) == [
        "OnActiveSec=10s",
        "OnUnitActiveSec=1200s",
        "AccuracySec=1s",
    ]


def test_units_that_cannot_be_written_are_told_in_a_sentence(hani: Hani, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = hani("systemd", "--write", str(tmp_path / "file"))
    assert ran.code == 2 and ran.sentence == f"hani: the units cannot be written into {tmp_path}/file: File exists"


def test_a_run_may_take_as_long_as_a_crawl_is_allowed_to(hani: Hani, tmp_path: Path) -> None:
    assert "RuntimeMaxSec=86400\n" in hani("systemd").out
    (tmp_path / "hani.toml").write_text("[crawl]\nmax_minutes = 2880\n")
    assert "RuntimeMaxSec=176400\n" in hani("systemd").out  # two days and an hour


def test_the_units_are_printed(hani: Hani) -> None:
    ran = hani("systemd")
    assert ran.code == 0
    assert re.findall(r"^# --- (.+)$", ran.out, re.M) == [
        f"hani-{job}.{kind}" for job in ("nightly", "weekly", "duplicates") for kind in ("service", "timer")
    ]
    assert "RestartForceExitStatus=4" in ran.out and "Persistent=true" in ran.out
