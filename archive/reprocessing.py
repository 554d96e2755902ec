"""What today's cleaner would make of the archive: how each article's history would differ, because of what; no writing.

The new tables stand in the file beside the archive (archive.rebuilding); here they are held against the archive's own.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from archive.payloads import read_payload
from archive.rebuilding import beside, connect

TEXTS = ("title", "subtitle", "byline", "authors", "section", "posted_at", "modified_at", "original_url", "body")
EXAMPLES = 3  # for each cause
UNDECLARED = "a part whose version was not raised"

RulesAtWork = Callable[[bytes], Mapping[str, Iterable[str]]]
"""Which texts of a page each cleaning rule takes out or alters today."""

Row = dict[str, Any]


class Effect(StrEnum):
    """What becomes of an article's history."""

    COMES_IN = "comes in"
    GOES_OUT = "goes out"
    FEWER_VERSIONS = "fewer versions"
    MORE_VERSIONS = "more versions"
    OTHER_RECORD = "other record"


@dataclass(frozen=True, slots=True)
class Difference:
    """One article whose history would differ.

    `causes` names the rules or templates; `fields` holds, of the first version that differs, each field as it is and as
    it would be.
    """

    article_id: int
    title: str
    effect: Effect
    causes: tuple[str, ...]
    versions_before: int
    versions_after: int
    fields: dict[str, tuple[str | None, str | None]]


@dataclass(slots=True)
class Outlook:
    """All that would differ."""

    articles: int = 0
    differences: list[Difference] = field(default_factory=list)

    @property
    def effects(self) -> Counter[str]:
        """How many articles each effect befalls."""
        return Counter(difference.effect.value for difference in self.differences)

    @property
    def causes(self) -> Counter[str]:
        """How many articles differ because of each rule or template."""
        return Counter(cause for difference in self.differences for cause in difference.causes)

    def examples(self) -> dict[str, list[Difference]]:
        """The first few differences of each cause."""
        shown: dict[str, list[Difference]] = {cause: [] for cause, _ in self.causes.most_common()}
        for difference in self.differences:
            for cause in difference.causes:
                if len(shown[cause]) < EXAMPLES:
                    shown[cause].append(difference)
        return shown


def outlook(database: Path, today: Mapping[str, int], rules_at_work: RulesAtWork) -> Outlook:
    """Hold the new tables against the archive's own; `today` are the versions of the cleaner's parts."""
    with closing(connect(beside(database), database, "ro")) as connection:
        count = connection.execute("select count(distinct article_id) from captures").fetchone()[0]
        found = Outlook(articles=count)
        for article_id in _differing(connection):
            old, new = (_versions(connection, schema, article_id) for schema in ("archive", "main"))
            found.differences.append(_difference(connection, article_id, old, new, today, rules_at_work))
        return found


_COMPARED = f"id, number, kind, silent, {', '.join(TEXTS)}, template"


def _differing(connection: sqlite3.Connection) -> list[int]:
    """The articles of which a version, or a picture of one, is in only one of the two."""
    articles: set[int] = set()
    for one, other in (("main", "archive"), ("archive", "main")):
        query = f"select {{0}}, {_COMPARED} from {one}.versions except select {{0}}, {_COMPARED} from {other}.versions"
        articles |= {row[0] for row in connection.execute(query.format("article_id"))}
        pictures = f"select version_id from (select * from {one}.images except select * from {other}.images)"
        rows = connection.execute(f"select article_id from {one}.versions where id in ({pictures})")
        articles |= {row[0] for row in rows}
    return sorted(articles)


def _versions(connection: sqlite3.Connection, schema: str, article_id: int) -> list[Row]:
    rows = connection.execute(f"select * from {schema}.versions where article_id = ? order by number", [article_id])
    found = []
    for row in rows:
        images = connection.execute(
            f"select src, caption from {schema}.images where version_id = ? order by position", [row["id"]]
        )
        pictures = images.fetchall()
        captions = "\n".join(image["caption"] for image in pictures if image["caption"]) or None
        sources = "\n".join(image["src"] for image in pictures if image["src"]) or None
        found.append({**dict(row), "captions": captions, "images": sources})
    return found


