"""Telling people of a run: the dead-man's ping, the notifications, and the command that tries them."""

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from archive.database import beside_writer, open_reader
from archive.errors import ArchiveError
from archive.reads import news as archived
from crawler.config import Config, Notify
from crawler.errors import BadConfig
from jobs.cli import INTERRUPTED, LOCKED, STORAGE, USAGE, Options, explain
from jobs.summary import summary
from jobs.telling.blotting import blot
from jobs.telling.courier import Errand, Item
from jobs.telling.notifications import Message, News, failed, message_for, trial
from jobs.telling.secrets import url_of, withdraw

log = logging.getLogger("hani")


@dataclass(frozen=True, slots=True)
class Told:
    """A rule whose target can be reached, with its url; or, without one, why not."""

    name: str
    rule: Notify
    url: str | None = field(repr=False)
    why: str | None = None


@dataclass(slots=True)
class Telling:
    """What is told of one run, as far as the configuration asks for anything."""

    database: Path
    command: str
    targets: list[Told] = field(default_factory=list)
    ping: str | None = field(default=None, repr=False)
    run_id: int | None = None
    report: Mapping[str, Any] | None = None
    _started: Errand | None = None

    def began(self, run_id: int) -> None:
        """The run has begun: nothing of this may keep it."""
        self.run_id = run_id
        if self.ping:
            self._started = _errand([Item(_beside(self.ping, "start"), self.command, ping=True)])

    def ended(self, code: int, sentence: str | None) -> None:
        """Tell of the run's end. Whatever comes of that, the run's outcome stays what it is."""
        try:
            self._wait_for_start()
            if code in (LOCKED, INTERRUPTED) or not (self.targets or self.ping):
                return
            news = self._news(code, sentence)
            send([*self._pings(news), *messages(self.targets, news)])
        except KeyboardInterrupt:  # what is on its way goes on without us
            log.warning("stopped while the run was told of", extra={"fields": {"event": "notify_failed"}})
        except Exception as error:
            log.warning("the notifications could not be made: %s", error, extra={"fields": {"event": "notify_failed"}})

    def _wait_for_start(self) -> None:
        if self._started is not None and (why := self._started.results()[0]):
            log.warning("the ping at the start failed: %s", why, extra={"fields": {"event": "ping_failed"}})

    def _news(self, code: int, sentence: str | None) -> News:
        found = News(self.command, code, sentence, self.report)
        if self.run_id is None or not self.targets:
            return found
        try:
            with closing(beside_writer(self.database)) as archive:
                return gather(archive, self.run_id, found)
        except sqlite3.Error as error:  # a run that failed by the archive is told of all the same
            log.warning("what the run found cannot be told: %s", error, extra={"fields": {"event": "notify_failed"}})
            return found

    def _pings(self, news: News) -> list[tuple[str, Item]]:
        if not self.ping:
            return []
        url = _beside(self.ping, "fail") if failed(news.code) else self.ping
        lines = [f"exit code {news.code}", news.sentence or "", summary(news.report) if news.report else ""]
        return [("the ping", Item(url, "\n".join(filter(None, lines)), ping=True))]


@contextmanager
def telling(database: Path, config: Config, command: str, wanted: bool, pings: bool) -> Iterator[Telling]:
    """Tell of a run whatever way it ends, by a fault of this program too; where `wanted` is false, nobody."""
    told = Telling(database, command)
    if wanted:
        told.targets, told.ping = _usable(config, pings)
    withdraw([*config.notify, config.ping])
    try:
        yield told
    except BaseException as end:
        told.ended(*_outcome(end))
        raise
    told.ended(0, None)


def _usable(config: Config, pings: bool) -> tuple[list[Told], str | None]:
    """Those of whom the url can be had. A night is not lost over a password: the others are left out, with a warning."""
    found, ping = targets_of(config), ping_of(config) if pings else None
    for target in (*found, *([ping] if ping else [])):
        if target.why:
            log.warning(
                "%s is not told of this run: %s",
                target.name,
                target.why,
                extra={"fields": {"event": "notify_failed", "target": target.name}},
            )
    return [target for target in found if target.url], ping.url if ping else None


