"""An article's history as the rows of the derived tables; pure. Whoever stores or rebuilds writes these and no others."""

import hashlib
import json
from typing import Any

from archive.comparing.changes import EDIT_KINDS_VERSION, Change, changes_between, tied
from archive.drift import DRIFT_VERSION
from archive.history import FOLD_VERSION, History, Version
from archive.records import Article
from archive.standing import Check, Tombstone

Row = dict[str, Any]

EDITS = ("text", "revert")
"""The kinds of versions whose words differ from the one before."""

DERIVATION = f"fold {FOLD_VERSION}, kinds {EDIT_KINDS_VERSION}, drift {DRIFT_VERSION}"
"""What made the derived rows, beside the cleaner: rows that another one made are to be rebuilt."""


def rows_of(article_id: int, history: History, since: int = 0) -> dict[str, list[Row]]:
    """The derived rows of one article, by table; of its versions, those from the index `since` on."""
    fresh = history.versions[since:]
    edits = edits_of(history, since)
    return {
        "versions": [{**version_row(v), "size": _size(edits, v), "search_key": search_key(v)} for v in fresh],
        "images": [row for version in fresh for row in image_rows(version)],
        "articles": [article_row(article_id, history)] if history.versions else [],
        "changes": change_rows(history, edits, since),
        "tombstones": [tombstone_row(article_id, stone) for stone in history.tombstones],
        "statuses": [{"article_id": article_id, "since": at, "status": s.value} for at, s in history.turns],
        "authors": author_rows(article_id, history) if history.versions else [],
    }


VERSION_BITS = 20  # of a search key: a million versions; an article's number of twelve digits leaves room for them


def search_key(version: Version) -> int:
    """A version's number in the search index: its article's and its own in one, so that neither has to be looked up."""
    return version.article_id << VERSION_BITS | version.number


def _text_columns(article: Article) -> Row:
    return {
        "title": article.title,
        "subtitle": article.subtitle,
        "body": "\n\n".join(article.body),
        "byline": article.byline,
        "authors": json.dumps(article.authors, ensure_ascii=False),
        "section": article.section,
        "posted_at": article.posted_at,
        "modified_at": article.modified_at,
        "original_url": article.original_url,
    }


def version_row(version: Version) -> Row:
    """A version."""
    return {
        "id": version.id,
        "article_id": version.article_id,
        "number": version.number,
        "kind": version.kind,
        "silent": int(version.silent),
        **_text_columns(version.article),
        "content_hash": version.content_hash,
        "template": version.article.template,
        "first_seen_at": version.first_seen_at,
        "last_seen_at": version.last_seen_at,
        "first_digest": version.first_digest,
        "last_digest": version.last_digest,
    }


def image_rows(version: Version) -> list[Row]:
    """The pictures of a version."""
    return [
        {"version_id": version.id, "position": n, "src": i.src, "caption": i.caption, "credit": i.credit}
        for n, i in enumerate(version.article.images, 1)
    ]


def article_row(article_id: int, history: History) -> Row:
    """An article as it stands; it has a version."""
    newest, standing = history.versions[-1], history.standing
    assert standing is not None  # a version implies it
    return {
        "id": article_id,
        "url": standing.url,
        **_text_columns(newest.article),
        "status": standing.status.value,
        "versions": len(history.versions),
        "word_count": newest.article.words,
        "first_seen_at": standing.first_seen_at,
        "last_seen_at": standing.last_seen_at,
        "last_checked_at": standing.last_checked_at,
        "silent_edits": sum(version.silent for version in history.versions),
        "edited_at": max((v.first_seen_at for v in history.versions if v.kind in EDITS), default=None),
    }


def author_rows(article_id: int, history: History) -> list[Row]:
    """An article under each of its authors, with whether it was ever edited."""
    article = article_row(article_id, history)
    return [
        {
            "name": name,
            "article_id": article_id,
            "posted_at": article["posted_at"],
            "edited": int(article["edited_at"] is not None),
            "silent": int(article["silent_edits"] > 0),
        }
        for name in sorted(set(history.versions[-1].article.authors))
    ]


Edit = tuple[Change, ...]


def edits_of(history: History, since: int = 0) -> dict[int, Edit]:
    """What versions changed of those before them, by the version's index: of those from the index `since` on.

    Earlier edits are looked at only where a notice of correction may speak of one of them.
    """
    found = {index: _edit(history, index) for index in range(max(since, 1), len(history.versions))}
    if any("correction" in change.kinds for edit in found.values() for change in edit):
        return {index: _edit(history, index) for index in range(1, min(found))} | found
    return found


def _edit(history: History, index: int) -> Edit:
    return changes_between(history.versions[index - 1].article, history.versions[index].article)


def _size(edits: dict[int, Edit], version: Version) -> float | None:
    """The share of the words that a version put in or took out; None of a first one."""
    if version.number == 1:
        return None
    return min(1.0, sum(change.size for change in edits[version.number - 1]))


def change_rows(history: History, edits: dict[int, Edit], since: int = 0) -> list[Row]:
    """What the versions from the index `since` on changed: a row for each field or paragraph, and each kind that holds."""
    ties = _ties(edits)
    rows = []
    for index, edit in edits.items():
        if index < since:
            continue
        tied_to = history.versions[ties[index]].id if index in ties else None
        for change in edit:
            rows += [_change_row(history.versions[index], change, kind, tied_to) for kind in change.kinds]
    return rows


def _ties(edits: dict[int, Edit]) -> dict[int, int]:
    """The version whose edit each notice of correction speaks of, both by index."""
    first = min(edits, default=0)
    return {first + notice: first + edit for notice, edit in tied(list(edits.values())).items()}


def _change_row(version: Version, change: Change, kind: str, tied_to: str | None) -> Row:
    return {
        "id": change_id(version.id, change, kind),
        "version_id": version.id,
        "article_id": version.article_id,
        "field": change.field,
        "kind": kind,
        "before": change.before,
        "after": change.after,
        "place": change.place,
        "words_added": change.words_added,
        "words_removed": change.words_removed,
        "size": change.size,
        "added": change.added,
        "removed": change.removed,
        "tied_to": tied_to if kind == "correction" else None,
    }


def change_id(version_id: str, change: Change, kind: str) -> int:
    """A number derived from what the row is about, 62 bits: the same history gives the same numbers everywhere."""
    seed = f"{version_id} {change.field} {change.old_place} {change.place} {kind}"
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) >> 2


def tombstone_row(article_id: int, stone: Tombstone) -> Row:
    """A disappearance, with its proof as JSON."""
    return {
        "article_id": article_id,
        "number": stone.number,
        "status": stone.status.value,
        "version_id": stone.version_id,
        "last_seen_at": stone.last_seen_at,
        "suspected_at": stone.evidence[0].at,
        "confirmed_at": stone.confirmed_at,
        "returned_at": stone.returned_at,
        "checks": stone.checks,
        "moved_to": stone.moved_to,
        "evidence": json.dumps([_proof(check) for check in stone.evidence], ensure_ascii=False),
    }


def _proof(check: Check) -> Row:
    return {
        "at": check.at,
        "found": check.condition.value,
        "http_status": check.http_status,
        "payload_digest": check.payload_digest,
        "redirect": check.redirect,
        "reason": check.reason,
    }