def _difference(
    connection: sqlite3.Connection,
    article_id: int,
    old: list[Row],
    new: list[Row],
    today: Mapping[str, int],
    rules_at_work: RulesAtWork,
) -> Difference:
    before, after = _first_unlike(old, new)
    return Difference(
        article_id=article_id,
        title=str((new or old)[-1]["title"]),
        effect=_effect(len(old), len(new)),
        causes=_causes(connection, before, after, today, rules_at_work),
        versions_before=len(old),
        versions_after=len(new),
        fields=_fields(before, after),
    )


def _effect(old: int, new: int) -> Effect:
    if not old or not new:
        return Effect.COMES_IN if new else Effect.GOES_OUT
    if old == new:
        return Effect.OTHER_RECORD
    return Effect.FEWER_VERSIONS if new < old else Effect.MORE_VERSIONS


def _first_unlike(old: list[Row], new: list[Row]) -> tuple[Row | None, Row | None]:
    """The first two states of the article that began with the same capture and were read differently.

    Where there are none (a version merged away, or came in), the version that only one has, beside the one in force then.
    """
    ours, theirs = ({v["id"]: v for v in versions} for versions in (old, new))
    for key in ours.keys() & theirs.keys():
        if _fields(ours[key], theirs[key]) or ours[key]["template"] != theirs[key]["template"]:
            return ours[key], theirs[key]
    for version in [v for v in old if v["id"] not in theirs] + [v for v in new if v["id"] not in ours]:
        others = new if version["id"] in ours else old
        then = [v for v in others if v["first_seen_at"] <= version["first_seen_at"]]
        other = then[-1] if then else None
        return (version, other) if version["id"] in ours else (other, version)
    return old[0], new[0]


def _fields(before: Row | None, after: Row | None) -> dict[str, tuple[str | None, str | None]]:
    names = (*TEXTS, "captions", "images")
    values = ((name, (before or {}).get(name), (after or {}).get(name)) for name in names)
    return {name: (one, other) for name, one, other in values if one != other}


# --- because of what -------------------------------------------------------------------------------------------------


def _causes(
    connection: sqlite3.Connection,
    before: Row | None,
    after: Row | None,
    today: Mapping[str, int],
    rules_at_work: RulesAtWork,
) -> tuple[str, ...]:
    """The rules or templates that make the difference.

    Certain where another template reads the page, or where a rule today takes out the very text that went; else it is
    one of the parts whose version was raised since the page was read.
    """
    if before and after and before["template"] != after["template"]:
        return (f"template {after['template']} (was {before['template']})",)
    version = after or before
    assert version is not None
    payload = _payload(connection, version)
    changed = _changed_parts(connection, payload, today) if payload else set()
    if before and after and payload:
        gone = _gone(before, after)
        acted = rules_at_work(read_payload(connection, payload)) if gone else {}
        rules = {f"rule {rule}" for rule, texts in acted.items() if _took(texts, gone)}
        if certain := (rules & changed or (rules if not changed else set())):
            return tuple(sorted(certain))
    if after and not before:
        changed = changed & {f"template {after['template']}"} or changed
    if not changed:
        return (UNDECLARED,)
    return tuple(sorted(changed)) if len(changed) == 1 else (f"one of {', '.join(sorted(changed))}",)


def _took(texts: Iterable[str], gone: set[str]) -> bool:
    return any(text in line or line in text for text in texts for line in gone)


def _gone(before: Row, after: Row) -> set[str]:
    """The paragraphs and captions that today's cleaner does not leave as they were."""
    lines = {name: set((before[name] or "").split("\n")) for name in ("body", "captions")}
    return {line for name, texts in lines.items() for line in texts - set((after[name] or "").split("\n")) if line}


def _payload(connection: sqlite3.Connection, version: Row) -> str | None:
    row = connection.execute(
        "select payload_digest from captures where article_id = ? and fetched_at = ?"
        " and outcome in ('ok', 'not_modified') order by payload_digest limit 1",
        [version["article_id"], version["first_seen_at"]],
    ).fetchone()
    return str(row[0]) if row and row[0] else None


def _changed_parts(connection: sqlite3.Connection, payload: str, today: Mapping[str, int]) -> set[str]:
    """The cleaner's parts that have another version than when this payload was read."""
    rows = connection.execute(
        "select c.parts from archive.readings r join archive.cleaners c on c.cleaner = r.cleaner"
        " where r.payload_digest = ?",
        [payload],
    )
    parts = [json.loads(row[0]) for row in rows]
    return {name for then in parts for name in then.keys() | today.keys() if then.get(name) != today.get(name)}
