"""Runs in figures: what an outcome means, sizes and times as people read them, and the charts over many runs; pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive.display import charts
from archive.reads.reports import Point
from archive.records import OPTIONAL
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


def duration(seconds: float) -> str:
    """Seconds as people read them."""
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}s"
    return f"{seconds:.0f} s"


def size(count: float) -> str:
    """Bytes as people read them."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:,.0f} {unit}" if unit == "bytes" or count >= 10 else f"{count:.1f} {unit}"


def field_names(templates: Sequence[Mapping[str, Any]]) -> list[str]:
    """The fields that the rows speak of, in the record's order."""
    named = {name for row in templates for name in row["filled"]}
    return [name for name in OPTIONAL if name in named] + sorted(named - set(OPTIONAL))


def fill(row: Mapping[str, Any], name: str) -> str:
    """The share of a template's pages that fill a field."""
    share = fill_rate(row, name)
    return "–" if share is None else f"{share:.0%}"


def fill_rate(row: Mapping[str, Any], name: str) -> float | None:
    """The same as a number; None where there is none."""
    filled, pages = row["filled"].get(name), row["pages"]
    return None if filled is None or not pages else filled / pages


def took(point: Point) -> float | None:
    """How many minutes a run took; None for one without an end."""
    return seconds_between(point.started_at, point.finished_at) / 60 if point.finished_at else None


def minutes(value: float) -> str:
    """Minutes as people read them."""
    return f"{value:,.0f}" if value >= 10 or value == 0 else f"{value:.1f}"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart: what stands above it, the names of its series, and the chart as SVG."""

    caption: str
    keys: tuple[str, ...]
    svg: str


Address = Callable[[int], str | None]
"""Where a run is told of, by its number."""


def _nowhere(run_id: int) -> None:
    return None


def over_runs(points: Sequence[Point], address: Address = _nowhere) -> list[Drawn]:
    """What runs brought and what they cost, a column each."""
    return [
        _drawn("Articles", "New and changed articles per run", points, lambda p: (p.new, p.changed), address),
        _drawn("Requests", "Requests per run", points, lambda p: (p.requests,), address),
        _drawn("Received", "Bytes received per run", points, lambda p: (p.bytes,), address, said=size),
        _drawn("Minutes", "Minutes per run", points, lambda p: (took(p),), address, said=minutes),
    ]


def outcomes_over(points: Sequence[Point], address: Address = _nowhere) -> list[Drawn]:
    """How addresses ended in each run: those that still stood, those that were gone, those that gave no usable answer."""

    def summed(*names: str) -> Callable[[Point], float | None]:
        return lambda p: sum(p.outcomes.get(name, 0) for name in names) if p.outcomes else None

    same, gone, left = summed("unchanged", "not_modified"), summed("gone"), summed("left_over")
    failed = summed("refused", "blocked", "robots", "off_site", "failed")
    return [
        _drawn("Unchanged", "Known articles found unchanged per run", points, lambda p: (same(p),), address),
        _drawn("Gone", "Addresses found gone per run", points, lambda p: (gone(p),), address),
        _drawn(
            "No usable answer", "Addresses without a usable answer per run", points, lambda p: (failed(p),), address
        ),
        _drawn("Left over", "Addresses left over per run", points, lambda p: (left(p),), address),
    ]


KEYS = {"Articles": ("new", "changed")}


def _drawn(
    caption: str,
    title: str,
    points: Sequence[Point],
    values: Callable[[Point], tuple[float | None, ...]],
    address: Address,
    said: charts.Said | None = None,
) -> Drawn:
    columns = [
        charts.Column(f"run {p.run_id}, {kst(p.started_at)[5:10]}", values(p), address(p.run_id)) for p in points
    ]
    svg = charts.columns(title, columns, said) if said else charts.columns(title, columns)
    return Drawn(caption, KEYS.get(caption, ()), svg)


@dataclass(frozen=True, slots=True)
class Filling:
    """A template's fields: each with its share in the newest run that saw the template, and a line over the runs."""

    template: str
    pages: int
    fields: Sequence[tuple[str, str, str]]


def filled_over(points: Sequence[Point]) -> list[Filling]:
    """How many pages of each template held each field, over these runs (oldest first)."""
    newest: dict[str, Mapping[str, Any]] = {str(row["template"]): row for p in points for row in p.fields}
    return [
        Filling(
            name,
            row["pages"],
            [(field, fill(row, field), fill_line(name, field, points)) for field in field_names([row])],
        )
        for name, row in sorted(newest.items())
    ]


def fill_line(template: str, field: str, points: Sequence[Point]) -> str:
    """A field's share of a template's pages over these runs, as a line."""
    rows = [next((row for row in p.fields if row.get("template") == template), None) for p in points]
    shares = [fill_rate(row, field) if row else None for row in rows]
    return charts.sparkline(f"{field} of {template} over {len(shares)} runs", shares)
