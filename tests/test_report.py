"""A run's report: on the terminal, as JSON, and as a page that nothing from the web can make do anything."""

import base64
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import click
import pytest

from archive.database import open_writer
from archive.display import charts
from archive.display.charts import Bar, Column
from archive.display.markup import said
from archive.display.run_figures import duration, fill, size
from archive.reads import reports
from archive.reads.reports import Point, Run
from jobs.replica import Replica
from jobs.report_page import MOST_ROWS, page, titled, write
from jobs.report_text import report_text, run_text
from tests.conftest import Hani, one, rows

OUTCOMES = dict.fromkeys(
    ("new", "changed", "unchanged", "not_modified", "gone", "refused", "blocked", "robots", "off_site", "failed"), 0
)
FIELDS = [
    {"template": "g3-rendered", "pages": 61, "filled": {"byline": 6, "subtitle": 58}},
    {"template": "g2", "pages": 0, "filled": {"subtitle": 0}},
]
ALARM = {
    "template": "g3-rendered",
    "measure": "byline",
    "pages": 61,
    "found": 0.0984,
    "expected": 0.95,
    "since_run": 39,
    "since": "2026-11-20T18:30:00Z",
    "examples": [
        {"capture": 7, "article": 1278862, "url": "https://www.hani.co.kr/arti/english_edition/x/1278862.html"}
    ],
}
OLD: dict[str, Any] = {
    "run": 41,
    "command": "hani nightly",
    "status": "done",
    "program": "hani/0.1",
    "cleaner": "c1",
    "started_at": "2026-11-22T18:30:00Z",
    "finished_at": "2026-11-22T19:10:00Z",
    "origin": None,
    "addresses": 3,
    "outcomes": {**OUTCOMES, "new": 2, "changed": 1, "left_over": 0},
    "versions": {"text": 1},
    "silent": 1,
    "statuses": [],
    "requests": 12,
    "hosts": {"www.hani.co.kr": "answers"},
    "listings": {"asked": 2, "failed": 0, "sightings": 30, "other": 4, "left_over": 0},
    "notable": [],
}
"""As the first version of this program wrote it."""

TODAY = {
    **OLD,
    "bytes": 51_000_000,
    "exit_code": 5,
    "status": "degraded",
    "fields": FIELDS,
    "drift": [ALARM],
    "refused": [
        {"article": 9, "url": "https://www.hani.co.kr/9.html", "reason": "no body: nothing"},
        {"article": 8, "url": "https://www.hani.co.kr/8.html", "reason": "no body: nothing"},
        {"article": 7, "url": "https://www.hani.co.kr/7.html", "reason": "paywall: one sentence"},
    ],
}


def run_of(report: dict[str, Any], status: str = "done") -> Run:
    return Run(41, "hani nightly", "2026-11-22T18:30:00Z", "2026-11-22T19:10:00Z", status, None, None, report)


def notable(number: int, title: str | None, **other: Any) -> dict[str, Any]:
    url = f"https://www.hani.co.kr/arti/english_edition/e_national/{number}.html"
    plain = {
        "id": number,
        "url": url,
        "outcome": "new",
        "title": title,
        "version": "v",
        "kind": "first",
        "silent": False,
    }
    return {**plain, "reason": None, **other}


# --- on the terminal -------------------------------------------------------------------------------------------------


def test_the_text_says_what_was_filled_what_drifted_and_what_was_refused() -> None:
    text = report_text(TODAY)
    assert "12 requests in 2400 s, 51 MB received" in text
    lines = [line.split() for line in text.splitlines()]
    assert ["pages", "subtitle", "byline"] in lines  # in the record's order
    assert ["g3-rendered", "61", "95%", "10%"] in lines
    assert ["g2", "0", "–", "–"] in lines
    assert (
        "  g3-rendered: 10% of 61 pages with byline, where 95% are usual, since run 39 (2026-11-21 03:30 KST)" in text
    )
    assert "Refused: 2 no body, 1 paywall." in text


def test_a_report_of_an_older_version_is_read_as_well() -> None:
    text = report_text(OLD)
    assert "Fields filled: not recorded." in text and "drift" not in text and "Refused" not in text
    written = page(run_of(OLD), [], None)
    assert "Not recorded." in written and ">not recorded<" in written


