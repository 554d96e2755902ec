"""The configuration: `hani.toml`, checked to the last key, with good defaults."""

import difflib
import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.errors import BadConfig
from crawler.revisits import HAZARD, POLICIES
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
class Schedule:
    """When: the hour (and minute) of the night, in Korea's time."""

    hour: int = 3
    minute: int = 30


@dataclass(frozen=True, slots=True)
class Recheck:
    """Which known articles are asked again: by which policy, and at most how many a day (None: the runs' caps alone)."""

    policy: str = HAZARD
    budget: int | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration; `path` is the file it came from, if any."""

    site: Site = field(default_factory=Site)
    crawl: Crawl = field(default_factory=Crawl)
    archive: Archive = field(default_factory=Archive)
    schedule: Schedule = field(default_factory=Schedule)
    recheck: Recheck = field(default_factory=Recheck)
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
    tables = {"site": Site, "crawl": Crawl, "archive": Archive, "schedule": Schedule, "recheck": Recheck}
    for name, values in raw.items():
        if name not in tables or not isinstance(values, dict):
            raise BadConfig(f"{path}: there is no table [{name}]{_did_you_mean(name, tables)}")
        table = _table(path, name, tables[name], values)
        config = replace(config, **{name: table})
    check(config, str(path))
    return config


def _table(path: Path, name: str, kind: type[Any], values: dict[str, Any]) -> Any:
    known = {f.name: f for f in fields(kind)}
    made: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise BadConfig(f"{path}: [{name}] has no setting {key!r}{_did_you_mean(key, known)}")
        made[key] = _value(path, f"[{name}] {key}", known[key].type, getattr(kind(), key), value)
    return kind(**made)


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
        words = {str: "a text", int: "a whole number", float: "a number"}
        raise BadConfig(f"{path}: {where} must be {words[expected]}, not {value!r}")
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
