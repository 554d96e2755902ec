"""Writing: each article's capture, reading and history in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archive.captures import capture_row, observations
from archive.database import unit
from archive.drift import FALLBACK
from archive.history import History, Observation, Version, believed, fold, order, read_as, version_id
from archive.layout import Watch
from archive.payloads import PayloadWriter
from archive.readings import SHOWS_A_PAGE, Cleaner, Readings
from archive.records import Article, Capture, FetchOutcome, Outcome, Reading, Refusal, RefusalReason, digest
from archive.rows import DERIVATION, Row, image_rows, rows_of, version_row
from archive.verdicts import Court

if TYPE_CHECKING:
    from sqlite_utils import Database

_OF_FETCH = {
    FetchOutcome.NOT_MODIFIED: Outcome.NOT_MODIFIED,
    FetchOutcome.GONE: Outcome.GONE,
    FetchOutcome.BLOCKED: Outcome.BLOCKED,
    FetchOutcome.ROBOTS: Outcome.ROBOTS,
    FetchOutcome.OFF_SITE: Outcome.OFF_SITE,
    FetchOutcome.FAILED: Outcome.FAILED,
}


@dataclass(frozen=True, slots=True)
class Turn:
    """An article that stands elsewhere than before."""

    article_id: int
    title: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of one address: its outcome, the bytes of its body, and what a person may want to read about it."""

    article_id: int
    url: str
    outcome: Outcome
    title: str | None = None
    version_id: str | None = None
    kind: str | None = None
    silent: bool = False
    reason: str | None = None
    size: int = 0
    turn: Turn | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """An article's derived rows as the archive has them."""

    versions: list[Row]
    images: list[Row]
    article: Row | None
    tombstones: list[Row]
    statuses: list[Row]
    authors: list[Row]


