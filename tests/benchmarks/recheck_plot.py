"""The comparison of the policies as a picture: small charts side by side, in plain SVG."""

from collections.abc import Iterable, Mapping
from html import escape
from math import log10

Points = Mapping[str, tuple[float, float]]
"""By a policy's name: requests a day, share of the edits caught."""

COLOURS = {"newsdiffs": "#c0392b", "g0v": "#8e44ad", "feed": "#d68910", "everything": "#5d6d7e"}
OURS = "#1a5276"
WIDE, HIGH = 230, 150  # of one chart, in pixels
LEFT, TOP, GAP, ACROSS = 48, 44, 46, 3


def plot(charts: Mapping[str, tuple[Points, Points]]) -> str:
    """A chart for each name, of the rivals' points and of ours with the same requests, joined by a line."""
    rows = -(-len(charts) // ACROSS)
    width, height = LEFT + ACROSS * (WIDE + GAP), TOP + rows * (HIGH + GAP + 14) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="sans-serif" font-size="11" fill="#222">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        *_legend(),
    ]
    for number, (name, (theirs, ours)) in enumerate(charts.items()):
        x = LEFT + number % ACROSS * (WIDE + GAP)
        y = TOP + number // ACROSS * (HIGH + GAP + 14) + 18
        parts += [f'<g transform="translate({x} {y})">', *_chart(name, theirs, ours), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend() -> Iterable[str]:
    for number, (name, colour) in enumerate([("hazard, with each rival's requests", OURS), *COLOURS.items()]):
        x = LEFT if number == 0 else LEFT + 110 + number * 110
        yield f'<circle cx="{x}" cy="18" r="4" fill="{colour}"/><text x="{x + 9}" y="22">{escape(name)}</text>'


def _chart(name: str, theirs: Points, ours: Points) -> Iterable[str]:
    asked = [requests for requests, _ in [*theirs.values(), *ours.values()]]
    low, high = log10(max(1.0, min(asked))) - 0.1, log10(max(10.0, *asked)) + 0.1

    def place(point: tuple[float, float]) -> tuple[str, str]:
        return f"{WIDE * (log10(max(1.0, point[0])) - low) / (high - low):.1f}", f"{HIGH * (1 - point[1]):.1f}"

    yield f'<text y="-6" font-weight="bold">{escape(name)}</text>'
    yield f'<text x="{WIDE}" y="{HIGH + 28}" text-anchor="end">requests a day</text>'
    for percent in (0, 50, 100):
        at = HIGH * (1 - percent / 100)
        yield f'<path d="M0 {at:.0f}H{WIDE}" stroke="#ddd"/>'
        yield f'<text x="-6" y="{at + 4:.0f}" text-anchor="end">{percent}%</text>'
    for power in range(6):
        if low <= power <= high:
            x = place((10.0**power, 0))[0]
            yield f'<path d="M{x} 0V{HIGH}" stroke="#ddd"/>'
            yield f'<text x="{x}" y="{HIGH + 14}" text-anchor="middle">{10**power:,}</text>'
    line = " ".join(",".join(place(point)) for point in sorted(ours.values()))
    yield f'<polyline points="{line}" fill="none" stroke="{OURS}" stroke-width="1.5"/>'
    for rival, point in theirs.items():
        for (x, y), colour in ((place(ours[rival]), OURS), (place(point), COLOURS[rival])):
            yield f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>'
