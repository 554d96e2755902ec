"""Every page's questions: addresses for each route, and the SQL that answering one asks of SQLite."""

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import quote

from archive.web.views.feeds import FEEDS
from tests.reading import Served

ASKED: Mapping[str, Sequence[str]] = {
    "changes": (
        "",
        "sort=largest",
        "sort=newest&page=2",
        *(
            f"{sort}&{filters}"
            for sort in ("sort=newest", "sort=largest")
            for filters in (
                "kind=figure",
                "silent=1",
                "section=e_national",
                "least=0.05",
                "from=2019-01-01&to=2026-11-23",
                "typography=1",
                "kind=figure&silent=1&section=e_national&least=0.01&from=2019-01-01&to=2026-11-23",
                "silent=1&section=e_national",
                "kind=quote&silent=1",
            )
        ),
    ),
    "removed": ("", "suspected=1", "page=2"),
    "search": tuple(
        f"in={scope}&sort={sort}&{rest}"
        for scope in ("current", "versions", "added", "removed")
        for sort in ("best", "newest")
        for rest in (
            "q=ministry",
            "q=%22trilateral+summit%22&page=2",
            "q=ministry&section=e_national&from=2019&to=2024&edited=1&silent=1&removed=1&author=Nobody",
            "q=814414",
        )
    ),
    "feed": (
        "q=ministry",
        "q=ministry&in=removed",
        "q=ministry&in=versions&author=Nobody",
        "q=ministry&silent=1&section=e_national&from=2019-01-01",
        "q=ministry&kind=figure&least=0.01&silent=1",
    ),
    "author": ("", "name={name}", "name=Nobody", "name={name}&page=2"),
    "compare": ("", "from=1&to=2", "view=side"),
}
"""What is asked of a page beside its bare address, by the last word of its path that is fixed; nothing more of others."""


_LOOK_AROUND = re.compile(r"\(\?<?[=!](?:[^()\\]|\\.)*\)")


def addresses(pattern: str, values: Mapping[str, Sequence[str]]) -> list[str]:
    """Addresses that a route's pattern matches, its named groups filled from `values`, and the questions of ASKED.

    Raises KeyError for a group that `values` does not know: a new route needs an example.
    """
    plain = _LOOK_AROUND.sub("", pattern.removeprefix("^").removesuffix("$").removesuffix("/?"))
    paths = list(_filled(plain, values))
    for path in paths:
        assert re.match(pattern, path), (pattern, path)
    words = [word for word in re.split(r"\W+", re.sub(r"\(.*?\)", "", pattern)) if word in ASKED]
    asked = ASKED[words[-1]] if words else ("",)
    return [
        f"{path}?{question.format(name=values['name'][0])}" if question else path
        for path in paths
        for question in asked
    ]


def _filled(pattern: str, values: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Each way to fill the first group, the rest filled likewise."""
    begin = pattern.find("(")
    if begin < 0:
        yield re.sub(r"\\(.)", r"\1", pattern)
        return
    end = _closing(pattern, begin)
    rest = pattern[end + 1 :]
    named = re.match(r"\(\?P<(\w+)>", pattern[begin:])
    inner = re.sub(r"^\?(P<\w+>|:)", "", pattern[begin + 1 : end]).split("|")
    if named and not all(re.fullmatch(r"(\w|-|\\\.)+", one) for one in inner):
        inner = list(values[named[1]])
    if rest.startswith("?"):
        inner, rest = ["", *inner], rest[1:]
    head = re.sub(r"\\(.)", r"\1", pattern[:begin])
    for value in inner:
        for tail in _filled(rest, values):
            yield head + value.replace("\\.", ".") + tail


def _closing(pattern: str, begin: int) -> int:
    depth = 0
    for place in range(begin, len(pattern)):
        depth += {"(": 1, ")": -1}.get(pattern[place], 0) if pattern[place - 1] != "\\" else 0
        if not depth:
            return place
    raise ValueError(f"the pattern {pattern!r} has an open group")


_OF_AN_INDEX = re.compile(r"^--|_fts_(config|content|data|docsize|idx)\b")


class Recorder:
    """The statements that a server's pages asked; those that a search index asks of its own tables left out."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.asked: list[str] = []

    def of(self, path: str) -> list[str]:
        """The statements of one request."""
        self.asked.clear()
        answer = self.served.get(path)
        assert answer.status_code in (200, 302, 404), (path, answer.status_code, answer.text[-600:])
        return [sql for sql in self.asked if not _OF_AN_INDEX.search(sql)]


@contextmanager
def recording(served: Served) -> Iterator[Recorder]:
    """Record what the archive's one connection is asked; Datasette must run with the setting `num_sql_threads` 1."""
    recorder = Recorder(served)
    served.on_connection(lambda connection: connection.set_trace_callback(recorder.asked.append))
    yield recorder
    served.on_connection(lambda connection: connection.set_trace_callback(None))


def examples(connection: sqlite3.Connection) -> dict[str, Sequence[str]]:
    """What an archive has for the groups of routes: an article with edits, its versions, an author, a day, a section."""
    row = connection.execute("select * from articles where versions > 2 order by id desc limit 1").fetchone()
    ids = connection.execute("select id from versions where article_id = ? order by number", [row["id"]]).fetchall()
    (name,) = connection.execute("select name from authors group by name order by count(*) desc limit 1").fetchone()
    return {
        "id": [str(row["id"])],
        "version": [ids[0][0], ids[-1][0]],
        "name": [quote(name)],
        "day": [row["posted_at"][:10]],
        "code": [row["section"]],
        "section": [row["section"]],
        "feed": [*FEEDS],
        "digest": ["0" * 64],
    }
