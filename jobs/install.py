"""The commands that hand the jobs of hani.toml to the machine's own schedulers: cron and systemd."""

import getpass
import json
import logging
import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from pathlib import Path

import click

from archive.times import Clock, now
from crawler.config import Config
from crawler.errors import BadConfig
from crawler.timetable import Cron, Every, Job, Shifted, parse_cron, shifted
from jobs.cli import LOCKED, Options
from jobs.crawling import JOB
from jobs.placing import place
from jobs.planning import arguments, check_jobs
from jobs.schedule import LONGEST_SECONDS, longest_seconds

log = logging.getLogger("hani")

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
DAEMONS = ("crond", "cron")
DAEMON_PATH = "/usr/sbin:/sbin:/usr/local/sbin"
MOST_DAEMON_BYTES = 8_000_000  # cronie's crond has 80 KB, busybox 2 MB
LONGEST_LINE = 998  # characters of a command, in Debian's cron and in cronie (MAX_COMMAND)


@dataclass(frozen=True, slots=True)
class Installation:
    """The jobs that are on, as programs to call: each with its arguments; and where the archive is."""

    program: Path
    folder: Path
    log: Path
    zone: tzinfo
    jobs: tuple[tuple[Job, list[str]], ...]
    longest: int = LONGEST_SECONDS


def installation(options: Options) -> Installation:
    """This installation.

    Raises BadConfig for a path that no line of text can hold.
    """
    config, database = options.config, options.database.resolve()
    timetable = [job for job in config.schedule.timetable() if job.on]
    if not timetable:
        raise BadConfig("no job of the schedule is on; [schedule.jobs.nightly] on = true would be one")
    check_jobs(timetable)
    jobs = tuple((job, ["--quiet", *arguments(options, job)]) for job in timetable)
    program = Path(sys.executable).parent / "hani"
    for path in (database, program, options.config_path or database):
        if not str(path).isprintable():
            raise BadConfig(f"the path {str(path)!r} cannot stand in a line of text; move the file")
    say_variables(config)
    written = database.with_suffix(".log" if database.suffix != ".log" else ".log.txt")
    return Installation(program, database.parent, written, config.schedule.zone, jobs, longest_seconds(config))


def say_variables(config: Config) -> None:
    """Say which variables the runs will lack: neither cron nor systemd knows those of a shell."""
    for name in dict.fromkeys(target.url_env for target in (*config.notify, config.ping) if target.url_env):
        log.warning(
            "a run that cron or systemd starts does not know the variable %s of your shell;"
            " keep that url in a file (url_file) of mode 600 instead",
            name,
        )


# --- cron ------------------------------------------------------------------------------------------------------------


@click.command()
@click.pass_obj
def cron(options: Options) -> None:
    """Print the crontab lines for this installation.

    The hours are those of the schedule's time zone. A cron that knows CRON_TZ (cronie) is told it; for others (Debian's) they
    are written in this machine's own zone, through all its changes of summer time. The lock on the archive is hani's own: no
    flock is needed. cron makes nothing up that it missed.

    \b
    Example:
        (crontab -l; hani cron) | crontab -
    """
    for line in cron_lines(installation(options), knows_zones(cron_daemon())):
        click.echo(line)


def cron_daemon() -> Path | None:
    """The cron of this machine."""
    path = os.pathsep.join([os.environ.get("PATH", ""), DAEMON_PATH])
    found = next((found for name in DAEMONS if (found := shutil.which(name, path=path))), None)
    return Path(found) if found else None


def knows_zones(daemon: Path | None) -> bool:
    """Whether a cron heeds CRON_TZ; the variable's name stands in a program that does, and cron cannot be asked otherwise."""
    if daemon is None:
        return False
    try:
        with daemon.open("rb") as file:
            return b"CRON_TZ" in file.read(MOST_DAEMON_BYTES)
    except OSError:
        return False


