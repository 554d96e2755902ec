"""What a run has to tell, and to whom: from its report and the archive to one message for each rule; pure.

All text in a message is plain. What comes from the web stands in the body alone, on one line, cut, and without the characters that
some service reads as markup; a title holds only words of ours.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from archive.comparing.kinds import KINDS
from archive.text import printable
from archive.times import kst
from crawler.config import EVENTS, Notify
from jobs.cli import DEGRADED, INTERRUPTED, LOCKED, PARTLY_FAILED, STORAGE, UNREACHABLE
from jobs.summary import summary

Row = Mapping[str, Any]

BY_DEFAULT = ("failure", "drift", "silent", "removal")
URGENT = ("failure", "drift")
OF_ARTICLES = (*(event for event in EVENTS if event not in URGENT), *KINDS)
MOST_ITEMS = 25  # in one message: with MOST_OF_A_TITLE some 6,000 characters, below what ntfy takes (7,800)
MOST_OF_A_TITLE = 100  # characters of a headline
MOST_OF_A_CHANGE = 60  # characters of what was put in or taken out
MOST_OF_A_REASON = 300  # characters
# Markup of Slack, Discord, Telegram, Markdown and HTML, and what makes a bare address a link.
_MARKUP = str.maketrans(
    {
        "<": "‹",
        ">": "›",
        "[": "［",
        "]": "］",
        "@": "＠",
        "*": "＊",
        "`": "ʼ",
        "|": "｜",
        "~": "～",
        "_": "＿",
        "\\": "＼",
    }
)
_HANGUL = re.compile("[\uac00-\ud7a3]$")
_REASONS = {
    STORAGE: "the archive could not be written or read",
    UNREACHABLE: "the site is unreachable",
    DEGRADED: "the layout of the site drifted",
    PARTLY_FAILED: "many addresses failed",
}


@dataclass(frozen=True, slots=True)
class Message:
    """What one target is told: plain text; `level` is failure, warning or info."""

    title: str
    body: str
    level: str = "info"


@dataclass(frozen=True, slots=True)
class News:
    """What a run, and those before it that were cut short, found.

    `versions` are rows of archive.reads.news.begun, `turns` of archive.reads.news.stood with `after`, `drifts` those of the report that are
    new, `killed` the runs that died before they could tell; `sentence` says why the run failed.
    """

    command: str
    code: int
    sentence: str | None = None
    report: Row | None = None
    versions: Sequence[Row] = ()
    turns: Sequence[Row] = ()
    drifts: Sequence[Row] = ()
    killed: Sequence[Row] = ()


@dataclass(slots=True)
class Section:
    """A part of a message: what it is called in the title (one, several), and its items."""

    name: str
    one: str
    several: str
    items: list[str] = field(default_factory=list)

    @property
    def counted(self) -> str:
        """How many there are, in words."""
        return f"{len(self.items)} {self.one if len(self.items) == 1 else self.several}"


def failed(code: int) -> bool:
    """Whether an exit code is a failure to tell of: not a run that somebody stopped, nor one that found another at work."""
    return code not in (0, LOCKED, INTERRUPTED)


def message_for(rule: Notify, news: News) -> Message | None:
    """What a rule's target is told of a run; None where that is nothing."""
    on = rule.on or (OF_ARTICLES if rule.keywords else BY_DEFAULT)
    failure = failed(news.code) and "failure" in on
    sections = [section for section in _sections(rule, on, news) if section.items]
    if not (failure or sections):
        return None
    told = [_failure_title(news)] if failure else []
    title = f"hani: {', '.join([*told, *(section.counted for section in sections)])}"
    head = [news.sentence or ""] if failure else []
    head += [summary(news.report)] if news.report else [news.command]
    lines = [shown(line, MOST_OF_A_REASON) for line in head if line]
    level = "failure" if failure else "warning" if any(section.name in URGENT for section in sections) else "info"
    return Message(title, "\n".join([*lines, *_within_bounds(sections)]), level)


def trial(name: str) -> Message:
    """What a target is told to see whether it is told anything."""
    return Message("hani: a test", f"This is a test of the target “{name}”: it works.")


def shown(text: str, most: int) -> str:
    """What comes from elsewhere, as it may stand in a message: one line, cut, nothing that is markup somewhere."""
    line = " ".join(printable(text.replace("\n", " ").replace("\t", " ")).split()).translate(_MARKUP)
    line = line.replace("://", ":／／")
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _failure_title(news: News) -> str:
    reason = _REASONS.get(news.code)
    return f"{news.command} failed ({f'{reason}, ' if reason else ''}exit code {news.code})"