class Store:
    """An archive opened for writing.

    What `cleaner` reads is kept under its version, so that a page is read once by each.
    """

    def __init__(self, db: "Database", cleaner: Cleaner) -> None:
        self.db = db
        self.cleaner = cleaner
        self.readings = Readings(db.conn, cleaner)
        self.payloads = PayloadWriter(db.conn)
        with unit(db):
            self.readings.register()
            if not db.conn.execute("select 1 from captures limit 1").fetchone():
                db.conn.execute("insert or replace into derivation values ('history', ?)", [DERIVATION])

    def _insert(self, table: str, row: Mapping[str, Any]) -> None:
        """Insert a row by a statement that stays prepared: sqlite-utils looks at the schema for each row anew."""
        columns, marks = ", ".join(row), ", ".join("?" * len(row))
        self.db.conn.execute(f"insert into {table} ({columns}) values ({marks})", list(row.values()))

    def record(self, capture: Capture, run_id: int | None, ahead: Reading | None = None) -> Stored:
        """Keep a capture, read it unless its bytes were read before, and bring the article's history up to date.

        `ahead` is what today's cleaner makes of the page, where somebody has read it already.
        """
        body = capture.body
        name = digest(body) if body is not None else capture.payload_digest
        # The page is read outside the transaction: it takes longer than all the writing.
        reading = ahead
        if reading is None and name is not None and body is not None and capture.outcome is FetchOutcome.OK:
            reading = self.readings.of(name, body)
        with unit(self.db):
            if body is not None and name is not None:
                kind = _payload_kind(capture, reading)
                began = self._began_current(capture.article_id) if isinstance(reading, Article) else None
                self.payloads.store(body, name, kind, capture.fetched_at, began)
            if reading is not None and name is not None:
                self.readings.keep(name, reading)
            known = self._known(capture.article_id)
            self._insert("captures", capture_row(capture, name, run_id))
            self._unjudge(capture.article_id, run_id)
            seen, readings = self._seen(capture.article_id)
            history = fold(capture.article_id, seen, readings)
            self._write_history(capture.article_id, history, known)
            self._settle_frontier(capture, reading)
        return _stored(capture, name, history, seen, readings, known)

    def settle(self) -> list[Turn]:
        """Judge the runs that ended, for outages and for drift, and fold anew the articles on which that bears; those whose
        status changed.

        To be called when a run ends. Until then what it found gone proves nothing: an outage is only seen as a whole.
        """
        turns = []
        with unit(self.db):
            affected = Watch(self.db.conn, self.cleaner.version).settle()
            affected |= Court(self.db.conn, self.cleaner.version).settle()
            for article_id in sorted(affected):
                turn = self._refold(article_id)
                if turn is not None:
                    turns.append(turn)
        return turns

    def _unjudge(self, article_id: int, run_id: int | None) -> None:
        """Let a run that was judged, and has now another capture, be judged again; for one in no run, all that it bears on."""
        if run_id is not None:
            self.db.conn.execute("delete from verdicts where run_id = ?", [run_id])
            Watch(self.db.conn, self.cleaner.version).forget(run_id)
        else:
            self.db.conn.execute(
                "delete from verdicts where run_id in (select run_id from captures where article_id = ?)", [article_id]
            )

    def _refold(self, article_id: int) -> Turn | None:
        known = self._known(article_id)
        history = fold(article_id, *self._seen(article_id))
        self._write_history(article_id, history, known)
        return _turn(article_id, history, known)

    def _seen(self, article_id: int) -> tuple[list[Observation], dict[str, Reading]]:
        """All captures of an article, and what today's cleaner sees on them; what it has not read yet is read now."""
        seen = observations(self.db.conn, article_id)
        names = {o.payload_digest for o in seen if o.payload_digest and o.outcome in SHOWS_A_PAGE}
        return seen, self.readings.complete(names)

    def _known(self, article_id: int) -> Known:
        def rows(query: str) -> list[Row]:
            return [dict(row) for row in self.db.conn.execute(query, [article_id])]

        articles = rows("select * from articles where id = ?")
        return Known(
            rows("select * from versions where article_id = ? order by number"),
            rows(
                "select i.* from images i join versions v on v.id = i.version_id where v.article_id = ?"
                " order by v.number, i.position"
            ),
            articles[0] if articles else None,
            rows("select * from tombstones where article_id = ? order by number"),
            rows("select * from statuses where article_id = ? order by since"),
            rows("select * from authors where article_id = ? order by name"),
        )

    def _began_current(self, article_id: int) -> str | None:
        """The payload that began the article's current version; None before there is one."""
        row = self.db.conn.execute(
            "select first_digest from versions where article_id = ? order by number desc limit 1", [article_id]
        ).fetchone()
        return str(row[0]) if row and row[0] else None

    def _write_history(self, article_id: int, history: History, known: Known) -> None:
        """Make the derived rows of one article equal to its history, touching only what differs."""
        kept = self._keep_versions(history, known)
        for table, rows in rows_of(article_id, history, kept).items():
            if table in ("versions", "images", "changes"):
                for row in rows:
                    self._insert(table, row)
            elif table == "tombstones":
                self._replace(table, article_id, rows, known.tombstones)
            elif table == "statuses":
                self._replace(table, article_id, rows, known.statuses)
            elif table == "authors":
                self._replace(table, article_id, rows, known.authors)
            else:
                self._write_article(article_id, rows, known)

    def _keep_versions(self, history: History, known: Known) -> int:
        """How many versions stand as they are in the archive; the rows of those behind them are taken out.

        Of a version that stands, only the last capture that showed it may be another.
        """
        kept = 0
        for version, old in zip(history.versions, known.versions, strict=False):
            row = version_row(version)
            changed = {column for column, value in row.items() if old[column] != value}
            images = [image for image in known.images if image["version_id"] == version.id]
            if changed - {"last_seen_at", "last_digest"} or images != image_rows(version):
                break
            if changed:
                self.db.conn.execute(
                    "update versions set last_seen_at = ?, last_digest = ? where id = ?",
                    [version.last_seen_at, version.last_digest, version.id],
                )
            kept += 1
        for old in known.versions[kept:]:
            for table, key in (("changes", "version_id"), ("images", "version_id"), ("versions", "id")):
                self.db.conn.execute(f"delete from {table} where {key} = ?", [old["id"]])
        return kept

    def _replace(self, table: str, article_id: int, rows: list[Row], known: list[Row]) -> None:
        if rows != known:
            self.db.conn.execute(f"delete from {table} where article_id = ?", [article_id])
            for row in rows:
                self._insert(table, row)

    def _write_article(self, article_id: int, rows: list[Row], known: Known) -> None:
        if not rows:
            self.db.conn.execute("delete from articles where id = ?", [article_id])
        elif known.article is None:
            self._insert("articles", rows[0])
        elif changed := {key: value for key, value in rows[0].items() if known.article[key] != value}:
            settings = ", ".join(f"{column} = ?" for column in changed)
            self.db.conn.execute(f"update articles set {settings} where id = ?", [*changed.values(), article_id])

    def _settle_frontier(self, capture: Capture, reading: Reading | None) -> None:
        """An address that was answered leaves the frontier; one that was not waits for another run."""
        unanswered = capture.outcome not in (FetchOutcome.OK, FetchOutcome.NOT_MODIFIED, FetchOutcome.GONE)
        challenged = isinstance(reading, Refusal) and reading.reason is RefusalReason.BOT_CHECK
        if unanswered or challenged:
            self.db.conn.execute(
                "update frontier set attempts = attempts + 1, full = 0 where article_id = ?", [capture.article_id]
            )
        else:
            self.db.conn.execute("delete from frontier where article_id = ?", [capture.article_id])