def test_runs_without_a_report_and_of_other_jobs_are_told_of() -> None:
    assert "killed" in run_text(run_of({}, "interrupted"), None)
    assert "hani status" in run_text(run_of({}, "running"), None)
    assert "exit_code: 0" in run_text(run_of({"exit_code": 0}), None)
    for status, report in (("interrupted", {}), ("running", {}), ("done", {"exit_code": 0})):
        assert f">{status}<" in page(run_of(report, status), [], None)


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (51_000_000, "51 MB"), (2.5e12, "2,500 GB")],
)
def test_sizes(count: float, words: str) -> None:
    assert size(count) == words


def test_times_and_shares() -> None:
    assert [duration(seconds) for seconds in (3, 119, 120, 7200, 200_000)] == [
        "3 s",
        "119 s",
        "2 minutes",
        "2 hours",
        "2 days",
    ]
    assert fill({"pages": 3, "filled": {"byline": 2}}, "byline") == "67%"
    assert fill({"pages": 0, "filled": {"byline": 0}}, "byline") == "–"


# --- the page --------------------------------------------------------------------------------------------------------

EVERYTHING = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>국회<b>&amp;\x1b[31m\u202eevil\u2066\u200f\ud800\x00"
)
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "footer", "h1", "h2", "p", "span", "strong", "dl", "dt", "dd",
    "div", "ul", "li", "a", "bdi", "table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "details",
    "summary", "code", "svg", "rect", "text", "line", "circle", "polyline",
}  # fmt: skip


class Elements(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def hostile() -> dict[str, Any]:
    """A report in which every text that can come from the web is hostile."""
    sick = {
        **ALARM,
        "template": EVERYTHING,
        "examples": [{"article": EVERYTHING, "url": "javascript:alert(1)", "capture": 1}],
    }
    items = [
        notable(1, EVERYTHING),
        notable(2, EVERYTHING, url='https://www.hani.co.kr/"onmouseover="alert(1)'),
        notable(3, EVERYTHING, url="javascript:alert(1)"),
        notable(4, EVERYTHING, url="https://www.hani.co.kr.evil.example/"),
        notable(5, None, outcome="refused", reason=EVERYTHING, url=EVERYTHING),
        notable(6, EVERYTHING * 12_000, outcome="changed", kind="text"),
    ]
    filled = [{"template": EVERYTHING, "pages": 3, "filled": {EVERYTHING: 2}}]
    turns = [{"id": 1, "title": EVERYTHING, "before": "live", "after": "removed"}]
    hosts = {EVERYTHING: EVERYTHING}
    return {
        **TODAY,
        "notable": items,
        "statuses": turns,
        "hosts": hosts,
        "drift": [sick],
        "fields": filled,
        "cleaner": EVERYTHING,
    }


def test_nothing_from_the_web_becomes_markup() -> None:
    text = page(run_of(hostile()), [point(41, fields=hostile()["fields"])], None)
    elements = Elements(text)
    assert {tag for tag, _ in elements.found} <= ALLOWED
    attributes = {name for _, attributes in elements.found for name in attributes}
    assert not [name for name in attributes if name.startswith("on") or name in ("src", "style", "srcset", "action")]
    links = [attributes["href"] for tag, attributes in elements.found if tag == "a"]
    assert links and all(str(link).startswith("https://www.hani.co.kr/") for link in links)
    assert "<script>alert(1)</script>" in elements.words  # shown as it is
    assert not re.search("[\x00-\x08\x1b\u202a-\u202e\u2066-\u2069\u200f\ud800-\udfff]", text)
    assert len(text) < 100_000  # a title of a megabyte is cut
    text.encode("utf-8")


def test_the_page_loads_nothing_and_allows_its_own_style_alone() -> None:
    text = page(run_of(TODAY), [point(41)], None)
    (policy,) = [a["content"] for tag, a in Elements(text).found if a.get("http-equiv") == "Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", text, re.S)
    assert style is not None and policy is not None
    fingerprint = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{fingerprint}'; base-uri 'none'; form-action 'none'"
    assert "url(" not in style[1] and "@import" not in style[1]
    assert text.index("Content-Security-Policy") < text.index("<style>")
    assert "prefers-color-scheme: dark" in style[1] and 'name="viewport"' in text


def test_every_table_has_a_caption_and_every_chart_a_name() -> None:
    elements = Elements(page(run_of({**TODAY, "notable": [notable(1, "A")]}), [point(40), point(41)], None)).found
    tags = [tag for tag, _ in elements]
    assert tags.count("table") == tags.count("caption") >= 4
    drawn = [attributes for tag, attributes in elements if tag == "svg"]
    assert len(drawn) >= 5 + 2 and all(a["aria-label"] and a["role"] == "img" for a in drawn)


def test_hangul_is_marked_as_korean() -> None:
    assert (
        said("“국회 본회의” opens in 서울")
        == '“<span lang="ko">국회 본회의</span>” opens in <span lang="ko">서울</span>'
    )
    assert titled("서울") == '<bdi><span lang="ko">서울</span></bdi>'


def test_long_tables_are_cut_and_say_so() -> None:
    text = page(run_of({**OLD, "notable": [notable(n, "A") for n in range(1, MOST_ROWS + 3)]}), [], None)
    assert text.count("<bdi>") == MOST_ROWS and "… and 2 more" in text


def point(run: int, **other: Any) -> Point:
    plain: dict[str, Any] = {
        "started_at": "2026-11-22T18:30:00Z",
        "finished_at": "2026-11-22T19:10:00Z",
        "status": "done",
        "new": 2,
        "changed": 1,
        "requests": 12,
        "bytes": None,
        "fields": FIELDS,
    }
    return Point(run, **{**plain, **other})


# --- charts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (2, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 20), (61, 80), (100, 100), (101, 200)]
)
def test_the_top_of_an_axis(most: float, top: float) -> None:
    assert charts.ceiling(most) == top


