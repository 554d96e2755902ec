"""Templates: our own, escaped by default, with what a page needs to show words, times and shares."""

import hashlib
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from archive.display.markup import marked_up, said, steerless
from archive.times import kst
from archive.web.answers import Asked, Page

PARAGRAPH = 100_000  # letters of one paragraph that a page shows: ten times the longest known article
WRITTEN = {"northkorea": "North Korea"}
"""Sections whose code is not how they are written."""


@cache
def environment() -> Environment:
    """The environment of all templates."""
    env = Environment(
        loader=PackageLoader("archive.web", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "said": lambda value, longest=300: Markup(said(value, longest)),
        "paragraph": paragraph,
        "time": time_tag,
        "kst": kst,
        "day": lambda value: kst(value)[:10],
        "percent": percent,
        "plural": lambda number, word: f"{number:,} {word}{'s' * (number != 1)}",
        "section": section,
        "label": lambda name: str(name).replace("_", " "),
    }
    return env


def page(found: Page, asked: Asked) -> bytes:
    """A page as bytes of HTML."""
    template = environment().get_template(found.template)
    context = {"here": asked.here, "abroad": asked.abroad, "asked": asked, "static": static_stamp}
    # Filters take away what steers from most texts; whatever came another way, such as a form's value, loses it here.
    return steerless(template.render(**context, **found.shows)).encode()


def paragraph(text: str) -> Markup:
    """A paragraph of an article: whole, but for one of a hundred thousand letters."""
    plain = steerless(text)
    more = f"… ({len(plain) - PARAGRAPH:,} more letters)" if len(plain) > PARAGRAPH else ""
    return Markup(marked_up(plain[:PARAGRAPH] + more))


def time_tag(moment: str | None) -> Markup:
    """A moment as people in Seoul read it, and as machines do."""
    if moment is None:
        return Markup("–")
    return Markup(f'<time datetime="{escape(moment)}">{kst(moment)}</time>')


def percent(share: float | None) -> str:
    """A share as people read it; never 0 % for something."""
    if share is None:
        return "–"
    return f"{share:.0%}" if share >= 0.005 or share == 0 else "under 1%"


def section(code: str | None) -> Markup:
    """A section's code as a name: `e_national` is National."""
    plain = (code or "no section").removeprefix("e_").removeprefix("english_").replace("_", " ")
    return Markup(said(WRITTEN.get(plain, plain[:1].upper() + plain[1:]), 60))


@cache
def static_stamp(name: str) -> str:
    """What tells one state of a static file from another."""
    held = (files("archive.web") / "static" / name).read_bytes()
    return hashlib.sha256(held).hexdigest()[:12]
