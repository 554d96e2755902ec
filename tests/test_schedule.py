"""The schedule: nights by a clock that is set, and real runs that are killed, missed and stopped."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from archive.database import open_writer
from archive.errors import ArchiveLocked
from archive.lock import crawl_lock
from archive.times import stamp
from crawler.config import Config, load
from crawler.errors import BadConfig
from crawler.timetable import Job, parse_cron, parse_every
from jobs.planning import Planner, words_of
from jobs.replica import Replica
from jobs.schedule import Runner, Scheduled, watch_the_clock
from jobs.setup import TEMPLATE
from tests.conftest import ROOT, Hani, one, rows

SEOUL = Config().schedule.zone
NIGHTLY = Job("nightly", "nightly", parse_cron("30 3 * * *"), jitter=10)
WEEKLY = Job("weekly", "nightly --full", parse_cron("30 15 * * sun"))
SWEEP = Job("duplicates", "duplicates", parse_cron("30 9 * * *"))
OFTEN = Job("often", "nightly --pages 1", parse_every("20 minutes"))
MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # nine in the morning in Seoul


# --- by a clock that is set ------------------------------------------------------------------------------------------


@dataclass
class World:
    """A schedule whose clock, processes and alarms are the test's: `plans` has what is to fire next."""

    database: Path
    jobs: tuple[Job, ...]
    at: datetime = MONDAY
    ends: list[int] = field(default_factory=list)
    """The exit codes of the runs to come; 0 when there are none left."""
    ran: list[tuple[str, str]] = field(default_factory=list)
    plans: dict[str, tuple[datetime, Job, bool]] = field(default_factory=dict)
    takes: timedelta = timedelta(minutes=40)
    stopping: bool = False

    def clock(self) -> datetime:
        return self.at

    def add_job(self, _fire: Any, _kind: str, run_date: datetime, args: list[Any], id: str, **_: Any) -> None:
        self.plans[id] = (run_date, *args)

    def run(self, _command: list[str], job: str) -> int:
        code = self.ends.pop(0) if self.ends else 0
        if code != 4:
            self.ran.append((job, f"{self.at.astimezone(SEOUL):%a %H:%M}"))
            self.at += self.takes
        return code

    def start(self) -> Scheduled:
        """A schedule that has just been started."""
        self.plans.clear()
        planner = Planner(self.database, SEOUL, self.at, self.clock)
        planner.look_for_unfinished(self.jobs)
        scheduled = Scheduled(
            planner, self.jobs, {job.name: [job.name] for job in self.jobs}, self, cast(Runner, self), self.clock
        )
        scheduled.plan_all()
        return scheduled

    def go_on(self, scheduled: Scheduled, until: datetime) -> None:
        """Let everything fire that is planned until then."""
        while self.plans and (first := min(self.plans.values(), key=lambda plan: plan[0]))[0] <= until:
            del self.plans[first[1].name]
            self.at = max(self.at, first[0])
            scheduled.fire(first[1], first[2])
        self.at = max(self.at, until)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "archive.db"
    open_writer(path).conn.close()
    return path


@pytest.fixture(autouse=True)
def no_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.schedule.random.random", lambda: 0.0)


def test_a_week_runs_each_job_at_its_time(database: Path) -> None:
    world = World(database, (NIGHTLY, WEEKLY, SWEEP))
    world.go_on(world.start(), MONDAY + timedelta(days=7))
    assert world.ran == [
        ("duplicates", "Mon 09:30"),
        *(
            (job, f"{day} {hour}")
            for day in ("Tue", "Wed", "Thu", "Fri", "Sat")
            for job, hour in (("nightly", "03:30"), ("duplicates", "09:30"))
        ),
        ("nightly", "Sun 03:30"),
        ("duplicates", "Sun 09:30"),
        ("weekly", "Sun 15:30"),
        ("nightly", "Mon 03:30"),
    ]
    found = rows(database, "select command, job, status, json_extract(report, '$.exit_code') as code from runs")
    assert len(found) == 15
    assert found[0] == {"command": "hani duplicates", "job": "duplicates", "status": "done", "code": 0}
    assert one(database, "select started_at || ' ' || finished_at from runs where id = 1") == (
        "2026-11-23T00:30:00Z 2026-11-23T01:10:00Z"
    )


