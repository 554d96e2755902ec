"""The commands that crawl: nightly and recrawl."""

import json
import logging
import os
import re
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

from archive.database import check, open_reader
from archive.errors import NoArchive, UnknownArticle
from archive.runs import Run, record_run
from archive.text import printable
from archive.times import stamp
from crawler.config import PROGRAM, Config, check_origin
from crawler.config import check as check_config
from crawler.errors import SiteUnreachable
from crawler.plan import EXIT_CODES, Plan
from crawler.urls import ArticleAddress, article_address, find_article
from jobs import logs
from jobs.cli import Options, json_option
from jobs.notify import Telling, telling
from jobs.summary import summary

if TYPE_CHECKING:
    from crawler.session import Session

PATIENCE = 5.0  # seconds to wait for an origin's connection before the run is given up

log = logging.getLogger("hani")
LARGE_JOURNAL = 64_000_000  # bytes: four times what a run's journal holds between two checkpoints

JOB = "HANI_JOB"  # the variable by which a schedule tells a run its job's name

F = TypeVar("F", bound=Callable[..., Any])


def crawl_options(command: F) -> F:
    """The options of every crawling command."""
    for option in reversed(
        (
            click.option("--origin", metavar="URL", help="Ask this server in the site's stead (a mirror, a replica)."),
            click.option(
                "--delay", type=float, metavar="SECONDS", help="Seconds between two requests (default 2; 0: none)."
            ),
            click.option(
                "--max-requests", type=int, metavar="N", help="Ask at most N times; the rest waits for the next run."
            ),
            click.option("--max-minutes", type=float, metavar="N", help="Ask for at most N minutes."),
            click.option("--force", is_flag=True, help="Fetch known articles whole, not conditionally."),
            click.option("--dry-run", is_flag=True, help="Only list what would be asked for."),
            click.option(
                "--notify/--no-notify",
                "notifies",
                default=None,
                help="Tell the targets in hani.toml of this run (default: nightly does, recrawl does not).",
            ),
            json_option,
        )
    ):
        command = option(command)
    return command


def configured(
    options: Options, origin: str | None, delay: float | None, max_requests: int | None, max_minutes: float | None
) -> Config:
    """The configuration, with what the command line says instead.

    Raises BadConfig.
    """
    config = options.config
    crawl = config.crawl
    crawl = replace(
        crawl,
        delay=crawl.delay if delay is None else delay,
        max_requests=crawl.max_requests if max_requests is None else max_requests,
        max_minutes=crawl.max_minutes if max_minutes is None else max_minutes,
    )
    config = replace(config, crawl=crawl)
    asked = config.site.origin if origin is None else origin
    if asked is not None:
        config = replace(config, site=replace(config.site, origin=check_origin(asked)))
    check_config(config, "the options")
    return config


def knock(database: Path, config: Config, plan: Plan) -> None:
    """See that an origin listens, before anything is written; where it does not, an archive that is there keeps a row of the run.

    Raises SiteUnreachable.
    """
    if config.site.origin is None:
        return
    parts = urlsplit(config.site.origin)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), PATIENCE).close()
    except OSError as error:
        from jobs.clock import clock_for

        at = stamp(clock_for(config.site.origin)())
        record_run(Run(0, plan.command, at, at, "unreachable", plan.job), database, PROGRAM, EXIT_CODES["unreachable"])
        raise SiteUnreachable(f"the origin {config.site.origin} does not answer: {error.strerror or error}") from error


@click.command()
@click.option("--full", is_flag=True, help="Walk every list to its end, and check every known article.")
@click.option(
    "--pages", type=click.IntRange(1), metavar="N", help="At most N pages of each list (default 20; --full: all)."
)
@crawl_options
@click.pass_obj
def nightly(
    options: Options,
    full: bool,
    pages: int | None,
    origin: str | None,
    delay: float | None,
    max_requests: int | None,
    max_minutes: float | None,
    force: bool,
    dry_run: bool,
    notifies: bool | None,
    as_json: bool,
) -> None:
    """Walk feed and lists, fetch what is new, then check known articles that are due.

    Each list is walked until a whole page holds nothing new. What the run's budget leaves over waits for the next run.

    \b
    Example:
        hani nightly
        hani nightly --full --max-requests 500
    """
    config = configured(options, origin, delay, max_requests, max_minutes)
    command = "hani nightly --full" if full else "hani nightly"
    plan = Plan(command, walk=True, full=full, force=force, pages=pages, job=os.environ.get(JOB))
    database = options.database
    if dry_run:
        from jobs.clock import clock_for
        from jobs.foresight import would_ask

        list_plan(would_ask(database, config, plan, clock_for(config.site.origin)), as_json or options.as_json)
        return
    with telling(database, config, command, wanted=notifies is not False, pings=True) as told:
        check(database)
        knock(database, config, plan)
        run(database, config, plan, as_json or options.as_json, told)