def rectangles(chart: str, kind: str) -> list[dict[str, str]]:
    return [dict(re.findall(r'(\w+)="([^"]*)"', rect)) for rect in re.findall(rf'<rect [^>]*class="{kind}"', chart)]


def test_columns_stack_and_stand_on_the_axis() -> None:
    drawn = charts.columns(
        "Articles", [Column("run 1", (30, 10)), Column("run 2", (None, None)), Column("run 3", (0, 40))]
    )
    below, above = rectangles(drawn, "s0"), rectangles(drawn, "s1")
    assert [rect["height"] for rect in below] == ["82.5"] and [rect["height"] for rect in above] == ["27.5", "110"]
    base = charts.TOP + charts.PLOT_HEIGHT
    assert float(below[0]["y"]) == base - 82.5 and float(above[0]["y"]) == base - 110
    assert drawn.count('class="none"') == 2  # not recorded
    assert "<title>run 2: not recorded, not recorded</title>" in drawn


def test_bars_are_as_long_as_their_numbers() -> None:
    drawn = rectangles(
        charts.bars("Outcomes", [Bar("new", 50), Bar("gone", 100), Bar("failed", 0), Bar("refused", 0.001)]), "s0"
    )
    assert [float(rect["width"]) for rect in drawn] == [100, 200, 0, 1]


def test_a_sparkline_is_broken_where_nothing_was_recorded() -> None:
    drawn = charts.sparkline("byline", [0, 1, None, 0.5, 2])
    lines = re.findall(r'points="([^"]*)"', drawn)
    assert [line.count(",") for line in lines] == [2, 2]
    assert [point.split(",")[1] for line in lines for point in line.split()] == ["21", "3", "12", "3"]
    assert charts.sparkline("byline", [None]).count("polyline") == 0


@pytest.mark.parametrize("points", [[], [Column("run 1", (0,))], [Column("run 1", (None,))]])
def test_charts_of_nothing_are_drawn_as_well(points: list[Column]) -> None:
    assert charts.columns("Requests", points).startswith("<svg")


# --- the file --------------------------------------------------------------------------------------------------------