def test_nights_that_were_missed_are_run_once_at_the_next_start(database: Path) -> None:
    world = World(database, (NIGHTLY,))
    world.go_on(world.start(), MONDAY + timedelta(days=1))
    world.at += timedelta(days=5)  # the schedule is down for five nights
    world.go_on(world.start(), world.at + timedelta(days=1))
    assert world.ran == [("nightly", "Tue 03:30"), ("nightly", "Sun 09:00"), ("nightly", "Mon 03:30")]


def test_nights_that_a_machine_slept_through_are_run_once(database: Path) -> None:
    world = World(database, (NIGHTLY, OFTEN), takes=timedelta(minutes=1))
    scheduled = world.start()
    world.at += timedelta(days=3)
    scheduled.plan_all()
    assert {plan[0] <= world.at for plan in world.plans.values()} == {True}
    world.go_on(scheduled, world.at)
    assert sorted(job for job, _ in world.ran) == ["nightly", "often"]


def test_a_clock_that_is_set_back_runs_no_night_again(database: Path) -> None:
    world = World(database, (NIGHTLY,))
    scheduled = world.start()
    world.go_on(scheduled, MONDAY + timedelta(hours=20))
    world.at -= timedelta(hours=3)
    scheduled.plan_all()
    world.go_on(scheduled, MONDAY + timedelta(hours=30))
    assert world.ran == [("nightly", "Tue 03:30")]
    world.go_on(world.start(), MONDAY + timedelta(hours=44))  # nor after a new start
    assert world.ran == [("nightly", "Tue 03:30"), ("nightly", "Wed 03:30")]


def test_what_cron_or_a_person_ran_is_not_run_again(database: Path) -> None:
    world = World(database, (NIGHTLY, WEEKLY))
    scheduled = world.start()
    write_run(database, "hani nightly", "2026-11-23T18:30:00Z", "done", "nightly")  # by cron, just before
    world.go_on(scheduled, MONDAY + timedelta(hours=24))
    assert world.ran == []
    world.at += timedelta(hours=24)  # a night missed, and made up for by hand
    write_run(database, "hani nightly", stamp(world.at - timedelta(hours=1)), "done", None)
    world.go_on(world.start(), world.at + timedelta(hours=1))
    assert world.ran == []


def write_run(database: Path, command: str, started_at: str, status: str, job: str | None) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "insert into runs (command, started_at, status, program, job) values (?, ?, ?, 'hani', ?)",
            [command, started_at, status, job],
        )


def test_a_locked_archive_is_tried_again_and_the_patience_ends(database: Path) -> None:
    world = World(database, (NIGHTLY,), ends=[4, 4, 4])
    world.go_on(world.start(), MONDAY + timedelta(hours=20))
    assert world.ran == [("nightly", "Tue 03:33")]
    world.ends = [4] * 1000
    began = world.at
    world.go_on(world.start(), began + timedelta(hours=30))
    assert 1000 - len(world.ends) == 361  # once a minute for six hours
    assert [row["status"] for row in rows(database, "select status from runs")] == ["done", "failed"]
    assert one(database, "select json_extract(report, '$.exit_code') from runs where id = 2") == 4


def test_a_run_that_waits_for_the_lock_is_dropped_when_another_made_it(database: Path) -> None:
    world = World(database, (NIGHTLY,), ends=[4])
    scheduled = world.start()
    world.go_on(scheduled, MONDAY + timedelta(hours=18, minutes=30))
    write_run(database, "hani nightly", "2026-11-23T18:30:00Z", "done", "nightly")
    world.go_on(scheduled, MONDAY + timedelta(hours=24))
    assert world.ran == []


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (0, "done"),
        (1, "failed"),
        (2, "failed"),
        (3, "unreachable"),
        (5, "degraded"),
        (6, "partly_failed"),
        (130, "interrupted"),
        (-9, "interrupted"),
        (-15, "interrupted"),
    ],
)
def test_a_run_that_wrote_no_row_gets_one(database: Path, code: int, status: str) -> None:
    world = World(database, (SWEEP,), ends=[code])
    world.go_on(world.start(), MONDAY + timedelta(hours=24))
    assert world.ran == [("duplicates", "Mon 09:30")]  # once, however it ended
    assert rows(database, "select status, json_extract(report, '$.exit_code') as code from runs") == [
        {"status": status, "code": code}
    ]