@click.command()
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option(
    "--from-file",
    type=click.Path(path_type=Path),
    metavar="PAGE",
    help="Read this saved page (HTML or text) instead of fetching.",
)
@click.option("--captured-at", metavar="TIME", help="When the saved page was captured, with its zone (default: now).")
@crawl_options
@click.pass_obj
def recrawl(
    options: Options,
    addresses: tuple[str, ...],
    from_file: Path | None,
    captured_at: str | None,
    origin: str | None,
    delay: float | None,
    max_requests: int | None,
    max_minutes: float | None,
    force: bool,
    dry_run: bool,
    notifies: bool | None,
    as_json: bool,
) -> None:
    """Fetch single articles again, by any spelling of their address or by their number.

    A bare number must be in the archive. With --from-file a saved page is read as the page at ADDRESS.

    \b
    Example:
        hani recrawl https://english.hani.co.kr/arti/english_edition/e_international/1095276.html
        hani recrawl 1095276 1095381
        hani recrawl --from-file page.html 1095276 --captured-at 2023-06-09T09:00:00Z
    """
    config = configured(options, origin, delay, max_requests, max_minutes)
    database = options.database
    given = tuple({found.article_id: found for found in (named(database, address) for address in addresses)}.values())
    if captured_at is not None and from_file is None:
        raise click.UsageError("--captured-at goes with --from-file.")
    if from_file is not None:
        if len(given) != 1:
            raise click.UsageError("--from-file reads one page: give one ADDRESS.")
        from jobs.saved_page import recrawl_saved

        raise SystemExit(recrawl_saved(database, given[0], from_file, captured_at, as_json or options.as_json))
    plan = Plan("hani recrawl", given, force=force, job=os.environ.get(JOB))
    if dry_run:
        list_plan([{"kind": "article", "url": address.url} for address in given], as_json or options.as_json)
        return
    with telling(database, config, plan.command, wanted=notifies is True, pings=False) as told:
        check(database)
        knock(database, config, plan)
        run(database, config, plan, as_json or options.as_json, told)


def named(database: Path, text: str) -> ArticleAddress:
    """The article that a person names; a bare number must be in the archive.

    Raises NotAnArticleAddress, UnknownArticle.
    """
    if not re.fullmatch(r"\s*\d{1,12}\s*", text, re.A):
        return article_address(text)
    number = int(text)
    sentence = f"article {number} is not in the archive {database}; give its whole address instead of the number"
    try:
        archive = open_reader(database)
    except NoArchive:
        raise UnknownArticle(sentence) from None
    with closing(archive):
        row = archive.execute(
            "select coalesce((select url from articles where id = :id),"
            " (select requested_url from captures where article_id = :id order by fetched_at desc limit 1),"
            " (select url from frontier where article_id = :id))",
            {"id": number},
        ).fetchone()
    address = find_article(row[0]) if row[0] else None
    if address is None:
        raise UnknownArticle(sentence)
    return address


def list_plan(entries: list[dict[str, str]], as_json: bool) -> None:
    """Print what would be asked."""
    if as_json:
        click.echo(json.dumps(entries, indent=2))
        return
    for entry in entries:
        click.echo(f"{entry['kind']:<8} {printable(entry['url'])}")
    logs.remark(f"{len(entries)} address{'es' * (len(entries) != 1)} would be asked for; nothing was")


def run(database: Path, config: Config, plan: Plan, as_json: bool, told: Telling) -> None:
    """Crawl in this process, print the report, and end with the exit code that it calls for."""
    from crawler.session import Session
    from jobs.clock import clock_for
    from jobs.screen.progress import watching

    clock = clock_for(config.site.origin)
    if config.crawl.contact is None and config.site.origin is None:
        log.warning("no contact is configured for the User-Agent; `hani init` sets one")
    with watching() as progress:
        session = Session(database, config, plan, clock, progress)
        logs.bind(run=session.run_id)
        told.began(session.run_id)
        try:
            crawl(session)
        finally:
            session.close("interrupted")
    report = told.report = session.report
    print_report(report, as_json)
    say_journal(session.recorder.journal_left)
    if session.recorder.error is not None:
        raise session.recorder.error
    if report["status"] == "unreachable":
        reasons = "; ".join(f"{host}: {printable(state)}" for host, state in report["hosts"].items())
        failed = report["outcomes"]["failed"]
        what = "no address gave a usable answer" if failed else "no host of the site let anything be asked"
        raise SiteUnreachable(f"{what} ({reasons})")
    raise SystemExit(report["exit_code"])


def print_report(report: dict[str, Any], as_json: bool) -> None:
    """Print a run's report, unless nothing is to be said; the archive keeps it."""
    from jobs.report_text import report_text

    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    elif logs.wants_report():
        click.echo(report_text(report))
    counts = {"status": report["status"], "requests": report["requests"], "outcomes": report["outcomes"]}
    if logs.as_json():
        log.info("%s", summary(report), extra={"fields": {"event": "run_ended", **counts}})


def say_journal(left: int) -> None:
    """Say that another program has kept the archive's journal from being written back, where it has grown large."""
    if left >= LARGE_JOURNAL:
        log.warning(
            "another program has been reading the archive all the while, so that its journal has %s MB; the next run writes it"
            " back once that program lets go",
            f"{left / 1e6:,.0f}",
        )


def crawl(session: "Session") -> None:
    """Run Scrapy on a session until it ends."""
    import asyncio
    import signal

    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    from crawler.spiders.hankyoreh import HankyorehSpider

    settings = Settings()
    settings.setmodule("crawler.settings")
    settings.set("LOG_INSTALL_ROOT_HANDLER", False)  # each step is told of by the session's own progress
    process = AsyncCrawlerProcess(settings)
    process.crawl(HankyorehSpider, session=session)
    loop = asyncio.get_event_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, session.stopping.set)
    try:
        process.start(install_signal_handlers=False)
    finally:  # the loop heeds nothing any more, and people may yet have to be told of the run
        for number in (signal.SIGINT, signal.SIGTERM):
            if not loop.is_closed():
                loop.remove_signal_handler(number)
            signal.signal(number, signal.default_int_handler)
