"""`hani recrawl --from-file`: a saved page takes the place of a fetch."""

import json
from contextlib import closing
from pathlib import Path

import click

from archive import frontier
from archive.database import check, open_writer
from archive.lock import crawl_lock
from archive.records import Capture, FetchOutcome, Outcome
from archive.store import Store
from archive.times import KST, Clock, now, stamp
from crawler.config import PROGRAM
from crawler.errors import NotAPage
from crawler.extraction import is_binary, todays_cleaner
from crawler.text import decode
from crawler.urls import ArticleAddress
from jobs import logs
from jobs.cli import USAGE
from jobs.clock import moment_in

MOST_BYTES = 16 * 1024 * 1024  # of a saved page, as of a fetched one


def page_bytes(path: Path) -> bytes:
    """The bytes of a saved page.

    Raises NotAPage for a file that cannot be read, is too large, or is neither HTML nor text.
    """
    try:
        if not path.is_file():
            raise NotAPage(
                f"{path} is not a file" if path.exists() else f"{path} cannot be read: there is no such file"
            )
        with path.open("rb") as file:
            body = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotAPage(f"{path} cannot be read: {error.strerror}") from error
    if len(body) > MOST_BYTES:
        raise NotAPage(f"{path} has more than {MOST_BYTES:,} bytes: no page of the site has")
    if not body.strip() or is_binary(decode(body)):
        raise NotAPage(f"{path} is neither HTML nor text")
    return body


def moment_given(text: str | None, clock: Clock) -> str:
    """When a page was captured, as the command line says; now, where it says nothing.

    Raises UsageError for a time that is none, has no zone, or is still to come.
    """
    if text is None:
        return stamp(clock())
    moment = moment_in(text, "--captured-at")
    if moment > clock():
        raise click.UsageError(
            f"--captured-at {text!r} is still to come ({moment.astimezone(KST):%Y-%m-%d %H:%M} KST)."
        )
    return stamp(moment)


def recrawl_saved(
    database: Path, address: ArticleAddress, path: Path, captured_at: str | None, as_json: bool, clock: Clock = now
) -> int:
    """Store a saved page as a capture of an address; the exit code says whether it could be read as an article."""
    body, at = page_bytes(path), moment_given(captured_at, clock)
    check(database)
    capture = Capture(
        article_id=address.article_id,
        requested_url=address.url,
        url=address.url,
        section=address.section,
        fetched_at=at,
        source="file",
        outcome=FetchOutcome.OK,
        body=body,
    )
    with crawl_lock(database, "hani recrawl --from-file", clock), closing(open_writer(database).conn) as connection:
        from sqlite_utils import Database

        db = Database(connection)
        run_id = frontier.begin_run(db, "hani recrawl --from-file", stamp(clock()), None, PROGRAM)
        store = Store(db, todays_cleaner())
        stored = store.record(capture, run_id)
        store.settle()
        report = {
            "run": run_id,
            "id": stored.article_id,
            "url": stored.url,
            "outcome": stored.outcome.value,
            "title": stored.title,
            "version": stored.version_id,
            "kind": stored.kind,
            "silent": stored.silent,
            "reason": stored.reason,
            "captured_at": at,
        }
        frontier.end_run(db, run_id, "done", stamp(clock()), report)
    readable = stored.outcome in (Outcome.NEW, Outcome.CHANGED, Outcome.UNCHANGED)
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    elif readable:
        click.echo(f"{stored.outcome.value} {stored.article_id} {stored.title}")
    if not readable:
        logs.remark(f"hani: {path} was kept, but is not read as an article: {stored.reason}")
    return 0 if readable else USAGE
