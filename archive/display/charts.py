"""Small charts as inline SVG: pure functions of numbers, without scripts, styled by the page's classes.

A place that has an address is a link to the rows behind it.

Each is drawn for a telephone's width, where its words are read at their true size; wider pages set several side by side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from archive.display.markup import shown

WIDTH = 340  # pixels at which a chart's words have their true size
ROW = 22  # height of a horizontal bar with its space
NAMES, NUMBERS = 92, 48  # room for the names before a bar and the number behind it
PLOT_HEIGHT = 110
LEFT, TOP, BOTTOM = 56, 8, 20
SPARK_WIDTH, SPARK_HEIGHT = 110, 24

Said = Callable[[float], str]
"""A value in words, with its unit."""


def _words(text: str) -> str:
    return escape(shown(text))


@dataclass(frozen=True, slots=True)
class Column:
    """One place on the axis: its name, a value for each series (None where none was recorded), and where it leads."""

    name: str
    values: tuple[float | None, ...]
    href: str | None = None


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: its name, its number, and where it leads."""

    name: str
    value: float
    href: str | None = None


def _linked(href: str | None, name: str, drawn: str) -> str:
    return f'<a href="{escape(href)}" aria-label="{_words(name)}">{drawn}</a>' if href else drawn


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Horizontal bars, each with its name and its number."""
    most = max((row.value for row in rows), default=0) or 1
    room = WIDTH - NAMES - NUMBERS
    parts = []
    for place, row in enumerate(rows):
        y, value = place * ROW, row.value
        width = room * value / most
        drawn = (
            f'<text x="{NAMES - 8}" y="{y + 15}" class="name">{_words(row.name)}</text>'
            f'<rect x="{NAMES}" y="{y + 4}" width="{_n(max(width, 1 if value else 0))}" height="{ROW - 8}" class="s0"/>'
            f'<text x="{_n(NAMES + width + 6)}" y="{y + 15}">{value:,.0f}</text>'
        )
        parts.append(_linked(row.href, f"{row.name}: {value:,.0f}", drawn))
    return _svg(title, WIDTH, len(rows) * ROW, parts)


def columns(title: str, points: Sequence[Column], said: Said = lambda value: f"{value:,.0f}") -> str:
    """Columns over time, the series stacked; a place without a record is a small hollow mark on the axis."""
    sums = [sum(value for value in point.values if value is not None) for point in points]
    top = ceiling(max(sums, default=0))
    width = (WIDTH - LEFT) / max(len(points), 1)
    base = TOP + PLOT_HEIGHT
    parts = [_grid(value, top, said) for value in (0, top / 2, top)]
    for place, point in enumerate(points):
        x, y, drawn = LEFT + place * width, float(base), max(min(width - 2, 24), 1)
        for series, value in enumerate(point.values):
            if value is None:
                parts.append(f'<circle cx="{_n(x + width / 2)}" cy="{base - 3}" r="1.5" class="none"/>')
            elif value:
                height = PLOT_HEIGHT * value / top
                y -= height
                parts.append(_column(x + (width - drawn) / 2, y, drawn, height, series))
        words = ", ".join("not recorded" if value is None else said(value) for value in point.values)
        hover = f"<title>{_words(point.name)}: {_words(words)}</title>"
        hit = f'<rect x="{_n(x)}" y="{TOP}" width="{_n(width)}" height="{PLOT_HEIGHT}" class="hit">{hover}</rect>'
        parts.append(_linked(point.href, f"{point.name}: {words}", hit))
    if points:
        parts.append(f'<text x="{LEFT}" y="{base + 15}">{_words(points[0].name)}</text>')
    if len(points) > 1:
        parts.append(f'<text x="{WIDTH}" y="{base + 15}" class="last">{_words(points[-1].name)}</text>')
    return _svg(title, WIDTH, base + BOTTOM, parts)


def _column(x: float, y: float, width: float, height: float, series: int) -> str:
    return f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" class="s{series}"/>'


def _grid(value: float, top: float, said: Said) -> str:
    y = TOP + PLOT_HEIGHT - PLOT_HEIGHT * value / top
    return (
        f'<line x1="{LEFT}" x2="{WIDTH}" y1="{_n(y)}" y2="{_n(y)}" class="grid"/>'
        f'<text x="{LEFT - 6}" y="{_n(y + 4)}" class="name">{_words(said(value) if value else "0")}</text>'
    )


def ceiling(most: float) -> float:
    """The top of an axis: 1, 2, 4 or 10 times a power of ten, not below `most`, and even, so that half of it is whole."""
    if most <= 2:
        return 2
    power = 10.0 ** floor(log10(most))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if step * power >= most)


def sparkline(title: str, values: Sequence[float | None]) -> str:
    """Shares between 0 and 1 over time, as a line without axes; it is broken where nothing was recorded."""
    step = (SPARK_WIDTH - 8) / max(len(values) - 1, 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            y = 3 + (SPARK_HEIGHT - 6) * (1 - min(max(value, 0), 1))
            runs[-1].append((4 + place * step, y))
    parts = []
    for run in filter(None, runs):
        drawn = " ".join(f"{_n(x)},{_n(y)}" for x, y in run)
        parts.append(f'<polyline points="{drawn}" class="line"/>')
    if last := next((run[-1] for run in reversed(runs) if run), None):
        parts.append(f'<circle cx="{_n(last[0])}" cy="{_n(last[1])}" r="2.5" class="s0"/>')
    return _svg(title, SPARK_WIDTH, SPARK_HEIGHT, parts, "spark")


def _svg(title: str, width: int, height: int, parts: Sequence[str], kind: str = "chart") -> str:
    label, role = _words(title), "group" if any("<a " in part for part in parts) else "img"
    return (
        f'<svg class="{kind}" viewBox="0 0 {width} {ceil(height)}" width="{width}" height="{ceil(height)}" role="{role}"'
        f' aria-label="{label}">{"".join(parts)}</svg>'
    )


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