def test_a_run_that_was_cut_short_goes_on_at_the_next_start_but_not_before(database: Path) -> None:
    world = World(database, (SWEEP,), ends=[-9])
    world.go_on(world.start(), MONDAY + timedelta(hours=10))
    assert world.ran == [("duplicates", "Mon 09:30")]
    before = stamp(world.at - timedelta(days=1))
    write_run(database, "hani duplicates", before, "done", "duplicates")  # a run of the day before
    world.go_on(world.start(), world.at + timedelta(hours=1))
    assert len(world.ran) == 2
    world.go_on(world.start(), world.at + timedelta(hours=1))  # it has been made up for
    assert len(world.ran) == 2


def test_without_an_archive_there_is_still_a_schedule(tmp_path: Path) -> None:
    world = World(tmp_path / "none.db", (SWEEP,), ends=[2, 2])
    world.go_on(world.start(), MONDAY + timedelta(hours=48))
    assert world.ran == [("duplicates", "Mon 09:30"), ("duplicates", "Tue 09:30")]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_of_ours_stops_no_job(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("as an example")

    monkeypatch.setattr("jobs.schedule.record_run", fail)
    world = World(database, (SWEEP,))
    world.go_on(world.start(), MONDAY + timedelta(hours=48))
    assert world.ran == [("duplicates", "Mon 09:30"), ("duplicates", "Tue 09:30")]


def test_a_run_that_cannot_be_started_is_given_up_until_its_next_time(database: Path) -> None:
    class Poor(World):
        def run(self, _command: list[str], job: str) -> int:
            self.ran.append((job, f"{self.at.astimezone(SEOUL):%a %H:%M}"))
            raise OSError("no process is to be had")

    world = Poor(database, (NIGHTLY,))
    world.go_on(world.start(), MONDAY + timedelta(hours=50))
    assert len(world.ran) == 2 * 361  # of each night once a minute for six hours
    assert world.ran[360:362] == [("nightly", "Tue 09:30"), ("nightly", "Wed 03:30")]


def test_a_hanging_run_is_ended() -> None:
    began = time.monotonic()
    code = Runner(longest=0.2).run([sys.executable, "-c", "import time; time.sleep(60)"], "x")
    assert code == -signal.SIGTERM and time.monotonic() - began < 30


def test_a_stop_waits_for_what_is_just_being_planned(database: Path) -> None:
    from apscheduler.schedulers.background import BackgroundScheduler

    planner = Planner(database, SEOUL, MONDAY)
    planning, go_on = threading.Event(), threading.Event()

    class Slow(Scheduled):
        def plan(self, job: Job, at: datetime | None = None, forced: bool = False) -> datetime:
            planning.set()
            go_on.wait(30)
            return super().plan(job, at, forced)

    scheduler = BackgroundScheduler(timezone=SEOUL)
    scheduled = Slow(planner, (SWEEP,), {"duplicates": [sys.executable, "-c", ""]}, scheduler, Runner())
    scheduler.add_job(scheduled.fire, "date", args=[SWEEP, True])
    scheduler.start()
    assert planning.wait(30)

    def stop() -> None:
        scheduled.stop()
        scheduler.shutdown(wait=True)

    stopping = threading.Thread(target=stop, daemon=True)
    stopping.start()
    stopping.join(0.2)
    go_on.set()
    stopping.join(30)
    assert not stopping.is_alive()


def test_a_run_that_does_not_heed_a_stop_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.schedule.STOP_SECONDS", 0.5)
    deaf = tmp_path / "deaf.py"
    deaf.write_text(
        "import pathlib, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "pathlib.Path(__file__).with_suffix('.ready').touch()\ntime.sleep(60)\n"
    )
    runner, codes = Runner(), list[int | None]()
    thread = threading.Thread(target=lambda: codes.append(runner.run([sys.executable, str(deaf)], "x")))
    thread.start()
    wait_until(deaf.with_suffix(".ready").exists)
    runner.stop()
    thread.join(30)
    assert codes == [-signal.SIGKILL]
    assert runner.run([sys.executable, "-c", ""], "x") is None  # nothing is started any more


def test_a_jump_of_the_clock_is_noticed(database: Path) -> None:
    world = World(database, (NIGHTLY,))
    scheduled = world.start()
    steps = iter([timedelta(), timedelta(hours=5), timedelta(), timedelta(hours=-5), timedelta(seconds=2)])
    planned: list[datetime] = []

    class Stopped(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            step = next(steps, None)
            world.at += step or timedelta()
            return step is None

    class Counted(Scheduled):
        def plan_all(self) -> None:
            planned.append(world.at)

    counted = Counted(scheduled.planner, (NIGHTLY,), {}, world, scheduled.runner, world.clock)
    watch_the_clock(Stopped(), counted, world.clock)
    assert planned == [MONDAY + timedelta(hours=5), MONDAY]


# --- what hani.toml says ---------------------------------------------------------------------------------------------


def configured(folder: Path, text: str) -> Config:
    path = folder / "hani.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_the_jobs_that_are_there_without_a_word() -> None:
    assert [(job.name, job.command, job.when.text, job.on, job.jitter) for job in Config().schedule.timetable()] == [
        ("nightly", "nightly", "30 3 * * *", True, 10.0),
        ("weekly", "nightly --full", "30 15 * * sun", True, 10.0),
        ("duplicates", "duplicates", "30 9 * * *", True, 0.0),
    ]


def test_single_settings_of_a_job_are_replaced(tmp_path: Path) -> None:
    config = configured(
        tmp_path,
        """
        [schedule]
        timezone = "Europe/Berlin"
        hour = 20
        jitter = 2
        [schedule.jobs.weekly]
        on = false
        [schedule.jobs.duplicates]
        every = "2 days"
        [schedule.jobs.often]
        command = "hani nightly --pages 1"
        cron = "*/20 8-18 * * 1-5"
        jitter = 1.5
        """,
    )
    nightly, weekly, duplicates, often = config.schedule.timetable()
    assert (nightly.when.text, nightly.jitter) == ("30 20 * * *", 2.0)
    assert (weekly.when.text, weekly.on, weekly.command) == ("30 8 * * sun", False, "nightly --full")
    assert (duplicates.when.text, duplicates.command) == ("2 days", "duplicates")
    assert (often.when.text, often.jitter, words_of(often)) == ("*/20 8-18 * * 1-5", 1.5, ["nightly", "--pages", "1"])
    assert str(config.schedule.zone) == "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('timezone = "Asia/Seol"', "did you mean 'Asia/Seoul'"),
        ('timezone = "../../etc/passwd"', "is no time zone"),
        ('timezone = "Asia"', "is no time zone"),
        ("jitter = -1", "jitter must be 0 to 120 minutes"),
        ("jitter = nan", "jitter must be 0 to 120 minutes"),
        ("jobs = 3", "must be tables such as [schedule.jobs.weekly]"),
        ("[schedule.jobs]\nweekly = false", "must be a table, [schedule.jobs.weekly]"),
        ("[schedule.jobs.weekly]\ncomand = 'x'", "did you mean 'command'"),
        ("[schedule.jobs.weekly]\non = 0", "on must be true or false"),
        ("[schedule.jobs.weekly]\njitter = 500", "jitter must be 0 to 120"),
        ('[schedule.jobs.weekly]\ncron = "0 5 * * sunday"', "weekday must be 0 to 7 or sun"),
        ('[schedule.jobs.weekly]\ncron = "0 5 * *"', "five fields"),
        ('[schedule.jobs.weekly]\ncron = "0 5 30 2 *"', "never comes"),
        ('[schedule.jobs.weekly]\ncron = "0 5 * * *"\nevery = "1 hour"', "either cron"),
        ('[schedule.jobs.weekly]\nevery = "often"', "no interval"),
        ('[schedule.jobs.x]\ncron = "0 5 * * *"', "needs a command"),
        ('[schedule.jobs.x]\ncommand = "nightly"', "either cron"),
        ('[schedule.jobs.x]\ncommand = "a\\nb"\nevery = "1 hour"', "one line"),
        ('[schedule.jobs."../x"]\ncommand = "nightly"\nevery = "1 hour"', "a job's name"),
        ("[schedule.jobs.X]\non = false", "a job's name"),
    ],
)
def test_what_no_schedule_can_be_made_of_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadConfig) as refused:
        configured(tmp_path, f"[schedule]\n{text}\n")
    assert says in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("nigthly", "did you mean 'nightly'"),
        ("schedule", "no command of hani that can be a job"),
        ("--db other.db nightly", "no command of hani"),
        ("rm -rf /", "no command of hani"),
        ("hani", "no command of hani"),
        ("nightly 'x", "cannot be read"),
    ],
)
def test_a_job_is_a_command_of_hani(hani: Hani, tmp_path: Path, command: str, says: str) -> None:
    text = f'[schedule.jobs.x]\ncommand = "{command}"\nevery = "1 hour"\n'
    (tmp_path / "hani.toml").write_text(text, encoding="utf-8")
    for asked in (["schedule", "--list"], ["cron"], ["systemd"]):
        ran = hani(*asked)
        assert (ran.code, ran.out) == (2, "") and says in ran.sentence


