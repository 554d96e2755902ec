"""Edits labelled by hand: an article before and after, and of which kinds each of its changes is.

The key that rules are measured against. It was written from the definitions in docs/edits.md, by reading, before and
without the rules; so nothing in here may import them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.records import Article, Image

FOLDER = Path(__file__).parent
POSTED_AT = "2026-05-04T02:00:00Z"
TEMPLATE = "g3"
KINDS = frozenset("format typo figure quote name addition deletion rewrite correction move stamp metadata".split())
PLACED = frozenset({"body", "caption"})
FIELDS = PLACED | frozenset("headline subtitle byline authors image section posted stamp original".split())
KEYS = frozenset({"name", "note", "before", "after", "kinds"})
LISTS = frozenset({"body", "captions", "pictures", "authors"})
STATE = LISTS | frozenset({"title", "subtitle", "byline", "section", "posted_at", "modified_at", "original_url"})

Place = tuple[str, int | None]


@dataclass(frozen=True)
class Labelled:
    """An edit and its labels.

    A key of `kinds` is a field and a place: the number (from 1) of a paragraph or caption in `after`, the negative
    number of one in `before` that was taken out, None for fields that have no places.
    """

    name: str
    note: str
    before: Article
    after: Article
    kinds: dict[Place, frozenset[str]]


def labelled(folder: Path = FOLDER) -> list[Labelled]:
    """All edits of a folder, in the order of its files.

    Raises:
        ValueError: an unknown key, field or kind, a place that makes no sense, a field given again though it does not
            differ, or a name that two edits have.
    """
    edits = [_edit(raw) for path in sorted(folder.glob("*.json")) for raw in json.loads(path.read_text("utf-8"))]
    names = [edit.name for edit in edits]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"two edits have the name {', '.join(twice)}")
    return edits


def _edit(raw: dict[str, Any]) -> Labelled:
    """One edit of a file; `after` takes from `before` what it does not give."""
    if set(raw) != KEYS:
        raise ValueError(f"{raw.get('name')}: has {sorted(raw)}, not {sorted(KEYS)}")
    name, before, after = raw["name"], raw["before"], raw["after"]
    same = [key for key, value in after.items() if before.get(key) == value]
    if same:
        raise ValueError(f"{name}: after repeats {', '.join(same)}")
    try:
        kinds = {_place(key): _kinds(value) for key, value in raw["kinds"].items()}
        return Labelled(name, raw["note"], _article(before), _article({**before, **after}), kinds)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def _place(key: str) -> Place:
    """`body:2` is paragraph 2 of the newer text, `body:-2` paragraph 2 of the older, `headline` has no place."""
    field, colon, number = key.partition(":")
    if field not in FIELDS:
        raise ValueError(f"no field {field}")
    if bool(colon) != (field in PLACED):
        raise ValueError(f"{key}: body and caption have a place, other fields none")
    place = int(number) if colon else None
    if place == 0:
        raise ValueError(f"{key}: places count from 1")
    return field, place


def _kinds(names: list[str]) -> frozenset[str]:
    """The kinds of one change: at least one, each once."""
    kinds = frozenset(names)
    if not kinds or len(kinds) != len(names) or not kinds <= KINDS:
        raise ValueError(f"kinds {names}")
    return kinds


def _article(raw: dict[str, Any]) -> Article:
    """A state of an article. A caption of null is a picture without one; pictures not named get invented addresses."""
    missing = {"title", "body"} - set(raw)
    if missing:
        raise ValueError(f"no {' and no '.join(sorted(missing))}")
    wrong = [key for key, value in raw.items() if not _fits(key, value)]
    if wrong:
        raise ValueError(f"unknown or of a wrong type: {', '.join(wrong)}")
    return Article(
        title=raw["title"],
        subtitle=raw.get("subtitle"),
        posted_at=raw.get("posted_at", POSTED_AT),
        modified_at=raw.get("modified_at"),
        body=tuple(raw["body"]),
        template=TEMPLATE,
        authors=tuple(raw.get("authors", [])),
        byline=raw.get("byline"),
        section=raw.get("section"),
        images=_images(raw.get("captions", []), raw.get("pictures")),
        original_url=raw.get("original_url"),
    )


def _fits(key: str, value: object) -> bool:
    """Whether a field of a state is known and of its type."""
    return isinstance(value, list) if key in LISTS else key in STATE and (value is None or isinstance(value, str))


def _images(captions: list[str | None], pictures: list[str] | None) -> tuple[Image, ...]:
    """A picture for each caption, at the address given or at an invented one by its number."""
    numbers = range(1, len(captions) + 1)
    sources = pictures or [f"https://img.hani.co.kr/imgdb/original/2026/0504/{number}.jpg" for number in numbers]
    if len(sources) != len(captions):
        raise ValueError(f"{len(sources)} pictures and {len(captions)} captions")
    return tuple(Image(source, caption) for source, caption in zip(sources, captions, strict=True))
