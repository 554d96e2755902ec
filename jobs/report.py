"""A run's report, as people read it: on the terminal, as JSON, as a page."""

import sqlite3
from contextlib import closing
from pathlib import Path

import click

from archive.database import open_reader
from archive.reads import reports
from archive.reads.reports import Run
from archive.text import printable
from jobs import logs
from jobs.cli import Options, json_option
from jobs.report_text import run_text
from jobs.screen.pager import put
from jobs.screen.printing import print_json
from jobs.screen.terminal import as_laid_out, screen


@click.command()
@click.argument("run", required=False, metavar="[RUN]")
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Write the report as a page of its own.")
@json_option
@click.pass_obj
def report(options: Options, run: str | None, html: Path | None, as_json: bool) -> None:
    """Show the report of RUN, a number; without it, of the last crawl.

    The page needs nothing but itself: no script, no other file, no network. What an older version of hani did not record
    is said to be so.

    \b
    Example:
        hani report
        hani report 12 --html report.html
    """
    from jobs.gaps import named_by

    as_data = as_json or options.as_json
    if html is not None and as_data:
        raise click.UsageError("--html and --json do not go together: ask for one, then for the other.")
    database = options.database
    if html is not None:
        spare(database, html)
    with closing(open_reader(database)) as archive:
        found = asked_for(archive, run)
        gaps = named_by(archive, found.started_at) if found.crawls and not as_data else None
        if html is not None:
            from jobs.report_page import page, write

            gaps = gaps or (named_by(archive, found.started_at) if found.crawls else None)
            write(html, page(found, reports.trend(archive, found.id, reports.SHOWN), gaps))
            logs.remark(f"wrote {html}")
            return
    if as_data:
        print_json(found.report or found.row)
    else:
        where = screen(options)
        lines = run_text(found, gaps).split("\n")
        put([part for line in lines for part in as_laid_out(line, where.columns)], where, options)


def spare(database: Path, page: Path) -> None:
    """See that a page would not take the place of the archive, or of a file that SQLite or the lock keeps beside it.

    Raises UsageError.
    """
    for suffix in ("", "-wal", "-shm", "-journal", ".lock"):
        if page.resolve() == Path(f"{database.resolve()}{suffix}"):
            raise click.UsageError(f"the page cannot be written to {page}: it is a file of the archive.")


def asked_for(archive: sqlite3.Connection, number: str | None) -> Run:
    """The run that a person names, else the last crawl, else the last run of any kind.

    Raises UsageError.
    """
    last = reports.last_id(archive)
    if last is None:
        raise click.UsageError("there is no run in this archive yet; `hani nightly` makes one.")
    if number is None:
        crawl = reports.latest(archive)
        found = crawl[0] if crawl else reports.numbered(archive, last)
    else:
        digits = number.isascii() and number.isdigit() and len(number) <= 18
        found = reports.numbered(archive, int(number)) if digits else None
    if found is None:
        raise click.UsageError(f"there is no run {printable(number or '')!r} in this archive; the last one is {last}.")
    return found
