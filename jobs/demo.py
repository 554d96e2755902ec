"""The command that shows it all: nights on the bundled copy of the site, over real HTTP on loopback."""

import os
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import click

from archive.database import open_reader
from archive.reads import queries
from archive.times import now, stamp
from jobs.cli import DEGRADED, Options
from jobs.clock import VARIABLE
from jobs.differing import print_comparison

NIGHTS = 7  # until something was edited silently, moved, removed for sure and returned; some twenty seconds
MOST_NIGHTS = 8  # on the last one the site's layout has changed
APART = timedelta(hours=25)  # so that three nights span the two days that confirm a removal


@click.command()
@click.option(
    "--nights", type=click.IntRange(1, MOST_NIGHTS), default=NIGHTS, show_default=True, help="How many nights to run."
)
@click.option(
    "--serve/--no-serve",
    "serves",
    default=None,
    help="Open the archive to be read at the end, until stopped (default: on a terminal).",
)
@click.pass_obj
def demo(options: Options, nights: int, serves: bool | None) -> None:
    """Serve the bundled copy of the site, run nights on it, and open the archive to be read.

    The articles are invented, and the nights are a day apart by a clock that is set for each; the last one is tonight. The
    database (default demo/hankyoreh.db) is made anew.

    \b
    Example:
        hani demo --nights 8
    """
    from jobs.replica import Replica

    database = Path(options._db) if options._db else Path("demo/hankyoreh.db")
    make_room(database)
    with Replica() as site:
        for night in range(1, nights + 1):
            site.night = night
            click.echo(click.style(f"\nNight {night} of the bundled site, served at {site.origin}", bold=True))
            command = ["--db", str(database), "nightly", "--origin", site.origin, "--delay", "0"]
            click.echo(f"$ hani {' '.join(command)}\n", err=False)
            sys.stdout.flush()
            begun = stamp(now() - (nights - night) * APART)
            environment = {**os.environ, VARIABLE: begun}
            run = [sys.executable, "-m", "jobs", *command, "--no-notify"]
            code = subprocess.run(run, env=environment, check=False).returncode
            if code not in (0, DEGRADED):
                raise SystemExit(code)
    show_silent_edit(database, options)
    click.echo(f"\nThe archive is {database}. Look around:")
    for line in (
        "changes --silent",
        "removed",
        f"as-of {stamp(now())[:10]}",
        "search election",
        "versions ID",
        "show ID",
        "serve",
    ):
        click.echo(f"  {program()} --db {database} {line}")
    if serves or (serves is None and sys.stdout.isatty()):
        open_to_readers(database)


def program() -> str:
    """How this program is called from here: by its name where the shell finds it, else by its path."""
    called = Path(sys.argv[0])
    if called.name != "hani" or shutil.which("hani"):
        return "hani"
    return os.path.relpath(called)


def open_to_readers(database: Path) -> None:
    """Serve the archive at the usual port, or at another one where that is taken."""
    from crawler.config import Serve
    from jobs.serve import Unbindable, run

    click.echo()
    try:
        run(database, Serve())
    except Unbindable:
        run(database, Serve(port=0))


def make_room(database: Path) -> None:
    """Remove the demo's earlier database; only ever one that a demo can have made."""
    database.parent.mkdir(parents=True, exist_ok=True)
    if database.exists():
        with closing(open_reader(database)) as archive:
            foreign = archive.execute("select count(*) from captures where origin is null").fetchone()[0]
        if foreign:
            raise click.UsageError(f"{database} holds captures of the real site: the demo will not replace it.")
    for suffix in ("", "-wal", "-shm", ".lock"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def show_silent_edit(database: Path, options: Options) -> None:
    """Print the comparison of one edit, a silent one if there is any."""
    with closing(open_reader(database)) as archive:
        row = archive.execute(
            "select article_id, number from versions where number > 1 order by silent desc, kind = 'text' desc, article_id limit 1"
        ).fetchone()
        if row is None:
            return
        before = queries.version(archive, row["article_id"], str(row["number"] - 1))
        after = queries.version(archive, row["article_id"], str(row["number"]))
    click.echo(click.style(f"\nWhat one edit was:  {program()} --db {database} diff {row['article_id']}\n", bold=True))
    print_comparison(before, after, options)
