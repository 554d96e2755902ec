"""The commands that derive anew: rebuild and reprocess."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from archive.database import check, open_reader, open_writer
from archive.errors import NoArchive
from archive.lock import crawl_lock
from archive.rebuilding import adopt, build, differences, discard
from archive.reprocessing import Difference, Outlook, outlook
from archive.store import Store
from archive.times import now
from archive.troubles import is_busy
from crawler.extraction import cleaner_parts, rules_at_work, todays_cleaner
from jobs.cli import STORAGE, Options, json_option
from jobs.differing import in_a_line
from jobs.reading import LABELS
from jobs.screen.printing import say
from jobs.screen.steps import watching_steps


@contextmanager
def _alone(options: Options, command: str, changes: bool) -> Iterator[Path]:
    """The archive with no crawl beside us; migrated where need be, if the command changes it at all.

    Raises NoArchive, NotAnArchive, NewerArchive, ArchiveLocked.
    """
    database = options.database
    if not check(database):
        raise NoArchive(f"there is no archive at {database}; `hani nightly` makes one, --db names another")
    if not changes:
        open_reader(database).close()  # refuses an older one, which nothing but a migration could read
    with crawl_lock(database, command, now):
        db = open_writer(database)
        with closing(db.conn), suppress(sqlite3.DatabaseError):  # tables that are broken are what a rebuild is for
            Store(db, todays_cleaner()).settle()  # a run that was killed was never judged
        try:
            yield database
        except sqlite3.Error as error:
            if not is_busy(error):
                discard(database)  # it may be what takes the room that is missing, or what is damaged
            raise


@click.command()
@click.option(
    "--workers", type=click.IntRange(1, 64), metavar="N", help="So many processes (default: one for each core)."
)
@click.option("--check", "check_only", is_flag=True, help="Change nothing: only say whether anything would differ.")
@json_option
@click.pass_obj
def rebuild(options: Options, workers: int | None, check_only: bool, as_json: bool) -> None:
    """Derive everything anew from the captures: readings, versions, changes, statuses, the search index.

    The new tables grow beside the archive and take the place of the old ones in one step: readers never see half of them,
    and what was stopped goes on where it was. The archive's captures are not touched. With --check the command ends with
    1 where the archive's tables are not what its captures give.

    \b
    Example:
        hani rebuild
        hani rebuild --check
    """
    with _alone(options, "hani rebuild", not check_only) as database, watching_steps() as progress:
        build(database, todays_cleaner(), progress, workers or 0)
        found = differences(database)
        counts = _counts(database)
        if check_only:
            discard(database)
        else:
            adopt(database)
    report = {
        "applied": not check_only,
        **counts,
        "differences": {t: {"gone": g, "new": n} for t, (g, n) in found.items()},
    }
    if as_json or options.as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        say_rebuilt(report)
    if check_only and found:
        raise SystemExit(STORAGE)


def _counts(database: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as archive:
        return {
            table: archive.execute(f"select count(*) from {table}").fetchone()[0] for table in ("captures", "payloads")
        }


def say_rebuilt(report: Mapping[str, Any]) -> None:
    """A rebuild's report for people."""
    done = "Rebuilt" if report["applied"] else "Checked"
    say(f"{done} from {report['captures']:,} captures and {report['payloads']:,} payloads.")
    if not report["differences"]:
        say("Every derived row is what it was.")
    for table, counts in report["differences"].items():
        verbs = ("went", "came") if report["applied"] else ("would go", "would come")
        say(f"  {table:<12}{counts['gone']:>8,} rows {verbs[0]}, {counts['new']:,} {verbs[1]}")


@click.command()
@click.option("--apply", "applied", is_flag=True, help="Take the new records over; without it nothing is changed.")
@click.option(
    "--workers", type=click.IntRange(1, 64), metavar="N", help="So many processes (default: one for each core)."
)
@json_option
@click.pass_obj
def reprocess(options: Options, applied: bool, workers: int | None, as_json: bool) -> None:
    """Read every stored page with today's cleaner, and say what would differ, because of which rule or template.

    A change of our own is never an edit of theirs: all versions of an article are read by the same cleaner. An article
    that was refused in the past and can be read now comes in with its true first date; the id of a version that is merged
    into another one leads to that. With --apply the new records take the place of the old ones.

    \b
    Example:
        hani reprocess
        hani reprocess --apply
    """
    with _alone(options, "hani reprocess", applied) as database, watching_steps() as progress:
        build(database, todays_cleaner(), progress, workers or 0)
        found = outlook(database, cleaner_parts(), rules_at_work)
        if applied:
            adopt(database)
    report = outlook_report(found, applied)
    if as_json or options.as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        say_outlook(found, applied)


def outlook_report(found: Outlook, applied: bool) -> dict[str, Any]:
    """What differs, as data."""
    return {
        "applied": applied,
        "cleaner": todays_cleaner().version,
        "articles": found.articles,
        "differ": len(found.differences),
        "effects": dict(found.effects),
        "causes": dict(found.causes),
        "articles_that_differ": [
            {
                "id": d.article_id,
                "title": d.title,
                "effect": d.effect.value,
                "causes": list(d.causes),
                "versions": {"before": d.versions_before, "after": d.versions_after},
                "fields": {name: {"before": one, "after": other} for name, (one, other) in d.fields.items()},
            }
            for d in found.differences
        ],
    }


def say_outlook(found: Outlook, applied: bool) -> None:
    """What differs, for people."""
    would = "differ" if applied else "would differ"
    say(f"Today's cleaner ({todays_cleaner().version}) has read every page of {found.articles:,} articles again.")
    say(f"{len(found.differences):,} of them {would}.")
    if not found.differences:
        return
    for effect, count in found.effects.most_common():
        say(f"  {count:>6,}  {effect}")
    say("\nBecause of:")
    for cause, count in found.causes.most_common():
        say(f"  {count:>6,}  {cause}")
    for cause, examples in found.examples().items():
        say(f"\n{cause}, for example:")
        for example in examples:
            _say_example(example)
    if not applied:
        say("\nNothing was changed; `hani reprocess --apply` takes this over.")


def _say_example(difference: Difference) -> None:
    counts = f"{difference.versions_before} → {difference.versions_after} versions"
    say(f"  {difference.article_id}  {difference.title}  ({difference.effect.value}, {counts})")
    if difference.versions_before == 0 or difference.versions_after == 0:
        return
    for name, (before, after) in difference.fields.items():
        say(f"    {LABELS.get(name, name)}: {in_a_line(before or '', after or '')}")
