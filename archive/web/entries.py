"""What feeds tell of an article, an edit, a removal: rows as entries, with safe HTML of bounded length."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from archive.comparing.comparison import Work
from archive.comparing.pieces import NAMES
from archive.display.feeds import MOST_HTML, Entry, Tag, permanent
from archive.display.links import newspapers
from archive.display.markup import said, steerless
from archive.times import kst
from archive.web.addresses import Addresses
from archive.web.differences import excerpt
from archive.web.rendering import paragraph, percent, section

Row = Mapping[str, Any]

LEAD = 1_200  # letters of an article's text: it is to be read on its page
MOST_COMPARED = (
    30_000  # letters of an edit's texts, before and after, that are compared: an article rewritten whole, twice
)
STATES = {"removed": "Removed", "moved": "Moved", "returned": "Removed"}


class Teller:
    """Makes the entries of one archive; `identity` is what its permanent names are made from."""

    def __init__(self, abroad: Addresses, identity: str) -> None:
        self._abroad, self._identity = abroad, identity

    def article(self, row: Row, snippet: Markup | None = None) -> Entry:
        """An article as it stands: the beginning of its text, or what was found in it."""
        texts = [paragraph(text) for text in beginning(row)] if snippet is None else [snippet]
        subtitle = [Markup("<em>{}</em>").format(Markup(said(row["subtitle"], 500)))] if row["subtitle"] else []
        return Entry(
            id=permanent(self._identity, f"article {row['id']}"),
            title=row["title"],
            link=self._abroad.article(row["id"]),
            html=_paragraphs(
                [*subtitle, *texts, *self._history(row), self._links({**row, "article_id": row["id"]}, [])]
            ),
            updated=max(row["edited_at"] or "", row["first_seen_at"]),
            published=row["posted_at"],
            authors=tuple(row["authors"]),
            tags=_tags(row),
            original=newspapers(row["url"]),
        )

    def find(self, row: Row, snippet: Markup, version_id: str | None = None) -> Entry:
        """An article in which something was found; with `version_id`, a version of it."""
        entry = self.article(row, snippet)
        if version_id is None:
            return entry
        return replace(entry, id=permanent(self._identity, f"text {version_id}"), link=self._abroad.version(version_id))

    def _history(self, row: Row) -> list[Markup]:
        if not row["edited_at"]:
            return []
        silent = f"; silent edits: {row['silent_edits']}" if row["silent_edits"] else ""
        return [Markup("Last edit seen {}{}.").format(kst(row["edited_at"]), silent)]

    def edit(self, row: Row, parts: Sequence[Row], proof: Row, work: Work) -> Entry:
        """An edit, word by word; a silent one with its proof."""
        kinds = list(dict.fromkeys(kind for part in parts for kind in part["kinds"]))
        compare = self._abroad.compare(row["article_id"], proof["before_version_id"], row["id"])
        proved = [proved_by(proof)] if row["silent"] else []
        links = self._links(proof, [(compare, "Compare the versions")])
        return Entry(
            id=permanent(self._identity, f"version {row['id']}"),
            title=f"{'Silent edit' if row['silent'] else 'Edit'}: {row['title'][:1_000]}",
            link=compare,
            html=_paragraphs([_summary(row, kinds), *proved]) + _differences(parts, work) + _paragraphs([links]),
            updated=row["first_seen_at"],
            published=row["first_seen_at"],
            authors=tuple(proof["authors"]),
            tags=(
                *_tags(row),
                *(Tag(kind, kind) for kind in kinds),
                *([Tag("silent", "silent")] if row["silent"] else []),
            ),
            original=newspapers(proof["url"]),
        )

    def disappearance(self, row: Row) -> Entry:
        """A removal, or a return."""
        state = "Back again" if row["back"] else STATES[row["status"]]
        what = "returned" if row["back"] else "removed"
        good = (self._abroad.version(row["version_id"]), "The last good version")
        return Entry(
            id=permanent(self._identity, f"{what} {row['article_id']} {row['number']}"),
            title=f"{state}: {row['title'][:1_000]}",
            link=self._abroad.article(row["article_id"]),
            html=_paragraphs([*_evidence(row), self._links(row, [good])]),
            updated=row["at"],
            published=row["at"],
            authors=tuple(row["authors"]),
            tags=(*_tags(row), Tag(state.lower().replace(" ", "-"), state)),
            original=newspapers(row["url"]),
        )

    def _links(self, row: Row, ours: Sequence[tuple[str, str]]) -> Markup:
        found = [*ours, (self._abroad.article(row["article_id"]), "The article here")]
        if original := newspapers(row["url"]):
            found.append((original, "At the newspaper"))
        return Markup(" · ").join(
            Markup(f'<a href="{escape(address)}">{escape(label)}</a>') for address, label in found
        )


def beginning(row: Row) -> Iterator[str]:
    """The first paragraphs of a text, whole but for the last one."""
    left = LEAD
    for text in row["lead"].split("\n\n"):
        yield text[:left] + ("…" if len(text) > left else "")
        left -= len(text)
        if left <= 0:
            return


def _tags(row: Row) -> tuple[Tag, ...]:
    return (Tag(row["section"], section(row["section"]).striptags()),) if row["section"] else ()


def _summary(row: Row, kinds: Sequence[str]) -> Markup:
    told = f": {', '.join(kinds)}" if kinds else ""
    return Markup("First seen {}, {} of the words{}.").format(kst(row["first_seen_at"]), percent(row["size"]), told)


def proved_by(proof: Row) -> Markup:
    """What proves a silent edit: when and by which bytes each text was seen, and the stamps printed on both."""
    return Markup("<br>").join(
        Markup("{} {} (SHA-256 {}), stamp {}").format(
            words,
            kst(proof[f"{side}_seen_at"]),
            proof[f"{side}_digest"] or "–",
            kst(proof[f"{side}_stamp"] or proof["posted_at"]),
        )
        for side, words in (("before", "Last seen as it was"), ("after", "First seen changed"))
    )


def _differences(parts: Sequence[Row], work: Work) -> Markup:
    """The changes of an edit, the largest first, those for which there is room; and how many more there are."""
    found, room, letters, shown = Markup(""), MOST_HTML, MOST_COMPARED, 0
    for part in parts:
        cost = len(part["before"] or "") + len(part["after"] or "")
        html = _difference(part, work) if cost <= letters else None
        if html is not None and len(html) <= room:
            found, room, letters, shown = found + html, room - len(html), letters - cost, shown + 1
    more = len(parts) - shown
    return found + Markup("<p>{} more change{}.</p>").format(more, "s" * (more != 1)) if more else found


def _difference(part: Row, work: Work) -> Markup:
    name = f"{NAMES.get(part['field'], part['field'])} {part['place'] or ''}".rstrip()
    html = excerpt(part["before"], part["after"], part["field"], part["kinds"], work)
    return Markup("<h4>{} ({})</h4><p>{}</p>").format(name, ", ".join(part["kinds"]), html)


def _evidence(row: Row) -> Iterator[Markup]:
    yield Markup("Last seen {}; gone since {}, in {} checks; confirmed {}.").format(
        kst(row["last_seen_at"]), kst(row["suspected_at"]), row["checks"], kst(row["confirmed_at"])
    )
    if row["back"]:
        yield Markup("Found again {}.").format(kst(row["returned_at"]))
    if row["moved_to"]:
        yield Markup("Its address leads to {}.").format(steerless(row["moved_to"])[:500])


def _paragraphs(texts: Sequence[Markup]) -> Markup:
    return Markup("").join(Markup(f"<p>{escape(text)}</p>") for text in texts)


def parts_by_edit(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The changes of each edit, by its version's id; `rows` come edit by edit."""
    return {key: list(group) for key, group in groupby(rows, key=lambda row: row["version_id"])}