def test_the_jobs_are_listed(hani: Hani, database: Path, tmp_path: Path) -> None:
    (tmp_path / "hani.toml").write_text("[schedule.jobs.weekly]\non = false\n")
    write_run(database, "hani duplicates", "2026-11-23T00:30:00Z", "failed", "duplicates")
    ran = hani("schedule", "--list", TZ="America/New_York")
    assert ran.code == 0, ran.err
    assert "nightly: hani nightly" in ran.out and "03:30 KST (" in ran.out and " EST here)" in ran.out
    assert "2026-11-23 09:30 KST (2026-11-22 19:30 EST here), failed" in ran.out
    listed = {job["job"]: job for job in hani("schedule", "--list", "--json").data}
    assert listed["weekly"]["on"] is False and listed["weekly"]["next_run"] is None
    assert listed["duplicates"]["last_run"] == {"run": 1, "started_at": "2026-11-23T00:30:00Z", "status": "failed"}
    assert listed["nightly"]["next_run"].endswith("T18:30:00Z") and listed["nightly"]["last_run"] is None


def test_what_never_ran_is_expected_since_hani_toml_was_written(hani: Hani, tmp_path: Path) -> None:
    path = tmp_path / "hani.toml"
    path.write_text("")
    days_ago = time.time() - 3 * 86400
    os.utime(path, (days_ago, days_ago))
    listed = {job["job"]: job["next_run"] for job in hani("schedule", "--list", "--json").data}
    assert listed["nightly"] < stamp(datetime.now(UTC) - timedelta(days=1, hours=23))
    path.unlink()
    listed = {job["job"]: job["next_run"] for job in hani("schedule", "--list", "--json").data}
    assert listed["nightly"] > stamp(datetime.now(UTC))


