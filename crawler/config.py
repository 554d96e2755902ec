"""The configuration: `hani.toml`, checked to the last key, with good defaults."""

import difflib
import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from archive.display.links import is_public_url
from crawler.errors import BadConfig
from crawler.revisits import HAZARD, POLICIES
from crawler.timetable import Job, parse_cron, parse_every
from crawler.urls import ENGLISH, HOSTS, WWW, is_section_code

PROGRAM = "hani/0.1"

FEEDS = tuple(f"https://{host}/rss/english_edition/" for host in HOSTS)
SECTIONS = (
    "e_national",
    "e_international",
    "e_northkorea",
    "e_business",
    "e_entertainment",
    "e_editorial",
    "english_editorials",
)

MOST_JITTER = 120  # minutes; more would carry the night's run into the morning
EVENTS = ("failure", "drift", "silent", "removal", "return", "new")
"""What can be told of, beside the kinds of changes (archive.comparing.kinds.KINDS)."""
LOG_FORMATS = ("plain", "json")
LOG_LEVELS = ("quiet", "normal", "info")
MOST_OF_A_KEYWORD = 100  # characters
MOST_SERVED_ROWS = 10_000  # of one answer of JSON or of one page of a table

_NAME = re.compile(r"[\w .-]{1,40}")


@dataclass(frozen=True, slots=True)
class Site:
    """Where to look: the server asked in the site's stead (or None), feeds and sections."""

    origin: str | None = None
    feeds: tuple[str, ...] = FEEDS
    sections: tuple[str, ...] = SECTIONS


@dataclass(frozen=True, slots=True)
class Crawl:
    """How to ask: seconds between requests, caps for one run, seconds until an answer is given up."""

    contact: str | None = None
    delay: float = 2.0
    max_requests: int = 3000
    max_minutes: float = 180.0
    pages: int = 20
    timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Archive:
    """Which database."""

    database: str = "hankyoreh.db"


