"""A run's report as lines of text."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from archive.display.run_figures import MEANINGS, field_names, fill, size
from archive.health import Drift, drift_words
from archive.reads.completeness import Completeness
from archive.reads.reports import Run
from archive.text import printable
from archive.times import kst, seconds_between
from jobs.screen.terminal import headline

MOST_NOTABLE = 40  # lines of single articles in the text; the JSON holds more
NOT_RECORDED = "not recorded"


def run_text(run: Run, gaps: Completeness | None) -> str:
    """A run as lines of text, also one that left no report."""
    if "outcomes" in run.report:
        return report_text(run.report, gaps)
    lines = [f"Run {run.id} ({run.command}) {run.status}, begun {kst(run.started_at)}, ended {kst(run.finished_at)}."]
    if run.report:
        lines += [f"  {name}: {value}" for name, value in run.report.items()]
    elif run.status == "running":
        lines.append("It is under way, or its process is gone: `hani status` says which.")
    else:
        lines.append("It left no report: it was killed before its end. What it had fetched is kept.")
    return printable("\n".join(lines))


def report_text(report: Mapping[str, Any], gaps: Completeness | None = None) -> str:
    """The whole report as lines of text."""
    return "\n".join(
        [
            *_head(report),
            *_drift(report),
            "",
            *_outcomes(report),
            "",
            *_listings(report),
            *_fields(report),
            *_turns(report),
            *_refused(report),
            *_notable(report),
            *_gaps(gaps),
        ]
    )


def _head(report: Mapping[str, Any]) -> list[str]:
    took = seconds_between(report["started_at"], report["finished_at"])
    received = report.get("bytes")
    weighing = f", {size(received)} received" if received is not None else ""
    asked = f"{report['requests']} requests in {took:.0f} s{weighing}"
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


def _drift(report: Mapping[str, Any]) -> list[str]:
    alarms = [f"  {drift_line(alarm)}{_examples(alarm)}" for alarm in report.get("drift") or []]
    if not alarms:
        return []
    held = f"{report['held']} articles seemed changed for it, and are not called so. " if report.get("held") else ""
    kept = f"{held}The captures are kept; `hani reprocess` reads them with a better template."
    return ["", "LAYOUT DRIFT: the pages are no longer as they were.", *map(printable, alarms), kept]


def drift_line(alarm: Mapping[str, Any]) -> str:
    """What a drift alarm of a report says, in words."""
    return drift_words(Drift(**{name: alarm[name] for name in Drift.__slots__}))


def _examples(alarm: Mapping[str, Any]) -> str:
    shown = ", ".join(str(example["article"]) for example in alarm.get("examples") or [])
    return f"; see {shown}" if shown else ""


def _fields(report: Mapping[str, Any]) -> list[str]:
    """How many pages of each template filled each field, as a table."""
    templates = report.get("fields")
    if templates is None:
        return ["", f"Fields filled: {NOT_RECORDED}."]
    if not templates:
        return []
    names = field_names(templates)
    widest = max(len(str(row["template"])) for row in templates)
    heads = "".join(f"  {name.replace('_', ' '):>8}" for name in names)
    lines = ["", "Fields filled, of each template's pages:", f"  {'':<{widest}}  pages{heads}"]
    for row in templates:
        cells = (f"  {fill(row, name):>{max(8, len(name))}}" for name in names)
        lines.append(f"  {row['template']:<{widest}}  {row['pages']:>5}{''.join(cells)}")
    return [printable(line) for line in lines]


def _turns(report: Mapping[str, Any]) -> list[str]:
    """The articles that this run found to stand elsewhere than before."""
    turns = report["statuses"]
    lines = [
        printable(f"{t['before']} → {t['after']:<16} {t['id']}  {headline(t['title'])}") for t in turns[:MOST_NOTABLE]
    ]
    more = [f"… and {len(turns) - MOST_NOTABLE} more"] if len(turns) > MOST_NOTABLE else []
    return ["", *lines, *more] if turns else []


def _refused(report: Mapping[str, Any]) -> list[str]:
    """How many pages were refused for which reason; the pages stand among the notable ones."""
    reasons = Counter(str(page["reason"]).partition(":")[0] for page in report.get("refused") or [])
    if not reasons:
        return []
    return ["", printable(f"Refused: {', '.join(f'{count} {reason}' for reason, count in reasons.most_common())}.")]


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
        lines.append(printable(f"{kind.replace('_', ' '):<26} {item['id']}  {headline(what)}"))
    if len(shown) > MOST_NOTABLE:
        lines.append(f"… and {_remarkable(report) - MOST_NOTABLE} more (--json names up to 1,000 of each kind)")
    return lines


def _gaps(gaps: Completeness | None) -> list[str]:
    if gaps is None:
        return []
    from jobs.gaps import summary

    lists = f"{len(gaps.lists)} lists may have offered more; " if gaps.lists else ""
    pointer = [f"{lists}`hani gaps` lists them."] if gaps.gaps or gaps.lists else []
    return ["", *summary(gaps), *pointer]