def test_now_needs_the_nightly_job(hani: Hani, tmp_path: Path) -> None:
    (tmp_path / "hani.toml").write_text("[schedule.jobs.nightly]\non = false\n")
    ran = hani("schedule", "--now")
    assert ran.code == 2 and "nightly, and that is off" in ran.sentence
    ran = hani("schedule", "--origin", "nowhere")
    assert ran.code == 2 and "the origin 'nowhere' is not of the form" in ran.sentence


def test_what_init_writes_as_a_comment_is_right(tmp_path: Path) -> None:
    text = TEMPLATE.format(contact='"x@library.example"', database='"a.db"', hour=3)
    of_schedule = text[text.index("[schedule]") : text.index("# [site]")]
    config = configured(tmp_path, re.sub(r"^# ", "", of_schedule, flags=re.M))
    assert [(job.name, job.on) for job in config.schedule.timetable()][1::2] == [("weekly", False), ("often", True)]


# --- for real --------------------------------------------------------------------------------------------------------

NIGHTS = """
[crawl]
contact = "x@library.example"
delay = 0.02
[schedule.jobs.nightly]
every = "{every} seconds"
[schedule.jobs.weekly]
on = false
[schedule.jobs.duplicates]
on = {sweep}
every = "1 second"
"""


def start(site: Replica, folder: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jobs", "--db", "archive.db", "schedule", "--origin", site.origin, *options]
    env = {k: v for k, v in os.environ.items() if k not in ("HANI_DB", "HANI_NOW")}
    with (folder / "schedule.log").open("a") as log:
        return subprocess.Popen(
            command,
            cwd=folder,
            env={**env, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            text=True,
        )


def wait_until(holds: Callable[[], Any], patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def said(folder: Path) -> str:
    return (folder / "schedule.log").read_text(encoding="utf-8")


def asked(folder: Path, sql: str) -> int:
    """A count; 0 while there is no archive yet."""
    try:
        return int(one(folder / "archive.db", sql) or 0)
    except sqlite3.OperationalError:
        return 0


def holder_of(folder: Path) -> int:
    return int(json.loads((folder / "archive.db.lock").read_text())["pid"])


def ended(process: subprocess.Popen[str]) -> int:
    """Stop a schedule as a machine does that shuts down; its exit code."""
    process.terminate()
    began = time.monotonic()
    process.wait(timeout=30)
    assert time.monotonic() - began < 15
    return process.returncode


def test_three_nights_with_a_killed_run_and_a_missed_one(site: Replica, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    (tmp_path / "hani.toml").write_text(NIGHTS.format(every=6, sweep="false"))
    process = start(site, tmp_path)
    try:
        # The first night: killed amid its crawl. The schedule lives on, and the second night ends well.
        wait_until(lambda: asked(tmp_path, "select count(*) from captures") >= 15)
        os.kill(holder_of(tmp_path), signal.SIGKILL)
        wait_until(lambda: "nightly ended with exit code -9" in said(tmp_path))
        assert one(db, "select status from runs where id = 1 and job = 'nightly'") in ("running", "interrupted")
        wait_until(lambda: asked(tmp_path, "select count(*) from runs where status = 'done'") == 1)
        assert one(db, "select status from runs where id = 1") == "interrupted"
        assert ended(process) == 0
        nights = asked(tmp_path, "select count(*) from runs")
        # Several nights pass while the schedule is down; started again, it makes up for them once.
        site.night = 2
        (tmp_path / "hani.toml").write_text(NIGHTS.format(every=3600, sweep="false"))
        back = stamp(datetime.now(UTC) - timedelta(hours=5))
        with closing(sqlite3.connect(db)) as connection, connection:
            connection.execute("update runs set started_at = ?, finished_at = ?", [back, back])
        process = start(site, tmp_path)
        wait_until(lambda: asked(tmp_path, "select count(*) from runs where status = 'done'") == 2)
        wait_until(lambda: said(tmp_path).count("nightly ended with exit code 0") == 2)
        assert ended(process) == 0
    finally:
        process.kill()
        process.wait()
    assert asked(tmp_path, "select count(*) from runs") == nights + 1
    assert {row["job"] for row in rows(db, "select job from runs")} == {"nightly"}
    assert rows(db, "select 1 from versions where number = 2") != []  # the last night found the edits
    with crawl_lock(db, "the test"):
        pass  # nobody has the archive any more
    assert "Traceback" not in said(tmp_path)


def test_sigterm_ends_schedule_and_run_within_seconds_and_the_run_goes_on_later(site: Replica, tmp_path: Path) -> None:
    db = tmp_path / "archive.db"
    text = NIGHTS.format(every=3600, sweep="false").replace("0.02", "0.05")
    (tmp_path / "hani.toml").write_text(text)
    process = start(site, tmp_path)
    try:
        wait_until(lambda: asked(tmp_path, "select count(*) from captures") >= 5)
        assert ended(process) == 0
        assert one(db, "select status from runs") == "interrupted"
        kept = asked(tmp_path, "select count(*) from captures")
        (tmp_path / "hani.toml").write_text(text.replace("0.05", "0"))
        process = start(site, tmp_path)
        wait_until(lambda: asked(tmp_path, "select count(*) from runs where status = 'done'") == 1)
        assert ended(process) == 0
    finally:
        process.kill()
        process.wait()
    assert asked(tmp_path, "select count(*) from captures") > kept
    assert "did not end by itself" in said(tmp_path) and "the schedule has ended" in said(tmp_path)


def test_the_schedule_and_its_runs_speak_as_they_are_asked_to(site: Replica, tmp_path: Path) -> None:
    text = NIGHTS.format(every=3600, sweep="false").replace("0.02", "0")
    (tmp_path / "hani.toml").write_text(text + '[log]\nformat = "json"\n')
    process = start(site, tmp_path)
    try:
        wait_until(lambda: "nightly ended with exit code 0" in said(tmp_path))
        assert ended(process) == 0
    finally:
        process.kill()
        process.wait()
    entries = [json.loads(line) for line in said(tmp_path).splitlines()]
    assert {"log", "stored", "run_ended"} <= {entry["event"] for entry in entries}
    assert entries[-1]["message"] == "the schedule has ended"


def test_another_jobs_runs_stand_in_runs_too(site: Replica, hani: Hani, tmp_path: Path) -> None:
    (tmp_path / "hani.toml").write_text(NIGHTS.format(every=3600, sweep="true"))
    assert hani("nightly", "--origin", site.origin, "--delay", "0").code == 0
    process = start(site, tmp_path)
    try:
        wait_until(lambda: asked(tmp_path, "select count(*) from runs where job = 'duplicates'") >= 2)
        assert ended(process) == 0
    finally:
        process.kill()
        process.wait()
    found = rows(tmp_path / "archive.db", "select command, status, report from runs where job = 'duplicates'")
    assert found[0] == {"command": "hani duplicates", "status": "done", "report": '{"exit_code": 0}'}
    assert asked(tmp_path, "select count(*) from runs where job is null") == 1  # the run by hand counted for nightly
    assert asked(tmp_path, "select count(*) from runs where job = 'nightly'") == 0
    assert hani("show", "1213377").code == 0
    assert hani("rebuild", "--check").code == 0  # rows without captures upset nothing that is derived


@pytest.mark.parametrize("command", ["hani rebuild", "hani duplicates", "hani nightly"])
def test_a_lock_says_who_has_it_and_dies_with_its_process(database: Path, command: str) -> None:
    script = (
        "import sys, time; from pathlib import Path; from archive.lock import crawl_lock\n"
        "with crawl_lock(Path(sys.argv[1]), sys.argv[2]): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(database), command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"held\n"
        with pytest.raises(
            ArchiveLocked, match=rf"`{command}` \(process {process.pid} on .*\) has had it since .* KST"
        ):
            crawl_lock(database, "hani recrawl").__enter__()
        process.kill()
        process.wait()
        assert str(process.pid) in database.with_name("archive.db.lock").read_text()  # what it wrote is still there
        with crawl_lock(database, "hani recrawl"):
            pass


def test_a_command_line_that_could_not_run_is_refused_before_a_night_finds_out(hani: Hani, tmp_path: Path) -> None:
    (tmp_path / "hani.toml").write_text('[schedule.jobs.typo]\ncommand = "nightly --fulll"\ncron = "0 5 * * *"\n')
    for command in (["schedule", "--list"], ["cron"], ["systemd"]):
        ran = hani(*command)
        assert ran.code == 2 and "[schedule.jobs.typo]: 'nightly --fulll' cannot run" in ran.sentence, ran.err
    off = "".join(f"[schedule.jobs.{job}]\non = false\n" for job in ("nightly", "weekly", "duplicates"))
    (tmp_path / "hani.toml").write_text(off)
    for name in ("cron", "systemd"):
        ran = hani(name)
        assert ran.code == 2 and "no job of the schedule is on" in ran.sentence
