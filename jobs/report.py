"""A run's report, as people read it."""

from collections.abc import Mapping
from typing import Any

from archive.text import printable
from archive.times import kst, seconds_between

MEANINGS = {
    "new": "articles that the archive did not have",
    "changed": "a new version of a known article",
    "unchanged": "the same article again",
    "not_modified": "the server said so (304)",
    "gone": "removed: 404, 410, a notice, or sent elsewhere",
    "refused": "a page that is no readable article; kept",
    "blocked": "we were turned away; asked again next time",
    "robots": "robots.txt keeps us out",
    "off_site": "led off the site; not followed",
    "failed": "no usable answer; asked again next time",
    "left_over": "the run's budget ended first; waits",
}
MOST_NOTABLE = 40  # lines of single articles in the text; the JSON holds more


def report_text(report: Mapping[str, Any]) -> str:
    """The whole report as lines of text."""
    return "\n".join(
        [*_head(report), "", *_outcomes(report), "", *_listings(report), *_turns(report), *_notable(report)]
    )


def _head(report: Mapping[str, Any]) -> list[str]:
    took = seconds_between(report["started_at"], report["finished_at"])
    asked = f"{report['requests']} requests in {took:.0f} s"
    lines = [
        f"Run {report['run']} ({report['command']}) {report['status']}: {asked}, begun {kst(report['started_at'])}"
    ]
    if report["origin"]:
        lines.append(f"Asked in the site's stead: {report['origin']}")
    return lines + [f"{host}: {printable(state)}" for host, state in report["hosts"].items() if state != "answers"]


def _outcomes(report: Mapping[str, Any]) -> list[str]:
    lines = []
    for name, meaning in MEANINGS.items():
        lines.append(f"  {name.replace('_', ' '):<13}{report['outcomes'][name]:>6}   {meaning}")
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report["versions"].items())) or "none"
    return [
        *lines,
        f"  {'addresses':<13}{report['addresses']:>6}   each in exactly one line above",
        "",
        f"Changes by kind: {kinds}. Silent (text changed, stamp did not): {report['silent']}.",
    ]


def _listings(report: Mapping[str, Any]) -> list[str]:
    listed = report["listings"]
    left = f", {listed['left_over']} left over" if listed["left_over"] else ""
    return [
        f"Lists and feeds: {listed['asked']} pages asked ({listed['failed']} without an answer{left}), articles offered"
        f" {listed['sightings']} times, {listed['other']} other links (Korean articles, other pages) not followed."
    ]


def _turns(report: Mapping[str, Any]) -> list[str]:
    """The articles that this run found to stand elsewhere than before."""
    turns = report["statuses"]
    lines = [printable(f"{t['before']} → {t['after']:<16} {t['id']}  {t['title']}") for t in turns[:MOST_NOTABLE]]
    more = [f"… and {len(turns) - MOST_NOTABLE} more"] if len(turns) > MOST_NOTABLE else []
    return ["", *lines, *more] if turns else []


def _remarkable(report: Mapping[str, Any]) -> int:
    """How many addresses ended otherwise than as they were; the report names the first of them."""
    plain = ("unchanged", "not_modified", "left_over")
    return sum(count for name, count in report["outcomes"].items() if name not in plain)


def _notable(report: Mapping[str, Any]) -> list[str]:
    shown = [n for n in report["notable"] if n["outcome"] != "new"] + [
        n for n in report["notable"] if n["outcome"] == "new"
    ]
    if not shown:
        return []
    lines = [""]
    for item in shown[:MOST_NOTABLE]:
        kind = (
            f"{item['outcome']} ({item['kind']}{', silent' if item['silent'] else ''})"
            if item["outcome"] == "changed"
            else item["outcome"]
        )
        what = item["reason"] or item["title"] or ""
        lines.append(printable(f"{kind.replace('_', ' '):<26} {item['id']}  {what}"))
    if len(shown) > MOST_NOTABLE:
        lines.append(f"… and {_remarkable(report) - MOST_NOTABLE} more (--json names up to 1,000 of each kind)")
    return lines