def _outcome(end: BaseException) -> tuple[int, str | None]:
    """The exit code that an end leads to, and what is said of it."""
    if isinstance(end, SystemExit):
        return (end.code if isinstance(end.code, int) else 0 if end.code is None else 1), None
    if isinstance(end, click.ClickException):
        return end.exit_code, end.format_message()
    if isinstance(end, click.Abort) or not isinstance(end, Exception):
        return INTERRUPTED, None
    if (explained := explain(end)) is not None:
        return explained[1], explained[0]
    return STORAGE, f"a fault of this program: {type(end).__name__}: {end}"


def _beside(url: str, step: str) -> str:
    """A switch's address for another step, as healthchecks.io has it: …/start, …/fail."""
    address, mark, settings = url.partition("?")
    return f"{address.rstrip('/')}/{step}{mark}{settings}"


# --- from the configuration and the archive --------------------------------------------------------------------------


def targets_of(config: Config) -> list[Told]:
    """All targets of notifications."""
    return [_told(rule.name or f"target {n}", rule, config) for n, rule in enumerate(config.notify, 1)]


def ping_of(config: Config) -> Told | None:
    """The dead-man's switch; None where there is none."""
    if not config.ping.given:
        return None
    found = _told("the dead-man's switch", Notify(config.ping.url, config.ping.url_env, config.ping.url_file), config)
    if found.url and not found.url.lower().startswith(("http://", "https://")):
        return replace(found, url=None, why="a ping's url begins with https:// or http://")
    return found


def _told(name: str, rule: Notify, config: Config) -> Told:
    try:
        return Told(name, rule, url_of(rule, config.path))
    except BadConfig as error:
        return Told(name, rule, None, str(error))


def gather(archive: sqlite3.Connection, run: int, known: News) -> News:
    """What a run found, and those before it that were cut short: each thing is told of by one run alone.

    A version belongs to the run that captured it first, a turn to the run whose report has it; a drift is told of when it is new.
    """
    untold = archived.untold(archive, run)
    runs = [run, *(row["id"] for row in untold)]
    reports = {n: report for n in runs if (report := known.report if n == run else archived.reported(archive, n))}
    turned = {(t["id"], t["after"]): None for report in reports.values() for t in report["statuses"]}
    turned |= {(t["id"], t["after"]): None for t in archived.turns(archive, [n for n in runs if n not in reports])}
    told = {"removed", "moved", "returned"}
    stood = archived.stood(archive, [article for article, after in turned if after in told])
    before = archived.drifts_before(archive, run)
    drifts = (known.report or {}).get("drift") or []
    return replace(
        known,
        versions=archived.begun(archive, runs),
        turns=[{**stood[n], "after": after} for n, after in turned if after in told and n in stood],
        drifts=[d for d in drifts if (d["template"], d["measure"], d["since_run"]) not in before],
        killed=[row for row in untold if row["killed"]],
    )


def messages(targets: Sequence[Told], news: News) -> list[tuple[str, Item]]:
    """One message at most for each target."""
    made = [(target, message_for(target.rule, news)) for target in targets]
    return [(target.name, _item(target, message)) for target, message in made if message]


def _item(target: Told, message: Message) -> Item:
    assert target.url is not None
    return Item(target.url, message.body, message.title, message.level)


# --- sending ---------------------------------------------------------------------------------------------------------


def _errand(items: Sequence[Item]) -> Errand | None:
    try:
        return Errand(items)
    except OSError as error:
        log.warning("nothing can be sent: %s", error, extra={"fields": {"event": "notify_failed"}})
        return None