def _turn(article_id: int, history: History, known: Known) -> Turn | None:
    if known.article is None or history.standing is None or known.article["status"] == history.standing.status:
        return None
    title = history.versions[-1].article.title
    return Turn(article_id, title, known.article["status"], history.standing.status.value)


def _payload_kind(capture: Capture, reading: Reading | None) -> str:
    if isinstance(reading, Article):
        return reading.template
    return reading.reason.value if reading else capture.outcome.value


def _stored(
    capture: Capture,
    payload: str | None,
    history: History,
    seen: Iterable[Observation],
    readings: Mapping[str, Reading],
    known: Known,
) -> Stored:
    """The one outcome of an address, from what was fetched, read and derived."""
    this = _observed(capture, payload)
    reading = read_as(capture.article_id, this, readings)
    if isinstance(reading, Article) and reading.template == FALLBACK:
        earlier = fold(capture.article_id, [o for o in seen if order(o) < order(this)], readings)
        reading = believed(reading, this, earlier.versions)
    shown = _begun(capture.article_id, this, history, seen, readings, known) if isinstance(reading, Article) else None
    outcome = _OF_FETCH.get(capture.outcome)
    if isinstance(reading, Refusal):
        blocked = reading.reason is RefusalReason.BOT_CHECK
        outcome = Outcome.BLOCKED if blocked else Outcome.REFUSED
        if reading.reason is RefusalReason.DELETED:
            outcome = Outcome.GONE
    if shown:
        outcome = Outcome.CHANGED if known.versions else Outcome.NEW
    elif outcome is None:
        outcome = Outcome.UNCHANGED
    return Stored(
        article_id=capture.article_id,
        url=capture.url,
        outcome=outcome,
        title=history.versions[-1].article.title if history.versions else None,
        version_id=shown.id if shown else None,
        kind=shown.kind if shown else None,
        silent=bool(shown and shown.silent),
        reason=str(reading) if isinstance(reading, Refusal) else capture.error,
        size=len(capture.body or b""),
        turn=_turn(capture.article_id, history, known),
    )


def _observed(capture: Capture, payload: str | None) -> Observation:
    return Observation(capture.fetched_at, capture.outcome, capture.url, capture.section, payload)


def _begun(
    article_id: int,
    this: Observation,
    history: History,
    seen: Iterable[Observation],
    readings: Mapping[str, Reading],
    known: Known,
) -> Version | None:
    """The version that this capture added; None where the newspaper shows nothing that the archive did not hold.

    The history is compared with the one without this capture, both as today's cleaner sees them: neither a better cleaner
    nor a late copy that only begins a version earlier is an edit.
    """
    before = {row["id"] for row in known.versions}
    added = [version for version in history.versions if version.id not in before]
    if not added or not known.versions:
        return added[-1] if added else None
    rest = [o for o in seen if _identity(o) != _identity(this)]
    if len(fold(article_id, rest, readings).versions) >= len(history.versions):
        return None
    own = version_id(article_id, this)
    return next((version for version in added if version.id == own), added[-1])


def _identity(observation: Observation) -> tuple[object, ...]:
    o = observation
    return o.fetched_at, o.payload_digest, o.outcome, o.url, o.section