@dataclass(frozen=True, slots=True)
class JobSettings:
    """A job as hani.toml has it: a command line of hani, and a cron expression or an interval.

    `jitter` are the minutes by up to which a run is put off at random.
    """

    command: str = ""
    cron: str | None = None
    every: str | None = None
    on: bool = True
    jitter: float = 0.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """When: the hour and minute of the night in a time zone, and the jobs that hani.toml adds or changes."""

    timezone: str = "Asia/Seoul"
    hour: int = 3
    minute: int = 30
    jitter: float = 10.0
    jobs: tuple[tuple[str, JobSettings], ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which the jobs' hours are meant."""
        return ZoneInfo(self.timezone)

    def built_in(self) -> dict[str, JobSettings]:
        """The jobs that there are without a word in hani.toml.

        Nothing of them meets the night's run, which takes three hours at most: the sweep follows it six hours later, the full
        walk has the other half of the Sunday.
        """
        return {
            "nightly": JobSettings("nightly", f"{self.minute} {self.hour} * * *", jitter=self.jitter),
            "weekly": JobSettings(
                "nightly --full", f"{self.minute} {(self.hour + 12) % 24} * * sun", jitter=self.jitter
            ),
            "duplicates": JobSettings("duplicates", f"{self.minute} {(self.hour + 6) % 24} * * *"),
        }

    def timetable(self) -> tuple[Job, ...]:
        """All jobs, the built-in ones first.

        Raises BadConfig.
        """
        return tuple(_job(name, settings) for name, settings in {**self.built_in(), **dict(self.jobs)}.items())


@dataclass(frozen=True, slots=True)
class Recheck:
    """Which known articles are asked again: by which policy, and at most how many a day (None: the runs' caps alone)."""

    policy: str = HAZARD
    budget: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes: a url, or the variable or file that holds it. It mostly has a secret in it, so it is never shown."""

    url: str | None = field(default=None, repr=False)
    url_env: str | None = None
    url_file: str | None = None

    @property
    def given(self) -> bool:
        """Whether there is one."""
        return bool(self.url or self.url_env or self.url_file)


@dataclass(frozen=True, slots=True)
class Notify(Target):
    """Who is told of what: `on` names events and kinds of changes, `keywords` narrow what is told of articles."""

    name: str | None = None
    on: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ping(Target):
    """The dead-man's switch that hears of each night: an address as healthchecks.io gives one."""


@dataclass(frozen=True, slots=True)
class Serve:
    """How the archive is served to readers: at which address of this machine, and what of it is open to them.

    `sql` lets them ask any question, of at most `sql_milliseconds`; `payloads` shows the pages as they arrived; `indexed` lets
    search engines come; `public_url` is where the world finds the server, if that is elsewhere.
    """

    host: str = "127.0.0.1"
    port: int = 8001
    sql: bool = False
    payloads: bool = False
    indexed: bool = False
    public_url: str | None = None
    page_size: int = 50
    most_rows: int = 1000
    sql_milliseconds: int = 1000
    threads: int = 3


@dataclass(frozen=True, slots=True)
class Log:
    """What is said on standard error, where neither an option nor a variable says otherwise."""

    format: str | None = None
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration; `path` is the file it came from, if any."""

    site: Site = field(default_factory=Site)
    crawl: Crawl = field(default_factory=Crawl)
    archive: Archive = field(default_factory=Archive)
    schedule: Schedule = field(default_factory=Schedule)
    recheck: Recheck = field(default_factory=Recheck)
    notify: tuple[Notify, ...] = ()
    ping: Ping = field(default_factory=Ping)
    log: Log = field(default_factory=Log)
    serve: Serve = field(default_factory=Serve)
    path: Path | None = None

    @property
    def user_agent(self) -> str:
        """Who we say that we are."""
        contact = self.crawl.contact or "no contact configured"
        return f"{PROGRAM} (versioned news archive; contact: {contact})"

    @property
    def database(self) -> Path:
        """The database's path; a relative one is relative to the configuration's folder."""
        base = self.path.parent if self.path else Path()
        return base / self.archive.database


def load(path: Path) -> Config:
    """Read a configuration file.

    Raises BadConfig for a file that is not there, is not TOML, or holds a key or value that cannot be.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadConfig(f"the configuration {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfig(f"the configuration {path} is not valid TOML: {error}") from error
    config = Config(path=path)
    tables = {
        "site": Site,
        "crawl": Crawl,
        "archive": Archive,
        "schedule": Schedule,
        "recheck": Recheck,
        "ping": Ping,
        "log": Log,
        "serve": Serve,
    }
    config = replace(config, notify=_rules(path, raw.pop("notify", [])))
    for name, values in raw.items():
        if name not in tables:
            raise BadConfig(f"{path}: there is no table [{name}]{_did_you_mean(name, [*tables, 'notify'])}")
        if not isinstance(values, dict):
            raise BadConfig(f"{path}: {name} must be one table, [{name}]")
        table: Any = _schedule(path, values) if name == "schedule" else _table(path, name, tables[name], values)
        config = replace(config, **{name: table})
    check(config, str(path))
    if "ping" in raw and not config.ping.given:
        raise BadConfig(f"{path}: [ping] needs a url, url_env or url_file")
    return config


def _table(path: Path, name: str, kind: type[Any], values: dict[str, Any], base: Any = None) -> Any:
    """A table's settings, in place of those of `base` (None: of the defaults)."""
    known = {f.name: f for f in fields(kind)}
    made: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise BadConfig(f"{path}: [{name}] has no setting {key!r}{_did_you_mean(key, known)}")
        made[key] = _value(path, f"[{name}] {key}", known[key].type, getattr(kind(), key), value)
    return replace(base or kind(), **made)


def _schedule(path: Path, values: dict[str, Any]) -> Schedule:
    jobs = values.get("jobs", {})
    if not isinstance(jobs, dict):
        raise BadConfig(f"{path}: [schedule] jobs must be tables such as [schedule.jobs.weekly]")
    schedule: Schedule = _table(path, "schedule", Schedule, {k: v for k, v in values.items() if k != "jobs"})
    built_in = schedule.built_in()
    named = tuple((name, _job_settings(path, name, of, built_in.get(name))) for name, of in jobs.items())
    return replace(schedule, jobs=named)


def _job_settings(path: Path, name: str, values: object, base: JobSettings | None) -> JobSettings:
    where = f"schedule.jobs.{name}"
    if not isinstance(values, dict):
        raise BadConfig(f"{path}: {where} must be a table, [{where}]")
    if "every" in values and "cron" not in values and base:
        base = replace(base, cron=None)
    settings: JobSettings = _table(path, where, JobSettings, values, base)
    return settings


def _job(name: str, settings: JobSettings) -> Job:
    """A job that can be reckoned with.

    Raises BadConfig.
    """
    where = f"[schedule.jobs.{name}]"
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", name, re.A):
        raise BadConfig(f"{where}: a job's name is made of small letters, digits, - and _, 40 at most")
    if not settings.command.strip() or not settings.command.isprintable():
        raise BadConfig(f'{where} needs a command, a command line of hani in one line: command = "nightly --full"')
    if (settings.cron is None) == (settings.every is None):
        raise BadConfig(f'{where} needs either cron = "0 5 * * sun" or every = "20 minutes"')
    if not 0 <= settings.jitter <= MOST_JITTER:
        raise BadConfig(f"{where}: jitter must be 0 to {MOST_JITTER} minutes, not {settings.jitter}")
    try:
        when = parse_every(settings.every or "") if settings.cron is None else parse_cron(settings.cron)
    except ValueError as error:
        wrong = f"every = {settings.every!r}" if settings.cron is None else f"cron = {settings.cron!r}"
        raise BadConfig(f"{where}: {wrong} {error}") from None
    return Job(name, settings.command, when, settings.on, settings.jitter)


def _rules(path: Path, listed: object) -> tuple[Notify, ...]:
    if not isinstance(listed, list) or not all(isinstance(values, dict) for values in listed):
        raise BadConfig(f"{path}: each target of notifications is a table of its own, headed [[notify]]")
    return tuple(_table(path, "[notify]", Notify, values) for values in listed)


def _value(path: Path, where: str, kind: object, default: object, value: object) -> object:
    """The value in the type of its default; in that of its setting where the default is none."""
    if isinstance(default, tuple):
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise BadConfig(f"{path}: {where} must be a list of texts, not {value!r}")
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    expected = type(default)
    if default is None:
        expected = int if kind == int | None else str
    if type(value) is not expected:
        words = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
        shown = "" if " url" in where else f", not {value!r}"  # a url may hold a secret
        raise BadConfig(f"{path}: {where} must be {words[expected]}{shown}")
    return value


def check(config: Config, where: str) -> None:
    """Refuse values that no run could use.

    Raises BadConfig.
    """
    crawl, schedule = config.crawl, config.schedule
    for name, value, least in (
        ("delay", crawl.delay, 0),
        ("max_requests", crawl.max_requests, 1),
        ("max_minutes", crawl.max_minutes, 0.01),
        ("pages", crawl.pages, 1),
        ("timeout", crawl.timeout, 1),
    ):
        if not least <= value < 1e9:  # also refuses nan
            raise BadConfig(f"{where}: {name} must be {least} or more, not {value}")
    if config.recheck.policy not in POLICIES:
        near = _did_you_mean(config.recheck.policy, POLICIES)
        raise BadConfig(f"{where}: [recheck] there is no policy {config.recheck.policy!r}{near}")
    if config.recheck.budget is not None and not 1 <= config.recheck.budget < 1e9:
        raise BadConfig(f"{where}: [recheck] budget must be 1 or more, not {config.recheck.budget}")
    if not (0 <= schedule.hour <= 23 and 0 <= schedule.minute <= 59):
        raise BadConfig(f"{where}: [schedule] hour must be 0 to 23 and minute 0 to 59")
    check_schedule(schedule, where)
    if crawl.contact is not None and (not crawl.contact.isprintable() or not crawl.contact.strip()):
        raise BadConfig(f"{where}: contact must be one line of text, a mail address or a web address")
    if config.site.origin is not None:
        check_origin(config.site.origin)
    for section in config.site.sections:
        if not is_section_code(section):
            raise BadConfig(f"{where}: {section!r} is not a section's code (such as e_national)")
    for feed in config.site.feeds:
        if not any(feed.startswith(f"{scheme}://{host}/") for scheme in ("http", "https") for host in (WWW, ENGLISH)):
            raise BadConfig(f"{where}: the feed {feed!r} is not on {WWW} or {ENGLISH}")
    _check_telling(config, where)
    check_serve(config.serve, where)


def check_serve(serve: Serve, where: str) -> None:
    """Refuse what no server could do.

    Raises BadConfig.
    """
    if not serve.host.strip() or not serve.host.isprintable() or "/" in serve.host:
        raise BadConfig(
            f"{where}: [serve] host must be a name or number of this machine such as 127.0.0.1, not {serve.host!r}"
        )
    for name, value, least, most in (
        ("port", serve.port, 0, 65535),
        ("page_size", serve.page_size, 1, MOST_SERVED_ROWS - 1),
        ("most_rows", serve.most_rows, serve.page_size + 1, MOST_SERVED_ROWS),
        ("sql_milliseconds", serve.sql_milliseconds, 10, 60_000),
        ("threads", serve.threads, 1, 64),
    ):
        if not least <= value <= most:
            raise BadConfig(f"{where}: [serve] {name} must be {least} to {most}, not {value}")
    if serve.public_url is not None and not is_public_url(serve.public_url):
        raise BadConfig(
            f"{where}: [serve] public_url must be an address such as https://archive.example, not {serve.public_url!r}"
        )


def _check_telling(config: Config, where: str) -> None:
    for number, rule in enumerate(config.notify, 1):
        at = f"{where}: [[notify]] {number}"
        _check_target(rule, at)
        if not rule.given:
            raise BadConfig(f"{at} needs a url, url_env or url_file")
        if rule.name is not None and not _NAME.fullmatch(rule.name):
            raise BadConfig(f"{at}: name must be one to forty letters, digits, blanks, dots, dashes or underscores")
        if not all(re.search(r"\w", word) and len(word) <= MOST_OF_A_KEYWORD for word in rule.keywords):
            raise BadConfig(f"{at}: a keyword must hold a letter or digit, and at most {MOST_OF_A_KEYWORD} characters")
        _check_events(rule, at)
    _check_target(config.ping, f"{where}: [ping]")
    for key, value, allowed in (("format", config.log.format, LOG_FORMATS), ("level", config.log.level, LOG_LEVELS)):
        if value is not None and value not in allowed:
            raise BadConfig(f"{where}: [log] {key} must be one of {', '.join(allowed)}, not {value!r}")


def _check_events(rule: Notify, at: str) -> None:
    from archive.comparing.kinds import KINDS

    known = [*EVENTS, *KINDS]
    for event in rule.on:
        if event not in known:
            shown = "event" if "://" in event else f"event {event!r}"
            raise BadConfig(f"{at}: there is no {shown} to be told of{_did_you_mean(event, known)}")


def _check_target(target: Target, at: str) -> None:
    """No sentence of these shows a value: who mistakes one key for another has written a secret there."""
    if sum(value is not None for value in (target.url, target.url_env, target.url_file)) > 1:
        raise BadConfig(f"{at} must have one of url, url_env and url_file")
    if target.url is not None and not re.fullmatch(r"[a-zA-Z][\w+.-]*://[^\s\x00-\x20\x7f]+", target.url):
        raise BadConfig(f"{at}: url must be an address such as mailtos://… or https://…")
    if target.url_env is not None and not re.fullmatch(r"[A-Za-z_]\w*", target.url_env, re.A):
        raise BadConfig(f"{at}: url_env must be the name of a variable such as HANI_MAIL")
    named = target.url_file
    if named is not None and ("://" in named or not named.isprintable() or not named.strip()):
        raise BadConfig(f"{at}: url_file must be the path of a file such as mail.url")


def check_schedule(schedule: Schedule, where: str) -> None:
    """Refuse a time zone that is none, and jobs that could not run.

    Raises BadConfig.
    """
    try:
        _ = schedule.zone
    except (ValueError, OSError, KeyError):
        close = difflib.get_close_matches(schedule.timezone, available_timezones(), n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ", such as Asia/Seoul"
        raise BadConfig(f"{where}: [schedule] timezone {schedule.timezone!r} is no time zone{hint}") from None
    if not 0 <= schedule.jitter <= MOST_JITTER:
        raise BadConfig(f"{where}: [schedule] jitter must be 0 to {MOST_JITTER} minutes, not {schedule.jitter}")
    try:
        schedule.timetable()
    except BadConfig as error:
        raise BadConfig(f"{where}: {error}") from None


def check_origin(origin: str) -> str:
    """The origin as scheme, host and port alone.

    Raises BadConfig for anything that is not such an address.
    """
    try:
        parts = urlsplit(origin)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.username is None
        good = good and parts.path in ("", "/") and not parts.query and not parts.fragment
        good = good and not re.search(r"[\s\\^`{|}<>\"]", origin)
        _ = parts.port
    except ValueError:
        good = False
    if not good:
        raise BadConfig(f"the origin {origin!r} is not of the form http://host:port")
    return f"{parts.scheme}://{parts.netloc}"


def _did_you_mean(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(known)})"