def cron_lines(here: Installation, zones: bool, clock: Clock = now) -> list[str]:
    """The lines, with a comment before each job's. Nightly stands last, right above what else a person may add."""
    offsets = list(offsets_of(here.zone, clock))
    lines = []
    if zones and offsets != [(0, [])]:
        offsets = [(0, [])]
        lines += ["# CRON_TZ holds for every line below it: keep these lines last", f"CRON_TZ={here.zone}"]
    for job, words in reversed(here.jobs):
        lines.append(f"# hani {job.name}: {job.when.text}, {here.zone}{_in_this_zone(offsets)}")
        when = cron_of(job.when)
        if when is None:
            lines.append(f"# cron cannot say {job.when.text!r}; `hani schedule` and `hani systemd` can")
            continue
        for minutes, guard in offsets if isinstance(job.when, Cron) else [(0, list[str]())]:
            lines += [cron_line(here, job, words, moved, guard) for moved in shifted(when, minutes)]
    return lines


def offsets_of(zone: tzinfo, clock: Clock = now) -> Iterator[tuple[int, list[str]]]:
    """By how many minutes this machine's clock is ahead of a zone's, in the year to come, each with the test that it is so.

    There is no test where the two never change against each other.
    """
    begin = clock()
    days = [begin + timedelta(days=day) for day in range(366)]
    pairs = sorted({(day.astimezone().strftime("%z"), day.astimezone(zone).strftime("%z")) for day in days})
    ahead = {pair: _minutes(pair[0]) - _minutes(pair[1]) for pair in pairs}
    if len(set(ahead.values())) == 1:
        yield ahead[pairs[0]], []
        return
    for pair in pairs:
        yield ahead[pair], [f'[ "$(date +%z)$(TZ={zone} date +%z)" = "{pair[0]}{pair[1]}" ]']


def _minutes(offset: str) -> int:
    return (1 if offset[0] == "+" else -1) * (int(offset[1:3]) * 60 + int(offset[3:5]))


def _in_this_zone(offsets: list[tuple[int, list[str]]]) -> str:
    if len(offsets) > 1:
        return "; a line for each offset of this machine's zone"
    ahead = offsets[0][0] / 60
    return f" ({abs(ahead):g} h {'behind' if ahead > 0 else 'ahead of'} this machine's zone)" if ahead else ""


def cron_of(when: Cron | Every) -> Cron | None:
    """A cron expression for what cron can say; None for an interval that does not divide an hour, a day or a week."""
    if isinstance(when, Cron):
        return when
    minutes, odd = divmod(when.seconds, 60)
    if odd or not minutes:
        return None
    if 60 % minutes == 0 and minutes < 60:
        return parse_cron(f"*/{minutes} * * * *")
    if minutes % 60 == 0 and 1440 % minutes == 0:
        return parse_cron(f"0 */{minutes // 60} * * *" if minutes < 1440 else "0 0 * * *")
    return parse_cron("0 0 * * sun") if minutes == 7 * 1440 else None


def cron_line(here: Installation, job: Job, words: list[str], when: Shifted, guard: list[str]) -> str:
    """One line. A guard before the command sees to what cron's fields cannot say.

    Raises BadConfig for a command that is too long for cron.
    """
    guards = [*guard, *_of_the_day(here.zone, "d", when.dates), *_of_the_day(here.zone, "m", when.months)]
    path = shlex.quote(f"{here.program.parent}:{SYSTEM_PATH}")
    run = f"{JOB}={job.name} PATH={path} {shlex.join([str(here.program), *words])} >> {shlex.quote(str(here.log))} 2>&1"
    command = " && ".join([*guards, f"cd {shlex.quote(str(here.folder))}", run]).replace("%", r"\%")
    if len(command) > LONGEST_LINE:
        raise BadConfig(
            f"[schedule.jobs.{job.name}]: its line is too long for cron ({LONGEST_LINE} characters at most)"
        )
    return f"{when.text} {command}"  # cron ends a line at a bare percent sign


def _of_the_day(zone: tzinfo, form: str, values: tuple[int, ...] | None) -> list[str]:
    if values is None:
        return []
    return [f"TZ={zone} date +%{form} | grep -qxE '{'|'.join(f'{value:02}' for value in values)}'"]


# --- systemd ---------------------------------------------------------------------------------------------------------

SERVICE = """\
[Unit]
Description=hani: {description}
StartLimitIntervalSec=0
{network}
[Service]
Type=exec
WorkingDirectory={folder}
Environment={environment}
ExecStart={command}
# Another run has the archive ({locked}): try again until it is done. Stopped by SIGTERM (130) is no failure.
RestartForceExitStatus={locked}
RestartSec=2min
SuccessExitStatus=130
KillMode=mixed
TimeoutStopSec=30
RuntimeMaxSec={longest}
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
SystemCallArchitectures=native
{system}"""