def _sections(rule: Notify, on: Sequence[str], news: News) -> list[Section]:
    """What a rule asks for, the most urgent first; an edit of several kinds is one item."""
    found = [
        Section("failure", "killed run", "killed runs"),
        Section("drift", "drift of the layout", "drifts of the layout"),
        Section("removed", "removal", "removals"),
        Section("moved", "moved article", "moved articles"),
        Section("silent", "silent edit", "silent edits"),
        Section("edit", "edit", "edits"),
        Section("returned", "return", "returns"),
        Section("new", "new article", "new articles"),
    ]
    items = {section.name: section.items for section in found}
    if "failure" in on:
        items["failure"] += [_killed(row) for row in news.killed]
    if "drift" in on:
        items["drift"] += [_drift(row) for row in news.drifts]
    for row in news.turns:
        event = "return" if row["after"] == "returned" else "removal"
        if event in on and _speaks_of(rule.keywords, (row["title"], row["subtitle"], row["body"])):
            items[row["after"]].append(_turn(row))
    for row in news.versions:
        if heading := _heading_of(row, on, rule.keywords):
            items[heading].append(_version(row))
    return found


def _heading_of(version: Row, on: Sequence[str], keywords: Sequence[str]) -> str | None:
    """Under which heading a version is told of; None where the rule does not ask for it."""
    if version["number"] == 1:
        texts = (version["title"], version["subtitle"], version["body"])
        return "new" if "new" in on and _speaks_of(keywords, texts) else None
    silent = version["silent"] and "silent" in on
    if not silent and not any(change["kind"] in on for change in version["changes"]):
        return None
    texts = (version["title"], *(c[side] for c in version["changes"] for side in ("removed", "added")))
    return ("silent" if version["silent"] else "edit") if _speaks_of(keywords, texts) else None


def _within_bounds(sections: Iterable[Section]) -> list[str]:
    """The sections as lines: MOST_ITEMS items in all, and how many more there are of each."""
    lines, room = [], MOST_ITEMS
    for section in sections:
        listed = section.items[:room]
        room -= len(listed)
        more = len(section.items) - len(listed)
        lines += ["", f"{section.several.capitalize()}: {len(section.items)}", *(f"- {item}" for item in listed)]
        lines += [f"- … and {more} more"] if more else []
    return lines


# --- items -----------------------------------------------------------------------------------------------------------


def _version(version: Row) -> str:
    kinds = dict.fromkeys(change["kind"] for change in version["changes"])
    what = ", ".join([*(["silent"] if version["silent"] else []), *kinds])
    return _item(version["article_id"], version, f"{what}{_change(version)}" if version["number"] > 1 else "")


def _change(version: Row) -> str:
    """The biggest change of words, as `: “14” → “11”`."""
    for change in version["changes"]:
        sides = [f"“{shown(change[side], MOST_OF_A_CHANGE)}”" if change[side] else "" for side in ("removed", "added")]
        if any(sides):
            return f": {sides[0] or 'nothing'} → {sides[1] or 'nothing'}"
    return ""


def _turn(row: Row) -> str:
    what = f"{row['after']}; last seen {kst(row['last_seen_at'])} as version {row['version_id']}"
    return _item(row["id"], row, row["after"] if row["after"] == "returned" else what)


def _item(article: int, row: Row, what: str) -> str:
    title = shown(row["title"], MOST_OF_A_TITLE)
    return f"{article} {title}{f' ({what})' if what else ''}\n  {printable(row['url'])}"


def _killed(row: Row) -> str:
    return f"run {row['id']} ({row['command']}), begun {kst(row['started_at'])}, was killed before it ended"


def _drift(row: Row) -> str:
    pages = f"{row['pages']} pages of {row['template']}"
    shares = f"{row['measure']} found on {row['found']:.0%} of {pages}, expected {row['expected']:.0%}"
    examples = ", ".join(str(example["article"]) for example in row["examples"][:3])
    since = f"since run {row['since_run']} ({kst(row['since'])})"
    return shown(f"{shares}, {since}{f'; such as {examples}' if examples else ''}", MOST_OF_A_REASON)


# --- keywords --------------------------------------------------------------------------------------------------------


def _speaks_of(keywords: Sequence[str], texts: Iterable[str | None]) -> bool:
    """Whether one of the keywords stands in one of the texts; true where there is no keyword."""
    if not keywords:
        return True
    folded = [_folded(text) for text in texts if text]
    return any(finds(text) for finds in map(_finder, keywords) for text in folded)


@cache
def _finder(keyword: str) -> Callable[[str], object]:
    """What finds a keyword as whole words, whatever their case; a Hangul word with its particle as well (국회 in 국회에서)."""
    words = r"\s+".join(re.escape(word) for word in _folded(keyword).split())
    end = "" if _HANGUL.search(keyword) else r"(?!\w)"
    return re.compile(rf"(?<!\w){words}{end}").search


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
