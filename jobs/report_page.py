"""A run's report as one self-contained page: no script, nothing loaded, every word from the web escaped.

The page says so itself, by a Content-Security-Policy that allows its one style sheet, by its hash, and nothing else.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any

import click

from archive.display import charts
from archive.display.charts import Bar
from archive.display.markup import LONGEST, said
from archive.display.run_figures import (
    MEANINGS,
    Drawn,
    duration,
    field_names,
    fill,
    fill_line,
    minutes,
    over_runs,
    size,
    took,
)
from archive.reads.completeness import Completeness, Hole
from archive.reads.reports import Point, Run
from archive.times import kst, seconds_between
from jobs.gaps import HOLES, REASONS, label
from jobs.placing import place
from jobs.report_text import NOT_RECORDED, drift_line

MANY_COLUMNS = 4  # too many to stand beside each other on a telephone
MOST_ROWS = 200  # of one table; the JSON holds all
SITE = (
    "https://www.hani.co.kr/",
    "https://english.hani.co.kr/",
    "http://www.hani.co.kr/",
    "http://english.hani.co.kr/",
)
"""How an address begins that the page makes a link of."""

_COMMAND = re.compile("`([^`]+)`")

STYLE = """
:root { color-scheme: light dark; --page: #fff; --text: #1c1e21; --quiet: #5c6370; --line: #d9dce1; --panel: #f6f7f9;
  --s0: #2463c9; --s1: #c96a00; --good: #1a7f37; --bad: #b3261e; --link: #1a56b8; }
@media (prefers-color-scheme: dark) { :root { --page: #15171a; --text: #e6e8eb; --quiet: #a0a7b2; --line: #363b43;
  --panel: #1e2126; --s0: #6ea8fe; --s1: #f0a04b; --good: #57c07a; --bad: #ff8a80; --link: #8ab4f8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 74rem; padding: 1rem 1.25rem 3rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; margin: .5rem 0 .25rem; line-height: 1.25; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
a { color: var(--link); }
p { margin: .4rem 0; }
.quiet { color: var(--quiet); }
.state { font-weight: 600; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.alarm { border-left: 4px solid var(--bad); background: var(--panel); padding: .5rem .9rem; margin: 1rem 0; }
.alarm ul { margin: .25rem 0; padding-left: 1.2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .75rem 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1.25rem 2rem; }
figure { margin: 0; }
figcaption { font-size: .875rem; margin-bottom: .35rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.25rem 2.5rem; }
.chart { display: block; width: 100%; max-width: 24rem; height: auto; }
.spark { display: block; max-width: none; }
svg text { font: 12px system-ui, sans-serif; fill: var(--text); }
svg .name { text-anchor: end; fill: var(--quiet); }
svg .last { text-anchor: end; }
svg .s0 { fill: var(--s0); }
svg .s1 { fill: var(--s1); }
svg .none { fill: none; stroke: var(--quiet); }
svg .hit { fill: transparent; }
svg .line { fill: none; stroke: var(--s0); stroke-width: 1.5; }
svg .grid { stroke: var(--line); stroke-width: 1; }
.key { white-space: nowrap; }
.key::before { content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .35em; background: var(--s0); }
.key.second::before { background: var(--s1); }
.wide { overflow-x: auto; margin-bottom: 1.5rem; }
table { border-collapse: collapse; width: 100%; font-size: .925rem; }
caption { text-align: left; color: var(--quiet); font-size: .875rem; padding-bottom: .35rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.text { overflow-wrap: anywhere; min-width: 12rem; }
footer { margin-top: 3rem; font-size: .875rem; color: var(--quiet); }
@media (max-width: 40rem) { body { padding: .75rem .9rem 2rem; } td.text { min-width: 9rem; }
  th, td { padding-right: .5rem; } .many thead { display: none; } .many tr { display: block; padding: .4rem 0;
  border-bottom: 1px solid var(--line); } .many td, .many td.number { display: block; text-align: left; border: 0;
  padding: .05rem 0; white-space: normal; } .many td::before { content: attr(data-head) ": "; color: var(--quiet); } 
  dl { grid-template-columns: 9.75rem 1fr; gap: .15rem .75rem; } }
"""

Cell = tuple[str, str]
"""A table's cell: its class, and its content as HTML."""


# --- words -----------------------------------------------------------------------------------------------------------


def titled(text: object, url: object = None) -> str:
    """A title, set apart so that its direction of writing is its own; a link where its address is one of the site's."""
    words = f"<bdi>{said(text)}</bdi>"
    address = str(url or "")
    if not address.startswith(SITE) or len(address) > LONGEST or not address.isprintable():
        return words
    return f'<a href="{escape(address)}" rel="noreferrer noopener">{words}</a>'


def text(value: object) -> Cell:
    """A cell of words from anywhere."""
    return "text", said(value)


def short(value: object) -> Cell:
    """A cell of a word or two."""
    return "", said(value)


def number(value: object) -> Cell:
    """A cell of a number."""
    return "number", f"{value:,}" if isinstance(value, int) else said(value)


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table with its caption; too many rows are cut, and counted. On a telephone many columns stand one below the other."""
    listed = list(rows)
    kinds = [cell[0] for cell in listed[0]] if listed else []
    head = "".join(
        f'<th scope="col"{_class(kind)}>{escape(name)}</th>' for name, kind in zip(heads, kinds, strict=True)
    )
    body = "".join(f"<tr>{''.join(map(_cell, heads, row))}</tr>" for row in listed[:MOST_ROWS])
    more = f'<p class="quiet">… and {len(listed) - MOST_ROWS:,} more; the JSON holds all.</p>'
    return (
        f'<div class="wide"><table{_class("many" if len(heads) >= MANY_COLUMNS else "")}><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more if len(listed) > MOST_ROWS else ''}"
    )


def _cell(head: str, cell: Cell) -> str:
    return f'<td{_class(cell[0])} data-head="{escape(head)}">{cell[1]}</td>'


def own(sentence: str) -> Cell:
    """A cell of words of our own, in which `commands` stand out."""
    return "text", _COMMAND.sub(r"<code>\1</code>", said(sentence))


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def figure(caption: str, chart: str) -> str:
    """A chart under its caption."""
    return f"<figure><figcaption>{caption}</figcaption>{chart}</figure>"


# --- the page --------------------------------------------------------------------------------------------------------


def page(run: Run, points: Sequence[Point], gaps: Completeness | None) -> str:
    """The whole page. `points` are the walks up to this run, oldest first."""
    sections = [_head(run), _drift(run.report)]
    if "outcomes" in run.report:
        sections += [_outcomes(run.report)]
    sections += [_over_runs(points), _fields(run.report, points)]
    if "outcomes" in run.report:
        sections += [_changes(run.report), _turns(run.report), _unanswered(run.report)]
    sections += [_lists(run.report), _gaps(gaps)]
    fingerprint = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{fingerprint}'; base-uri 'none'; form-action 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>Run {run.id}: {said(run.command)}, {said(run.status)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(filter(None, sections))
        + "\n</body>\n</html>\n"
    )


def _head(run: Run) -> str:
    report = run.report
    took = duration(seconds_between(run.started_at, run.finished_at)) if run.finished_at else "–"
    received = report.get("bytes")
    facts = {
        "Begun": kst(run.started_at),
        "Took": took,
        "Requests": report.get("requests", NOT_RECORDED),
        "Received": size(received) if received is not None else NOT_RECORDED,
        "Exit code": report.get("exit_code", NOT_RECORDED),
        "Program": report.get("program", NOT_RECORDED),
        "Cleaner": report.get("cleaner", NOT_RECORDED),
    }
    if run.origin:
        facts["Asked in the site’s stead"] = run.origin
    for host, state in (report.get("hosts") or {}).items():
        facts[str(host)] = state
    listed = "".join(f"<dt>{said(name)}</dt><dd>{said(value)}</dd>" for name, value in facts.items())
    state = "good" if run.status == "done" else "bad"
    return (
        f"<header><h1>Run {run.id}: {said(run.command)}</h1>"
        f'<p>Status: <span class="state {state}">{said(run.status.replace("_", " "))}</span></p><dl>{listed}</dl></header>'
    )


def _drift(report: Mapping[str, Any]) -> str:
    alarms = report.get("drift") or []
    if not alarms:
        return ""
    listed = "".join(f"<li>{said(drift_line(alarm))}{_examples(alarm)}</li>" for alarm in alarms)
    return f'<div class="alarm" role="alert"><strong>The layout of pages has changed (drift).</strong><ul>{listed}</ul></div>'


def _examples(alarm: Mapping[str, Any]) -> str:
    links = [titled(one.get("article"), one.get("url")) for one in alarm.get("examples") or []]
    return f" Examples: {', '.join(links)}." if links else ""


def _outcomes(report: Mapping[str, Any]) -> str:
    outcomes = report["outcomes"]
    drawn = charts.bars(
        "How many addresses ended in each outcome",
        [Bar(name.replace("_", " "), outcomes.get(name, 0)) for name in MEANINGS],
    )
    rows: list[list[Cell]] = [
        [short(name.replace("_", " ")), number(outcomes.get(name, 0)), text(meaning)]
        for name, meaning in MEANINGS.items()
    ]
    rows.append([short("addresses"), number(report["addresses"]), text("each in exactly one line above")])
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report["versions"].items())) or "none"
    shown = figure("Addresses of this run, by outcome", drawn)
    numbers = table("The same in numbers", ("Outcome", "Addresses", "Meaning"), rows)
    return (
        f'<h2>Outcomes</h2><div class="pair">{shown}<div>{numbers}</div></div>'
        f"<p>Changes by kind: {said(kinds)}. Silent (text changed, the newspaper’s stamp did not): {said(report['silent'])}.</p>"
    )


def _over_runs(points: Sequence[Point]) -> str:
    if not points:
        return ""

    figures = "".join(figure(_captioned(drawn), drawn.svg) for drawn in over_runs(points))
    many = f"the last {len(points)} runs that walked the lists" if len(points) > 1 else "one run that walked the lists"
    hollow = '<p class="quiet">A hollow mark stands where a run did not record it.</p>'
    rows: list[list[Cell]] = [
        [
            number(p.run_id),
            short(kst(p.started_at)),
            short(p.status.replace("_", " ")),
            *(number("–" if value is None else value) for value in (p.new, p.changed, p.requests)),
            number("–" if p.bytes is None else size(p.bytes)),
            number("–" if (lasted := took(p)) is None else minutes(lasted)),
        ]
        for p in reversed(points)
    ]
    heads = ("Run", "Begun", "Ended", "New", "Changed", "Requests", "Received", "Minutes")
    return (
        f'<h2>Over {many}</h2><div class="charts">{figures}</div>{hollow}'
        f"<details><summary>The same in numbers</summary>{table('Runs, the newest first', heads, rows)}</details>"
    )


def _captioned(drawn: Drawn) -> str:
    keys = [f'<span class="key{" second" * place}">{name}</span>' for place, name in enumerate(drawn.keys)]
    return ": ".join(filter(None, [drawn.caption, " ".join(keys)]))


def _fields(report: Mapping[str, Any], points: Sequence[Point]) -> str:
    templates = report.get("fields")
    if templates is None:
        return f"<h2>Fields filled</h2><p>{NOT_RECORDED.capitalize()}.</p>"
    if not templates:
        return ""
    tables = "".join(_template(row, points) for row in templates)
    return f'<h2>Fields filled</h2><div class="charts">{tables}</div>'


def _template(row: Mapping[str, Any], points: Sequence[Point]) -> str:
    name = row["template"]
    rows = [
        [short(field.replace("_", " ")), number(fill(row, field)), ("", fill_line(name, field, points))]
        for field in field_names([row])
    ]
    pages = f"{row['pages']:,} page{'s' * (row['pages'] != 1)}"
    caption = f"Template <strong>{said(name)}</strong>, {pages}"
    return table(caption, ("Field", "Filled", "Over the runs"), rows) if rows else f"<p>{caption}</p>"


def _changes(report: Mapping[str, Any]) -> str:
    shown = [item for item in report["notable"] if item["outcome"] in ("changed", "new")]
    if not shown:
        return ""
    rows = [
        [number(str(item["id"])), ("text", titled(item["title"] or item["url"], item["url"])), short(_kind(item))]
        for item in sorted(shown, key=lambda item: str(item["outcome"]))
    ]
    return "<h2>New and changed articles</h2>" + table(
        "Changed ones first; silent: the text changed, the newspaper’s stamp did not",
        ("Article", "Title", "What"),
        rows,
    )


def _kind(item: Mapping[str, Any]) -> str:
    if item["outcome"] == "new":
        return "new"
    return f"changed: {item['kind']}{', silent' if item['silent'] else ''}"


def _turns(report: Mapping[str, Any]) -> str:
    rows = [
        [number(str(turn["id"])), ("text", titled(turn["title"])), short(f"{turn['before']} → {turn['after']}")]
        for turn in report["statuses"]
    ]
    if not rows:
        return ""
    caption = "Articles that stand elsewhere than before"
    return "<h2>Removals and returns</h2>" + table(caption, ("Article", "Title", "Turn"), rows)


def _unanswered(report: Mapping[str, Any]) -> str:
    """What gave no article: pages refused, and addresses without a usable answer."""
    named = {item["id"] for item in report["notable"]}
    refused = [
        {**page, "id": page["article"], "outcome": "refused", "title": None} for page in report.get("refused") or []
    ]
    items = [item for item in report["notable"] if item["outcome"] not in ("new", "changed")]
    rows = [
        [
            number(str(item["id"])),
            short(item["outcome"].replace("_", " ")),
            ("text", titled(item["title"] or item["url"], item["url"])),
            text(item["reason"] or "–"),
        ]
        for item in chain(items, (page for page in refused if page["id"] not in named))
    ]
    if not rows:
        return ""
    return "<h2>What gave no article</h2>" + table(
        "Each with the reason; a refused page is kept, and read again by a better cleaner",
        ("Article", "Outcome", "Title or address", "Reason"),
        rows,
    )


def _lists(report: Mapping[str, Any]) -> str:
    if "listings" not in report:
        return ""
    listed = report["listings"]
    return (
        f"<h2>Lists and feeds</h2><p>{said(listed['asked'])} pages were asked for, {said(listed['failed'])} gave no answer,"
        f" {said(listed['left_over'])} were left over. Articles were offered {said(listed['sightings'])} times;"
        f" {said(listed['other'])} other links (Korean articles, other pages) were not followed.</p>"
    )


def _gaps(gaps: Completeness | None) -> str:
    if gaps is None or not gaps.named:
        return ""
    counts: list[list[Cell]] = [[short("stored"), number(gaps.stored), text("in the archive")]]
    counts += [[short(label(r)), number(count), own(REASONS[r])] for r, count in gaps.reasons.items()]
    counts.append([short("articles"), number(gaps.named), text("each in exactly one line above")])
    caption = f"Named by feed and lists in the runs from {kst(gaps.since)} to {kst(gaps.until)}, as they stand now"
    return (
        "<h2>Named and stored</h2>"
        + table(caption, ("What", "Articles", "Meaning"), counts)
        + "".join(_gap_tables(gaps))
    )


def _gap_tables(gaps: Completeness) -> Iterator[str]:
    if gaps.gaps:
        heads = ("Article", "Gap", "Title or address", "Since", "Last answer")
        yield table(
            "What was named and is not stored",
            heads,
            (
                [
                    number(str(gap.article_id)),
                    short(label(gap.reason)),
                    ("text", titled(gap.title or gap.url, gap.url)),
                    short(kst(gap.since)),
                    text(gap.detail or "–"),
                ]
                for gap in gaps.gaps
            ),
        )
    troubles = [trouble for trouble in gaps.lists if trouble.hole is not Hole.NEVER]
    if troubles:
        yield table(
            "Lists that may have offered more",
            ("List", "Since", "Why", "Page"),
            ([short(t.source), short(kst(t.since)), own(HOLES[t.hole]), text(t.url)] for t in troubles),
        )


# --- the file --------------------------------------------------------------------------------------------------------


def write(path: Path, content: str) -> None:
    """Put the page in its place.

    Raises UsageError where it cannot be written.
    """
    try:
        place(path, content)
    except OSError as error:
        raise click.UsageError(f"the page cannot be written to {path}: {error.strerror}.") from None