def test_the_page_takes_its_place_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("earlier")
    (tmp_path / "link.html").symlink_to(path)
    write(tmp_path / "link.html", "later")
    assert path.read_text() == "later" and (tmp_path / "link.html").is_symlink()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["link.html", "report.html"]
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("where", [".", "missing/report.html", "file/report.html", "/dev/null", "n" * 300])
def test_a_page_that_cannot_be_written_is_one_sentence_and_nothing_is_harmed(tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("kept")
    with pytest.raises(click.UsageError, match="cannot be written"):
        write(tmp_path / where, "page")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"] and (tmp_path / "file").read_text() == "kept"
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def two_runs(site: Replica, hani: Hani) -> Iterator[Hani]:
    for site.night in (1, 2):
        assert hani("nightly", "--origin", site.origin, "--delay", "0").code == 0
    yield hani


def test_the_last_run_any_run_and_its_json_as_it_stands_in_the_archive(two_runs: Hani, tmp_path: Path) -> None:
    stored = one(tmp_path / "archive.db", "select report from runs where id = 2")
    assert two_runs("report", "--json").data == two_runs("--json", "report", "2").data == json.loads(stored)
    assert two_runs("report").out.startswith("Run 2 (hani nightly) done")
    first = two_runs("report", "1")
    assert first.out.startswith("Run 1 (hani nightly) done")
    assert "Named by feed and lists" in first.out and "each in exactly one line above" in first.out
    unknown = two_runs("report", "3")
    assert unknown.code == 2 and "there is no run '3' in this archive; the last one is 2" in unknown.sentence
    for wrong in ("x", "0", "９", "1" * 30, "\x1b[31m"):
        ran = two_runs("report", wrong)
        assert (
            ran.code == 2 and "there is no run" in ran.sentence and "Traceback" not in ran.err and "\x1b" not in ran.err
        )


def test_the_page_of_a_real_run(two_runs: Hani, tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    ran = two_runs("report", "--html", str(target))
    assert (ran.code, ran.out) == (0, "") and "wrote" in ran.err
    text = target.read_text(encoding="utf-8")
    elements = Elements(text)
    assert {tag for tag, _ in elements.found} <= ALLOWED
    assert "Run 2: hani nightly" in elements.words
    changed = rows(tmp_path / "archive.db", "select title from versions where number > 1")
    assert changed and all(said(row["title"]) in text for row in changed)
    wrong = two_runs("report", "--html", str(tmp_path / "missing" / "report.html"))
    assert wrong.code == 2 and "cannot be written" in wrong.sentence and "No such file or directory" in wrong.sentence


@pytest.mark.parametrize("name", ["archive.db", "archive.db-wal", "archive.db.lock", "link.db"])
def test_the_page_never_takes_the_place_of_the_archive(two_runs: Hani, tmp_path: Path, name: str) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "archive.db")
    ran = two_runs("report", "--html", str(tmp_path / name))
    assert ran.code == 2 and "it is a file of the archive" in ran.sentence
    assert two_runs("report").out.startswith("Run 2 (hani nightly) done")


def test_without_a_run_it_says_so(hani: Hani, tmp_path: Path) -> None:
    assert "there is no archive" in hani("report").sentence
    with closing(open_writer(tmp_path / "archive.db").conn):
        pass
    ran = hani("report")
    assert ran.code == 2 and "there is no run in this archive yet" in ran.sentence


def test_broken_and_foreign_reports_do_no_harm(hani: Hani, tmp_path: Path) -> None:
    with closing(open_writer(tmp_path / "archive.db").conn) as connection:
        for number, report in enumerate((json.dumps(TODAY), "{broken", "[1]", json.dumps({"exit_code": 0}), None), 1):
            connection.execute(
                "insert into runs (id, command, started_at, finished_at, status, program, report)"
                " values (?, 'hani nightly', '2026-11-22T18:30:00Z', '2026-11-22T19:10:00Z', 'done', 'hani/0.1', ?)",
                [number, report],
            )
        connection.commit()
        assert [p.bytes for p in reports.trend(connection, 5, 30)] == [51_000_000, None, None, None, None]
        assert [p.run_id for p in reports.trend(connection, 4, 2)] == [3, 4]
    for number in range(1, 6):
        assert hani("report", str(number)).code == 0
        assert hani("report", str(number), "--json").code == 0
        assert hani("report", str(number), "--html", "page.html").code == 0