# A user's manager may do none of these without privileges. SQLite writes beside the database: its folder must be writable.
SYSTEM = """\
User={user}
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={folder}
ProtectKernelTunables=yes
ProtectControlGroups=yes
"""

TIMER = """\
[Unit]
Description=hani: {description}

[Timer]
{when}

[Install]
WantedBy=timers.target
"""


@click.command()
@click.option("--write", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Write the files into DIR.")
@click.option("--system", is_flag=True, help="Units for the whole machine, not for one user; they run as this user.")
@click.pass_obj
def systemd(options: Options, folder: Path | None, system: bool) -> None:
    """Print the systemd services and timers for this installation: one of each for every job that is on.

    They are units of a user, to be put into ~/.config/systemd/user. A run that was missed is made up for once; one that
    finds the archive locked tries again. What the runs say goes to the journal.

    \b
    Example:
        hani systemd --write ~/.config/systemd/user
        systemctl --user daemon-reload
        systemctl --user enable --now hani-nightly.timer
    """
    units = dict(systemd_units(installation(options), system))
    if folder is None:
        for name, text in units.items():
            click.echo(f"# --- {name}\n{text}")
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in units.items():
            place(folder / name, text)
    except OSError as error:
        raise BadConfig(f"the units cannot be written into {folder}: {error.strerror}") from error
    user = "" if system else " --user"
    timers = " ".join(name for name in units if name.endswith(".timer"))
    click.echo(f"systemctl{user} daemon-reload && systemctl{user} enable --now {timers}")
    if not system:
        click.echo("loginctl enable-linger    # runs go on while you are not logged in")


def systemd_units(here: Installation, system: bool = False) -> Iterator[tuple[str, str]]:
    """The units' file names and texts."""
    for job, words in here.jobs:
        about = _specifiers(f"{job.name} ({job.command}), {here.folder}")
        yield f"hani-{job.name}.service", service(here, job, words, about, system)
        yield f"hani-{job.name}.timer", TIMER.format(description=about, when="\n".join(timer_lines(job, here.zone)))


def service(here: Installation, job: Job, words: list[str], about: str, system: bool) -> str:
    """The service of a job."""
    path = f"PATH={here.program.parent}:{SYSTEM_PATH}"
    folder = _quoted(str(here.folder))
    return SERVICE.format(
        description=about,
        network="Wants=network-online.target\nAfter=network-online.target\n" if system else "",
        folder=_specifiers(str(here.folder)),
        environment=f"{_quoted(f'{JOB}={job.name}')} {_quoted(path)}",
        command=" ".join([_quoted(str(here.program)), *(_quoted(word).replace("$", "$$") for word in words)]),
        locked=LOCKED,
        longest=here.longest,
        system=SYSTEM.format(user=getpass.getuser(), folder=folder) if system else "",
    )


def timer_lines(job: Job, zone: tzinfo) -> list[str]:
    """When a timer starts a job."""
    if isinstance(job.when, Every):
        return ["OnActiveSec=10s", f"OnUnitActiveSec={job.when.seconds}s", "AccuracySec=1s"]
    delay = [f"RandomizedDelaySec={round(job.jitter * 60)}s"] if job.jitter else []
    return [*(f"OnCalendar={one}" for one in calendars(job.when, zone)), "Persistent=true", *delay]


def calendars(when: Cron, zone: tzinfo) -> list[str]:
    """A cron expression as systemd's calendar events: two where either the date or the weekday will do."""
    names = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
    weekdays = "" if len(when.weekdays) == 7 else ",".join(names[day] for day in when.weekdays) + " "
    months, days = _listed(when.months, 12), _listed(when.days, 31)
    at = f"{_listed(when.hours, 24)}:{_listed(when.minutes, 60)}:00 {zone}"
    if when.either:
        return [f"*-{months}-{days} {at}", f"{weekdays}*-{months}-* {at}"]
    return [f"{weekdays}*-{months}-{days} {at}"]


def _listed(values: tuple[int, ...], all_of_them: int) -> str:
    return "*" if len(values) == all_of_them else ",".join(f"{value:02}" for value in values)


def _specifiers(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """A word as systemd reads it: in double quotes, with C's escapes (JSON's are the same for printable text)."""
    return _specifiers(json.dumps(text, ensure_ascii=False))