def send(named: Sequence[tuple[str, Item]]) -> list[str | None]:
    """Send all at once; what came of each, in the log as well."""
    if not named:
        return []
    errand = _errand([item for _, item in named])
    results: list[str | None] = errand.results() if errand else ["nothing can be sent"] * len(named)
    for (name, item), why in zip(named, results, strict=True):
        fields = {"event": ("ping" if item.ping else "notified") if why is None else "notify_failed", "target": name}
        if why is None:
            log.info("%s was told: %s", name, item.title or "a ping", extra={"fields": fields})
        else:
            log.warning("%s could not be told: %s", name, why, extra={"fields": fields})
    return results


# --- the command -----------------------------------------------------------------------------------------------------


@click.command()
@click.option("--test", "test", is_flag=True, help="Send a test message to every target, and say what came of each.")
@click.option("--run", "run", type=click.IntRange(1), metavar="RUN", help="Of this run (default: the last one).")
@click.option("--send", "sends", is_flag=True, help="Send it (again), instead of only showing it.")
@click.pass_obj
def notify(options: Options, test: bool, run: int | None, sends: bool) -> None:
    """Show what a run tells each target, or try the targets.

    The targets stand in hani.toml, one [[notify]] each. A nightly run tells them by itself when it ends; this command is to
    see what they are told. With --test every target gets a test message, and the dead-man's switch a ping; the command ends with 2
    where a url cannot be had, and with 1 where a message could not be sent.

    \b
    Example:
        hani notify --test
        hani notify --run 12
    """
    config = options.config
    targets = [*targets_of(config), *([ping] if (ping := ping_of(config)) else [])]
    withdraw([*config.notify, config.ping])
    if not targets:
        raise BadConfig("nobody is to be told of anything: hani.toml has no [[notify]] and no [ping]")
    if test:
        raise SystemExit(_try(targets, ping))
    told = [target for target in targets if target is not ping]
    news = _news_of(options.database, run)
    for target in told:
        _show(target, message_for(target.rule, news))
    if sends:
        results = send(messages([target for target in told if target.url], news))
        raise SystemExit(1 if any(results) else 0)


def _try(targets: Sequence[Told], ping: Told | None) -> int:
    """Send a test to each; the exit code."""
    named = []
    for target in targets:
        if target.url is not None:
            message = trial(target.name)
            named.append((target.name, Item(target.url, message.body, message.title, ping=target is ping)))
    results = send(named)
    answers = iter(results)  # in the targets' order: two may have one name
    for target in targets:
        why = target.why or next(answers)
        click.echo(blot(f"{target.name}: {why or 'told'}"))
    return USAGE if any(target.why for target in targets) else STORAGE if any(results) else 0


def _news_of(database: Path, run: int | None) -> News:
    """What a run has to tell, as the archive has it.

    Raises ArchiveError where there is no such run, or where it was no crawl.
    """
    with closing(open_reader(database)) as archive:
        row = archive.execute(
            "select id, command, status, json_extract(report, '$.exit_code') as code from runs where id = :run or (:run is null"
            " and report is not null and (command like 'hani nightly%' or command like 'hani recrawl%'))"
            " order by id desc limit 1",
            {"run": run},
        ).fetchone()
        if row is None:
            raise ArchiveError(f"the archive {database} has no run {run}" if run else f"{database} has no run yet")
        if not row["command"].startswith(("hani nightly", "hani recrawl")):
            raise ArchiveError(f"run {run} of {database} was no crawl ({row['command']}): nobody is told of it")
        code = _code(row["status"]) if row["code"] is None or row["code"] < 0 else row["code"]
        return gather(archive, row["id"], News(row["command"], code, None, archived.reported(archive, row["id"])))


def _code(status: str) -> int:
    from jobs.cli import DEGRADED, PARTLY_FAILED, UNREACHABLE

    codes = {"done": 0, "unreachable": UNREACHABLE, "interrupted": INTERRUPTED, "degraded": DEGRADED}
    return {**codes, "partly_failed": PARTLY_FAILED}.get(status, STORAGE)


def _show(target: Told, message: Message | None) -> None:
    click.echo(click.style(f"{target.name}{f' ({target.why})' if target.why else ''}", bold=True))
    click.echo(f"{message.title}\n\n{message.body}\n" if message else "nothing\n")
